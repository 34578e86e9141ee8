"""A tiny application behind the gates, called without a network, so that a test decides every byte of a request."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from assistant.api.access import access_of, require
from assistant.api.gate import protect
from assistant.api.guard import ASGIApp, Message
from assistant.api.problems import problem_of
from assistant.settings import load_settings
from assistant.tokens import TokenStore
from index.errors import AssistantError

SECRET = "Ida Holm opened the bridge."
"""What is behind the gates; nobody outside may read it."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: Sequence[str] = field(default=())

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def session(self) -> str:
        """The session id that it sets."""
        return self.cookies[0].partition("=")[2].partition(";")[0]


class Desk:
    """A server over a home of its own."""

    def __init__(self, home: Path, *, asks: bool = True, **overrides: Any) -> None:
        self.tokens = TokenStore(home)
        self.reached: list[str] = []
        self.bytes = 0
        self.settings = load_settings(home, collection="default", **overrides)
        self.app: ASGIApp = protect(self._inner(), self.tokens, self.settings, asks=asks)

    def _inner(self) -> Starlette:
        async def told(request: Request) -> Response:
            self.reached.append(request.url.path)
            self.bytes = len(await request.body())
            access = access_of(request)
            return JSONResponse({"who": access.name, "writes": access.writes, "secret": SECRET})

        async def changed(request: Request) -> Response:
            require(request, request.path_params["collection"], writes=True)
            return JSONResponse({"secret": SECRET})

        async def careless(request: Request) -> Response:
            try:
                await request.body()
            except Exception as error:
                raise HTTPException(400, "There was an error parsing the body") from error
            return PlainTextResponse(SECRET)

        async def refused(_: Request, error: Exception) -> Response:
            assert isinstance(error, AssistantError)
            return problem_of(error)

        routes = [
            Route("/v1/collections/{collection}", changed, methods=["POST"]),
            Route("/v1/careless", careless, methods=["POST"]),
            Route("/{path:path}", told, methods=["GET", "POST", "PUT", "DELETE"]),
        ]
        return Starlette(routes=routes, exception_handlers={AssistantError: refused})

    def call(
        self,
        method: str = "GET",
        path: str = "/v1/ask",
        *,
        body: bytes | Sequence[bytes] = b"",
        headers: Sequence[tuple[bytes, bytes]] = (),
        client: str = "127.0.0.1",
        scheme: str = "http",
        root_path: str = "",
        **named: str,
    ) -> Answer:
        """What a request gets; `named` are headers, with "_" for "-"."""
        parts = [body] if isinstance(body, bytes) else list(body)
        raw = [(b"host", b"localhost:7860"), *headers]
        raw += [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()]
        return asyncio.run(answer(self.app, method, path, parts, raw, client, scheme, root_path))

    def log_in(self, text: str, **more: Any) -> Answer:
        """What the login's form gets."""
        return self.call("POST", "/login", body=b"token=" + text.encode(), origin="http://localhost:7860", **more)


async def answer(
    app: ASGIApp,
    method: str,
    path: str,
    parts: Sequence[bytes] = (b"",),
    headers: Sequence[tuple[bytes, bytes]] = ((b"host", b"localhost"),),
    client: str = "127.0.0.1",
    scheme: str = "http",
    root_path: str = "",
) -> Answer:
    """What an application answers to one request."""
    got: list[Message] = []

    async def bodies() -> AsyncIterator[Message]:
        for number, part in enumerate(parts, 1):
            yield {"type": "http.request", "body": part, "more_body": number < len(parts)}
        while True:
            yield {"type": "http.disconnect"}

    body = bodies()

    async def receive() -> Message:
        return await anext(body)

    async def send(message: Message) -> None:
        got.append(message)

    scope: Message = {
        "type": "http",
        "method": method,
        "scheme": scheme,
        "path": unquote(path.partition("?")[0]),
        "raw_path": path.partition("?")[0].encode(),
        "query_string": path.partition("?")[2].encode(),
        "root_path": root_path,
        "headers": list(headers),
        "client": (client, 40_000),
        "server": ("127.0.0.1", 7860),
        "http_version": "1.1",
    }
    await app(scope, receive, send)
    found = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in got[0]["headers"]]
    cookies = [value for name, value in found if name == "set-cookie"]
    content = b"".join(message.get("body", b"") for message in got[1:])
    return Answer(got[0]["status"], dict(found), content, cookies)
