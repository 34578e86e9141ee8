"""What the words of passages say for their sentences as answers to a question; none of it needs a vector."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from index.models import Sentence, Span
from index.store import StoredPassage
from index.terms import terms

Column = npt.NDArray[np.float64]
"""A value for each sentence."""
Flags = npt.NDArray[np.bool_]

# What a sentence gains, fitted together with the weights of assistant/rank.py.
_NUMBER, _DATE, _PERSON = 0.15, 0.25, 0.1  # it has what the question asks for: a number, a date, a name
_ROW, _ROW_LABEL = -0.15, 0.35  # a table row, and the share of its first cell's words that the question names
_LONG = 60  # words; a very short sentence rarely says enough

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
class WordFeatures:
    """What the words say, with a value for each sentence, passage after passage."""

    coverage: Column
    """The share of the question's words, by weight, that the sentence holds."""
    coverage_around: Column
    """The same with the sentence before it, the headings and the title."""
    coverage_passage: Column
    """The same with the whole passage."""
    fits: Column
    """What it gains by having the kind of thing that is asked for."""
    row: Column
    """What it gains as a table row."""
    length: Column
    """Its length, 1 when it is long."""
    beyond_title: Column
    """The share of the question that title and headings do not say."""
    quotable: Flags
    """Whether it can be quoted: those with words that do more than introduce, in a passage without any those with
    words."""


def read(question: str, weights: Mapping[str, float], passages: Sequence[StoredPassage]) -> WordFeatures:
    """Return what the words of some passages, each with a sentence at least, say for a question.

    Args:
        question: the question.
        weights: its analysed words with their weights.
        passages: what is read.
    """
    words = sorted(weights)  # in a fixed order, in which their weights are added up
    lines = [line for each in passages for line in each.terms]
    counts = [len(each.terms) for each in passages]
    first = np.cumsum([0, *counts[:-1]])
    owner = np.repeat(np.arange(len(passages)), counts)

    held = _held(words, lines)
    before = np.roll(held, 1, axis=1)
    before[:, first] = False
    context = _held(words, [each.context_terms for each in passages])
    share = partial(_shares, [weights[word] for word in words], sum(weights.values()) or 1.0)
    lengths = np.array([line.count(" ") + bool(line) for line in lines])
    quotable = _quotable(passages, lengths > 0)
    fits, row = _kinds_of(question, weights, passages, quotable)
    return WordFeatures(
        share(held),
        share(held | before | context[:, owner]),
        share(np.logical_or.reduceat(held, first, axis=1) | context)[owner],
        fits,
        row,
        np.minimum(lengths, _LONG) / _LONG,
        share(~context)[owner],
        quotable,
    )


def _held(words: Sequence[str], lines: Sequence[str]) -> Flags:
    """Return which line holds which word, shape (words, lines).

    The lines are searched as one text for each word, which is several times as fast as line by line.
    """
    text = "".join(f" {line} \n" for line in lines)
    ends = np.cumsum([len(line) + 3 for line in lines])
    held = np.zeros((len(words), len(lines)), dtype=bool)
    for row, word in zip(held, words, strict=True):
        row[np.searchsorted(ends, _places(text, f" {word} "), side="right")] = True
    return held


def _places(text: str, part: str) -> list[int]:
    """Return where a part stands in a text."""
    places = []
    place = text.find(part)
    while place >= 0:
        places.append(place)
        place = text.find(part, place + 1)
    return places


def _shares(weights: Sequence[float], total: float, held: Flags) -> Column:
    """Return the share of the question's words, by weight, that each column of flags, shape (words, n), makes up."""
    together = np.zeros(held.shape[1])
    for weight, row in zip(weights, held, strict=True):
        np.add(together, weight, out=together, where=row)
    return together / total


def _kinds_of(
    question: str, weights: Mapping[str, float], passages: Sequence[StoredPassage], quotable: Flags
) -> tuple[Column, Column]:
    """Return what each sentence that can be quoted gains by having what is asked for, and as a row of a table."""
    fits, rows = np.zeros(len(quotable)), np.zeros(len(quotable))
    wanted = _kinds(question)
    first = 0
    for stored in passages:
        own, is_prose = quotable[first : first + len(stored.terms)], stored.is_prose
        if wanted or not is_prose:
            texts = stored.texts()
            for number in np.flatnonzero(own).tolist():
                fits[first + number] = sum(weight for weight, pattern in wanted if pattern.search(texts[number]))
                if not is_prose and stored.sentences[number].kind == "row":
                    rows[first + number] = _row(texts[number], weights)
        first += len(own)
    return fits, rows


def _row(text: str, weights: Mapping[str, float]) -> float:
    """Return what a table row gains by its label."""
    label = set(terms(text.strip().strip("|").split("|")[0]))
    named = len(label & weights.keys()) / len(label) if label else 0.0
    return _ROW + _ROW_LABEL * named


def _quotable(passages: Sequence[StoredPassage], has_words: Flags) -> Flags:
    """Return which sentences can be quoted.

    A heading and the head of a table say what follows and do not answer; a rule of dashes says nothing.
    """
    quotable = has_words.copy()
    first = 0
    for stored in passages:
        own = quotable[first : first + len(stored.terms)]
        if not stored.is_prose:
            heads = {sentence.header for sentence in stored.sentences if sentence.header}
            telling = own & [not _introduces(sentence, heads) for sentence in stored.sentences]
            own[:] = telling if telling.any() else own
        first += len(own)
    return quotable


def _introduces(sentence: Sentence, heads: Set[Span]) -> bool:
    """Tell whether a sentence is a heading or stands in the head of a table."""
    return sentence.kind == "heading" or any(
        head.start <= sentence.start and sentence.end <= head.end for head in heads
    )


@lru_cache(maxsize=64)
def _kinds(question: str) -> tuple[tuple[float, re.Pattern[str]], ...]:
    """Return what the question asks for: the weight, and what it looks like."""
    kinds = ((_ASKS_NUMBER, _NUMBER, _HAS_NUMBER), (_ASKS_DATE, _DATE, _HAS_DATE), (_ASKS_PERSON, _PERSON, _HAS_NAME))
    return tuple((weight, has) for asks, weight, has in kinds if asks.search(question))
