"""The store: a document is there whole or not at all, one writer at a time, and what cannot be stored is refused."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from bench.crash_child import DIMENSION, passages_of, plain, sentences_of, text_of, vector_of
from index import locks
from index.errors import (
    DocumentNotFound,
    EmbeddingMismatch,
    InvalidSettings,
    SourceChanged,
    StoreBusy,
    StoreError,
    UnreadableSource,
)
from index.models import EmbeddingIdentity
from index.servers import Servers
from index.store import NewPassage, Store
from tests.conftest import ROOT, chosen_backend
from tests.desk_index import IDENTITY, put, texts


@pytest.fixture(params=["sqlite", "postgres", "chroma"])
def backends(request: pytest.FixtureRequest) -> Servers:
    return chosen_backend(request)


@pytest.fixture
def store(store: Store) -> Store:
    store.set_embedding_identity(IDENTITY)
    return store


def test_a_document_comes_back_with_all_that_was_stored(store: Store) -> None:
    text = text_of(1, 1)
    document = put(store, "a", text)
    assert (document.source, document.characters, document.state) == ("a", len(text), "ready")
    assert document.text == text
    assert document.passages == len(sentences_of(text))
    assert store.document(document.id) == document
    assert store.documents() == [document]
    assert store.find_source("a") == (document.id, document.content_hash)
    assert [(found.id, stored) for found, stored in store.all_texts()] == [(document.id, text)]
    (number, cosine), *_ = store.dense(vector_of(text[: text.index(". ") + 1]), 3)
    stored = store.passages([number])[number]
    assert cosine == pytest.approx(1.0)
    assert stored.sentences == (sentences_of(text)[0],)
    assert stored.sentence_vectors.shape == (1, DIMENSION)
    assert stored.terms == (stored.passage.text.lower().rstrip("."),)
    assert (stored.title, stored.source, stored.content_hash) == ("title of a", "a", document.content_hash)


def test_a_pending_document_is_neither_listed_nor_found(store: Store) -> None:
    text = text_of(1, 1)
    with store.writing():
        pending = store.begin_document("a", plain("a", text))
        assert store.documents() == []
        assert store.find_source("a") is None
        assert store.dense(vector_of("x"), 5) == []
        assert store.full_text(["s1v1n0"], 5) == []
        store.abandon(pending)
        with pytest.raises(StoreError):
            store.finish_document(pending, passages_of(text))
    assert store.counts() == (0, 0)


def test_the_next_writer_removes_what_a_dead_one_left_pending(store: Store) -> None:
    with store.writing():
        store.begin_document("a", plain("a", "left behind. "))
    with store.writing():
        assert store.catalog.rows("SELECT count(*) FROM document") == [(0,)]


@pytest.mark.parametrize("folded", [True, False])
def test_replacing_a_document_swaps_text_words_and_vectors(store: Store, folded: bool) -> None:
    old, new = text_of(1, 1), text_of(1, 2)
    before = put(store, "a", old)
    if folded:
        store.fold()
    after = put(store, "a", new)
    assert after.id == before.id
    assert store.document(after.id).text == new
    with pytest.raises(SourceChanged):
        _ = before.text
    assert store.full_text(["s1v1n0"], 5) == []
    assert all("v2" in text for text in texts(store, store.dense(vector_of(old.split(". ")[0] + "."), 50)))


@pytest.mark.parametrize("folded", [True, False])
def test_a_removed_document_is_not_found(store: Store, folded: bool) -> None:
    kept, gone = put(store, "kept", text_of(1, 1)), put(store, "gone", text_of(2, 2))
    if folded:
        store.fold()
    store.remove(gone.id)
    assert [document.id for document in store.documents()] == [kept.id]
    assert store.full_text(["s2v2n0"], 5) == []
    assert len(store.dense(vector_of("x"), 100)) == kept.passages
    with pytest.raises(DocumentNotFound):
        store.remove(gone.id)
    with pytest.raises(DocumentNotFound):
        _ = gone.text


@pytest.mark.parametrize("text", ["nul \x00", "surrogate \ud800"])
def test_a_text_that_is_no_text_is_refused_and_the_rest_goes_on(store: Store, text: str) -> None:
    with store.writing(), pytest.raises(UnreadableSource):
        store.begin_document("a", plain("a", text))
    assert put(store, "b", text_of(1, 1)).state == "ready"


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_an_impossible_vector_is_refused_and_the_old_text_stays(store: Store, value: float) -> None:
    document = put(store, "a", text_of(1, 1))
    text = text_of(1, 2)
    bad = [
        NewPassage(p.draft, np.full(DIMENSION, value, np.float32), p.sentence_vectors, p.terms)
        for p in passages_of(text)
    ]
    with store.writing():
        pending = store.begin_document("a", plain("a", text))
        with pytest.raises(ValueError, match="vector"):
            store.finish_document(pending, bad)
        with pytest.raises(ValueError, match="instead of"):
            store.finish_document(pending, [NewPassage(bad[0].draft, np.ones(7, np.float32), np.ones((1, 7)), [["x"]])])
        store.abandon(pending)
    assert store.document(document.id).text == text_of(1, 1)


def test_writing_outside_the_lock_is_a_programming_error(store: Store) -> None:
    with pytest.raises(RuntimeError, match="writing"):
        store.begin_document("a", plain("a", "x"))


def test_another_embedding_model_is_refused_with_the_command_that_re_embeds(store: Store) -> None:
    store.set_embedding_identity(IDENTITY)
    with pytest.raises(EmbeddingMismatch, match="assistant doctor --re-embed"):
        store.set_embedding_identity(EmbeddingIdentity("other", "1", 768, ""))


def test_re_embedding_keeps_every_text_and_says_what_is_still_to_do(store: Store) -> None:
    document = put(store, "a", text_of(1, 1))
    store.fold()
    store.dense(vector_of("x"), 1)
    store.replace_embedding_identity(EmbeddingIdentity("other", "1", DIMENSION, ""))
    assert [waiting.id for waiting in store.documents_without_passages()] == [document.id]
    assert store.dense(vector_of("x"), 5) == []
    put(store, "a", store.document(document.id).text)
    assert store.documents_without_passages() == []
    store.fold()
    store.warm_up()
    assert len(store.dense(vector_of("x"), 50)) == document.passages
    assert store.generations.is_open


@pytest.mark.parametrize("name", ["", "..", "a/b", "-a", "a" * 65, "ä", "a b", "a\n"])
def test_an_impossible_collection_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidSettings):
        Store.open(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_is_a_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="check the path"):
        Store.open(tmp_path / "file")


def test_a_second_writer_is_refused_and_a_second_reader_sees_fresh_data(
    store: Store, tmp_path: Path, backends: Servers
) -> None:
    put(store, "a", text_of(1, 1))
    script = f"""
