"""The store: nothing acknowledged is lost, nothing half there is found, removed is gone, and a slice is the source."""

import os
import re
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.crash import run
from bench.crash_child import DIMENSION, passages_of, sentences_of, text_of, vector_of
from index.errors import (
    DocumentNotFound,
    EmbeddingMismatch,
    InvalidSettings,
    SourceChanged,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    UnreadableSource,
)
from index.models import Document, EmbeddingIdentity, PassageDraft, Sentence
from index.store import NewPassage, Store

_IDENTITY = EmbeddingIdentity("fake", "1", DIMENSION, "")
_ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "home") as opened:
        opened.set_embedding_identity(_IDENTITY)
        yield opened


def _index(store: Store, source: str, text: str) -> Document:
    with store.writing():
        pending = store.begin_document(source, f"title of {source}", "text/plain", text)
        return store.finish_document(pending, passages_of(text))


def _texts(store: Store, found: list[tuple[int, float]]) -> list[str]:
    return [passage.passage.text for passage in store.passages([number for number, _ in found]).values()]


def test_a_document_comes_back_with_all_that_was_stored(store: Store) -> None:
    text = text_of(1, 1)
    document = _index(store, "a", text)
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
    assert stored.terms == (tuple(stored.passage.text.lower().rstrip(".").split()),)
    assert (stored.title, stored.source, stored.content_hash) == ("title of a", "a", document.content_hash)


def test_a_pending_document_is_neither_listed_nor_found(store: Store) -> None:
    text = text_of(1, 1)
    with store.writing():
        pending = store.begin_document("a", "a", "text/plain", text)
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
        store.begin_document("a", "a", "text/plain", "left behind. ")
    with store.writing():
        assert store.catalog.rows("SELECT count(*) FROM document") == [(0,)]


@pytest.mark.parametrize("folded", [True, False])
def test_replacing_a_document_swaps_text_words_and_vectors(store: Store, folded: bool) -> None:
    old, new = text_of(1, 1), text_of(1, 2)
    before = _index(store, "a", old)
    if folded:
        store.fold()
    after = _index(store, "a", new)
    assert after.id == before.id
    assert store.document(after.id).text == new
    with pytest.raises(SourceChanged):
        _ = before.text
    assert store.full_text(["s1v1n0"], 5) == []
    assert all("v2" in text for text in _texts(store, store.dense(vector_of(old.split(". ")[0] + "."), 50)))


@pytest.mark.parametrize("folded", [True, False])
def test_a_removed_document_is_not_found(store: Store, folded: bool) -> None:
    kept, gone = _index(store, "kept", text_of(1, 1)), _index(store, "gone", text_of(2, 2))
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


def test_the_answer_is_the_same_before_and_after_folding(store: Store) -> None:
    for source in range(20):
        _index(store, f"s{source}", text_of(source, 1))
    questions = [vector_of(f"question {number}") for number in range(10)]
    scanned = [store.dense(question, 10) for question in questions]
    store.fold()
    folded = [store.dense(question, 10) for question in questions]
    assert store.generations.failure == ""
    for source in range(20, 23):
        _index(store, f"s{source}", text_of(source, 1))
    mixed = [store.dense(question, 10) for question in questions]
    store.rebuild()
    assert folded == scanned
    assert [store.dense(question, 10) for question in questions] == mixed
    assert store.generations.failure == ""


def test_only_the_named_documents_are_searched(store: Store) -> None:
    documents = [_index(store, f"s{source}", text_of(source, 1)) for source in range(5)]
    store.fold()
    wanted = [documents[3].id]
    dense = store.dense(vector_of("x"), 100, wanted)
    assert len(dense) == documents[3].passages
    assert {p.source for p in store.passages([n for n, _ in dense]).values()} == {"s3"}
    assert len(store.full_text(["here"], 100)) == sum(document.passages for document in documents)
    assert len(store.full_text(["here"], 100, wanted)) == documents[3].passages
    assert store.dense(vector_of("x"), 5, []) == store.full_text(["here"], 5, []) == []


def test_equal_scores_are_ordered_by_passage_id(store: Store) -> None:
    text = "Same words here. " * 30
    _index(store, "a", text)
    for found in (store.dense(vector_of("Same words here."), 30), store.full_text(["same"], 30)):
        assert [number for number, _ in found] == sorted(number for number, _ in found)
        assert len(found) == 30


@pytest.mark.parametrize(
    "term", ['"', "a OR b", "NEAR(", "*", "", " ", "\x00", "\ud800", "-", "terms:x", "3.14", "北京"]
)
def test_no_word_can_break_a_full_text_query(store: Store, term: str) -> None:
    _index(store, "a", text_of(1, 1))
    assert store.full_text([term], 5) == []
    assert store.document_frequencies([term, "here"])[term] == 0


