"""Whether the server lives and can answer, and its figures for Prometheus."""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from assistant.api import schemas
from assistant.api.access import NOBODY, access_of, require
from assistant.api.chosen import Counts, Running, Shelves
from index.errors import AssistantError

if TYPE_CHECKING:
    from assistant.library import Library

routes = APIRouter(tags=["health"])
"""The routes for whoever watches the server."""


@routes.get("/healthz", response_model=schemas.Health)
def healthz() -> Response:
    """Say that the process answers."""
    return JSONResponse({"status": "ok", "checks": {}})


@routes.get(
    "/readyz",
    response_model=schemas.Health,
    responses={503: {"model": schemas.Health, "description": "It cannot answer questions now."}},
)
def readyz(request: Request, library: Shelves) -> Response:
    """Say whether questions can be answered: the store opens and its models load; why not, to whoever has a token."""
    checks = {"store": _checked(library), "models": _loaded(library)}
    is_ready = all(told == "ok" for told in checks.values())
    shown = checks if access_of(request) != NOBODY else {}
    return JSONResponse({"status": "ok" if is_ready else "not ready", "checks": shown}, 200 if is_ready else 503)


def _checked(library: "Library") -> str:
    try:
        library.collection().counts()
    except AssistantError as error:
        return str(error)
    return "ok"


def _loaded(library: "Library") -> str:
    try:
        library.collection().load_models()
    except AssistantError as error:
        return str(error)
    return "ok"


@routes.get("/metrics", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
def metrics(request: Request, library: Shelves, jobs: Running, figures: Counts) -> Response:
    """Return the server's figures for Prometheus."""
    require(request, library.default)
    return Response(figures.written(library, jobs.waiting), media_type="text/plain; version=0.0.4")
