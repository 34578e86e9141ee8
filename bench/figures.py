"""What benchmarks tell of many values."""

from collections.abc import Sequence


def mean(values: Sequence[float]) -> float:
    """Return the mean, 0 of no values."""
    return sum(values) / len(values) if values else 0.0


def p95(values: Sequence[float]) -> float:
    """Return the value that 95 % of them do not exceed."""
    return sorted(values)[int(0.95 * (len(values) - 1))]
