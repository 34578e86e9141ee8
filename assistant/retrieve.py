"""A question to candidates: the passages that dense and full-text search propose, in the order of a fused score."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.candidates import Candidate, Query
from index.dense import nearest, unit
from index.records import Ids
from index.schema import Matrix
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
    """The same passages, most of which are candidates in the end."""
    vectors: tuple[Ids, Matrix]
    """Their vectors as (ids, rows)."""


def by_words(store: Store, weights: Mapping[str, float], documents: Sequence[str] | None = None) -> ByWords:
    """Return what full-text search proposes for some words."""
    with store.snapshot():
        scores = dict(store.full_text(list(weights), PROPOSED, documents))
        return ByWords(scores, store.passages(list(scores)), store.vectors(list(scores)))


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
        if query.vector is None:
            cosines = dict.fromkeys(found.scores, 0.0)
        else:
            # One that both propose has the same cosine in both.
            cosines = dict(store.dense(query.vector, PROPOSED, documents))
            cosines |= nearest(*found.vectors, unit(query.vector), len(found.scores))
        most = (_K1 + 1) * sum(query.weights.values()) or 1.0
        # A passage beyond the end of a full list has at most the last one's score; beyond one that is not full, none.
        unlisted = min(found.scores.values()) if len(found.scores) == PROPOSED else 0.0
        fused = {number: cosine + found.scores.get(number, unlisted) / most for number, cosine in cosines.items()}
        best = sorted(fused, key=lambda number: (-fused[number], number))[:CANDIDATES]
        others = store.passages([number for number in best if number not in found.passages])
        passages = {number: others.get(number) or found.passages[number] for number in best}
    candidates = [Candidate(stored, cosines[number], fused[number]) for number, stored in passages.items()]
    # Ties by place: a passage's number depends on when it was indexed.
    candidates.sort(key=lambda each: (-each.fused, each.stored.place))
    return tuple(candidates)
