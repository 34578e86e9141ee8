"""Asking in the chat: one question in, the states of the conversation out, whatever goes wrong on the way."""

import logging
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from assistant.escape import link
from assistant.models import Answered, Drafted, Event, Found, Hit, Quote, Quoted, Stated, Statement, Token, Turn
from assistant.ui import render
from assistant.ui.panel import passage_link
from index.errors import AssistantError, DocumentNotFound

if TYPE_CHECKING:
    from assistant.assistant import Assistant

ChatMessage = dict[str, Any]
"""A message of the chat component: a role, and HTML that is safe to show."""

UNEXPECTED = "Something unexpected went wrong on the assistant's side; the question can be asked again."
"""What a person reads about an exception that nobody foresaw; the log has the rest."""

_TURNS_KEPT = 20
_SECONDS_BETWEEN_UPDATES = 0.12
_log = logging.getLogger(__name__)


def respond(
    assistant: "Assistant", question: str, messages: list[ChatMessage], turns: list[Turn]
) -> Iterator[tuple[list[ChatMessage], list[Turn]]]:
    """The messages and turns of the conversation as the answer comes in; it never raises."""
    asked = [*messages, {"role": "user", "content": render.question(question)}]
    yield _with_reply(asked, render.searching()), turns
    try:
        for shown, event in _shown(assistant, question, turns):
            if isinstance(event, Answered):
                turns = [*turns, (event.answer.searched_for, event.answer.text)][-_TURNS_KEPT:]
            yield _with_reply(asked, shown), turns
    except AssistantError as error:
        yield _with_reply(asked, render.problem(str(error))), turns
    except Exception:  # The page is a surface: whatever happens, the person reads a sentence and can ask again.
        _log.exception("a question failed")
        yield _with_reply(asked, render.problem(UNEXPECTED)), turns


def stop(messages: list[ChatMessage]) -> list[ChatMessage]:
    """The messages after the person stopped the answer; what had come in of it stays."""
    if not messages:
        return messages
    *earlier, last = messages
    if render.WAITING in str(last["content"]):
        return _with_reply(earlier, render.stopped())
    return _with_reply([*earlier, {**last, "content": _finished(last["content"])}], render.stopped())


def _finished(content: Any) -> Any:
    """A message's content, plain or as the list of parts that the browser sends back, with nothing more to come."""
    if isinstance(content, str):
        return render.finished(content)
    return [{**part, "text": render.finished(part["text"])} if part.get("text") else part for part in content]


def _on_its_way(event: Event, text: str, stated: Sequence[Statement], quotes: Sequence[Quote]) -> str:
    if not quotes:
        return render.searching()
    return render.draft(text, stated, quotes) if isinstance(event, Drafted) else render.partial(text, quotes)


def _with_reply(asked: list[ChatMessage], shown: str) -> list[ChatMessage]:
    return [*asked, {"role": "assistant", "content": shown}]


def _shown(assistant: "Assistant", question: str, turns: list[Turn]) -> Iterator[tuple[str, Event]]:
    """Each event with the answer as it stands then; a model's tokens are gathered, so that the page keeps up."""

    def link_of(hit: Hit) -> str:
        try:
            return passage_link(assistant, hit)
        except DocumentNotFound:  # Removed while the answer was made: the link says so when it is followed.
            return link(render.SOURCE_PATH, document=hit.passage.document_id)

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
                text += event.text
                if time.monotonic() - updated >= _SECONDS_BETWEEN_UPDATES:
                    updated = time.monotonic()
                    # Also without a new word: who presses Stop is heard between two of these.
                    yield _on_its_way(event, text, stated, quotes), event
            case Answered():
                yield render.answer(event.answer, link_of), event
