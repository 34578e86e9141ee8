"""A question to candidates: the passages that dense and full-text search propose, in the order of a fused score."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.candidates import Candidate, Query
from index.dense import ROUNDING, cosines, unit
from index.schema import Vector
from index.store import Store, StoredPassage

PROPOSED = 50
"""How many passages each of the two searches proposes."""
CANDIDATES = 40
"""How many of the fused proposals are read and ranked by their sentences."""
_K1 = 1.2  # SQLite's BM25, whose scores are put into relation to what a passage could reach at most


def weigh(store: Store, terms: Sequence[str]) -> dict[str, float]:
    """Return each term's inverse document frequency among the passages: ln(1 + (N - n + 0.5) / (n + 0.5)).

    Robertson's formula with Lucene's 1 inside the logarithm, which keeps it above 0 in small collections.
    """
    total = store.passage_count()
    found = store.document_frequencies(terms)
    return {term: math.log(1 + (total - found[term] + 0.5) / (found[term] + 0.5)) for term in terms}


@dataclass(frozen=True, slots=True)
class ByWords:
    """What full-text search proposes."""

    scores: Mapping[int, float]
    """BM25, by passage id."""
    passages: Mapping[int, StoredPassage]
    """The same passages."""


def by_words(store: Store, weights: Mapping[str, float], documents: Sequence[str] | None = None) -> ByWords:
    """Return what full-text search proposes for some words."""
    with store.snapshot():
        scores = dict(store.full_text(list(weights), PROPOSED, documents))
        return ByWords(scores, store.passages(list(scores)))


def retrieve(
    store: Store,
    query: Query,
    *,
    documents: Sequence[str] | None = None,
    lexical: ByWords | None = None,
) -> tuple[Candidate, ...]:
    """Return the best candidates for a question, best first by their fused score.

    Fusion is a convex combination after theoretical normalisation (Bruch, Gai, Ingber 2023, "An Analysis of Fusion
    Functions for Hybrid Retrieval"): cosine is bounded by 1, BM25 by (k1 + 1) times the sum of the words' weights. On
    the development sets it is as good as standardised sums and does not depend on what else was found.

    Args:
        store: where to look.
        query: the question.
        documents: ids of the documents to look in; None for all.
        lexical: what `by_words` gives for it in this state of the store, when that was asked for before.
    """
    with store.snapshot():
        found = by_words(store, query.weights, documents) if lexical is None else lexical
        words = _shares(query, found.scores)
        near = {} if query.vector is None else dict(store.dense(query.vector, PROPOSED, documents))
        near |= _cosines(query.vector, found.passages)
        first = _first({number: cosine + words(number) for number, cosine in near.items()})
        others = store.passages([number for number in first if number not in found.passages])
    near |= _cosines(query.vector, others)
    passages = {**found.passages, **others}
    candidates = [
        Candidate(passages[number], near[number], near[number] + words(number))
        for number in first
        if number in passages
    ]
    # Ties by place: a passage's number depends on when it was indexed.
    candidates.sort(key=lambda each: (-each.fused, each.stored.place))
    return tuple(candidates[:CANDIDATES])


def _shares(query: Query, scores: Mapping[int, float]) -> Callable[[int], float]:
    """Return what gives the share of the highest possible BM25 that a passage reaches, of those that were found."""
    most = (_K1 + 1) * sum(query.weights.values()) or 1.0
    # A passage beyond the end of a full list has at most the last one's score; beyond one that is not full, none.
    unlisted = min(scores.values()) if len(scores) == PROPOSED else 0.0
    return lambda number: scores.get(number, unlisted) / most


def _cosines(vector: Vector | None, passages: Mapping[int, StoredPassage]) -> dict[int, float]:
    """Return the exact cosine of a question's vector and each passage's; 0 of a question without one."""
    if vector is None or not passages:
        return dict.fromkeys(passages, 0.0)
    rows = np.stack([each.vector for each in passages.values()])
    return dict(zip(passages, cosines(rows, unit(vector)).tolist(), strict=True))


def _first(about: Mapping[int, float]) -> list[int]:
    """Return the passages that can be among the first `CANDIDATES`, of scores that are right up to `ROUNDING`."""
    if len(about) <= CANDIDATES:
        return list(about)
    least = sorted(about.values(), reverse=True)[CANDIDATES - 1] - 2 * ROUNDING
    return [number for number, score in about.items() if score >= least]
