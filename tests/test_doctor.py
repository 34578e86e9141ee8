"""The doctor: every kind of damage is found, said in words, repaired where it can be, and nothing is deleted."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from bench.crash_child import DIMENSION, passages_of, plain, text_of, vector_of
from index.doctor import Finding, examine
from index.errors import StoreBusy, StoreDamaged, StoreError
from index.models import EmbeddingIdentity
from index.schema import path_in
from index.store import Store

_SOURCES = 30


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with Store.open(tmp_path / "home") as store:
        store.set_embedding_identity(EmbeddingIdentity("fake", "1", DIMENSION, ""))
        with store.writing():
            for source in range(_SOURCES):
                text = text_of(source, 1)
                pending = store.begin_document(f"s{source}", plain(f"title {source}", text))
                store.finish_document(pending, passages_of(text))
        store.fold()
        store.catalog.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    return tmp_path / "home"


def _catalog(home: Path) -> Path:
    return path_in(home / "default")


def _edit(home: Path, *statements: str) -> None:
    connection = sqlite3.connect(_catalog(home))
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def _is_whole(home: Path) -> None:
    """Everything is there and found, by the index and not by a scan, and the doctor has nothing to say."""
    with Store.open(home) as store:
        store.warm_up()
        for source in range(_SOURCES):
            found = store.find_source(f"s{source}")
            assert found is not None
            assert store.document(found[0]).text == text_of(source, 1)
            piece = text_of(source, 1).split(". ")[0] + "."
            ((number, _),) = store.dense(vector_of(piece), 1)
            assert store.passages([number])[number].passage.text == piece
            assert len(store.full_text([f"s{source}v1n0"], 5)) == 1
        assert store.generations.is_open


def test_a_sound_home_gives_no_findings(home: Path) -> None:
    assert examine(home) == ()
    _is_whole(home)


def test_a_missing_collection_is_an_error_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no collection"):
        examine(tmp_path)


def test_a_home_that_is_written_to_is_left_alone(home: Path) -> None:
    with Store.open(home) as store, store.writing(), pytest.raises(StoreBusy):
        examine(home)


def _generation(home: Path) -> Path:
    return next((home / "default" / "generations").iterdir())


def _lose(home: Path) -> None:
    shutil.rmtree(_generation(home))


def _dirty(home: Path) -> None:
    (_generation(home) / "DIRTY").touch()


def _corrupt(home: Path) -> None:
    next(_generation(home).glob("*/data_level0.bin")).write_bytes(b"\xff" * 5000)


def _unsealed(home: Path) -> None:
    (_generation(home) / "SEALED.json").unlink()


def _listless(home: Path) -> None:
    (_generation(home) / "chroma.sqlite3").write_bytes(b"")


@pytest.mark.parametrize("damage", [_lose, _dirty, _corrupt, _unsealed, _listless])
def test_a_damaged_vector_index_is_built_anew_without_model_or_source(
    home: Path, damage: Callable[[Path], None]
) -> None:
    damage(home)
    seen = examine(home, repair=False)
    assert [finding.repaired for finding in seen] == [False]
    (finding,) = examine(home)
    assert finding.repaired
    assert "no document is lost" in finding.what
    assert examine(home) == ()
    _is_whole(home)


def test_an_orphaned_generation_is_removed(home: Path) -> None:
    shutil.copytree(_generation(home), home / "default" / "generations" / "99")
    (finding,) = examine(home)
    assert finding.repaired
    assert not (home / "default" / "generations" / "99").exists()
    _is_whole(home)


def test_a_half_indexed_document_is_named_and_removed(home: Path) -> None:
    with Store.open(home) as store, store.writing():
        store.begin_document("half", plain("half", "half"))
    (finding,) = examine(home)
    assert finding == Finding("1 documents were left half indexed by a process that died; index them again.", True)
    assert examine(home) == ()


def test_a_full_text_index_that_disagrees_is_made_anew(home: Path) -> None:
    _edit(home, "INSERT INTO passage_fts (passage_fts) VALUES ('delete-all')")
    (finding,) = examine(home)
    assert finding.repaired
    assert "full-text" in finding.what
    _is_whole(home)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE passage_vector SET vector = x'0000' WHERE passage = 1",
        "UPDATE passage_vector SET vector = substr(vector, 1, 1532) || x'0000807f' WHERE passage = 1",
        "UPDATE passage_vector SET vector = CAST(substr(vector, 1, 1532) || x'0000807f' AS BLOB) WHERE passage = 1",
        "UPDATE passage SET sentences = '[[0,99999,\"paragraph\"]]' WHERE id = 1",
        "DELETE FROM passage_vector WHERE passage = 1",
        "UPDATE document_text SET text = 'other' WHERE document = 1",
    ],
)
def test_a_document_with_impossible_values_is_named(home: Path, statement: str) -> None:
    _edit(home, statement)
    found = [finding for finding in examine(home) if not finding.repaired]
    assert [finding.what.split(":")[0] for finding in found] == ["s0"]
    assert "index its source again" in found[0].what


def _truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 4])


def _overwrite_header(path: Path) -> None:
    path.write_bytes(b"\x00" * 100 + path.read_bytes()[100:])


def _overwrite_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 8192] = b"\xa5" * 8192
    path.write_bytes(content)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [_truncate, _overwrite_header, _overwrite_middle])
def test_a_damaged_catalog_is_set_aside_and_what_can_be_read_is_brought_back(
    home: Path, damage: Callable[[Path], None]
) -> None:
    damage(_catalog(home))
    damaged = _catalog(home).read_bytes()
    reader = sqlite3.connect(_catalog(home))  # another process that still has it open
    with suppress(sqlite3.Error):
        reader.execute("SELECT key FROM document").fetchall()
    findings = examine(home)
    aside = list((home / "default").glob("catalog.damaged-*.sqlite"))
    assert [path.read_bytes() for path in aside] == [damaged]
    assert any(str(aside[0]) in finding.what for finding in findings)
    with Store.open(home) as store:
        for document in store.documents():
            assert document.text == text_of(int(document.source[1:]), 1)
        salvaged = list((home / "default" / "salvaged").glob("*.txt"))
        lost = [finding for finding in findings if "could not be read" in finding.what]
        assert store.counts()[0] + len(salvaged) == _SOURCES or lost
        said = [finding.what.split()[0] for finding in findings if "brought back whole" in finding.what]
        assert [str(store.counts()[0])] == (said or ["0"])
        with store.writing():
            pending = store.begin_document("new", plain("new", text_of(99, 1)))
            store.finish_document(pending, [])
        assert store.find_source("new") is not None
    reader.close()
    with Store.open(home) as store:
        assert store.find_source("new") is not None
    assert all("left from an earlier repair" in finding.what for finding in examine(home))


@pytest.mark.parametrize("damage", [Path.unlink, _empty])
def test_a_lost_catalog_is_an_error_and_the_doctor_says_what_to_do(home: Path, damage: Callable[[Path], None]) -> None:
    damage(_catalog(home))
    with pytest.raises(StoreDamaged, match="assistant doctor"):
        Store.open(home)
    findings = examine(home)
    assert "index your documents again" in findings[-1].what
    with Store.open(home) as store:
        assert store.counts() == (0, 0)


def test_a_writer_that_was_open_during_the_repair_is_told_to_open_again(home: Path) -> None:
    with Store.open(home) as store:
        _overwrite_header(_catalog(home))
        examine(home)
        with pytest.raises(StoreError, match="open it again"), store.writing():
            pass
