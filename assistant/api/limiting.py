"""How much the server takes: requests a minute and at once, bytes of a request, and failed logins."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import time
from typing import TYPE_CHECKING

from assistant.api.guard import Message, Receive, Send
from assistant.api.problems import problem, title_of

if TYPE_CHECKING:
    from starlette.responses import Response

MEGABYTE = 1_000_000
FAILURES_OF_ONE = 5
FAILURES_OF_ALL = 30

_MOST_KEYS = 1_000
_LONGEST_ADDRESS = 64


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """What is taken at most."""

    request_bytes: int = 60 * MEGABYTE
    a_minute: int = 600
    """Requests of one token, or of one address where no token is asked for; 0 for any number."""
    at_once: int = 32
    """Requests of all together that are being answered."""


class Rate:
    """How often something may happen in any minute, counted apart for each key."""

    def __init__(self, a_minute: int) -> None:
        """Count in memory; a new process begins anew.

        Args:
            a_minute: how often, at least once.
        """
        from limits import RateLimitItemPerMinute
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._most = RateLimitItemPerMinute(a_minute)
        self._counts = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._counts)

    def count(self, key: str) -> int:
        """Count once more; returns 0, or when that is too often the seconds after which it is not."""
        if self._limiter.hit(self._most, key):
            self._tidy()
            return 0
        return self._seconds(key)

    def wait(self, key: str) -> int:
        """Return what `count` would, and count nothing."""
        return 0 if self._limiter.test(self._most, key) else self._seconds(key)

    def _seconds(self, key: str) -> int:
        return max(1, ceil(self._limiter.get_window_stats(self._most, key).reset_time - time()))

    def _tidy(self) -> None:
        """Forget keys whose minute is over, which the library leaves in memory for ever."""
        if len(self._counts.events) > _MOST_KEYS:
            for key in [key for key, counted in list(self._counts.events.items()) if not counted]:
                self._counts.clear(key)


class Failures:
    """Wrong tokens, of one address and of all; who has a right one is let in whatever others have sent.

    A token cannot be guessed, so this keeps no guesser out: it keeps the load and the log of guessing small.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._of_one, self._of_all = Rate(FAILURES_OF_ONE), Rate(FAILURES_OF_ALL)

    def count(self, scope: Message) -> int:
        """Count one of a request's address; returns 0, or when there were too many the seconds to wait."""
        # First whether there were too many of all, so that an address of many cannot fill the memory; and what is
        # refused to one address is not counted against all.
        seconds = self._of_all.wait("") or self._of_one.count(network_of(scope))
        return seconds or self._of_all.count("")


def client_of(scope: Message) -> str:
    """Return the address that a request comes from; empty when it is not known."""
    client = scope.get("client")
    return str(client[0])[:_LONGEST_ADDRESS] if client else ""


def network_of(scope: Message) -> str:
    """Return what counts as one client: an address, and of IPv6 the 64 bits that one household is given."""
    client = client_of(scope)
    try:
        address = ip_address(client)
    except ValueError:
        return client
    is_whole = not isinstance(address, IPv6Address) or address.ipv4_mapped is not None
    return client if is_whole else address.packed[:8].hex()


class Measured:
    """A request's `receive` and `send` that end it when its body becomes too large, whoever reads it."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        """Measure from the first byte; `most` is how many there may be."""
        self._receive, self._send, self._most = receive, send, most
        self._bytes = 0
        self._has_started = False

    @property
    def is_refused(self) -> bool:
        """Whether the body was too large before an answer began, so that another answer is due."""
        return self._bytes > self._most and not self._has_started

    async def receive(self) -> Message:
        """Return the next part; that the client is gone when there were too many bytes."""
        if self._bytes <= self._most:
            message = await self._receive()
            self._bytes += len(message.get("body", b""))
            if self._bytes <= self._most:
                return message
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Send, but nothing of an answer to a body that was cut off."""
        if not self.is_refused:
            self._has_started = True
            await self._send(message)


def declared_bytes(lengths: list[str]) -> int:
    """Return how long a body says it is, by the values of its Content-Length; 0 when it does not say it in digits."""
    return max((int(each) for each in lengths if each.isascii() and each.isdigit() and len(each) < 20), default=0)


def too_large(most: int) -> "Response":
    """Return the answer to a body that is too large."""
    return problem(
        413,
        title_of(413),
        f"This request has more than {most / MEGABYTE:,g} megabytes; send less at once, or raise the setting "
        "max_request_megabytes.",
        headers={"Connection": "close"},
    )


def too_many(seconds: int, what: str) -> "Response":
    """Return the answer to what happens too often."""
    headers = {"Retry-After": str(seconds)}
    return problem(429, title_of(429), f"{what}; try again in {seconds} seconds.", headers=headers)


def too_busy(at_once: int) -> "Response":
    """Return the answer to one request more than are answered at once."""
    detail = f"The server answers {at_once} requests already; try again in a second."
    return problem(503, title_of(503), detail, headers={"Retry-After": "1"})
