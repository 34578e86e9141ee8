"""The start and the end of an application that is mounted in another one: Starlette tells a mounted one of neither."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assistant.api.guard import ASGIApp, Message


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncIterator[None]:
    """Start an ASGI application for the block and end it after, as a server does.

    For the lifespan of the application that it is mounted in. It runs in a task of its own, since what it holds open
    meanwhile, such as sessions of MCP, has to be closed by the task that opened it.

    Raises:
        RuntimeError: when it says that it could not start or end.
    """
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    task = asyncio.ensure_future(app(scope, to_app.get, from_app.put))
    task.add_done_callback(lambda _: from_app.put_nowait({"type": "ended"}))  # Also when it fails without a word.

    async def tell(what: str) -> None:
        to_app.put_nowait({"type": f"lifespan.{what}"})
        told = await from_app.get()
        if told["type"] != f"lifespan.{what}.complete":
            await task  # What went wrong, if it raised.
            raise RuntimeError(f"The application did not end its {what}: {told.get('message', '')}")

    await tell("startup")
    try:
        yield
    finally:
        await tell("shutdown")
        await task
