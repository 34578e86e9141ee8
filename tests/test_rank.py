"""Ranking: sentences and passages in the order in which they answer, and how likely it is that they do at all."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Assistant, quote, rank, word_features
from assistant.candidates import NOTHING, Candidate, Query, Ranking
from index import schema
from index.models import BlockKind, Sentence
from index.rows import OwnedPassage
from index.stored import StoredPassage
from index.terms import terms

DIMENSION = 4
KINDS: tuple[BlockKind, ...] = ("paragraph", "heading", "row", "item", "code")
PIECES = ("The ferry left.", "Rain fell in 1931.", "| Map | 3 |", "Ida Holm spoke.", "---", "Ferry", "Two boats sank.")

Piece = tuple[str, BlockKind, int]
"""A sentence's text and kind, and the seed of its vector."""
pieces = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(KINDS), st.integers(0, 9)), min_size=1, max_size=5)
passages = st.lists(pieces, max_size=5)
questions = st.sampled_from(["When did the ferry leave?", "Who spoke?", "How many boats?", "map", "zzz"])


def vector_of(seed: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    vector = np.random.default_rng(seed).normal(size=DIMENSION)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def query_of(question: str, seed: int = 0) -> Query:
    return Query(question, vector_of(seed), dict.fromkeys(terms(question), 1.0))


def candidate_of(number: int, parts: Sequence[Piece], heading: str = "") -> Candidate:
    """A passage that is a document of its own, one line a sentence."""
    sentences, start = [], 0
    for text, kind, _ in parts:
        sentences.append(Sentence(start, start + len(text), kind))
        start += len(text) + 1
    text = "\n".join(text for text, _, _ in parts)
    row = OwnedPassage(
        id=number,
        document=number,
        start=0,
        end=len(text),
        page=None,
        heading=heading,
        sentences=schema.sentences_to_text(sentences),
        terms=schema.terms_to_text([*(terms(text) for text, _, _ in parts), terms(heading)]),
        sentence_vectors=schema.half_to_blob([vector_of(seed) for _, _, seed in parts]),
        vector=schema.vector_to_blob(vector_of(number)),
        document_id=f"d{number}",
        title="",
        source=f"s{number}",
        content_hash="0" * 64,
        characters=len(text),
    )
    return Candidate(StoredPassage.of(row, text), 0.5, 0.5)


def candidates_of(listed: Sequence[Sequence[Piece]]) -> list[Candidate]:
    return [candidate_of(number, parts) for number, parts in enumerate(listed)]


def first_text(question: str, *listed: Sequence[Piece]) -> str:
    return rank.rank(query_of(question), candidates_of(listed)).sentences[0].text


def is_in_order(ranking: Ranking) -> bool:
    """Whether probabilities fall, and passages stand in the order of their first sentences."""
    scores = [each.probability for each in ranking.sentences]
    ids = [each.candidate.stored.id for each in ranking.sentences]
    expected = [(number, scores[ids.index(number)]) for number in dict.fromkeys(ids)]
    told = [(candidate.stored.id, score) for candidate, score in ranking.passages]
    return scores == sorted(scores, reverse=True) and told == expected


# --- properties


@given(questions, passages)
def test_sentences_and_passages_come_best_first_and_every_likelihood_is_0_to_1(
    question: str, listed: list[list[Piece]]
) -> None:
    ranking = rank.rank(query_of(question), candidates_of(listed))
    assert is_in_order(ranking)
    assert all(0 <= each.probability <= 1 for each in ranking.sentences)
    assert 0 <= ranking.evidence <= 1


@given(questions, passages, st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_changes_nothing(question: str, listed: list[list[Piece]], random: object) -> None:
    candidates = candidates_of(listed)
    shuffled = list(candidates)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (rank.rank(query_of(question), given) for given in (candidates, shuffled))
    assert [(each.text, each.raw) for each in one.sentences] == [(each.text, each.raw) for each in other.sentences]
    assert one.evidence == other.evidence


@given(questions, pieces, passages)
def test_what_a_sentence_is_worth_does_not_depend_on_what_else_was_found(
    question: str, own: list[Piece], listed: list[list[Piece]]
) -> None:
    def worth(candidates: Sequence[Candidate]) -> list[tuple[int, float]]:
        ranked = rank.rank(query_of(question), candidates).sentences
        return sorted((each.number, each.raw) for each in ranked if each.candidate.stored.id == 9)

    alone = candidate_of(9, own)
    assert worth([*candidates_of(listed), alone]) == worth([alone])


@given(questions, passages)
def test_a_heading_is_ranked_only_where_its_passage_has_nothing_else_to_say(
    question: str, listed: list[list[Piece]]
) -> None:
    for each in rank.rank(query_of(question), candidates_of(listed)).sentences:
        if each.sentence.kind == "heading":
            stored = each.candidate.stored
            others = zip(stored.sentences, stored.terms, strict=True)
            assert all(not words for sentence, words in others if sentence.kind != "heading")


@given(questions, passages)
def test_what_has_no_words_is_never_ranked(question: str, listed: list[list[Piece]]) -> None:
    ranking = rank.rank(query_of(question), candidates_of(listed))
    assert all(each.words for each in ranking.sentences)


@given(
    st.lists(st.sampled_from("abc"), max_size=3, unique=True),
    st.lists(st.lists(st.sampled_from(["a", "b", "ab", "c", "x"]), max_size=4), min_size=1, max_size=4),
)
def test_a_sentence_covers_the_share_of_the_questions_words_that_it_holds(
    asked: list[str], lines: list[list[str]]
) -> None:
    weights = {word: 1.0 + place for place, word in enumerate(asked)}
    stored = candidate_of(1, [("", "paragraph", 0) for _ in lines]).stored
    told = word_features.read(
        "", weights, [StoredPassage.of(replace(stored.row, terms=schema.terms_to_text(lines)), "")]
    )
    whole = sum(weights.values()) or 1.0
    assert told.coverage.tolist() == pytest.approx(
        [sum(weights.get(word, 0.0) for word in set(line)) / whole for line in lines]
    )
    assert told.length.tolist() == [len(line) / 60 for line in lines]


@given(questions, passages, st.lists(st.floats(0, 1), max_size=30))
def test_a_rerankers_scores_leave_sentences_and_passages_whole_and_in_order(
    question: str, listed: list[list[Piece]], scores: list[float]
) -> None:
    ranking = rank.rank(query_of(question), candidates_of(listed))
    given_scores = scores[: len(ranking.sentences)]
    rescored = rank.rescored(ranking, given_scores)
    assert is_in_order(rescored)
    assert rescored.evidence == ranking.evidence
    kept = {(each.candidate.stored.id, each.sentence) for each in ranking.sentences}
    assert {(each.candidate.stored.id, each.sentence) for each in rescored.sentences} == kept


# --- examples


def test_nothing_found_is_no_evidence() -> None:
    assert rank.rank(query_of("ferry"), []) == NOTHING
    assert (len(NOTHING.sentences), NOTHING.passages, NOTHING.evidence) == (0, (), 0.0)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When did it rain?", "Rain fell in 1931."),
        ("Who was it?", "At noon spoke Ida Holm."),
        ("How many boats?", "Two boats sank."),
    ],
)
def test_of_two_sentences_as_near_the_one_with_what_is_asked_for_comes_first(question: str, expected: str) -> None:
    others: list[Piece] = [("The boats sank in the rain.", "paragraph", 1), ("It was a day at noon.", "paragraph", 1)]
    wanted: list[Piece] = [(expected, "paragraph", 1)]
    question_only = Query(question, vector_of(0), {})
    ranking = rank.rank(question_only, candidates_of([*([each] for each in others), wanted]))
    assert ranking.sentences[0].text == expected


