"""Asking in the chat: one question in, the states of the conversation out, whatever goes wrong on the way.

The conversation itself is the browser's: it comes as JSON with each question and goes back with what has become of it.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from assistant import conversation
from assistant.conversation import MOST, Conversation
from assistant.models import Answered, Drafted, Event, Found, Quote, Quoted, Stated, Statement, Token, Turn
from assistant.ui import conversations, render
from index.errors import AssistantError, InvalidConversation

if TYPE_CHECKING:
    from assistant.assistant import Assistant

ChatMessage = dict[str, Any]
"""A message of the chat component: a role, and HTML that is safe to show."""
State = tuple[list[ChatMessage], str | None]
"""The messages, and the conversation as JSON; None where it is as before."""

Opened = Callable[[], "Assistant"]
"""Gives the collection that answers, or raises when there is none or it may not be read."""

UNEXPECTED = "Something unexpected went wrong on the assistant's side; the question can be asked again."
"""What a person reads about an exception that nobody foresaw; the log has the rest."""

_FULL = f"A conversation has at most {MOST} questions, and this one has as many; start a new chat."
_LONGEST_KEPT = 4_000  # characters of a question, of which a longer one is refused
_SECONDS_BETWEEN_UPDATES = 0.12
_log = logging.getLogger(__name__)


def respond(
    opened: Opened, question: str, messages: list[ChatMessage], kept: str, *, replaces: bool = False
) -> Iterator[State]:
    """The conversation as the answer comes in; it never raises.

    Args:
        opened: Gives the collection that answers, or raises when there is none.
        question: What is asked.
        messages: What is shown.
        kept: The conversation as JSON, or empty for a new one.
        replaces: Whether the question takes the place of the last one.
    """
    so_far = _read(kept)
    if replaces:
        so_far, messages = so_far.without_last(), without_last(messages)
    asked = [*messages, {"role": "user", "content": render.question(question)}]
    if len(so_far.exchanges) >= MOST:
        yield _with_reply(asked, render.problem(_FULL)), None
        return
    turns, so_far = so_far.turns, so_far.asked(question[:_LONGEST_KEPT])
    yield _with_reply(asked, render.searching()), so_far.to_json()
    try:
        for shown, event in _shown(opened(), question, turns):
            now = so_far.answered(event.answer).to_json() if isinstance(event, Answered) else None
            yield _with_reply(asked, shown), now
    except AssistantError as error:
        yield _with_reply(asked, render.failed(str(error))), so_far.answered(None, str(error)).to_json()
    except Exception:  # The page is a surface: whatever happens, the person reads a sentence and can ask again.
        _log.exception("a question failed")
        yield _with_reply(asked, render.failed(UNEXPECTED)), so_far.answered(None, UNEXPECTED).to_json()


def again(opened: Opened, messages: list[ChatMessage], kept: str) -> Iterator[State]:
    """The conversation as its last question is answered once more."""
    question = last_question(kept)
    if question:
        yield from respond(opened, question, messages, kept, replaces=True)


def last_question(kept: str) -> str:
    """The last question of a conversation that is kept as JSON, or nothing."""
    exchanges = _read(kept).exchanges
    return exchanges[-1].question if exchanges else ""


def reopen(opened: Opened, kept: str) -> State:
    """A conversation that the browser had kept, as it is shown, or why it is not."""
    try:
        return conversations.messages(opened(), conversation.read(kept)), None
    except AssistantError as error:
        return _with_reply([], render.problem(str(error))), ""
    except Exception:  # The page is a surface: whatever happens, the person reads a sentence.
        _log.exception("a conversation could not be opened")
        return _with_reply([], render.problem("This conversation could not be opened; start a new chat.")), ""


def stop(messages: list[ChatMessage]) -> list[ChatMessage]:
    """The messages after the person stopped the answer; what had come in of it stays.

    They stay as they are where the answer had not begun, because others were answered first.
    """
    last = str(messages[-1]["content"]) if messages else ""
    finished = [{**each, "content": _finished(each["content"])} for each in messages]
    if render.WAITING in last:
        return _with_reply(finished[:-1], render.stopped())
    return _with_reply(finished, render.stopped()) if render.UNFINISHED in last else finished


def without_last(messages: list[ChatMessage]) -> list[ChatMessage]:
    """The messages before the last question."""
    asked = [place for place, message in enumerate(messages) if message["role"] == "user"]
    return messages[: asked[-1]] if asked else messages


def _read(kept: str) -> Conversation:
    try:
        return conversation.read(kept) if kept else Conversation()
    except InvalidConversation:  # said when it is opened
        return Conversation()


def _finished(content: Any) -> Any:
    """A message's content, plain or as the list of parts that the browser sends back, with nothing more to come."""
    if isinstance(content, str):
        return render.finished(content)
    return [{**part, "text": render.finished(part["text"])} if part.get("text") else part for part in content]


def _with_reply(asked: list[ChatMessage], shown: str) -> list[ChatMessage]:
    return [*asked, {"role": "assistant", "content": shown}]


def _shown(assistant: "Assistant", question: str, turns: list[Turn]) -> Iterator[tuple[str, Event]]:
    """Each event with the answer as it stands then; a model's words are gathered, so that the page keeps up."""
    text, updated = "", time.monotonic()
    quotes: tuple[Quote, ...] = ()
    stated: tuple[Statement, ...] = ()
    for event in assistant.stream(question, turns):
        match event:
            case Found():
                yield render.searching(event), event
            case Quoted():
                quotes, stated, text, updated = event.quotes, (), "", time.monotonic()
                if quotes:
                    yield render.partial("", quotes), event
            case Stated():
                quotes, stated, text, updated = event.quotes, event.statements, event.rest, time.monotonic()
                yield render.draft(text, stated, quotes), event
            case Token() | Drafted():
                is_first, text = not text and bool(event.text), text + event.text
                if is_first or time.monotonic() - updated >= _SECONDS_BETWEEN_UPDATES:
                    updated = time.monotonic()
                    # Also without a new word: who presses Stop is heard between two of these.
                    yield _on_its_way(event, text, stated, quotes), event
            case Answered():
                yield conversations.shown_answer(assistant, event.answer), event


def _on_its_way(event: Event, text: str, stated: Sequence[Statement], quotes: Sequence[Quote]) -> str:
    if not quotes:
        return render.searching()
    return render.draft(text, stated, quotes) if isinstance(event, Drafted) else render.partial(text, quotes)
