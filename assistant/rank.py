"""Candidates to ranked sentences and passages, and how likely it is that they hold an answer at all.

Every weight below was fitted on the development sets (a listwise softmax over the sentences of each question, then
rounded) and is the same for all questions and collections; bench/README.md has the figures, those of each set under
weights fitted without it too.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from assistant.candidates import Candidate, Query, RankedSentence, Ranking
from index.models import Sentence, Span
from index.odds import log_odds, logistic
from index.terms import terms

Column = npt.NDArray[np.float64]
"""A value for each sentence."""

# How well a sentence answers: a sum of these, each of which is 0 to 1 or nearly so.
_COSINE = 1.0  # of the question and the sentence
_AROUND = 0.3  # the mean cosine of the sentence and its neighbours
_COVERAGE = 0.25  # the share of the question's words, by weight, that the sentence holds
_COVERAGE_AROUND = 0.35  # the same with the sentence before it, the headings and the title
_COVERAGE_PASSAGE = 0.4  # the same with the whole passage
_NUMBER, _DATE, _PERSON = 0.15, 0.25, 0.1  # it has what the question asks for: a number, a date, a name
_ROW, _ROW_LABEL = -0.15, 0.35  # a table row, and the share of its first cell's words that the question names
_LENGTH = 0.1  # of 60 words or more; a very short sentence rarely says enough

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

_ASKS_DATE = re.compile(r"\b(when|what year|which year|what date|what day|what month|what time)\b", re.IGNORECASE)
_ASKS_NUMBER = re.compile(
    r"\b(how (many|much|long|old|far|tall|large|big|often|high|fast|deep|wide)"
    r"|what (percent\w*|number|proportion|population|amount|share|size))\b",
    re.IGNORECASE,
)
_ASKS_PERSON = re.compile(r"\b(who|whom|whose)\b", re.IGNORECASE)
_HAS_DATE = re.compile(
    r"\b(1\d{3}|20\d{2}|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|monday|tuesday|century|\d{1,2}(st|nd|rd|th))\b",
    re.IGNORECASE,
)
_HAS_NUMBER = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|twelve|hundred|thousand|million|billion|half|dozen"
    r"|percent)\b",
    re.IGNORECASE,
)
_HAS_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+|\b[A-Z][a-z]+ [A-Z][a-z]+")


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
    features = _features(query, candidates)
    slope, offset = (_WORDS_SLOPE, _WORDS_OFFSET) if features.by_words else (_SLOPE, _OFFSET)
    scores = features.scores.tolist()
    found: list[tuple[float, str, int, int, RankedSentence]] = []
    first = 0
    for candidate in candidates:
        passage, sentences = candidate.stored.passage, candidate.stored.sentences
        for number in _quotable(candidate):
            raw = scores[first + number]
            ranked = RankedSentence(candidate, number, raw, logistic(slope * raw + offset))
            found.append((-raw, passage.document_id, sentences[number].start, first + number, ranked))
        first += len(sentences)
    found.sort(key=itemgetter(0, 1, 2))
    evidence = _evidence(features, [place for *_, place, _ in found])
    return _ranking([ranked for *_, ranked in found], evidence)


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


def _quotable(candidate: Candidate) -> list[int]:
    """Return which sentences of a passage can be quoted: those with words that do more than introduce, else any.

    A heading and the head of a table say what follows and do not answer; a rule of dashes says nothing.
    """
    stored = candidate.stored
    heads = {sentence.header for sentence in stored.sentences if sentence.header}
    worded = [number for number, words in enumerate(stored.terms) if words]
    return [number for number in worded if not _introduces(stored.sentences[number], heads)] or worded


def _introduces(sentence: Sentence, heads: Set[Span]) -> bool:
    """Tell whether a sentence is a heading or stands in the head of a table."""
    return sentence.kind == "heading" or any(
        head.start <= sentence.start and sentence.end <= head.end for head in heads
    )


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


def _features(query: Query, candidates: Sequence[Candidate]) -> _Features:
    """Return the features of every sentence of the candidates, in their order."""
    asked = frozenset(query.weights)
    share = _Share(query.weights)
    rows: list[tuple[float, ...]] = []
    kinds = [(weight, pattern) for weight, pattern in _kinds(query.text) if weight]
    for candidate in candidates:
        stored = candidate.stored
        context = asked & _context_words(stored.title, stored.passage.heading)
        own = [asked.intersection(words) for words in stored.terms]
        passage, beyond = share(context.union(*own)), share(asked - context)
        before: frozenset[str] = frozenset()
        for words, sentence, terms_of in zip(own, stored.sentences, stored.terms, strict=True):
            fitting = _fits(kinds, candidate, sentence) if kinds else 0.0
            label = _row(query, candidate, sentence) if sentence.kind == "row" else 0.0
            around = context.union(words, before) if words or before else context
            length = min(len(terms_of), 60) / 60
            rows.append((share(words), share(around), passage, fitting, label, length, beyond))
            before = words
    return _Features(query.vector is None, *_cosines(query, candidates, len(rows)), *np.array(rows).reshape(-1, 7).T)


def _cosines(query: Query, candidates: Sequence[Candidate], sentences: int) -> tuple[Column, Column]:
    """Return each sentence's cosine, and the mean of it and of its neighbours in the passage."""
    if query.vector is None or not sentences:
        return np.zeros(sentences), np.zeros(sentences)
    counts = [len(candidate.stored.sentences) for candidate in candidates]
    vectors = np.concatenate([each.stored.sentence_vectors for each in candidates if each.stored.sentences])
    cosine = (vectors.astype(np.float32) @ query.vector).astype(np.float64)
    ends = np.repeat(np.cumsum(counts), counts)
    starts = ends - np.repeat(counts, counts)
    places = np.arange(sentences)
    low, high = np.maximum(places - 1, starts), np.minimum(places + 2, ends)
    sums = np.concatenate([[0.0], np.cumsum(cosine)])
    return cosine, (sums[high] - sums[low]) / (high - low)


