"""Conversations: what is written is read back, and what is damaged or forged is refused in one sentence."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import conversation
from assistant.conversation import Conversation
from assistant.models import Answer, Hit, Statement
from index.errors import InvalidConversation
from index.models import Passage, Span
from tests.desk import quote_of

TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


def answer_of(text: str = "It is old [1].") -> Answer:
    quote = replace(
        quote_of(1, text, title=text, page=3), hidden=(Span(0, 1),), permalink=f"assistant://a/b?sha256={text}#"
    )
    hit = Hit(Passage(0, "d", 0, 3, text, None, text), text, text, 0.25, -0.5)
    said = (Statement(text, (1,), None), Statement(text, (), False))
    return Answer(text, text, text, (quote,), False, text, (hit,), 0.5, "model", "p", "d", 1.5, said, text)


@given(st.lists(st.tuples(TEXT, st.none() | TEXT), max_size=4), TEXT)
def test_what_is_written_is_read_back(asked: list[tuple[str, str | None]], title: str) -> None:
    made = Conversation(title=title)
    for question, text in asked:
        made = made.asked(question).answered(None if text is None else answer_of(text), question)
    text = made.to_json()
    assert "\n" not in text
    assert conversation.read(text).to_dict() == made.to_dict()
    assert [each.answer for each in conversation.read(text).exchanges] == [each.answer for each in made.exchanges]


WRITTEN = json.loads(Conversation().asked("Who?").answered(answer_of()).to_json())


def damaged(path: tuple[str | int, ...], value: Any) -> str:
    given = json.loads(json.dumps(WRITTEN))
    *way, last = path
    place = given
    for step in way:
        place = place[step]
    place[last] = value
    return json.dumps(given)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "null", "{}", '"a"', "1", "[" * 100_000, '{"version": 1}', "x" * (conversation.LARGEST + 1)),
        damaged(("version",), 2),
        damaged(("id",), None),
        damaged(("exchanges",), {}),
        damaged(("exchanges", 0), 7),
        damaged(("exchanges", 0, "question"), ["a"]),
        damaged(("exchanges", 0, "asked_at"), "yesterday"),
        damaged(("exchanges", 0, "feedback"), "great"),
        damaged(("exchanges", 0, "expected"), ["Holm"]),
        damaged(("exchanges", 0, "answer"), {}),
        damaged(("exchanges", 0, "answer", "score"), float("nan")),
        damaged(("exchanges", 0, "answer", "quotes"), {"a": 1}),
        damaged(("exchanges", 0, "answer", "quotes", 0, "start"), "a"),
        damaged(("exchanges", 0, "answer", "quotes", 0, "hidden"), [[1]]),
        damaged(("exchanges", 0, "answer", "nearest", 0, "passage"), None),
        damaged(("exchanges", 0, "answer", "statements", 0, "quotes"), [None]),
    ],
)
def test_what_is_no_conversation_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(InvalidConversation, match=r"^This conversation [^.]+\.$"):
        conversation.read(text)


def test_what_a_person_said_of_an_answer_is_kept_and_older_conversations_are_read() -> None:
    (exchange,) = conversation.read(json.dumps(WRITTEN)).exchanges
    made = Conversation(exchanges=(replace(exchange, feedback="bad", expected="Holm"),))
    assert conversation.read(made.to_json()) == made
    older = json.loads(json.dumps(WRITTEN))
    for name in ("feedback", "expected"):
        del older["exchanges"][0][name]
    assert conversation.read(json.dumps(older)).exchanges == (exchange,)


FIELDS = st.sampled_from(["version", "id", "title", "exchanges", "answer", "question", "quotes", "hidden"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner),
)


@given(ANYTHING)
def test_no_json_raises_anything_else(value: Any) -> None:
    with suppress(InvalidConversation):
        conversation.read(json.dumps({**WRITTEN, "exchanges": value}))


def test_turns_are_the_answered_questions_as_they_were_understood() -> None:
    made = Conversation().asked("And he?").answered(replace(answer_of(), searched_for="And Holm?", text="Old."))
    made = made.asked("What?").answered(None, "It failed.").asked("Why?")
    assert made.turns == [("And Holm?", "Old.")]
    assert len(made.without_last().exchanges) == 2


@pytest.mark.parametrize(
    ("title", "questions", "name"),
    [
        ("", [], "Conversation"),
        ("", [" ", "Who\nis it?"], "Who is it?"),
        ("Mine", ["Who?"], "Mine"),
        ("", ["word " * 40], "word " * 15 + "word …"),
    ],
)
def test_a_conversation_is_called_by_its_title_or_its_first_question(
    title: str, questions: list[str], name: str
) -> None:
    made = Conversation(title=title)
    for question in questions:
        made = made.asked(question)
    assert made.name == name


def test_each_conversation_has_an_id_of_its_own() -> None:
    assert Conversation().id != Conversation().id
