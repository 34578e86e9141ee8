"""Indexing in trouble: a bad source costs itself alone, and what was done stays done and is gone on from."""

import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from index.embed import Embedder, PassageVectors
from index.errors import EmbeddingMismatch, ModelUnavailable
from index.ingest import Ingest
from index.limits import Limits
from index.models import FileReport, ModelInput, Progress
from index.servers import Servers
from index.store import Store
from tests.desk_index import (
    UNUSABLE,
    HashEmbedder,
    fill,
    hash_vector,
    is_a_sentence,
    sentence_vectors_are_of_their_text,
)


@pytest.fixture
def backends() -> Servers:
    """These tests are about files and embedding models."""
    return Servers()


@pytest.fixture
def ingest(store: Store) -> Ingest:
    return ingest_of(store)


def ingest_of(store: Store, name: str = "hash") -> Ingest:
    return ingest_with(store, HashEmbedder(name))


def ingest_with(store: Store, embedder: Embedder) -> Ingest:
    return Ingest(store, lambda: embedder, limits=Limits(file_bytes=100_000))


def failure(ingest: Ingest, path: str | Path) -> FileReport:
    (report,) = ingest.add([path]).files
    assert report.outcome == "failed"
    assert report.document_id is None
    assert is_a_sentence(report.reason)
    return report


# --- bad sources


def test_a_bad_file_does_not_stop_the_others(ingest: Ingest, store: Store, tmp_path: Path) -> None:
    folder = fill(tmp_path / "files", *(f"{number}.txt" for number in range(10)), "picture.png")
    (folder / "2.txt").write_text("")
    (folder / "3.txt").write_bytes(b"\x00\xff")
    (folder / "4.txt").write_text("Long. " * 20_000)
    for name in ("5.txt", "6.txt"):
        (folder / name).unlink()
    (folder / "5.txt").symlink_to("nowhere")
    os.mkfifo(folder / "6.txt")
    (folder / "7.txt").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "8.txt").write_text("\ufeff \n")
    report = ingest.add([folder / "nothing.txt", folder])
    assert [Path(each.path).name for each in report.added] == ["0.txt", "1.txt", "9.txt"]
    assert len(report.failed) == 9
    assert all(is_a_sentence(each.reason) for each in report.failed)
    assert len(store.documents()) == 3


