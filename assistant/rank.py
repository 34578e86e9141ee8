"""Candidates to ranked sentences and passages, and how likely it is that they hold an answer at all.

Every weight below was fitted on the development sets (a listwise softmax over the sentences of each question, then
rounded) and is the same for all questions and collections; bench/README.md has the figures, those of each set under
weights fitted without it too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant import word_features
from assistant.candidates import NOTHING, Candidate, Query, RankedSentences, Ranking
from assistant.word_features import Column, WordFeatures
from index.odds import log_odds, logistic

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
    words: WordFeatures
    cosine: Column
    around: Column

    @property
    def scores(self) -> Column:
        words = self.words
        if self.by_words:
            own, around = _WORDS_OWN * words.coverage, _WORDS_AROUND * words.coverage_around
            return own + around + _WORDS_PASSAGE * words.coverage_passage + words.fits + words.row
        return (
            _COSINE * self.cosine
            + _AROUND * self.around
            + _COVERAGE * words.coverage
            + _COVERAGE_AROUND * words.coverage_around
            + _COVERAGE_PASSAGE * words.coverage_passage
            + words.fits
            + words.row
            + _LENGTH * words.length
        )


def rank(query: Query, candidates: Sequence[Candidate]) -> Ranking:
    """Return the sentences and passages of the candidates in the order in which they answer the question."""
    # Ties by place, in which a stable sort by the scores leaves them.
    placed = sorted((each for each in candidates if each.stored.terms), key=lambda each: each.stored.place)
    if not placed:
        return NOTHING
    words = word_features.read(query.text, query.weights, [each.stored for each in placed])
    counts = [len(each.stored.terms) for each in placed]
    features = _Features(query.vector is None, words, *_cosines(query, placed, counts))
    places = np.flatnonzero(words.quotable)
    raws = features.scores[places]
    order = np.argsort(-raws, kind="stable")
    places = places[order]
    owners = np.repeat(np.arange(len(placed)), counts)[places]
    numbers = places - np.cumsum([0, *counts])[owners]
    probability = _probability_by_words if features.by_words else _probability
    sentences = RankedSentences(placed, owners, numbers, raws[order], probability)
    return Ranking(sentences, _evidence(features, places))


def rescored(ranking: Ranking, scores: Sequence[float]) -> Ranking:
    """Return a ranking whose first sentences a reranker has read, those that it has not read after them.

    Its log odds join the sum by which sentences are ordered. How likely it is that the documents answer at all stays as
    it is: with the best one's log odds in it more was refused that can be answered (bench/README.md).
    """
    if not scores:
        return ranking
    before, read = ranking.sentences, len(scores)
    odds = np.array([max(-_MOST_ODDS, min(_MOST_ODDS, log_odds(score))) for score in scores])
    firsts = before.raws[:read] + _RERANKER * odds
    order = np.arange(len(before))
    order[:read] = np.argsort(-firsts, kind="stable")
    firsts = firsts[order[:read]]
    raws = np.concatenate([firsts, np.minimum(before.raws[read:], firsts[-1])])
    owners, numbers = before.owners[order], before.numbers[order]
    return Ranking(RankedSentences(before.candidates, owners, numbers, raws, _probability_reranked), ranking.evidence)


def _probability(raw: float) -> float:
    """Return how likely a sentence is to hold the answer, of the sum of what speaks for it."""
    return logistic(_SLOPE * raw + _OFFSET)


def _probability_by_words(raw: float) -> float:
    """Return the same where only the words count."""
    return logistic(_WORDS_SLOPE * raw + _WORDS_OFFSET)


def _probability_reranked(raw: float) -> float:
    """Return the same once a reranker has read the first sentences."""
    return logistic(_RERANKED_SLOPE * raw + _RERANKED_OFFSET)


def _evidence(features: _Features, places: npt.NDArray[np.int64]) -> float:
    """Return how likely it is that the first of the sentences at these places, or any of them, answers."""
    if not len(places):
        return 0.0
    first, words = places[0], features.words
    if features.by_words:
        own = _WORDS_EVIDENCE * words.coverage[first]
        return logistic(float(own + _WORDS_EVIDENCE_PASSAGE * words.coverage_passage[first] + _WORDS_BIAS))
    return logistic(
        float(
            _EVIDENCE_COSINE * features.cosine[places].max()
            + _EVIDENCE_AROUND * features.around[first]
            + _EVIDENCE_COVERAGE * words.coverage[first]
            + _EVIDENCE_PASSAGE * words.coverage_passage[first]
            + _EVIDENCE_BEYOND_TITLE * max(words.beyond_title[first], _LEAST_BEYOND_TITLE)
            + _EVIDENCE_BIAS
        )
    )


def _cosines(query: Query, candidates: Sequence[Candidate], counts: Sequence[int]) -> tuple[Column, Column]:
    """Return each sentence's cosine, and the mean of it and of its neighbours in the passage."""
    if query.vector is None:
        return np.zeros(sum(counts)), np.zeros(sum(counts))
    vectors = np.concatenate([each.stored.sentence_vectors for each in candidates])
    # Row by row: of a product of matrices the last bits depend on what stands beside a row.
    cosine = np.einsum("ij,j->i", vectors.astype(np.float32), query.vector).astype(np.float64)
    ends = np.repeat(np.cumsum(counts), counts)
    starts = ends - np.repeat(counts, counts)
    places = np.arange(len(cosine))
    low, high = np.maximum(places - 1, starts), np.minimum(places + 2, ends)
    sums = np.concatenate([[0.0], np.cumsum(cosine)])  # exact: single precision, added up in double
    return cosine, (sums[high] - sums[low]) / (high - low)
