"""What links to a source open: a quote within its document's text, and on its page as a picture."""

import logging
import re
from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING

from assistant.escape import visible
from assistant.ui import panel
from assistant.ui.render import SOURCE_PATH
from assistant.ui.start import Find
from index.errors import AssistantError, DocumentNotFound

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from assistant.assistant import Assistant

Endpoint = Callable[["Request"], "Response"]
_COLLECTION = re.compile(r"assistant://([\w-]+)/")
_MEDIA_TYPES = {
    "style.css": "text/css",
    "source.css": "text/css",
    "check.css": "text/css",
    "conversations.css": "text/css",
    "conversations.js": "text/javascript",
    "page.js": "text/javascript",
    "shell.css": "text/css",
    "shell.js": "text/javascript",
    "evidence.css": "text/css",
    "evidence.js": "text/javascript",
    "tooltip.js": "text/javascript",
    "reading.js": "text/javascript",
    "welcome.js": "text/javascript",
    "permalink.js": "text/javascript",
    "widget-chat.js": "text/javascript",
    "widget.css": "text/css",
    "icon.svg": "image/svg+xml",
}
_WIDEST = 400_000
_log = logging.getLogger(__name__)


def add_sources(app: "Starlette", find: Find) -> None:
    """Add the routes to an application.

    Args:
        app: The application.
        find: Gives the collection that a request's link is about, or raises when the request may not read it.
    """
    app.add_route(f"/{SOURCE_PATH}", _source_endpoint(find), methods=["GET"])
    app.add_route(f"/{panel.PICTURE_PATH}", _picture_endpoint(find), methods=["GET"])
    app.add_route("/page/{name}", _own_file, methods=["GET"])


def collection_of(request: "Request") -> str:
    """The collection that a link is about, by its permalink or its name; empty for the default one."""
    found = _COLLECTION.match(request.query_params.get("at", ""))
    return found[1] if found else request.query_params.get("collection", "")


def _own_file(request: "Request") -> "Response":
    """One of the page's own files, none else."""
    from starlette.responses import Response

    name = request.path_params["name"]
    if name not in _MEDIA_TYPES:
        return Response("There is no such file.", 404, media_type="text/plain")
    body = files("assistant.ui").joinpath("static", name).read_bytes()
    return Response(body, media_type=_MEDIA_TYPES[name], headers={"cache-control": "no-cache"})


def _source_endpoint(find: Find) -> Endpoint:
    from starlette.responses import HTMLResponse

    def source(request: "Request") -> "Response":
        """A quote or passage within its document: a fragment for the panel, or a page of its own."""
        asked = dict(request.query_params)
        is_fragment = asked.pop("fragment", "") == "1"
        status, title = 200, "Source"
        try:
            assistant = find(request)
            found = _found(assistant, asked)
            around = min(_number(asked.pop("around", ""), panel.AROUND), _WIDEST)
            pictured = assistant.originals.has_pictures(found.document)
            shown = panel.show(found, around=around, address=_query(asked), pictured=pictured)
            title = visible(found.document.title)
        except AssistantError as error:
            status, shown = (404 if isinstance(error, DocumentNotFound) else 409), panel.show_problem(str(error))
        except Exception:  # The page is a surface: whatever happens, the person reads a sentence.
            _log.exception("a source could not be shown")
            status, shown = 500, panel.show_problem("This source could not be shown; the link may be damaged.")
        body = shown if is_fragment else panel.standalone(shown, title)
        return HTMLResponse(body, status, headers={"cache-control": "no-store"})

    return source


def _picture_endpoint(find: Find) -> Endpoint:
    from starlette.responses import Response

    def picture(request: "Request") -> "Response":
        """A quote or passage on its page, as a picture."""
        asked = dict(request.query_params)
        headers = {"cache-control": "no-store"}
        try:
            assistant = find(request)
            found = _found(assistant, asked)
            whole = asked.get("whole") == "1"
            drawn = assistant.originals.page_picture(found.document, found.start, found.end, whole=whole)
            return Response(drawn, 200, headers, "image/png")
        except AssistantError as error:
            return Response(str(error), 404, headers, "text/plain")
        except Exception:  # The page is a surface: whatever happens, the person reads a sentence.
            _log.exception("a page could not be drawn")
            return Response("This page could not be drawn; read its text.", 500, headers, "text/plain")

    return picture


def _found(assistant: "Assistant", asked: dict[str, str]) -> panel.Place:
    if "at" in asked:
        return panel.find_quote(assistant, asked["at"])
    return panel.find_document(assistant, asked.get("document", ""))


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else otherwise


def _query(asked: dict[str, str]) -> str:
    from urllib.parse import urlencode

    return urlencode(asked)
