"""The files that Chroma's HNSW index writes, as far as they hold more than it says: memory that no vector has used.

hnswlib allocates room for more vectors than it has and saves all of it as it found it, so that a file can hold whatever
this process had in its memory before: vectors of removed documents, or their text.

`header.bin` begins with a version (int32) and four sizes (uint64): an offset, how many elements there is room for, how
many there are, and the bytes of each in `data_level0.bin`; `length.bin` has 4 bytes for each.
"""

import struct
from pathlib import Path

from index.errors import StoreDamaged

_HEADER = struct.Struct("<i4Q")
_VERSION = 1
_LENGTH_BYTES = 4


def blank_unused(folder: Path, count: int) -> None:
    """Overwrite with zeros what the files of an index hold beyond its `count` elements; nothing may have it open.

    Raises:
        StoreDamaged: when the files are not of the form that is known, or hold another number of elements.
    """
    for header in folder.glob("*/header.bin"):
        data, lengths = header.with_name("data_level0.bin"), header.with_name("length.bin")
        version, _, room, present, size = _HEADER.unpack(header.read_bytes()[: _HEADER.size])
        fits = all(
            present * each <= path.stat().st_size <= room * each
            for path, each in ((data, size), (lengths, _LENGTH_BYTES))
        )
        if (version, present) != (_VERSION, count) or not fits:
            raise StoreDamaged(f"The vector index {folder} was written by a version of Chroma that is not known.")
        _blank(data, count * size)
        _blank(lengths, count * _LENGTH_BYTES)


def _blank(path: Path, start: int) -> None:
    """Overwrite a file with zeros from an offset to its end."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(start)
        file.truncate(size)  # what a file grows by is zero
