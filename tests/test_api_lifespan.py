"""The lifespan of a mounted application: entered and left by the one around it, in one task, and never in silence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette

from assistant.api.guard import ASGIApp, Message, Receive, Send
from assistant.api.lifespan import running


async def visit(app: ASGIApp) -> None:
    async with running(app):
        pass


def test_what_the_application_does_at_both_ends_is_done_in_one_task() -> None:
    done: list[tuple[str, object]] = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        done.append(("start", asyncio.current_task()))
        yield
        done.append(("end", asyncio.current_task()))

    async def use() -> None:
        async with running(Starlette(lifespan=lifespan)):
            assert [what for what, _ in done] == ["start"]

    asyncio.run(use())
    (start, first), (end, last) = done
    assert (start, end) == ("start", "end")
    assert first is last


def test_it_ends_also_when_the_block_fails() -> None:
    ended = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        ended.append(True)

    async def use() -> None:
        async with running(Starlette(lifespan=lifespan)):
            raise ValueError("in the block")

    with pytest.raises(ValueError, match="in the block"):
        asyncio.run(use())
    assert ended == [True]


def test_what_it_raises_at_its_start_is_raised() -> None:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if app:
            raise OSError("no disk")
        yield

    with pytest.raises(OSError, match="no disk"):
        asyncio.run(visit(Starlette(lifespan=lifespan)))


def test_an_application_that_says_nothing_or_no_is_an_error() -> None:
    async def silent(scope: Message, receive: Receive, send: Send) -> None:
        return None

    async def failing(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "not today"})

    with pytest.raises(RuntimeError, match="did not end its startup"):
        asyncio.run(visit(silent))
    with pytest.raises(RuntimeError, match="not today"):
        asyncio.run(visit(failing))
