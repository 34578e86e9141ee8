"""The pages of a PDF to headings, paragraphs, items and tables: what belongs together is told by how it looks."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from index.markup import LIST_MARK
from index.readers.layout import TURN, Layout, without_marks
from index.readers.pdf_lines import HYPHEN, Line
from index.readers.pdf_running import without_running_heads
from index.readers.pdf_tables import flows, has_header

_UNMAPPED = 0.1
"""The share of characters that a font does not name from which on a page's text is no text."""
_GAP, _FONT, _HEADING = 1.35, 1.1, 1.08
"""New paragraphs: the distance of lines in the usual one, the change of height; a heading: its height in the text's."""
_LONGEST_HEADING = 200
_SHORT_LINE = 0.85
_SENTENCE_END = re.compile(r"[.!?:;\u3002\uff01\uff1f\u061f\u06d4][\"'”’)\]]*$")
_ITEM = re.compile(rf"{LIST_MARK}\s+\S")
_BULLETS = ("\u2022", "\u25cf", "\u25aa", "\u25a0", "\u2023", "\u2013 ", "\uf0b7")
_COMPOUND = re.compile(r"[^\W\d_]+-[^\W\d_]+")
_LAST, _FIRST = re.compile(r"(?<!\w)[^\W\d_]+\Z"), re.compile(r"[^\W\d_]+")
_BULLET = re.compile(rf"^(?:{'|'.join(map(re.escape, _BULLETS))}|[-*+])\s*")


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its lines."""

    number: int
    label: str
    lines: tuple[Line, ...]
    has_picture: bool

    @property
    def name(self) -> str:
        """As it is shown: with its label where that is not its number."""
        return f"page {self.number}" + (f" ({self.label})" if self.label not in ("", str(self.number)) else "")

    @property
    def is_broken(self) -> bool:
        """Whether its fonts do not say which characters its signs are."""
        return sum(line.unmapped for line in self.lines) > _UNMAPPED * sum(line.glyphs for line in self.lines)


def lay_out(pages: Sequence[Page], layout: Layout) -> None:
    """Add the text of pages to a layout; a paragraph can go on over the end of a page."""
    flow = _Flow(pages, layout)
    for page, lines in zip(pages, without_running_heads([(page.number, page.lines) for page in pages]), strict=True):
        flow.add(page, lines)
    flow.flush()


class _Flow:
    """Puts lines together, and holds a paragraph back that may go on."""

    def __init__(self, pages: Sequence[Page], layout: Layout) -> None:
        self._layout = layout
        self._body = _body_height(pages)
        sizes = {_size(line) for page in pages for line in page.lines}
        self._headings = sorted((size for size in sizes if size > _HEADING * self._body), reverse=True)
        self._compounds = _compounds(pages)
        self._text = ""
        self._page: Page | None = None

    def add(self, page: Page, lines: Sequence[Line]) -> None:
        self._page = page
        for rows, part in flows(lines):
            if rows:
                self._begin_block()
                self._layout.table()
                for number, cells in enumerate(rows):
                    self._layout.row(cells, is_header=number == 0 and has_header(rows))
            else:
                for group in _paragraphs(part):
                    self._add_group(group)

    def flush(self) -> None:
        """Add what is a paragraph or an item now that it is whole."""
        if _is_item(self._text):
            self._layout.item(_BULLET.sub("", self._text))
        else:
            self._layout.paragraph(self._text)
        self._text = ""

    def _add_group(self, group: Sequence[Line]) -> None:
        text, level = _joined(group, self._compounds), _level(group, self._body, self._headings)
        if self._page and self._text and not level and _goes_on(self._text, text):
            self._layout.turn(self._page.name, self._page.number)
            self._text, self._page = _glued(self._text, f"{TURN}{text}", self._compounds), None
            return
        self._begin_block()
        if level:
            self._layout.heading(text, level)
        else:
            self._text = text

    def _begin_block(self) -> None:
        """End what was held back; the first block of a page says which one it is."""
        self.flush()
        if self._page:
            self._layout.place(self._page.name, self._page.number)
            self._page = None


def _size(line: Line) -> float:
    return round(line.height * 2) / 2


def _body_height(pages: Sequence[Page]) -> float:
    """Return the height in which most of the text is written."""
    counts: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            counts[_size(line)] += line.glyphs
    return counts.most_common(1)[0][0] if counts else 0.0


def _paragraphs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Give the lines of each paragraph, heading and item of a page."""
    steps = [abs(one.across - other.across) / max(one.height, 1.0) for one, other in pairwise(lines)]
    near = [step for step in steps if step < 3]
    usual = median(near) if near else 1.2
    group: list[Line] = []
    for line in lines:
        if group and _parts(group, line, usual):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _parts(group: Sequence[Line], line: Line, usual: float) -> bool:
    """Tell whether a line begins another paragraph than the one before it."""
    before = group[-1]
    if before.hyphenated:
        return False
    if max(before.height, line.height) > _FONT * min(before.height, line.height):
        return True
    step = abs(before.across - line.across) / max(line.height, 1.0)
    if step > _GAP * usual and step < 30:
        return True
    if _is_item(line.text):
        return True
    short = _SHORT_LINE * max(each.width for each in (*group, line))
    if before.bold != line.bold and (before if before.bold else line).width < short:
        return True  # a label of its own, however near it stands
    return before.width < short and bool(_SENTENCE_END.search(without_marks(before.text)))


