"""A quote's score in words."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How likely it is that a quote answers."""

    level: Literal["high", "middle", "low"]
    words: str


def in_words(score: float) -> Likelihood:
    if score >= 0.75:
        return Likelihood("high", "Very likely the answer")
    if score >= 0.4:
        return Likelihood("middle", "Possibly the answer")
    return Likelihood("low", "Related")
