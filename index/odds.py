"""Probabilities and their log odds."""

import math


def log_odds(share: float) -> float:
    """Return the inverse of the logistic function, bounded where a share is 0 or 1."""
    bounded = min(max(share, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))


def logistic(value: float) -> float:
    """Return the logistic function, 0 to 1, without overflow."""
    return 1 / (1 + math.exp(-value)) if value >= 0 else 1 - 1 / (1 + math.exp(value))
