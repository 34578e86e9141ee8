"""The HTTP API as one FastAPI application: its routes, its documentation, its errors, and MCP under /mcp."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from assistant.api import answers, chat_completions, docs, documents, health, permalinks, widget
from assistant.api.chosen import attach
from assistant.api.figures import Figures
from assistant.api.guard import path_of
from assistant.api.jobs import Jobs
from assistant.api.mcp import McpApp
from assistant.api.problems import problem, problem_of, status_of, title_of
from assistant.library import Library
from index.errors import AssistantError

_DESCRIPTION = (
    "Answers from a person's own documents. Every answer stands on numbered quotes, each an exact slice of a stored "
    "document; a claim or a quotation can be checked the same way. The JSON of each result is that of `to_dict()` in "
    "Python. Every error is a problem by RFC 9457 whose `detail` is one sentence for a person."
)
_REST = "/v1/{rest:path}"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_REFUSALS = {
    400: "The body of the request cannot be read; send what its content type says, in UTF-8.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
}
_log = logging.getLogger(__name__)


class _Described(FastAPI):
    """An application whose operations are called by their first sentence, and not by a function's name."""

    def openapi(self) -> dict[str, Any]:
        schema = super().openapi()
        for methods in schema["paths"].values():
            for operation in methods.values():
                operation["summary"] = operation["description"].partition("\n")[0].rstrip(".")
        return schema


def create_api(library: Library) -> FastAPI:
    """Return the API over the collections of a home; the caller closes the library after the server's end."""
    jobs, figures, tools = Jobs(), Figures(), McpApp(library)

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        async with tools.running():
            yield
        jobs.close()

    app = _Described(
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
    app.add_route(_REST, _nothing, methods=[*_METHODS], include_in_schema=False)
    tools.mount(app.router)
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


def _nothing(request: Request) -> Response:
    """Refuse what no route of the API takes; without this the page, which takes every other address, would answer."""
    raise HTTPException(405 if _methods_at(request) else 404)


def _methods_at(request: Request) -> set[str]:
    """Return the methods that the API takes at a request's address: each of its routes knows only its own."""
    found: set[str] = set()
    for template, methods in request.app.openapi()["paths"].items():
        if compile_path(template)[0].match(path_of(request.scope)):
            found |= {method.upper() for method in methods}
    return found