class _Share:
    """The share of a question's words, by weight, that some of them make up; sentences mostly hold the same few."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = weights
        self._total = sum(weights.values()) or 1.0
        self._known: dict[frozenset[str], float] = {}

    def __call__(self, words: frozenset[str]) -> float:
        known = self._known.get(words)
        if known is None:
            known = self._known[words] = sum(self._weights[word] for word in sorted(words)) / self._total
        return known


def _fits(kinds: Sequence[tuple[float, re.Pattern[str]]], candidate: Candidate, sentence: Sentence) -> float:
    """Return what a sentence gains by having the kind of thing that the question asks for."""
    text = candidate.text_of(sentence)
    return sum(weight for weight, pattern in kinds if pattern.search(text))


@lru_cache(maxsize=64)
def _kinds(question: str) -> tuple[tuple[float, re.Pattern[str]], ...]:
    """Return what the question asks for: the weight, 0 when it does not, and what it looks like."""
    return (
        (_NUMBER if _ASKS_NUMBER.search(question) else 0.0, _HAS_NUMBER),
        (_DATE if _ASKS_DATE.search(question) else 0.0, _HAS_DATE),
        (_PERSON if _ASKS_PERSON.search(question) else 0.0, _HAS_NAME),
    )


def _row(query: Query, candidate: Candidate, sentence: Sentence) -> float:
    """Return what a table row gains by its label."""
    label = set(terms(candidate.text_of(sentence).strip().strip("|").split("|")[0]))
    named = len(label & query.weights.keys()) / len(label) if label else 0.0
    return _ROW + _ROW_LABEL * named


@lru_cache(maxsize=4096)
def _context_words(title: str, heading: str) -> frozenset[str]:
    """Return the analysed words of a title and headings."""
    return frozenset(terms(f"{title} {heading}"))
