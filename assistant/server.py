"""The server: the API, MCP and the page as one application behind one guard, on one port."""

import errno
import socket
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from assistant.api.access import access_of, require
from assistant.api.access_log import configure_log
from assistant.api.figures import Counted
from assistant.api.gate import FREE, is_loopback, must_ask, protect, require_protection
from assistant.api.guard import LOOPBACK_NAMES, ASGIApp
from assistant.assistant import Assistant
from assistant.library import Library
from assistant.settings import Settings
from assistant.tokens import TokenStore
from index.errors import AssistantError

if TYPE_CHECKING:
    from starlette.requests import Request
    from uvicorn import Server

    from assistant.ui.start import Welcome


def create_app(
    library: Library, settings: Settings, *, welcome: "Welcome | None" = None, with_page: bool = True
) -> ASGIApp:
    """Return everything that is served as an ASGI application, to be served or to be mounted in another.

    Args:
        library: the collections of the home; whoever opened it closes it after the server's end.
        settings: what may be sent, and from where.
        welcome: what the page offers to try in the default collection.
        with_page: whether the chat page is there, or the API alone.
    """
    from assistant.api import widget
    from assistant.api.app import create_api
    from assistant.ui.sources import add_sources, collection_of

    def find(request: "Request") -> Assistant:
        name = collection_of(request) or access_of(request).collection or library.default
        require(request, name)
        return library.collection(name)

    app = create_api(library)
    add_sources(app, find)
    if with_page:
        from assistant.ui.mount import add_page
        from assistant.ui.start import UploadLimits

        limits = UploadLimits(settings.max_file_megabytes, settings.max_request_megabytes)
        add_page(app, library, find, welcome=welcome, limits=limits)
    tokens = TokenStore(library.home)
    return protect(
        Counted(app, app.state.figures),
        tokens,
        settings,
        asks=must_ask(settings.host, tokens),
        hosts=(*LOOPBACK_NAMES, settings.host) if is_loopback(settings.host) else None,
        free=(*FREE, *widget.FREE),
        frame_origins=settings.origins,
    )


def launch(
    library: Library,
    settings: Settings,
    *,
    welcome: "Welcome | None" = None,
    with_page: bool = True,
    open_browser: bool = False,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until it is interrupted (Ctrl-C) or terminated.

    Args:
        library: the collections of the home.
        settings: where to listen, and what may be sent.
        welcome: what the page offers to try in the default collection.
        with_page: whether the chat page is there.
        open_browser: whether to open the page in the person's browser.
        on_ready: called once with the address when it answers.

    Raises:
        AssistantError: when the address cannot be listened on, or reaches a network and there is no token.
    """
    require_protection(settings.host, TokenStore(library.home))
    if settings.log_requests:
        configure_log()
    with listen(settings.host, settings.port) as listening:
        app = create_app(library, settings, welcome=welcome, with_page=with_page)
        address = f"http://{_shown_host(settings.host)}:{listening.getsockname()[1]}"

        def announce() -> None:
            if on_ready is not None:
                on_ready(address)
            if open_browser:
                webbrowser.open(address)

        with suppress(KeyboardInterrupt):
            _server(app, announce).run(sockets=[listening])


def _server(app: ASGIApp, announce: Callable[[], None]) -> "Server":
    import uvicorn

    from assistant.ui.framework import discard_uploads

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            announce()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await super().shutdown(sockets)
            discard_uploads()  # Here, because uvicorn ends a terminated process before anything after it runs.

    config = uvicorn.Config(
        app, log_config=None, log_level="critical", access_log=False, server_header=False, timeout_graceful_shutdown=1
    )
    return Announcing(config)


def _shown_host(host: str) -> str:
    if host in {"0.0.0.0", "::", ""}:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address.

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
