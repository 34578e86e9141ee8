"""Headings, paragraphs, rows and pages, one after the other, to a reading: what readers of rich formats share.

The text of such a document is put together here: blocks parted by a blank line, the rows of a table and the items of a
list by a line end, a table row as in Markdown. Offsets are into that text.
"""

import re

from index.models import Block, BlockKind, Place, Reading, Span
from index.names import clean_title

HIDE, SHOW, TURN = "\ue000", "\ue001", "\ue002"
"""Marks in what is given to a layout: around text that a person does not see, and where the next page begins."""
_MARKS = re.compile(f"[{HIDE}{SHOW}{TURN}]")
# What no text has any use for: controls but tabs and line ends, surrogates, characters that are none.
_UNUSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")
_TOGETHER = ("row", "item")
_LONGEST_HEADER, _LONGEST_NAME = 2_000, 100


class Layout:
    """Collects the blocks of one document in the order in which they are read."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._pieces: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._places: list[Place] = []
        self._next_place: tuple[str, int | None] | None = None
        self._turns: list[tuple[str, int | None]] = []
        self._hidden: list[Span] = []
        self._notes: list[str] = []
        self._header: Span | None = None
        self._is_in_table = False

    @property
    def characters(self) -> int:
        """How long the text is by now."""
        return self._length

    def place(self, name: str, page: int | None = None) -> None:
        """Say where in the source the next block stands."""
        self._next_place = _name(name), page

    def turn(self, name: str, page: int | None = None) -> None:
        """Say what the place is called that begins at the next mark `TURN`."""
        self._turns.append((_name(name), page))

    def note(self, sentence: str) -> None:
        """Say what could not be read."""
        self._notes.append(sentence)

    def heading(self, text: str, level: int) -> None:
        """Add a heading, of level 1 to 6."""
        self._add("heading", _one_line(text), level=min(max(level, 1), 6))

    def paragraph(self, text: str) -> None:
        """Add a paragraph; its white space is told apart no further than into words."""
        self._add("paragraph", _one_line(text))

    def item(self, text: str) -> None:
        """Add an item of a list."""
        if words := _one_line(text):
            self._add("item", f"- {words}")

    def code(self, text: str) -> None:
        """Add lines that stay as they are."""
        self._add("code", text.strip("\r\n"))

    def table(self) -> None:
        """Begin a table: the next row is its first one."""
        self._is_in_table, self._header = True, None

    def row(self, cells: list[str], *, is_header: bool = False) -> None:
        """Add a row of the table that was begun; a header row is what the rows below it are understood by."""
        told = [_one_line(cell).replace("|", "\\|") for cell in cells]
        if not any(told):
            return
        span = self._add("row", f"| {' | '.join(told)} |", header=None if is_header else self._header)
        if is_header and span.end - span.start <= _LONGEST_HEADER:
            self._header = span

    def reading(self, title: str, media_type: str, *, link: str = "") -> Reading:
        """Return what was collected."""
        return Reading(
            clean_title(without_marks(title)), "".join(self._pieces), media_type, tuple(self._blocks),
            tuple(self._places), tuple(self._hidden), tuple(self._notes), link,
        )  # fmt: skip

    def _add(self, kind: BlockKind, marked: str, *, level: int = 0, header: Span | None = None) -> Span:
        """Add a block when it has any text, and return where it stands."""
        text = without_marks(marked)
        if not text.strip():
            return Span(self._length, self._length)
        if self._blocks:
            is_next = kind in _TOGETHER and self._blocks[-1].kind == kind and not (kind == "row" and self._is_in_table)
            self._append("\n" if is_next else "\n\n")
        self._is_in_table = False
        start = self._length
        if self._next_place is not None:
            self._begin_place(start, *self._next_place)
            self._next_place = None
        *parts, last = marked.split(TURN)
        for part in parts:
            self._append(without_marks(part))
            self._begin_place(self._length, *self._turns.pop(0))
        self._append(without_marks(last))
        self._hidden += _hidden(marked, start)
        self._blocks.append(Block(kind, start, self._length, level, header))
        return Span(start, self._length)

    def _begin_place(self, start: int, name: str, page: int | None) -> None:
        if not self._places or (self._places[-1].name, self._places[-1].page) != (name, page):
            self._places.append(Place(start, name, page))

    def _append(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)


def without_marks(text: str) -> str:
    """Return a text without the marks of what is hidden in it."""
    return _MARKS.sub("", text)


def usable(text: str) -> str:
    """Return a text of a file without characters that no text has any use for, and without marks of ours."""
    return _MARKS.sub("", _UNUSABLE.sub("", text))


def _name(text: str) -> str:
    return _one_line(usable(text))[:_LONGEST_NAME]


def _one_line(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _hidden(marked: str, start: int) -> list[Span]:
    """Return the hidden spans of a marked text, as offsets into the text without marks that begins at `start`."""
    if HIDE not in marked:
        return []
    spans: list[Span] = []
    position, depth, began = start, 0, 0
    for character in marked:
        if character == HIDE:
            began, depth = (began if depth else position), depth + 1
        elif character == SHOW:
            depth = max(0, depth - 1)
            if not depth and position > began:
                spans.append(Span(began, position))
        elif character != TURN:
            position += 1
    return [*spans, Span(began, position)] if depth and position > began else spans
