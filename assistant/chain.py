"""One question as one stream of events, composed of LangChain runnables: find, quote, write.

Every surface consumes this stream. The stages themselves know nothing of LangChain; assistant/stages.py makes each a
runnable that takes the events before it and passes them on with its own.
"""

import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from assistant import answer, follow_up, quote
from assistant.candidates import Candidate, Ranking
from assistant.find import Engine, ranked
from assistant.models import Answer, Answered, Drafted, Event, Found, Hit, Quote, Quoted, Stated, Statement, Token, Turn
from assistant.write import Writer, Written, condensed, write
from index.errors import InvalidQuestion
from index.models import UNSTORABLE
from prompts import Prompt, Prompts

LONGEST_QUESTION = 4_000
"""In characters; the embedding model reads less, and no question of a person is longer."""
NEAREST = 3
"""How many passages a refusal shows."""
_HITS_SHOWN = 8
_WORD = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Request:
    """A question as it was asked and as it is searched for, and where to look."""

    question: str
    searched_for: str
    documents: tuple[str, ...] | None
    began: float
    """The reading of `time.perf_counter` when it was asked."""
    unclear: str = ""
    """The word for a person of whom nothing was said before."""
    history: tuple[Turn, ...] = ()
    """The turns before it."""


@dataclass(frozen=True, slots=True)
class _Searched:
    """What the first stage hands to the second."""

    request: Request
    ranking: Ranking
    hits: tuple[Hit, ...]
    refusal: answer.Refusal | None
    digest: str


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What the second stage hands to the third."""

    searched: _Searched
    quotes: tuple[Quote, ...]
    refusal: answer.Refusal | None
    unread: int
    """Of a refusal: how many files could not be read."""
    files: int
    """And how many there are, the others being documents."""


def request(
    question: str,
    *,
    history: Sequence[Turn] = (),
    documents: Sequence[str] | None = None,
    introduction: Prompt | None = None,
) -> Request:
    """Return a question that can be searched for, with what it leaves out filled in from the turns before it.

    Raises:
        InvalidQuestion: when it is empty, longer than `LONGEST_QUESTION`, has no letter or digit, or holds characters
            that no valid text has.
    """
    began = time.perf_counter()
    if not question.strip():
        raise InvalidQuestion("The question is empty; ask something in words.")
    if len(question) > LONGEST_QUESTION:
        raise InvalidQuestion(
            f"The question has {len(question):,} characters and at most {LONGEST_QUESTION:,} can be searched for; "
            "shorten it, or add the text as a document and ask about it."
        )
    if UNSTORABLE.search(question):
        raise InvalidQuestion("The question holds characters that no valid text has; type it anew.")
    if not _WORD.search(question):
        raise InvalidQuestion("The question has no letter or digit in it; ask something in words.")
    chosen = None if documents is None else tuple(documents)
    valid = [turn for turn in history if not any(map(UNSTORABLE.search, turn))]
    before = follow_up.understood(valid, introduction)
    meant = follow_up.stand_alone(question, before, introduction)
    whole = meant.question if len(meant.question) <= LONGEST_QUESTION else question
    return Request(question, whole, chosen, began, meant.unclear, before)


def search(engine: Engine, asked: Request, k: int) -> list[Hit]:
    """Return the `k` passages that answer best, at most `retrieve.CANDIDATES`, best first."""
    with engine.store.snapshot():
        return [
            _hit(*passage) for passage in ranked(engine, asked.searched_for, asked.documents)[0].passages[: max(k, 0)]
        ]


class Chain:
    """The three stages as a chain of LangChain's runnables, which is put together with the first question."""

    def __init__(self, engine: Engine, writer: Writer | None = None) -> None:
        """Answer by these parts."""
        self._engine, self._writer = engine, writer

    def stream(self, asked: Request) -> Iterator[Event]:
        """Yield the events of one question; nothing more is done than what has been asked for by then."""
        yield from self._chained(asked)

    @cached_property
    def _chained(self) -> Callable[[object], Iterator[Any]]:
        from assistant.stages import chained

        return chained(find=self._find_each, quote=self._choose_each, write=self._write_each)

    def _find_each(self, requests: Iterator[Request]) -> Iterator[Any]:
        for asked in requests:
            meant = yield from _rewritten(self._writer, asked)
            yield from _find(self._engine, meant)

    def _choose_each(self, steps: Iterator[Any]) -> Iterator[Any]:
        for step in steps:
            yield from _choose(self._engine, step) if isinstance(step, _Searched) else [step]

    def _write_each(self, steps: Iterator[Any]) -> Iterator[Any]:
        for step in steps:
            yield from _write(self._engine, self._writer, step) if isinstance(step, _Chosen) else [step]


