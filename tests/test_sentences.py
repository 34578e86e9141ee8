"""Sentences: cut where a reader would cut them, and long ones where it hurts least."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sentences import fitting_parts, sentence_spans

PIECES = st.sampled_from(
    [
        *(
            "Dr. Smith paid. ",
            "Who? ",
            "(see Fig. 3) . ",
            "(It was so.) ",
            "Eq. (3) ",
            "al., 2007) ",
            "[citation needed] ",
        ),
        *(
            "1) ",
            '"',
            "“",
            "(",
            ")",
            "[1]",
            "...",
            "\n",
            "\r\n\r\n",
            " ",
            "一句话。",
            "هذا؟ ",
            "e\u0301",
            "🇩🇪",
            "word " * 500,
        ),
    ]
)


def sentences(body: str) -> list[str]:
    """The sentences of a text without the white space around them."""
    return [body[start:end].strip() for start, end in sentence_spans(body)]


def parts(text: str, limit: int, count: Callable[[str], int]) -> list[str]:
    """The parts of a text that are no longer than a limit."""
    found = fitting_parts(text, 0, len(text), lambda start, end: count(text[start:end]), limit)
    return [text[start:end] for start, end, _ in found]


def words_of(text: str) -> int:
    return len(text.split())


@given(st.lists(PIECES, max_size=30).map("".join), st.integers(0, 5))
def test_sentences_leave_no_gap_and_each_but_a_single_one_holds_a_letter(body: str, first: int) -> None:
    spans = sentence_spans(body, first)
    assert [start for start, _ in spans] == [0, *(end for _, end in spans[:-1])]
    assert spans[-1][1] == len(body)
    assert len(spans) == 1 or all(any(each.isalpha() for each in body[start:end]) for start, end in spans)


@pytest.mark.parametrize(
    "expected",
    [
        ["Dr. Smith of Acme Inc. left the U.S. in Jan. 2020.", "He is back."],
        ["It is hot (Fig. 3) .", "In this one (Fig. 2) .", "The end."],
        ["(24) . Second, they were ready.", "Third, they came (24, 25) .", "Fourth, they left."],
        ["See Eq. (3) and Sect. 2.1 for more.", "Then go."],
        ["As in (Smith et al., 2007) , it is.", "Smith et al. (2019) agree."],
        ["It was a city. [citation needed]", "It is no more. [12, 13]", "The end."],
        ["He left.", "[He] did not return."],
        ["It ended.", "(It had begun well.)", "Nobody knew."],
        ["... What? ...", "Nothing."],
        ["Is it 42?", "It is 3.14."],
        ["一句话。", "“两句话！”", "他说。", "三？"],
        ["هذا نص.", "وهذا آخر؟", "نعم."],
        ["यह है।", "वह है।"],
        ["😀 Hi there.", "\U0001f469\u200d\U0001f467 Family."],
    ],
)
def test_a_text_is_cut_into_these_sentences(expected: list[str]) -> None:
    apart = "" if expected[0].startswith("一") else " "
    assert sentences(apart.join(expected)) == expected


def test_a_sentence_longer_than_the_segmenters_window_stays_one_sentence() -> None:
    long = f"First it goes {'and so on, ' * 400}until it ends."
    others = ["Second.", *["Then another one."] * 300]
    assert sentences(" ".join([long, *others])) == [long, *others]


def test_a_text_that_fits_comes_whole() -> None:
    assert parts("some words", 2, words_of) == ["some words"]


def test_a_text_too_long_is_cut_between_clauses_else_words_else_characters() -> None:
    clauses = "; ".join(["these are some words of a clause"] * 40)
    for part in parts(clauses, 60, words_of):
        assert part.startswith("these are")
        assert part.endswith(("clause", "clause;"))
    words = " ".join(f"word{number}" for number in range(200))
    assert " ".join(parts(words, 60, words_of)) == words
    assert all(words_of(part) <= 60 for part in parts(words, 60, words_of))
    assert parts("x" * 10, 3, len) == ["xx", "xxx", "xx", "xxx"]


@pytest.mark.parametrize("character", ["e\u0301", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "👍🏽", "한", "क्"])
def test_no_cut_goes_through_what_a_reader_sees_as_one_character(character: str) -> None:
    found = parts(character * 100, 20, len)
    assert "".join(found) == character * 100
    assert all(part.replace(character, "") == "" for part in found)


def test_a_character_that_no_limit_allows_is_a_part_by_itself() -> None:
    assert parts("abc", 0, len) == ["a", "b", "c"]
