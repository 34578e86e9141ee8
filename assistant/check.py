"""A text to a report: its claims one by one, what was found for each, and what the evidence says, as one stream."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant import claims, decide, evidence, quote
from assistant.candidates import RankedSentence
from assistant.decide import Decision, Weighed
from assistant.find import Engine, ranked, read_alone
from assistant.judge import Judge
from assistant.verdict import Checked, CheckEvent, CheckReport, Claim, ClaimPart, Difference, NoClaim, Reported, Split
from index.errors import InvalidText
from index.models import UNSTORABLE

LONGEST_TEXT = 1_000_000
"""In characters: a book of four hundred pages, which takes half an hour."""
_QUOTES = 5  # on each side of a claim
_UNREADABLE = "It is written in a script that the documents and the installed models do not know; put it in theirs."
_UNREAD = "The judge does not know the language that it is written in; set a judge_model that does."
_NOTHING = "Nothing in the documents has to do with it."
_FARTHEST = 0.4  # below the best one's raw score, of sentences that only decide together


@dataclass(frozen=True, slots=True)
class Checker:
    """What finds evidence and what judges it."""

    engine: Engine
    load_judge: Callable[[], Judge]


@dataclass(frozen=True, slots=True)
class _Read:
    """A claim with what was found and decided."""

    decision: Decision
    parts: tuple[ClaimPart, ...]
    silence: str
    """Why nothing was found, where that is clear before any judgement; else empty."""


def require_checkable(text: str) -> None:
    """Do nothing when a text can be checked.

    Raises:
        InvalidText: when it is empty, has more than `LONGEST_TEXT` characters, or holds some that no valid text has.
    """
    if not text.strip():
        raise InvalidText("The text is empty; give a sentence or an article to check.")
    if len(text) > LONGEST_TEXT:
        raise InvalidText(
            f"The text has {len(text):,} characters and at most {LONGEST_TEXT:,} can be checked at once; "
            "check it in parts."
        )
    if UNSTORABLE.search(text):
        raise InvalidText("The text holds characters that no valid text has; save it as UTF-8 and try again.")


def stream(checker: Checker, text: str, documents: Sequence[str] | None) -> Iterator[CheckEvent]:
    """Yield the events of one check; nothing more is done than what has been asked for by then.

    Raises:
        InvalidText: with the first event, when there are no documents to check against.
    """
    began = time.perf_counter()
    store = checker.engine.store
    if not store.passage_count():
        raise InvalidText("There are no documents to check against yet; add some first.")
    judge = checker.load_judge()
    found = list(claims.statements(text))
    others = tuple(each for each in found if isinstance(each, NoClaim))
    total = len(found) - len(others)
    yield Split(total, others)
    checked: list[Claim] = []
    for statement in found:
        if isinstance(statement, claims.Statement):
            with store.snapshot():
                checked.append(_claim(checker, judge, statement, documents))
            yield Checked(checked[-1], len(checked), total)
    elapsed = (time.perf_counter() - began) * 1000
    yield Reported(CheckReport(tuple(checked), others, judge.name, store.index_digest(), elapsed))


def _claim(checker: Checker, judge: Judge, statement: claims.Statement, documents: Sequence[str] | None) -> Claim:
    """Return a statement with what one state of the store says about it."""
    read = _read(checker, judge, statement, documents)
    decision, engine = read.decision, checker.engine
    for_, against = _sentences(decision.supporting), _sentences(decision.contradicting)
    quotes_for = quote.build(engine.store, engine.collection, for_)
    quotes_against = quote.build(engine.store, engine.collection, against, first=len(for_) + 1)
    found = _differences(decision, (*for_, *against))
    return Claim(
        text=statement.text,
        start=statement.start,
        end=statement.end,
        read_as=statement.read_as,
        verdict=decision.verdict,
        confidence=decision.confidence,
        reason=read.silence or _reason(decision, read.parts, found),
        quotes_for=quotes_for,
        quotes_against=quotes_against,
        differences=found,
        parts=read.parts,
    )


def _read(checker: Checker, judge: Judge, statement: claims.Statement, documents: Sequence[str] | None) -> _Read:
    """Find what bears on a statement, and judge it whole and by its parts."""
    engine = checker.engine
    ranking, refusal = ranked(engine, statement.read_as, documents)
    pieces = evidence.gather(ranking, lambda each: read_alone(engine.store, each))
    if not pieces:
        silence = _UNREADABLE if refusal == "script" else _NOTHING
        return _Read(Decision("not_found", 1.0, (), ()), (), silence)
    if not judge.reads(statement.read_as):
        return _Read(Decision("not_found", 1.0, decide.nearest(pieces), ()), (), _UNREAD)
    decision, apart = decide.judged(judge, statement.read_as, statement.parts, pieces)
    parts = [ClaimPart(each, own.verdict, own.confidence) for each, own in zip(statement.parts, apart, strict=True)]
    return _Read(decision, tuple(parts), "")


def _sentences(weighed: Sequence[Weighed]) -> tuple[RankedSentence, ...]:
    """Return the sentences to quote: those that decide alone, or else those that do together, best first.

    Of several that only decide together, those in which a rule found a difference come first, and those that have
    little to do with the claim are left out.
    """
    alone = [each for each in weighed if len(each.evidence.sentences) == 1]
    chosen: dict[tuple[str, int], RankedSentence] = {}
    for each in alone or weighed[:1]:
        best = max(one.raw for one in each.evidence.sentences)
        near = [one for one in each.evidence.sentences if one.raw >= best - _FARTHEST]
        differing = [sentence for sentence, _ in each.differences]
        for sentence in (*differing, *sorted(near, key=lambda one: -one.raw)):
            decided = replace(sentence, probability=max(each.supports, each.contradicts))
            chosen.setdefault(_place(sentence), decided)
    return tuple(chosen.values())[:_QUOTES]


def _differences(decision: Decision, quoted: Sequence[RankedSentence]) -> tuple[Difference, ...]:
    """Return what the rules found in the sentences that are quoted, each once."""
    numbers = {_place(each): number for number, each in enumerate(quoted, start=1)}
    found: dict[Difference, None] = {}
    for weighed in (*decision.supporting, *decision.contradicting):
        for sentence, one in weighed.differences:
            if number := numbers.get(_place(sentence)):
                found[Difference(one.kind, one.claim, one.document, number)] = None
    return tuple(found)


def _place(ranked: RankedSentence) -> tuple[str, int]:
    return ranked.document_id, ranked.sentence.start


def _reason(decision: Decision, parts: Sequence[ClaimPart], found: Sequence[Difference]) -> str:
    """Return why the verdict is what it is, in one sentence."""
    if decision.verdict == "conflicting":
        return "One document supports it and another contradicts it."
    if decision.verdict == "contradicted":
        wrong = [each for each in parts if each.verdict in ("contradicted", "conflicting")]
        if found:
            return found[0].sentence
        return f"The documents contradict this part: “{wrong[0].text}”" if wrong else "The documents say otherwise."
    if decision.verdict == "supported":
        return "The documents say so." if not parts else f"The documents say all of its {len(parts)} parts."
    missing = [each for each in parts if each.verdict == "not_found"]
    if missing and len(missing) < len(parts):
        return f"The documents do not say this part: “{missing[0].text}”"
    if found:
        return found[0].sentence
    return "No sentence of the documents clearly supports or contradicts it."
