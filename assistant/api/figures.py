"""The figures of one server for Prometheus; the only import of its client."""

import time
from typing import TYPE_CHECKING

from assistant.api.guard import ASGIApp, Message, Receive, Send

if TYPE_CHECKING:
    from assistant.library import Library

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Figures:
    """The figures of one server: requests by route and status, their time, and what the collection holds."""

    def __init__(self) -> None:
        """Count from zero."""
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()
        self._requests = Counter(
            "assistant_requests", "Requests by route and status.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "assistant_request_seconds", "Time until the whole answer was sent.", ["route"],
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._documents = Gauge("assistant_documents", "Documents of the default collection.", registry=self.registry)
        self._passages = Gauge("assistant_passages", "Passages of the default collection.", registry=self.registry)
        self._jobs = Gauge("assistant_jobs_waiting", "Indexing jobs that are not done.", registry=self.registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note a request that has been answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def written(self, library: "Library", waiting: int) -> bytes:
        """Return all figures in the text format of Prometheus."""
        from prometheus_client import generate_latest

        documents, passages = library.collection().counts()
        self._documents.set(documents)
        self._passages.set(passages)
        self._jobs.set(waiting)
        return generate_latest(self.registry)


class Counted:
    """An ASGI app that notes each request of another."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        """Count what `app` answers."""
        self._app, self._figures = app, figures

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on and count it when it has been answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "") or "other"
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._figures.count(method, route, status, time.perf_counter() - began)
