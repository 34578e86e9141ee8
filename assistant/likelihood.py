"""A quote's score in words: how often a quote with such a score holds the answer, as was measured.

The cut points are those of `bench/results/scores.json` ("Scores in words" in bench/README.md): of quotes with a score
of 0.8 or more about three in four hold the answer, of those from 0.5 nearly half, of those below one in five. How often
differs from collection to collection, so there are three words and no percentage.
"""

from dataclasses import dataclass
from typing import Literal

_LIKELY, _PERHAPS = 0.8, 0.5


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How likely it is that a quote holds the answer."""

    level: Literal["high", "middle", "low"]
    words: str


def in_words(score: float) -> Likelihood:
    """Return how likely it is that a quote with this score, 0 to 1, holds the answer."""
    if score >= _LIKELY:
        return Likelihood("high", "Likely the answer")
    if score >= _PERHAPS:
        return Likelihood("middle", "Perhaps the answer")
    return Likelihood("low", "Related")
