"""The Model Context Protocol under /mcp; nothing of it is loaded before the first call, which may never come."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
from anyio.abc import TaskGroup, TaskStatus
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.library import Library

if TYPE_CHECKING:
    from assistant.mcp_server import DocumentServer

PATH = "/mcp"


class McpApp:
    """Answers calls over HTTP, behind the application's own guard and log-in."""

    _tasks: TaskGroup
    _starting: anyio.Lock
    _ending: anyio.Event
    _answering: ASGIApp | None

    def __init__(self, library: Library) -> None:
        """Offer the tools over a library, which the caller closes."""
        self._library = library

    def mount(self, router: Router, path: str = PATH) -> None:
        """Serve it under a path, with and without a slash at its end; before anything that is mounted at "/"."""
        # Two routes, because a mount answers below its path only: many clients do not follow the redirect from there.
        router.routes += [Route(each, self, include_in_schema=False) for each in (path, f"{path}/")]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Be able to answer for the block; for the application's lifespan."""
        self._starting, self._ending, self._answering = anyio.Lock(), anyio.Event(), None
        async with anyio.create_task_group() as self._tasks:
            yield
            self._ending.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call."""
        async with self._starting:
            if self._answering is None:
                self._answering = await self._tasks.start(self._serve)
        await self._answering(scope, receive, send)

    async def _serve(self, *, task_status: TaskStatus[ASGIApp]) -> None:
        """Start what answers, tell of it, and keep it until the application ends."""
        server = await anyio.to_thread.run_sync(self._load)
        async with server.over_http() as answering:
            task_status.started(answering)
            await self._ending.wait()

    def _load(self) -> "DocumentServer":
        from assistant.mcp_server import build_server

        return build_server(self._library)