def test_an_empty_path_is_not_the_working_folder(
    ingest: Ingest, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(fill(tmp_path / "files", "a.txt"))
    assert failure(ingest, "").path == ""
    assert store.documents() == []
    assert len(ingest.add(["", "."]).added) == 1


@pytest.mark.parametrize("name", ["a\x00b.txt", "a" * 300 + ".txt", "x/" * 3000, "bad \udcff.txt", "\n", "a.txt/b.txt"])
def test_a_path_that_can_name_no_file_fails_alone(ingest: Ingest, tmp_path: Path, name: str) -> None:
    folder = fill(tmp_path / "files", "a.txt")
    report = ingest.add([f"{folder}/{name}", folder])
    assert [each.outcome for each in report.files] == ["failed", "added"]
    assert is_a_sentence(report.failed[0].reason)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep no such names")
def test_a_file_whose_name_is_no_text_is_reported_so_that_it_can_be_printed(ingest: Ingest, tmp_path: Path) -> None:
    folder = fill(tmp_path / "files", "a.txt", "bad \udcff.txt")
    report = ingest.add([folder])
    assert [each.outcome for each in report.files] == ["added", "failed"]
    assert report.failed[0].path == rf"{folder}/bad \udcff.txt"
    assert report.failed[0].reason.endswith("is not valid text; rename it and try again.")


@pytest.mark.parametrize("whole", [True, False])
def test_an_unreadable_folder_fails_and_the_rest_goes_on(
    ingest: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    folder = fill(tmp_path / "files", "a/a.txt", "secret/b.txt", "z.txt")
    scan: Callable[..., Any] = os.scandir

    def guarded(path: Any = ".") -> Any:
        if Path(path).name == "secret":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    # An administrator, as which tests may run, reads every folder whatever its permissions are.
    monkeypatch.setattr(os, "scandir", guarded)
    report = ingest.add([folder / "secret", folder / "a"] if whole else [folder])
    assert [each.path for each in report.failed] == [str(folder / "secret")]
    assert is_a_sentence(report.failed[0].reason)
    assert "cannot be read (Permission denied); check its permissions" in report.failed[0].reason
    assert [Path(each.path).name for each in report.added] == (["a.txt"] if whole else ["z.txt", "a.txt"])


@pytest.mark.skipif(os.geteuid() == 0, reason="an administrator reads every folder")
def test_a_file_in_a_folder_that_may_not_be_entered_fails(ingest: Ingest, tmp_path: Path) -> None:
    folder = fill(tmp_path / "files", "secret/b.txt")
    (folder / "secret").chmod(0)
    try:
        assert "permissions" in failure(ingest, folder / "secret" / "b.txt").reason
        assert "permissions" in failure(ingest, folder).reason
    finally:
        (folder / "secret").chmod(0o700)


def test_a_text_of_which_the_model_makes_no_vector_fails_alone(ingest: Ingest, store: Store, tmp_path: Path) -> None:
    folder = fill(tmp_path / "files", *(f"{number}.txt" for number in range(5)))
    (folder / "3.txt").write_text(f"This is {UNUSABLE}.")
    report = ingest.add([folder])
    assert [each.outcome for each in report.files] == ["added"] * 3 + ["failed", "added"]
    assert "no usable vector" in report.failed[0].reason
    assert store.catalog.rows("SELECT count(*) FROM document") == [(4,)]
    sentence_vectors_are_of_their_text(store)


# --- the model


def test_a_missing_model_is_one_error_and_not_one_a_file(store: Store, tmp_path: Path) -> None:
    folder = fill(tmp_path / "files", "a.txt", "b.txt")
    asked = []

    def unavailable() -> Embedder:
        asked.append(1)
        raise ModelUnavailable("The model is not there; install it.")

    with pytest.raises(ModelUnavailable):
        Ingest(store, unavailable, limits=Limits(file_bytes=1000)).add([folder])
    assert asked == [1]
    assert store.counts() == (0, 0)
    assert len(ingest_of(store).add([folder]).added) == 2


def test_a_store_made_by_another_model_is_left_as_it_is(ingest: Ingest, store: Store, tmp_path: Path) -> None:
    folder = fill(tmp_path / "files", "a.txt")
    ingest.add([folder])
    before = store.index_digest()
    fill(folder, "b.txt")
    other = ingest_of(store, "other")
    with pytest.raises(EmbeddingMismatch, match="assistant doctor --re-embed"):
        other.add([folder])
    with pytest.raises(EmbeddingMismatch):
        other.add_text("Text.", title="T", source="s", media_type="text/plain")
    assert store.index_digest() == before
    assert store.catalog.rows("SELECT count(*) FROM document") == [(1,)]


def test_embedding_anew_replaces_every_vector_and_no_text(ingest: Ingest, store: Store, tmp_path: Path) -> None:
    ingest.add([fill(tmp_path / "files", *(f"{number}.txt" for number in range(5)))])
    ingest.add_text("# Notes\n\nSome notes.", title="Notes", source="app", media_type="text/markdown")
    before = [(each.id, each.title, each.media_type, each.text) for each in store.documents()]
    seen: list[Progress] = []
    other = ingest_of(store, "other")
    assert len(other.re_embed(seen.append).updated) == 6
    assert [(each.id, each.title, each.media_type, each.text) for each in store.documents()] == before
    sentence_vectors_are_of_their_text(store, "other")
    store.warm_up()
    store.dense(hash_vector("anything"), 1)
    assert store.generations.is_open
    assert (seen[0].done, seen[-1].done, {step.total for step in seen}) == (0, 6, {6})
    assert other.re_embed().files == ()


class Interrupted(HashEmbedder):
    """Embeds the first two of the long files and is interrupted in the third."""

    def embed_passages(self, inputs: Sequence[ModelInput]) -> list[PassageVectors]:
        if any("File 2 says" in given.text for given in inputs):
            raise KeyboardInterrupt
        return super().embed_passages(inputs)


def long_files(folder: Path, count: int) -> Path:
    """Make files that are embedded one at a time."""
    fill(folder, *(f"{number}.txt" for number in range(count)))
    for number in range(count):
        (folder / f"{number}.txt").write_text("".join(f"File {number} says w{n}. " * 5 for n in range(250)))
    return folder


@pytest.mark.parametrize("again", ["re_embed", "add"])
def test_embedding_anew_goes_on_where_it_was_interrupted(store: Store, tmp_path: Path, again: str) -> None:
    folder = long_files(tmp_path / "files", 5)
    ingest_of(store).add([folder])
    with pytest.raises(KeyboardInterrupt):
        ingest_with(store, Interrupted("other")).re_embed()
    assert len(store.documents()) == 5
    assert len(store.documents_without_passages()) == 3
    embedder = HashEmbedder("other")
    rest = ingest_with(store, embedder)
    if again == "re_embed":
        assert len(rest.re_embed().updated) == 3
    else:
        assert [each.outcome for each in rest.add([folder]).files] == ["unchanged"] * 2 + ["updated"] * 3
    assert set(re.findall(r"File \d", "".join(embedder.embedded))) == {"File 2", "File 3", "File 4"}
    assert store.documents_without_passages() == []
    sentence_vectors_are_of_their_text(store, "other")


def test_what_was_reported_before_an_interruption_is_there(store: Store, tmp_path: Path) -> None:
    folder = long_files(tmp_path / "files", 5)
    seen: list[Progress] = []
    with pytest.raises(KeyboardInterrupt):
        ingest_with(store, Interrupted()).add([folder], seen.append)
    added = [step.path for step in seen if step.outcome == "added"]
    assert [each.source for each in store.documents()] == added == [str(folder / f"{n}.txt") for n in range(2)]
    assert [each.outcome for each in ingest_of(store).add([folder]).files] == ["unchanged"] * 2 + ["added"] * 3
