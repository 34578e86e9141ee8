"""The characters of a PDF page to lines as a person reads them: the only place that asks PDFium for characters.

PDFium gives characters in the order of the page's content, with line ends that it guesses from their positions. Here a
line ends where the writing moves across its own direction, which also holds for vertical and for turned text.
"""

import ctypes
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

from index.readers.layout import HIDE, SHOW, usable

_ACROSS = 0.6
"""How far a character stands across the line's direction, in heights, before it begins another line."""
_BACK = 1.5
"""How far it may stand behind the one before it, in heights."""
_WIDE, _LETTER = 1.3, 0.5
"""The gap from which on two words stand in different cells, and about how wide a letter is, in heights."""
_LAM, _ALEFS = "\u0644", "\u0622\u0623\u0625\u0627\u0671"
_TINIEST = 2.0
"""In points: what is smaller cannot be read."""
_INVISIBLE_MODE = 3
_NEARLY_WHITE, _NEARLY_CLEAR = 240, 25
_LEAST_CONTRAST = 16  # of 255
_BOLD = 600
_BOLD_NAME, _LONGEST_NAME = re.compile(rb"bold|black|heavy", re.IGNORECASE), 256
_LEADERS = re.compile(r"(?:\s?\.){5,}\s?")
"""The dots that lead from a heading to its page in a table of contents."""
HYPHEN = "\x02"
"""What PDFium makes of a hyphen at the end of a line."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character with the place of its origin, in points, in and across the direction in which it is written."""

    text: str
    """With a space before it where there is one."""
    along: float
    across: float
    look: "Look"
    unmapped: bool
    """Whether the font does not say which character it is."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the characters of one piece of a page's content have in common."""

    height: float
    """In points."""
    hidden: bool
    bold: bool
    cosine: float
    """Of the angle in which it is written."""
    sine: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A run of a line's characters without a wide gap in it, with the places of its first and its last one."""

    text: str
    """With marks around what is hidden."""
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page."""

    cells: tuple[Cell, ...]
    across: float
    height: float
    bold: bool
    turned: bool
    """Whether it is written in another direction than most of the page, as a note in the margin."""
    glyphs: int
    unmapped: int

    @property
    def text(self) -> str:
        """The whole line, with marks around what is hidden."""
        return " ".join(cell.text for cell in self.cells)

    @property
    def width(self) -> float:
        """From its first to its last character, in points."""
        return self.cells[-1].end - self.cells[0].start

    @property
    def hyphenated(self) -> bool:
        """Whether its last word goes on in the next line."""
        return self.cells[-1].text.endswith(HYPHEN)


def lines_of(page: Any) -> list[Line]:
    """Return the lines of a page of pypdfium2."""
    glyphs = _in_order(_glyphs(page))
    lines: list[list[Glyph]] = []
    for before, glyph in zip([None, *glyphs], glyphs, strict=False):
        if before is None or _begins_a_line(before, glyph):
            lines.append([])
        lines[-1].append(glyph)
    directions = Counter((glyph.look.cosine, glyph.look.sine) for glyph in glyphs)
    usual = max(directions, key=lambda each: directions[each], default=(1.0, 0.0))
    return [line for each in lines if (line := _line(each, usual)).text.strip()]


def _glyphs(page: Any) -> list[Glyph]:
    """Return the characters of a page in the order of its content."""
    import pypdfium2.raw as pdfium

    text_page = page.get_textpage()
    x, y = ctypes.c_double(), ctypes.c_double()
    looks = _Looks(page)
    found: list[Glyph] = []
    address, look, space = -1, Look(0.0, False, False, 1.0, 0.0), ""
    for index in range(pdfium.FPDFText_CountChars(text_page)):
        code = pdfium.FPDFText_GetUnicode(text_page, index)
        character = chr(code) if 0 < code < 0x110000 else ""
        if pdfium.FPDFText_IsGenerated(text_page, index) or character.isspace():
            space = " "
            continue
        if not pdfium.FPDFText_GetCharOrigin(text_page, index, x, y):
            continue
        handle = pdfium.FPDFText_GetTextObject(text_page, index)
        here = ctypes.cast(handle, ctypes.c_void_p).value or 0
        if here != address:
            address, look = here, looks.of(handle, pdfium.FPDFText_GetFontWeight(text_page, index))
        unmapped = pdfium.FPDFText_HasUnicodeMapError(text_page, index) == 1
        kept = character if character == HYPHEN else usable(character)
        if kept or unmapped:
            along = x.value * look.cosine + y.value * look.sine
            across = y.value * look.cosine - x.value * look.sine
            found.append(Glyph(space + kept, along, across, look, unmapped))
        space = ""
    return [replace(each, along=-each.across, across=each.along) for each in found] if _is_vertical(found) else found


def _is_vertical(glyphs: Sequence[Glyph]) -> bool:
    """Tell whether most characters follow each other down the page, as in Japanese."""
    moves = [(abs(one.along - other.along), abs(one.across - other.across)) for one, other in pairwise(glyphs)]
    return sum(1 if across > along else -1 for along, across in moves if along != across) > 0


class _Looks:
    """How high the characters of a text object are, and whether a person sees them."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._picture: Any = None
        self._left, self._bottom, self._right, self._top = page.get_bbox()

    def of(self, handle: Any, weight: int) -> Look:
        """Return what the characters of a text object look like."""
        import pypdfium2.raw as pdfium

        matrix, size = pdfium.FS_MATRIX(), ctypes.c_float()
        pdfium.FPDFPageObj_GetMatrix(handle, matrix)
        pdfium.FPDFTextObj_GetFontSize(handle, size)
        height = abs(size.value) * math.hypot(matrix.c, matrix.d)
        length = math.hypot(matrix.a, matrix.b)
        cosine, sine = (round(matrix.a / length, 2), round(matrix.b / length, 2)) if length else (1.0, 0.0)
        return Look(height, self._is_hidden(handle, height), self._is_bold(handle, weight), cosine, sine)

    def _is_bold(self, handle: Any, weight: int) -> bool:
        """Tell whether a font is bold, by its weight or, where the file does not give that, by its name."""
        import pypdfium2.raw as pdfium

        if weight >= _BOLD:
            return True
        font, name = pdfium.FPDFTextObj_GetFont(handle), ctypes.create_string_buffer(_LONGEST_NAME)
        length = pdfium.FPDFFont_GetBaseFontName(font, name, _LONGEST_NAME) if font else 0
        return 0 < length <= _LONGEST_NAME and bool(_BOLD_NAME.search(name.value))

    def _is_hidden(self, handle: Any, height: float) -> bool:
        """Tell whether a person sees nothing of a text object: outside, tiny, or of no colour on what is behind it."""
        import pypdfium2.raw as pdfium

        left, bottom, right, top = box = [ctypes.c_float() for _ in range(4)]
        pdfium.FPDFPageObj_GetBounds(handle, *box)
        is_beside = right.value <= self._left or left.value >= self._right
        if is_beside or top.value <= self._bottom or bottom.value >= self._top or height < _TINIEST:
            return True
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        pdfium.FPDFPageObj_GetFillColor(handle, red, green, blue, alpha)
        faint = min(red.value, green.value, blue.value) >= _NEARLY_WHITE or alpha.value <= _NEARLY_CLEAR
        unpainted = pdfium.FPDFTextObj_GetTextRenderMode(handle) == _INVISIBLE_MODE
        return (faint or unpainted) and self._is_plain(left.value, bottom.value, right.value, top.value)

    def _is_plain(self, left: float, bottom: float, right: float, top: float) -> bool:
        """Tell whether the page's picture shows nothing at all in a box; text over a scan is seen in the scan."""
        if self._picture is None:
            self._picture = self._page.render(scale=1, grayscale=True).to_numpy()
        rows = slice(max(0, int(self._top - top)), max(0, int(self._top - bottom)) + 1)
        columns = slice(max(0, int(left - self._left)), max(0, int(right - self._left)) + 1)
        part = self._picture[rows, columns]
        return part.size == 0 or int(part.max()) - int(part.min()) < _LEAST_CONTRAST


