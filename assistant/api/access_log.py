"""A line for each request: what was called, how it went and who called it; never what was asked or answered."""

import json
import logging
import sys
from datetime import UTC, datetime
from time import perf_counter
from typing import TextIO

from assistant.api.access import granted
from assistant.api.guard import ASGIApp, Message, Receive, Send
from assistant.api.limiting import client_of

_LONGEST_PATH = 500
_LONGEST_METHOD = 20
_log = logging.getLogger("assistant.access")
_log.setLevel(logging.WARNING)  # Nothing is noted before it is wanted, whatever level other loggers are set to.


def configure_log(stream: TextIO | None = None) -> None:
    """Write a JSON object a line for each request from now on.

    Args:
        stream: where to; None for standard error.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    _log.handlers[:] = [handler]
    _log.setLevel(logging.INFO)
    _log.propagate = False


class AccessLog:
    """An ASGI app that notes each request to `app`, where the logger `assistant.access` is set to."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an app; as the outermost, so that refusals are noted too."""
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, and note it when its answer has ended."""
        if scope["type"] != "http" or not _log.isEnabledFor(logging.INFO):
            await self._app(scope, receive, send)
            return
        begun, began, status = datetime.now(UTC), perf_counter(), None

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            access = granted(scope)
            noted = {
                "time": begun.isoformat(timespec="milliseconds"),
                "method": scope["method"][:_LONGEST_METHOD],
                "path": scope["path"][:_LONGEST_PATH],
                "status": status,
                "milliseconds": round(1_000 * (perf_counter() - began), 1),
                "who": access.name if access else None,
                "client": client_of(scope),
            }
            _log.info("%s", json.dumps(noted))
