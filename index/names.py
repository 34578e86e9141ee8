"""Names and titles as they can be stored and shown: one line without what cannot be printed."""

import unicodedata

from index.markup import cut_words

_LONGEST_TITLE = 200
# Embeddings, overrides and isolates of writing direction make a name look like another one.
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_title(title: str) -> str:
    """Return a title as one line of at most 200 characters, without what cannot be printed or stored."""
    kept = "".join(_kept(character) for character in title[: 10 * _LONGEST_TITLE])
    return cut_words(" ".join(kept.split()), _LONGEST_TITLE) or "Untitled"


def folded(text: str) -> str:
    """Return a text as it is compared when capitals do not count, nor whether an accent is a character of its own."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


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
