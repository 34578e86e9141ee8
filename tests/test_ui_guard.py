"""The gate in front of the page: who is let in, and with which headers."""

import asyncio
from contextlib import closing
from typing import Any

import pytest

from assistant.ui.guard import Guard, Message, content_security_policy
from assistant.ui.server import listen
from index.errors import AssistantError


async def inner(scope: Message, receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"access-control-allow-origin", b"*")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"<script>one</script>", "more_body": True})
    await send({"type": "http.response.body", "body": b'<script src="x.js"></script>'})


def call(method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    got: list[Message] = []

    async def send(message: Message) -> None:
        got.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(Guard(inner)({"type": "http", "method": method, "headers": raw}, receive, send))
    answered = {name.decode(): value.decode() for name, value in got[0]["headers"]}
    return got[0]["status"], answered, b"".join(message.get("body", b"") for message in got[1:])


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "[::1]:7860"])
def test_loopback_names_are_answered(host: str) -> None:
    assert call(host=host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:7860", "", "[", "localhost@evil.example"])
def test_a_foreign_host_name_is_refused(host: str) -> None:
    status, _, body = call(host=host)
    assert status == 403
    assert b"address" in body


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://[", ""])
def test_a_foreign_origin_may_not_post(origin: str) -> None:
    assert call("POST", host="127.0.0.1:7860", origin=origin)[0] == 403


def test_the_page_itself_and_a_program_without_origin_may_post() -> None:
    assert call("POST", host="127.0.0.1:7860", origin="http://127.0.0.1:7860")[0] == 200
    assert call("POST", host="127.0.0.1:7860")[0] == 200
    assert call("POST", host="127.0.0.1:7860", sec_fetch_site="cross-site")[0] == 403


def test_every_answer_carries_the_policy_with_the_inline_scripts_hashes() -> None:
    _, headers, body = call(host="localhost")
    assert headers["content-security-policy"] == content_security_policy([b"one"])
    assert "unsafe" not in headers["content-security-policy"].split("style-src")[0]
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers
    assert body == b'<script>one</script><script src="x.js"></script>'


def test_a_taken_port_is_an_error_that_says_what_to_do() -> None:
    with closing(listen("127.0.0.1", 0)) as taken, pytest.raises(AssistantError, match="another with --port"):
        listen("127.0.0.1", taken.getsockname()[1])
