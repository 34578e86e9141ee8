"""Word, OpenDocument, PowerPoint and Excel: the order, the headings, and rows that keep their header."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from docx.oxml import OxmlElement
from docx.shared import Pt, RGBColor

from index.errors import UnreadableSource
from index.limits import Limits
from index.models import Reading
from index.readers import docx, odt, pptx, xlsx
from index.readers.archive import opened
from tests import papers


def blocks(reading: Reading) -> list[tuple[str, int, str]]:
    return [(block.kind, block.level, reading.text[block.start : block.end]) for block in reading.blocks]


def word(write: Callable[[Any], None]) -> Reading:
    return docx.read(papers.word(write), "paper.docx", Limits())


def test_a_word_document_is_read_in_its_order_with_its_headings() -> None:
    def write(document: Any) -> None:
        document.core_properties.title = "On bridges"
        document.add_heading("On bridges", 0)
        document.add_paragraph("The bridge was opened in 1932.")
        document.add_heading("Its use", 2)
        document.add_paragraph("Trains.", style="List Bullet")
        table = document.add_table(2, 2)
        for place, text in {(0, 0): "Name", (0, 1): "Year", (1, 0): "Elm", (1, 1): "1932"}.items():
            table.cell(*place).text = text
        document.add_paragraph("The end.")

    reading = word(write)
    assert reading.title == "On bridges"
    assert blocks(reading) == [
        ("heading", 1, "On bridges"),
        ("paragraph", 0, "The bridge was opened in 1932."),
        ("heading", 2, "Its use"),
        ("item", 0, "- Trains."),
        ("row", 0, "| Name | Year |"),
        ("row", 0, "| Elm | 1932 |"),
        ("paragraph", 0, "The end."),
    ]
    header = reading.blocks[5].header
    assert header is not None
    assert reading.text[header.start : header.end] == "| Name | Year |"


def test_deleted_text_is_left_out_and_inserted_text_is_read() -> None:
    def write(document: Any) -> None:
        paragraph = document.add_paragraph("It was opened ")
        for name, text, words in (("w:del", "w:delText", "in 1931"), ("w:ins", "w:t", "in 1932")):
            change, run, inner = OxmlElement(name), OxmlElement("w:r"), OxmlElement(text)
            inner.text = words
            run.append(inner)
            change.append(run)
            paragraph._p.append(change)

    assert word(write).text == "It was opened in 1932"


def test_hidden_white_and_tiny_text_of_a_word_document_is_marked() -> None:
    def write(document: Any) -> None:
        paragraph = document.add_paragraph("Seen. ")
        paragraph.add_run("One. ").font.hidden = True
        paragraph.add_run("Two. ").font.color.rgb = RGBColor(255, 255, 255)
        paragraph.add_run("Three.").font.size = Pt(1)

    reading = word(write)
    assert reading.text == "Seen. One. Two. Three."
    assert "".join(reading.text[each.start : each.end] for each in reading.hidden) == "One. Two. Three."


def test_headers_and_comments_stand_at_the_end() -> None:
    def write(document: Any) -> None:
        run = document.add_paragraph("The bridge.").runs[0]
        document.sections[0].header.paragraphs[0].text = "Confidential"
        document.add_comment(run, "Which one?", author="Ada")

    assert word(write).text == "The bridge.\n\nHeaders and footers\n\nConfidential\n\nComments\n\nWhich one?"


def test_an_opendocument_text_is_read_in_its_order() -> None:
    body = (
        '<text:h text:outline-level="2">Bridges</text:h>'
        "<text:p>It was<text:s/>opened<text:line-break/>in 1932.</text:p>"
        "<text:list><text:list-item><text:p>Trains</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>Name</text:p></table:table-cell>"
        "<table:table-cell><text:p>Year</text:p></table:table-cell></table:table-row></table:table>"
    )
    reading = odt.read(papers.odt(body, "On bridges"), "paper.odt", Limits())
    assert reading.title == "On bridges"
    assert blocks(reading) == [
        ("heading", 2, "Bridges"),
        ("paragraph", 0, "It was opened in 1932."),
        ("item", 0, "- Trains"),
        ("row", 0, "| Name | Year |"),
    ]


def test_slides_are_places_with_their_titles_texts_and_notes() -> None:
    def write(document: Any) -> None:
        for title, text in (("Bridges", "Opened in 1932."), ("", "More.")):
            slide = document.slides.add_slide(document.slide_layouts[1])
            slide.shapes.title.text, slide.placeholders[1].text = title, text
        document.slides[0].notes_slide.notes_text_frame.text = "Tell of the flood."

    reading = pptx.read(papers.slides(write), "talk.pptx", Limits())
    assert reading.text == "Bridges\n\nOpened in 1932.\n\nTell of the flood.\n\nSlide 2\n\nMore."
    assert [(place.name, place.page) for place in reading.places] == [("slide 1", 1), ("slide 2", 2)]
    assert reading.title == "talk"


def test_rows_of_a_workbook_are_places_and_keep_the_header_of_their_sheet() -> None:
    def write(document: Any) -> None:
        sheet = document.active
        sheet.title = "Bridges"
        for row in (
            ("Name", "Opened", "Length"),
            ("Elm", date(1932, 5, 1), 120.5),
            (None,),
            ("Oak", None, 85),
        ):
            sheet.append(row)
        document.create_sheet("Empty")

    reading = xlsx.read(papers.workbook(write), "table.xlsx", Limits())
    assert reading.text == (
        "Bridges\n\n| Name | Opened | Length |\n| Elm | 1932-05-01 | 120.5 |\n| Oak |  | 85 |\n\nEmpty"
    )
    assert [place.name for place in reading.places] == [
        "sheet Bridges", "sheet Bridges, row 1", "sheet Bridges, row 2", "sheet Bridges, row 4", "sheet Empty"
    ]  # fmt: skip
    assert reading.blocks[3].header == reading.blocks[2].header != None  # noqa: E711


@pytest.mark.parametrize("reader", [docx, odt, pptx, xlsx])
@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", papers.packed({"a": "b"}), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_what_is_no_such_file_is_refused_in_a_sentence(reader: Any, data: bytes) -> None:
    with pytest.raises(UnreadableSource, match=r"^paper.x (is no|is encrypted) .*\.$"):
        reader.read(data, "paper.x", Limits())


def test_a_packed_file_is_not_unpacked_when_it_would_be_too_large() -> None:
    bomb = papers.packed({"content.xml": b"\0" * 30_000_000})
    for limits in (Limits(ratio=100), Limits(ratio=10**6, unpacked_bytes=20_000_000)):
        with pytest.raises(UnreadableSource, match=r"would unpack to 29 MB in 1 parts, more than is read; split it"):
            odt.read(bomb, "bomb.odt", limits)
    with opened(bomb, "bomb.odt", "", Limits(ratio=10**6)) as archive:
        assert len(archive.read("content.xml")) == 30_000_000
