"""The HTTP API as one FastAPI application: its routes, its documentation, its errors, and MCP under /mcp."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from assistant.api import answers, chat_completions, docs, documents, health, permalinks, widget
from assistant.api.chosen import attach
from assistant.api.figures import Figures
from assistant.api.jobs import Jobs
from assistant.api.problems import problem, problem_of, status_of, title_of
from assistant.library import Library
from assistant.mcp_server import build_server, lifespan, mount
from index.errors import AssistantError

_DESCRIPTION = (
    "Answers from a person's own documents. Every answer stands on numbered quotes, each an exact slice of a stored "
    "document; a claim or a quotation can be checked the same way. The JSON of each result is that of `to_dict()` in "
    "Python. Every error is a problem by RFC 9457 whose `detail` is one sentence for a person."
)
_REFUSALS = {
    400: "The body of the request cannot be read; send what its content type says, in UTF-8.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
}
_log = logging.getLogger(__name__)


def create_api(library: Library) -> FastAPI:
    """Return the API over the collections of a home; the caller closes the library after the server's end."""
    jobs, figures, server = Jobs(), Figures(), build_server(library)

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        async with lifespan(server):
            yield
        jobs.close()

    app = FastAPI(
        title="Document assistant",
        version=version("document-assistant"),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=running,
    )
    attach(app, library, jobs, figures)
    for module in (answers, documents, health, permalinks, widget, docs):
        app.include_router(module.routes)
    app.include_router(chat_completions.router(library))
    mount(app, server)
    app.add_exception_handler(AssistantError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _unknown)
    return app


def _known(request: Request, error: Exception) -> Response:
    if status_of(error) == 500:
        _log.error("%s %s failed: %s", request.method, request.url.path, error)
    return problem_of(error)


def _unknown(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem_of(error)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body") or "the body"
    return problem(422, title_of(422), f"{where[:120]!a}: {first['msg']}; see /docs for what is expected.")


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods_at(request)))
    detail = _REFUSALS.get(error.status_code) or str(error.detail)
    return problem(error.status_code, title_of(error.status_code), detail, headers=headers)


def _methods_at(request: Request) -> set[str]:
    """Return the methods that the routes of a request's address take: each route knows only its own."""
    matching = (route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE)
    return {method for route in matching for method in getattr(route, "methods", None) or ()}
