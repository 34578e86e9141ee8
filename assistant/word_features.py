"""What the words of passages say for their sentences as answers to a question; none of it needs a vector."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from index.models import Sentence, Span
from index.store import StoredPassage
from index.terms import terms

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

FEATURES = 7


@dataclass(frozen=True, slots=True)
class PassageWords:
    """What the words of one passage say."""

    features: Sequence[tuple[float, ...]]
    """FEATURES values for each sentence: the share of the question's words, by weight, that the sentence holds;
    the same with the sentence before it, the headings and the title; the same with the whole passage; what it gains
    by having the kind of thing that is asked for; what it gains as a table row; its length, 1 when it is long; the
    share of the question that title and headings do not say."""
    quotable: Sequence[int]
    """Which sentences can be quoted: those with words that do more than introduce, else any with words."""


class WordReader:
    """Reads passages for one question."""

    def __init__(self, question: str, weights: Mapping[str, float]) -> None:
        """Read for a question, given its words with their weights."""
        self._share = _Share(weights)
        self._bits = self._share.bits
        self._spaced = [(f" {word} ", bit) for word, bit in self._bits.items()]
        self._kinds = _kinds(question)

    def read(self, stored: StoredPassage) -> PassageWords:
        """Return what the words of a passage say."""
        share = self._share
        context = self._asked_of(_context_words(stored.title, stored.passage.heading))
        lines = [f" {line} " for line in stored.terms]
        together = "".join(lines)
        held = [(word, bit) for word, bit in self._spaced if word in together]
        passage, beyond = share(sum(bit for _, bit in held) | context), share(sum(self._bits.values()) & ~context)
        rows: list[tuple[float, ...]] = []
        before = 0
        for own, line, sentence in zip(stored.terms, lines, stored.sentences, strict=True):
            words = sum(bit for word, bit in held if word in line)
            fitting = self._fits(stored, sentence) if self._kinds else 0.0
            label = self._row(stored, sentence) if sentence.kind == "row" else 0.0
            length = min(own.count(" ") + bool(own), _LONG) / _LONG
            rows.append((share(words), share(context | words | before), passage, fitting, label, length, beyond))
            before = words
        return PassageWords(rows, _quotable(stored))

    def _asked_of(self, words: Set[str]) -> int:
        """Return which words of the question are among some words, as bits."""
        return sum(bit for word, bit in self._bits.items() if word in words)

    def _fits(self, stored: StoredPassage, sentence: Sentence) -> float:
        """Return what a sentence gains by having the kind of thing that the question asks for."""
        text = stored.text_of(sentence)
        return sum(weight for weight, pattern in self._kinds if pattern.search(text))

    def _row(self, stored: StoredPassage, sentence: Sentence) -> float:
        """Return what a table row gains by its label."""
        label = set(terms(stored.text_of(sentence).strip().strip("|").split("|")[0]))
        named = len(label & self._bits.keys()) / len(label) if label else 0.0
        return _ROW + _ROW_LABEL * named


class _Share:
    """The share of a question's words, by weight, that some of them make up; sentences mostly hold the same few."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.bits = {word: 1 << place for place, word in enumerate(sorted(weights))}
        """By which some of the words are one number; in a fixed order, in which their weights are added up."""
        self._weights = weights
        self._total = sum(weights.values()) or 1.0
        self._known: dict[int, float] = {}

    def __call__(self, words: int) -> float:
        """Return it for words as bits."""
        known = self._known.get(words)
        if known is None:
            held = sum(self._weights[word] for word, bit in self.bits.items() if words & bit)
            known = self._known[words] = held / self._total
        return known


def _quotable(stored: StoredPassage) -> list[int]:
    """Return which sentences of a passage can be quoted.

    A heading and the head of a table say what follows and do not answer; a rule of dashes says nothing.
    """
    heads = {sentence.header for sentence in stored.sentences if sentence.header}
    worded = [number for number, words in enumerate(stored.terms) if words]
    return [number for number in worded if not _introduces(stored.sentences[number], heads)] or worded


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


@lru_cache(maxsize=4096)
def _context_words(title: str, heading: str) -> frozenset[str]:
    """Return the analysed words of a title and headings."""
    return frozenset(terms(f"{title} {heading}"))
