"""How often a verdict is right, how often a wrong claim is called supported, and how long a claim takes.

    python -m bench claims --data ../shared/data [--part validation] [--out bench/results/claims.json]

The documents of all collections of claims are indexed into one home, and every claim goes through the front door. fm2,
fm2nei and wice are searched for in all documents (fm2nei without the claim's own page), feversym and summedits in the
claim's own document. `--part` takes the claims of documents that the judge was trained on, or of the others.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from assistant import Assistant
from assistant.settings import load_settings
from assistant.verdict import CheckReport, Verdict
from bench.data import rows
from bench.figures import mean, p95
from training.pairs import group_of, part_of

_SETS = ("fm2", "fm2nei", "wice", "feversym", "summedits")
_OWN_DOCUMENT = ("feversym", "summedits")
_VERDICTS: dict[str, Verdict] = {"supported": "supported", "refuted": "contradicted"}
"""What the verdict on a claim with that label ought to be; with any other label, not_found."""
_BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim of a set with the verdict on it."""

    set: str
    id: str
    label: str
    verdict: Verdict
    confidence: float
    """Of the claim that decided the verdict."""
    precision: float
    """The share of its quotes that overlap a gold sentence of its document."""
    recall: float
    """The share of its gold sentences that a quote overlaps."""
    gold: int
    milliseconds: float
    claims: int

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def judge_all(data: Path, home: Path, part: str, names: Sequence[str]) -> Iterator[Judged]:
    """Yield the claims of some sets with their verdicts, checked in a home that is filled when it is new."""
    with Assistant.open(settings=load_settings(home)) as assistant:
        documents = sorted({name.removesuffix("nei") for name in _SETS})
        for row in (row for name in documents for row in rows(data / "claims" / f"docs_{name}.jsonl")):
            text = row["text"].replace("\0", " ")  # one has a character that no text has; offsets stay
            assistant.add_text(text, title=row["title"] or "", source=row["doc_id"])
        ids = {document.source: document.id for document in assistant.documents()}
        assistant.warm_up()
        for name in names:
            for row in rows(data / "claims" / f"claims_{name}.jsonl"):
                if part in ("all", part_of(group_of(row))):
                    yield _judged(assistant, name, row, ids)


def _judged(assistant: Assistant, name: str, row: dict[str, Any], ids: dict[str, str]) -> Judged:
    among = None
    if name in _OWN_DOCUMENT:
        among = [ids[each] for each in row["doc_ids"]]
    elif name == "fm2nei":
        among = [number for source, number in ids.items() if source != row["withheld_doc"]]
    began = time.perf_counter()
    report = assistant.check(row["claim"], documents=among)
    seconds = time.perf_counter() - began
    verdict, confidence = overall(report)
    gold = [tuple(span) for span in row.get("evidence_spans") or ()]
    quotes = [quote for claim in report.claims for quote in claim.quotes]
    own = {ids.get(each) for each in row["doc_ids"]}

    def meets(quote: Any, span: tuple[int, int]) -> bool:
        return quote.document_id in own and quote.start < span[1] and span[0] < quote.end

    return Judged(
        set=name,
        id=row["id"],
        label=row["label"],
        verdict=verdict,
        confidence=confidence,
        precision=mean([any(meets(quote, span) for span in gold) for quote in quotes]),
        recall=mean([any(meets(quote, span) for quote in quotes) for span in gold]),
        gold=len(gold),
        milliseconds=seconds * 1000 / max(1, len(report.claims)),
        claims=len(report.claims),
    )


def overall(report: CheckReport) -> tuple[Verdict, float]:
    """Return the verdict on a text of several claims, which is that on its worst one, and how likely it is right."""
    order: tuple[Verdict, ...] = ("contradicted", "conflicting", "not_found", "supported")
    for verdict in order:
        found = [claim.confidence for claim in report.claims if claim.verdict == verdict]
        if found:
            return verdict, min(found) if verdict == "supported" else max(found)
    return "not_found", 1.0


def figures(judged: Sequence[Judged]) -> dict[str, float]:
    """Return the figures of the table in bench/README.md, those of sets that were measured."""
    found: dict[str, float] = {}
    by_set = {name: [each for each in judged if each.set == name] for name in _SETS}
    open_ones = [*by_set["fm2"], *by_set["fm2nei"]]
    if by_set["fm2"] and by_set["fm2nei"]:
        wanted = [_VERDICTS.get(each.label, "not_found") for each in open_ones]
        found["fm2 + fm2nei, 3-way balanced accuracy"] = _balanced(wanted, [each.verdict for each in open_ones])
        wrong = [each.verdict == "supported" and each.label != "supported" for each in open_ones]
        found["fm2 + fm2nei, wrong supported"] = mean(wrong)
    for name in ("wice", "feversym", "summedits"):
        some = by_set[name]
        if some:
            truth = [each.label == "supported" for each in some]
            found[f"{name}, balanced accuracy"] = _balanced(truth, [each.verdict == "supported" for each in some])
    with_gold = [each for each in by_set["wice"] if each.gold]
    if with_gold:
        found["wice, evidence F1"] = mean([each.f1 for each in with_gold])
    return found


def reliability(judged: Sequence[Judged]) -> list[dict[str, float]]:
    """Return for each range of confidence how often a verdict that is not "not found" is right there.

    wice and summedits do not tell whether what is not supported is contradicted: only their supported ones count.
    """
    known = [
        each
        for each in judged
        if each.verdict == "supported" or (each.verdict != "not_found" and each.set not in ("wice", "summedits"))
    ]
    table = []
    for low, high in pairwise(_BINS):
        inside = [each for each in known if low <= each.confidence < high + (high == 1.0)]
        if inside:
            right = [each.verdict == _VERDICTS.get(each.label, "not_found") for each in inside]
            sure = mean([each.confidence for each in inside])
            table.append({"from": low, "to": high, "verdicts": len(inside), "confidence": sure, "right": mean(right)})
    return table


def _balanced(wanted: Sequence[Any], given: Sequence[Any]) -> float:
    """Return the mean over the classes of the share that is right."""
    pairs = list(zip(wanted, given, strict=True))
    return mean([mean([got == kind for want, got in pairs if want == kind]) for kind in sorted(set(wanted))])


def main() -> None:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench claims", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--part", choices=("train", "validation", "all"), default="validation")
    parser.add_argument("--only", nargs="*", default=_SETS, help="names of sets")
    parser.add_argument("--home", type=Path, help="a folder that keeps the indexed documents for the next time")
    parser.add_argument("--out", type=Path, default=Path("bench/results/claims.json"))
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"{arguments.data} is not there; it holds the evaluation data")
    with tempfile.TemporaryDirectory() as temporary:
        home = arguments.home or Path(temporary)
        judged = list(judge_all(arguments.data, home, arguments.part, arguments.only))
    found = figures(judged)
    times = [each.milliseconds for each in judged]
    speed = {"median_ms": statistics.median(times), "p95_ms": p95(times)}
    for name, value in {**found, **speed}.items():
        print(f"{name}: {value:.3f}")
    machine = {"processors": os.cpu_count(), "load_average_1_min": os.getloadavg()[0], "part": arguments.part}
    results = {"machine": machine, "figures": found, "speed": speed, "reliability": reliability(judged)}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
