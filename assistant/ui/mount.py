"""The page as a part of a web application: Gradio's page, and what its controls offer for download."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from assistant.api.problems import problem, title_of
from assistant.ui.conversations import EXPORT_PATH, export_endpoint
from assistant.ui.downloads import DOWNLOAD_PATH, Downloads
from assistant.ui.framework import load_gradio
from assistant.ui.page import build_page
from assistant.ui.start import START_PATH, Find, UploadLimits, Welcome, start_endpoint
from assistant.ui.theme import build_head, build_theme
from index.errors import AssistantError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

    from assistant.library import Library

_log = logging.getLogger(__name__)


def add_page(
    app: "FastAPI",
    library: "Library",
    find: Find,
    *,
    welcome: Welcome | None = None,
    limits: UploadLimits | None = None,
) -> None:
    """Add the page to an application, as the last of its routes: it answers at every address that no other has.

    Args:
        app: The application, which has the routes of the API and of sources already.
        library: The collections of the home.
        find: Gives the collection that a request is about, or raises when the request may not read it.
        welcome: What a person can try first in the default collection.
        limits: How much can be sent.
    """
    gradio = load_gradio()
    downloads = Downloads()
    app.add_route(f"/{DOWNLOAD_PATH}/{{name}}", _download_endpoint(downloads), methods=["GET"])
    app.add_route(f"/{EXPORT_PATH}/{{name}}", export_endpoint(), methods=["POST"])
    start = start_endpoint(library, find, welcome or Welcome(), limits or UploadLimits())
    app.add_route(f"/{START_PATH}", start, methods=["GET"])
    app.add_route("/gradio_api/upload", _no_upload, methods=["POST"])

    def mount() -> None:
        page = build_page(find, downloads=downloads)
        gradio.mount_gradio_app(
            app,
            page,
            path="/",
            footer_links=[],
            run_history=False,
            show_error=False,
            ssr_mode=False,
            enable_monitoring=False,
            pwa=False,
            mcp_server=False,
            theme=build_theme(),
            head=build_head(),
        )

    _in_a_loop(mount)


def _in_a_loop(work: Callable[[], object]) -> None:
    """Do something while an event loop runs: where none does, Gradio makes several and closes none."""

    async def done() -> None:
        work()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(done())
    else:
        work()


def _no_upload(_: "Request") -> "Response":
    """Gradio's own way of taking files, which no control of the page uses and which asks nobody's leave."""
    return problem(404, title_of(404), "Files are taken at /v1/documents.")


def _download_endpoint(downloads: Downloads) -> Any:
    from starlette.responses import Response

    def download(request: "Request") -> Response:
        """The report of a checked text as a file."""
        name = request.path_params["name"]
        headers = {"cache-control": "no-store"}
        try:
            media_type, text = downloads.read(request.query_params.get("key", ""), name)
        except AssistantError as error:
            return Response(str(error), 404, headers, "text/plain")
        except Exception:  # The page is a surface: whatever happens, the person reads a sentence.
            _log.exception("a report could not be written")
            return Response("This report could not be written; check the text again.", 500, headers, "text/plain")
        return Response(text, 200, {**headers, "content-disposition": f'attachment; filename="{name}"'}, media_type)

    return download
