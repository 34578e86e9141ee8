"""Reading a store: what is searched is found the same way by every road, and a slice is the source to the character."""

import re
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.crash_child import plain, sentences_of, text_of, vector_of
from index.errors import DocumentNotFound, EmbeddingMismatch
from index.models import EmbeddingIdentity, PassageDraft, Sentence
from index.servers import Servers
from index.store import NewPassage, Store
from tests.conftest import chosen_backend
from tests.desk_index import IDENTITY, nearest_to, put, texts


@pytest.fixture(params=["sqlite", "postgres", "chroma"])
def backends(request: pytest.FixtureRequest) -> Servers:
    return chosen_backend(request)


@pytest.fixture
def store(store: Store) -> Store:
    store.set_embedding_identity(IDENTITY)
    return store


def test_the_answer_is_the_same_before_and_after_folding(store: Store) -> None:
    for source in range(20):
        put(store, f"s{source}", text_of(source, 1))
    questions = [vector_of(f"question {number}") for number in range(10)]
    scanned = [nearest_to(store, question) for question in questions]
    store.fold()
    store.warm_up()
    folded = [nearest_to(store, question) for question in questions]
    assert store.generations.is_open
    for source in range(20, 23):
        put(store, f"s{source}", text_of(source, 1))
    mixed = [nearest_to(store, question) for question in questions]
    store.rebuild()
    assert folded == scanned
    assert [nearest_to(store, question) for question in questions] == mixed
    assert store.generations.is_open


def test_only_the_named_documents_are_searched(store: Store) -> None:
    documents = [put(store, f"s{source}", text_of(source, 1)) for source in range(5)]
    store.fold()
    wanted = [documents[3].id]
    dense = store.dense(vector_of("x"), 100, wanted)
    assert len(dense) == documents[3].passages
    assert {p.source for p in store.passages([n for n, _ in dense]).values()} == {"s3"}
    assert len(store.full_text(["here"], 100)) == sum(document.passages for document in documents)
    assert len(store.full_text(["here"], 100, wanted)) == documents[3].passages
    assert store.dense(vector_of("x"), 5, []) == store.full_text(["here"], 5, []) == []


def test_equal_scores_are_ordered_by_passage_id(store: Store) -> None:
    text = "Same words here. " * 30
    put(store, "a", text)
    for found in (store.dense(vector_of("Same words here."), 30), store.full_text(["same"], 30)):
        assert [number for number, _ in found] == sorted(number for number, _ in found)
        assert len(found) == 30


@pytest.mark.parametrize(
    "term", ['"', "a OR b", "NEAR(", "*", "", " ", "\x00", "\ud800", "-", "terms:x", "3.14", "北京"]
)
def test_no_word_can_break_a_full_text_query(store: Store, term: str) -> None:
    put(store, "a", text_of(1, 1))
    assert store.full_text([term], 5) == []
    assert store.document_frequencies([term, "here"])[term] == 0


def test_document_frequencies_count_passages(store: Store) -> None:
    first = put(store, "a", text_of(1, 1))
    second = put(store, "b", text_of(2, 1))
    assert store.document_frequencies(["here", "s1v1n0", "absent"]) == {
        "here": first.passages + second.passages, "s1v1n0": 1, "absent": 0,
    }  # fmt: skip
    store.remove(second.id)
    assert store.document_frequencies(["here"]) == {"here": first.passages}


def test_words_after_the_sentences_are_searched_and_not_given_back(store: Store) -> None:
    sentence = Sentence(0, 5)
    draft = PassageDraft(0, 5, "Heading", 2, (sentence,), "")
    with store.writing():
        pending = store.begin_document("a", plain("a", "Text."))
        new = NewPassage(draft, vector_of("x"), vector_of("x").reshape(1, -1), [["text"], ["heading"]])
        store.finish_document(pending, [new])
    ((number, _),) = store.full_text(["heading"], 5)
    stored = store.passages([number])[number]
    assert stored.terms == ("text",)
    assert (stored.passage.heading, stored.passage.page) == ("Heading", 2)


_ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_ANY_TEXT | st.text("a\u0301\U0001f600\r\n\ufeff e", max_size=60), st.data())
def test_a_slice_is_the_source_to_the_character(store: Store, text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    with store.writing():
        pending = store.begin_document("any", plain("any", text))
        draft = PassageDraft(start, end, "", None, (Sentence(start, end),), "")
        vector = vector_of("x")
        document = store.finish_document(pending, [NewPassage(draft, vector, vector.reshape(1, -1), [[]])])
    assert document.text == text
    assert store.slice(document.id, start, end) == text[start:end]
    ((number, _),) = store.dense(vector, 1)
    assert store.passages([number])[number].passage.text == text[start:end]


def test_lines_are_counted_as_an_editor_does(store: Store) -> None:
    document = put(store, "a", "one\r\ntwo\nthree\rfour")
    lines = {word: store.line_of(document.id, document.text.index(word)) for word in ("one", "two", "three", "four")}
    assert lines == {"one": 1, "two": 2, "three": 3, "four": 4}


def test_the_digest_depends_on_the_content_and_not_on_the_order(tmp_path: Path, backends: Servers) -> None:
    digests = []
    for order in ((1, 2, 3), (3, 1, 2)):
        with Store.open(tmp_path, f"order-{order[0]}", servers=backends) as store:
            store.set_embedding_identity(IDENTITY)
            for source in order:
                put(store, f"s{source}", text_of(source, 1))
            digests.append(store.index_digest())
            put(store, "s1", text_of(1, 2))
            assert store.index_digest() != digests[-1]
    assert digests[0] == digests[1]


def test_a_snapshot_shows_one_state_for_a_whole_question(store: Store, tmp_path: Path, backends: Servers) -> None:
    put(store, "a", text_of(1, 1))
    with Store.open(tmp_path / "home", servers=backends) as writer, store.snapshot():
        found = store.full_text(["s1v1n0"], 1)
        put(writer, "a", text_of(1, 2))
        assert texts(store, found) == [text_of(1, 1).split(". ")[0] + "."]
        assert len(store.dense(vector_of("x"), 50)) == len(sentences_of(text_of(1, 1)))
    assert store.full_text(["s1v1n0"], 1) == []


def test_many_threads_ask_while_one_writes(store: Store) -> None:
    for source in range(5):
        put(store, f"s{source}", text_of(source, 1))
    failures: list[BaseException] = []
    done = threading.Event()

    def ask() -> None:
        try:
            while not done.is_set():
                with store.snapshot():
                    found = store.dense(vector_of("x"), 20)
                    assert len(store.passages([number for number, _ in found])) == len(found) == 20
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for version in range(2, 8):
        put(store, "s1", text_of(1, version))
        store.fold()
    store.warm_up()
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    # A question under way may have missed the generation that it saw and been answered by a scan; the next is not.
    assert len(store.dense(vector_of("x"), 20)) == 20
    assert store.generations.is_open


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("ab\r\n\u2028\x0b", max_size=40))
def test_a_line_ends_with_lf_cr_or_both_and_with_nothing_else(store: Store, text: str) -> None:
    with store.writing():
        document = store.finish_document(store.begin_document("a", plain("a", text)), [])
    counted = [store.line_of(document.id, offset) for offset in range(len(text) + 1)]
    assert counted == [len(re.split("\r\n|\r|\n", text[:offset])) for offset in range(len(text) + 1)]
    assert store.line_of(document.id, -1) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), max_size=6), st.integers(0, 4))
def test_a_character_is_in_its_passage_or_in_none(store: Store, pieces: list[tuple[int, int]], rest: int) -> None:
    """Every piece is a gap and the length of the passage after it."""
    spans, end = [], 0
    for gap, length in pieces:
        spans.append((end + gap, end + gap + length))
        end += gap + length
    vector = vector_of("x")
    drafts = [PassageDraft(start, stop, "", None, (Sentence(start, stop),), "") for start, stop in spans]
    with store.writing():
        pending = store.begin_document("a", plain("a", "🙂" * (end + rest)))
        new = [NewPassage(draft, vector, vector.reshape(1, -1), [[]]) for draft in drafts]
        document = store.finish_document(pending, new)
    put(store, "other", text_of(1, 1))
    for offset in range(-1, end + rest + 2):
        found = store.passage_at(document.id, offset)
        holding = [span for span in spans if span[0] <= offset < span[1]]
        assert ([(found.passage.start, found.passage.end)] if found else []) == holding
        assert found is None or (found.passage.document_id, found.source) == (document.id, "a")


@pytest.mark.parametrize("document_id", ["d0", "", "\x00", "\ud800", "d" * 100_000])
def test_places_in_a_document_that_does_not_exist_are_not_found(store: Store, document_id: str) -> None:
    for ask in (store.passage_at, store.line_of):
        with pytest.raises(DocumentNotFound) as raised:
            ask(document_id, 0)
        assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    "other",
    [
        EmbeddingIdentity("other", IDENTITY.revision, IDENTITY.dimension, IDENTITY.weights_hash),
        EmbeddingIdentity(IDENTITY.name, "2", IDENTITY.dimension, IDENTITY.weights_hash),
        EmbeddingIdentity(IDENTITY.name, IDENTITY.revision, 768, IDENTITY.weights_hash),
        EmbeddingIdentity(IDENTITY.name, IDENTITY.revision, IDENTITY.dimension, "0" * 64),
    ],
)
def test_a_question_needs_the_model_that_made_the_vectors(store: Store, other: EmbeddingIdentity) -> None:
    store.require_embedding_identity(IDENTITY)
    with pytest.raises(EmbeddingMismatch, match="assistant doctor --re-embed"):
        store.require_embedding_identity(other)
    assert store.embedding_identity() == IDENTITY


def test_a_new_collection_takes_questions_of_any_model_and_remembers_none(tmp_path: Path, backends: Servers) -> None:
    with Store.open(tmp_path / "home", servers=backends) as store:
        store.require_embedding_identity(IDENTITY)
        assert store.embedding_identity() is None
