"""Full-text search over a collection: BM25 by the word index for what it knows, and by words read anew for the rest.

The scores are those of the catalog's own full-text index (SQLite's FTS5, which Robertson's formula with k1 = 1.2 and
b = 0.75 gives), to the last bit, so that an answer does not depend on which of the two found it: where there is no word
index yet, or a damaged one, the catalog's answers.
"""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index import postings, records
from index.catalog import Catalog
from index.derived import DerivedIndexes
from index.postings import Numbers, Postings
from index.records import Ids
from index.view import View, Views

_K1, _B = 1.2, 0.75
_LEAST_IDF = 1e-6  # FTS5's, of a word that half of the passages hold
_MOST_PARTS = 8  # of what is newer than the generation, before they are made one

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Part:
    """The postings of some passages, and which of these are still there."""

    postings: Postings
    alive: Mask | None
    """By place; None when all are."""

    @property
    def rows(self) -> int:
        return len(self.postings.ids) if self.alive is None else int(np.count_nonzero(self.alive))

    @property
    def words(self) -> int:
        lengths = self.postings.lengths if self.alive is None else self.postings.lengths[self.alive]
        return int(lengths.sum(dtype=np.int64))

    def of(self, term: str) -> tuple[Numbers, Numbers]:
        """Return the places of the passages that hold a word and are still there, and how often each does."""
        places, counts = self.postings.of(term)
        if self.alive is None:
            return places, counts
        held = self.alive[places]
        return places[held], counts[held]


@dataclass(frozen=True, slots=True)
class _State:
    """The parts of one state of the collection, and what BM25 takes of all of them."""

    view: View
    parts: tuple[_Part, ...]
    rows: int
    words: int


class LexicalSearch:
    """Finds the passages that hold some words; safe to use from several threads."""

    def __init__(self, catalog: Catalog, generations: DerivedIndexes, views: Views) -> None:
        """Search what the catalog holds, with the help of its generations."""
        self._catalog = catalog
        self._generations = generations
        self._views = views
        self._lock = threading.Lock()
        self._state: _State | None = None

    def find(self, terms: Sequence[str], n: int, documents: Sequence[str] | None) -> list[tuple[int, float]]:
        """Return (passage id, BM25), largest first, ties by id; to be called inside a snapshot.

        Args:
            terms: different words.
            n: how many passages at most.
            documents: ids of the documents to look in; None for all.
        """
        state = self._current()
        if state is None:
            return self._catalog.full_text(terms, n, documents)
        allowed = None if documents is None else records.passages_of_documents(self._catalog, documents)
        held = [[part.of(term) for term in terms] for part in state.parts]
        weights = [_idf(state.rows, sum(len(each[number][0]) for each in held)) for number in range(len(terms))]
        average = state.words / state.rows if state.rows else 1.0
        found = [
            _scored(part.postings, each, weights, average, allowed)
            for part, each in zip(state.parts, held, strict=True)
        ]
        return _best(np.concatenate([ids for ids, _ in found]), np.concatenate([scores for _, scores in found]), n)

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Return in how many passages each word occurs; to be called inside a snapshot."""
        state = self._current()
        if state is None:
            return {term: self._catalog.document_frequency(term) for term in terms}
        return {term: sum(len(part.of(term)[0]) for part in state.parts) for term in terms}

    def _current(self) -> _State | None:
        """Return the state that the snapshot shows, or None when there is no word index to use."""
        with self._lock:
            state = self._state
        if state is not None and state.view.revision == self._views.revision():
            return state
        opened = self._generations.words(self._views.pointer().built)
        if opened is None:
            return None
        generation, words = opened
        view = self._views.beside(generation)
        parts = (self._old(state, view, words), *self._newer(state, view))
        state = _State(view, parts, sum(part.rows for part in parts), sum(part.words for part in parts))
        with self._lock:
            self._state = state
        return state

    def _old(self, before: _State | None, view: View, words: Postings) -> _Part:
        """Return the generation's part. What is removed never comes back, so as many dead ones are the same ones."""
        if not view.dead:
            return _Part(words, None)
        if before is not None and (before.view.generation, before.view.dead) == (view.generation, view.dead):
            return before.parts[0]
        return _Part(words, np.isin(words.ids, records.passage_ids(self._catalog), assume_unique=True))

    def _newer(self, before: _State | None, view: View) -> list[_Part]:
        """Return the parts of what is newer than the generation; only words that were not read before are read."""
        ids, watermark = view.newer, view.generation.watermark
        known = before.parts[1:] if before is not None and before.view.generation == view.generation else ()
        last = int(known[-1].postings.ids[-1]) if known else watermark
        if len(known) >= _MOST_PARTS:
            known, last = (), watermark
        parts = [_Part(part.postings, _alive(part.postings.ids, ids)) for part in known]
        if len(ids) and ids[-1] > last:
            parts.append(_Part(postings.build(records.words(self._catalog, after=last)), None))
        return parts


def _alive(held: Ids, present: Ids) -> Mask | None:
    alive = np.isin(held, present, assume_unique=True)
    return None if alive.all() else alive


def _idf(rows: int, holding: int) -> float:
    """Return a word's weight: ln((N - n + 0.5) / (n + 0.5)), or a little where that is not above 0."""
    weight = math.log((rows - holding + 0.5) / (holding + 0.5))
    return weight if weight > 0.0 else _LEAST_IDF


def _scored(
    held: Postings,
    found: Sequence[tuple[Numbers, Numbers]],
    weights: Sequence[float],
    average: float,
    allowed: Ids | None,
) -> tuple[Ids, npt.NDArray[np.float64]]:
    """Return the ids and the scores of the passages that hold any of the words."""
    scores = np.zeros(len(held.ids))
    touched: list[Numbers] = []
    for (places, counts), weight in zip(found, weights, strict=True):
        # In FTS5's order of operations, on which the last bit depends.
        often, lengths = counts.astype(np.float64), held.lengths[places]
        shares = (often * (_K1 + 1.0)) / (often + _K1 * (1 - _B + _B * lengths / average))
        sums = scores[places]
        touched.append(places[sums == 0.0])
        scores[places] = sums + weight * shares
    places = np.concatenate(touched) if touched else np.empty(0, np.int32)
    if allowed is not None:
        places = places[np.isin(held.ids[places], allowed)]
    return held.ids[places], scores[places]


def _best(ids: Ids, scores: npt.NDArray[np.float64], n: int) -> list[tuple[int, float]]:
    """Return the `n` highest scores with their ids, ties by id."""
    if len(ids) > n:
        least = np.partition(scores, len(scores) - n)[len(scores) - n]
        chosen = scores >= least
        ids, scores = ids[chosen], scores[chosen]
    order = np.lexsort((ids, -scores))[:n]
    return [(int(ids[place]), float(scores[place])) for place in order]
