"""The page's gate: who may call it, and what a browser may do with what it serves.

A plain ASGI middleware in front of everything. Against DNS rebinding a loopback server answers to loopback names only;
against other sites' scripts a foreign Origin may not post; against a hole in any renderer, the content security policy
runs no script but the page's own files and the inline scripts of the template, each named by its hash.
"""

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Message, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_FIXED_HEADERS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
]


def content_security_policy(inline_scripts: Iterable[bytes] = ()) -> str:
    """The policy of a page whose own inline scripts have these bodies; any other inline script does not run."""
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(body).digest()).decode()}'" for body in inline_scripts]
    directives = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *hashes]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _name(authority: str) -> str:
    """The host of `host:port`, without port and brackets; empty when it cannot be read."""
    try:
        return (urlsplit(f"//{authority}").hostname or "").rstrip(".")
    except ValueError:
        return ""


class Guard:
    """An ASGI app that lets only the page's own visitors through to `app` and adds the security headers.

    Args:
        app: What is guarded.
        hosts: The names that a request may ask for; None for any (a server that is open to a network).
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] | None = LOOPBACK_NAMES) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(hosts)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it with one sentence."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            refusal = self._refusal(scope)
            if refusal:
                await _refuse(send, refusal)
            else:
                await self._app(scope, receive, _Sealed(send))

    def _refusal(self, scope: Message) -> str:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if self._hosts is not None and _name(host) not in self._hosts:
            return "This address is not one that the assistant answers to; open it by the address that it printed."
        if scope["method"] not in _READING:
            origin = headers.get("origin")
            same_origin = origin is None or origin.lower().partition("://")[2] == host.lower()
            if not same_origin or headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
                return "Another site may not send anything to the assistant; open its own page instead."
        return ""


async def _refuse(send: Send, sentence: str) -> None:
    headers: Headers = [(b"content-type", b"text/plain; charset=utf-8"), *_FIXED_HEADERS]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": sentence.encode()})


class _Sealed:
    """A `send` that adds the headers; HTML is held back until it is whole, because its scripts' hashes go first."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = _kept(message["headers"])
            if dict(headers).get(b"content-type", b"").startswith(b"text/html"):
                self._start = {**message, "headers": headers}
            else:
                await self._send({**message, "headers": headers + _seal(())})
        elif self._start is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                start, self._start = self._start, None
                scripts = _INLINE_SCRIPT.findall(self._body)
                await self._send({**start, "headers": start["headers"] + _seal(scripts)})
                await self._send({"type": "http.response.body", "body": self._body})
        else:
            await self._send(message)


def _kept(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The app's own headers, without leave for other origins to read the answer."""
    return [(name.lower(), value) for name, value in headers if not name.lower().startswith(b"access-control-")]


def _seal(inline_scripts: Iterable[bytes]) -> Headers:
    policy = content_security_policy(inline_scripts).encode()
    return [(b"content-security-policy", policy), *_FIXED_HEADERS]
