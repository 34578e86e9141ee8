"""Indexing at its limits: one writer at a time, and a disk that is full costs only what finds no room."""

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index.errors import StoreBusy, StoreFull
from index.ingest import Ingest
from index.limits import Limits
from index.store import Store
from tests.conftest import ROOT
from tests.desk_index import HashEmbedder, fill, is_a_sentence, sentence_vectors_are_of_their_text

_ROOM = 1_500_000
"""Bytes that a file may have while the disk is full."""


def ingest_of(store: Store, name: str = "hash") -> Ingest:
    embedder = HashEmbedder(name)
    return Ingest(store, lambda: embedder, limits=Limits(file_bytes=1_000_000))


@contextmanager
def another_writer(home: Path) -> Iterator[None]:
    """Let another process be the collection's writer for the block."""
    script = f"""
import sys
from pathlib import Path
from index.store import Store
with Store.open(Path({str(home)!r})) as store, store.writing():
    print("writing", flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        yield
        process.communicate()


@pytest.mark.parametrize(
    "write",
    [
        lambda ingest, folder: ingest.add([folder]),
        lambda ingest, folder: ingest.add_text("Text.", title="T", source="s", media_type="text/plain"),
        lambda ingest, folder: ingest.re_embed(),
    ],
)
def test_a_second_writer_is_refused_and_loses_nothing(tmp_path: Path, write: Callable[[Ingest, Path], object]) -> None:
    folder = fill(tmp_path / "files", "a.txt")
    with Store.open(tmp_path / "home") as store:
        ingest = ingest_of(store)
        ingest.add([folder])
        with another_writer(tmp_path / "home"):
            with pytest.raises(StoreBusy, match="Another process is writing"):
                write(ingest, folder)
            assert len(store.documents()) == 1
        write(ingest, folder)


def large_files(folder: Path, count: int) -> Path:
    """Make files that take far more room in a store than small ones do."""
    folder.mkdir()
    for number in range(count):
        text = "".join(f"File {number} has sentence w{number}x{n} of many words. " for n in range(2500))
        (folder / f"{number}.txt").write_text(text)
    return folder


def index_on_a_full_disk(home: str, folder: str) -> None:
    """Index a folder while no file may grow past a limit, and print what became of each of its files."""
    with Store.open(Path(home)) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (_ROOM, resource.RLIM_INFINITY))
        for each in ingest_of(store).add([folder]).files:
            found = len(store.full_text([f"w{Path(each.path).stem}x7"], 5))
            sys.stdout.write(f"{Path(each.path).name}|{each.outcome}|{found}|{each.reason}\n")


def test_a_full_disk_fails_what_finds_no_room_and_keeps_the_rest_searchable(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", large_files(tmp_path / "files", 8)
    script = f"from tests.test_ingest_limits import index_on_a_full_disk as f; f({str(home)!r}, {str(folder)!r})"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    reports = [line.split("|") for line in done.stdout.splitlines()]
    assert [name for name, *_ in reports] == [f"{number}.txt" for number in range(8)]
    added = [name for name, outcome, *_ in reports if outcome == "added"]
    assert 0 < len(added) < 8
    for _, outcome, found, reason in reports:
        assert (outcome, found, bool(reason)) in {("added", "1", False), ("failed", "0", True)}
        assert not reason or (is_a_sentence(reason) and reason.startswith("There is no room to write"))
    assert "Traceback" not in done.stderr
    with Store.open(home) as store:
        assert [Path(document.source).name for document in store.documents()] == added
        report = ingest_of(store).add([folder])
        assert [Path(each.path).name for each in report.unchanged] == added
        assert len(report.added) == 8 - len(added)
        sentence_vectors_are_of_their_text(store)


def test_a_text_that_finds_no_room_leaves_the_older_one(tmp_path: Path) -> None:
    long = large_files(tmp_path / "files", 1) / "0.txt"
    with Store.open(tmp_path / "home") as store:
        ingest = ingest_of(store)
        kept = ingest.add_text("The old text.", title="T", source="s", media_type="text/plain")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, limits[1]))
        try:
            with pytest.raises(StoreFull, match="make room"):
                ingest.add_text(long.read_text() * 3, title="T", source="s", media_type="text/plain")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert [(each.id, each.text) for each in store.documents()] == [(kept.id, "The old text.")]
        assert store.catalog.rows("SELECT count(*) FROM document") == [(1,)]
        ingest.add_text("The new text.", title="T", source="s", media_type="text/plain")
        assert [each.text for each in store.documents()] == ["The new text."]


def test_embedding_anew_stops_at_a_full_disk_and_goes_on_with_room(tmp_path: Path) -> None:
    folder = large_files(tmp_path / "files", 6)
    with Store.open(tmp_path / "home") as store:
        ingest_of(store).add([folder])
        other = ingest_of(store, "other")
        store.replace_embedding_identity(HashEmbedder("other").identity)
        store.catalog.shrink()
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (_ROOM, limits[1]))
        try:
            with pytest.raises(StoreFull, match="make room"):
                other.re_embed()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        left = len(store.documents_without_passages())
        assert 0 < left < 6
        assert len(store.documents()) == 6
        assert len(other.re_embed().updated) == left
        sentence_vectors_are_of_their_text(store, "other")
