"""Sync: the collection equals the folder afterwards, and what has not changed is not read."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import files
from index.errors import UnreadableSource
from index.file_records import FileRow
from index.ingest import Ingest
from index.models import IngestReport, Progress
from index.store import Store
from index.sync import plan
from tests.desk_index import HashEmbedder

NAMES = ("a.txt", "b.txt", "c.md", "deep/a.txt", "deep/d.txt")
TEXTS = ("The bridge was opened in 1932.", "The tower is 40 metres high.", "", "\x89PNG\x00")


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture
def ingest(store: Store, embedder: HashEmbedder) -> Ingest:
    return Ingest(store, lambda: embedder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    for name in NAMES[:4]:
        write(made, name, f"The text of {name} is here.")
    return made


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("latin-1"))


def outcomes(report: IngestReport, folder: Path) -> dict[str, str]:
    return {os.path.relpath(each.path, folder): each.outcome for each in report.files}


def content(store: Store, folder: Path) -> dict[str, str]:
    return {os.path.relpath(each.source, folder): each.text for each in store.documents()}


def forbid_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, name: str, max_bytes: int) -> tuple[bytes, bool]:
        raise AssertionError(f"{name} was opened")

    monkeypatch.setattr(files, "_loaded", refuse)


def test_odd_names_are_kept_and_what_is_no_file_is_named(ingest: Ingest, store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    names = [
        "new\nline.txt",
        "🌉 bridge.txt",
        "ä" * 125 + ".txt",
        " .txt",
        "'; DROP TABLE file; --.txt",
        "a%20b?c#d.txt",
    ]
    for name in names:
        write(folder, name, f"The text of {names.index(name)} is here.")
    os.mkfifo(folder / "pipe.txt")
    (folder / "link.txt").symlink_to(folder / names[1])
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.txt")).write_text("Not a valid name.")
    first = ingest.sync(folder)
    assert {each.path for each in first.added} == {str(folder / name) for name in names}
    assert {each.path.rpartition("/")[2]: each.outcome for each in first.files if each.outcome == "failed"}.keys() == {
        "pipe.txt",
        "link.txt",
        os.fsdecode(b"\xff\xfe.txt").encode("utf-8", "backslashreplace").decode(),
    }
    assert content(store, folder) == {name: f"The text of {names.index(name)} is here." for name in names}
    assert {each.outcome for each in ingest.sync(folder).files} == {"unchanged", "failed"}


def test_a_second_run_opens_no_file_and_changes_nothing(
    ingest: Ingest, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "broken.txt", "\x89PNG\x00")
    first = ingest.sync(folder)
    digest = store.index_digest()
    forbid_reading(monkeypatch)
    second = ingest.sync(folder)
    assert outcomes(first, folder) == {**dict.fromkeys(NAMES[:4], "added"), "broken.txt": "failed"}
    assert outcomes(second, folder) == {**dict.fromkeys(NAMES[:4], "unchanged"), "broken.txt": "failed"}
    assert [each.reason for each in first.failed] == [each.reason for each in second.failed]
    assert store.index_digest() == digest


def test_files_are_added_updated_renamed_and_removed(
    ingest: Ingest, store: Store, embedder: HashEmbedder, folder: Path
) -> None:
    ingest.sync(folder)
    embedded = len(embedder.embedded)
    write(folder, "b.txt", "Another text.")
    (folder / "c.md").unlink()
    (folder / "deep" / "a.txt").rename(folder / "other.txt")  # another title, so it is read anew
    shutil.copy(folder / "a.txt", folder / "copy.txt")
    report = ingest.sync(folder)
    found = outcomes(report, folder)
    assert found == {
        "a.txt": "unchanged", "b.txt": "updated", "c.md": "removed", "other.txt": "renamed", "copy.txt": "added",
    }  # fmt: skip
    assert content(store, folder) == {
        "a.txt": "The text of a.txt is here.",
        "b.txt": "Another text.",
        "copy.txt": "The text of a.txt is here.",
        "other.txt": "The text of deep/a.txt is here.",
    }
    assert len(embedder.embedded) > embedded


def test_an_interrupted_run_is_taken_up_where_it_stopped(
    ingest: Ingest, store: Store, embedder: HashEmbedder, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    for number in range(150):
        write(folder, f"{number:03d}.txt", f"The text of number {number} is here.")

    def interrupt(step: Progress) -> None:
        if step.done == 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest.sync(folder, interrupt)
    done = len(store.documents())
    assert 60 < done < 150
    embedder.embedded.clear()
    report = ingest.sync(folder)
    assert (len(report.unchanged), len(report.added)) == (done, 150 - done)
    assert len(embedder.embedded) == 150 - done
    assert len(content(store, folder)) == 150


def test_a_file_that_moves_to_another_folder_keeps_its_passages(
    ingest: Ingest, store: Store, embedder: HashEmbedder, folder: Path
) -> None:
    ingest.sync(folder)
    (folder / "b.txt").rename(folder / "deep" / "b.txt")
    embedded = len(embedder.embedded)
    report = ingest.sync(folder)
    (renamed,) = report.renamed
    assert renamed.path == str(folder / "deep" / "b.txt")
    assert renamed.reason == f"It was {folder / 'b.txt'}."
    assert store.document(str(renamed.document_id)).source == renamed.path
    assert len(embedder.embedded) == embedded
    assert outcomes(ingest.sync(folder), folder)["deep/b.txt"] == "unchanged"


def test_a_new_time_alone_makes_no_file_changed(ingest: Ingest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest.sync(folder)
    os.utime(folder / "a.txt", ns=(1, 1))
    assert outcomes(ingest.sync(folder), folder)["a.txt"] == "unchanged"
    forbid_reading(monkeypatch)
    assert outcomes(ingest.sync(folder), folder)["a.txt"] == "unchanged"


def test_a_file_that_can_no_longer_be_read_loses_its_document(ingest: Ingest, store: Store, folder: Path) -> None:
    ingest.sync(folder)
    write(folder, "a.txt", "\x89PNG\x00")
    assert outcomes(ingest.sync(folder), folder)["a.txt"] == "failed"
    assert "a.txt" not in content(store, folder)
    assert [row.source for row in store.unread_files()] == [str(folder / "a.txt")]
    write(folder, "a.txt", "Words again.")
    assert outcomes(ingest.sync(folder), folder)["a.txt"] == "added"
    assert store.unread_files() == []


def test_a_removed_document_comes_back(ingest: Ingest, store: Store, folder: Path) -> None:
    ingest.sync(folder)
    (document,) = [each for each in store.documents() if each.source == str(folder / "a.txt")]
    store.remove(document.id)
    assert outcomes(ingest.sync(folder), folder)["a.txt"] == "added"


def test_documents_of_other_folders_stay(ingest: Ingest, store: Store, folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "folder2", "x.txt", "Words.")
    ingest.sync(tmp_path / "folder2")
    ingest.add_text("Words of an app.", title="t", source="an app's", media_type="text/plain")
    ingest.sync(folder)
    shutil.rmtree(folder)
    folder.mkdir()
    assert len(ingest.sync(folder).removed) == 4
    assert sorted(each.source for each in store.documents()) == [str(tmp_path / "folder2" / "x.txt"), "an app's"]


def test_a_folder_that_was_added_before_is_taken_over(ingest: Ingest, folder: Path) -> None:
    ingest.add([folder])
    assert set(outcomes(ingest.sync(folder), folder).values()) == {"unchanged"}


@pytest.mark.parametrize("name", ["nowhere", "folder/a.txt", ""])
def test_what_is_no_folder_is_refused(ingest: Ingest, folder: Path, name: str) -> None:
    with pytest.raises(UnreadableSource, match=r"^There is no folder .*; check the path\.$"):
        ingest.sync(folder.parent / name if name else f"{folder}/a.txt")


Step = tuple[str, str, str]
STEPS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(NAMES), st.sampled_from(TEXTS)),
    st.tuples(st.just("delete"), st.sampled_from(NAMES), st.just("")),
    st.tuples(st.just("move"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("sync"), st.just(""), st.just("")),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=14))
def test_whatever_happens_to_a_folder_the_collection_equals_it(
    tmp_path_factory: pytest.TempPathFactory, steps: Sequence[Step]
) -> None:
    base = tmp_path_factory.mktemp("sync")
    folder = base / "folder"
    folder.mkdir()
    clock = 1
    with Store.open(base / "home") as store:
        ingest = Ingest(store, HashEmbedder)
        for step, name, other in [*steps, ("sync", "", "")]:
            clock += 1
            path = folder / name
            if step == "write":
                write(folder, name, other)
                os.utime(path, ns=(clock, clock))
            elif step == "delete":
                path.unlink(missing_ok=True)
            elif step == "move" and path.exists():
                (folder / other).parent.mkdir(exist_ok=True)
                path.replace(folder / other)
            elif step == "sync":
                digest = store.index_digest()
                planned = ingest.sync(folder, dry_run=True)
                assert store.index_digest() == digest
                done = ingest.sync(folder)
                # Only reading a file tells that it cannot be read.
                failed = {each.path for each in done.failed}
                assert [
                    {(each.path, each.outcome) for each in report.files if each.path not in failed}
                    for report in (done, planned)
                ] == [{(each.path, each.outcome) for each in done.files if each.outcome != "failed"}] * 2
                readable = {
                    os.path.relpath(file, folder): file.read_text("utf-8")
                    for file in folder.rglob("*")
                    if file.is_file() and file.read_bytes() in [text.encode() for text in TEXTS[:2]]
                }
                assert content(store, folder) == readable
        ingest.close()


def test_a_file_without_a_noted_content_that_cannot_be_read_is_not_taken_for_unchanged(folder: Path) -> None:
    path = folder / NAMES[0]

    def refuse(path: Path) -> str:
        raise UnreadableSource("It may not be read.")

    found = plan(folder, {str(path): FileRow(str(path), 1, 1, "")}, refuse)
    assert path in found.to_read
    assert found.unchanged == ()