def _rewritten(writer: Writer | None, asked: Request) -> Generator[Drafted, None, Request]:
    """Return a follow-up as a language model understands it, where there is one; else as the rules do."""
    if not writer or not asked.history:
        return asked
    meant = yield from condensed(writer, asked.question, asked.history)
    if meant is None or len(meant) > LONGEST_QUESTION:
        return asked
    return replace(asked, searched_for=meant, unclear="")


def _find(engine: Engine, asked: Request) -> Iterator["Found | _Searched"]:
    """Find passages; the refusal that is clear already goes along."""
    searched = _searched(engine, asked)
    yield Found(asked.searched_for, searched.hits)
    yield searched


def _searched(engine: Engine, asked: Request) -> _Searched:
    """Return what one state of the store holds for a question."""
    with engine.store.snapshot():
        ranking, refusal = ranked(engine, asked.searched_for, asked.documents)
        refusal = "unclear" if asked.unclear and refusal != "empty" else refusal
        hits = tuple(_hit(*passage) for passage in ranking.passages[:_HITS_SHOWN])
        return _Searched(asked, ranking, hits, refusal, engine.store.index_digest())


def _choose(engine: Engine, searched: _Searched) -> Iterator["Quoted | _Chosen"]:
    """Choose the quotes where there is enough evidence for an answer."""
    with engine.store.snapshot():
        if engine.store.index_digest() != searched.digest:  # old and new text must never stand in one answer
            searched = _searched(engine, searched.request)
        refusal = searched.refusal
        if refusal is None and searched.ranking.evidence < engine.threshold:
            refusal = "below"
        chosen = () if refusal else quote.choose(searched.ranking.sentences)
        quotes = quote.build(engine.store, engine.collection, chosen)
        unread = 0 if quotes else len(engine.store.unread_files())
        files = unread + engine.store.counts()[0]
    yield Quoted(quotes)
    yield _Chosen(searched, quotes, refusal or (None if quotes else "below"), unread, files)


def _write(
    engine: Engine, writer: Writer | None, chosen: _Chosen
) -> Iterator[Drafted | Stated | Quoted | Token | Answered]:
    """Put the answer into words: a language model's where there is one, or else those around the quotes."""
    searched = chosen.searched
    written = None
    if writer and not chosen.refusal:
        asked = searched.request.searched_for
        for step in write(writer, engine.store, engine.collection, asked, searched.ranking):
            if isinstance(step, Written):
                written = step
            else:
                yield step
    if written and written.is_silent:
        chosen = replace(chosen, quotes=(), refusal="below")
    if written and (written.quotes or written.is_silent):
        chosen = replace(chosen, quotes=written.quotes)
        yield Quoted(chosen.quotes)
    yield from _worded(chosen, written, engine.prompts)


def _worded(chosen: _Chosen, written: Written | None, prompts: Prompts) -> Iterator[Token | Answered]:
    """Yield the words of an answer whose quotes are known."""
    searched = chosen.searched
    statements: tuple[Statement, ...] = written.statements if written else ()
    reason = ""
    if chosen.refusal:
        unclear = searched.request.unclear
        reason = answer.word_refusal(chosen.refusal, prompts, unclear=unclear, unread=chosen.unread, files=chosen.files)
        pieces: tuple[str, ...] = (reason,)
    else:
        pieces = answer.word_statements(statements) if statements else answer.word_quotes(chosen.quotes, prompts)
    yield from (Token(piece) for piece in pieces)
    yield Answered(
        Answer(
            question=searched.request.question,
            searched_for=searched.request.searched_for,
            text="".join(pieces),
            quotes=chosen.quotes,
            refused=chosen.refusal is not None,
            reason=reason,
            nearest=searched.hits[:NEAREST] if chosen.refusal else (),
            score=searched.ranking.evidence,
            model=written.model if written else None,
            prompt_version=prompts.version,
            index_digest=searched.digest,
            elapsed_ms=(time.perf_counter() - searched.request.began) * 1000,
            statements=statements,
            note=written.note if written else "",
        )
    )


def _hit(candidate: Candidate, score: float) -> Hit:
    """Return a candidate as surfaces show it."""
    stored = candidate.stored
    return Hit(stored.passage, stored.title, stored.source, score, candidate.cosine)
