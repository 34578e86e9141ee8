"""Judgements of evidence to a verdict: what supports, what contradicts, and what the rules find on top.

The constants were fitted on the validation part of the development claims; bench/README.md has the figures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

from assistant.candidates import RankedSentence
from assistant.differences import Found, differences, other_speaker
from assistant.evidence import Evidence
from assistant.judge import Judge, Judgement
from assistant.verdict import Verdict
from index.odds import log_odds, logistic

SUPPORTED_AT, _CONTRADICTED_AT = 0.5, 0.7
"""The shares that a judge has to give to support and to contradiction for a verdict; below them it is not found."""
_PART_CONTRADICTED_AT = 0.8
"""The same for the contradiction of a part of a claim, which lacks what the rest of it says."""
_NEAR_AT, _NEAR_RAW = 0.15, 0.0
"""From which share of support, or else from which raw score, what does not support a claim is shown with it all the
same, as what comes nearest; a sentence with a lower score has nothing to do with it."""
# Of the log odds of the highest share to those of the verdict being right (Platt 1999, "Probabilistic outputs").
_SUPPORT_SLOPE, _SUPPORT_OFFSET = 0.35, 0.31
_CONTRADICTION_SLOPE, _CONTRADICTION_OFFSET = 0.42, -0.37


@dataclass(frozen=True, slots=True)
class Weighed:
    """A piece of evidence with the shares, 0 to 1, that the judge and the rules give to support and contradiction."""

    evidence: Evidence
    supports: float
    contradicts: float
    differences: tuple[tuple[RankedSentence, Found], ...]
    """What the rules found and in which sentence; it speaks against the claim, or keeps it from being supported."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What all evidence together says about a claim."""

    verdict: Verdict
    confidence: float
    supporting: tuple[Weighed, ...]
    """The evidence that supports it, best first; of a claim that was not found, what comes nearest to that: it may
    support a part, or be somebody's words only."""
    contradicting: tuple[Weighed, ...]


def weigh(claim: str, evidence: Sequence[Evidence], judgements: Sequence[Judgement]) -> tuple[Weighed, ...]:
    """Return each piece of evidence with its judgement and with what the rules find in its sentences.

    The rules only speak against a claim: a difference turns support into contradiction, another speaker takes it away.
    """
    # A sentence stands in up to three pieces of evidence, and is compared with the claim once.
    differing, speaking = cache(partial(differences, claim)), cache(partial(other_speaker, claim))
    return tuple(_weighed(each, judged, differing, speaking) for each, judged in zip(evidence, judgements, strict=True))


def judged(
    judge: Judge, claim: str, parts: Sequence[str], evidence: Sequence[Evidence]
) -> tuple[Decision, tuple[Decision, ...]]:
    """Return the verdict of a judge and the rules on a claim that makes several assertions, and those on its parts."""
    texts = [each.text for each in evidence]

    def decided(words: str, *, is_part: bool = False) -> Decision:
        return decide(weigh(words, evidence, judge.judge(words, texts)), is_part=is_part)

    apart = tuple(decided(each, is_part=True) for each in parts)
    return whole(decided(claim), apart), apart


def decide(weighed: Sequence[Weighed], *, is_part: bool = False) -> Decision:
    """Return the verdict on a claim, or on a part of one.

    Support and contradiction by different documents is a conflict; by one document, the likelier of the two holds.
    """
    enough = _PART_CONTRADICTED_AT if is_part else _CONTRADICTED_AT
    supporting = tuple(sorted((each for each in weighed if each.supports >= SUPPORTED_AT), key=lambda e: -e.supports))
    against = tuple(sorted((each for each in weighed if each.contradicts >= enough), key=lambda e: -e.contradicts))
    if supporting and against:
        for_ids = {each.evidence.document_id for each in supporting}
        apart = tuple(each for each in against if each.evidence.document_id not in for_ids)
        if apart:
            return Decision("conflicting", min(_sure_for(supporting[0]), _sure_against(apart[0])), supporting, apart)
        if supporting[0].supports >= against[0].contradicts:
            against = ()
        else:
            supporting = ()
    if supporting:
        return Decision("supported", _sure_for(supporting[0]), supporting, ())
    if against:
        return Decision("contradicted", _sure_against(against[0]), (), against)
    reported = [each for each in weighed if each.differences and not each.supports]
    near = sorted((each for each in weighed if each.supports >= _NEAR_AT), key=lambda each: -each.supports)
    most = max((max(each.supports, each.contradicts) for each in weighed), default=0.0)
    return Decision("not_found", 1 - most, tuple((reported or near or _on_the_subject(weighed))[:1]), ())


def nearest(evidence: Sequence[Evidence]) -> tuple[Weighed, ...]:
    """Return what comes nearest to a claim that nobody judges: its best sentence."""
    return tuple(Weighed(each, 0.0, 0.0, ()) for each in evidence[:1])


def whole(claim: Decision, parts: Sequence[Decision]) -> Decision:
    """Return the verdict on a claim that makes several assertions: no better than that on its worst part."""
    if not parts or claim.verdict in ("contradicted", "conflicting"):
        return claim
    against = [each for each in parts if each.verdict in ("contradicted", "conflicting")]
    if against:
        worst = max(against, key=lambda each: each.confidence)
        return Decision(worst.verdict, worst.confidence, claim.supporting, worst.contradicting)
    missing = [each for each in parts if each.verdict == "not_found"]
    supporting = claim.supporting or tuple(each for part in parts for each in part.supporting[:1])
    if missing:
        return Decision("not_found", max(each.confidence for each in missing), supporting, ())
    confidence = min(each.confidence for each in (*parts, claim) if each.verdict == "supported")
    return Decision("supported", confidence, supporting, ())


def _weighed(
    evidence: Evidence,
    judged: Judgement,
    differing: Callable[[str, str, str], tuple[Found, ...]],
    speaking: Callable[[str], Found | None],
) -> Weighed:
    supports, contradicts = judged.supported, judged.contradicted
    title = evidence.sentences[0].candidate.stored.title
    told = [(each, " ".join(each.text.split())) for each in evidence.sentences]
    if supports >= SUPPORTED_AT or contradicts >= _CONTRADICTED_AT:
        found = tuple((each, one) for each, words in told for one in differing(words, title, each.before))
        if supports < SUPPORTED_AT:
            return Weighed(evidence, supports, contradicts, found)
        if found:
            return Weighed(evidence, 0.0, max(supports, contradicts, _PART_CONTRADICTED_AT), found)
    # Also where the judge sees no support itself: who said it is the reason, and is shown.
    others = tuple((each, one) for each, words in told if (one := speaking(words)))
    return Weighed(evidence, 0.0 if others else supports, contradicts, others)


def _on_the_subject(weighed: Sequence[Weighed]) -> list[Weighed]:
    """Return the sentences that are read together, if they have to do with the claim."""
    return [each for each in weighed[-1:] if max(one.raw for one in each.evidence.sentences) >= _NEAR_RAW]


def _sure_for(weighed: Weighed) -> float:
    return logistic(_SUPPORT_SLOPE * log_odds(weighed.supports) + _SUPPORT_OFFSET)


def _sure_against(weighed: Weighed) -> float:
    return logistic(_CONTRADICTION_SLOPE * log_odds(weighed.contradicts) + _CONTRADICTION_OFFSET)
