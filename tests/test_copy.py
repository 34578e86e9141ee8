"""`assistant copy`: a home moves to a server and back, with the same answers and without embedding again."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assistant import Assistant, cli
from assistant.settings import load_settings
from bench.crash_child import text_of
from index.collections import collections_of
from index.copying import copy_collection
from index.errors import StoreBusy, StoreError
from index.file_records import FileRow
from index.servers import Servers
from index.store import Store
from tests.conftest import fill, opened
from tests.desk_index import IDENTITY, put

QUESTIONS = (
    "Who opened the Alder Bridge?",
    "What does a scan of a page cost?",
    "When did the ferry reach the harbour?",
)


def _run(home: Path, *arguments: str, url: str = "") -> Result:
    return CliRunner(env={"ASSISTANT_CATALOG_URL": url}).invoke(cli.app, ["--home", str(home), *arguments])


def _answers(home: Path, url: str = "") -> str:
    """What is answered from a home, as JSON without the time that it took."""
    with Assistant.open(settings=load_settings(home, collection="default", catalog_url=url)) as assistant:
        answers = [assistant.ask(question).to_dict() for question in QUESTIONS]
        listed: list[Any] = [document.to_dict() for document in assistant.documents()]
    assert all(answer["quotes"] for answer in answers)
    return json.dumps([[{**answer, "elapsed_ms": 0} for answer in answers], listed])


def test_a_home_moves_there_and_back_with_the_same_answers_to_the_byte(tmp_path: Path, catalog_url: str) -> None:
    home, back = tmp_path / "home", tmp_path / "back"
    with fill(opened(home)) as assistant:
        assistant.add_text("An older text.", title="log", source="rules")
        fill(assistant)  # so that the order of passages is not that of documents
    with Store.open(home, "second") as store:
        store.set_embedding_identity(IDENTITY)
        document = put(store, "a", text_of(1, 1))
        store.note_files([FileRow("a", 1, 2, "digest"), FileRow("b", 1, 2, "", "It is empty.")])
    before = _answers(home)
    there = _run(home, "copy", "--to", catalog_url)
    returned = _run(home, "copy", "--to", str(back), url=catalog_url)
    lines = ["default: 3 documents", "second: 1 documents with"]
    for done in (there, returned):
        assert done.exit_code == 0, done.output
        assert [line[: len(start)] for line, start in zip(done.stdout.splitlines(), lines, strict=True)] == lines
    assert _answers(home, catalog_url) == _answers(back) == before
    with Store.open(back, "second") as store:
        assert store.document(document.id) == document
        assert store.embedding_identity() == IDENTITY
        assert (store.file("a"), store.file("b")) == (
            FileRow("a", 1, 2, "digest"), FileRow("b", 1, 2, "", "It is empty."),
        )  # fmt: skip


def test_what_has_documents_is_never_overwritten_and_nothing_else_is_copied_then(tmp_path: Path) -> None:
    for home, names in (("from", ("a", "b")), ("to", ("b",))):
        for name in names:
            with Store.open(tmp_path / home, name) as store:
                put(store, home, text_of(1, 1))
    refused = _run(tmp_path / "from", "copy", "--to", str(tmp_path / "to"))
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: The collection 'b' has documents there already")
    assert collections_of(tmp_path / "to") == ["b"]
    with Store.open(tmp_path / "to", "b") as store:
        assert [document.source for document in store.documents()] == ["to"]


def test_a_copy_that_fails_leaves_an_empty_collection_that_can_be_copied_to(
    tmp_path: Path, backends: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(tmp_path / "from") as store:
        put(store, "a", text_of(1, 1))
    source, target = (tmp_path / "from", Servers()), (tmp_path / "to", backends)
    with monkeypatch.context() as patched:
        patched.setattr("index.copying.file_records.everything", lambda catalog: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            copy_collection("default", source, target)
    with Store.open(*target[:1], servers=backends) as store:
        assert store.documents() == []
        with store.writing(), pytest.raises(StoreBusy):
            copy_collection("default", source, target)
    assert copy_collection("default", source, target).documents == 1
    with pytest.raises(StoreError, match="documents there already"):
        copy_collection("default", source, target)


def test_an_empty_home_says_that_there_is_nothing_to_copy(tmp_path: Path) -> None:
    done = _run(tmp_path / "home", "copy", "--to", str(tmp_path / "to"))
    assert (done.exit_code, done.stdout) == (0, "There is no collection to copy.\n")


def test_an_address_of_something_else_is_refused_without_showing_it(tmp_path: Path) -> None:
    for arguments in (("copy",), ("--debug", "copy")):
        done = _run(tmp_path / "home", *arguments, "--to", "mysql://user:s3cret@host/name")
        assert done.exit_code == 1
        assert "PostgreSQL" in done.stderr
        assert "s3cret" not in done.output
