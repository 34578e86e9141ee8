"""How a person lets a browser in: a page that asks for a token once, and a cookie that stands for it afterwards.

The cookie holds a random id and not the token; what it stands for is kept in this process alone.
"""

import hashlib
import secrets
from collections.abc import Callable
from html import escape
from time import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from assistant.api.guard import Message, Receive, path_of, values_of
from assistant.api.limiting import Failures, too_large
from assistant.tokens import Token, TokenStore

if TYPE_CHECKING:
    from starlette.responses import Response

LOGIN, LOGOUT = "/login", "/logout"
COOKIE = "assistant_session"
HOURS = 12

_SECONDS = HOURS * 3_600
_MOST_SESSIONS = 1_000
_LONGEST_FORM = 4_096
_NO_STORE = {"Cache-Control": "no-store"}
_WRONG = "This token is not valid here: it is mistyped, revoked or expired."
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Log in - Document assistant</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; --paper: light-dark(#f6f6f3, #13161a); --surface: light-dark(#fff, #1b1f24);
  --ink: light-dark(#1d2329, #e7eaee); --quiet: light-dark(#56606b, #a7b0bb); --line: light-dark(#8a949e, #667280);
  --accent: light-dark(#0f6a62, #6fcabf); --on-accent: light-dark(#fff, #0b201e); --bad: light-dark(#a1261c, #f3a39b); }
body { margin: 0; min-height: 100dvh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; }
main { box-sizing: border-box; width: min(26rem, 100%); padding: 1.5rem; }
h1 { margin: 0 0 1rem; font-size: 1.25rem; font-weight: 680; letter-spacing: -.01em; }
label { display: block; font-weight: 600; }
input, button { box-sizing: border-box; width: 100%; min-height: 2.9rem; border-radius: 10px; font: inherit; }
input { margin: .3rem 0 .8rem; padding: .5rem .9rem; border: 1px solid var(--line); background: var(--surface);
  color: inherit; }
button { border: 0; background: var(--accent); color: var(--on-accent); font-weight: 600; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
p { margin: 0 0 .8rem; }
#hint { margin: 1rem 0 0; color: var(--quiet); font-size: .875rem; }
#problem { color: var(--bad); font-weight: 600; }
</style>
</head>
<body>
<main>
<h1>Document assistant</h1>
PROBLEM<form method="post" action="ACTION">
<input name="user" value="token" autocomplete="username" hidden>
<label for="token">Token</label>
<input id="token" name="token" type="password" required autofocus autocomplete="current-password" spellcheck="false"
 aria-describedby="hint">
<button type="submit">Log in</button>
</form>
<p id="hint">Whoever runs this server makes one with <code>assistant token create</code>.</p>
</main>
</body>
</html>
"""


class Sessions:
    """Which browsers have shown which token; forgotten with the process."""

    def __init__(self, clock: Callable[[], float] = time) -> None:
        """Begin with none; the clock tells seconds."""
        self._clock = clock
        self._begun: dict[bytes, tuple[str, float]] = {}

    def begin(self, token_id: str) -> str:
        """Return the id of a new session, which nobody could know before."""
        now = self._clock()
        for key in [key for key, (_, end) in self._begun.items() if end <= now]:
            del self._begun[key]
        while len(self._begun) >= _MOST_SESSIONS:
            del self._begun[next(iter(self._begun))]
        id = secrets.token_urlsafe(32)
        self._begun[_key(id)] = (token_id, now + _SECONDS)
        return id

    def token_id(self, id: str) -> str | None:
        """Return which token a session stands for; None when there is no such session any more."""
        token_id, end = self._begun.get(_key(id), (None, 0.0))
        return token_id if self._clock() < end else None

    def end(self, id: str) -> None:
        """End a session, if there is one."""
        self._begun.pop(_key(id), None)


def _key(id: str) -> bytes:
    """What a session is found by, so that the time of finding it tells nothing about its id."""
    return hashlib.sha256(id.encode("utf-8", "replace")).digest()


class Login:
    """What answers at `LOGIN` and `LOGOUT`, and knows whom it has let in."""

    def __init__(
        self, tokens: TokenStore, failures: Failures, *, asks: bool, clock: Callable[[], float] = time
    ) -> None:
        """Let in whoever has one of these tokens.

        Args:
            tokens: the tokens.
            failures: where wrong ones are counted.
            asks: whether a token is needed at all.
            clock: tells seconds.
        """
        self._tokens = tokens
        self._failures = failures
        self._asks = asks
        self._sessions = Sessions(clock)

    def token(self, scope: Message) -> Token | None:
        """Return the valid token that a request's cookie stands for."""
        found = (self._sessions.token_id(id) for id in _ids(scope))
        tokens = (self._tokens.find(token_id) for token_id in found if token_id)
        return next((token for token in tokens if token), None)

    async def answer(self, scope: Message, receive: Receive) -> "Response":
        """Return the answer to a request for one of the two paths."""
        from starlette.responses import PlainTextResponse

        leaves = path_of(scope) == LOGOUT
        if scope["method"] == "POST":
            return self._log_out(scope) if leaves else await self._log_in(scope, receive)
        if scope["method"] in {"GET", "HEAD"} and not leaves:
            return login_page(scope) if self._asks else to(scope, "/")
        allowed = "POST" if leaves else "GET, HEAD, POST"
        return PlainTextResponse("This address does not take that method.", 405, {"Allow": allowed})

    async def _log_in(self, scope: Message, receive: Receive) -> "Response":
        form = await _read(receive)
        if form is None:
            return too_large(_LONGEST_FORM)
        token = self._tokens.token(_field(form, "token").strip())
        if token is None:
            seconds = self._failures.count(scope)
            if seconds:
                return login_page(scope, 429, f"Too many wrong tokens; try again in {seconds} seconds.", seconds)
            return login_page(scope, 401, _WRONG)
        for id in _ids(scope):
            self._sessions.end(id)
        response = to(scope, "/")  # Always there: an address in the request could lead to another site.
        response.set_cookie(
            COOKIE,
            self._sessions.begin(token.id),
            max_age=_SECONDS,
            path="/",
            secure=scope.get("scheme") == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    def _log_out(self, scope: Message) -> "Response":
        for id in _ids(scope):
            self._sessions.end(id)
        response = to(scope, LOGIN)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return response


def login_page(scope: Message, status: int = 200, problem: str = "", seconds: int = 0) -> "Response":
    """Return the page that asks for a token, without any script.

    Args:
        scope: the request.
        status: its HTTP status.
        problem: a sentence of our own about what was wrong before.
        seconds: how long to wait, for programs.
    """
    from starlette.responses import HTMLResponse

    headers = {**_NO_STORE, "Retry-After": str(seconds)} if seconds else _NO_STORE
    shown = f'<p id="problem" role="alert">{problem}</p>\n' if problem else ""
    page = _PAGE.replace("ACTION", escape(_root(scope) + LOGIN)).replace("PROBLEM", shown)
    return HTMLResponse(page, status, headers)


def to(scope: Message, path: str) -> "Response":
    """Return what leads a browser to a path of this server."""
    from starlette.responses import RedirectResponse

    return RedirectResponse(_root(scope) + path, 303, _NO_STORE)


def _root(scope: Message) -> str:
    """Where this server is mounted in another one; its own doing and not the request's."""
    return str(scope.get("root_path", "")).rstrip("/")


def _ids(scope: Message) -> list[str]:
    """The session ids of a request: browsers send one, other software may send anything."""
    pairs = (pair.strip().partition("=") for value in values_of(scope, b"cookie") for pair in value.split(";"))
    return [value for name, _, value in pairs if name == COOKIE][:4]


async def _read(receive: Receive) -> bytes | None:
    """The body of a request; None when it is too long for a login."""
    body, goes_on = b"", True
    while goes_on:
        message = await receive()
        body += message.get("body", b"")
        goes_on = message["type"] == "http.request" and message.get("more_body", False)
        if len(body) > _LONGEST_FORM:
            return None
    return body


def _field(form: bytes, name: str) -> str:
    """A field of a form; empty when it is not there once."""
    try:
        values = parse_qs(form.decode("latin-1"), max_num_fields=8).get(name, [])
    except ValueError:
        return ""
    return values[0] if len(values) == 1 else ""
