"""Hashes of files, in pieces so large that a thread which hashes is seldom held up by others.

After each piece a thread has to get the interpreter back, for which it waits up to 5 ms while another one computes:
with the 256 KiB of `hashlib.file_digest` 90 MB take 0.5 s beside modules that are being imported, in place of 0.07.
"""

from pathlib import Path
from typing import Protocol, TypeVar

PIECE = 16 * 2**20
"""Bytes that are read and hashed at a time."""


class Digest(Protocol):
    """What takes bytes, as the objects of `hashlib` do."""

    def update(self, data: memoryview, /) -> None:
        """Take some more."""


_Digest = TypeVar("_Digest", bound=Digest)


def feed(digest: _Digest, path: Path) -> _Digest:
    """Give a digest all bytes of a file, and return it.

    Raises:
        OSError: when it cannot be read.
    """
    buffer = memoryview(bytearray(min(PIECE, path.stat().st_size)))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
    return digest
