"""What a check has found so far, and the checked text as pieces and as parts that a page can hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assistant.ui.downloads import Offer
from assistant.verdict import Claim, NoClaim, Verdict

Stage = Literal["checking", "finished", "stopped", "failed"]

Piece = tuple[str, Claim | NoClaim | None]
"""A slice of the checked text and what it is; None for what stands between, or is still to be checked."""

LARGEST_PART = 200_000
"""What a part of a text may weigh, in characters of the text and of its quotes: an article fits, a browser keeps up."""

_LONGEST_PIECE = 4_000
_MARKUP_OF_A_CLAIM = 300  # What a claim, and each of its quotes, weighs beside its text.


@dataclass(frozen=True, slots=True)
class Findings:
    """A text and what has been found about its claims; `offer` is its report's, which only a whole check has."""

    text: str = ""
    stage: Stage = "checking"
    claims: tuple[Claim, ...] = ()
    not_claims: tuple[NoClaim, ...] = ()
    total: int | None = None
    """How many claims the text has; None before it is split."""
    offer: Offer | None = None
    trouble: str = ""
    """The sentence of what ended a check that failed."""


@dataclass(frozen=True, slots=True)
class View:
    """Findings and what of them is looked at: all, or the claims with one verdict; of a long text, which part."""

    findings: Findings
    verdict: Verdict | None = None
    part: int = 0

    def turned(self, by: int) -> "View":
        """The view of a later part, or an earlier one; it stays within the parts that there are."""
        return replace(self, part=min(max(self.part + by, 0), len(parts(self)) - 1))


def pieces(findings: Findings) -> Iterator[Piece]:
    """The whole text in order, cut where claims and other sentences begin and end."""
    text, position = findings.text, 0
    found: list[Claim | NoClaim] = [*findings.claims, *findings.not_claims]
    for each in sorted(found, key=lambda piece: piece.start):
        if position <= each.start < each.end <= len(text):
            yield from _cut(text[position : each.start], None)
            own = text[each.start : each.end]
            yield from [(own, each)] if isinstance(each, Claim) else _cut(own, each)
            position = each.end
    yield from _cut(text[position:], None)


def parts(view: View) -> list[list[Piece]]:
    """The pieces that are looked at, in parts that are small enough to be shown; one empty part when there are none."""
    gathered: list[list[Piece]] = [[]]
    weight = 0
    for piece in pieces(view.findings):
        if view.verdict is not None and not (isinstance(piece[1], Claim) and piece[1].verdict == view.verdict):
            continue
        weight += _weight(piece)
        if weight > LARGEST_PART and gathered[-1]:
            gathered.append([])
            weight = _weight(piece)
        gathered[-1].append(piece)
    return gathered


def claims_in(part: Sequence[Piece]) -> int:
    """How many of the pieces are claims."""
    return sum(isinstance(each, Claim) for _, each in part)


def _cut(text: str, what: NoClaim | None) -> Iterator[Piece]:
    for start in range(0, len(text), _LONGEST_PIECE):
        yield text[start : start + _LONGEST_PIECE], what


def _weight(piece: Piece) -> int:
    text, what = piece
    if not isinstance(what, Claim):
        return len(text)
    return len(text) + _MARKUP_OF_A_CLAIM + sum(len(quote.text) + _MARKUP_OF_A_CLAIM for quote in what.quotes)