def test_document_frequencies_count_passages(store: Store) -> None:
    first = _index(store, "a", text_of(1, 1))
    second = _index(store, "b", text_of(2, 1))
    assert store.document_frequencies(["here", "s1v1n0", "absent"]) == {
        "here": first.passages + second.passages, "s1v1n0": 1, "absent": 0,
    }  # fmt: skip
    store.remove(second.id)
    assert store.document_frequencies(["here"]) == {"here": first.passages}


def test_words_after_the_sentences_are_searched_and_not_given_back(store: Store) -> None:
    sentence = Sentence(0, 5)
    draft = PassageDraft(0, 5, "Heading", 2, (sentence,), "")
    with store.writing():
        pending = store.begin_document("a", "a", "text/plain", "Text.")
        new = NewPassage(draft, vector_of("x"), vector_of("x").reshape(1, -1), [["text"], ["heading"]])
        store.finish_document(pending, [new])
    ((number, _),) = store.full_text(["heading"], 5)
    stored = store.passages([number])[number]
    assert stored.terms == (("text",),)
    assert (stored.passage.heading, stored.passage.page) == ("Heading", 2)


_ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_ANY_TEXT | st.text("a\u0301\U0001f600\r\n\ufeff e", max_size=60), st.data())
def test_a_slice_is_the_source_to_the_character(store: Store, text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    with store.writing():
        pending = store.begin_document("any", "any", "text/plain", text)
        draft = PassageDraft(start, end, "", None, (Sentence(start, end),), "")
        vector = vector_of("x")
        document = store.finish_document(pending, [NewPassage(draft, vector, vector.reshape(1, -1), [[]])])
    assert document.text == text
    assert store.slice(document.id, start, end) == text[start:end]
    ((number, _),) = store.dense(vector, 1)
    assert store.passages([number])[number].passage.text == text[start:end]


def test_lines_are_counted_as_an_editor_does(store: Store) -> None:
    document = _index(store, "a", "one\r\ntwo\nthree\rfour")
    lines = {word: store.line_of(document.id, document.text.index(word)) for word in ("one", "two", "three", "four")}
    assert lines == {"one": 1, "two": 2, "three": 3, "four": 4}


@pytest.mark.parametrize("text", ["nul \x00", "surrogate \ud800"])
def test_a_text_that_is_no_text_is_refused_and_the_rest_goes_on(store: Store, text: str) -> None:
    with store.writing(), pytest.raises(UnreadableSource):
        store.begin_document("a", "a", "text/plain", text)
    assert _index(store, "b", text_of(1, 1)).state == "ready"


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_an_impossible_vector_is_refused_and_the_old_text_stays(store: Store, value: float) -> None:
    document = _index(store, "a", text_of(1, 1))
    text = text_of(1, 2)
    bad = [
        NewPassage(p.draft, np.full(DIMENSION, value, np.float32), p.sentence_vectors, p.terms)
        for p in passages_of(text)
    ]
    with store.writing():
        pending = store.begin_document("a", "a", "text/plain", text)
        with pytest.raises(ValueError, match="vector"):
            store.finish_document(pending, bad)
        with pytest.raises(ValueError, match="instead of"):
            store.finish_document(pending, [NewPassage(bad[0].draft, np.ones(7, np.float32), np.ones((1, 7)), [["x"]])])
        store.abandon(pending)
    assert store.document(document.id).text == text_of(1, 1)


def test_writing_outside_the_lock_is_a_programming_error(store: Store) -> None:
    with pytest.raises(RuntimeError, match="writing"):
        store.begin_document("a", "a", "text/plain", "x")


def test_another_embedding_model_is_refused_with_the_command_that_re_embeds(store: Store) -> None:
    store.set_embedding_identity(_IDENTITY)
    with pytest.raises(EmbeddingMismatch, match="assistant doctor --re-embed"):
        store.set_embedding_identity(EmbeddingIdentity("other", "1", 768, ""))


def test_re_embedding_keeps_every_text_and_says_what_is_still_to_do(store: Store) -> None:
    document = _index(store, "a", text_of(1, 1))
    store.fold()
    store.dense(vector_of("x"), 1)
    store.replace_embedding_identity(EmbeddingIdentity("other", "1", DIMENSION, ""))
    assert [waiting.id for waiting in store.documents_without_passages()] == [document.id]
    assert store.dense(vector_of("x"), 5) == []
    _index(store, "a", store.document(document.id).text)
    assert store.documents_without_passages() == []
    store.fold()
    assert len(store.dense(vector_of("x"), 50)) == document.passages
    assert store.generations.failure == ""


def test_the_digest_depends_on_the_content_and_not_on_the_order(tmp_path: Path) -> None:
    digests = []
    for order in ((1, 2, 3), (3, 1, 2)):
        with Store.open(tmp_path / str(order)) as store:
            store.set_embedding_identity(_IDENTITY)
            for source in order:
                _index(store, f"s{source}", text_of(source, 1))
            digests.append(store.index_digest())
            _index(store, "s1", text_of(1, 2))
            assert store.index_digest() != digests[-1]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("name", ["", "..", "a/b", "-a", "a" * 65, "ä", "a b", "a\n"])
def test_an_impossible_collection_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidSettings):
        Store.open(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_is_a_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="check the path"):
        Store.open(tmp_path / "file")


