"""Foreign text made harmless: the only way in which a document, a question, a file name or an error is shown.

Every character that is not a letter or a digit becomes a numeric entity, so neither a Markdown nor an HTML renderer
finds anything to act on. Characters that can hide or reorder text are shown by their code point instead.
"""

import html
import unicodedata
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from index.models import Span

_SHOWN_FORMAT_CHARACTERS = frozenset("\u00ad\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\U000110bd\U000110cd")
"""Of the category Cf, but with a shape of their own (and the soft hyphen, which only marks where a word may break)."""

_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters by category that show as nothing."""

UNSEEN_PART = "Hidden in the source"
"""What is said of the part of a quote that is."""

_JOINERS = frozenset("\u200c\u200d")
_JOINING_SCRIPTS_START = "\u0600"
"""Joiners have a meaning between letters of the scripts from Arabic on, and between emoji; elsewhere they only hide."""


def is_hidden(character: str, before: str = "", after: str = "") -> bool:
    """Whether a character shows as nothing, or reorders what stands around it, between its two neighbours."""
    if character in "\n\r\t":
        return False
    if character in _JOINERS:
        return not (before >= _JOINING_SCRIPTS_START and after >= _JOINING_SCRIPTS_START)
    if character in _FILLERS:
        return True
    return unicodedata.category(character) in {"Cc", "Cf", "Cs"} and character not in _SHOWN_FORMAT_CHARACTERS


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Each character, with whether it is hidden."""
    for position, character in enumerate(text):
        if character.isascii() and character.isprintable():
            yield character, False
        else:
            yield character, is_hidden(character, text[position - 1 : position], text[position + 1 : position + 2])


def _mark(character: str) -> str:
    return f"U+{ord(character):04X}"


def _entity(character: str) -> str:
    return character if character.isalnum() else f"&#{ord(character)};"


def escape(text: str) -> str:
    """The text as HTML (and as Markdown) that shows it and does nothing; hidden characters become visible marks."""
    return "".join(
        f'<span class="hidden-character">{_entity_text(_mark(character))}</span>' if hidden else _entity(character)
        for character, hidden in _pieces(text)
    )


def escape_hiding(text: str, hidden: Sequence[Span]) -> str:
    """The same, with a mark around each part of the text that is hidden where it comes from."""
    pieces = []
    position = 0
    for span in hidden:
        start = max(position, span.start)
        if start < span.end:
            part = escape(text[start : span.end])
            pieces += [escape(text[position:start]), f'<span class="unseen-part" title="{UNSEEN_PART}">{part}</span>']
            position = span.end
    return "".join([*pieces, escape(text[position:])])


def escape_attribute(text: str) -> str:
    """The text as the value of an HTML attribute or of an element that holds only text, marks included."""
    return _entity_text(visible(text))


def _entity_text(text: str) -> str:
    return "".join(map(_entity, text))


def visible(text: str) -> str:
    """The text with its hidden characters written as their code points, for places that show plain text."""
    return "".join(f"⟨{_mark(character)}⟩" if hidden else character for character, hidden in _pieces(text))


def as_data(text: str) -> str:
    """The text on one line, for a language model: nothing in it ends the tags around what is data."""
    return html.escape(" ".join(text.split()), quote=False)


def link(path: str, **parameters: str | int) -> str:
    """A relative link as the value of an href: parameters are percent-encoded, then the whole is escaped."""
    query = "&".join(f"{name}={quote(str(value), safe='', errors='replace')}" for name, value in parameters.items())
    return _entity_text(f"{path}?{query}" if query else path)


def shorten(text: str, limit: int) -> str:
    """The text when it has at most `limit` characters, else its beginning with a note of how long it is."""
    return text if len(text) <= limit else f"{text[:limit].rstrip()} … ({len(text):,} characters in all)"
