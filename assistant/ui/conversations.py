"""Conversations that the browser keeps: shown again with each quote compared, and given out as files."""

import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

from assistant import conversation
from assistant.conversation import Conversation, Exchange
from assistant.feedback import gather
from assistant.models import Answer, Quote
from assistant.transcript import as_json, as_markdown
from assistant.ui import render
from assistant.ui.panel import hit_link
from index.errors import AssistantError, InvalidConversation

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from assistant.assistant import Assistant

EXPORT_PATH = "conversation"
"""Below it conversations are turned into files, each kind at its file's name."""

FORMATS: MappingProxyType[str, tuple[str, Callable[[Conversation], str]]] = MappingProxyType(
    {"conversation.md": ("text/markdown", as_markdown), "conversation.json": ("application/json", as_json)}
)
"""The name of each file, its media type and what writes it."""

FEEDBACK = "feedback.json"
"""What the person said of answers, for which conversations are posted as JSON Lines: the file, and what is in it."""

_LARGEST_BODY = 4 * conversation.LARGEST
"""Bytes of what is posted; browsers keep less."""

ChatMessage = dict[str, str]
_log = logging.getLogger(__name__)


def messages(assistant: "Assistant", kept: Conversation) -> list[ChatMessage]:
    """A conversation as it is shown; a quote that is not in the documents any more is marked."""
    shown = []
    for each in kept.exchanges:
        shown.append({"role": "user", "content": render.question(each.question)})
        shown.append({"role": "assistant", "content": _reply(assistant, each)})
    return shown


def _reply(assistant: "Assistant", exchange: Exchange) -> str:
    if exchange.answer is None:
        return render.failed(exchange.problem) if exchange.problem else render.unanswered()
    gone = frozenset(quote.number for quote in exchange.answer.quotes if not _stands(assistant, quote))
    return shown_answer(assistant, exchange.answer, gone)


def shown_answer(assistant: "Assistant", whole: Answer, gone: frozenset[int] = frozenset()) -> str:
    """An answer as it is shown, with what of its documents could not be read.

    Args:
        assistant: The collection that answered.
        whole: The answer.
        gone: The numbers of the quotes that are not in the documents any more.
    """
    return render.answer(whole, lambda hit: hit_link(assistant, hit), gone, _unread(assistant, whole))


def _unread(assistant: "Assistant", whole: Answer) -> dict[str, tuple[str, ...]]:
    """What could not be read of each quoted document, by its title, where that is anything."""
    unread = {}
    for document_id in dict.fromkeys(quote.document_id for quote in whole.quotes):
        with suppress(AssistantError):  # it is gone, which its quotes say
            document = assistant.document(document_id)
            if document.notes:
                unread[document.title] = document.notes
    return unread


def _stands(assistant: "Assistant", quote: Quote) -> bool:
    """Whether the documents still say at the quote's place what it says."""
    try:
        return assistant.resolve(quote.permalink).is_same_slice(quote)
    except AssistantError:
        return False


def export_endpoint() -> "Callable[[Request], Awaitable[Response]]":
    """What answers conversations that are posted with them as a file."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import Response

    async def export(request: "Request") -> "Response":
        """A conversation as a file, or what was said of the answers of several."""
        name = request.path_params["name"]
        try:
            media_type, text = await run_in_threadpool(_exported, name, await _body(request))
        except AssistantError as error:
            return Response(str(error), 400, {"cache-control": "no-store"}, "text/plain")
        except Exception:  # The page is a surface: whatever happens, the person reads a sentence.
            _log.exception("a conversation could not be exported")
            return Response("This conversation could not be exported.", 500, media_type="text/plain")
        return Response(text, 200, {"cache-control": "no-store"}, media_type)

    return export


async def _body(request: "Request") -> bytes:
    """The bytes that were posted, of which no more are read than there may be.

    Raises:
        InvalidConversation: when there are more.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise InvalidConversation("These conversations are too long to be exported; delete some, then try again.")
    return bytes(body)


def _exported(name: str, body: bytes) -> tuple[str, str]:
    text = body.decode("utf-8", "replace")
    if name == FEEDBACK:
        return "application/json", _feedback(text)
    if name not in FORMATS:
        raise InvalidConversation(f"There is no such file; there are {', '.join([*FORMATS, FEEDBACK])}.")
    media_type, write = FORMATS[name]
    return media_type, write(conversation.read(text))


def _feedback(text: str) -> str:
    """The evaluation questions that conversations give, one a line, and in words how many there are."""
    gathered = gather(conversation.read(line) for line in text.split("\n") if line.strip())
    if not gathered.cases and not gathered.left_out:
        raise InvalidConversation("No answer is marked yet; mark some as good or bad, then export them.")
    return json.dumps({"file": gathered.to_jsonl(), "told": gathered.told})
