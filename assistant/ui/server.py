"""The page as a web application: Gradio's page, the source panel and the page's own files behind one guard."""

import errno
import logging
import socket
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.resources import files
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from assistant.ui.conversations import EXPORT_PATH, export_endpoint, scope
from assistant.ui.downloads import DOWNLOAD_PATH, Downloads
from assistant.ui.framework import discard_uploads, load_gradio
from assistant.ui.guard import LOOPBACK_NAMES, ASGIApp, Guard
from assistant.ui.page import build_page
from assistant.ui.sources import source_endpoints
from assistant.ui.theme import build_head, build_theme
from index.errors import AssistantError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from uvicorn import Server

    from assistant.assistant import Assistant

_MEDIA_TYPES = {
    "style.css": "text/css",
    "source.css": "text/css",
    "check.css": "text/css",
    "conversations.css": "text/css",
    "conversations.js": "text/javascript",
    "script.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_log = logging.getLogger(__name__)


def create_app(
    assistant: "Assistant",
    *,
    examples: Sequence[str],
    max_file_megabytes: int = 50,
    hosts: Sequence[str] | None = tuple(LOOPBACK_NAMES),
) -> ASGIApp:
    """The page as an ASGI application, to be served or to be mounted in another.

    Args:
        assistant: What answers.
        examples: Questions offered before the first one is asked.
        max_file_megabytes: The largest file that can be uploaded.
        hosts: The host names that it answers to; None for any, which only a server open to a network should say.
    """
    from fastapi import FastAPI

    gradio = load_gradio()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for path, endpoint in source_endpoints(assistant).items():
        app.add_route(f"/{path}", endpoint, methods=["GET"])
    app.add_route("/page/{name}", _own_file, methods=["GET"])
    downloads = Downloads()
    app.add_route(f"/{DOWNLOAD_PATH}/{{name}}", _download_endpoint(downloads), methods=["GET"])
    app.add_route(f"/{EXPORT_PATH}/{{name}}", export_endpoint(), methods=["POST"])
    page = build_page(assistant, downloads=downloads, examples=examples, max_file_megabytes=max_file_megabytes)
    gradio.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=max_file_megabytes * 1_000_000,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=build_theme(),
        head=build_head(scope(assistant)),
    )
    return Guard(app, hosts)


def launch(
    assistant: "Assistant",
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    examples: Sequence[str] = (),
    max_file_megabytes: int = 50,
    open_browser: bool = False,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serves the page until it is interrupted (Ctrl-C) or terminated.

    Args:
        assistant: What answers.
        host: The address to listen on; anything but loopback opens the page to the network.
        port: The port to listen on; 0 for any free one.
        examples: Questions offered before the first one is asked.
        max_file_megabytes: The largest file that can be uploaded.
        open_browser: Whether to open the page in the person's browser.
        on_ready: Called once with the page's address when it can be opened.

    Raises:
        AssistantError: when the address cannot be listened on.
    """
    with listen(host, port) as listening:
        hosts = (*LOOPBACK_NAMES, host) if _is_loopback(host) else None
        app = create_app(assistant, examples=examples, max_file_megabytes=max_file_megabytes, hosts=hosts)
        address = f"http://{_shown_host(host)}:{listening.getsockname()[1]}"

        def announce() -> None:
            if on_ready is not None:
                on_ready(address)
            if open_browser:
                webbrowser.open(address)

        with suppress(KeyboardInterrupt):
            _server(app, announce).run(sockets=[listening])


def _server(app: ASGIApp, announce: Callable[[], None]) -> "Server":
    import uvicorn

    class PageServer(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            announce()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await super().shutdown(sockets)
            discard_uploads()  # Here, because uvicorn ends a terminated process before anything after it runs.

    config = uvicorn.Config(
        app, log_config=None, log_level="critical", access_log=False, server_header=False, timeout_graceful_shutdown=1
    )
    return PageServer(config)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES


def _shown_host(host: str) -> str:
    if host in {"0.0.0.0", "::", ""}:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address.

    Raises:
        AssistantError: when the port is taken or not allowed, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            what = f"Port {port} is in use, perhaps by another chat; stop that one or choose another with --port."
        elif error.errno == errno.EACCES:
            what = f"Port {port} is not allowed for this user; choose one above 1024 with --port."
        else:
            what = f"The address {host}:{port} cannot be listened on ({error.strerror or error}); choose another."
        raise AssistantError(what) from error
    return listening


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


def _own_file(request: "Request") -> "Response":
    """One of the page's own files, none else."""
    from starlette.responses import Response

    name = request.path_params["name"]
    if name not in _MEDIA_TYPES:
        return Response("There is no such file.", 404, media_type="text/plain")
    body = files("assistant.ui").joinpath("static", name).read_bytes()
    return Response(body, media_type=_MEDIA_TYPES[name], headers={"cache-control": "no-cache"})