from pathlib import Path
from index.servers import Servers
from index.store import Store
from index.errors import StoreBusy
servers = Servers({backends.catalog_url!r}, {backends.chroma_url!r})
with Store.open(Path({str(tmp_path / "home")!r}), servers=servers) as store:
    print([document.source for document in store.documents()], store.full_text(["s2v1n0"], 1) != [])
    try:
        with store.writing():
            print("wrote")
    except StoreBusy as refusal:
        print(refusal)
"""
    with store.writing():
        put(store, "b", text_of(2, 1))
        seen = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert seen.stdout.splitlines() == [
        "['a', 'b'] True",
        "Another process is writing to this collection; try again when it has finished.",
    ]


def test_a_second_thread_and_a_second_store_of_this_process_are_refused_too(
    store: Store, tmp_path: Path, backends: Servers
) -> None:
    refused: list[bool] = []

    def write(to: Store) -> None:
        try:
            with to.writing():
                refused.append(False)
        except StoreBusy:
            refused.append(True)

    with Store.open(tmp_path / "home", servers=backends) as other, store.writing():
        threads = [threading.Thread(target=write, args=(one,)) for one in (store, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert refused == [True, True]


def test_the_patience_of_a_second_writer_ends_before_the_2_s_that_are_promised() -> None:
    assert 0 < locks.PATIENCE < 2


def test_opening_starts_no_chroma(store: Store, tmp_path: Path, backends: Servers) -> None:
    put(store, "a", text_of(1, 1))
    script = f"""
import sys
from pathlib import Path
from index.servers import Servers
from index.store import Store
with Store.open(Path({str(tmp_path / "home")!r}), servers=Servers({backends.catalog_url!r}, {backends.chroma_url!r})):
    print("chromadb" in sys.modules)
"""
    seen = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert seen.stdout == "False\n"
