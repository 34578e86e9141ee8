"""Whether the server lives and can answer, and its figures for Prometheus."""

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from assistant.api import schemas
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
def readyz(library: Shelves) -> Response:
    """Say whether questions can be answered: the store opens and its models load."""
    checks = {"store": _checked(library), "models": _loaded(library)}
    is_ready = all(told == "ok" for told in checks.values())
    return JSONResponse({"status": "ok" if is_ready else "not ready", "checks": checks}, 200 if is_ready else 503)


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
def metrics(library: Shelves, jobs: Running, figures: Counts) -> Response:
    """Return the server's figures for Prometheus."""
    return Response(figures.written(library, jobs.waiting), media_type="text/plain; version=0.0.4")
