"""The words around the quotes: an introduction for each document, a sentence for each refusal, and nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Assistant, answer
from assistant.models import Quote
from prompts import bundled
from tests.desk import quote_of

TITLES = st.sampled_from(["Bridges", "{title}", "*Bold* [1]", "<b>Birds</b>", "“Quoted”"])
QUOTES = st.lists(st.tuples(st.text(min_size=1), TITLES), min_size=1, max_size=3)


def quotes_of(parts: Sequence[tuple[str, str]]) -> tuple[Quote, ...]:
    """Quotes of these texts and titles, a document for each title."""
    return tuple(
        replace(quote_of(number, text, title), document_id=title) for number, (text, title) in enumerate(parts, 1)
    )


@given(QUOTES)
def test_an_answer_is_its_quotes_in_their_order_each_with_its_number(parts: list[tuple[str, str]]) -> None:
    text = "".join(answer.word_quotes(quotes_of(parts), bundled()))
    position = 0
    for number, (quoted, _) in enumerate(parts, 1):
        shown = f"\n“{quoted}” [{number}]"
        assert shown in text[position:]
        position = text.index(shown, position) + len(shown)
    assert position == len(text)


@given(QUOTES)
def test_the_answers_own_words_are_nothing_but_the_titles_of_the_documents(parts: list[tuple[str, str]]) -> None:
    pieces = answer.word_quotes(quotes_of(parts), bundled())
    shown = {f"\n“{quoted}” [{number}]" for number, (quoted, _) in enumerate(parts, 1)}
    own = [piece.strip() for piece in pieces if piece not in shown]
    assert own == [f"*{title}* says:" for title, _ in groupby(title for _, title in parts)]


def test_quotes_that_follow_each_other_from_one_document_are_introduced_once() -> None:
    text = "".join(answer.word_quotes(quotes_of([("One.", "Birds"), ("Two.", "Birds"), ("Three.", "Fish")]), bundled()))
    assert text == "*Birds* says:\n“One.” [1]\n“Two.” [2]\n\n*Fish* says:\n“Three.” [3]"


def test_two_documents_of_one_title_are_introduced_each() -> None:
    first, second = quotes_of([("One.", "Birds"), ("Two.", "Birds")])
    text = "".join(answer.word_quotes([first, replace(second, document_id="another")], bundled()))
    assert text.count("*Birds* says:") == 2


def test_each_refusal_has_words_of_its_own_that_say_what_to_do() -> None:
    kinds: tuple[answer.Refusal, ...] = get_args(answer.Refusal)
    told = [answer.word_refusal(kind, bundled()) for kind in kinds]
    assert len(set(told)) == len(kinds) == 5
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in told)


def test_the_threshold_is_a_probability() -> None:
    assert 0 < answer.THRESHOLD < 1


@pytest.mark.parametrize(
    ("question", "held"),
    [
        ("Who opened the Alder Bridge?", "Ida Holm"),
        ("How fast do trains cross the bridge?", "40 kilometres"),
        ("What does the loan of a map cost?", "15 euros"),
        ("When is the reading room open?", "from nine to six"),
        ("Which captain reported ice in the strait?", "Oskar Lind"),
    ],
)
def test_what_the_documents_say_is_answered_by_the_sentence_that_says_it(
    library: Assistant, question: str, held: str
) -> None:
    given_answer = library.ask(question)
    assert not given_answer.refused
    assert held in given_answer.quotes[0].text
    assert given_answer.reason == ""
    assert given_answer.nearest == ()


@pytest.mark.parametrize("question", ["What is the GDP of France?", "How do I bake bread?", "Who won the cup in 2014?"])
def test_what_the_documents_do_not_say_is_refused_and_the_nearest_passages_are_shown(
    library: Assistant, question: str
) -> None:
    refusal = library.ask(question)
    assert refusal.refused
    assert refusal.quotes == ()
    assert refusal.text == refusal.reason == answer.word_refusal("below", bundled())
    assert 1 <= len(refusal.nearest) <= 3
    assert refusal.score < answer.THRESHOLD


def test_a_refusal_says_how_many_files_could_not_be_read() -> None:
    plain = answer.word_refusal("below", bundled())
    assert answer.word_refusal("below", bundled(), unread=0, files=14) == plain
    told = answer.word_refusal("below", bundled(), unread=2, files=14)
    assert told.startswith(plain)
    assert "Of 14 files 2 could not be read" in told
