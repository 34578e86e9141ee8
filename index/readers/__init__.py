"""Files and texts to readings: one reader a format, found by media type; a new format is a file and a line here."""

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from index.blocks import markdown_blocks, plain_blocks
from index.errors import UnreadableSource
from index.models import UNSTORABLE, Block, Reading
from index.readers.decode import clean_title, shown
from index.readers.markdown import read as read_markdown
from index.readers.text import read as read_plain

__all__ = ["READERS", "SUFFIXES", "Reader", "media_type_of", "read_file", "read_text"]

Reader = Callable[[bytes, str], Reading]
"""Makes a reading of a file's bytes and its name; raises UnreadableSource when it cannot."""

READERS: Mapping[str, Reader] = MappingProxyType({"text/plain": read_plain, "text/markdown": read_markdown})
"""The reader of each media type."""

SUFFIXES: Mapping[str, str] = MappingProxyType(
    {".txt": "text/plain", ".text": "text/plain", ".md": "text/markdown", ".markdown": "text/markdown"}
)
"""The media type of each suffix that a file's name can have, in lower case."""

_BLOCKS: Mapping[str, Callable[[str], tuple[Block, ...]]] = MappingProxyType(
    {"text/plain": plain_blocks, "text/markdown": markdown_blocks}
)
_MEGABYTE = 2**20


def media_type_of(path: Path) -> str | None:
    """Return the media type of a file by its suffix, or None when no reader knows it."""
    return SUFFIXES.get(path.suffix.lower())


def read_file(path: Path, *, max_bytes: int = 50 * _MEGABYTE) -> Reading:
    """Return the reading of a file: its title, its text to the character, and the blocks of that text.

    Raises:
        UnreadableSource: when there is no such file, it is no regular file, may not be read, is too large, has an
            unknown format, is not what its suffix says, or holds no text.
    """
    name = shown(str(path))
    try:
        _require_regular(path.stat(), name)
        reader = _reader_of(path)
        # A pipe that took the file's place since must not make us wait for a writer.
        with open(path, "rb", opener=lambda file, flags: os.open(file, flags | getattr(os, "O_NONBLOCK", 0))) as file:
            _require_regular(os.fstat(file.fileno()), name)
            data = file.read(max_bytes + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise UnreadableSource(f"There is no file {name}; check the path.") from None
    except PermissionError:
        raise UnreadableSource(f"{name} may not be read; change its permissions and try again.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its path is not valid"
        raise UnreadableSource(f"{name} cannot be read: {reason}.") from None
    if len(data) > max_bytes:
        raise UnreadableSource(f"{name} is larger than {max_bytes / _MEGABYTE:g} MB; split it into smaller files.")
    return _with_text(reader(data, path.name), path.name)


def read_text(text: str, *, title: str, media_type: str = "text/plain") -> Reading:
    """Return the reading of a text that an app holds; it is stored as it is given.

    Raises:
        UnreadableSource: when the text is empty, holds characters that no valid text has, or its media type is unknown.
    """
    name = clean_title(title)
    if media_type not in _BLOCKS:
        raise UnreadableSource(f"{name} has the unknown format {media_type!a}; known are {', '.join(_BLOCKS)}.")
    if UNSTORABLE.search(text):
        raise UnreadableSource(f"{name} holds characters that no valid text has (NUL or lone surrogates); remove them.")
    return _with_text(Reading(name, text, media_type, _BLOCKS[media_type](text)), name)


def _with_text(reading: Reading, name: str) -> Reading:
    """Return a reading that has something to search, or raise."""
    if not reading.blocks:
        raise UnreadableSource(f"{shown(name)} holds no text, so there is nothing to search in it.")
    return reading


def _reader_of(path: Path) -> Reader:
    """Return the reader of a file's format or raise."""
    media_type = media_type_of(path)
    if media_type is None:
        raise UnreadableSource(f"{shown(str(path))} has an unknown format; known are {', '.join(SUFFIXES)}.")
    return READERS[media_type]


def _require_regular(status: os.stat_result, name: str) -> None:
    """Raise unless a path is a regular file."""
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableSource(f"{name} is a folder, not a file; name the files in it.")
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableSource(f"{name} is not a regular file; name a file that holds text.")
