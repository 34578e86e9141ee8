"""The whole server from outside: who is let in where, and that no request makes it reach for anything else."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from assistant.library import Library
from assistant.server import create_app
from assistant.settings import load_settings
from assistant.tokens import TokenStore
from tests.conftest import fill
from tests.desk_api import serving_app
from tests.desk_server import serving

FREE = {"/healthz", "/readyz"}
TRAVERSALS = [
    f"{start}{step * depth}{target}"
    for start, step, depth, target in itertools.product(
        ("/page/", "/docs/", "/d/", "/v1/documents/"),
        ("../", "..%2f", "%2e%2e/", "....//"),
        (3, 8),
        ("etc/passwd", "tokens.json"),
    )
]


@dataclass(frozen=True)
class Guarded:
    """A server that asks for a token, with one of each kind."""

    client: httpx.Client
    writing: str
    reading: str
    letters: str
    canary: str

    def asked(self, method: str, path: str, token: str = "", **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return self.client.request(method, path, headers={**headers, **options.pop("headers", {})}, **options)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    settings = load_settings(tmp_path_factory.mktemp("guarded"), max_requests_per_minute=0)
    tokens = TokenStore(settings.home)
    writing, _ = tokens.create("writing", scope="write")
    reading, _ = tokens.create("reading", scope="read")
    letters, _ = tokens.create("letters", scope="write", collection="letters")
    with Library(settings) as library, serving() as canary:
        fill(library.collection())
        library.create("letters")
        app = create_app(library, settings, with_page=False)
        with serving_app(app) as address, httpx.Client(base_url=address, timeout=60) as client:
            yield Guarded(client, writing, reading, letters, canary.url)
        assert canary.seen == []


def operations(guarded: Guarded) -> list[tuple[str, str]]:
    paths = guarded.asked("GET", "/openapi.json", guarded.reading).json()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def test_every_operation_asks_for_a_token(guarded: Guarded) -> None:
    found = operations(guarded)
    assert len(found) > 15
    for method, path in found:
        answer = guarded.asked(method, path.replace("{", "").replace("}", ""))
        assert (answer.status_code == 401) == (path not in FREE), path
        if path not in FREE:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["www-authenticate"].startswith("Bearer")
    assert guarded.asked("POST", "/mcp", json={}).status_code == 401
    assert guarded.asked("GET", "/docs").status_code == 401
    assert guarded.asked("GET", "/readyz").json()["checks"] == {}


@pytest.mark.parametrize("token", ["asst_" + "x" * 43, "none", "Bearer", "asst_"])
def test_a_token_that_is_none_opens_nothing(guarded: Guarded, token: str) -> None:
    assert guarded.asked("POST", "/v1/ask", token, json={"question": "Who?"}).status_code in (401, 429)


def test_a_reading_token_reads_and_changes_nothing(guarded: Guarded) -> None:
    assert guarded.asked("POST", "/v1/ask", guarded.reading, json={"question": "Who?"}).status_code == 200
    body = {"text": "A text.", "title": "Text", "source": "text"}
    for method, path, options in (
        ("POST", "/v1/texts", {"json": body}),
        ("POST", "/v1/documents", {"files": [("files", ("a.txt", b"A text."))]}),
        ("POST", "/v1/collections", {"json": {"name": "mine"}}),
        ("DELETE", "/v1/collections/letters", {}),
        ("DELETE", "/v1/documents/any", {}),
    ):
        answer = guarded.asked(method, path, guarded.reading, **options)
        assert (answer.status_code, answer.json()["title"]) == (403, "Forbidden"), path
    assert guarded.asked("POST", "/v1/texts", guarded.writing, json=body).status_code == 201


def test_a_token_for_one_collection_sees_no_other(guarded: Guarded) -> None:
    (quote,) = guarded.asked(
        "POST", "/v1/ask", guarded.reading, json={"question": "Who opened the Alder Bridge?"}
    ).json()["quotes"][:1]
    for method, path, options in (
        ("POST", "/v1/ask", {"json": {"question": "Who?"}}),
        ("GET", "/v1/documents", {}),
        ("GET", f"/v1/documents/{quote['document_id']}/text", {}),
        ("GET", "/v1/quotes", {"params": {"permalink": quote["permalink"]}}),
        ("GET", "/metrics", {}),
        ("GET", f"/d/{quote['document_id']}@{quote['content_hash']}", {}),
        ("POST", "/v1/chat/completions", {"json": {"messages": [{"role": "user", "content": "Who?"}]}}),
    ):
        assert guarded.asked(method, path, guarded.letters, **options).status_code == 403, path
    shown = guarded.asked("GET", "/source", guarded.letters, params={"at": quote["permalink"], "fragment": "1"})
    assert quote["text"] not in shown.text
    listed = guarded.asked("GET", "/v1/collections", guarded.letters).json()["collections"]
    assert [each["name"] for each in listed] == ["letters"]
    assert guarded.asked("POST", "/v1/ask?collection=letters", guarded.letters, json={"question": "Who?"}).is_success


def test_a_foreign_host_is_400_and_a_foreign_origin_403(guarded: Guarded) -> None:
    body = {"json": {"question": "Who?"}}
    host = guarded.asked("POST", "/v1/ask", guarded.writing, headers={"host": "evil.example"}, **body)
    origin = guarded.asked("POST", "/v1/ask", guarded.writing, headers={"origin": "https://evil.example"}, **body)
    assert (host.status_code, origin.status_code) == (400, 403)
    for answer in (host, origin):
        assert answer.headers["content-type"] == "application/problem+json"
        assert "access-control-allow-origin" not in answer.headers


def test_no_path_leads_out_of_the_server(guarded: Guarded) -> None:
    assert len(TRAVERSALS) > 50
    for path in TRAVERSALS:
        answer = guarded.asked("GET", path, guarded.writing)
        assert answer.status_code in (400, 404), path
        assert "root:" not in answer.text
        assert "sha256" not in answer.text


def test_no_value_makes_the_server_ask_another(guarded: Guarded) -> None:
    targets = [
        *(
            guarded.canary,
            guarded.canary.replace("127.0.0.1", "localhost"),
            f"{guarded.canary}#x",
            f"//{guarded.canary}",
        ),
        *("file:///etc/passwd", "http://169.254.169.254/latest/meta-data/", "gopher://127.0.0.1:1/", "\\\\evil\\share"),
        *(f"![x]({guarded.canary})", f'<img src="{guarded.canary}">', f'<!ENTITY x SYSTEM "{guarded.canary}">'),
    ]
    tried = 0
    for number, target in enumerate(targets):
        text = {"text": f"See {target} for more.", "title": target, "source": target}
        head = f'<head><base href="{target}"><link rel="stylesheet" href="{target}"></head>'
        page = f"<html>{head}<body>{target} is a page with some words.</body></html>"
        for method, path, options in (
            ("POST", "/v1/texts", {"json": text}),
            ("POST", "/v1/documents?wait=30", {"files": [("files", (f"{number}.html", page.encode()))]}),
            ("POST", "/v1/ask", {"json": {"question": f"What is at {target}?"}}),
            ("GET", "/v1/quotes", {"params": {"permalink": target}}),
            ("GET", "/source", {"params": {"at": target, "fragment": "1"}}),
        ):
            answer = guarded.asked(method, path, guarded.writing, **options)
            assert answer.status_code < 500, (path, answer.text)
            assert "root:" not in answer.text
            tried += 1
    assert tried >= 50, tried


def test_nothing_secret_is_in_an_answer(guarded: Guarded) -> None:
    for token in (guarded.writing, guarded.reading):
        answer = guarded.asked("GET", "/v1/nothing", token)
        assert token not in answer.text
        assert token not in str(answer.headers)
        assert answer.headers["x-content-type-options"] == "nosniff"
