"""Web pages, books, messages and records: what they say in its order, hidden text marked, nothing run or fetched."""

import pytest

from index.errors import UnreadableSource
from index.limits import Limits
from index.models import Reading
from index.readers import csv, eml, epub, html, jsonl
from tests import papers

FILLER = "".join(f"<p>Sentence number {n} tells more about the old bridge of the town of Elm.</p>" for n in range(12))


def page(body: str, head: str = "") -> Reading:
    return html.read(f"<html><head>{head}</head><body>{body}</body></html>".encode(), "page.html", Limits())


def blocks(reading: Reading) -> list[tuple[str, int, str]]:
    return [(block.kind, block.level, reading.text[block.start : block.end]) for block in reading.blocks]


def hidden(reading: Reading) -> list[str]:
    return [reading.text[span.start : span.end] for span in reading.hidden]


def test_a_page_becomes_headings_paragraphs_items_rows_and_code() -> None:
    reading = page(
        "<h2>Bridges</h2><p>It was <b>opened</b><br>in\n 1932.</p><ul><li>Trains<li>Cars</ul>"
        "<table><tr><th>Name<th>Year<tr><td>Elm<td>1932</table><pre>a  b\nc</pre>After it."
    )
    assert blocks(reading) == [
        ("heading", 2, "Bridges"),
        ("paragraph", 0, "It was opened in 1932."),
        ("item", 0, "- Trains"),
        ("item", 0, "- Cars"),
        ("row", 0, "| Name | Year |"),
        ("row", 0, "| Elm | 1932 |"),
        ("code", 0, "a  b\nc"),
        ("paragraph", 0, "After it."),
    ]
    assert reading.blocks[5].header is not None


def test_scripts_styles_and_comments_are_no_text() -> None:
    body = "<script>alert(1)</script><style>p{}</style><!-- secret --><noscript>no</noscript><p>Words.</p><svg><text>x"
    assert page(body).text == "Words."


def test_navigation_around_the_content_is_left_out() -> None:
    reading = page(f"<nav><a href='/'>Home</a></nav><article><h1>Elm</h1>{FILLER}</article><footer>Imprint</footer>")
    assert "Sentence number 11" in reading.text
    assert "Home" not in reading.text
    assert "Imprint" not in reading.text


@pytest.mark.parametrize(
    "attribute",
    [
        "style='display:none'", "style='VISIBILITY: hidden'", "style='font-size:0'", "style='opacity:0'", "hidden",
        "style='color:#fff'", "style='position:absolute;left:-9999px'",
    ],
)  # fmt: skip
def test_text_that_a_page_hides_is_read_and_marked(attribute: str) -> None:
    reading = page(f"<p>Seen.</p><div {attribute}>Ignore <b>the</b> rest.</div><p>Seen too.</p>")
    assert "".join(hidden(reading)) == "Ignore the rest."
    reading = page(f"<nav>n</nav><article>{FILLER}<p>Seen <span {attribute}>not</span> this.</p></article>")
    assert hidden(reading) in (["not"], [])
    assert ("not this" in reading.text) == bool(hidden(reading))


def test_white_on_a_ground_of_its_own_is_seen() -> None:
    assert not page("<div style='background:#000'><p style='color:white'>Seen.</p></div>").hidden


def test_the_title_and_the_address_of_a_saved_page_are_kept() -> None:
    reading = page("<p>Words.</p>", "<title>Elm &amp; Oak</title><link rel=canonical href='https://example.org/elm'>")
    assert (reading.title, reading.link) == ("Elm & Oak", "https://example.org/elm")
    assert page("<p>W.</p>", "<link rel=canonical href='javascript:alert(1)'>").link == ""


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252", "shift_jis"])
def test_a_page_is_read_in_the_encoding_that_it_names(encoding: str) -> None:
    words = "日本" if encoding == "shift_jis" else "Größe"
    data = f"<html><head><meta charset='{encoding}'></head><body><p>{words}</p></body></html>".encode(encoding)
    assert html.read(data, "page.html", Limits()).text == words


def test_a_book_is_read_chapter_by_chapter() -> None:
    reading = epub.read(papers.book("<h1>One</h1><p>Words.</p>", "<h1>Two</h1><p>More.</p>"), "b.epub", Limits())
    assert (reading.title, reading.text) == ("A book", "One\n\nWords.\n\nTwo\n\nMore.")


def test_a_missing_chapter_is_said() -> None:
    items = '<item id="a" href="a"/><item id="b" href="b"/><itemref idref="a"/><itemref idref="b"/>'
    package = f"<package>{items}</package>"
    data = papers.packed({"META-INF/container.xml": '<c><r full-path="o"/></c>', "o": package, "a": "<p>Words.</p>"})
    assert epub.read(data, "b.epub", Limits()).notes == ("1 of its 2 chapters could not be read.",)


def test_a_message_is_read_with_who_wrote_it_and_its_attachments_are_named() -> None:
    reading = eml.read(papers.mail("Bridges", "Opened in 1932.\n\nYours", "<p>html</p>", b"%PDF"), "m.eml", Limits())
    assert reading.title == "Bridges"
    assert reading.text == "Bridges\n\nFrom: anna@example.org\n\nTo: ben@example.org\n\nOpened in 1932.\n\nYours"
    assert reading.notes == ("Its attachments were not read (report.pdf); save them as files and add those.",)


def test_records_are_sections_under_their_titles_and_wrong_lines_are_counted() -> None:
    rows = papers.records({"title": "Elm", "text": "One.\n\nTwo."}, {"title": 3, "text": "Three."}, [1], {"text": 2})
    reading = jsonl.read(rows + b"\n{", "r.jsonl", Limits())
    assert reading.text == "Elm\n\nOne.\n\nTwo.\n\nThree."
    assert [place.name for place in reading.places] == ["line 1", "line 2"]
    assert len(reading.notes) == 1
    assert reading.notes[0].startswith("3 of its lines, the first of them line 3, are not")
    with pytest.raises(UnreadableSource, match="has no line that is an object"):
        jsonl.read(b"[]", "r.jsonl", Limits())


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_rows_of_separated_values_keep_their_header(separator: str) -> None:
    text = f'Name{separator}Said\nElm{separator}"a{separator}b"\n\nOak{separator}"two\nlines"\n'
    reading = csv.read(text.encode(), "t.csv", Limits())
    cell = f"a{separator}b".replace("|", "\\|").replace("\t", " ")
    assert reading.text == f"| Name | Said |\n| Elm | {cell} |\n| Oak | two lines |"
    assert [place.name for place in reading.places] == ["row 1", "row 2", "row 4"]
    assert [block.header is not None for block in reading.blocks] == [False, True, True]


def test_a_page_that_is_nested_too_deeply_says_that_it_was_not_read_whole() -> None:
    reading = page("<p>Words." + "<b><i>" * 5_000 + "Deep.")
    assert reading.text.startswith("Words.")
    assert reading.notes == ("Its elements are nested too deeply, and what comes after that was not read.",)
