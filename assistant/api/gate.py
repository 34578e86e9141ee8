"""The inner gate: who is let in, and how much each may ask for, before any route, page or tool.

A program shows a token (`Authorization: Bearer ...`), a browser the cookie of its login. What the token may do is noted
in the request's scope; the routes of the API ask for what they need by `assistant.api.access.require`.
"""

import logging
from collections.abc import Collection
from ipaddress import ip_address
from typing import TYPE_CHECKING

from assistant.api.access import EVERYTHING, NOBODY, grant
from assistant.api.access_log import AccessLog
from assistant.api.guard import (
    CALLED,
    LOOPBACK_NAMES,
    ASGIApp,
    Guard,
    Message,
    Receive,
    Send,
    is_below,
    path_of,
    values_of,
)
from assistant.api.limiting import (
    MEGABYTE,
    Failures,
    Measured,
    Rate,
    RequestLimits,
    declared_bytes,
    network_of,
    too_busy,
    too_large,
    too_many,
)
from assistant.api.login import LOGIN, LOGOUT, Login, to
from assistant.api.problems import problem, title_of
from assistant.tokens import PREFIX, Token, TokenStore
from index.errors import AssistantError, InvalidSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from assistant.settings import Settings

FREE = ("/healthz", "/readyz")
"""What anybody may ask: whether the server is up."""
FOR_PROGRAMS = (*CALLED, "/metrics", "/openapi.json", "/docs")
"""Below these a request without a token gets a problem; elsewhere a browser is sent to the login."""

_NO_TOKEN = "A token is needed: send it as `Authorization: Bearer ...`; `assistant token create` makes one."
_WRONG_TOKEN = (
    "This token is not valid here: it is mistyped, revoked or expired; `assistant token create` makes another."
)
_log = logging.getLogger(__name__)


def must_ask(host: str, tokens: TokenStore) -> bool:
    """Tell whether a server at this address lets in only who has a token.

    It does as soon as there is one, even if that has expired: what was closed does not open by the passing of time.
    """
    return not is_loopback(host) or bool(tokens.all())


def require_protection(host: str, tokens: TokenStore) -> None:
    """Do nothing when a server may listen on this address.

    Raises:
        InvalidSettings: when others can reach it and no token keeps them out.
    """
    if not is_loopback(host) and not tokens.exists():
        there_is = "every token of this home has expired" if tokens.all() else "there is no token yet"
        raise InvalidSettings(
            f"The address {host} opens the documents to that network, and {there_is}; make one with "
            "`assistant token create`, or listen on 127.0.0.1."
        )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES


def protect(
    app: ASGIApp,
    tokens: TokenStore,
    settings: "Settings",
    *,
    asks: bool,
    hosts: Collection[str] | None = LOOPBACK_NAMES,
    free: Collection[str] = FREE,
    frame_origins: "Sequence[str]" = (),
) -> ASGIApp:
    """Return an app behind everything that protects it, in the right order.

    The log stands outermost, so that it knows of every refusal. Then comes the guard: a foreign address or site is
    refused before its token is looked at, a browser's question before a call is answered without one, and its headers
    are on the gate's own answers too. Then the gate.

    Args:
        app: what is protected: the page, the API and all that is mounted beside it.
        tokens: who is let in.
        settings: the limits and the origins.
        asks: whether a token is needed; `must_ask` tells it.
        hosts: the host names that it answers to; None for any.
        free: the paths that need no token.
        frame_origins: the sites that may show it in a frame.
    """
    limits = RequestLimits(
        settings.max_request_megabytes * MEGABYTE, settings.max_requests_per_minute, settings.max_concurrent_requests
    )
    gate = Gate(app, tokens, asks=asks, free=free, limits=limits)
    return AccessLog(Guard(gate, hosts, frame_origins=frame_origins, cors_origins=settings.origins))


class _Refused(Exception):
    """A request gets this answer and goes no further."""

    def __init__(self, response: "Response") -> None:
        super().__init__()
        self.response = response


