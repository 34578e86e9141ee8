"""The page of the API's documentation, whose files come from this server and from nowhere else."""

from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import Response

_FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
routes = APIRouter(include_in_schema=False)
"""The page and its files."""


@routes.get("/docs")
def docs(request: Request) -> Response:
    """Return the page."""
    return get_swagger_ui_html(
        openapi_url="openapi.json",
        title=f"{request.app.title}: API",
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        swagger_favicon_url="page/icon.svg",
        swagger_ui_parameters={"validatorUrl": None},
    )


@routes.get("/docs/{name}")
def file(name: str) -> Response:
    """Return one of its files."""
    if name not in _FILES:
        return Response("There is no such file.", 404, media_type="text/plain")
    body = files("fastapi_offline").joinpath("static", name).read_bytes()
    return Response(body, media_type=_FILES[name], headers={"cache-control": "max-age=86400"})
