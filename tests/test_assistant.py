"""The front door: what is put in is answered from, what is restricted stays so, what is closed is closed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.models import Answer, Found
from assistant.settings import load_settings
from index import onnx_encoder
from index.collections import delete_collection
from index.errors import (
    AssistantError,
    DocumentNotFound,
    EmbeddingMismatch,
    InvalidSettings,
    ModelUnavailable,
    SourceChanged,
    StoreBusy,
    StoreError,
    UnreadableSource,
)
from index.models import Progress
from index.servers import Servers
from index.store import Store
from tests.conftest import LIBRARY, ROOT, chosen_backend, fill, opened
from tests.desk_models import tiny_encoder

WHO = "Who opened the Alder Bridge?"
FEES = "What does the loan of a map cost?"
QUESTIONS = (WHO, FEES, "How fast do trains cross the bridge?", "Which captain reported ice in the strait?")


def told(answer: Answer) -> dict[str, Any]:
    """The answer without the time that it took."""
    return {**answer.to_dict(), "elapsed_ms": 0}


@pytest.fixture(autouse=True, params=["sqlite", "postgres"])
def backends(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Servers:
    """What keeps the collections of a test's own homes, also of those that it opens by their path alone."""
    chosen = chosen_backend(request)
    monkeypatch.setenv("ASSISTANT_CATALOG_URL", chosen.catalog_url)
    return chosen


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with fill(opened(tmp_path / "home")) as made:
        yield made


# --- opening and closing


def test_opening_makes_the_home_and_loads_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_encoder, "open_session", pytest.fail)
    with opened(tmp_path / "new" / "home") as assistant:
        assert assistant.documents() == []
        assert assistant.ask(WHO).refused
    assert (tmp_path / "new" / "home").is_dir()


