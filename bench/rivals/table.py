"""The figures of a comparison as Markdown tables."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.rivals.runner import Measured


def of_set(name: str, rows: "Sequence[Measured]") -> str:
    """Return what the tools did with one set."""
    head = (name, "documents/s", "passages/s", "characters/s", "p50 ms", "p95 ms", "first quote", "refusing",
            "as one sentence", "as shown", "characters", "exact", "answered", "refused")  # fmt: skip
    lines: list[tuple[str, ...]] = []
    for row in rows:
        if row.reason or name not in row.scores:
            lines.append((row.name, row.reason))
            continue
        speed, found = row.indexing[name], row.scores[name]
        lines.append((
            row.name, f"{speed.documents_per_second:.2f}", f"{speed.passages_per_second:.1f}",
            f"{speed.characters_per_second:,.0f}", f"{found.p50_ms:.1f}", f"{found.p95_ms:.1f}",
            _share(found.first_quote), _share(found.first_quote_refusing), _share(found.first_sentence),
            _share(found.first_shown), f"{found.first_quote_characters:.0f}",
            _share(found.exact), _share(found.answered), _share(found.refused),
        ))  # fmt: skip
    return _table(head, lines)


def of_tools(rows: "Sequence[Measured]") -> str:
    """Return what the tools need."""
    head = ("tool", "installed MB", "without torch", "cold start s", "peak memory MB", "versions")
    lines: list[tuple[str, ...]] = []
    for row in rows:
        if row.reason or row.environment is None:
            lines.append((row.name, row.reason))
            continue
        versions = ", ".join(f"{name} {version}" for name, version in row.versions.items())
        lines.append((
            row.name, f"{row.environment.megabytes:,.0f}", f"{row.environment.megabytes_without_torch:,.0f}",
            f"{row.cold_start_s or 0:.2f}", f"{row.peak_megabytes or 0:,.0f}", versions,
        ))  # fmt: skip
    return _table(head, lines)


def of_ratios(rows: "Sequence[Measured]") -> str:
    """Return how many times as fast the first tool is as each of the others, above 1 being faster."""
    first, *others = rows
    head = ("set", f"{first.name} beside", "passages/s", "characters/s", "question p50", "cold start")
    lines = []
    for other in others:
        if first.reason or other.reason or not first.cold_start_s or not other.cold_start_s:
            continue
        for name in first.scores:
            ours, theirs = first.indexing[name], other.indexing[name]
            lines.append((
                name, other.name, f"{ours.passages_per_second / theirs.passages_per_second:.2f}",
                f"{ours.characters_per_second / theirs.characters_per_second:.2f}",
                f"{other.scores[name].p50_ms / first.scores[name].p50_ms:.2f}",
                f"{other.cold_start_s / first.cold_start_s:.2f}",
            ))  # fmt: skip
    return _table(head, lines)


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *([*line, *[""] * (len(head) - len(line))] for line in lines)]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows) + "\n"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}".lstrip("0") if value < 1 else f"{value:.3f}"
