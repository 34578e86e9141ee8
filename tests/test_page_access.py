"""The page of a server that asks for tokens: what Gradio's own routes give to whom."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from assistant.library import Library
from assistant.server import create_app
from assistant.settings import load_settings
from assistant.tokens import TokenStore
from tests.desk_api import serving_app

HARBOUR = "The harbour of Elmstadt was dug in 1871."
PIER = "The pier of Elmstadt was built in 1902."


@dataclass(frozen=True)
class Served:
    """A server with one document in each of two collections, and the tokens of its home."""

    address: str
    tokens: TokenStore

    def ask(self, question: str, token: str, collection: str = "") -> str:
        """What the page's handler sends to whoever shows a token, as text."""
        headers = {"authorization": f"Bearer {token}"}
        values = {"collection": collection} if collection else {}
        with httpx.Client(base_url=f"{self.address}/gradio_api/call/ask", headers=headers, timeout=60) as client:
            begun = client.post("", params=values, json={"data": [question]})
            return client.get(f"/{begun.json()['event_id']}", params=values).text

    def start(self, token: str, collection: str = "") -> httpx.Response:
        """What the page's scripts begin with."""
        headers = {"authorization": f"Bearer {token}"}
        return httpx.get(f"{self.address}/start", headers=headers, params={"collection": collection})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = load_settings(tmp_path_factory.mktemp("home"))
    tokens = TokenStore(settings.home)
    tokens.create(scope="write")
    with Library(settings) as library:
        library.collection().add_text(HARBOUR, title="harbour", source="harbour")
        library.create("letters").add_text(PIER, title="pier", source="pier")
        with serving_app(create_app(library, settings)) as address:
            yield Served(address, tokens)


def test_a_token_for_one_collection_asks_that_one_and_no_other(served: Served) -> None:
    token, _ = served.tokens.create(collection="letters")
    assert "1902" in served.ask("When was the pier of Elmstadt built?", token)
    assert "1902" in served.ask("When was the pier of Elmstadt built?", token, "letters")
    assert "1871" not in served.ask("When was the harbour of Elmstadt dug?", token)
    refused = served.ask("When was the harbour of Elmstadt dug?", token, "default")
    assert "event: error" in refused
    assert "1871" not in refused


def test_a_token_for_all_collections_asks_the_one_that_the_address_names(served: Served) -> None:
    token, _ = served.tokens.create()
    assert "1871" in served.ask("When was the harbour of Elmstadt dug?", token)
    assert "1902" in served.ask("When was the pier of Elmstadt built?", token, "letters")
    assert "1902" not in served.ask("When was the pier of Elmstadt built?", token)


def test_the_page_begins_with_what_a_token_may_see_and_do(served: Served) -> None:
    reads, _ = served.tokens.create(collection="letters")
    told = served.start(reads).json()
    assert (told["collection"], told["collections"], told["writes"]) == ("letters", ["letters"], False)
    assert told["documents"] == 1
    assert served.start(reads, "default").status_code == 403
    assert "default" not in json.dumps(served.start(reads).json()["collections"])
    writes, _ = served.tokens.create(scope="write")
    told = served.start(writes).json()
    assert (told["collection"], told["collections"], told["writes"]) == ("default", ["default", "letters"], True)
    missing = served.start(writes, "nowhere")
    assert (missing.status_code, "There is no collection 'nowhere'" in missing.json()["detail"]) == (404, True)


def test_gradios_own_way_of_taking_files_is_closed(served: Served, tmp_path: Path) -> None:
    token, _ = served.tokens.create(scope="write")
    headers = {"authorization": f"Bearer {token}"}
    sent = httpx.post(f"{served.address}/gradio_api/upload", headers=headers, files={"files": ("a.txt", b"text")})
    assert sent.status_code == 404