class Gate:
    """An ASGI app that lets through to `app` who may be let through, no more than it can take.

    Args:
        app: what is behind it.
        tokens: who is let in.
        asks: whether a token is needed; without, a token that is sent has to be right all the same.
        free: the paths that need no token, besides the login.
        limits: how much is taken.
    """

    def __init__(
        self,
        app: ASGIApp,
        tokens: TokenStore,
        *,
        asks: bool,
        free: Collection[str] = FREE,
        limits: RequestLimits | None = None,
    ) -> None:
        self._app = app
        self._tokens = tokens
        self._asks = asks
        self._free = frozenset(free)
        self._limits = limits or RequestLimits()
        self._failures = Failures()
        self._login = Login(tokens, self._failures, asks=asks)
        self._rate = Rate(self._limits.a_minute) if self._limits.a_minute else None
        self._running = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            answer = await self._answer(scope, receive)
            await (answer(scope, receive, send) if answer else self._pass(scope, receive, send))
        else:  # Nothing here speaks over a WebSocket.
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Message, receive: Receive) -> "Response | None":
        """The answer to a request that is not passed on."""
        try:
            if path_of(scope) in {LOGIN, LOGOUT}:
                return await self._login.answer(scope, receive)
            self._admit(scope)
        except _Refused as refused:
            return refused.response
        except AssistantError as error:  # Its sentence names a file of the server, which is for who runs it.
            _log.error("nobody can be let in: %s", error)
            return problem(500, title_of(500), "The tokens of this server cannot be read; its log says why.")
        return None

    def _admit(self, scope: Message) -> None:
        """Note what a request may do, or refuse it."""
        if path_of(scope) in self._free:
            grant(scope, NOBODY if self._asks else EVERYTHING)
            return
        token = self._shown(scope)
        if token is None and self._asks:
            raise _Refused(_ask(scope))
        grant(scope, token.access if token else EVERYTHING)
        if self._rate and is_below(path_of(scope), CALLED):
            seconds = self._rate.count(token.id if token else network_of(scope))
            if seconds:
                raise _Refused(too_many(seconds, f"These are more than {self._limits.a_minute} requests a minute"))

    def _shown(self, scope: Message) -> Token | None:
        """The valid token that a request shows, by itself or by its cookie; none when it shows nothing."""
        sent = [value.strip().partition(" ") for value in values_of(scope, b"authorization")]
        texts = [text.strip() for scheme, _, text in sent if scheme.lower() == "bearer" and text.strip()]
        if not texts:
            return self._login.token(scope)
        token = self._tokens.token(texts[0]) if len(texts) == 1 else None
        if token or not (self._asks or any(text.startswith(PREFIX) for text in texts)):
            # Clients of other servers must send some key; where none is asked for, one that is not ours is no token.
            return token
        seconds = self._failures.count(scope)
        wrong = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise _Refused(
            too_many(seconds, "There were too many wrong tokens")
            if seconds
            else problem(401, title_of(401), _WRONG_TOKEN, headers=wrong)
        )

    async def _pass(self, scope: Message, receive: Receive, send: Send) -> None:
        """Have the app answer, within the limits."""
        is_counted, most = is_below(path_of(scope), CALLED), self._limits.request_bytes
        if declared_bytes(values_of(scope, b"content-length")) > most:
            await too_large(most)(scope, receive, send)
        elif is_counted and self._running >= self._limits.at_once:
            await too_busy(self._limits.at_once)(scope, receive, send)
        else:
            self._running += is_counted
            try:
                await self._pass_measured(scope, receive, send)
            finally:
                self._running -= is_counted

    async def _pass_measured(self, scope: Message, receive: Receive, send: Send) -> None:
        measured = Measured(receive, send, self._limits.request_bytes)
        try:
            await self._app(scope, measured.receive, measured.send)
        except Exception:  # What an app does when a body breaks off is its own; it is answered here.
            if not measured.is_refused:
                raise
        if measured.is_refused:
            await too_large(self._limits.request_bytes)(scope, receive, send)


def _wants_page(scope: Message) -> bool:
    """Whether a person's browser asks for something to be shown."""
    accepted = ",".join(values_of(scope, b"accept")).lower()
    return scope["method"] in {"GET", "HEAD"} and "text/html" in accepted and not is_below(path_of(scope), FOR_PROGRAMS)


def _ask(scope: Message) -> "Response":
    """The answer to who has shown no token."""
    if _wants_page(scope):
        return to(scope, LOGIN)
    return problem(401, title_of(401), _NO_TOKEN, headers={"WWW-Authenticate": "Bearer"})
