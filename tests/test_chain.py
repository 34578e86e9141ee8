"""One question as one stream: its events, what is refused, what no question can do, what it leaves behind."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableLambda

from assistant import Assistant, answer, chain, find
from assistant.models import Answered, Event, Found, Quoted, Token
from index.embed import load_embedder
from index.errors import InvalidQuestion
from index.store import Store
from prompts import bundled
from tests.conftest import fill, opened

WHO = "Who opened the Alder Bridge?"
ABSENT = "What is the GDP of France?"


def last_of(events: Sequence[Event]) -> Answered:
    assert isinstance(events[-1], Answered)
    return events[-1]


# --- the events


@pytest.mark.parametrize("question", [WHO, ABSENT, "ሰላም ለዓለም"])
def test_a_stream_is_found_quoted_the_text_in_pieces_and_the_answer(library: Assistant, question: str) -> None:
    events = list(library.stream(question))
    found, quoted, *tokens, last = events
    assert isinstance(found, Found)
    assert isinstance(quoted, Quoted)
    assert isinstance(last, Answered)
    pieces = [each.text for each in tokens if isinstance(each, Token)]
    assert len(pieces) == len(tokens) >= 1
    assert "".join(pieces) == last.answer.text
    assert quoted.quotes == last.answer.quotes
    assert found.searched_for == last.answer.searched_for == last.answer.question == question


def test_what_was_found_comes_best_first_and_a_refusal_shows_the_first_of_it(library: Assistant) -> None:
    found, *rest = library.stream(ABSENT)
    assert isinstance(found, Found)
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    assert last_of(rest).answer.nearest == found.hits[: chain.NEAREST]


def test_a_stream_that_is_abandoned_leaves_nothing_locked(tmp_path: Path) -> None:
    with fill(opened(tmp_path)) as assistant:
        for count in range(4):
            events = assistant.stream(WHO)
            kept = [next(events) for _ in range(count)]
            assistant.compact()
            assert len(kept) == count
            assistant.remove(assistant.documents()[0].id)
            fill(assistant)
        del events
        assert not assistant.ask(WHO).refused


def test_each_event_can_be_asked_for_by_another_thread(library: Assistant) -> None:
    steps = library.stream(WHO)
    events: list[Event] = []
    while not events or not isinstance(events[-1], Answered):
        with ThreadPoolExecutor(1) as thread:
            events.append(thread.submit(next, steps).result())
    assert last_of(events).answer.text == library.ask(WHO).text


def test_many_threads_get_the_same_answer(library: Assistant) -> None:
    with ThreadPoolExecutor(8) as threads:
        told = set(threads.map(lambda _: library.ask(WHO).text, range(16)))
    assert told == {library.ask(WHO).text}


@pytest.mark.parametrize("change", ["replace", "remove"])
def test_an_answer_never_mixes_old_and_new_text(tmp_path: Path, change: str) -> None:
    with opened(tmp_path) as assistant:
        old = assistant.add_text("Ida Holm opened the Alder Bridge.", title="Bridge", source="bridge")
        events = assistant.stream(WHO)
        found = next(events)
        assert isinstance(found, Found)
        assert found.hits[0].passage.text == "Ida Holm opened the Alder Bridge."
        if change == "replace":
            assistant.add_text("Nils Berg opened the Alder Bridge.", title="Bridge", source="bridge")
        else:
            assistant.remove(old.id)
            assistant.add_text("Nils Berg opened the Alder Bridge.", title="Bridge", source="another")
        told = last_of(list(events)).answer
        assert [each.text for each in told.quotes] == ["Nils Berg opened the Alder Bridge."]
        assert told.index_digest == assistant.ask(WHO).index_digest
        assert "Ida" not in str(told.to_dict())


# --- refusals that need no score


def test_without_documents_the_refusal_says_so_and_no_model_is_needed(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        engine = find.Engine(store, "default", pytest.fail, None, 0.5)
        told = last_of(list(chain.Chain(engine).stream(chain.request(WHO)))).answer
    assert told.refused
    assert told.text == told.reason == answer.word_refusal("empty", bundled())
    assert (told.quotes, told.nearest, told.score) == ((), (), 0.0)


@pytest.mark.parametrize("question", ["ሰላም ለዓለም", "ถาม อะไร"])
def test_a_script_that_neither_the_model_nor_a_document_knows_is_refused_as_such(
    library: Assistant, question: str
) -> None:
    told = library.ask(question)
    assert told.refused
    assert told.reason == answer.word_refusal("script", bundled())
    assert library.search(question) == []


def test_a_script_that_only_the_documents_know_is_searched_by_its_words(tmp_path: Path) -> None:
    with opened(tmp_path, threshold=0.0) as assistant:
        fill(assistant)
        assistant.add_text("ሰላም ለዓለም ይሁን።", title="Greeting", source="greeting")
        assert assistant.ask("ሰላም ለዓለም").quotes[0].text == "ሰላም ለዓለም ይሁን።"


def test_a_search_in_no_documents_at_all_finds_nothing(library: Assistant) -> None:
    told = library.ask(WHO, documents=[])
    assert told.reason == answer.word_refusal("nothing", bundled())
    assert told.nearest == ()


# --- questions nobody should ask


@pytest.mark.parametrize(
    "question",
    [
        "",
        " \n\t",
        "?!",
        "___",
        "—",
        "🚢",
        "a" * 100_000,
        "Who\x00?",
        "\x00",
        "\ud800",
        "Who \udfff opened it?",
        "\x1b\x07",
    ],
)
def test_what_cannot_be_searched_for_is_refused_in_one_sentence(library: Assistant, question: str) -> None:
    for call in (library.ask, library.search, library.stream):
        with pytest.raises(InvalidQuestion) as refusal:
            call(question)
        sentence = str(refusal.value)
        assert sentence.isprintable()
        assert sentence.endswith(".")
        assert len(sentence) < 200


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=40).map(lambda text: text + " bridge"))
def test_no_character_of_a_question_breaks_anything(library: Assistant, question: str) -> None:
    try:
        told = library.ask(question)
    except InvalidQuestion:
        assert any(character == "\0" or "\ud800" <= character <= "\udfff" for character in question)
    else:
        assert told.question == question
        assert all(library.resolve(each.permalink).text == each.text for each in told.quotes)


@pytest.mark.parametrize(
    "question",
    [
        " ".join(f"w{number:x}" for number in range(1200))[: chain.LONGEST_QUESTION],
        "\ufdfa" * chain.LONGEST_QUESTION,  # one character that folds to eighteen
        "a" * chain.LONGEST_QUESTION,
        'bridge" OR NEAR(alder* -holm) AND title:"x',
        "\x1b[31mbridge\x1b[0m\r\n\x07",
        "' ; DROP TABLE document; --",
    ],
)
def test_the_longest_and_the_strangest_questions_get_an_answer(library: Assistant, question: str) -> None:
    assert library.ask(question).question == question


# --- a reranker


class _LikesOne:
    def __init__(self, words: str) -> None:
        self.words = words

    def reads(self, question: str) -> bool:
        return True

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        assert all(text.startswith("Alder Bridge\n") for text in texts)
        return [float(self.words in text) for text in texts]


def test_a_reranker_brings_the_sentence_that_it_likes_to_the_front(library: Assistant) -> None:
    bridge = library.ask(WHO).quotes[0].document_id
    asked = chain.request("What is told of the bridge?", documents=[bridge])
    with Store.open(library.home) as store:
        for liked in ("storm tore away", "carries two railway tracks", "at 40 kilometres"):
            engine = find.Engine(store, "default", load_embedder, partial(_LikesOne, liked), 0.0)
            told = last_of(list(chain.Chain(engine).stream(asked))).answer
            scores = [each.score for each in told.quotes]
            assert liked in told.quotes[0].text
            assert scores == sorted(scores, reverse=True)
            assert liked in chain.search(engine, asked, 8)[0].passage.text


class _Records:
    def __init__(self) -> None:
        self.read: list[str] = []

    def reads(self, question: str) -> bool:
        return True

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        self.read += texts
        return [0.5] * len(texts)


def test_a_reranker_reads_a_table_row_with_the_names_of_its_columns(tmp_path: Path) -> None:
    rows = "".join(f"| Person {number} | {number} |\n" for number in range(90))
    table = ("People", "people", "text/markdown", f"| Name | Age |\n|---|---|\n{rows}")
    with fill(opened(tmp_path), [table]):
        records = _Records()
        with Store.open(tmp_path) as store:
            engine = find.Engine(store, "default", load_embedder, lambda: records, 0.0)
            list(chain.Chain(engine).stream(chain.request("What is the age of Person 88?")))
    assert "People\nName: Person 88; Age: 88" in records.read


# --- what is around it stays as it is


def test_nothing_of_the_callers_context_is_changed_between_two_events(library: Assistant) -> None:
    from langsmith import tracing_context
    from langsmith.run_helpers import get_tracing_context

    with tracing_context(enabled=True, project_name="theirs"):
        before, inside = dict(copy_context().items()), get_tracing_context()
        for _ in library.stream(WHO):
            assert get_tracing_context() == inside
            assert dict(copy_context().items()) == before
        abandoned = library.stream(WHO)
        next(abandoned)
        del abandoned
        assert dict(copy_context().items()) == before


def test_the_stages_do_not_report_to_the_callbacks_of_a_runnable_that_asks(library: Assistant) -> None:
    seen: list[Any] = []

    class Handler(BaseCallbackHandler):
        def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
            seen.append(kwargs.get("name"))

    def theirs(question: str) -> str:
        return library.ask(question).text

    text = RunnableLambda(theirs).invoke(WHO, config={"callbacks": [Handler()]})
    assert text == library.ask(WHO).text
    assert seen == ["theirs"]
