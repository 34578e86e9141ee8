"""The collections of a home: each opened once, none by a wrong name, deleted with everything that was in it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.library import Library
from assistant.settings import load_settings
from index.errors import CollectionNotFound, InvalidSettings, StoreBusy


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(load_settings(tmp_path)) as made:
        yield made


def test_the_default_collection_is_always_there_and_each_is_opened_once(library: Library) -> None:
    assert library.names() == ["default"]
    assert library.collection() is library.collection("default")
    library.create("letters")
    assert library.names() == ["default", "letters"]
    assert library.collection("letters") is library.create("letters")
    assert library.collection("letters").collection == "letters"


@pytest.mark.parametrize("name", ["nowhere", "../default", "a/b", " ", "x" * 300])
def test_a_collection_that_does_not_exist_is_named_with_those_that_do(library: Library, name: str) -> None:
    with pytest.raises(CollectionNotFound, match=r"^There is no collection .* the collections are default\.$"):
        library.collection(name)


@pytest.mark.parametrize("name", ["", "../x", "a b", ".hidden", "x" * 65, "uploads/a"])
def test_a_name_that_is_none_is_not_made(library: Library, name: str) -> None:
    with pytest.raises(InvalidSettings):
        library.create(name)
    assert library.names() == ["default"]


def test_a_deleted_collection_leaves_nothing_and_another_stays(library: Library, tmp_path: Path) -> None:
    library.create("letters").add_text("The secret is kept.", title="Letter", source="letter")
    library.create("notes").add_text("A note.", title="Note", source="note")
    library.delete("letters")
    assert library.names() == ["default", "notes"]
    assert not (tmp_path / "letters").exists()
    assert [each.title for each in library.collection("notes").documents()] == ["Note"]
    with pytest.raises(CollectionNotFound):
        library.delete("letters")
    with pytest.raises(InvalidSettings, match="cannot be deleted"):
        library.delete("default")


def test_a_collection_that_is_written_to_is_not_deleted(library: Library) -> None:
    written = library.create("letters")
    entered, leave = threading.Event(), threading.Event()

    def write() -> None:
        with written.writing():
            entered.set()
            leave.wait(10)

    writer = threading.Thread(target=write)
    writer.start()
    entered.wait(10)
    with pytest.raises(StoreBusy):
        library.delete("letters")
    leave.set()
    writer.join()
    assert library.names() == ["default", "letters"]
