"""Candidates to ranked sentences and passages, and how likely it is that they hold an answer at all.

Every weight below was fitted on the development sets (a listwise softmax over the sentences of each question, then
rounded) and is the same for all questions and collections; bench/README.md has the figures, those of each set under
weights fitted without it too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from assistant.candidates import Candidate, Query, RankedSentence, Ranking
from assistant.word_features import FEATURES, PassageWords, WordReader
from index.odds import log_odds, logistic

Column = npt.NDArray[np.float64]
"""A value for each sentence."""

# How well a sentence answers: a sum of these, each of which is 0 to 1 or nearly so.
_COSINE = 1.0  # of the question and the sentence
_AROUND = 0.3  # the mean cosine of the sentence and its neighbours
_COVERAGE = 0.25  # the share of the question's words, by weight, that the sentence holds
_COVERAGE_AROUND = 0.35  # the same with the sentence before it, the headings and the title
_COVERAGE_PASSAGE = 0.4  # the same with the whole passage
_LENGTH = 0.1  # of its length; what it gains by its kind is in assistant/word_features.py

# How likely it is that the best sentence answers: a logistic function of a sum (logistic regression on three sets).
_EVIDENCE_COSINE = 6.92  # the highest cosine of any sentence
_EVIDENCE_AROUND, _EVIDENCE_COVERAGE, _EVIDENCE_PASSAGE = 8.33, 3.22, 2.18  # of the best sentence, as above
# The share of the question that title and headings do not say already: where they say it all, a passage can be about
# the subject and look near without answering. Below a half it tells nothing more.
_EVIDENCE_BEYOND_TITLE, _LEAST_BEYOND_TITLE = 6.02, 0.5
_EVIDENCE_BIAS = -15.06
# Of a sentence's score to a probability that it holds the answer, fitted on the three best of each question.
_SLOPE, _OFFSET = 2.23, -4.11

# Of a question that the embedding model does not read only the words count; fitted on Chinese and Arabic questions.
_WORDS_OWN, _WORDS_AROUND, _WORDS_PASSAGE = 0.5, 0.5, 0.2
_WORDS_EVIDENCE, _WORDS_EVIDENCE_PASSAGE, _WORDS_BIAS = 4.05, 6.34, -4.4
_WORDS_SLOPE, _WORDS_OFFSET = 3.67, -2.95

# Once a reranker has read the first sentences: its log odds, bounded, in a sentence's sum (from 0.06 to 0.3 the figures
# are as good), and then the last line again.
_RERANKER, _MOST_ODDS = 0.1, 12.0
_RERANKED_SLOPE, _RERANKED_OFFSET = 1.68, -3.04


@dataclass(frozen=True, slots=True)
class _Features:
    """What is known about sentences in relation to a question, each with a value a sentence, as the constants say."""

    by_words: bool
    """Whether there are no cosines."""
    cosine: Column
    around: Column
    coverage: Column
    coverage_around: Column
    coverage_passage: Column
    fits: Column
    row: Column
    length: Column
    beyond_title: Column

    @property
    def scores(self) -> Column:
        if self.by_words:
            own, around = _WORDS_OWN * self.coverage, _WORDS_AROUND * self.coverage_around
            return own + around + _WORDS_PASSAGE * self.coverage_passage + self.fits + self.row
        return (
            _COSINE * self.cosine
            + _AROUND * self.around
            + _COVERAGE * self.coverage
            + _COVERAGE_AROUND * self.coverage_around
            + _COVERAGE_PASSAGE * self.coverage_passage
            + self.fits
            + self.row
            + _LENGTH * self.length
        )


def rank(query: Query, candidates: Sequence[Candidate]) -> Ranking:
    """Return the sentences and passages of the candidates in the order in which they answer the question."""
    if not candidates:
        return Ranking((), (), 0.0)
    reader = WordReader(query.text, query.weights)
    # Ties by place, in which a stable sort by the scores leaves them.
    placed = sorted(candidates, key=lambda each: (each.stored.passage.document_id, each.stored.passage.start))
    read = [reader.read(candidate.stored) for candidate in placed]
    table = np.array([row for each in read for row in each.features]).reshape(-1, FEATURES)
    features = _Features(query.vector is None, *_cosines(query, placed, len(table)), *table.T)
    quotable, places = _quotable(placed, read)
    raws = features.scores[places]
    order = np.argsort(-raws, kind="stable")
    slope, offset = (_WORDS_SLOPE, _WORDS_OFFSET) if features.by_words else (_SLOPE, _OFFSET)
    sentences = [
        RankedSentence(candidate, number, raw, logistic(slope * raw + offset))
        for (candidate, number), raw in zip([quotable[at] for at in order], raws[order].tolist(), strict=True)
    ]
    return _ranking(sentences, _evidence(features, places[order].tolist()))


def rescored(ranking: Ranking, scores: Sequence[float]) -> Ranking:
    """Return a ranking whose first sentences a reranker has read, those that it has not read after them.

    Its log odds join the sum by which sentences are ordered. How likely it is that the documents answer at all stays as
    it is: with the best one's log odds in it more was refused that can be answered (bench/README.md).
    """
    if not scores:
        return ranking
    read = ranking.sentences[: len(scores)]
    odds = [max(-_MOST_ODDS, min(_MOST_ODDS, log_odds(score))) for score in scores]
    first = [_with(each, each.raw + _RERANKER * odd) for each, odd in zip(read, odds, strict=True)]
    first.sort(key=lambda each: -each.raw)
    lowest = first[-1].raw
    others = [_with(each, min(each.raw, lowest)) for each in ranking.sentences[len(scores) :]]
    return _ranking([*first, *others], ranking.evidence)


def _with(ranked: RankedSentence, raw: float) -> RankedSentence:
    """Return a sentence with the sum that it has once a reranker has read the first ones."""
    return replace(ranked, raw=raw, probability=logistic(_RERANKED_SLOPE * raw + _RERANKED_OFFSET))


def _ranking(sentences: Sequence[RankedSentence], evidence: float) -> Ranking:
    """Return sentences in their order with the passages in the order of each one's first sentence."""
    passages: dict[int, tuple[Candidate, float]] = {}
    for each in sentences:
        passages.setdefault(each.candidate.stored.passage.id, (each.candidate, each.probability))
    return Ranking(tuple(sentences), tuple(passages.values()), evidence)


