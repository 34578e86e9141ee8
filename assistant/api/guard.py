"""The outer gate: which addresses and which other sites are answered, and what a browser may do with what is served.

A plain ASGI middleware in front of everything. Against DNS rebinding a loopback server answers to loopback names only;
against other sites' scripts a foreign Origin may not post; against a hole in any renderer, the content security policy
runs no script but the page's own files and the inline scripts of the template, each named by its hash. Other sites read
nothing, but for the origins that the person names: those may call the API.
"""

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from assistant.api.problems import problem, title_of

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Message, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
CALLED = ("/v1", "/mcp")
"""The paths below which programs call; the rest is the page's, its documentation's, or the watcher's."""
FRAMED = "/widget"
"""The one page that other sites may show in a frame."""
SHARED = "/widget.js"
"""The one file that other sites may load: it holds nobody's documents."""

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_FIXED_HEADERS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    # Not no-referrer: with it browsers name the page's own forms "Origin: null", and its login could not be told from
    # another site's. Other sites get no referrer by this one either.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
]
# The star is for what clients add of their own, and does not cover the first; it counts because no cookie is ever
# allowed to come along.
_PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", b"authorization, content-type, *"),
    (b"access-control-max-age", b"600"),
]


def content_security_policy(inline_scripts: Iterable[bytes] = (), frame_origins: Sequence[str] = ()) -> str:
    """The policy of a page.

    Args:
        inline_scripts: The bodies of its own inline scripts; any other inline script does not run.
        frame_origins: The sites that may show it in a frame.
    """
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
        "frame-ancestors": " ".join(frame_origins) or "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def is_below(path: str, places: Iterable[str]) -> bool:
    """Tell whether a path is one of these or below one of them."""
    return any(path == place or path.startswith(f"{place}/") for place in places)


def path_of(scope: Message) -> str:
    """The path that a request asks for, without that below which the whole server is mounted in another."""
    path, prefix = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return path.removeprefix(prefix) if is_below(path, (prefix,)) else path


def values_of(scope: Message, name: bytes) -> list[str]:
    """The values of every header of a name, given in small letters."""
    return [value.decode("latin-1") for each, value in scope["headers"] if each.lower() == name]


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
        frame_origins: The sites that may show `FRAMED` in a frame.
        cors_origins: The sites whose scripts may call what is below `CALLED`; without cookies.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Iterable[str] | None = LOOPBACK_NAMES,
        *,
        frame_origins: Sequence[str] = (),
        cors_origins: Iterable[str] = (),
    ) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(hosts)
        self._frame_origins = tuple(frame_origins)
        self._cors_origins = frozenset(cors_origins)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it with one sentence."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            allowed = self._allowed_origin(scope)
            asks_first = bool(allowed) and _is_preflight(scope)
            cors = [*self._cors(scope, allowed), *(_PREFLIGHT if asks_first else [])]
            path = path_of(scope)
            frame_origins = self._frame_origins if path == FRAMED else ()
            sealed = _Sealed(send, cors, frame_origins, "cross-origin" if path == SHARED else "same-origin")
            refusal = self._refusal(scope, allowed)
            if refusal:
                await _refuse(scope, receive, sealed, *refusal)
            elif asks_first:  # Before it is known who asks: browsers send no token with this.
                await sealed({"type": "http.response.start", "status": 204, "headers": []})
                await sealed({"type": "http.response.body", "body": b""})
            else:
                await self._app(scope, receive, sealed)

    def _allowed_origin(self, scope: Message) -> str:
        """The origin of a request if its scripts may call this path, else nothing."""
        origins = values_of(scope, b"origin")
        is_allowed = len(origins) == 1 and origins[0] in self._cors_origins and is_below(path_of(scope), CALLED)
        return origins[0] if is_allowed else ""

    def _cors(self, scope: Message, allowed: str) -> Headers:
        """What tells a browser who may read the answer."""
        if not self._cors_origins or not is_below(path_of(scope), CALLED):
            return []
        headers = [(b"vary", b"Origin")]
        if allowed:
            headers.append((b"access-control-allow-origin", allowed.encode("latin-1")))
            headers.append((b"access-control-expose-headers", b"retry-after, mcp-session-id"))
        return headers

    def _refusal(self, scope: Message, allowed: str) -> tuple[int, str] | None:
        hosts, origins = values_of(scope, b"host"), values_of(scope, b"origin")
        host = hosts[0] if hosts else ""
        if len(hosts) > 1 or (self._hosts is not None and _name(host) not in self._hosts):
            return 400, "This address is not one that the assistant answers to; open it by the address that it printed."
        if scope["method"] not in _READING and not allowed:
            same_origin = all(origin.lower().partition("://")[2] == host.lower() for origin in origins)
            if not same_origin or {"cross-site", "same-site"} & set(values_of(scope, b"sec-fetch-site")):
                return 403, "Another site may not send anything to the assistant; open its own page instead."
        return None


def _is_preflight(scope: Message) -> bool:
    """Whether a browser asks if a script may send what it wants to send."""
    return bool(scope["method"] == "OPTIONS" and values_of(scope, b"access-control-request-method"))


async def _refuse(scope: Message, receive: Receive, send: Send, status: int, sentence: str) -> None:
    from starlette.responses import PlainTextResponse

    for_a_program = is_below(path_of(scope), CALLED)
    response = problem(status, title_of(status), sentence) if for_a_program else PlainTextResponse(sentence, status)
    await response(scope, receive, send)


class _Sealed:
    """A `send` that adds the headers; HTML is held back until it is whole, because its scripts' hashes go first."""

    def __init__(self, send: Send, cors: Headers, frame_origins: Sequence[str], loaded_by: str) -> None:
        self._send = send
        self._cors = cors
        self._frame_origins = frame_origins
        self._loaded_by = loaded_by
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*_kept(message["headers"]), *self._cors]
            if dict(headers).get(b"content-type", b"").startswith(b"text/html"):
                self._start = {**message, "headers": headers}
            else:
                await self._send({**message, "headers": headers + self._seal(())})
        elif self._start is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                start, self._start = self._start, None
                scripts = _INLINE_SCRIPT.findall(self._body)
                await self._send({**start, "headers": start["headers"] + self._seal(scripts)})
                await self._send({"type": "http.response.body", "body": self._body})
        else:
            await self._send(message)

    def _seal(self, inline_scripts: Iterable[bytes]) -> Headers:
        policy = content_security_policy(inline_scripts, self._frame_origins).encode()
        loaded_by = (b"cross-origin-resource-policy", self._loaded_by.encode())
        headers = [(b"content-security-policy", policy), *_FIXED_HEADERS, loaded_by]
        return headers if self._frame_origins else [*headers, (b"x-frame-options", b"DENY")]


def _kept(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The app's own headers, without leave for other origins to read the answer."""
    return [(name.lower(), value) for name, value in headers if not name.lower().startswith(b"access-control-")]
