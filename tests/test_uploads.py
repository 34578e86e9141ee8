"""Names of files that are sent: whatever is written, they stay below the folder of uploads and leave nothing behind."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant import Assistant
from assistant.uploads import Sent, add_uploads, name_of, told_apart, unusable
from index.errors import UnreadableSource
from index.models import Progress
from tests import papers

PARTS = st.sampled_from(
    ["..", ".", "", "a", "B.pdf", "C:", "c:x", "\0", "...", " ", "~", "é" * 130, "x" * 256, "\ud800"]
)
NAMES = st.lists(PARTS | st.text(max_size=8), max_size=40).flatmap(
    lambda parts: st.sampled_from("/\\").map(lambda between: between.join(parts))
)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Assistant]:
    with Assistant.open(tmp_path / "home") as opened:
        yield opened


def sent(tmp_path: Path, name: str, data: bytes) -> Sent:
    path = tmp_path / "sent" / str(len(list(tmp_path.glob("sent/*"))))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return Sent(name, path, len(data))


def added(shelf: Assistant, *files: Sent) -> dict[str, tuple[str, str]]:
    """The outcome and reason of each file, by its name."""
    steps: list[Progress] = []
    add_uploads(shelf, files, steps.append)
    return {step.path: (step.outcome, step.reason) for step in steps if step.outcome}


@given(NAMES | st.text())
@example("./a:b")
@example("a:..\\b:c")
def test_whatever_a_name_is_it_stays_below_its_folder(written: str) -> None:
    try:
        name = name_of(written)
    except UnreadableSource:
        return
    for path in (PurePosixPath("/uploads") / name, PureWindowsPath("D:/uploads") / name):
        assert ".." not in path.parts
        assert path.is_relative_to(path.parents[-2]), path
        assert "uploads" in path.parts
    assert not PureWindowsPath(name).drive
    assert "\\" not in name
    assert "\0" not in name
    assert name_of(name) == name
    assert max(len(part.encode()) for part in name.split("/")) <= 255


@given(st.lists(st.sampled_from(["a", "a (2)", "b/a", "b/a.txt", "b/a (2).txt", ".x"])))
def test_of_two_files_of_one_name_one_gets_a_number_in_its_own_folder(names: list[str]) -> None:
    given_names = list(told_apart(names))
    assert len(set(given_names)) == len(names)
    for written, name in zip(names, given_names, strict=True):
        assert PurePosixPath(name).parent == PurePosixPath(written).parent
        assert PurePosixPath(name).suffix == PurePosixPath(written).suffix
    assert names[:1] == given_names[:1]


@given(st.text())
def test_a_name_that_cannot_be_kept_is_still_called_something(written: str) -> None:
    assert unusable(written, 0).isprintable()
    assert "/" not in unusable(written, 0)


@pytest.mark.parametrize(
    "written",
    [
        "letters/1931/may.pdf",
        "/letters/1931/may.pdf",
        "letters\\1931\\may.pdf",
        "C:\\letters\\..\\1931\\may.pdf",
        "./letters//1931/../may.pdf",
    ],
)
def test_folders_are_kept(written: str) -> None:
    assert name_of(written) == "letters/1931/may.pdf"


def test_a_file_that_takes_a_folders_name_fails_alone_and_leaves_no_folder(shelf: Assistant, tmp_path: Path) -> None:
    pdf = papers.pdf(papers.lines("The town lies in a valley."))
    told = added(
        shelf,
        sent(tmp_path, "town.pdf", pdf),
        sent(tmp_path, "town.pdf/deep/note.txt", b"A note with a few words."),
        sent(tmp_path, "other/note.txt", b"Another note with a few words."),
    )
    assert [outcome for outcome, _ in told.values()] == ["failed", "added", "added"]
    assert "could not be kept" in told["town.pdf/deep/note.txt"][1]
    again = added(shelf, sent(tmp_path, "other.txt/a.pdf", pdf))
    assert again["other.txt/a.pdf"][0] == "added"
    onto = added(shelf, sent(tmp_path, "other.txt", b"A text in the place of a folder."))
    assert onto["other.txt"][0] == "failed"
    assert sorted(each.name for each in shelf.originals.uploads.rglob("*")) == ["a.pdf", "other.txt", "town.pdf"]


def test_what_is_removed_leaves_no_file_and_no_folder(shelf: Assistant, tmp_path: Path) -> None:
    pdf = papers.pdf(papers.lines("The town lies in a valley."))
    names = ("a/b/c/town.pdf", "a/b/town.pdf", "a/note.txt", "town.pdf")
    added(shelf, *(sent(tmp_path, name, pdf if name.endswith("pdf") else b"A note of words.") for name in names))
    documents = {each.source.removeprefix(f"{shelf.originals.uploads}/"): each for each in shelf.documents()}
    assert set(documents) == set(names)
    shelf.remove(documents["a/b/c/town.pdf"].id)
    assert shelf.originals.has_pictures(documents["a/b/town.pdf"])
    assert not (shelf.originals.uploads / "a/b/c").exists()
    for name in names[1:]:
        shelf.remove(documents[name].id)
    assert not shelf.originals.uploads.exists()


@pytest.mark.parametrize("inside", ["../catalog.sqlite", "../../mine.txt", "a/../../catalog.sqlite", "", "."])
def test_an_apps_source_that_looks_like_an_upload_deletes_nothing(
    shelf: Assistant, tmp_path: Path, inside: str
) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    (shelf.home / "mine.txt").write_text("mine")
    before = sorted(str(each) for each in tmp_path.rglob("*"))
    source = f"{shelf.originals.uploads}/{inside}"
    shelf.remove(shelf.add_text("A text of an app.", title="x", source=source).id)
    assert set(before) <= {str(each) for each in tmp_path.rglob("*")}
