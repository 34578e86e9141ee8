"""Retrieval: what the two searches propose, in the order of a score that does not depend on how it was found."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Assistant, retrieve
from assistant.candidates import Candidate, Query
from bench.crash_child import DIMENSION, passages_of, plain
from index.dense import ROUNDING
from index.embed import load_embedder
from index.store import Store
from index.terms import question_terms
from tests.conftest import LIBRARY, fill, opened
from tests.desk_index import IDENTITY

QUESTIONS = ["Who opened the Alder Bridge?", "What does a scan cost?", "ice in the strait", "Petrel", "zzz qqq"]


@pytest.fixture(scope="module")
def store(library: Assistant) -> Iterator[Store]:
    with Store.open(library.home) as reader:
        yield reader


def query_of(store: Store, question: str) -> Query:
    weights = retrieve.weigh(store, question_terms(question))
    return Query(question, load_embedder().embed_question(question), weights)


def found(store: Store, question: str, documents: list[str] | None = None) -> tuple[Candidate, ...]:
    return retrieve.retrieve(store, query_of(store, question), documents=documents)


def place(candidate: Candidate) -> tuple[str, int]:
    return candidate.stored.passage.document_id, candidate.stored.passage.start


# --- the weights of words


def test_the_rarer_a_word_the_more_it_weighs_and_none_weighs_nothing(store: Store) -> None:
    weights = retrieve.weigh(store, ["petrel", "the", "nowhere"])
    assert weights["nowhere"] > weights["petrel"] > weights["the"] > 0


def test_a_weight_is_the_published_formula(store: Store) -> None:
    total = store.passage_count()
    (number,) = store.document_frequencies(["bridg"]).values()
    assert 0 < number < total
    assert retrieve.weigh(store, ["bridg"])["bridg"] == math.log(1 + (total - number + 0.5) / (number + 0.5))


def test_an_empty_collection_gives_every_word_a_weight(tmp_path: Path) -> None:
    with Store.open(tmp_path) as empty:
        assert retrieve.weigh(empty, ["word"])["word"] > 0
        assert found(empty, "word") == ()


# --- the candidates


@pytest.mark.parametrize("question", QUESTIONS)
def test_candidates_are_each_passage_at_most_once_best_first(store: Store, question: str) -> None:
    candidates = found(store, question)
    assert 1 <= len(candidates) <= retrieve.CANDIDATES
    assert len({place(each) for each in candidates}) == len(candidates)
    scores = [each.fused for each in candidates]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("question", QUESTIONS)
def test_words_add_between_nothing_and_one_to_the_cosine(store: Store, question: str) -> None:
    for each in found(store, question):
        assert -1 <= each.cosine <= 1
        assert 0 <= each.fused - each.cosine <= 1


def test_without_words_the_vectors_alone_decide(store: Store) -> None:
    vector = load_embedder().embed_question("bridge")
    candidates = retrieve.retrieve(store, Query("?", vector, {}))
    assert len(candidates) == store.passage_count()
    assert all(each.fused == each.cosine for each in candidates)


def test_words_that_no_passage_has_leave_the_order_of_the_vectors(store: Store) -> None:
    vector = load_embedder().embed_question("zzz qqq")
    alone = retrieve.retrieve(store, Query("zzz qqq", vector, {}))
    assert [place(each) for each in found(store, "zzz qqq")] == [place(each) for each in alone]


def test_a_passage_that_only_its_words_found_has_its_exact_cosine(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    vector = load_embedder().embed_question("Where do visitors leave their coats?")
    query = Query("?", vector, retrieve.weigh(store, ["petrel"]))
    expected = {place(each): each.cosine for each in retrieve.retrieve(store, query)}
    monkeypatch.setattr(retrieve, "PROPOSED", 1)
    candidates = retrieve.retrieve(store, query)
    assert {each.stored.title for each in candidates} == {"Reading room", "Harbour log"}
    for each in candidates:
        assert each.cosine == pytest.approx(expected[place(each)], abs=1e-6)


def test_a_candidate_reads_its_sentences_from_its_own_text(store: Store) -> None:
    for each in found(store, "bridge"):
        whole = store.document(each.stored.passage.document_id).text
        for sentence in each.stored.sentences:
            assert each.stored.text_of(sentence) == whole[sentence.start : sentence.end]


# --- where to look


def test_only_the_documents_that_are_named_are_searched(store: Store) -> None:
    for document in store.documents():
        for question in QUESTIONS:
            candidates = found(store, question, [document.id])
            assert candidates
            assert {each.stored.passage.document_id for each in candidates} == {document.id}


def test_no_documents_named_means_nothing_is_found(store: Store) -> None:
    assert found(store, "bridge", []) == ()


# --- the same again


def test_candidates_do_not_depend_on_the_order_of_indexing_even_where_scores_tie(tmp_path: Path) -> None:
    copies = [(title, f"copy of {source}", kind, text) for title, source, kind, text in LIBRARY]
    seen = []
    for name, documents in (("one", [*LIBRARY, *copies]), ("other", [*copies[::-1], *LIBRARY[::-1]])):
        with fill(opened(tmp_path / name), documents), Store.open(tmp_path / name) as reader:
            seen.append([[(place(each), each.fused) for each in found(reader, question)] for question in QUESTIONS])
    assert seen[0] == seen[1]
    scores = [score for _, score in seen[0][0]]
    assert len(set(scores)) < len(scores)


def test_candidates_are_the_same_before_and_after_the_vector_index_is_built(tmp_path: Path) -> None:
    with fill(opened(tmp_path)), Store.open(tmp_path) as reader:
        before = [[(place(each), each.fused) for each in found(reader, question)] for question in QUESTIONS]
        reader.fold()
        assert reader.generations.others(0)
        reader.warm_up()
        after = [[(place(each), each.fused) for each in found(reader, question)] for question in QUESTIONS]
        assert reader.generations.is_open
    assert before == after


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of 90 passages whose vectors differ by little more than what single precision leaves of them."""
    rng = np.random.default_rng(7)
    middle = rng.normal(size=DIMENSION)
    text = "".join(f"This is number {number}. " for number in range(90))
    vectors = (middle + 1e-4 * rng.normal(size=(90, DIMENSION))).astype(np.float32)
    passages = [replace(each, vector=vector) for each, vector in zip(passages_of(text), vectors, strict=True)]
    with Store.open(tmp_path_factory.mktemp("alike")) as store:
        store.set_embedding_identity(IDENTITY)
        with store.writing():
            store.finish_document(store.begin_document("a", plain("a", text)), passages)
        yield store


@given(st.integers(0, 2**32 - 1))
def test_candidates_do_not_depend_on_how_the_vector_index_rounds(alike: Store, seed: int) -> None:
    rng = np.random.default_rng(seed)
    query = Query("?", rng.normal(size=DIMENSION).astype(np.float32), retrieve.weigh(alike, ["7"]))

    def rounded(*arguments: Any) -> list[tuple[int, float]]:
        return [
            (number, cosine + rng.uniform(-ROUNDING, ROUNDING)) for number, cosine in Store.dense(alike, *arguments)
        ]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(retrieve, "PROPOSED", 90)
        exact = [(place(each), each.fused) for each in retrieve.retrieve(alike, query)]
        patched.setattr(alike, "dense", rounded)
        assert [(place(each), each.fused) for each in retrieve.retrieve(alike, query)] == exact
    assert len(exact) == retrieve.CANDIDATES


def test_vectors_of_the_store_have_length_one(store: Store) -> None:
    vectors = np.stack([each.stored.vector for each in found(store, "bridge")])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