def test_a_snapshot_shows_one_state_for_a_whole_question(store: Store, tmp_path: Path) -> None:
    _index(store, "a", text_of(1, 1))
    with Store.open(tmp_path / "home") as writer, store.snapshot():
        found = store.full_text(["s1v1n0"], 1)
        _index(writer, "a", text_of(1, 2))
        assert _texts(store, found) == [text_of(1, 1).split(". ")[0] + "."]
        assert len(store.dense(vector_of("x"), 50)) == len(sentences_of(text_of(1, 1)))
    assert store.full_text(["s1v1n0"], 1) == []


def test_many_threads_ask_while_one_writes(store: Store) -> None:
    for source in range(5):
        _index(store, f"s{source}", text_of(source, 1))
    failures: list[BaseException] = []
    done = threading.Event()

    def ask() -> None:
        try:
            while not done.is_set():
                with store.snapshot():
                    found = store.dense(vector_of("x"), 20)
                    assert len(store.passages([number for number, _ in found])) == len(found) == 20
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for version in range(2, 8):
        _index(store, "s1", text_of(1, version))
        store.fold()
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.generations.failure == ""


def test_a_second_writer_is_refused_in_time_and_a_second_reader_sees_fresh_data(store: Store, tmp_path: Path) -> None:
    _index(store, "a", text_of(1, 1))
    script = f"""
import time
from pathlib import Path
from index.store import Store
from index.errors import StoreBusy
with Store.open(Path({str(tmp_path / "home")!r})) as store:
    print([document.source for document in store.documents()], store.full_text(["s2v1n0"], 1) != [])
    begun = time.monotonic()
    try:
        with store.writing():
            print("wrote")
    except StoreBusy as refusal:
        print(refusal, time.monotonic() - begun < 2)
"""
    with store.writing():
        _index(store, "b", text_of(2, 1))
        seen = subprocess.run([sys.executable, "-c", script], cwd=_ROOT, capture_output=True, text=True, check=True)
    assert seen.stdout.splitlines() == [
        "['a', 'b'] True",
        "Another process is writing to this collection; try again when it has finished. True",
    ]


def test_a_second_thread_and_a_second_store_of_this_process_are_refused_too(store: Store, tmp_path: Path) -> None:
    refused: list[bool] = []

    def write(to: Store) -> None:
        begun = time.monotonic()
        try:
            with to.writing():
                refused.append(False)
        except StoreBusy:
            refused.append(time.monotonic() - begun < 2)

    with Store.open(tmp_path / "home") as other, store.writing():
        threads = [threading.Thread(target=write, args=(one,)) for one in (store, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert refused == [True, True]


def test_kills_at_random_instants_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    outcome = run(6, 11, tmp_path / "home")
    assert outcome.problems == ()
    assert outcome.acknowledged > 0


def _index_until_full(home: str) -> None:
    """Index under a limit on file size, print what was acknowledged, then the error's class."""
    with Store.open(Path(home)) as store:
        store.set_embedding_identity(_IDENTITY)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
        try:
            for source in range(10_000):
                _index(store, f"s{source}", text_of(source, 1) * 20)
                sys.stdout.write(f"{source}\n")
                sys.stdout.flush()
        except StoreFull as full:
            sys.stdout.write(f"{type(full).__name__} {full}\n")


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-c", f"from tests.test_store import _index_until_full as f; f({str(home)!r})"]
    seen = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert seen[-1].startswith("StoreFull There is no room")
    assert len(seen) > 3
    with Store.open(home) as store:
        for source in map(int, seen[:-1]):
            found = store.find_source(f"s{source}")
            assert found is not None
            assert store.document(found[0]).text == text_of(source, 1) * 20
        assert _index(store, "after", text_of(1, 2)).state == "ready"


def test_no_room_for_a_generation_leaves_the_former_and_finds_everything(store: Store, tmp_path: Path) -> None:
    _index(store, "a", text_of(1, 1))
    store.fold()
    _index(store, "b", text_of(2, 1))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, limits[1]))
    try:
        with pytest.raises((StoreFull, StoreDamaged)):
            store.fold()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(store.dense(vector_of("x"), 100)) == store.passage_count()
    store.fold()
    assert len(store.dense(vector_of("x"), 100)) == store.passage_count()
    assert store.generations.failure == ""