def _is_item(text: str) -> bool:
    plain = without_marks(text)
    return plain.startswith(_BULLETS) or bool(_ITEM.match(plain))


def _level(group: Sequence[Line], body: float, heights: Sequence[float]) -> int:
    """Return the level of a heading, told by its height, or 0 of what is none."""
    size, text = _size(group[0]), without_marks(_joined(group, frozenset()))
    if (
        group[0].turned
        or len(group) > 3
        or len(text) > _LONGEST_HEADING
        or not any(map(str.isalpha, text))
        or text.startswith(_BULLETS)
    ):
        return 0
    if size in heights:
        return min(heights.index(size) + 1, 6)
    is_label = group[0].bold and len(group) == 1 and len(text) < 100 and not text.endswith((".", ",", ";", ":"))
    return min(len(heights) + 1, 6) if is_label else 0


def _compounds(pages: Sequence[Page]) -> frozenset[str]:
    """Return the words that are written with a hyphen within a line."""
    found = (match[0].casefold() for page in pages for line in page.lines for match in _COMPOUND.finditer(line.text))
    return frozenset(found)


def _joined(group: Sequence[Line], compounds: Set[str]) -> str:
    text = ""
    for line in group:
        text = _glued(text, line.text, compounds)
    return text.rstrip(HYPHEN)


def _glued(text: str, more: str, compounds: Set[str]) -> str:
    """Return two pieces of a text as one; a word that was parted at a line's end is whole again.

    It keeps its hyphen where the text writes it so elsewhere, and in such as "d-dimensional" and "Lucene-BM25".
    """
    if not text.endswith(HYPHEN):
        return f"{text} {more}" if text else more
    plain = without_marks(more)
    begun, ended = (found[0] if found else "" for found in (_LAST.search(text[:-1]), _FIRST.match(plain)))
    is_other = not plain[:1].islower() and not begun.isupper() and plain[:1].isalnum()
    is_compound = len(begun) == 1 or is_other or f"{begun}-{ended}".casefold() in compounds
    return f"{text[:-1]}{'-' if is_compound else ''}{more}"


def _goes_on(text: str, more: str) -> bool:
    """Tell whether a paragraph at the end of a page goes on at the beginning of the next."""
    plain = without_marks(more)
    return text.endswith(HYPHEN) or (not _SENTENCE_END.search(without_marks(text)) and plain[:1].islower())
