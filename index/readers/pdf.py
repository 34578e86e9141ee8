"""PDF: text in reading order with the pages on which it stands, and a plain word on pages that cannot be read.

Read by PDFium (through pypdfium2, Apache-2.0 or BSD-3-Clause), the engine of Chromium.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

from index.errors import UnreadableSource
from index.limits import Limits
from index.models import Reading
from index.names import shown
from index.readers.layout import Layout
from index.readers.pdf_lines import lines_of
from index.readers.pdf_pages import Page, lay_out


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Return the reading of a PDF file.

    Raises:
        UnreadableSource: when it is damaged, encrypted or too long, or when no page has text that can be read.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise UnreadableSource(_failure(name, str(error))) from None
    try:
        if len(document) > limits.pages:
            raise UnreadableSource(
                f"{shown(name)} has {len(document):,} pages and at most {limits.pages:,} are read; split it."
            )
        pages = [_page(document, index) for index in range(len(document))]
        title = str(document.get_metadata_dict().get("Title") or "")
        attached = document.count_attachments()
    finally:
        document.close()
    layout = Layout()
    lay_out([page for page in pages if page.lines and not page.is_broken], layout)
    for note in _notes(pages, attached):
        layout.note(note)
    return layout.reading(_title(title, name), "application/pdf")


def _failure(name: str, error: str) -> str:
    if "password" in error.lower():
        return f"{shown(name)} is encrypted and needs a password, or is damaged; save it without one and add it again."
    return f"{shown(name)} is no PDF file or a damaged one; open it in a viewer, save it anew and try again."


def _page(document: Any, index: int) -> Page:
    import pypdfium2.raw as pdfium

    page = document[index]
    page.set_rotation(0)  # what is told of positions leaves a page's rotation out, and what shows it does not
    try:
        lines = tuple(lines_of(page))
        pictures = () if lines else page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3)
        return Page(index + 1, document.get_page_label(index).strip(), lines, any(True for _ in pictures))
    finally:
        page.close()


def _title(given: str, name: str) -> str:
    """Return the title that the file gives, unless that is the name of a file or of a program's template."""
    stem = PurePath(name).stem
    words = " ".join(given.split())
    looks_odd = re.search(r"\.\w{2,5}$|^untitled|^microsoft|^document\d*$|^slide \d|[\\/]", words, re.IGNORECASE)
    return stem if len(words) < 4 or looks_odd else words


def _notes(pages: Sequence[Page], attached: int) -> Iterable[str]:
    """Give what could not be read."""
    broken = [page.number for page in pages if page.is_broken]
    scanned = [page.number for page in pages if not page.lines and page.has_picture]
    empty = [page.number for page in pages if not page.lines and not page.has_picture]
    if scanned:
        yield f"No text on {_ranges(scanned)}: looks scanned, and text recognition (OCR) is not included."
    if broken:
        yield f"The text on {_ranges(broken)} cannot be decoded: its fonts do not say which letters their signs are."
    if empty:
        yield f"Nothing is on {_ranges(empty)} that is text."
    if attached:
        yield f"Of the files attached to it ({attached}) none was read; save them as files and add those."


def _ranges(numbers: Sequence[int]) -> str:
    """Return page numbers as words: "page 2", "pages 3 to 9 and 12"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = [f"{run[0]} to {run[-1]}" if len(run) > 2 else " and ".join(map(str, run)) for run in runs[:20]]
    words = ", ".join(told[:-1]) + f" and {told[-1]}" if len(told) > 1 else told[0]
    return f"page{'s' if len(numbers) > 1 else ''} {words}{' and others' if len(runs) > 20 else ''}"