def _all_bytes(home: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}


def _holds_vector(content: bytes, vector: npt.NDArray[np.float32]) -> bool:
    """Whether the vector's first numbers stand in these bytes, whoever rounded them, in single or half precision."""
    for kind, near in (("<f4", 1e-6), ("<f2", 1e-4)):
        size = np.dtype(kind).itemsize
        for shift in range(size):
            whole = content[shift : len(content) - (len(content) - shift) % size]
            with np.errstate(all="ignore"):
                values = np.frombuffer(whole, dtype=kind).astype(np.float64)
                close = [np.abs(values[k : max(0, len(values) - 5) + k] - vector[k]) < near for k in range(5)]
            if len(values) > 5 and np.logical_and.reduce(close).any():
                return True
    return False


def test_after_remove_and_compact_no_byte_of_the_document_is_left(store: Store, tmp_path: Path) -> None:
    gone = "Zebrafinch quokka. Xylophone numbat. "
    _index(store, "kept", text_of(1, 1))
    document = _index(store, "gone", gone)
    store.fold()
    _index(store, "gone", gone + "Later wallaby. ")
    store.fold()
    vectors = [vector_of(piece) for piece in ("Zebrafinch quokka.", "Later wallaby.")]
    words = [b"zebrafinch", b"quokka", b"numbat", b"wallaby"]
    before = b"".join(_all_bytes(tmp_path / "home").values())
    assert all(_holds_vector(before, vector) for vector in vectors)
    assert all(word in before.lower() for word in words)
    store.remove(document.id)
    store.compact()
    for path, content in _all_bytes(tmp_path / "home").items():
        assert not [word for word in words if word in content.lower()], path
        assert not any(_holds_vector(content, vector) for vector in vectors), path
    assert len(store.dense(vector_of("x"), 100)) == store.passage_count() > 0


def test_compacting_an_emptied_collection_leaves_nothing(store: Store, tmp_path: Path) -> None:
    document = _index(store, "gone", "Zebrafinch quokka. ")
    store.fold()
    store.remove(document.id)
    store.compact()
    assert store.dense(vector_of("x"), 5) == []
    assert not re.search(b"zebrafinch", b"".join(_all_bytes(tmp_path / "home").values()), re.IGNORECASE)
    _index(store, "new", text_of(1, 1))
    store.fold()
    assert store.dense(vector_of("x"), 5) != []


def test_a_damaged_index_is_answered_by_a_scan_and_repaired_by_the_next_fold(store: Store) -> None:
    _index(store, "a", text_of(1, 1))
    store.fold()
    for path in (store.folder / "generations").glob("*/*/header.bin"):
        path.write_bytes(b"\xff" * 100)
    assert len(store.dense(vector_of("x"), 50)) == store.passage_count()
    assert "changed" in store.generations.failure
    store.fold(minimum=1000)
    store.dense(vector_of("x"), 1)
    assert store.generations.failure == ""


def test_opening_takes_under_50_ms_and_starts_no_chroma(store: Store, tmp_path: Path) -> None:
    _index(store, "a", text_of(1, 1))
    script = f"""
import sys, time
from pathlib import Path
from index.store import Store
begun = time.perf_counter()
store = Store.open(Path({str(tmp_path / "home")!r}))
print(time.perf_counter() - begun, "chromadb" in sys.modules)
store.close()
"""
    seen = subprocess.run([sys.executable, "-c", script], cwd=_ROOT, capture_output=True, text=True, check=True)
    seconds, chroma = seen.stdout.split()
    assert float(seconds) < 0.05
    assert chroma == "False"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_closing_releases_every_file(tmp_path: Path) -> None:
    for _ in range(3):
        with Store.open(tmp_path / "home") as store:
            _index(store, "a", text_of(1, 1))
            store.fold()
            store.dense(vector_of("x"), 1)
    deadline = time.monotonic() + 5
    while (held := _held(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert held == []


def _held(folder: Path) -> list[str]:
    links = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            links.append(os.readlink(descriptor))
        except OSError:
            continue
    return [link for link in links if str(folder) in link]
