"""Small documents of every format, made here, for tests of readers."""

import ctypes
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import docx
import openpyxl
import pptx
import pypdfium2
import pypdfium2.raw as pdfium

Zipped = Mapping[str, str | bytes]


@dataclass(frozen=True)
class Ink:
    """A text on a page of a PDF, where it stands in points from the bottom left, and how it looks."""

    text: str
    x: float = 72
    y: float = 700
    size: float = 11
    color: tuple[int, int, int] = (0, 0, 0)
    mode: int = 0
    font: str = "Helvetica"


def pdf(*pages: Sequence[Ink], title: str = "") -> bytes:
    """A PDF whose pages hold these texts."""
    document = pypdfium2.PdfDocument.new()
    for inks in pages:
        page = document.new_page(595, 842)
        for ink in inks:
            made = pdfium.FPDFPageObj_NewTextObj(document.raw, ink.font.encode(), ink.size)
            letters = (ctypes.c_ushort * (len(ink.text) + 1))(*map(ord, ink.text), 0)
            pdfium.FPDFText_SetText(made, letters)
            pdfium.FPDFPageObj_SetFillColor(made, *ink.color, 255)
            pdfium.FPDFTextObj_SetTextRenderMode(made, ink.mode)
            pdfium.FPDFPageObj_Transform(made, 1, 0, 0, 1, ink.x, ink.y)
            pdfium.FPDFPage_InsertObject(page.raw, made)
        page.gen_content()
    target = io.BytesIO()
    document.save(target)
    document.close()
    return target.getvalue()


def lines(*texts: str, y: float = 700, step: float = 14, size: float = 11) -> list[Ink]:
    """Texts under each other, as the lines of a paragraph are."""
    return [Ink(text, y=y - number * step, size=size) for number, text in enumerate(texts)]


def word(write: Callable[[Any], None]) -> bytes:
    """A Word document with what `write` puts in it."""
    return _saved(docx.Document(), write)


def slides(write: Callable[[Any], None]) -> bytes:
    """A presentation with what `write` puts in it."""
    return _saved(pptx.Presentation(), write)


def workbook(write: Callable[[Any], None]) -> bytes:
    """A workbook with what `write` puts in it."""
    return _saved(openpyxl.Workbook(), write)


def packed(members: Zipped) -> bytes:
    """A packed file with these members."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def odt(body: str, title: str = "") -> bytes:
    """An OpenDocument text with this XML as its body."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
    )
    inside = f"<office:body><office:text>{body}</office:text></office:body>"
    content = f"<office:document-content {spaces}>{inside}</office:document-content>"
    meta = f'<m xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></m>'
    return packed({"content.xml": content, "meta.xml": meta})


def book(*chapters: str, title: str = "A book") -> bytes:
    """An EPUB book with these chapters' XHTML bodies."""
    items = "".join(f'<item id="c{n}" href="text/c{n}.xhtml"/>' for n, _ in enumerate(chapters))
    order = "".join(f'<itemref idref="c{n}"/>' for n, _ in enumerate(chapters))
    package = (
        f'<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>{title}</dc:title></metadata>'
        f"<manifest>{items}</manifest><spine>{order}</spine></package>"
    )
    return packed(
        {
            "META-INF/container.xml": '<container><rootfile full-path="OPS/book.opf"/></container>',
            "OPS/book.opf": package,
            **{f"OPS/text/c{n}.xhtml": f"<html><body>{body}</body></html>" for n, body in enumerate(chapters)},
        }
    )


def mail(subject: str, text: str, html: str = "", attached: bytes = b"") -> bytes:
    """A message from Anna to Ben."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "anna@example.org", "ben@example.org"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    if attached:
        message.add_attachment(attached, maintype="application", subtype="pdf", filename="report.pdf")
    return message.as_bytes()


def records(*rows: Any) -> bytes:
    """JSON Lines."""
    return "\n".join(json.dumps(row) for row in rows).encode()


def _saved(document: Any, write: Callable[[Any], None]) -> bytes:
    write(document)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _table(document: Any) -> None:
    document.add_heading("Bridges", 1)
    document.add_paragraph("The bridge was opened in 1932.")
    table = document.add_table(2, 2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("Name", "Year", "Elm", "1932"), strict=True):
        cell.text = text


def _sheet(document: Any) -> None:
    document.active.title = "Bridges"
    for row in (("Name", "Year"), ("Elm", 1932)):
        document.active.append(row)


def _slide(document: Any) -> None:
    slide = document.slides.add_slide(document.slide_layouts[1])
    slide.shapes.title.text = "Bridges"
    slide.placeholders[1].text = "The bridge was opened in 1932."


SMALL: Mapping[str, bytes] = {
    "a.pdf": pdf(lines("The bridge was opened in 1932.")),
    "a.docx": word(_table),
    "a.pptx": slides(_slide),
    "a.xlsx": workbook(_sheet),
    "a.odt": odt("<text:p>The bridge was opened in 1932.</text:p>"),
    "a.epub": book("<h1>Bridges</h1><p>The bridge was opened in 1932.</p>"),
    "a.html": b"<html><body><h1>Bridges</h1><p>The bridge was opened in 1932.</p></body></html>",
    "a.eml": mail("Bridges", "The bridge was opened in 1932."),
    "a.csv": b"Name,Year\nElm,1932\n",
    "a.jsonl": records({"title": "Bridges", "text": "The bridge was opened in 1932."}),
    "a.md": b"# Bridges\n\nThe bridge was opened in 1932.\n",
    "a.txt": b"The bridge was opened in 1932.\n",
}
"""One document of each format; all of them hold "1932"."""
