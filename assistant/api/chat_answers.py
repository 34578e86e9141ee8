"""An answer as a chat completion of the OpenAI protocol: whole, or as a stream of chunks while it is made.

Nothing goes out that is not verified: while a language model writes, comments keep the connection open.
"""

import json
import re
import secrets
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from anyio import CancelScope
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from assistant.api.chat_bodies import failure_of, written
from assistant.models import Answer, Answered, Drafted, Event, Quote, Stated, Token

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

EVENTS = "text/event-stream"
"""The media type of a stream."""

_BEAT = 1.0  # seconds between two comments; proxies wait for thirty and more
_NUMBER = re.compile(r"\[([0-9]{1,4})\]")
_NUMBER_AT_END = re.compile(rf"{_NUMBER.pattern}\Z")
_LEFT = 499  # what servers note of a client that has left; nobody reads the answer


class Events:
    """The events of an answer, each made in another thread, so that the server goes on meanwhile."""

    def __init__(self, events: Iterator[Event]) -> None:
        """Take events that nobody has begun to read."""
        self._events = events
        self._begun: list[Event] = []
        self._lock = threading.Lock()

    async def begin(self) -> None:
        """Make the first event, and raise what it raises."""
        try:
            self._begun = [await anext(self)]
        except BaseException:
            await self.close()
            raise

    def __aiter__(self) -> AsyncIterator[Event]:
        """Return the events themselves."""
        return self

    async def __anext__(self) -> Event:
        """Return the next one."""
        if self._begun:
            return self._begun.pop()
        if (event := await run_in_threadpool(self._next)) is None:
            raise StopAsyncIteration
        return event

    async def close(self) -> None:
        """End the work, also of a request that was cancelled."""
        with CancelScope(shield=True):
            await run_in_threadpool(self._close)

    def _next(self) -> Event | None:
        with self._lock:
            return next(self._events, None)

    def _close(self) -> None:
        with self._lock:  # a generator cannot be closed while another thread is in it
            getattr(self._events, "close", lambda: None)()


@dataclass
class Completion:
    """What a client is told of an answer."""

    model: str
    words: int
    """Of the question and of all before it."""
    pieces: list[str] = field(default_factory=list)
    """Of the answer's text, so far."""
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, answer: Answer) -> dict[str, Any]:
        """Return all of it."""
        annotations = annotated(answer, self.pieces)
        message = {"role": "assistant", "content": answer.text, "refusal": None, "annotations": annotations}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return self._object("", [choice], usage=self._usage(answer), assistant=_details(answer))

    def chunk(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
        """Return a chunk of it."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._object(".chunk", [choice], **more)

    def ending(self, answer: Answer, *, includes_usage: bool) -> Iterator[dict[str, Any]]:
        """Yield the chunks that come after the content."""
        if answer.quotes:
            yield self.chunk({"annotations": annotated(answer, self.pieces)})
        yield self.chunk({}, "stop", assistant=_details(answer))
        if includes_usage:
            yield self._object(".chunk", [], usage=self._usage(answer))

    def _usage(self, answer: Answer) -> dict[str, int]:
        own = len(answer.text.split())
        return {"prompt_tokens": self.words, "completion_tokens": own, "total_tokens": self.words + own}

    def _object(self, kind: str, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        told = {"id": self.id, "object": f"chat.completion{kind}", "created": self.created, "model": self.model}
        return {**told, "choices": choices, **more}


async def whole(request: Request, events: Events, completion: Completion) -> Response:
    """Return a completion when all of it is there; a client that leaves ends the work."""
    try:
        async for event in events:
            if isinstance(event, Token):
                completion.pieces.append(event.text)
            elif isinstance(event, Answered):
                return written(completion.whole(event.answer))
            if await request.is_disconnected():
                break
    finally:
        await events.close()
    return Response(status_code=_LEFT)


async def streamed(events: Events, completion: Completion, *, includes_usage: bool) -> Response:
    """Return a completion as a stream that has begun, so that what fails at once has a status of its own."""
    await events.begin()
    return _Stream(events, _lines(events, completion, includes_usage=includes_usage))


class _Stream(StreamingResponse):
    """A stream that ends the work however it ends itself: a client may leave at any moment."""

    def __init__(self, events: Events, lines: AsyncIterator[str]) -> None:
        super().__init__(lines, headers={"cache-control": "no-store", "x-accel-buffering": "no"}, media_type=EVENTS)
        self._events = events

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._events.close()


async def _lines(events: Events, completion: Completion, *, includes_usage: bool) -> AsyncIterator[str]:
    """Yield the lines of a stream; those of an error in the middle are the last."""
    yield _data(completion.chunk({"role": "assistant", "content": ""}))
    told = 0.0
    try:
        async for event in events:
            if isinstance(event, Token):
                completion.pieces.append(event.text)
                yield _data(completion.chunk({"content": event.text}))
            elif isinstance(event, Answered):
                for chunk in completion.ending(event.answer, includes_usage=includes_usage):
                    yield _data(chunk)
            elif isinstance(event, Drafted | Stated) and time.monotonic() - told >= _BEAT:
                told = time.monotonic()
                yield ": waiting\n\n"
    except Exception as error:  # A surface: whatever happens, the client is told in a sentence.
        yield _data(failure_of(error)[1])
    else:
        yield "data: [DONE]\n\n"


def _data(values: dict[str, Any]) -> str:
    # In ASCII: some clients take every end of a line that Unicode has for one of the protocol's.
    return f"data: {json.dumps(values)}\n\n"


def _details(answer: Answer) -> dict[str, Any]:
    """Return what an answer tells beside its text and its quotes."""
    return {name: value for name, value in answer.to_dict().items() if name not in {"text", "quotes"}}


def annotated(answer: Answer, pieces: Sequence[str]) -> list[dict[str, Any]]:
    """Return an annotation for each place where an answer cites a quote, in the order of its text.

    A number in brackets within a quote or a title is no citation. A quote that is cited nowhere comes last.

    Args:
        answer: the answer.
        pieces: its text in the pieces in which it came.
    """
    found: list[dict[str, Any]] = []
    cited: set[int] = set()
    begin = 0
    for piece in pieces:
        for quote, start, end in _cited(answer, piece):
            found.append(_annotation(quote, begin + start, begin + end))
            cited.add(quote.number)
        begin += len(piece)
    for quote in answer.quotes:
        if quote.number not in cited:
            places = {"start_index": None, "end_index": None}
            found.append(_annotation(quote, begin, begin, **places))
    return found


def _cited(answer: Answer, piece: str) -> Iterator[tuple[Quote, int, int]]:
    """Yield the quotes that a piece of an answer cites, each with the place of its number.

    Of a language model's sentences every number is a citation; any other was taken out of them. Of an answer of quotes
    those are that end the piece with the quote.
    """
    quotes = {quote.number: quote for quote in answer.quotes}
    for match in (_NUMBER if answer.statements else _NUMBER_AT_END).finditer(piece):
        quote = quotes.get(int(match[1]))
        if quote and (answer.statements or quote.text in piece):
            yield quote, match.start(), match.end()


def _annotation(quote: Quote, start: int, end: int, **places: None) -> dict[str, Any]:
    span = {"start_index": start, "end_index": end}
    return {
        "type": "url_citation",
        "url_citation": {**span, "url": quote.permalink, "title": quote.title},
        "document_citation": {**quote.to_dict(), **span, **places},
    }