def test_a_second_home_uses_the_model_that_is_loaded(
    library: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not library.ask(WHO).refused
    monkeypatch.setattr(onnx_encoder, "open_session", pytest.fail)
    with fill(opened(tmp_path)) as second:
        assert [each.text for each in second.ask(WHO).quotes] == [each.text for each in library.ask(WHO).quotes]


def test_collections_of_one_home_know_nothing_of_each_other(assistant: Assistant) -> None:
    with Assistant.open(assistant.home, "another") as other:
        assert (other.collection, other.documents()) == ("another", [])
        assert other.ask(WHO).refused
        with pytest.raises(DocumentNotFound):
            other.document(assistant.documents()[0].id)


@pytest.mark.parametrize("collection", ["", "../up", "a b", "x" * 65])
def test_a_collection_of_an_impossible_name_is_refused(tmp_path: Path, collection: str) -> None:
    with pytest.raises(InvalidSettings):
        Assistant.open(tmp_path, collection)


def test_closing_twice_is_no_error_and_nothing_can_be_done_afterwards(tmp_path: Path) -> None:
    with opened(tmp_path) as assistant:
        fill(assistant)
        assistant.close()
    assistant.close()
    for call in (assistant.documents, lambda: assistant.ask(WHO), assistant.compact):
        with pytest.raises(StoreError):
            call()


def test_closing_brings_the_vector_index_up_to_date(tmp_path: Path, backends: Servers) -> None:
    with opened(tmp_path) as assistant:
        fill(assistant)
    with Store.open(tmp_path, servers=backends) as store:
        (generation,) = store.generations.others(0)
        assert store.generations.check(int(generation.name)) == ""


def test_a_store_that_was_replaced_meanwhile_is_let_go_of_all_the_same(tmp_path: Path, backends: Servers) -> None:
    assistant = fill(opened(tmp_path))
    if backends.catalog_url:
        delete_collection(tmp_path / "elsewhere", "default", backends)
    else:
        (tmp_path / "default" / "catalog.sqlite").rename(tmp_path / "moved.sqlite")
    with pytest.raises(StoreError):
        assistant.close()
    with pytest.raises(StoreError, match="closed"):
        assistant.documents()


# --- documents


def test_files_and_texts_become_documents_that_answer(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "birds.md").write_text("# Birds\n\nThe heron nests in March.\n", encoding="utf-8")
    steps: list[Progress] = []
    with opened(tmp_path / "home") as assistant:
        report = assistant.add(tmp_path / "notes", on_progress=steps.append)
        assert [each.outcome for each in report.files] == ["added"]
        assert [each.outcome for each in steps] == [None, "added"]
        (first, *_) = assistant.ask("When does the heron nest?").quotes
        assert (first.text, first.title, first.line) == ("The heron nests in March.", "Birds", 3)
        assert Path(first.source) == tmp_path / "notes" / "birds.md"
        assert [assistant.add([tmp_path / "notes"]).files[0].outcome for _ in range(2)] == ["unchanged"] * 2


def test_the_same_source_again_replaces_and_an_old_handle_says_so(assistant: Assistant) -> None:
    old = next(each for each in assistant.documents() if each.source == "alder")
    new = assistant.add_text("Nils Berg opened the Alder Bridge.", title="Alder Bridge", source="alder")
    assert new.id == old.id
    assert [each.text for each in assistant.ask(WHO).quotes] == ["Nils Berg opened the Alder Bridge."]
    with pytest.raises(SourceChanged):
        _ = old.text


def test_a_removed_document_answers_nothing(assistant: Assistant) -> None:
    quoted = assistant.ask(WHO).quotes[0].document_id
    assistant.remove(quoted)
    told_now = assistant.ask(WHO)
    assert told_now.refused
    assert quoted not in str(told_now.to_dict())
    assert all(hit.passage.document_id != quoted for hit in assistant.search(WHO))
    for call in (assistant.remove, assistant.document):
        with pytest.raises(DocumentNotFound):
            call(quoted)


@pytest.mark.parametrize("text", ["", " \n", "A\x00B", "\ud800"])
def test_a_text_that_is_none_is_refused_and_changes_nothing(assistant: Assistant, text: str) -> None:
    before = told(assistant.ask(WHO))
    with pytest.raises(UnreadableSource):
        assistant.add_text(text, title="Alder Bridge", source="alder")
    assert told(assistant.ask(WHO)) == before


# --- questions


def test_a_question_can_be_restricted_to_some_documents(library: Assistant) -> None:
    ids = {each.source: each.id for each in library.documents()}
    assert library.ask(WHO, documents=[ids["alder"]]).quotes[0].document_id == ids["alder"]
    assert library.ask(WHO, documents=[ids["rules"], ids["log"]]).refused
    for chosen in ([ids["rules"]], [ids["log"], ids["alder"]]):
        assert {hit.passage.document_id for hit in library.search(WHO, documents=chosen)} == set(chosen)
        found = next(library.stream(WHO, documents=(each for each in chosen)))  # type: ignore[arg-type]
        assert isinstance(found, Found)
        assert {hit.passage.document_id for hit in found.hits} == set(chosen)


@pytest.mark.parametrize("unknown", ["nowhere", "", "d" * 10_000, "\x00", "\ud800", "' OR 1=1 --"])
def test_a_document_that_is_not_there_is_said_at_once(library: Assistant, unknown: str) -> None:
    known = library.documents()[0].id
    for call in (library.ask, library.search, library.stream):
        with pytest.raises(DocumentNotFound):
            call(WHO, documents=[known, unknown])


def test_the_search_finds_the_passage_first_that_the_answer_quotes_first(library: Assistant) -> None:
    for question in QUESTIONS:
        (first, *_) = library.ask(question).quotes
        passage = library.search(question, k=1)[0].passage
        assert passage.document_id == first.document_id
        assert passage.start <= first.start < first.end <= passage.end


def test_warming_up_works_with_and_without_documents(library: Assistant, tmp_path: Path) -> None:
    library.warm_up()
    with opened(tmp_path) as empty:
        empty.warm_up()
        assert empty.documents() == []


def test_the_threshold_of_the_settings_decides_what_is_refused(assistant: Assistant) -> None:
    for threshold, refused in ((0.0, False), (1.0, True)):
        with opened(assistant.home, threshold=threshold) as other:
            for question in ("What is the GDP of France?", WHO):
                assert other.ask(question).refused is refused


# --- the same again


def test_the_answer_is_the_same_after_every_upkeep_and_in_every_order_of_indexing(
    tmp_path: Path, backends: Servers
) -> None:
    with fill(opened(tmp_path / "one")) as assistant:
        expected = [told(assistant.ask(question)) for question in QUESTIONS]
        assert [told(assistant.ask(question)) for question in QUESTIONS] == expected
        with Store.open(tmp_path / "one", servers=backends) as store:
            store.fold()
        assert [told(assistant.ask(question)) for question in QUESTIONS] == expected
        assistant.compact()
        assert [told(assistant.ask(question)) for question in QUESTIONS] == expected
        fill(assistant)
        assistant.remove(assistant.add_text("The heron nests in March.", title="Birds", source="birds").id)
        assert [told(assistant.ask(question)) for question in QUESTIONS] == expected
    with opened(tmp_path / "one") as again:
        assert [told(again.ask(question)) for question in QUESTIONS] == expected
    with fill(opened(tmp_path / "other"), LIBRARY[::-1]) as other:
        assert [told(other.ask(question)) for question in QUESTIONS] == expected


# --- models


def test_a_model_that_is_not_there_is_said_with_the_first_event(assistant: Assistant, tmp_path: Path) -> None:
    settings = load_settings(assistant.home, embedding_model=str(tmp_path / "nowhere"))
    with Assistant.open(settings=settings) as other:
        events = other.stream(WHO)
        with pytest.raises(ModelUnavailable):
            next(events)
        assert other.documents() == assistant.documents()


def test_another_model_is_refused_until_the_documents_are_embedded_anew(assistant: Assistant, tmp_path: Path) -> None:
    settings = load_settings(assistant.home, embedding_model=tiny_encoder(tmp_path))
    with Assistant.open(settings=settings) as other:
        calls = (other.ask, other.search, lambda text: other.add_text(text, title="T", source="s"))
        for call in calls:
            with pytest.raises(EmbeddingMismatch, match="re-embed"):
                call(WHO)
        assert len(other.re_embed().updated) == len(LIBRARY)
        assert other.search(WHO)
    with pytest.raises(AssistantError):
        assistant.ask(WHO)


# --- two processes

_SECOND = """
import sys
from assistant import Assistant
from assistant.settings import load_settings
from index.errors import StoreBusy
with Assistant.open(settings=load_settings(sys.argv[1])) as second:
    try:
        second.remove(second.documents()[0].id)
    except StoreBusy as error:
        print(error)
    print(second.ask(sys.argv[2]).quotes[0].text)
"""


def test_a_second_process_is_refused_as_a_writer_and_answers_as_a_reader(
    assistant: Assistant, backends: Servers
) -> None:
    arguments = [sys.executable, "-c", _SECOND, str(assistant.home), WHO]
    expected = assistant.ask(WHO).quotes[0].text
    with Store.open(assistant.home, servers=backends) as store, store.writing():
        with pytest.raises(StoreBusy):
            assistant.remove(assistant.documents()[0].id)
        second = subprocess.run(arguments, cwd=ROOT, env=os.environ, capture_output=True, text=True)
    refusal = "Another process is writing to this collection; try again when it has finished."
    assert second.stdout.splitlines() == [refusal, expected], second.stderr
    assert len(assistant.documents()) == len(LIBRARY)
