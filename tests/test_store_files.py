"""The store's files: nothing acknowledged is lost to a kill or a full disk, and removed is gone."""

import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bench.crash import run
from bench.crash_child import acknowledge, check, text_of, vector_of
from index.errors import StoreDamaged, StoreFull
from index.store import Store
from tests.conftest import ROOT
from tests.desk_index import IDENTITY, put


@pytest.fixture
def store(store: Store) -> Store:
    store.set_embedding_identity(IDENTITY)
    return store


def test_kills_at_random_instants_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    outcome = run(6, 11, tmp_path / "home")
    assert outcome.problems == ()
    assert outcome.acknowledged > 0


def test_the_harness_sees_what_is_lost_replaced_or_still_found(store: Store, tmp_path: Path) -> None:
    home, journal = tmp_path / "home", tmp_path / "journal"
    for source in range(3):
        put(store, f"source-{source}", text_of(source, 1))
        acknowledge(journal, {"mark": "done", "what": "write", "source": source, "version": 1})
    assert check(home, journal) == []
    put(store, "source-0", text_of(0, 2))
    found = store.find_source("source-1")
    assert found is not None
    store.remove(found[0])
    acknowledge(journal, {"mark": "done", "what": "remove", "source": 2, "version": 1})
    problems = check(home, journal)
    assert problems[:3] == [f"source-{source}: lost or wrong text" for source in range(3)]
    assert any("is still found by its word" in each for each in problems)
    assert any("is still found by its vector" in each for each in problems)


def index_until_full(home: str) -> None:
    """Index under a limit on file size, print what was acknowledged, then the error's class."""
    with Store.open(Path(home)) as store:
        store.set_embedding_identity(IDENTITY)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
        try:
            for source in range(10_000):
                put(store, f"s{source}", text_of(source, 1) * 20)
                sys.stdout.write(f"{source}\n")
                sys.stdout.flush()
        except StoreFull as full:
            sys.stdout.write(f"{type(full).__name__} {full}\n")


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-c", f"from tests.test_store_files import index_until_full as f; f({str(home)!r})"]
    seen = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert seen[-1].startswith("StoreFull There is no room")
    assert len(seen) > 3
    with Store.open(home) as store:
        for source in map(int, seen[:-1]):
            found = store.find_source(f"s{source}")
            assert found is not None
            assert store.document(found[0]).text == text_of(source, 1) * 20
        assert put(store, "after", text_of(1, 2)).state == "ready"


def test_no_room_for_a_generation_leaves_the_former_and_finds_everything(store: Store, tmp_path: Path) -> None:
    put(store, "a", text_of(1, 1))
    store.fold()
    put(store, "b", text_of(2, 1))
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
    assert store.generations.is_open


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
    put(store, "kept", text_of(1, 1))
    document = put(store, "gone", gone)
    store.fold()
    put(store, "gone", gone + "Later wallaby. ")
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
    document = put(store, "gone", "Zebrafinch quokka. ")
    store.fold()
    store.remove(document.id)
    store.compact()
    assert store.dense(vector_of("x"), 5) == []
    assert not re.search(b"zebrafinch", b"".join(_all_bytes(tmp_path / "home").values()), re.IGNORECASE)
    put(store, "new", text_of(1, 1))
    store.fold()
    assert store.dense(vector_of("x"), 5) != []


def test_a_damaged_index_is_answered_by_a_scan_and_repaired_by_the_next_fold(store: Store) -> None:
    put(store, "a", text_of(1, 1))
    store.fold()
    for path in (store.folder / "generations").glob("*/*/header.bin"):
        path.write_bytes(b"\xff" * 100)
    store.warm_up()
    assert len(store.dense(vector_of("x"), 50)) == store.passage_count()
    assert "changed" in store.generations.failure
    store.fold(minimum=1000)
    store.dense(vector_of("x"), 1)
    assert store.generations.is_open


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_closing_releases_every_file(tmp_path: Path) -> None:
    for _ in range(3):
        with Store.open(tmp_path / "home") as store:
            put(store, "a", text_of(1, 1))
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
