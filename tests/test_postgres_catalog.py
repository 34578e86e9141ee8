"""The catalog in PostgreSQL: what is the same as in a file, and what only a server has."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import Assistant
from assistant.library import Library
from assistant.settings import load_settings
from bench.crash_child import plain, text_of, vector_of
from index.collections import collections_of, delete_collection
from index.doctor import examine
from index.errors import AssistantError, InvalidSettings, StoreBusy, StoreError
from index.models import PassageDraft
from index.postgres_catalog import PostgresCatalog
from index.servers import Servers
from index.store import NewPassage, Store
from tests.conftest import ROOT, fill
from tests.desk_index import IDENTITY, is_a_sentence, put
from tests.servers import free_port


@pytest.fixture
def at(catalog_url: str) -> Servers:
    return Servers(catalog_url=catalog_url)


def _passages(words: list[list[str]]) -> list[NewPassage]:
    vector = vector_of("x")
    return [NewPassage(PassageDraft(0, 1, "", None, (), ""), vector, vector[:0].reshape(0, 384), [w]) for w in words]


def _indexed(store: Store, words: list[list[str]]) -> None:
    with store.writing():
        for number, half in enumerate((words[::2], words[1::2])):
            pending = store.begin_document(f"s{number}", plain("t", "x"))
            store.finish_document(pending, _passages(half))


_WORD = st.sampled_from(["a", "b", "c", "ä", "3.14", "北京", "it", "\U0001f600"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(_WORD, max_size=12), max_size=10), st.lists(_WORD, min_size=1, max_size=5))
def test_both_catalogs_give_the_same_scores(
    tmp_path_factory: pytest.TempPathFactory, at: Servers, words: list[list[str]], asked: list[str]
) -> None:
    home = tmp_path_factory.mktemp("home")
    delete_collection(home, "both", at)
    with Store.open(home, "one") as file, Store.open(home, "both", servers=at) as server:
        _indexed(file, words)
        _indexed(server, words)
        assert server.full_text(asked, 20) == file.full_text(asked, 20)
        some = [document.id for document in file.documents()][:1]
        assert server.full_text(asked, 3, some) == file.full_text(asked, 3, some)
        assert server.document_frequencies(asked) == file.document_frequencies(asked)


def test_a_word_that_stands_a_thousand_times_in_a_passage_counts_as_often(tmp_path: Path, at: Servers) -> None:
    random.seed(3)
    words = [["rare"] * 1000 + ["filler"] * 20, ["rare"] * 300, *([random.choice("xyz")] * 50 for _ in range(20))]
    with Store.open(tmp_path, "one") as file, Store.open(tmp_path, "two", servers=at) as server:
        _indexed(file, words)
        _indexed(server, words)
        assert server.full_text(["rare", "x"], 50) == file.full_text(["rare", "x"], 50)


def test_the_answers_are_the_same_over_both_catalogs(tmp_path: Path, catalog_url: str) -> None:
    answers = []
    for name, url in (("file", ""), ("server", catalog_url)):
        chosen = load_settings(tmp_path / name, collection="default", catalog_url=url)
        with fill(Assistant.open(settings=chosen)) as assistant:
            asked = [
                assistant.ask(question).to_dict() for question in ("Who opened the bridge?", "What does a scan cost?")
            ]
            answers.append([{**each, "elapsed_ms": 0} for each in asked])
            assert assistant.verify("The reading room is open from nine to six on weekdays.").match == "exact"
    assert answers[0] == answers[1]
    assert answers[0][0]["quotes"]


_WRITER = """
import sys
from pathlib import Path
from index.servers import Servers
from index.store import Store
from tests.desk_index import put
with Store.open(Path(sys.argv[1]), servers=Servers(catalog_url=sys.argv[2])) as store, store.writing():
    put(store, "b", "written by another process. ")
    print("written", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def writer(tmp_path: Path, catalog_url: str) -> Iterator[subprocess.Popen[str]]:
    """Another process with another home that has written a document and holds the lock."""
    command = [sys.executable, "-c", _WRITER, str(tmp_path / "elsewhere"), catalog_url]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "written\n"
        yield process
        process.kill()


def test_two_homes_share_one_store_and_one_of_them_writes(
    tmp_path: Path, at: Servers, writer: subprocess.Popen[str]
) -> None:
    with Store.open(tmp_path / "here", servers=at) as store:
        assert [document.source for document in store.documents()] == ["b"]
        with pytest.raises(StoreBusy, match="try again"), store.writing():
            pass
        os.kill(writer.pid, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                put(store, "a", text_of(1, 1))
                break
            except StoreBusy:  # the server has not seen yet that the process is gone
                continue
        assert [document.source for document in store.documents()] == ["a", "b"]


def test_the_next_question_sees_what_another_process_wrote(tmp_path: Path, at: Servers) -> None:
    with Store.open(tmp_path / "a", servers=at) as reader, Store.open(tmp_path / "b", servers=at) as other:
        other.set_embedding_identity(IDENTITY)
        put(other, "a", text_of(1, 1))
        other.fold()
        assert reader.full_text(["s1v1n0"], 1)
        before = reader.dense(vector_of("x"), 5)
        put(other, "b", text_of(2, 1))
        assert reader.full_text(["s2v1n0"], 1)
        assert reader.dense(vector_of("x"), 5) == other.dense(vector_of("x"), 5) != before


def test_a_connection_that_the_server_ended_is_made_anew_at_the_next_call(tmp_path: Path, at: Servers) -> None:
    with Store.open(tmp_path, servers=at) as store:
        put(store, "a", text_of(1, 1))
        _end_all_sessions(at.catalog_url)
        assert [document.source for document in store.documents()] == ["a"]

        def interrupted() -> None:
            with store.writing():
                _end_all_sessions(at.catalog_url)
                put(store, "b", text_of(2, 1))

        with pytest.raises(StoreError, match="was lost") as lost:
            interrupted()
        assert is_a_sentence(str(lost.value))
        put(store, "b", text_of(2, 1))
        assert store.counts()[0] == 2


def _end_all_sessions(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'document%'"
        )


def test_threads_share_few_connections(tmp_path: Path, at: Servers) -> None:
    with Store.open(tmp_path, servers=at) as store:
        threads = [threading.Thread(target=store.counts) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with psycopg.connect(at.catalog_url) as connection:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'document%'"
            assert (connection.execute(asked).fetchone() or (99,))[0] <= 8
    with pytest.raises(StoreError, match="closed"):
        store.counts()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:s3cret@127.0.0.1:{port}/name",
        "postgresql://user:s3cret@nowhere.invalid/name",
        "postgresql://user:s3cret@[::1/name",
        "postgresql://user:s3cret@127.0.0.1:noport/name",
        "postgresql://127.0.0.1:{port}/name?password=s3cret&user=u",
    ],
)
def test_a_server_that_is_not_there_is_one_sentence_without_the_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(AssistantError) as refused:
        Store.open(tmp_path, servers=Servers(catalog_url=url.format(port=free_port())))
    assert is_a_sentence(str(refused.value)), refused.value
    assert "catalog_url" in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_password_is_in_no_settings_message_and_no_representation(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings) as refused:
        load_settings(tmp_path, catalog_url="mysql://user:s3cret@host/name")
    chosen = load_settings(tmp_path, catalog_url="postgresql://user:s3cret@host/name")
    assert "s3cret" not in f"{refused.value} {chosen!r} {chosen.model_dump_json()} {chosen.servers!r}"
    assert is_a_sentence(str(refused.value))


def test_the_command_line_says_it_in_one_sentence_without_the_password(tmp_path: Path) -> None:
    url = f"postgresql://user:s3cret@127.0.0.1:{free_port()}/name"
    command = [sys.executable, "-m", "assistant.cli", "--home", str(tmp_path), "--debug", "documents", "--json"]
    environment = {**os.environ, "ASSISTANT_CATALOG_URL": url}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


def test_without_psycopg_a_sentence_says_what_to_install(tmp_path: Path) -> None:
    script = f"""
import sys
sys.modules["psycopg"] = None
from pathlib import Path
from index.servers import Servers
from index.store import Store
Store.open(Path({str(tmp_path)!r})).close()
Store.open(Path({str(tmp_path)!r}), servers=Servers(catalog_url="postgresql://127.0.0.1/x"))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert "InvalidSettings: The setting catalog_url needs a package" in done.stderr.splitlines()[-1]


def test_the_doctor_finds_what_a_dead_process_left_and_that_this_machine_has_no_index(
    tmp_path: Path, at: Servers
) -> None:
    with Store.open(tmp_path / "a", servers=at) as store:
        store.set_embedding_identity(IDENTITY)
        put(store, "a", text_of(1, 1))
        store.fold()
        assert examine(tmp_path / "a", servers=at) == ()
        with store.writing():
            store.begin_document("b", plain("b", "left behind. "))
    findings = examine(tmp_path / "b", servers=at)
    assert [finding.repaired for finding in findings] == [True, True]
    assert "half indexed" in findings[0].what
    assert "built anew" in findings[1].what
    assert examine(tmp_path / "b", servers=at) == ()
    with pytest.raises(StoreError, match="no collection"):
        examine(tmp_path, "other", servers=at)
    assert collections_of(tmp_path, at) == ["default"]


def test_collections_are_schemas_that_can_be_listed_and_deleted(tmp_path: Path, catalog_url: str) -> None:
    with Library(load_settings(tmp_path, collection="default", catalog_url=catalog_url)) as library:
        library.create("Other-1").add_text("Something to say.", title="t", source="s")
        assert library.names() == ["Other-1", "default"]
        library.delete("Other-1")
        assert library.names() == ["default"]
        with pytest.raises(InvalidSettings, match="at most"):
            library.create("a" * 64)


def test_a_schema_of_somebody_else_is_refused_and_left_alone(tmp_path: Path, at: Servers) -> None:
    with psycopg.connect(at.catalog_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA assistant_mine; CREATE TABLE assistant_mine.t (x integer)")
        try:
            with pytest.raises(StoreError, match="not a catalog of the assistant"):
                Store.open(tmp_path, "mine", servers=at)
            assert collections_of(tmp_path, at) == []
        finally:
            connection.execute("DROP SCHEMA assistant_mine CASCADE")


def test_a_newer_catalog_is_refused_with_a_sentence(tmp_path: Path, at: Servers) -> None:
    with Store.open(tmp_path, servers=at) as store, store.catalog.transaction():
        store.catalog.rows("UPDATE meta SET value = '99' WHERE name = 'version'")
    with pytest.raises(StoreError, match="newer"):
        Store.open(tmp_path, servers=at)


def test_a_collection_that_was_deleted_meanwhile_is_said_to_be_gone(tmp_path: Path, at: Servers) -> None:
    with Store.open(tmp_path, servers=at) as store:
        delete_collection(tmp_path / "none", "default", at)
        with pytest.raises(StoreError, match="is gone"):
            store.counts()
        PostgresCatalog.open(at.catalog_url, "default").close()
        with pytest.raises(StoreError, match="open it again"), store.writing():
            pass


def test_compacting_waits_for_no_reader_and_says_so(tmp_path: Path, at: Servers) -> None:
    with Store.open(tmp_path, servers=at) as store:
        document = put(store, "a", text_of(1, 1))
        store.remove(document.id)
        store.compact()
        put(store, "b", text_of(2, 1))
        with Store.open(tmp_path, servers=at) as reader, reader.snapshot():
            assert reader.counts()[0] == 1
            with pytest.raises(StoreBusy, match="assistant compact"):
                store.compact()
        store.compact()
        assert store.full_text(["s2v1n0"], 1)
