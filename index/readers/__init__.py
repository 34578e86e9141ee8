"""Files and texts to readings: one reader a format, found by media type; a new format is a file and a line here."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from index.blocks import markdown_blocks, plain_blocks
from index.errors import UnreadableSource
from index.files import load
from index.limits import Limits
from index.models import UNSTORABLE, Block, Reading
from index.names import clean_title, shown

__all__ = ["FORMATS", "SUFFIXES", "Parse", "Reader", "media_type_of", "parse", "read_file", "read_text"]

Reader = Callable[[bytes, str, Limits], Reading]
"""Makes a reading of a file's bytes and its name within limits; raises UnreadableSource when it cannot."""
Parse = Callable[[bytes, str, str, Limits], Reading]
"""Makes a reading of a file's bytes, its name and its media type, as `parse` does."""

_OFFICE = "application/vnd.openxmlformats-officedocument"
FORMATS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType({
    "text/plain": ("text", (".txt", ".text", ".log")),
    "text/markdown": ("markdown", (".md", ".markdown")),
    "application/pdf": ("pdf", (".pdf",)),
    f"{_OFFICE}.wordprocessingml.document": ("docx", (".docx", ".docm")),
    "application/vnd.oasis.opendocument.text": ("odt", (".odt",)),
    f"{_OFFICE}.presentationml.presentation": ("pptx", (".pptx", ".pptm")),
    f"{_OFFICE}.spreadsheetml.sheet": ("xlsx", (".xlsx", ".xlsm")),
    "text/csv": ("csv", (".csv", ".tsv")),
    "text/html": ("html", (".html", ".htm", ".xhtml")),
    "application/epub+zip": ("epub", (".epub",)),
    "message/rfc822": ("eml", (".eml",)),
    "application/jsonl": ("jsonl", (".jsonl", ".ndjson")),
})  # fmt: skip
"""Of each media type the module here that reads it, and the suffixes that a file's name can have, in lower case."""

SUFFIXES: Mapping[str, str] = MappingProxyType(
    {suffix: media_type for media_type, (_, suffixes) in FORMATS.items() for suffix in suffixes}
)
"""The media type of each suffix."""

_BLOCKS: Mapping[str, Callable[[str], tuple[Block, ...]]] = MappingProxyType(
    {"text/plain": plain_blocks, "text/markdown": markdown_blocks}
)


def media_type_of(path: Path) -> str | None:
    """Return the media type of a file by its suffix, or None when no reader knows it."""
    return SUFFIXES.get(path.suffix.lower())


def parse(data: bytes, name: str, media_type: str, limits: Limits) -> Reading:
    """Return the reading of a file's bytes: its title, its text, and the blocks of that text.

    Raises:
        UnreadableSource: when it is not what its media type says, holds no text, or exceeds a limit.
    """
    # Imported when such a file is read: their libraries take time to start.
    module = import_module(f"{__name__}.{FORMATS[media_type][0]}")
    read: Reader = module.read
    reading = read(data, name, limits)
    if len(reading.text) > limits.characters:
        raise UnreadableSource(
            f"{shown(name)} has {len(reading.text):,} characters and at most {limits.characters:,} are read; split it."
        )
    return _with_text(reading, name)


def read_file(
    path: Path,
    *,
    limits: Limits | None = None,
    parse_apart: Parse = parse,
    seen: Callable[[bytes], None] = lambda data: None,
) -> Reading:
    """Return the reading of a file.

    Args:
        path: the file; a link is not followed.
        limits: how much of it is read at most.
        parse_apart: parses files of all formats but plain text and Markdown.
        seen: is given the file's bytes before they are parsed.

    Raises:
        UnreadableSource: when there is no such file, it is no regular file, may not be read, changes while it is read,
            has an unknown format, or cannot be parsed.
    """
    limits = limits or Limits()
    media_type = media_type_of(path)
    if media_type is None:
        load(path, max_bytes=0)  # what is no file at all is a better reason
        raise UnreadableSource(f"{shown(str(path))} has an unknown format; known are {', '.join(SUFFIXES)}.")
    data = load(path, max_bytes=limits.file_bytes)
    seen(data)
    return (parse if media_type in _BLOCKS else parse_apart)(data, path.name, media_type, limits)


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
    if not reading.blocks and reading.notes:
        because = reading.notes[0]
        raise UnreadableSource(f"{shown(name)} holds no text that can be searched: {because[0].lower()}{because[1:]}")
    if not reading.blocks:
        raise UnreadableSource(f"{shown(name)} holds no text, so there is nothing to search in it.")
    return reading
