"""Candidates to ranked sentences and passages, and how likely it is that they hold an answer at all.

Every weight below was fitted on the development sets (a listwise softmax over the sentences of each question, then
rounded) and is the same for all questions and collections; bench/README.md has the figures, those of each set under
weights fitted without it too.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from assistant.candidates import Candidate, Query, RankedSentence, Ranking
from index.models import Sentence, Span
from index.odds import log_odds, logistic
from index.terms import terms

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
    """What is known about a sentence in relation to a question, each as the constants above say."""

    cosine: float
    around: float
    coverage: float
    coverage_around: float
    coverage_passage: float
    fits: float
    row: float
    length: float
    beyond_title: float
    by_words: bool
    """Whether there are no cosines."""

    @property
    def score(self) -> float:
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

    @property
    def probability(self) -> float:
        slope, offset = (_WORDS_SLOPE, _WORDS_OFFSET) if self.by_words else (_SLOPE, _OFFSET)
        return logistic(slope * self.score + offset)


def rank(query: Query, candidates: Sequence[Candidate]) -> Ranking:
    """Return the sentences and passages of the candidates in the order in which they answer the question."""
    found: list[tuple[RankedSentence, _Features]] = []
    for candidate in candidates:
        described = _features(query, candidate)
        for number in _quotable(candidate):
            sentence, features = candidate.stored.sentences[number], described[number]
            words = frozenset(candidate.stored.terms[number])
            ranked = RankedSentence(candidate, sentence, words, features.score, features.probability)
            found.append((ranked, features))
    found.sort(key=lambda each: (-each[0].raw, each[0].candidate.stored.passage.document_id, each[0].sentence.start))
    evidence = _evidence([features for _, features in found])
    return _ranking([ranked for ranked, _ in found], evidence)


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


def _evidence(features: Sequence[_Features]) -> float:
    """Return how likely it is that the first of the sentences, or any of them, answers."""
    if not features:
        return 0.0
    first = features[0]
    if first.by_words:
        own, passage = _WORDS_EVIDENCE * first.coverage, _WORDS_EVIDENCE_PASSAGE * first.coverage_passage
        return logistic(own + passage + _WORDS_BIAS)
    return logistic(
        _EVIDENCE_COSINE * max(each.cosine for each in features)
        + _EVIDENCE_AROUND * first.around
        + _EVIDENCE_COVERAGE * first.coverage
        + _EVIDENCE_PASSAGE * first.coverage_passage
        + _EVIDENCE_BEYOND_TITLE * max(first.beyond_title, _LEAST_BEYOND_TITLE)
        + _EVIDENCE_BIAS
    )


def _features(query: Query, candidate: Candidate) -> list[_Features]:
    """Return the features of each sentence of a passage."""
    stored = candidate.stored
    asked = query.weights.keys()
    total = sum(query.weights.values()) or 1.0
    vectors = stored.sentence_vectors.astype(np.float32)
    cosines = np.zeros(len(vectors), np.float32) if query.vector is None else vectors @ query.vector
    context = asked & _context_words(stored.title, stored.passage.heading)
    own = [asked & set(words) for words in stored.terms]
    everywhere = context.union(*own)

    def share(words: "set[str] | frozenset[str]") -> float:
        return sum(query.weights[word] for word in sorted(words)) / total

    passage_share, beyond = share(everywhere), share(asked - context)
    features = []
    for number, sentence in enumerate(stored.sentences):
        before = own[number - 1] if number else frozenset()
        features.append(
            _Features(
                cosine=float(cosines[number]),
                around=float(cosines[max(0, number - 1) : number + 2].mean()),
                coverage=share(own[number]),
                coverage_around=share(own[number] | before | context),
                coverage_passage=passage_share,
                fits=_fits(query.text, candidate, sentence),
                row=_row(query, candidate, sentence),
                length=min(len(stored.terms[number]), 60) / 60,
                beyond_title=beyond,
                by_words=query.vector is None,
            )
        )
    return features


def _fits(question: str, candidate: Candidate, sentence: Sentence) -> float:
    """Return what a sentence gains by having the kind of thing that the question asks for."""
    kinds = _kinds(question)
    if not any(weight for weight, _ in kinds):
        return 0.0
    text = candidate.text_of(sentence)
    return sum(weight for weight, pattern in kinds if weight and pattern.search(text))


@lru_cache(maxsize=64)
def _kinds(question: str) -> tuple[tuple[float, re.Pattern[str]], ...]:
    """Return what the question asks for: the weight, 0 when it does not, and what it looks like."""
    return (
        (_NUMBER if _ASKS_NUMBER.search(question) else 0.0, _HAS_NUMBER),
        (_DATE if _ASKS_DATE.search(question) else 0.0, _HAS_DATE),
        (_PERSON if _ASKS_PERSON.search(question) else 0.0, _HAS_NAME),
    )


def _row(query: Query, candidate: Candidate, sentence: Sentence) -> float:
    """Return what a table row gains by its label; 0 for everything else."""
    if sentence.kind != "row":
        return 0.0
    label = set(terms(candidate.text_of(sentence).strip().strip("|").split("|")[0]))
    named = len(label & query.weights.keys()) / len(label) if label else 0.0
    return _ROW + _ROW_LABEL * named


@lru_cache(maxsize=4096)
def _context_words(title: str, heading: str) -> frozenset[str]:
    """Return the analysed words of a title and headings."""
    return frozenset(terms(f"{title} {heading}"))
