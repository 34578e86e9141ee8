"""Events as server-sent events: the same stream that the page and the command line read, one event a step."""

import json
import logging
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any

from assistant.api import problems
from assistant.models import Answered, Drafted, Event, Found, Quoted, Stated, Token
from assistant.verdict import Checked, CheckEvent, Reported, Split

MEDIA_TYPE = "text/event-stream"
_log = logging.getLogger(__name__)


def data_of(event: Event | CheckEvent) -> dict[str, Any]:
    """Return what an event tells as JSON-ready values."""
    match event:
        case Found():
            return {"searched_for": event.searched_for, "hits": [each.to_dict() for each in event.hits]}
        case Quoted():
            return {"quotes": [each.to_dict() for each in event.quotes]}
        case Drafted() | Token():
            return {"text": event.text}
        case Stated():
            statements = [each.to_dict() for each in event.statements]
            return {"statements": statements, "quotes": [each.to_dict() for each in event.quotes], "rest": event.rest}
        case Answered():
            return event.answer.to_dict()
        case Split():
            return {"claims": event.claims, "not_claims": [each.to_dict() for each in event.not_claims]}
        case Checked():
            return {"claim": event.claim.to_dict(), "done": event.done, "total": event.total}
        case Reported():
            return event.report.to_dict()


async def as_bytes(events: Iterator[Event | CheckEvent]) -> AsyncIterator[bytes]:
    """Yield events as they go over the wire, and close them when nobody listens any more.

    An error in the middle is an event too, since its status cannot be told any more: `error`, with the problem's JSON.
    """
    from anyio import CancelScope
    from starlette.concurrency import run_in_threadpool

    try:
        while (event := await run_in_threadpool(next, events, None)) is not None:
            if isinstance(event, Drafted) and not event.text:
                yield b": waiting\n\n"
            else:
                yield _written(type(event).__name__.lower(), json.dumps(data_of(event)))
    except Exception as error:  # The stream is a surface: whatever happens, its reader is told in a sentence.
        if problems.status_of(error) == 500:
            _log.exception("a stream failed")
        yield _written("error", bytes(problems.problem_of(error).body).decode())
    finally:
        with CancelScope(shield=True):
            if isinstance(events, Generator):
                await run_in_threadpool(events.close)


def _written(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()