def _in_order(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """Put the letters of one sign in order: of some that are written right to left PDFium gives them the wrong way."""
    ordered: list[Glyph] = []
    run: list[Glyph] = []
    for glyph in glyphs:
        if run and (glyph.along, glyph.across) == (run[-1].along, run[-1].across) and _is_right_to_left(glyph.text):
            run.append(glyph)
        else:
            ordered += _turned_round(run)
            run = [glyph]
    return ordered + _turned_round(run)


def _turned_round(run: list[Glyph]) -> list[Glyph]:
    """Return the letters of one sign from its first one: no sign has an alef before its lam, or a mark on nothing."""
    letters = [glyph.text.strip() for glyph in run]
    if len(run) < 2 or not ((letters[0] in _ALEFS and letters[1] == _LAM) or unicodedata.combining(letters[-2][:1])):
        return run
    space = " " if run[0].text.startswith(" ") else ""
    return [replace(glyph, text=text) for glyph, text in zip(run, [space + letters[-1], *letters[-2::-1]], strict=True)]


def _is_right_to_left(text: str) -> bool:
    return unicodedata.bidirectional(text[-1:] or " ") in ("R", "AL", "NSM")


def _begins_a_line(before: Glyph, glyph: Glyph) -> bool:
    """Tell whether a character stands on another line than the one before it."""
    if (before.look.cosine, before.look.sine) != (glyph.look.cosine, glyph.look.sine):
        return True
    height = max(before.look.height, glyph.look.height, 1.0)
    if abs(glyph.across - before.across) > _ACROSS * height:
        return True
    if _is_right_to_left(glyph.text) or _is_right_to_left(before.text):
        return False
    return before.along - glyph.along > _BACK * height and glyph.text.startswith(" ")


def _line(glyphs: Sequence[Glyph], usual: tuple[float, float]) -> Line:
    # Where two directions of writing mix, what stands next to each other does not follow each other.
    one_way = not any(_is_right_to_left(glyph.text) for glyph in glyphs)
    runs: list[list[Glyph]] = []
    for before, glyph in zip([None, *glyphs], glyphs, strict=False):
        if before is None or (one_way and glyph.text.startswith(" ") and _gap(before, glyph) > _WIDE):
            runs.append([])
        runs[-1].append(glyph)
    return Line(
        cells=tuple(cell for cell in map(_cell, runs) if cell.text.strip()),
        across=glyphs[0].across,
        height=median(glyph.look.height for glyph in glyphs),
        turned=(glyphs[0].look.cosine, glyphs[0].look.sine) != usual,
        bold=sum(glyph.look.bold for glyph in glyphs) * 2 > len(glyphs),
        glyphs=len(glyphs),
        unmapped=sum(glyph.unmapped for glyph in glyphs),
    )


def _gap(before: Glyph, glyph: Glyph) -> float:
    """Return how far two characters stand apart, in heights, the width of a letter left out."""
    return abs(glyph.along - before.along) / max(before.look.height, glyph.look.height, 1.0) - _LETTER


def _cell(glyphs: Sequence[Glyph]) -> Cell:
    pieces: list[str] = []
    hidden = False
    for glyph in glyphs:
        text = glyph.text
        if glyph.look.hidden != hidden:
            hidden = glyph.look.hidden
            space = " " if text.startswith(" ") else ""
            text = f"{space}{HIDE if hidden else SHOW}{text.lstrip()}"
        pieces.append(text)
    alongs = [glyph.along for glyph in glyphs]
    text = _LEADERS.sub(" … ", "".join([*pieces, SHOW] if hidden else pieces)).strip()
    return Cell(text, min(alongs), max(alongs))
