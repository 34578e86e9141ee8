"""The catalog: its transactions, snapshots, error sentences, and the columns' round trips."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import records, schema
from index.errors import StoreBusy, StoreDamaged, StoreError
from index.models import EmbeddingIdentity, Sentence, Span
from index.rows import Content, DocumentRow, Pointer
from index.sqlite_catalog import SqliteCatalog
from index.sqlite_files import is_sound, shrink_file
from tests.conftest import ROOT


def _row(source: str) -> DocumentRow:
    return DocumentRow(0, "d1", "t", source, "text/plain", "h", 4, 0, "pending", "2026-01-01T00:00:00+00:00")


def _opened(folder: Path) -> SqliteCatalog:
    return SqliteCatalog.open(folder / "catalog.sqlite", expected=False)


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    catalog = _opened(tmp_path)
    before = catalog.revision()

    def write() -> None:
        with catalog.transaction():
            records.add_pending(catalog, _row("a"), "text", "")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert catalog.rows("SELECT * FROM document") == []
    assert catalog.revision() == before
    catalog.close()


def test_a_snapshot_does_not_see_what_is_written_meanwhile(tmp_path: Path) -> None:
    reader, writer = _opened(tmp_path), _opened(tmp_path)
    before = reader.revision()
    with reader.snapshot():
        with writer.transaction():
            key = records.add_pending(writer, _row("a"), "text", "")
            records.make_ready(writer, key, "a", 0)
        assert records.document_rows(reader) == []
        with reader.snapshot():
            assert (records.content(reader), reader.revision()) == (Content(), before)
        assert reader.revision() == before
    assert reader.revision() > before
    assert [row.source for row in records.document_rows(reader)] == ["a"]
    reader.close()
    writer.close()


def test_each_thread_has_its_own_connection_and_close_closes_all(tmp_path: Path) -> None:
    catalog = _opened(tmp_path)
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(catalog.revision())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [0, 0, 0, 0]
    catalog.close()
    with pytest.raises(StoreError, match="closed"):
        catalog.revision()


def test_notes_come_back_as_they_were_set(tmp_path: Path) -> None:
    catalog = _opened(tmp_path)
    identity = EmbeddingIdentity("m", "r", 384, "abc")
    with catalog.transaction():
        records.set_pointer(catalog, Pointer(3, 20, 10))
        records.set_embedding_identity(catalog, identity)
    assert records.pointer(catalog) == Pointer(3, 20, 10)
    assert records.embedding_identity(catalog) == identity
    catalog.close()


@pytest.mark.parametrize(
    "bytes_",
    [b"this is not a database, however long it may be" * 100, b"SQLite format 3\x00" + b"\xff" * 5000],
    ids=["text", "header only"],
)
def test_a_foreign_file_is_refused_with_a_sentence_that_names_the_doctor(tmp_path: Path, bytes_: bytes) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(bytes_)
    with pytest.raises(StoreDamaged, match="assistant doctor"):
        _opened(tmp_path)


def test_a_catalog_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    _opened(tmp_path).close()
    path = tmp_path / "catalog.sqlite"
    path.write_bytes(path.read_bytes()[:8192])
    with pytest.raises(StoreDamaged, match="cut short"):
        _opened(tmp_path)


def test_an_sqlite_file_of_something_else_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "catalog.sqlite")
    connection.execute("CREATE TABLE notes (x)")
    connection.close()
    with pytest.raises(StoreDamaged, match="not a catalog"):
        _opened(tmp_path)


def test_a_catalog_that_lost_a_table_is_refused(tmp_path: Path) -> None:
    _opened(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "catalog.sqlite")
    connection.execute("DROP TABLE passage_vector")
    connection.close()
    with pytest.raises(StoreDamaged, match="assistant doctor"):
        _opened(tmp_path)


def test_a_missing_catalog_that_was_there_is_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(StoreDamaged, match="missing or empty"):
        SqliteCatalog.open(tmp_path / "catalog.sqlite", expected=True)


def test_a_newer_catalog_is_refused_with_a_sentence(tmp_path: Path) -> None:
    catalog = _opened(tmp_path)
    catalog.rows(f"PRAGMA user_version = {schema.VERSION + 1}")
    catalog.close()
    with pytest.raises(StoreError, match="newer version"):
        _opened(tmp_path)


def test_a_second_write_at_once_is_refused_as_busy(tmp_path: Path) -> None:
    first, second = _opened(tmp_path), _opened(tmp_path)
    second.rows("PRAGMA busy_timeout = 50")
    with first.transaction(), pytest.raises(StoreBusy), second.transaction():
        pass
    first.close()
    second.close()


def test_shrinking_another_file_keeps_its_rows_and_drops_its_free_pages(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (x)")
    connection.executemany("INSERT INTO t VALUES (?)", [("secret word" * 50,) for _ in range(200)])
    connection.execute("DELETE FROM t WHERE rowid > 1")
    connection.commit()
    connection.close()
    shrink_file(path)
    assert path.stat().st_size <= 3 * 4096
    assert is_sound(path)
    path.write_bytes(b"x" * 5000)
    assert not is_sound(path)
    assert not is_sound(tmp_path / "absent.sqlite3")


_SENTENCES = st.lists(
    st.builds(
        Sentence,
        st.integers(0, 10**9),
        st.integers(0, 10**9),
        st.sampled_from(["heading", "paragraph", "row", "item", "code"]),
        st.none() | st.builds(Span, st.integers(0, 10**9), st.integers(0, 10**9)),
    )
)


@given(_SENTENCES)
def test_sentences_come_back_as_they_were_stored(sentences: list[Sentence]) -> None:
    assert schema.sentences_from_text(schema.sentences_to_text(sentences)) == tuple(sentences)


@given(st.lists(st.lists(st.from_regex(r"[a-zé北0-9]+", fullmatch=True)), min_size=1))
def test_words_come_back_a_line_a_sentence(terms: list[list[str]]) -> None:
    stored = schema.terms_to_text(terms)
    assert schema.terms_from_text(stored) == tuple(map(" ".join, terms))


def test_vectors_come_back_bit_by_bit() -> None:
    matrix = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    blobs = [schema.vector_to_blob(row) for row in matrix]
    assert np.array_equal(schema.vectors_from_blobs(blobs, 5), matrix)
    halves = matrix.astype(np.float16)
    assert np.array_equal(schema.half_from_blob(schema.half_to_blob(halves), 3), halves)
    assert schema.vectors_from_blobs([], 5).shape == (0, 5)


def test_it_can_be_closed_while_other_threads_read(tmp_path: Path) -> None:
    # In a process of its own: closed amid a statement, a connection of Python's module takes its process down.
    script = f"""
import threading
from pathlib import Path
from index.errors import AssistantError
from index.sqlite_catalog import SqliteCatalog

told = set()

def read(catalog):
    number = 0
    try:
        while True:
            number += 1
            with catalog.snapshot():
                catalog.rows(f"SELECT count(*) FROM document JOIN passage ON document = key WHERE start > {{number}}")
    except AssistantError as error:
        told.add(str(error))

for _ in range(100):
    catalog = SqliteCatalog.open(Path({str(tmp_path / "catalog.sqlite")!r}), expected=False)
    threads = [threading.Thread(target=read, args=[catalog]) for _ in range(4)]
    for each in threads:
        each.start()
    threading.Event().wait(0.01)
    catalog.close()
    for each in threads:
        each.join()
print(*told)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "This collection has been closed; open it again.\n", "")