def _quotable(
    candidates: Sequence[Candidate], read: Sequence[PassageWords]
) -> tuple[list[tuple[Candidate, int]], npt.NDArray[np.int64]]:
    """Return the sentences that can be quoted, and the place of each among all sentences of the candidates."""
    quotable: list[tuple[Candidate, int]] = []
    places: list[int] = []
    first = 0
    for candidate, said in zip(candidates, read, strict=True):
        quotable += [(candidate, number) for number in said.quotable]
        places += [first + number for number in said.quotable]
        first += len(said.features)
    return quotable, np.array(places, dtype=np.int64)


def _evidence(features: _Features, places: Sequence[int]) -> float:
    """Return how likely it is that the first of the sentences at these places, or any of them, answers."""
    if not places:
        return 0.0
    first = places[0]
    if features.by_words:
        own = _WORDS_EVIDENCE * features.coverage[first]
        return logistic(float(own + _WORDS_EVIDENCE_PASSAGE * features.coverage_passage[first] + _WORDS_BIAS))
    return logistic(
        float(
            _EVIDENCE_COSINE * features.cosine[places].max()
            + _EVIDENCE_AROUND * features.around[first]
            + _EVIDENCE_COVERAGE * features.coverage[first]
            + _EVIDENCE_PASSAGE * features.coverage_passage[first]
            + _EVIDENCE_BEYOND_TITLE * max(features.beyond_title[first], _LEAST_BEYOND_TITLE)
            + _EVIDENCE_BIAS
        )
    )


def _cosines(query: Query, candidates: Sequence[Candidate], sentences: int) -> tuple[Column, Column]:
    """Return each sentence's cosine, and the mean of it and of its neighbours in the passage."""
    if query.vector is None or not sentences:
        return np.zeros(sentences), np.zeros(sentences)
    counts = [len(candidate.stored.sentences) for candidate in candidates]
    vectors = np.concatenate([each.stored.sentence_vectors for each in candidates if each.stored.sentences])
    # Row by row: of a product of matrices the last bits depend on what stands beside a row.
    cosine = np.einsum("ij,j->i", vectors.astype(np.float32), query.vector).astype(np.float64)
    ends = np.repeat(np.cumsum(counts), counts)
    starts = ends - np.repeat(counts, counts)
    places = np.arange(sentences)
    low, high = np.maximum(places - 1, starts), np.minimum(places + 2, ends)
    sums = np.concatenate([[0.0], np.cumsum(cosine)])
    return cosine, (sums[high] - sums[low]) / (high - low)
