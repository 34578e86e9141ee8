"""The gate in front of the page: who is let in, and with which headers."""

import asyncio
import json
from contextlib import closing
from typing import Any

import pytest

from assistant.api.guard import Guard, Message, content_security_policy, path_of
from assistant.server import listen
from index.errors import AssistantError


async def inner(scope: Message, receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"access-control-allow-origin", b"*")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"<script>one</script>", "more_body": True})
    await send({"type": "http.response.body", "body": b'<script src="x.js"></script>'})


def call(
    method: str = "GET", path: str = "/", guard: Guard | None = None, *, root_path: str = "", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    got: list[Message] = []

    async def send(message: Message) -> None:
        got.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "root_path": root_path, "headers": raw}
    asyncio.run((guard or Guard(inner))(scope, receive, send))
    answered = {name.decode(): value.decode() for name, value in got[0]["headers"]}
    return got[0]["status"], answered, b"".join(message.get("body", b"") for message in got[1:])


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "[::1]:7860"])
def test_loopback_names_are_answered(host: str) -> None:
    assert call(host=host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:7860", "", "[", "localhost@evil.example"])
def test_a_foreign_host_name_is_refused(host: str) -> None:
    status, headers, body = call(host=host)
    assert status == 400
    assert b"address" in body
    assert headers["content-type"].startswith("text/plain")
    assert "content-security-policy" in headers


def test_two_host_names_are_refused_whatever_the_server_makes_of_them() -> None:
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost"), (b"Host", b"evil")]}
    got: list[Message] = []

    async def send(message: Message) -> None:
        got.append(message)

    asyncio.run(Guard(inner, None)(scope, send, send))  # type: ignore[arg-type]
    assert got[0]["status"] == 400


@pytest.mark.parametrize("path", ["/v1/ask", "/mcp", "/mcp/"])
def test_a_program_gets_a_problem(path: str) -> None:
    for status, (answered, headers, body) in {
        400: call("POST", path, host="evil.example"),
        403: call("POST", path, host="localhost", origin="http://evil.example"),
    }.items():
        assert answered == status
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(body).keys() == {"type", "title", "status", "detail"}
        assert json.loads(body)["status"] == status


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


ALLOWED = Guard(inner, cors_origins=["https://app.example"])


@pytest.mark.parametrize("path", ["/v1/ask", "/mcp"])
def test_the_scripts_of_an_allowed_origin_may_call_the_api(path: str) -> None:
    sent = {"host": "localhost", "origin": "https://app.example", "sec_fetch_site": "cross-site"}
    status, headers, _ = call("POST", path, ALLOWED, **sent)
    assert status == 200
    assert headers["access-control-allow-origin"] == "https://app.example"
    assert headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in headers


def test_a_preflight_of_an_allowed_origin_is_answered_without_the_app() -> None:
    sent = {"host": "localhost", "origin": "https://app.example", "access_control_request_method": "POST"}
    status, headers, body = call("OPTIONS", "/v1/ask", ALLOWED, **sent)
    assert (status, body) == (204, b"")
    assert headers["access-control-allow-origin"] == "https://app.example"
    assert headers["access-control-allow-headers"].startswith("authorization, content-type")
    assert "POST" in headers["access-control-allow-methods"]
    assert call("OPTIONS", "/v1/ask", ALLOWED, **{**sent, "host": "evil.example"})[0] == 400


@pytest.mark.parametrize(
    ("origin", "path"),
    [
        ("https://app.example", "/gradio_api/queue/join"),
        ("https://app.example", "/v10/ask"),
        ("https://app.example.evil.example", "/v1/ask"),
        ("https://app.example:8443", "/v1/ask"),
        ("http://app.example", "/v1/ask"),
        ("https://sub.app.example", "/v1/ask"),
        ("null", "/v1/ask"),
        ("*", "/v1/ask"),
        ("", "/v1/ask"),
    ],
)
def test_every_other_origin_and_path_is_refused_as_before(origin: str, path: str) -> None:
    status, headers, _ = call("POST", path, ALLOWED, host="localhost", origin=origin)
    assert status == 403
    assert not [name for name in headers if name.startswith("access-control-")]
    _, headers, _ = call(
        "OPTIONS", path, ALLOWED, host="localhost", origin=origin, access_control_request_method="POST"
    )
    assert not [name for name in headers if name.startswith("access-control-")]


def test_only_the_widget_is_shown_in_a_frame_and_only_by_the_named_sites() -> None:
    named = Guard(inner, frame_origins=["https://a.example", "https://b.example"])
    for path, guard in (("/", named), ("/widget", Guard(inner)), ("/widget/", named), ("/login", named)):
        _, headers, _ = call(path=path, guard=guard, host="localhost")
        assert headers["x-frame-options"] == "DENY"
        assert headers["content-security-policy"].endswith("frame-ancestors 'none'")
    _, headers, _ = call(path="/widget", guard=named, host="localhost")
    assert "x-frame-options" not in headers
    assert headers["content-security-policy"].endswith("frame-ancestors https://a.example https://b.example")


def test_only_the_script_of_the_widget_may_be_loaded_by_other_sites() -> None:
    for path, allowed in (
        ("/widget.js", "cross-origin"),
        ("/widget", "same-origin"),
        ("/page/widget.css", "same-origin"),
    ):
        _, headers, _ = call(path=path, host="localhost")
        assert headers["cross-origin-resource-policy"] == allowed


@pytest.mark.parametrize(
    ("root_path", "path", "named"),
    [
        ("", "/a/b", "/a/b"),
        ("/in", "/in/v1/ask", "/v1/ask"),
        ("/in/", "/in/v1/ask", "/v1/ask"),
        ("/in", "/in", ""),
        ("/in", "/inner/v1", "/inner/v1"),
        ("/in", "/v1/ask", "/v1/ask"),
    ],
)
def test_a_path_is_told_without_the_place_where_the_server_is_mounted(root_path: str, path: str, named: str) -> None:
    assert path_of({"path": path, "root_path": root_path}) == named


def test_below_a_prefix_the_same_paths_are_open_to_other_sites() -> None:
    guard = Guard(inner, cors_origins=["https://app.example"], frame_origins=["https://app.example"])
    for path, allowed in (
        ("/in/widget", "https://app.example"),
        ("/in/a/widget", "'none'"),
        ("/in/in/widget", "'none'"),
    ):
        _, headers, _ = call(path=path, guard=guard, root_path="/in", host="localhost")
        assert headers["content-security-policy"].endswith(f"frame-ancestors {allowed}")
    sent = {"host": "localhost", "origin": "https://app.example"}
    assert call("POST", "/in/v1/ask", guard, root_path="/in", **sent)[0] == 200
    assert call("POST", "/in/other/v1/ask", guard, root_path="/in", **sent)[0] == 403


def test_a_taken_port_is_an_error_that_says_what_to_do() -> None:
    with closing(listen("127.0.0.1", 0)) as taken, pytest.raises(AssistantError, match="another with --port"):
        listen("127.0.0.1", taken.getsockname()[1])
