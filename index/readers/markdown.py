"""Markdown: stored as it is written, marks and HTML included; nothing in it is rendered, run or fetched."""

import re
from collections.abc import Sequence
from pathlib import PurePath

from index.blocks import front_matter, markdown_blocks
from index.limits import Limits
from index.markup import heading_words
from index.models import Block, Reading
from index.names import clean_title
from index.readers.decode import decode

_TITLE = re.compile(r"^title[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
# What starts a value that goes on over the next lines, or that is not a text.
_NOT_A_TITLE = ("|", ">", "[", "{", "&", "*", "#")


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Return the reading of a Markdown file.

    Args:
        data: the file's bytes.
        name: the file's name; the title where the text gives none.
        limits: of no use to this format.

    Raises:
        UnreadableSource: when the bytes are no text.
    """
    text, notes = decode(data, name)
    blocks = markdown_blocks(text)
    title = _front_matter_title(text) or _first_heading(text, blocks) or PurePath(name).stem
    return Reading(clean_title(title), text, "text/markdown", blocks, notes=notes)


def _front_matter_title(text: str) -> str:
    """Return the title that the front matter gives, or an empty text."""
    found = _TITLE.search(front_matter(text))
    value = found.group(1).strip() if found else ""
    if value.startswith(_NOT_A_TITLE):
        return ""
    return value[1:-1].strip() if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _first_heading(text: str, blocks: Sequence[Block]) -> str:
    """Return the words of the first heading of level 1, or an empty text."""
    return next((heading_words(text[each.start : each.end]) for each in blocks if each.level == 1), "")
