"""Layouts: whatever is added, each block stands where it says, and so do places and hidden parts."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from index.models import Span
from index.readers.layout import HIDE, SHOW, TURN, Layout, usable

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(usable)
STEPS = st.one_of(
    st.tuples(st.just("heading"), WORDS, st.integers(-1, 9)),
    st.tuples(st.sampled_from(["paragraph", "item", "code"]), WORDS),
    st.tuples(st.just("row"), st.lists(WORDS, max_size=4)),
    st.tuples(st.just("table")),
    st.tuples(st.just("place"), WORDS),
)


@given(st.lists(STEPS, max_size=20))
def test_blocks_cover_all_text_in_order_and_a_place_begins_where_its_block_does(steps: list[Any]) -> None:
    layout = Layout()
    for name, *given_ in steps:
        getattr(layout, name)(*given_)
    reading = layout.reading("T", "text/html")
    assert layout.characters == len(reading.text)
    end = 0
    for block in reading.blocks:
        assert not reading.text[end : block.start].strip()
        assert reading.text[block.start : block.end].strip()
        assert block.header is None or reading.text[block.header.start] == "|"
        end = block.end
    assert end == len(reading.text)
    starts = [place.start for place in reading.places]
    assert starts == sorted(set(starts))
    assert set(starts) <= {block.start for block in reading.blocks}


@given(WORDS, WORDS, WORDS)
def test_what_is_marked_as_hidden_is_told_and_the_marks_are_gone(before: str, hidden: str, after: str) -> None:
    layout = Layout()
    layout.paragraph("Begin.")
    layout.code(f"({before}{HIDE}{hidden}{SHOW}{after})")
    reading = layout.reading("T", "text/html")
    start = reading.text.index("(") + 1 + len(before)
    assert reading.text == f"Begin.\n\n({before}{hidden}{after})"
    assert reading.hidden == ((Span(start, start + len(hidden)),) if hidden else ())


def test_a_page_that_begins_inside_of_a_paragraph_is_a_place_there() -> None:
    layout = Layout()
    layout.place("page 1", 1)
    layout.turn("page 2 (ii)", 2)
    layout.paragraph(f"It was opened {TURN}in 1932.")
    (first, second) = layout.reading("T", "application/pdf").places
    assert (first.start, first.page) == (0, 1)
    assert (second.start, second.name, second.page) == (14, "page 2 (ii)", 2)


def test_a_row_knows_the_header_of_its_own_table_only() -> None:
    layout = Layout()
    layout.table()
    layout.row(["Name", "Year"], is_header=True)
    layout.row(["Elm | Oak", "1932"])
    layout.table()
    layout.row(["a", "b"])
    reading = layout.reading("T", "text/csv")
    header, row, other = reading.blocks
    assert reading.text == "| Name | Year |\n| Elm \\| Oak | 1932 |\n\n| a | b |"
    assert row.header == Span(header.start, header.end)
    assert (header.header, other.header) == (None, None)


def test_characters_that_no_text_needs_and_marks_of_a_file_are_left_out() -> None:
    assert usable(f"a\x00b\x08c{HIDE}d\ud800e\tf\n") == "abcde\tf\n"
