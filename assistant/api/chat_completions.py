"""The OpenAI-compatible API: a collection is a model, and an answer a chat completion with its quotes as annotations.

The last message of a user is the question, and the earlier ones with the assistant's answers the conversation. Messages
of the system or a developer are taken and have no effect, since what an answer may say is ruled here; nor have tools,
which are never called, and what is meant for a language model, such as a temperature. The content is the answer's text,
and of a refusal its reason.

Each number in brackets of the content is an annotation of the type `url_citation`, with the quote's permalink: other
types make several clients reject the whole answer. `document_citation` beside it is the quote's `to_dict()` with the
number's place in the content. In a stream the annotations come in a delta of their own after the content. What else an
answer tells stands in `assistant`, on the completion and on the chunk that finishes a stream.

The usage counts words between white space; no tokens are involved.
"""

import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from assistant.api import chat_answers, schemas
from assistant.api.access import access_of, require
from assistant.api.chat_answers import Completion, Events
from assistant.api.chat_bodies import (
    LARGEST,
    ChatCompletion,
    ChatRequest,
    FailureBody,
    Model,
    Models,
    Refused,
    failure_of,
    written,
)
from assistant.library import Library

if TYPE_CHECKING:
    from starlette.types import Message

    from assistant.assistant import Assistant

NAME = "assistant"
"""The model of the default collection; the others are "assistant/NAME"."""

_DATA = {"type": "string", "description": "A chat.completion.chunk or an error as JSON; at the end [DONE]."}
_EVENT = {"type": "object", "properties": {"data": _DATA}, "required": ["data"]}


def router(library: Library) -> APIRouter:
    """Return the routes `/v1/models` and `/v1/chat/completions` over the collections of a library."""
    routes = APIRouter(prefix="/v1", tags=["OpenAI-compatible"], route_class=_Route)
    shelf = _Shelf(library)

    @routes.get("/models", response_model=Models, responses=_failures(500))
    def list_models(request: Request) -> Response:
        """List the collections that may be asked, each as a model."""
        return written({"object": "list", "data": [shelf.described(name) for name in shelf.visible(request)]})

    @routes.get("/models/{model:path}", response_model=Model, responses=_failures(403, 404, 500))
    def retrieve_model(request: Request, model: str) -> Response:
        """Describe one of the models."""
        return written(shelf.described(shelf.collection_of(request, model)))

    @routes.post(
        "/chat/completions",
        response_model=ChatCompletion,
        responses={
            200: {"content": {chat_answers.EVENTS: {"schema": _EVENT}}},
            **_failures(400, 403, 404, 413, 500, 503),
        },
    )
    async def create_chat_completion(request: Request, body: ChatRequest) -> Response:
        """Answer the last message of the user with numbered quotes, or say that the documents do not answer it."""
        asked = body.asked()
        assistant = await run_in_threadpool(shelf.opened, request, body.model or NAME)
        events = Events(await run_in_threadpool(assistant.stream, asked.question, asked.history))
        completion = Completion(shelf.model_of(assistant.collection), asked.words)
        if body.stream:
            return await chat_answers.streamed(events, completion, includes_usage=body.includes_usage)
        return await chat_answers.whole(request, events, completion)

    return routes


class _Shelf:
    """The collections of a library as models."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._since = int(time.time())

    def visible(self, request: Request) -> list[str]:
        """Return the collections that a request may use, the default one first."""
        only = access_of(request).collection
        names = [name for name in self._library.names() if only in (None, name)]
        return sorted(names, key=lambda name: name != self._library.default)

    def model_of(self, collection: str) -> str:
        """Return what the model of a collection is called."""
        return NAME if collection == self._library.default else f"{NAME}/{collection}"

    def described(self, collection: str) -> dict[str, Any]:
        """Return the model of a collection as JSON."""
        name = self.model_of(collection)
        return {"id": name, "object": "model", "created": self._since, "owned_by": "document-assistant"}

    def collection_of(self, request: Request, model: str) -> str:
        """Return the collection that a model's name means.

        Raises:
            NotAllowed: when the request may not use it, whether there is one or not.
            Refused: when there is none.
        """
        collection = self._library.default if model == NAME else model.removeprefix(f"{NAME}/")
        if collection != model or model == NAME:
            require(request, collection)
            if collection in self._library.names():
                return collection
        names = ", ".join(map(self.model_of, self.visible(request)))[:300]
        sentence = f"There is no model {model[:80]!a} here; the models are {names}."
        raise Refused(404, sentence, param="model", code="model_not_found")

    def opened(self, request: Request, model: str) -> "Assistant":
        """Return the collection that a model's name means, ready to be asked.

        Raises:
            NotAllowed, Refused: as `collection_of`.
            StoreError: when it cannot be opened.
        """
        return self._library.collection(self.collection_of(request, model))


def _failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what FastAPI is told of the errors of a route; without the range it would add one that never comes."""
    failure = {"model": FailureBody, "description": "An error in the form of the OpenAI API"}
    return {**dict.fromkeys(statuses, failure), "4XX": failure, **schemas.problems(401, 429)}


class _Route(APIRoute):
    """A route whose errors have the form of the OpenAI API, whatever those of the rest of the application have."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what handles a request."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(_bounded(request))
            except Exception as error:  # A surface: whatever happens, the client is told in a sentence.
                status, values = failure_of(error)
                return written(values, status)

        return handled


def _bounded(request: Request) -> Request:
    """Return a request of which no more is read than a body may have."""
    left = LARGEST

    async def receive() -> "Message":
        nonlocal left
        message = await request.receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise Refused(413, f"The request has more than {LARGEST // 1_000_000} MB; leave out the oldest messages.")
        return message

    return Request(request.scope, receive)