def test_the_nearer_sentence_comes_first() -> None:
    assert (
        first_text("zzz", [("The ferry left.", "paragraph", 0)], [("Rain fell.", "paragraph", 3)]) == "The ferry left."
    )


def test_the_sentence_with_the_questions_words_comes_first() -> None:
    assert first_text("rain", [("The ferry left.", "paragraph", 1)], [("Rain fell.", "paragraph", 1)]) == "Rain fell."


def test_the_row_whose_label_the_question_names_comes_first() -> None:
    rows: list[Piece] = [("| Scan | map |", "row", 1), ("| Map | scan |", "row", 1)]
    assert first_text("map", rows) == "| Map | scan |"


def test_words_of_a_heading_speak_for_the_sentences_under_it() -> None:
    parts: list[Piece] = [("It is five.", "paragraph", 1)]
    under = rank.rank(query_of("fees"), [candidate_of(1, parts, heading="Fees"), candidate_of(2, parts)])
    assert under.sentences[0].candidate.stored.id == 1


def test_ties_are_broken_by_place_and_not_by_when_a_passage_was_indexed() -> None:
    parts: list[Piece] = [("The ferry left.", "paragraph", 1)]
    early, late = candidate_of(1, parts), candidate_of(2, parts)
    moved = replace(late, stored=replace(late.stored, row=replace(late.stored.row, document_id="d0")))
    ranking = rank.rank(query_of("ferry"), [early, moved])
    assert [each.candidate.stored.id for each in ranking.sentences] == [2, 1]


def test_the_sentence_that_a_reranker_prefers_comes_first() -> None:
    listed: list[list[Piece]] = [[(f"{word} sailed.", "paragraph", 1)] for word in ("Ann", "Bob", "Cid")]
    ranking = rank.rank(query_of("zzz"), candidates_of(listed))
    last = ranking.sentences[-1]
    rescored = rank.rescored(ranking, [0.01, 0.01, 0.99])
    assert rescored.sentences[0].text == last.text
    assert rescored.passages[0][0] == last.candidate


def test_a_reranked_sentence_that_is_far_by_its_raw_score_does_not_hide_those_after_it() -> None:
    listed: list[list[Piece]] = [[(f"{word} sailed.", "paragraph", 1)] for word in ("Ann", "Bob", "Cid")]
    ranking = rank.rank(query_of("zzz"), candidates_of(listed))
    first, _, third = ranking.sentences
    far = replace(ranking.sentences, raws=ranking.sentences.raws - [0, 9, 0])
    chosen = quote.choose(rank.rescored(replace(ranking, sentences=far), [0.9, 0.8, 0.7]).sentences)
    assert [each.text for each in chosen] == [first.text, third.text]


def test_evidence_tells_a_question_that_is_answered_from_one_that_is_not(library: Assistant) -> None:
    asked = ["Who opened the Alder Bridge?", "How many tracks does the bridge carry?", "What does a scan cost?"]
    absent = ["Who painted the ceiling?", "What is the GDP of France?", "How tall is the tower?"]
    lowest = min(library.ask(question).score for question in asked)
    assert lowest > max(library.ask(question).score for question in absent)
