"""Finding: the words that only say where to look are not looked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Assistant
from assistant.find import to_the_point


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("What does the document say about fees?", "What is there about fees?"),
        ("what do all my uploaded documents tell us about\nthe fees?", "What is there about the fees?"),
        ("What did these notes mention on ice", "What is there about ice"),
        ("According to the article, who came?", "Who came?"),
        ("In my documents, what does a map cost?", "What does a map cost?"),
    ],
)
def test_a_question_loses_what_only_says_where_to_look(question: str, meant: str) -> None:
    assert to_the_point(question) == meant


@pytest.mark.parametrize(
    "question",
    [
        *(
            "Who wrote the report?",
            "What does the document cost?",
            "What do the articles of the treaty say about fees?",
        ),
        *("According to Ida Holm, who came?", "In the article, ", "What does the mayor say about the document?", ""),
    ],
)
def test_any_other_question_stays_as_it_is(question: str) -> None:
    assert to_the_point(question) == question


@given(st.text(max_size=200))
def test_no_text_becomes_empty(text: str) -> None:
    assert bool(to_the_point(text)) == bool(text)


def test_both_ways_of_asking_are_answered_alike(library: Assistant) -> None:
    plain = library.ask("What is there about the fee for a map?")
    asked = library.ask("What do my documents say about the fee for a map?")
    assert not plain.refused
    assert [quote.text for quote in asked.quotes] == [quote.text for quote in plain.quotes]
    assert asked.searched_for == asked.question
