"""Running heads and feet of a PDF's pages: lines at the edges that repeat, or that count the pages."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from index.readers.layout import without_marks
from index.readers.pdf_lines import Line

_EDGE_LINES = 2
"""How many lines at the top and at the bottom of a page can be one."""
_LEAST_PAGES = 4
_REPEATED = 0.5
"""The share of the pages on which a line stands from which on it is one."""
_COUNTED = 0.3
"""The same of lines that begin or end with the page's number: a chapter's first page has none."""
_NUMBER = re.compile(r"^(\d{1,4})\b|\b(\d{1,4})$")

Numbered = tuple[int, Sequence[Line]]
"""A page's number, counted from 1, and its lines."""


def without_running_heads(pages: Sequence[Numbered]) -> Iterator[list[Line]]:
    """Yield the lines of each page without running heads; one that is the same on most pages stays once."""
    repeated, counted = _repeated(pages), _counted(pages)
    seen: set[str] = set()
    for number, lines in pages:
        edges = {id(line) for line in _edges(lines)}
        kept = []
        for line in lines:
            key = _key(line)
            counts = id(line) in edges and any((place, number - each) in counted for place, each in _numbers(line))
            # What counts the pages and is not the same on most of them is a chapter's title, which stands there too.
            if not (key in seen if key in repeated else counts):
                kept.append(line)
            seen.add(key)
        yield kept


def _repeated(pages: Sequence[Numbered]) -> frozenset[str]:
    """Return what stands at the edge of most pages, numbers left out of account."""
    if len(pages) < _LEAST_PAGES:
        return frozenset()
    counts = Counter(key for _, lines in pages for key in {_key(line) for line in _edges(lines)})
    return frozenset(key for key, count in counts.items() if count > max(3, _REPEATED * len(pages)))


def _counted(pages: Sequence[Numbered]) -> frozenset[tuple[int, int]]:
    """Return (height on the page, difference to the page's number) of the numbers that count the pages."""
    if len(pages) < _LEAST_PAGES:
        return frozenset()
    counts = Counter(
        key
        for number, lines in pages
        for key in {(place, number - each) for line in _edges(lines) for place, each in _numbers(line)}
    )
    return frozenset(key for key, count in counts.items() if count > max(3, _COUNTED * len(pages)))


def _edges(lines: Sequence[Line]) -> Sequence[Line]:
    return [*lines[:_EDGE_LINES], *lines[-_EDGE_LINES:]]


def _numbers(line: Line) -> list[tuple[int, int]]:
    """Return each number at an end of a line with the line's height on the page, in half centimetres."""
    text = without_marks(line.text).strip()
    return [(round(line.across / 14), int(found[1] or found[2])) for found in _NUMBER.finditer(text)]


def _key(line: Line) -> str:
    return re.sub(r"[\divxlc]+", "#", line.text.lower())
