"""Bytes to text and names to titles: what all readers of text formats share."""

import codecs
import unicodedata

from index.errors import UnreadableSource
from index.markup import cut_words

_LONGEST_TITLE = 200
# The mark of UTF-32 in its little-endian order starts with the one of UTF-16, so it is looked for first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32-LE"),
    (codecs.BOM_UTF32_BE, "UTF-32-BE"),
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF16_LE, "UTF-16-LE"),
    (codecs.BOM_UTF16_BE, "UTF-16-BE"),
)
# Embeddings, overrides and isolates of writing direction make a name look like another one.
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def decode(data: bytes, name: str) -> str:
    """Return the text of a file: UTF-8, or UTF-16 or UTF-32 with a byte order mark, which is left out.

    Line ends stay as they are, so that offsets hold for the file as it was written.

    Raises:
        UnreadableSource: when the bytes are no such text.
    """
    mark, encoding = next((each for each in _MARKS if data.startswith(each[0])), (b"", "UTF-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableSource(
            f"{shown(name)} is not valid {encoding[:6].rstrip('-')} text; save it as UTF-8."
        ) from None
    if "\x00" in text:
        raise UnreadableSource(
            f"{shown(name)} holds NUL bytes, so it is a binary file or text in another encoding; save it as UTF-8 text."
        )
    return text


def clean_title(title: str) -> str:
    """Return a title as one line of at most 200 characters, without what cannot be printed or stored."""
    kept = "".join(_kept(character) for character in title[: 10 * _LONGEST_TITLE])
    return cut_words(" ".join(kept.split()), _LONGEST_TITLE) or "Untitled"


def _kept(character: str) -> str:
    """Return what a title keeps of a character."""
    if character.isspace():
        return " "
    if character in _DIRECTIONS or unicodedata.category(character) in ("Cc", "Cs"):
        return ""
    return character


def shown(name: str) -> str:
    """Return a file's name as it can stand in a sentence: what cannot be printed is escaped."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in name)
