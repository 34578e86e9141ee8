"""The marks in lines: cells and columns of tables, words of headings, marks of quotations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.markup import cells, columns, cut_words, heading_words, is_delimiter_row, without_quote_marks


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("| a | b  c |", ["a", "b c"]),
        ("a|b", ["a", "b"]),
        ("| | - | -5 |", ["", "", "-5"]),
        (r"| a \| b | c |", [r"a \| b", "c"]),
        ("|:---|---:|", ["", ""]),
        ("", [""]),
    ],
)
def test_a_row_is_its_cells(row: str, expected: list[str]) -> None:
    assert cells(row) == expected


def test_a_column_is_called_by_its_header_rows_from_top_to_bottom() -> None:
    assert columns("| | Years |\r\n|---|---|\r\n| | 2019 | 2018 |") == ["", "Years 2019", "2018"]
    assert columns("|" + "x" * 500 + "|") == ["x" * 100]


@pytest.mark.parametrize("line", ["|---|", "| :-: | --- |", "---|---", " | - | "])
def test_a_rule_of_dashes_is_seen(line: str) -> None:
    assert is_delimiter_row(line)


@pytest.mark.parametrize("line", ["", "|", "| a |", "| - a |", "|=-=|", "- item", "::-"])
def test_other_lines_are_no_rules(line: str) -> None:
    assert not is_delimiter_row(line)


def test_marks_of_a_quotation_go_from_all_lines_but_the_first() -> None:
    assert without_quote_marks("> a\n> b\r\n > > c\rd > e") == "> a\nb\r\nc\rd > e"


@given(st.text(), st.integers(2, 50))
def test_a_cut_line_is_no_longer_than_its_limit(text: str, limit: int) -> None:
    cut = cut_words(text, limit)
    assert len(cut) <= limit
    assert cut == text or text.startswith(cut.removesuffix("…"))


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("# Title", "Title"),
        ("## Title ##", "Title"),
        ("# C#", "C#"),
        ("#", ""),
        ("Title\n=====", "Title"),
        ("Two\r\nlines\r\n---", "Two lines"),
        ("> ### In a quotation", "In a quotation"),
        ("- # In a list", "In a list"),
        ("# **Bold** and `code` and [link](http://x) and ![image](y)", "Bold and code and link and image"),
        ("# snake_case_name 2 * 3", "snake_case_name 2 * 3"),
        ("# " + "word " * 100, "word " * 39 + "word…"),
        ("# " + "x" * 300, "x" * 199 + "…"),
    ],
)
def test_the_words_of_a_heading_come_without_its_marks(heading: str, expected: str) -> None:
    assert heading_words(heading) == expected
