"""The gates before everything that is served: who is let in, with what, and how much is taken."""

import asyncio
import io
import json
import logging
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.api.access import EVERYTHING, NOBODY
from assistant.api.access_log import configure_log
from assistant.api.gate import Gate, is_loopback, must_ask, require_protection
from assistant.api.guard import Message
from assistant.api.limiting import Rate, RequestLimits, network_of
from assistant.api.login import HOURS, Sessions
from assistant.tokens import TokenStore
from index.errors import InvalidSettings
from tests.desk_api import serving_app
from tests.desk_gate import SECRET, Answer, Desk, answer

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
WRONG = "asst_" + "x" * 43


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A server that asks for tokens."""
    return Desk(tmp_path)


@pytest.fixture
def open_desk(tmp_path: Path) -> Desk:
    """A server on loopback without tokens."""
    return Desk(tmp_path, asks=False)


def bearer(text: str) -> dict[str, Any]:
    return {"authorization": f"Bearer {text}"}


# --- who is let in


def test_where_nothing_is_asked_everything_is_allowed(open_desk: Desk) -> None:
    for path in ("/", "/v1/ask", "/mcp", "/gradio_api/info", "/metrics"):
        assert open_desk.call(path=path).json["who"] == EVERYTHING.name
    assert open_desk.call("POST", "/v1/collections/letters").status == 200
    assert open_desk.call(path="/login").headers["location"] == "/"


def test_where_nothing_is_asked_a_wrong_token_is_refused_all_the_same(open_desk: Desk) -> None:
    assert open_desk.call(**bearer(WRONG)).status == 401
    assert open_desk.reached == []
    text, token = open_desk.tokens.create()
    assert open_desk.call(**bearer(text)).json["who"] == f"token {token.id}"
    assert open_desk.call("POST", "/v1/collections/default", **bearer(text)).status == 403


@pytest.mark.parametrize("sent", ["Bearer none", "Bearer sk-12345", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", ""])
def test_what_is_no_token_of_ours_is_none_where_nothing_is_asked(open_desk: Desk, sent: str) -> None:
    assert open_desk.call(authorization=sent).json["who"] == EVERYTHING.name


@pytest.mark.parametrize("path", ["/v1/ask", "/v1", "/mcp", "/mcp/", "/metrics", "/openapi.json", "/docs"])
@pytest.mark.parametrize("accept", [BROWSER, "*/*"])
def test_a_program_without_a_token_gets_a_problem(desk: Desk, path: str, accept: str) -> None:
    got = desk.call(path=path, accept=accept)
    assert (got.status, got.headers["www-authenticate"]) == (401, "Bearer")
    assert got.headers["content-type"] == "application/problem+json"
    assert got.json.keys() == {"type", "title", "status", "detail"}
    assert "assistant token create" in got.json["detail"]
    assert desk.reached == []


def test_a_browser_without_a_token_is_sent_to_the_login(desk: Desk) -> None:
    for path in ("/", "/d/1@2", "/source?at=1", "/nowhere", "//evil.example/"):
        got = desk.call(path=path, accept=BROWSER)
        assert (got.status, got.headers["location"]) == (303, "/login")
    for method, path in (("POST", "/"), ("GET", "/gradio_api/info"), ("GET", "/page/style.css")):
        assert desk.call(method, path, accept="*/*").status == 401
    assert desk.reached == []


def test_whether_the_server_is_up_is_free_and_tells_nobody_more(desk: Desk) -> None:
    for path in ("/healthz", "/readyz"):
        assert desk.call(path=path).json["who"] == NOBODY.name
    for path in ("/healthz/", "/healthz/../v1/ask", "/readyz%00", "/Healthz", "/login/", "/login/x", "/logout/"):
        assert desk.call(path=path).status == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_a_token_is_let_in_as_what_it_is(desk: Desk, scheme: str) -> None:
    text, token = desk.tokens.create("phone", scope="write")
    told = desk.call(authorization=f"{scheme} {text}").json
    assert told == {"who": f"token {token.id} (phone)", "writes": True, "secret": SECRET}


def test_a_reading_token_changes_nothing_and_one_of_a_collection_is_for_that_one(desk: Desk) -> None:
    reads, _ = desk.tokens.create()
    letters, _ = desk.tokens.create(scope="write", collection="letters")
    assert desk.call("POST", "/v1/collections/default", **bearer(reads)).status == 403
    assert desk.call("POST", "/v1/collections/letters", **bearer(letters)).status == 200
    refused = desk.call("POST", "/v1/collections/default", **bearer(letters))
    assert (refused.status, refused.headers["content-type"]) == (403, "application/problem+json")
    assert SECRET.encode() not in refused.body


@pytest.mark.parametrize("scheme", ["", "Token", "Basic", "Bearer,", "bearer:"])
def test_a_token_in_another_way_is_none(desk: Desk, scheme: str) -> None:
    text, _ = desk.tokens.create()
    assert desk.call(authorization=f"{scheme} {text}".strip()).status == 401
    assert desk.call(path=f"/v1/ask?token={text}&access_token={text}").status == 401
    assert desk.call(cookie=f"assistant_session={text}").status == 401


def test_two_tokens_at_once_are_none(desk: Desk) -> None:
    text, _ = desk.tokens.create()
    for other in (WRONG, text):
        sent = [(b"authorization", f"Bearer {each}".encode()) for each in (text, other)]
        assert desk.call(headers=sent).status == 401


def test_a_wrong_a_revoked_and_an_expired_token_get_the_same_answer(desk: Desk, tmp_path: Path) -> None:
    text, token = desk.tokens.create()
    expired, other = desk.tokens.create(days=1)
    kept = json.loads((tmp_path / "tokens.json").read_text())
    kept["tokens"][1]["expires_at"] = "2020-01-01T00:00:00+00:00"
    (tmp_path / "tokens.json").write_text(json.dumps(kept))
    assert desk.call(**bearer(text)).status == 200
    TokenStore(tmp_path).revoke(token.id)
    answers = [desk.call(**bearer(each)) for each in (WRONG, text, expired)]
    assert {each.status for each in answers} == {401}
    assert len({each.body for each in answers}) == 1
    assert {each.headers["www-authenticate"] for each in answers} == {'Bearer error="invalid_token"'}
    assert other.id


def test_tokens_that_cannot_be_read_let_nobody_in_and_tell_no_path(desk: Desk, tmp_path: Path) -> None:
    text, _ = desk.tokens.create()
    (tmp_path / "tokens.json").write_text("{")
    for got in (desk.call(**bearer(text)), desk.log_in(text)):
        assert got.status == 500
        assert str(tmp_path).encode() not in got.body
    assert desk.reached == []


def test_the_page_is_for_tokens_that_may_do_what_it_does(desk: Desk) -> None:
    whole, _ = desk.tokens.create(scope="write")
    own, _ = desk.tokens.create(scope="write", collection="default")
    other, _ = desk.tokens.create(scope="write", collection="letters")
    reads, _ = desk.tokens.create()
    for text, status in ((whole, 200), (own, 200), (other, 403), (reads, 403)):
        assert desk.call(path="/gradio_api/info", **bearer(text)).status == status
        assert desk.call(path="/docs", **bearer(text)).status == 200
    shown = desk.call(path="/", accept=BROWSER, **bearer(reads))
    assert (shown.status, b"may only read" in shown.body, b"<form" in shown.body) == (403, True, True)


# --- whether it asks


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_a_server_for_this_machine_asks_as_soon_as_there_is_a_token(tmp_path: Path, host: str) -> None:
    tokens = TokenStore(tmp_path)
    assert is_loopback(host)
    assert not must_ask(host, tokens)
    require_protection(host, tokens)
    tokens.create()
    assert must_ask(host, tokens)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "", "example.org", "localhost.example.org"])
def test_a_server_for_a_network_does_not_start_without_a_token(tmp_path: Path, host: str) -> None:
    tokens = TokenStore(tmp_path)
    assert must_ask(host, tokens)
    with pytest.raises(InvalidSettings, match="there is no token yet; make one with `assistant token create`, or"):
        require_protection(host, tokens)
    tokens.create()
    require_protection(host, tokens)


def test_what_was_closed_does_not_open_by_the_passing_of_time(tmp_path: Path) -> None:
    tokens = TokenStore(tmp_path)
    tokens.create(days=1)
    kept = json.loads((tmp_path / "tokens.json").read_text())
    kept["tokens"][0]["expires_at"] = "2020-01-01T00:00:00+00:00"
    (tmp_path / "tokens.json").write_text(json.dumps(kept))
    assert not tokens.exists()
    assert must_ask("127.0.0.1", tokens)
    with pytest.raises(InvalidSettings, match="every token of this home has expired"):
        require_protection("0.0.0.0", tokens)


# --- the login


def test_the_login_is_a_page_that_needs_no_script_and_nothing_else(desk: Desk) -> None:
    got = desk.call(path="/login", accept=BROWSER)
    page = got.body.decode()
    assert got.status == 200
    assert got.headers["cache-control"] == "no-store"
    assert "<script" not in page
    assert "src=" not in page
    assert '<label for="token">' in page
    assert 'type="password"' in page
    assert "PROBLEM" not in page
    assert "form-action 'self'" in got.headers["content-security-policy"]
    assert desk.call("HEAD", "/login").status == 200
    assert desk.call("PUT", "/login").status == 405
    assert desk.call("GET", "/logout").status == 405


def test_a_login_sets_a_cookie_that_no_script_and_no_other_site_can_use(desk: Desk) -> None:
    text, token = desk.tokens.create(scope="write")
    got = desk.log_in(text)
    assert (got.status, got.headers["location"]) == (303, "/")
    flags = {part.strip().lower() for part in got.cookies[0].split(";")[1:]}
    assert flags == {"httponly", "path=/", "samesite=strict", f"max-age={HOURS * 3600}"}
    assert text not in got.cookies[0]
    assert token.digest not in got.cookies[0]
    assert "secure" in desk.log_in(text, scheme="https").cookies[0].lower()
    assert desk.call(path="/", cookie=f"other=1; assistant_session={got.session}").json["who"] == f"token {token.id}"


def test_a_session_id_is_never_the_one_that_was_sent(desk: Desk) -> None:
    text, _ = desk.tokens.create(scope="write")
    planted = desk.log_in(text, cookie="assistant_session=planted")
    assert planted.session != "planted"
    assert desk.call(cookie="assistant_session=planted").status == 401
    again = desk.log_in(text, cookie=f"assistant_session={planted.session}")
    assert again.session != planted.session
    assert desk.call(cookie=f"assistant_session={planted.session}").status == 401
    assert desk.call(cookie=f"assistant_session={again.session}").status == 200


def test_a_session_ends_with_its_token_with_the_logout_and_with_the_process(desk: Desk, tmp_path: Path) -> None:
    text, token = desk.tokens.create(scope="write")
    first, second = (f"assistant_session={desk.log_in(text).session}" for _ in range(2))
    got = desk.call("POST", "/logout", cookie=first)
    assert (got.status, got.headers["location"]) == (303, "/login")
    assert "max-age=0" in got.cookies[0].lower()
    assert desk.call(cookie=first).status == 401
    assert desk.call(cookie=second).status == 200
    assert Desk(tmp_path).call(cookie=second).status == 401
    desk.tokens.revoke(token.id)
    assert desk.call(cookie=second).status == 401


def test_a_session_ends_after_some_hours() -> None:
    now = [1_000.0]
    sessions = Sessions(clock=lambda: now[0])
    id = sessions.begin("12345678")
    now[0] += HOURS * 3600 - 1
    assert sessions.token_id(id) == "12345678"
    now[0] += 1
    assert sessions.token_id(id) is None


def test_the_oldest_of_too_many_sessions_are_forgotten() -> None:
    sessions = Sessions()
    ids = [sessions.begin("12345678") for _ in range(1_001)]
    assert sessions.token_id(ids[0]) is None
    assert sessions.token_id(ids[1]) == "12345678"


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "/%0d%0aSet-Cookie:x=1"])
def test_a_login_leads_to_no_place_that_a_request_names(desk: Desk, to: str) -> None:
    text, _ = desk.tokens.create()
    for name in ("next", "url", "redirect", "return_to"):
        assert desk.call(path=f"/login?{name}={to}").status == 200
        body = f"token={text}&{name}={to}".encode()
        got = desk.call("POST", f"/login?{name}={to}", body=body, referer=to)
        assert (got.status, got.headers["location"]) == (303, "/")
        assert len(got.cookies) == 1


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_another_site_can_neither_log_in_nor_out(desk: Desk, origin: str) -> None:
    text, _ = desk.tokens.create()
    for path in ("/login", "/logout"):
        got = desk.call("POST", path, body=f"token={text}".encode(), origin=origin)
        assert (got.status, got.cookies) == (403, [])
    assert desk.log_in(text, sec_fetch_site="cross-site").status == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"token",
        b"token=",
        b"x=1",
        b"\xff\xfe",
        b"&" * 4_000,
        b"token=%ff%00",
        b"token=a&token=b",
        b"{}",
        b"a=1&" * 9,
    ],
)
def test_a_form_without_a_token_is_a_failed_login(desk: Desk, body: bytes) -> None:
    got = desk.call("POST", "/login", body=body)
    assert (got.status, got.cookies) == (401, [])
    assert b'role="alert"' in got.body
    assert b"mistyped" in got.body


def test_a_form_that_is_too_long_is_not_read(desk: Desk) -> None:
    assert desk.call("POST", "/login", body=[b"x" * 3_000] * 100).status == 413


def test_a_server_that_is_mounted_in_another_sends_nobody_out_of_it(desk: Desk) -> None:
    def mounted(method: str, path: str, **more: Any) -> Answer:
        return desk.call(method, f"/desk{path}", root_path="/desk", **more)

    text, _ = desk.tokens.create(scope="write")
    assert mounted("GET", "/", accept=BROWSER).headers["location"] == "/desk/login"
    assert b'action="/desk/login"' in mounted("GET", "/login").body
    got = mounted("POST", "/login", body=f"token={text}".encode())
    assert (got.status, got.headers["location"]) == (303, "/desk/")
    assert mounted("POST", "/logout").headers["location"] == "/desk/login"
    assert mounted("GET", "/healthz").status == 200
    assert mounted("GET", "/v1/ask").status == 401
    assert mounted("GET", "/", cookie=f"assistant_session={got.session}").status == 200
    assert desk.call("GET", "/desk/healthz").status == desk.call("GET", "/desk/login").status == 401
    assert desk.call("GET", "/deskhealthz", root_path="/desk").status == 401


def test_nothing_that_was_typed_comes_back(desk: Desk) -> None:
    got = desk.log_in("%3Cscript%3Ealert(1)%3C/script%3E")
    assert b"alert(1)" not in got.body


def test_the_sixth_failed_login_of_an_address_has_to_wait(desk: Desk) -> None:
    text, _ = desk.tokens.create()
    assert [desk.log_in(WRONG).status for _ in range(5)] == [401] * 5
    sixth = desk.log_in(WRONG)
    assert sixth.status == 429
    assert 1 <= int(sixth.headers["retry-after"]) <= 60
    assert b"try again in" in sixth.body
    assert desk.call(**bearer(WRONG)).status == 429
    assert desk.log_in(WRONG, client="10.0.0.9").status == 401
    assert desk.log_in(text).status == 303


def test_failed_tokens_count_too_and_who_has_a_right_one_is_let_in_all_the_same(desk: Desk) -> None:
    text, _ = desk.tokens.create()
    assert [desk.call(**bearer(WRONG)).status for _ in range(5)] == [401] * 5
    sixth = desk.call(**bearer(WRONG))
    assert (sixth.status, sixth.headers["content-type"]) == (429, "application/problem+json")
    assert 1 <= int(sixth.headers["retry-after"]) <= 60
    assert desk.log_in(WRONG).status == 429
    assert desk.call(**bearer(text)).status == 200
    assert desk.call().status == 401


def test_many_addresses_together_have_to_wait_too(desk: Desk) -> None:
    statuses = [desk.call(client=f"10.0.0.{number}", **bearer(WRONG)).status for number in range(40)]
    assert statuses == [401] * 30 + [429] * 10


def test_one_household_is_one_client() -> None:
    def network(client: str) -> str:
        return network_of({"client": (client, 1)})

    assert network("2001:db8:1:2::3") == network("2001:db8:1:2:ffff::1") != network("2001:db8:1:3::3")
    assert network("10.0.0.1") != network("10.0.0.2")
    assert network("::ffff:10.0.0.1") != network("::ffff:10.0.0.2")
    assert network("testclient") == "testclient"
    assert network_of({}) == network_of({"client": None}) == ""


# --- how much is taken


def test_a_request_that_says_it_is_too_large_is_not_read(tmp_path: Path) -> None:
    desk = Desk(tmp_path, asks=False, max_request_megabytes=1)
    got = desk.call("POST", body=b"", content_length="1000001")
    assert (got.status, got.headers["content-type"]) == (413, "application/problem+json")
    assert "1 megabytes" in got.json["detail"]
    assert desk.reached == []
    assert desk.call("POST", body=b"x" * 1_000_000, content_length="1000000").status == 200


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/careless", "/conversation/x"])
def test_a_request_that_does_not_say_how_large_it_is_is_counted_as_it_comes(tmp_path: Path, path: str) -> None:
    desk = Desk(tmp_path, asks=False, max_request_megabytes=1)
    got = desk.call("POST", path, body=[b"x" * 100_000] * 11)
    assert got.status == 413
    assert SECRET.encode() not in got.body
    assert desk.call("POST", path, body=[b"x" * 100_000] * 10).status == 200


@pytest.mark.parametrize("length", ["-1", "1e9", "x", "", "0x10", "9" * 50, "٣"])
def test_a_length_that_is_no_number_is_counted_as_it_comes(tmp_path: Path, length: str) -> None:
    desk = Desk(tmp_path, asks=False, max_request_megabytes=1)
    assert desk.call("POST", body=[b"x" * 600_000] * 2, content_length=length).status == 413


def test_a_large_request_over_the_network_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path, asks=False, max_request_megabytes=1)

    def parts() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 100_000

    with serving_app(desk.app) as address:
        got = httpx.post(f"{address}/v1/ask", content=parts())
        assert got.status_code == 413
        assert httpx.post(f"{address}/v1/ask", content=b"x" * 1_000_001).status_code == 413
        assert httpx.post(f"{address}/v1/ask", content=b"x").status_code == 200


def test_more_requests_than_a_minute_may_have_wait(tmp_path: Path) -> None:
    desk = Desk(tmp_path, max_requests_per_minute=3)
    one, other = (desk.tokens.create()[0] for _ in range(2))
    assert [desk.call(path=path, **bearer(one)).status for path in ("/v1/ask", "/mcp", "/v1/x")] == [200] * 3
    got = desk.call(**bearer(one))
    assert (got.status, got.headers["content-type"]) == (429, "application/problem+json")
    assert 1 <= int(got.headers["retry-after"]) <= 60
    assert desk.call(path="/mcp", **bearer(one)).status == 429
    assert desk.call(**bearer(other)).status == 200
    assert desk.call(path="/docs", **bearer(one)).status == 200


def test_the_page_itself_is_not_counted(tmp_path: Path) -> None:
    desk = Desk(tmp_path, asks=False, max_requests_per_minute=1)
    paths = ("/gradio_api/queue/join", "/", "/page/style.css")
    assert [desk.call(path=path).status for path in paths * 3] == [200] * 9
    assert [desk.call().status for _ in range(2)] == [200, 429]
    assert desk.call(client="127.0.0.2").status == 200


def test_no_limit_is_no_limit(tmp_path: Path) -> None:
    desk = Desk(tmp_path, asks=False, max_requests_per_minute=0)
    assert {desk.call().status for _ in range(50)} == {200}


def test_keys_that_are_not_used_any_more_take_no_memory() -> None:
    rate = Rate(5)
    for number in range(1_500):
        rate._counts.events[f"old-{number}"] = []
    assert rate.count("new") == 0
    assert len(rate._counts.events) == 1


def test_more_requests_at_once_than_are_answered_wait_a_second(tmp_path: Path) -> None:
    async def run() -> None:
        going_on, may_end = asyncio.Semaphore(0), asyncio.Event()

        async def slow(scope: Message, receive: Any, send: Any) -> None:
            if scope["path"] == "/v1/slow":
                going_on.release()
                await may_end.wait()
            if scope["path"] == "/v1/failing":
                raise RuntimeError
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        gate = Gate(slow, TokenStore(tmp_path), asks=False, limits=RequestLimits(at_once=2))
        for _ in range(3):
            with pytest.raises(RuntimeError):
                await answer(gate, "GET", "/v1/failing")
        running = [asyncio.create_task(answer(gate, "GET", "/v1/slow")) for _ in range(2)]
        for _ in running:
            await going_on.acquire()
        refused = await answer(gate, "GET", "/v1/ask")
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert refused.headers["content-type"] == "application/problem+json"
        assert (await answer(gate, "GET", "/page/style.css")).status == 200
        may_end.set()
        assert {each.status for each in await asyncio.gather(*running)} == {200}
        assert (await answer(gate, "GET", "/v1/ask")).status == 200

    asyncio.run(run())


# --- what is sent to get past the gates

OUTSIDE = [
    "/..%2f..%2fetc/passwd",
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/%252e%252e%252fetc%252fpasswd",
    "/..%5c..%5cwindows/win.ini",
    "/..;/..;/etc/passwd",
    "/v1/..%2f..%2fetc/passwd",
    "/v1/../login",
    "/v1/%2e%2e/login",
    "/v1/..%2flogin",
    "/v1/./../healthz",
    "/v1//../../healthz",
    "/healthz/../v1/ask",
    "/healthz/..%2fv1/ask",
    "/healthz%2f..%2fv1%2fask",
    "/healthz;/v1/ask",
    "/healthz%00/v1/ask",
    "/healthz%0a",
    "/healthz%20",
    "/healthz%3f/v1/ask",
    "/healthz%23/v1/ask",
    "/login/../v1/ask",
    "/login%2f..%2fv1%2fask",
    "/login/%2e%2e/v1/ask",
    "/login;x=/v1/ask",
    "/login%00",
    "/LOGIN",
    "/Healthz",
    "/V1/ask",
    "//v1/ask",
    "///v1/ask",
    "/.//v1/ask",
    "/%2fv1/ask",
    "/%76%31/ask",
    "/v1%2fask",
    "/v1%5cask",
    "//evil.example",
    "//evil.example/%2e%2e",
    "/\\evil.example",
    "/%5cevil.example",
    "/http://evil.example/",
    "/http:%2f%2fevil.example",
    "/page/..%2f..%2ftokens.json",
    "/page/../tokens.json",
    "/page/%2e%2e%2ftokens.json",
    "/page/....//tokens.json",
    "/tokens.json",
    "/docs/..%2f..%2ftokens.json",
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/file=..%2ftokens.json",
    "/static/../../etc/passwd",
    "/source?at=../../etc/passwd",
    "/d/..%2f..%2fetc%2fpasswd",
    "/%ff%fe",
    "/%c0%ae%c0%ae/etc/passwd",
    "/\u2025/etc/passwd",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_way_of_writing_a_path_leads_past_the_gate(desk: Desk, path: str) -> None:
    desk.tokens.create()
    for method, accept in (("GET", "*/*"), ("GET", BROWSER), ("POST", "*/*"), ("HEAD", BROWSER)):
        got = desk.call(method, path, accept=accept)
        assert got.status in {303, 401}
        assert got.headers.get("location", "/login") == "/login"
        assert SECRET.encode() not in got.body
    assert desk.reached == []


def test_no_way_of_writing_a_path_leads_past_the_gate_of_a_real_server(desk: Desk) -> None:
    with serving_app(desk.app) as address:
        port = int(address.rpartition(":")[2])
        for path in [path for path in OUTSIDE if path.isascii()]:
            got = over_a_socket(port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            assert got.split(b" ")[1] in {b"303", b"400", b"401", b"404"}, path
            assert SECRET.encode() not in got
            assert b"root:" not in got
    assert desk.reached == []


def over_a_socket(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Original-URL", "/healthz"),
        ("X-Rewrite-URL", "/healthz"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-HTTP-Method-Override", "HEAD"),
        ("Forwarded", "for=127.0.0.1;host=evil.example"),
        ("X-Accel-Redirect", "/etc/passwd"),
        ("Accept", "text/html\tx: y"),
        ("Cookie", "assistant_session=x, Set-Cookie: y=z"),
        ("Authorization", "Bearer x\ty"),
        ("Origin", "http://localhost"),
    ],
)
def test_no_header_of_a_proxy_leads_past_the_gate_or_into_an_answer(desk: Desk, name: str, value: str) -> None:
    with serving_app(desk.app) as address:
        port = int(address.rpartition(":")[2])
        head = f"GET /v1/ask HTTP/1.1\r\nHost: localhost\r\n{name}: {value}\r\nConnection: close\r\n\r\n"
        got = over_a_socket(port, head.encode())
    assert got.split(b" ")[1] == b"401"
    assert value.encode() not in got
    assert b"set-cookie" not in got.lower()
    assert desk.reached == []


def test_a_line_break_in_a_header_is_in_no_answer(desk: Desk) -> None:
    broken = "x\r\nset-cookie: planted=1\r\n\r\n<script>"
    for name in ("accept", "authorization", "cookie", "referer", "user-agent"):
        for path in ("/", "/login", "/v1/ask"):
            got = desk.call(path=path, headers=[(name.encode(), broken.encode())])
            assert not got.cookies
            assert b"planted" not in got.body
            assert not [value for value in got.headers.values() if "\r" in value or "\n" in value]


NAMES = [
    b"authorization",
    b"cookie",
    b"accept",
    b"origin",
    b"content-length",
    b"content-type",
    b"sec-fetch-site",
    b"host",
    b"access-control-request-method",
]
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.binary(max_size=60)
        | st.builds(lambda value: b"Bearer " + value, st.binary(max_size=60))
        | st.builds(lambda value: b"assistant_session=" + value, st.binary(max_size=60)),
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(tmp_path_factory.mktemp("desk"), max_requests_per_minute=0, allowed_origins="https://app.example")
    made.tokens.create()
    return made


@given(
    HEADERS,
    st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "DELETE", "BREW"]),
    st.sampled_from(["/", "/v1/ask", "/mcp", "/login", "/logout", "/docs", "/d/x"]),
    st.lists(st.binary(max_size=80), min_size=1, max_size=3),
)
def test_no_header_value_makes_the_gate_raise_or_open(
    shared_desk: Desk, headers: Sequence[tuple[bytes, bytes]], method: str, path: str, body: list[bytes]
) -> None:
    got = shared_desk.call(method, path, headers=headers, body=body)
    assert got.status in {200, 204, 303, 400, 401, 403, 405, 429}
    assert SECRET.encode() not in got.body
    assert shared_desk.reached == []


def test_what_is_no_request_of_http_is_closed(tmp_path: Path) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def never(*_: Any) -> None:
        raise AssertionError

    gate = Gate(never, TokenStore(tmp_path), asks=False)
    asyncio.run(gate({"type": "websocket", "path": "/v1/ask", "headers": []}, never, send))  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_a_page_of_an_allowed_origin_reads_why_it_was_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path, allowed_origins="https://app.example")
    sent: dict[str, Any] = {"origin": "https://app.example", "sec_fetch_site": "cross-site"}
    refused = desk.call("POST", **sent)
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (401, "https://app.example")
    assert desk.call("OPTIONS", access_control_request_method="POST", **sent).status == 204
    text, _ = desk.tokens.create()
    assert desk.call("POST", **sent, **bearer(text)).status == 200
    assert desk.call("POST", "/login", body=f"token={text}".encode(), **sent).status == 403


# --- the log


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    logger = logging.getLogger("assistant.access")
    before = logger.handlers[:], logger.level, logger.propagate
    written = io.StringIO()
    configure_log(written)
    yield written
    logger.handlers[:], logger.level, logger.propagate = before


def test_a_line_for_each_request_says_who_and_how_and_never_what(log: io.StringIO, desk: Desk) -> None:
    text, token = desk.tokens.create("phone", scope="write")
    desk.call("POST", "/v1/ask?question=Ida", body=b'{"question": "Ida Holm?"}', **bearer(text))
    session = desk.log_in(text).session
    desk.call(path="/", cookie=f"assistant_session={session}")
    desk.call(client="10.0.0.9", **bearer(WRONG))
    desk.call(path="/healthz")
    desk.call("POST", origin="http://evil.example")
    desk.call(path="/v1/%0a%22x")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    who = f"token {token.id} (phone)"
    assert [(each["method"], each["path"], each["status"], each["who"]) for each in lines] == [
        ("POST", "/v1/ask", 200, who),
        ("POST", "/login", 303, None),
        ("GET", "/", 200, who),
        ("GET", "/v1/ask", 401, None),
        ("GET", "/healthz", 200, "nobody"),
        ("POST", "/v1/ask", 403, None),
        ("GET", '/v1/\n"x', 401, None),
    ]
    assert lines[3]["client"] == "10.0.0.9"
    assert all(each["milliseconds"] >= 0 and each["time"].endswith("+00:00") for each in lines)
    for secret in (text, WRONG, session, "Ida", token.digest, "?question"):
        assert secret not in log.getvalue()


def test_nothing_is_noted_unless_it_is_wanted(caplog: pytest.LogCaptureFixture, desk: Desk) -> None:
    with caplog.at_level(logging.DEBUG):
        desk.call()
    assert [record for record in caplog.records if record.name == "assistant.access"] == []


def test_a_failing_app_is_noted_too(log: io.StringIO, tmp_path: Path) -> None:
    from assistant.api.access_log import AccessLog

    async def failing(*_: Any) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        asyncio.run(answer(AccessLog(failing), "GET", "/v1/ask"))
    assert json.loads(log.getvalue())["status"] is None


@pytest.mark.parametrize("number", range(2))
def test_the_log_is_written_once_however_often_it_is_configured(log: io.StringIO, desk: Desk, number: int) -> None:
    for _ in range(number):
        configure_log(log)
    desk.call()
    assert len(log.getvalue().splitlines()) == 1
