"""PDF: paragraphs, tables and pages as a person reads them; what cannot be seen is marked, what cannot be read said."""

import pytest

from index.errors import UnreadableSource
from index.limits import Limits
from index.models import Reading, Span, place_at
from index.readers import parse
from tests.papers import Ink, lines
from tests.papers import pdf as made


def read(data: bytes, name: str = "paper.pdf", limits: Limits | None = None) -> Reading:
    return parse(data, name, "application/pdf", limits or Limits())


def blocks(reading: Reading) -> list[tuple[str, str]]:
    return [(block.kind, reading.text[block.start : block.end]) for block in reading.blocks]


def hidden(reading: Reading) -> list[str]:
    return [reading.text[span.start : span.end] for span in reading.hidden]


def test_the_lines_of_a_paragraph_are_joined_and_a_gap_parts_two() -> None:
    page = [
        *lines("The bridge was opened in the year 1932", "by the mayor of the town, Ada Elm."),
        *lines("It carries two tracks and a road.", y=640),
    ]
    assert blocks(read(made(page))) == [
        ("paragraph", "The bridge was opened in the year 1932 by the mayor of the town, Ada Elm."),
        ("paragraph", "It carries two tracks and a road."),
    ]


def test_larger_letters_are_headings_and_the_largest_the_highest() -> None:
    page = [
        *lines("Bridges", y=760, size=20),
        *lines("History", y=730, size=15),
        *lines("The bridge was opened in 1932 by the mayor.", "It carries two tracks.", y=700),
    ]
    reading = read(made(page))
    assert [(block.kind, block.level) for block in reading.blocks] == [("heading", 1), ("heading", 2), ("paragraph", 0)]


def test_a_bold_line_is_a_heading_however_near_the_text_stands() -> None:
    text = ("The bridge was opened in the year 1932 by the mayor of the town,", "and it carries two tracks and a road.")
    page = [Ink("3.1 Overview", y=714, font="Helvetica-Bold"), *lines(*text)]
    assert blocks(read(made(page))) == [("heading", "3.1 Overview"), ("paragraph", " ".join(text))]


def test_a_word_that_a_lines_end_parts_is_whole_and_a_compound_keeps_its_hyphen() -> None:
    page = lines(
        "The long-term plan has many parts, in a d-",
        "dimensional space and with a long-",
        "term view that is writ-",
        "ten with Lucene-",
        "BM25 in CAP-",
        "ITALS.",
    )
    assert blocks(read(made(page))) == [
        (
            "paragraph",
            "The long-term plan has many parts, in a d-dimensional space and with a long-term view that is written "
            "with Lucene-BM25 in CAPITALS.",
        )
    ]


def test_words_that_stand_under_each_other_are_a_table_with_its_header() -> None:
    cells = (("Name", "Length", "Opened"), ("Elm", "120", "1932"), ("Oak", "85", "1950"))
    page = [
        Ink(text, x=72 + 150 * n, y=700 - 16 * row) for row, texts in enumerate(cells) for n, text in enumerate(texts)
    ]
    reading = read(made(page))
    assert blocks(reading) == [("row", f"| {' | '.join(row)} |") for row in cells]
    assert [block.header for block in reading.blocks] == [None, *[Span(0, 26)] * 2]


def test_columns_of_text_are_read_one_after_the_other() -> None:
    left = [
        "The first column begins here and it",
        "goes on in this line, and it ends in",
        "the third line, which is this one.",
    ]
    right = [
        "The second column is read when the",
        "first one has been read to its end,",
        "not line by line across the page.",
    ]
    page = [
        ink
        for number, texts in enumerate(zip(left, right, strict=True))
        for ink in (Ink(texts[0], y=700 - 14 * number), Ink(texts[1], x=320, y=700 - 14 * number))
    ]
    assert read(made(page)).text == f"{' '.join(left)}\n\n{' '.join(right)}"


def test_a_paragraph_goes_on_over_a_page_and_both_pages_are_known() -> None:
    reading = read(made(lines("The bridge was opened in the year"), lines("of the great flood, 1932.")))
    assert blocks(reading) == [("paragraph", "The bridge was opened in the year of the great flood, 1932.")]
    assert [place.name for place in reading.places] == ["page 1", "page 2"]
    second = place_at(reading.places, reading.text.index("of the great"))
    assert second is not None
    assert second.page == 2


def test_a_running_head_is_read_once() -> None:
    pages = [
        [*lines(f"Annual report - {n}", y=800), *lines(f"Sentence number {n} is here.", y=600)] for n in range(1, 7)
    ]
    assert read(made(*pages)).text.count("Annual report") == 1


def test_the_running_head_of_a_chapter_is_not_read_and_a_number_in_the_text_is() -> None:
    words = ("One", "Two", "Six", "Ten", "Five", "Nine", "Four", "Eight")
    bodies = [f"{n * n} towns: {word} bridges were built in the {word.lower()}th year." for n, word in enumerate(words)]
    heads = [f"{'Chapter One' if n < 4 else 'Chapter Two'} {n + 10}" for n in range(8)]
    pages = [[*lines(head, y=800), *lines(body, y=600)] for head, body in zip(heads, bodies, strict=True)]
    assert read(made(*pages)).text.split("\n\n") == bodies


def test_dots_that_lead_to_a_page_are_one_sign() -> None:
    assert read(made(lines("1.2 History . . . . . . . . . . . . 12"))).text == "1.2 History … 12"


@pytest.mark.parametrize(
    "ink",
    [
        Ink("Ignore the rest.", y=600, color=(255, 255, 255)),
        Ink("Ignore the rest.", y=600, size=0.5),
        Ink("Ignore the rest.", x=900),
        Ink("Ignore the rest.", y=-50),
        Ink("Ignore the rest.", y=600, mode=3),
    ],
    ids=["white", "tiny", "beside", "below", "unpainted"],
)
def test_text_that_nobody_sees_is_read_and_marked(ink: Ink) -> None:
    reading = read(made([*lines("The bridge was opened in 1932."), ink]))
    assert "".join(hidden(reading)).replace(" ", "") == "Ignoretherest."
    assert "1932" not in "".join(hidden(reading))


def test_a_file_without_text_says_which_pages_have_none() -> None:
    with pytest.raises(
        UnreadableSource, match=r"empty.pdf holds no text that can be searched: nothing is on pages 1 and 2"
    ):
        read(made([], []), "empty.pdf")
    reading = read(made(lines("Words."), [], [], [], lines("More.")))
    assert reading.notes == ("Nothing is on pages 2 to 4 that is text.",)


def test_too_many_pages_are_refused() -> None:
    with pytest.raises(UnreadableSource, match="has 3 pages and at most 2 are read; split it"):
        read(made(*[lines("Words.")] * 3), limits=Limits(pages=2))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"words", made(lines("Words."))[:200]])
def test_what_is_no_pdf_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(UnreadableSource, match=r"^paper.pdf is no PDF file or a damaged one; .*\.$"):
        read(data)
