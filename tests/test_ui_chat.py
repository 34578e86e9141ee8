"""The chat without a browser: a question becomes messages and a conversation, whatever goes wrong on the way."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from assistant import conversation
from assistant.conversation import Conversation
from assistant.eval_cases import read_cases
from assistant.models import Answer, Answered, Drafted, Event, Found, Quoted
from assistant.ui import chat, conversations, render
from assistant.write import CHANGED, NOTHING_LEFT
from index.errors import InvalidQuestion
from tests.desk_shelf import Shelf, answer_of, shelf_with_a_bridge, text_of


@pytest.fixture
def shelf(tmp_path: Path) -> Any:
    return shelf_with_a_bridge(tmp_path)


def asked(shelf: Shelf, *events: Event | Exception, kept: str = "") -> tuple[list[chat.ChatMessage], Conversation]:
    """What is shown in the end, and the conversation as it was kept last."""
    shelf.events = events
    states = list(chat.respond(lambda: cast(Any, shelf), "What?", [], kept))
    return states[-1][0], conversation.read([text for _, text in states if text][-1])


def contents(messages: list[chat.ChatMessage]) -> list[str]:
    return [text_of(str(message["content"])) for message in messages]


def questions(messages: list[chat.ChatMessage]) -> list[str]:
    return [shown.removesuffix("Edit") for shown in contents(messages)[0::2]]


def test_an_answer_becomes_a_message_and_a_turn(shelf: Shelf) -> None:
    quote = shelf.quote("bridge.txt", 0, 11)
    whole = answer_of(quote, text="the text")
    messages, kept = asked(shelf, Found("What?", ()), Quoted((quote,)), Answered(whole))
    assert [message["role"] for message in messages] == ["user", "assistant"]
    assert kept.turns == [("q", "the text")]
    assert kept.exchanges[0].answer == whole


def test_a_question_is_kept_before_its_answer_is_there(shelf: Shelf) -> None:
    shelf.events = [Found("What?", ())]
    _, first = next(chat.respond(lambda: cast(Any, shelf), "What?", [], ""))
    kept = conversation.read(first or "")
    assert [(each.question, each.answer) for each in kept.exchanges] == [("What?", None)]
    assert "Not answered." in text_of(conversations.messages(cast(Any, shelf), kept)[-1]["content"])


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (InvalidQuestion("The question is empty; write one."), "The question is empty; write one."),
        (RuntimeError("secret detail"), chat.UNEXPECTED),
    ],
)
def test_an_error_becomes_one_sentence_in_the_chat(shelf: Shelf, error: Exception, sentence: str) -> None:
    messages, kept = asked(shelf, error)
    assert sentence in text_of(messages[-1]["content"])
    assert "secret" not in messages[-1]["content"]
    assert kept.turns == []
    assert kept.exchanges[0].problem == sentence
    assert sentence in text_of(conversations.messages(cast(Any, shelf), kept)[-1]["content"])


def test_the_last_question_is_asked_again_and_edited_in_its_place(shelf: Shelf) -> None:
    first, kept = asked(shelf, Answered(answer_of(shelf.quote("bridge.txt", 0, 11))))
    messages, text = list(chat.respond(lambda: cast(Any, shelf), "And when?", first, kept.to_json()))[-1]
    assert questions(messages) == ["What?", "And when?"]
    repeated, text = list(chat.again(lambda: cast(Any, shelf), messages, text or ""))[-1]
    assert contents(repeated) == contents(messages)
    edited, text = list(chat.respond(lambda: cast(Any, shelf), "And who?", repeated, text or "", replaces=True))[-1]
    assert questions(edited) == ["What?", "And who?"]
    assert [each.question for each in conversation.read(text or "").exchanges] == ["What?", "And who?"]
    assert chat.last_question(text or "") == "And who?"
    assert list(chat.again(lambda: cast(Any, shelf), [], "")) == []


def test_after_a_stop_the_last_question_with_all_that_came_is_replaced(shelf: Shelf) -> None:
    shelf.events = [Found("What?", ())]
    waiting, text = next(chat.respond(lambda: cast(Any, shelf), "What?", [], ""))
    stopped = chat.stop([waiting[0], {"role": "assistant", "content": render.UNFINISHED + "half</div>"}])
    assert len(stopped) == 3
    shelf.events = [Answered(answer_of(shelf.quote("bridge.txt", 0, 11)))]
    messages, _ = list(chat.again(lambda: cast(Any, shelf), stopped, text or ""))[-1]
    assert len(messages) == 2


def test_a_conversation_that_is_full_says_so_and_stays(shelf: Shelf) -> None:
    full = Conversation()
    for _ in range(conversation.MOST):
        full = full.asked("What?")
    ((messages, kept),) = chat.respond(lambda: cast(Any, shelf), "And?", [], full.to_json())
    assert "start a new chat" in text_of(messages[-1]["content"])
    assert kept is None


def test_what_is_kept_and_cannot_be_read_begins_a_new_conversation(shelf: Shelf) -> None:
    _, kept = asked(shelf, Answered(answer_of(shelf.quote("bridge.txt", 0, 11))), kept='{"version": 99}')
    assert len(kept.exchanges) == 1
    messages, text = chat.reopen(lambda: cast(Any, shelf), '{"version": 99}')
    assert "cannot be read" in text_of(messages[0]["content"])
    assert text == ""


def test_a_reopened_answer_is_shown_as_it_was(shelf: Shelf) -> None:
    messages, kept = asked(shelf, Answered(answer_of(shelf.quote("bridge.txt", 0, 11))))
    assert chat.reopen(lambda: cast(Any, shelf), kept.to_json()) == (messages, None)


@pytest.mark.parametrize("change", ["changed", "removed", "forged"])
def test_a_reopened_quote_that_the_documents_do_not_hold_is_marked(shelf: Shelf, change: str) -> None:
    _, kept = asked(shelf, Answered(answer_of(shelf.quote("bridge.txt", 0, 11))))
    text = kept.to_json()
    if change == "changed":
        shelf.put("bridge.txt", "Another text.")
    elif change == "removed":
        shelf.remove("bridge.txt")
    else:
        text = text.replace("First line.", "Worst line.")
    messages, _ = chat.reopen(lambda: cast(Any, shelf), text)
    assert "The documents no longer hold this quote here" in text_of(messages[-1]["content"])


def test_stopping_replaces_only_what_was_still_being_waited_for() -> None:
    waiting = [{"role": "user", "content": "q"}, {"role": "assistant", "content": render.searching()}]
    assert [message["content"] for message in chat.stop(waiting)] == ["q", render.stopped()]
    half = render.UNFINISHED + "half</div>"
    for content in (half, [{"type": "text", "text": half}]):
        kept, note = chat.stop([{"role": "assistant", "content": content}])
        assert "half" in str(kept["content"])
        assert render.UNFINISHED not in str(kept["content"])
        assert note["content"] == render.stopped()
    (kept, _) = chat.stop([{"role": "assistant", "content": render.draft("half", (), ())}])
    assert text_of(str(kept["content"])) == "half"
    assert chat.stop([]) == []


def test_stopping_a_question_that_waits_for_others_leaves_the_answers_before_it() -> None:
    before = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "whole"}]
    assert chat.stop(before) == before


def test_an_answer_tells_what_of_its_document_could_not_be_read(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    document = replace(shelf.document("bridge.txt"), title="<b>Bridge</b>", notes=("No text on page 2.",))
    monkeypatch.setattr(Shelf, "document", lambda shelf, document_id: document)
    whole = answer_of(shelf.quote("bridge.txt", 0, 11), shelf.quote("bridge.txt", 12, 54, 2))
    for messages in (asked(shelf, Answered(whole))[0], conversations.messages(cast(Any, shelf), kept_of(whole))):
        shown = text_of(messages[-1]["content"])
        assert shown.count("Read only in part: <b>Bridge</b>No text on page 2.") == 1


@pytest.mark.parametrize(
    ("note", "title"),
    [
        ("The language model 'm' did not answer in time. Here are the quotes alone.", "The language model did not"),
        (NOTHING_LEFT, "Nothing of the language model’s answer was kept"),
        (CHANGED, "The documents have changed meanwhile"),
    ],
)
def test_without_a_models_words_it_is_said_why_and_what_to_do(shelf: Shelf, note: str, title: str) -> None:
    whole = replace(answer_of(shelf.quote("bridge.txt", 0, 11)), note=note)
    shown = text_of(asked(shelf, Answered(whole))[0][-1]["content"])
    assert title in shown
    assert f"{note}" in shown
    assert "Ask again" in shown.removesuffix("Ask again")


# --- what the person says of answers, as questions for `assistant eval`


def kept_of(*answers: Answer) -> Conversation:
    made = Conversation()
    for each in answers:
        made = made.asked(each.question).answered(each)
    return made


def exported(*kept: Conversation) -> tuple[list[dict[str, Any]], str]:
    """The questions of the file, and what is told of it."""
    made = conversations.export_endpoint()
    app = Starlette(routes=[Route("/conversation/{name}", made, methods=["POST"])])
    body = "\n".join(each.to_json() for each in kept)
    given = TestClient(app).post(f"/conversation/{conversations.FEEDBACK}", content=body)
    if given.status_code != 200:
        return [], given.text
    content = given.json()["file"].encode()
    cases = read_cases(content) if content else ()
    assert [each.to_dict() for each in cases] == [json.loads(line) for line in content.splitlines()]
    return [each.to_dict() for each in cases], given.json()["told"]


def said(kept: Conversation, *feedback: tuple[Any, str | None]) -> Conversation:
    marked = [
        replace(each, feedback=one, expected=expected)
        for each, (one, expected) in zip(kept.exchanges, feedback, strict=True)
    ]
    return replace(kept, exchanges=tuple(marked))


def test_feedback_becomes_evaluation_questions_with_the_turns_before_them(shelf: Shelf) -> None:
    answer, refusal = answer_of(shelf.quote("bridge.txt", 0, 11), text="It says."), answer_of()
    feedback: list[tuple[Any, str | None]] = [
        ("good", None),
        ("good", None),
        ("bad", "Holm"),
        ("bad", ""),
        ("bad", None),
        ("bad", "?!"),
        (None, None),
    ]
    kept = said(kept_of(answer, refusal, answer, answer, refusal, answer, answer), *feedback)
    cases, told = exported(kept, kept_of(answer))
    assert [each["answers"] for each in cases] == [["First line."], [], ["Holm"], []]
    assert [each["id"] for each in cases] == [f"{kept.id}-{number}" for number in (1, 2, 3, 4)]
    assert "history" not in cases[0]
    assert cases[1]["history"] == [{"question": "q", "answer": "It says."}]
    assert told == ("4 questions were exported. 2 bad answers were left out: nobody said what would have been right.")


def test_feedback_that_is_none_or_damaged_is_said_in_one_sentence(shelf: Shelf) -> None:
    answer = answer_of(shelf.quote("bridge.txt", 0, 11))
    assert exported(kept_of(answer)) == ([], "No answer is marked yet; mark some as good or bad, then export them.")
    assert exported(said(kept_of(answer), ("bad", None))) == (
        [],
        "0 questions were exported. 1 bad answer was left out: nobody said what would have been right.",
    )
    broken = replace(kept_of(answer), id=cast(Any, None))
    assert "cannot be read" in exported(broken)[1]


def test_no_more_is_read_than_browsers_keep(monkeypatch: pytest.MonkeyPatch, shelf: Shelf) -> None:
    monkeypatch.setattr(conversations, "_LARGEST_BODY", 100)
    assert "too long" in exported(kept_of(answer_of(shelf.quote("bridge.txt", 0, 11))))[1]


def test_a_models_first_word_is_shown_at_once_and_the_next_ones_gathered(shelf: Shelf) -> None:
    quote = shelf.quote("bridge.txt", 0, 11)
    shelf.events = [Found("What?", ()), Quoted((quote,)), Drafted(""), *(Drafted(f"word{n} ") for n in range(9))]
    shown = [
        text_of(messages[-1]["content"]) for messages, _ in chat.respond(lambda: cast(Any, shelf), "What?", [], "")
    ]
    assert next(words for words in shown if "word" in words).startswith("word0 Being written")
    assert sum("word" in words for words in shown) == 1
