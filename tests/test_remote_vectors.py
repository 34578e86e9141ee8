"""The vector index at a Chroma server: it proposes, and whatever it does, the answers are those of the exact scan."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from assistant import Assistant
from assistant.library import Library
from assistant.settings import load_settings
from bench.crash_child import text_of, vector_of
from index import records
from index.doctor import examine
from index.errors import InvalidSettings, StoreDamaged
from index.remote_vectors import RemoteGenerations
from index.servers import Servers
from index.store import Store
from tests.conftest import LIBRARY, fill
from tests.desk_index import IDENTITY, is_a_sentence, nearest_to, put
from tests.servers import free_port


@pytest.fixture
def at(chroma_url: str) -> Servers:
    return Servers(chroma_url=chroma_url)


def _names(url: str) -> set[str]:
    """The collections that the server has."""
    address = f"{url}/api/v2/tenants/default_tenant/databases/default_database/collections?limit=1000"
    return {each["name"] for each in httpx.get(address).json()}


def _filled(store: Store, sources: int = 12) -> None:
    store.set_embedding_identity(IDENTITY)
    for source in range(sources):
        put(store, f"s{source}", text_of(source, 1))


def _found(store: Store) -> list[list[tuple[int, float]]]:
    return [nearest_to(store, vector_of(f"question {number}")) for number in range(5)]


def test_what_the_server_proposes_gives_the_scores_of_the_exact_scan(tmp_path: Path, at: Servers) -> None:
    before = _names(at.chroma_url)
    with Store.open(tmp_path, servers=at) as store:
        _filled(store)
        scanned = _found(store)
        store.rebuild()
        assert _found(store) == scanned
        generation = store.generations.current(records.pointer(store.catalog).number)
        assert generation is not None
        assert len(generation.query(vector_of("x"), 10)) == 10
        put(store, "newer", text_of(50, 1))
        mixed = _found(store)
        store.rebuild()
        assert _found(store) == mixed
        assert store.generations.failure == ""
        assert len(_names(at.chroma_url) - before) == 1, "the former generation is deleted"
    assert not list(tmp_path.rglob("chroma.sqlite3"))


def test_small_changes_are_not_sent(tmp_path: Path, at: Servers) -> None:
    before = _names(at.chroma_url)
    with Store.open(tmp_path, servers=at) as store:
        _filled(store, 3)
        store.fold()
        assert records.pointer(store.catalog).count == 0
    assert _names(at.chroma_url) == before


def test_another_process_finds_what_one_has_built(tmp_path: Path, at: Servers, catalog_url: str) -> None:
    shared = Servers(catalog_url=catalog_url, chroma_url=at.chroma_url)
    with Store.open(tmp_path / "a", servers=shared) as one, Store.open(tmp_path / "b", servers=shared) as other:
        _filled(one)
        one.rebuild()
        assert _found(other) == _found(one)
        assert other.generations.current(records.pointer(other.catalog).number) is not None


def test_a_collection_that_is_gone_from_the_server_is_scanned_and_built_anew(tmp_path: Path, at: Servers) -> None:
    with Store.open(tmp_path, servers=at) as store:
        _filled(store)
        store.rebuild()
        expected = _found(store)
        store.generations.clean(keep=0)
        assert _found(store) == expected
        assert "404" in store.generations.failure
    (wrong,) = examine(tmp_path, servers=at)
    assert wrong.repaired
    assert "built anew" in wrong.what
    assert examine(tmp_path, servers=at) == ()
    with Store.open(tmp_path, servers=at) as store:
        assert _found(store) == expected
        assert store.generations.failure == ""


def test_deleting_a_collection_deletes_its_index(tmp_path: Path, at: Servers) -> None:
    before = _names(at.chroma_url)
    with Store.open(tmp_path, "gone", servers=at) as store:
        _filled(store)
        store.rebuild()
    assert _names(at.chroma_url) > before
    with Library(load_settings(tmp_path, collection="default", chroma_url=at.chroma_url)) as library:
        library.delete("gone")
    assert _names(at.chroma_url) == before


def test_the_answers_are_the_same_with_a_server(tmp_path: Path, chroma_url: str) -> None:
    answers = []
    for name, url in (("file", ""), ("server", chroma_url)):
        chosen = load_settings(tmp_path / name, collection="default", chroma_url=url)
        with fill(Assistant.open(settings=chosen), LIBRARY) as assistant:
            assistant.compact()  # builds the index
            answers.append({**assistant.ask("Who opened the bridge?").to_dict(), "elapsed_ms": 0})
    assert answers[0] == answers[1]


class _Liar(BaseHTTPRequestHandler):
    """A server that is asked for a vector index and answers what its class says."""

    answers: dict[str, Any]

    def do_GET(self) -> None:
        self._answer("count" if self.path.endswith("count") else "collection")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer("query")

    def _answer(self, what: str) -> None:
        body = json.dumps(self.answers[what]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def _lying(query: Any, count: Any = 30) -> Iterator[str]:
    collection = {
        "id": "x",
        "metadata": {"passages": 30, "watermark": 30},
        "configuration_json": {"embedding_function": {"name": "evil"}},
    }
    handler = type("Liar", (_Liar,), {"answers": {"collection": collection, "count": count, "query": query}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "query",
    [
        None,
        [],
        {"ids": [], "distances": []},
        {"ids": [["a"]], "distances": [[0]]},
        {"ids": [[[]]], "distances": [[0]]},
        {"ids": [["1"]], "distances": None},
        {"ids": [["1", "1", "999999999"]], "distances": [[0, 0, 0]]},
        {"ids": [["-5", "9" * 40]], "distances": [[0, 0]]},
    ],
)
def test_an_answer_of_another_form_is_answered_by_the_scan(tmp_path: Path, query: Any) -> None:
    with Store.open(tmp_path) as store:
        _filled(store, 6)
        expected = _found(store)
        store.rebuild()
    with _lying(query) as url, Store.open(tmp_path, servers=Servers(chroma_url=url)) as store:
        assert _found(store) == expected


def test_a_server_that_lost_passages_is_not_used(tmp_path: Path) -> None:
    with _lying({}, count=29) as url:
        generations = RemoteGenerations("mark", Servers(chroma_url=url))
        assert generations.current(1) is None
        assert "lost passages" in generations.failure
        generations.close()


def test_a_server_that_never_answers_delays_a_question_once_and_not_for_long(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        _filled(store, 6)
        expected = _found(store)
        store.rebuild()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        servers = Servers(chroma_url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        with Store.open(tmp_path, servers=servers) as store:
            began = time.monotonic()
            assert _found(store) == expected
            assert time.monotonic() - began < 4
            assert "Timeout" in store.generations.failure


def test_a_server_that_came_back_is_used_after_the_pause(
    tmp_path: Path, at: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(tmp_path, servers=at) as store:
        _filled(store)
        store.rebuild()
        number = records.pointer(store.catalog).number
        generation = store.generations.current(number)
        store.generations.fail(generation, "It was away.")
        assert store.generations.current(number) is None
        now = time.monotonic()
        monkeypatch.setattr("index.remote_vectors.time.monotonic", lambda: now + 31)
        assert store.generations.current(number) is not None
        assert store.generations.failure == ""


def test_a_failure_in_building_leaves_the_former_index(tmp_path: Path, at: Servers) -> None:
    servers = Servers(chroma_url=f"http://127.0.0.1:{free_port()}", chroma_token="s3cret")
    with Store.open(tmp_path, servers=at) as store:
        _filled(store)
        store.rebuild()
        before, expected = records.pointer(store.catalog), _found(store)
    with Store.open(tmp_path, servers=servers) as store:
        with pytest.raises(StoreDamaged) as failed:
            store.rebuild()
        assert is_a_sentence(str(failed.value)), failed.value
        assert "s3cret" not in str(failed.value)
        assert records.pointer(store.catalog) == before
        assert _found(store) == expected
    with Store.open(tmp_path, servers=at) as store:
        assert store.generations.current(before.number) is not None


def test_two_homes_never_take_each_others_index(tmp_path: Path, at: Servers) -> None:
    with Store.open(tmp_path / "a", servers=at) as one, Store.open(tmp_path / "b", servers=at) as other:
        _filled(one, 8)
        one.rebuild()
        _filled(other, 3)
        other.rebuild()
        assert len(one.dense(np.ones(384, dtype=np.float32), 1000)) == one.passage_count()
        assert one.generations.current(1) is not None
        assert one.generations.failure == other.generations.failure == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"chroma_url": "ftp://host"},
        {"chroma_url": "http://user:s3cret@host"},
        {"chroma_url": "http://host/path"},
        {"chroma_token": "s3cret"},
        {"chroma_url": "http://host", "chroma_token": "s3cret"},
        {"chroma_url": "https://host", "chroma_tenant": "../x"},
        {"chroma_url": "https://host", "chroma_database": ""},
    ],
)
def test_an_impossible_setting_is_refused_and_a_token_shown_nowhere(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidSettings) as refused:
        load_settings(tmp_path, **wrong)
    assert is_a_sentence(str(refused.value))
    chosen = load_settings(tmp_path, chroma_url="https://host", chroma_token="s3cret")
    assert "s3cret" not in f"{chosen!r} {chosen.servers!r}"
    assert chosen.servers.chroma_token == "s3cret"
    if "chroma_token" in wrong:
        assert "s3cret" not in str(refused.value)
