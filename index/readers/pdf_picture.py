"""A page of a PDF as a picture with some of its words marked."""

import ctypes
import io
import unicodedata
from collections.abc import Sequence
from typing import Any

from index.errors import UnreadableSource
from index.names import shown

_SCALE = 1.6  # pixels a point: sharp enough to be read in a column of a screen
_WIDEST, _HIGHEST = 1_400, 2_400  # in pixels
_MARKED = (255, 228, 120)
_AROUND, _LEAST = 60.0, 170.0
"""In points: how much of the page a part shows above and below what is marked, and how much in all at least."""
_SHORTEST = 12  # of the words' letters, of which the page's end must leave so many to be found

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""


def draw(data: bytes, name: str, number: int, words: str, *, whole: bool) -> bytes:
    """Return a page as a PNG picture in which some words are marked.

    Args:
        data: the file.
        name: its name.
        number: of the page, counted from 1.
        words: what to mark, where it stands on the page; what goes on over the page's end is marked up to there.
        whole: the whole page, or else the part around what is marked.

    Raises:
        UnreadableSource: when there is no such page.
    """
    import pypdfium2
    from PIL import Image, ImageChops

    document = pypdfium2.PdfDocument(data)
    try:
        if not 1 <= number <= len(document):
            raise UnreadableSource(f"{shown(name)} has no page {number}; index it again.")
        page = document[number - 1]
        scale = min(_SCALE, _WIDEST / page.get_width(), _HIGHEST / page.get_height())
        picture = page.render(scale=scale).to_pil().convert("RGB")
        boxes = _boxes(page, words, picture.size)
    finally:
        document.close()
    for box in boxes:
        area = tuple(round(side) for side in box)
        part = picture.crop(area)
        picture.paste(ImageChops.multiply(part, Image.new("RGB", part.size, _MARKED)), area)
    if boxes and not whole:
        top, bottom = _band(boxes, picture.height, scale)
        picture = picture.crop((0, top, picture.width, bottom))
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def _band(boxes: Sequence[Box], height: int, scale: float) -> tuple[int, int]:
    """Return from where to where a part of the page goes."""
    top, bottom = min(box[1] for box in boxes), max(box[3] for box in boxes)
    around = max(_AROUND * scale, (_LEAST * scale - (bottom - top)) / 2)
    return max(0, round(top - around)), min(height, round(bottom + around))


def _boxes(page: Any, words: str, size: tuple[int, int]) -> list[Box]:
    """Return where on the picture of a page some words stand, a box a line."""
    import pypdfium2.raw as pdfium

    text_page = page.get_textpage()
    letters: list[str] = []
    places: list[int] = []
    for index in range(pdfium.FPDFText_CountChars(text_page)):
        for letter in _letters(chr(pdfium.FPDFText_GetUnicode(text_page, index))):
            letters.append(letter)
            places.append(index)
    first, length = _found("".join(letters), _letters(words))
    if not length:
        return []
    start, count = places[first], places[first + length - 1] - places[first] + 1
    left, top, right, bottom = (ctypes.c_double() for _ in range(4))
    boxes = []
    for number in range(pdfium.FPDFText_CountRects(text_page, start, count)):
        if pdfium.FPDFText_GetRect(text_page, number, left, top, right, bottom):
            one = _on_picture(page, left.value, top.value, size)
            other = _on_picture(page, right.value, bottom.value, size)
            box = (min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1]))
            if box[2] - box[0] >= 1 and box[3] - box[1] >= 1:
                boxes.append(box)
    return boxes


def _on_picture(page: Any, x: float, y: float, size: tuple[int, int]) -> tuple[float, float]:
    """Return the pixel of a point of a page, whichever way the page is turned, inside of the picture."""
    import pypdfium2.raw as pdfium

    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, across, down)
    return min(max(0, across.value), size[0]), min(max(0, down.value), size[1])


def _letters(text: str) -> str:
    """Return what of a text stands on the page and in the reading alike: not its hyphens, spaces and cell borders."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _found(page: str, words: str) -> tuple[int, int]:
    """Return where words begin on a page, and how many of their letters stand there; 0 for none."""
    if words and (start := page.find(words)) >= 0:
        return start, len(words)
    # What goes on over the page's end, or over a note between its lines: as much of its beginning as is there.
    for length in range(min(len(words), len(page)) - 1, _SHORTEST - 1, -1):
        start = page.find(words[:length])
        if start >= 0:
            return start, length
    return 0, 0
