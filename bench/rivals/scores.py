"""What a tool's replies are worth, counted the same way for every tool."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.data import Question, Source
from bench.figures import mean, p95
from bench.rivals.protocol import Quoted
from index.embed import Embedder
from index.models import ModelInput
from index.sentences import sentence_spans

Cut = Callable[[str, str], str]
"""Gives the sentence of a text that fits a question best."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what a tool said to it."""

    question: Question
    seconds: float
    refused: bool
    quotes: tuple[Quoted, ...]
    """Best first."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What was counted on one set; shares are 0 to 1, and None where there is nothing to count."""

    questions: int
    first_quote: float
    """Answerable questions whose first quote holds a gold answer."""
    first_quote_refusing: float
    """The same, where a refusal counts as a miss."""
    first_sentence: float
    """The same as `first_quote` after every first quote was cut to its best sentence by the embedding model."""
    first_shown: float
    """The same as `first_quote` with what is shown around the first quote."""
    first_quote_characters: float
    """Median length of the first quotes."""
    exact: float | None
    """Quotes that are a slice of the document they name."""
    answered: float
    """Answerable questions that are not refused."""
    refused: float | None
    """Unanswerable questions that are refused."""
    p50_ms: float
    p95_ms: float


def scores(asked: Sequence[Asked], sources: Sequence[Source], cut: Cut) -> Scores:
    """Return the scores of one tool on one set."""
    texts = {source.id: source.text for source in sources}
    answerable = [each for each in asked if each.question.answerable]
    absent = [each for each in asked if not each.question.answerable]
    held = [_holds(each, texts, lambda quote: quote.text) for each in answerable]
    times = [each.seconds * 1_000 for each in asked]
    quotes = [quote for each in asked for quote in each.quotes]
    lengths = [len(each.quotes[0].text) for each in answerable if each.quotes]
    return Scores(
        questions=len(asked),
        first_quote=mean(held),
        first_quote_refusing=mean([ok and not each.refused for ok, each in zip(held, answerable, strict=True)]),
        first_sentence=mean([_holds(each, texts, _cut(cut, each)) for each in answerable]),
        first_shown=mean([_holds(each, texts, lambda quote: quote.shown or quote.text) for each in answerable]),
        first_quote_characters=statistics.median(lengths) if lengths else 0.0,
        exact=mean([each.text in texts.get(each.document, "") for each in quotes]) if quotes else None,
        answered=mean([not each.refused for each in answerable]),
        refused=mean([each.refused for each in absent]) if absent else None,
        p50_ms=statistics.median(times),
        p95_ms=p95(times),
    )


def _holds(asked: Asked, texts: dict[str, str], part: Callable[[Quoted], str]) -> bool:
    """Tell whether a part of the first quote, or what is shown around it, holds a gold answer."""
    if not asked.quotes:
        return False
    first = asked.quotes[0]
    text = part(first)
    # A quote that is no slice can still have the words of an answer, but stands nowhere.
    start = texts.get(first.document, "").find(text)
    return asked.question.held_by(first.document if start >= 0 else "", start, start + len(text), text)


def _cut(cut: Cut, asked: Asked) -> Callable[[Quoted], str]:
    return lambda quote: cut(quote.text, asked.question.text)


def by(embedder: Embedder) -> Cut:
    """Return what cuts a text to the sentence with the highest cosine, each sentence embedded by itself."""

    def cut(text: str, question: str) -> str:
        sentences = [text[start:end].strip() for start, end in sentence_spans(text)]
        if len(sentences) < 2:
            return text
        vectors = np.stack([each.vector for each in embedder.embed_passages([ModelInput(s, ()) for s in sentences])])
        return sentences[int((vectors @ embedder.embed_question(question)).argmax())]

    return cut
