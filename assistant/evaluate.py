"""How well a person's own documents are answered from: questions with known answers, asked and compared.

No language model judges anything: an answer is right when a known wording stands in one of its quotes.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Protocol

from assistant.eval_cases import Case, plain
from assistant.models import Answer, Event, Quote, Turn
from assistant.typography import folded
from index.errors import DocumentNotFound, InvalidQuestion, SourceChanged, UnreadableSource
from index.models import Document

Outcome = Literal["right", "wrong", "refused"]
"""Of a question that the documents answer: right in any quote, wrong, or refused. Of another one: right when it is
refused, else wrong."""
POINTS: dict[Outcome, int] = {"right": 1, "refused": 0, "wrong": -1}
"""What each counts in the score."""

_Z = 1.959964  # of the standard normal distribution, 95% lies between -z and z
# Where words are parted by spaces, a wording is found as whole words; in scripts from Thai on it may stand anywhere.
_LETTER = r"[^\W\u0e00-\U0010ffff]"


class FrontDoor(Protocol):
    """What is evaluated: the part of `assistant.Assistant` that is needed here."""

    def stream(
        self, question: str, history: Sequence[Turn] = (), documents: Sequence[str] | None = None
    ) -> Iterator[Event]:
        """Return the events of an answer; whether it can be asked at all is said at once."""

    def ask(self, question: str, history: Sequence[Turn] = (), documents: Sequence[str] | None = None) -> Answer:
        """Return the answer to a question, or a refusal."""

    def document(self, document_id: str) -> Document:
        """Return a document."""

    def resolve(self, permalink: str) -> Quote:
        """Return what a permalink points to."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one question."""

    case: Case
    answer: Answer
    exact: tuple[bool, ...]
    """Of each quote: whether it is the stored document's text at its place, and its permalink says the same."""
    found: tuple[bool, ...]
    """Of each quote: whether a known answer stands in it."""

    @property
    def found_in_first(self) -> bool:
        """Whether a known answer stands in the first quote."""
        return self.found[:1] == (True,)

    @property
    def outcome(self) -> Outcome:
        """Whether that was right."""
        if self.answer.refused:
            return "refused" if self.case.answerable else "right"
        return "right" if any(self.found) else "wrong"

    @property
    def is_failure(self) -> bool:
        """Whether a person should look at it."""
        return self.outcome != "right" or not all(self.exact)

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON-ready values."""
        return {
            "case": {**self.case.to_dict(), "line": self.case.line},
            "outcome": self.outcome,
            "found": list(self.found),
            "exact": list(self.exact),
            "answer": self.answer.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of how many, with the interval in which the true share lies with a probability of 95%."""

    count: int
    total: int

    @property
    def share(self) -> float | None:
        """The count by the total; None of nothing."""
        return self.count / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson score interval; 0 to 1 of nothing.

        Wilson, E. B. (1927): Probable inference, the law of succession, and statistical inference. Journal of the
        American Statistical Association 22 (158), 209-212.
        """
        if not self.total:
            return 0.0, 1.0
        share, weight = self.count / self.total, _Z * _Z / self.total
        centre = (share + weight / 2) / (1 + weight)
        half = _Z / (1 + weight) * math.sqrt(share * (1 - share) / self.total + weight / (4 * self.total))
        return max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share))

    def to_dict(self) -> dict[str, Any]:
        """The rate as JSON-ready values."""
        share, (low, high) = self.share, self.interval
        rounded = None if share is None else round(share, 4)
        return {"count": self.count, "total": self.total, "share": rounded, "interval": [round(low, 4), round(high, 4)]}


@dataclass(frozen=True, slots=True)
class Summary:
    """What the results say together."""

    right: Rate
    wrong: Rate
    refused: Rate
    """Of all questions: those that are refused though the documents answer them."""
    found_in_first: Rate
    """Of the questions that the documents answer: a known answer stands in the first quote."""
    found_in_any: Rate
    """And in any quote."""
    refused_rightly: Rate
    """Of the questions that the documents do not answer."""
    refused_wrongly: Rate
    """Of the questions that they do answer."""
    exact: Rate
    """Of all quotes: those that are the stored document's text, letter for letter."""
    machine_made: int
    """How many questions a program made."""
    p50_ms: float
    """Half of the answers took no longer than this."""
    p95_ms: float

    @property
    def score(self) -> float:
        """Mean of the points, -1 to 1: right 1, refused although the documents answer it 0, wrong -1.

        After Yang et al. (2024): CRAG - Comprehensive RAG Benchmark, arXiv:2406.04744, whose metric sets perfect
        1, acceptable 0.5, missing 0 and incorrect -1; here nothing is half right. A question that the documents do
        not answer counts 1 when it is refused, which is the right answer to it, and -1 when it is answered.
        """
        return (self.right.count - self.wrong.count) / self.right.total if self.right.total else 0.0

    def to_dict(self) -> dict[str, Any]:
        """The summary as JSON-ready values."""
        rates = {name: value.to_dict() for name in self.__slots__ if isinstance(value := getattr(self, name), Rate)}
        return {
            "questions": self.right.total,
            "machine_made": self.machine_made,
            "score": round(self.score, 4),
            **rates,
            "p50_ms": round(self.p50_ms, 1),
            "p95_ms": round(self.p95_ms, 1),
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All results in the order of their questions, and what they say together."""

    summary: Summary
    results: tuple[Result, ...]

    def to_dict(self) -> dict[str, Any]:
        """The evaluation as JSON-ready values."""
        return {"summary": self.summary.to_dict(), "results": [each.to_dict() for each in self.results]}


def require_askable(assistant: FrontDoor, cases: Iterable[Case]) -> None:
    """Make sure that every question can be asked, before any is.

    Raises:
        UnreadableSource: when one cannot, or names a document that does not exist, with its line.
    """
    for case in cases:
        try:
            assistant.stream(case.question, case.history, case.documents)
        except (InvalidQuestion, DocumentNotFound) as error:
            raise UnreadableSource(f"Line {case.line:,} is wrong: {error}") from error


def evaluate(assistant: FrontDoor, cases: Iterable[Case]) -> Iterator[Result]:
    """Ask the questions one after another and yield what became of each.

    Raises:
        InvalidQuestion, DocumentNotFound, EmbeddingMismatch, ModelUnavailable: as `Assistant.ask`.
    """
    for case in cases:
        answer = assistant.ask(case.question, case.history, case.documents)
        exact = tuple(_is_exact(assistant, quote) for quote in answer.quotes)
        found = tuple(any(stands_in(each, quote.text) for each in case.answers) for quote in answer.quotes)
        yield Result(case, answer, exact, found)


def summary(results: Sequence[Result]) -> Summary:
    """Return what results say together."""
    asked = [each for each in results if each.case.answerable]
    others = [each for each in results if not each.case.answerable]
    exact = [each for result in results for each in result.exact]
    times = sorted(each.answer.elapsed_ms for each in results)

    def of_all(outcome: Outcome) -> Rate:
        return Rate(sum(each.outcome == outcome for each in results), len(results))

    return Summary(
        right=of_all("right"),
        wrong=of_all("wrong"),
        refused=of_all("refused"),
        found_in_first=Rate(sum(each.found_in_first for each in asked), len(asked)),
        found_in_any=Rate(sum(any(each.found) for each in asked), len(asked)),
        refused_rightly=Rate(sum(each.answer.refused for each in others), len(others)),
        refused_wrongly=Rate(sum(each.answer.refused for each in asked), len(asked)),
        exact=Rate(sum(exact), len(exact)),
        machine_made=sum(each.case.machine_made for each in results),
        p50_ms=percentile(times, 50),
        p95_ms=percentile(times, 95),
    )


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the smallest of the ordered values that is no less than so many percent of them; 0 of none."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0


def stands_in(wording: str, text: str) -> bool:
    """Tell whether a wording stands in a text as whole words, whatever its typography; a number as a whole number."""
    return bool(_pattern(wording).search(folded(text)[0]))


@lru_cache(maxsize=1024)
def _pattern(wording: str) -> re.Pattern[str]:
    words = plain(wording)
    before = rf"(?<!{_LETTER})" if re.match(_LETTER, words) else ""
    after = rf"(?!{_LETTER})" if re.match(_LETTER, words[-1:]) else ""
    before += r"(?<!\d[.,])" if words[:1].isdigit() else ""
    after += r"(?![.,]\d)" if words[-1:].isdigit() else ""
    return re.compile(before + re.escape(words) + after)


def _is_exact(assistant: FrontDoor, quote: Quote) -> bool:
    """Tell whether a quote is its document's text, by its offsets and by its permalink."""
    try:
        text = assistant.document(quote.document_id).text[quote.start : quote.end]
        linked = assistant.resolve(quote.permalink)
    except (DocumentNotFound, SourceChanged):
        return False
    return text == quote.text and linked.is_same_slice(quote)
