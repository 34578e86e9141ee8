"""The routes that read: ask, search, check, verify, and the quote of a permalink."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse, Response, StreamingResponse

from assistant.api import bodies, schemas, sse
from assistant.api.chosen import Chosen
from assistant.api.schemas import problems

if TYPE_CHECKING:
    from assistant.models import Event
    from assistant.verdict import CheckEvent

Accept = Annotated[str, Header(description="text/event-stream for the events of the answer as they come.")]
_EVENT = {"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string"}}}
_STREAMED = {"content": {sse.MEDIA_TYPE: {"schema": _EVENT}}}


routes = APIRouter(prefix="/v1", tags=["answers"], responses=problems(400, 401, 403, 404, 413, 422, 429, 500, 503))
"""The routes over a home."""


@routes.post("/ask", response_model=schemas.Answer, responses={200: _STREAMED})
def ask(body: bodies.AskIn, assistant: Chosen, accept: Accept = "") -> Response:
    """Answer a question with numbered quotes, or say that the documents do not answer it."""
    history = [(turn.question, turn.answer) for turn in body.history]
    if _wants_events(accept):
        return _events(assistant.stream(body.question, history, body.documents))
    return JSONResponse(assistant.ask(body.question, history, body.documents).to_dict())


@routes.post("/check", response_model=schemas.CheckReport, responses={200: _STREAMED})
def check(body: bodies.CheckIn, assistant: Chosen, accept: Accept = "") -> Response:
    """Say of each claim of a text whether the documents support or contradict it, with the quotes."""
    if _wants_events(accept):
        return _events(assistant.stream_check(body.text, body.documents))
    return JSONResponse(assistant.check(body.text, body.documents).to_dict())


@routes.post("/search", response_model=schemas.Hits)
def search(body: bodies.SearchIn, assistant: Chosen) -> Response:
    """Return the passages that answer a question best."""
    found = assistant.search(body.question, body.k, body.documents)
    return JSONResponse({"hits": [each.to_dict() for each in found]})


@routes.post("/verify", response_model=schemas.Verification)
def verify(body: bodies.VerifyIn, assistant: Chosen) -> Response:
    """Say whether a quotation is the documents' wording: exactly, but for typography, nearly, or not."""
    return JSONResponse(assistant.verify(body.quotation, body.document_id).to_dict())


@routes.get("/quotes", response_model=schemas.Quote, responses=problems(409))
def quote(
    permalink: Annotated[str, Query(max_length=1_000, description="As a quote gives it: assistant://...")],
    assistant: Chosen,
) -> Response:
    """Return the quote of a permalink, or say that its document has changed since."""
    return JSONResponse(assistant.resolve(permalink).to_dict())


def _wants_events(accept: str) -> bool:
    return sse.MEDIA_TYPE in accept


def _events(events: "Iterator[Event] | Iterator[CheckEvent]") -> Response:
    """Return events as a stream; what is wrong with the request has been raised before it begins."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(sse.as_bytes(events), headers=headers, media_type=sse.MEDIA_TYPE)
