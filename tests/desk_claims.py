"""Claims and reports as surfaces get them, and a front door that gives a report to whatever it is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.verdict import (
    Checked,
    CheckEvent,
    CheckReport,
    Claim,
    ClaimPart,
    Difference,
    NoClaim,
    NoClaimKind,
    Reported,
    Split,
    Verdict,
)
from tests.desk import Desk


def claim_of(text: str, verdict: Verdict = "supported", start: int = 0, **changes: Any) -> Claim:
    values: dict[str, Any] = {
        "text": text,
        "start": start,
        "end": start + len(text),
        "read_as": text,
        "verdict": verdict,
        "confidence": 0.9,
        "reason": "The documents say so.",
        "quotes_for": (),
        "quotes_against": (),
        "differences": (),
        "parts": (),
    }
    return Claim(**{**values, **changes})


def no_claim_of(text: str, kind: NoClaimKind = "question", start: int = 0) -> NoClaim:
    return NoClaim(text, start, start + len(text), kind)


def report_of(*pieces: Claim | NoClaim) -> CheckReport:
    claims = tuple(each for each in pieces if isinstance(each, Claim))
    return CheckReport(claims, tuple(each for each in pieces if isinstance(each, NoClaim)), "by hand", "digest", 12.5)


def difference_of(said: str, told: str, quote: int = 1) -> Difference:
    return Difference("number", said, told, quote)


def part_of(text: str, verdict: Verdict = "supported") -> ClaimPart:
    return ClaimPart(text, verdict, 0.8)


def events_of(report: CheckReport) -> Iterator[CheckEvent]:
    total = len(report.claims)
    yield Split(total, report.not_claims)
    yield from (Checked(claim, done, total) for done, claim in enumerate(report.claims, 1))
    yield Reported(report)


@dataclass
class CheckDesk(Desk):
    """A front door whose checks give one report."""

    report: CheckReport = field(default_factory=report_of)

    def check(self, text: str, documents: Sequence[str] | None = None) -> CheckReport:
        self._note("check", text, documents)
        return self.report

    def stream_check(self, text: str, documents: Sequence[str] | None = None) -> Iterator[CheckEvent]:
        self._note("check", text, documents)
        return events_of(self.report)
