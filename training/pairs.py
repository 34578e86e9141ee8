"""Pairs of claim and evidence to train the judge on, from the development claims and from entailment pairs.

A pair's target gives the probability of supported, contradicted and neither; where data only tell that something is
not supported, the second and third stand together (`NOT_SUPPORTED`). Evidence has the form in which the product gives
it to the judge: a title, a line end, then one sentence or several of one document.
"""

import csv
import hashlib
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.evidence import as_read
from bench.data import rows

Target = tuple[float, float, float]
SUPPORTED: Target = (1.0, 0.0, 0.0)
CONTRADICTED: Target = (0.0, 1.0, 0.0)
NEITHER: Target = (0.0, 0.0, 1.0)
NOT_SUPPORTED: Target = (0.0, 1.0, 1.0)
"""Contradicted or neither: the loss takes the sum of the two."""

Part = Literal["train", "validation"]
JOINT = 4
"""How many sentences of one document the judge reads together."""
_VALIDATION_SHARE = 0.3
_TEXT = {"supported": SUPPORTED, "refuted": CONTRADICTED}
_ENTAILMENT = {"entailment": SUPPORTED, "contradiction": CONTRADICTED, "neutral": NEITHER}


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim, the evidence for it, and what the evidence says about it."""

    claim: str
    evidence: str
    target: Target
    kind: str


def part_of(group: str) -> Part:
    """Return the part to which all that concerns one document belongs, always the same."""
    digest = hashlib.sha256(group.encode()).digest()
    return "validation" if digest[0] / 256 < _VALIDATION_SHARE else "train"


def group_of(row: dict[str, Any]) -> str:
    """Return what decides the part of a claim: its document, of contrasting versions what they have in common."""
    if row["id"].startswith("feversym:"):
        return str(row["id"].split(":")[1])[:5]
    return str(row.get("withheld_doc") or row["doc_ids"][0])


def joint(found: Sequence[dict[str, Any]], most: int) -> str:
    """Return the first sentences of the first one's document, in the order of its text, as one evidence."""
    first = [each for each in found if each["doc"] == found[0]["doc"]][:most]
    first.sort(key=lambda each: int(each["start"]))
    return as_read(first[0]["title"], [each["text"] for each in first])


def claims(data: Path, retrieved: Path, part: Part, chance: random.Random) -> Iterator[Pair]:
    """Give the pairs of one part of the development claims with gold and with retrieved evidence."""
    for name in ("fm2", "fm2nei", "wice", "feversym"):
        found = {row["id"]: row["sents"] for row in rows(retrieved / f"{name}.jsonl")}
        titles = {
            row["doc_id"]: row["title"] for row in rows(data / "claims" / f"docs_{name.removesuffix('nei')}.jsonl")
        }
        for row in rows(data / "claims" / f"claims_{name}.jsonl"):
            if part_of(group_of(row)) == part:
                yield from _pairs_of(name, row, found[row["id"]], titles, chance)
    yield from _summaries(data, retrieved, part)


def _pairs_of(
    name: str, row: dict[str, Any], found: list[dict[str, Any]], titles: dict[str, str], chance: random.Random
) -> Iterator[Pair]:
    """Give the pairs of one claim."""
    claim, gold = row["claim"], row["evidence"]
    title = titles.get(row["doc_ids"][0], "")
    near = [each for each in found if not _is_gold(each, row)]
    if name == "feversym":
        yield Pair(claim, as_read("", gold), _TEXT[row["label"]], name)
        return
    if name == "fm2nei":
        yield from (Pair(claim, as_read(each["title"], [each["text"]]), NEITHER, name) for each in near[:3])
        yield Pair(claim, joint(found, JOINT), NEITHER, name)
        return
    if name == "fm2":
        target = _TEXT[row["label"]]
        yield Pair(claim, as_read(title, gold), target, name)
        yield from (Pair(claim, as_read(each["title"], [each["text"]]), NEITHER, f"{name} near") for each in near[:2])
    else:
        target = SUPPORTED if row["label"] == "supported" else NOT_SUPPORTED
        if gold:
            yield Pair(claim, as_read(title, gold), target, name)
        elif near:
            yield Pair(claim, joint(found, JOINT), NEITHER, name)
        if near:
            yield Pair(claim, as_read(near[0]["title"], [near[0]["text"]]), NEITHER, f"{name} near")
    own = [each for each in found if each["doc"] == row["doc_ids"][0]]
    kept = [each for each in own if _is_gold(each, row)]
    if kept and len(kept) >= min(3, len(gold)):
        others = [each for each in own if not _is_gold(each, row)][: chance.choice((1, 2, 3))]
        yield Pair(claim, joint([*kept[:4], *others], 6), target, f"{name} joint")
    first = [each for each in found if each["doc"] == found[0]["doc"]][:JOINT]
    held = sum(_is_gold(each, row) for each in first)
    if gold and (held == 0 or held >= min(JOINT, len(row["evidence_spans"]))):
        yield Pair(claim, joint(first, JOINT), target if held else NEITHER, f"{name} found")


def _is_gold(found: dict[str, Any], row: dict[str, Any]) -> bool:
    """Tell whether a retrieved sentence overlaps a gold span of the claim's document."""
    spans = row.get("evidence_spans") or ()
    return found["doc"] in row["doc_ids"] and any(found["start"] < end and start < found["end"] for start, end in spans)


def _summaries(data: Path, retrieved: Path, part: Part) -> Iterator[Pair]:
    """Give the sentences of summaries with what was found for them in their own document.

    A sentence of a true summary is supported. Of a false one only the sentences that no true summary of the same
    document has can be wrong, and when that is one sentence, it is.
    """
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in rows(retrieved / "summedits_sentences.jsonl"):
        found[each["id"]].append(each)
    true: dict[str, set[str]] = defaultdict(set)
    summaries = list(rows(data / "claims" / "claims_summedits.jsonl"))
    for row in summaries:
        if row["label"] == "supported":
            true[row["doc_ids"][0]].update(each["claim"] for each in found[row["id"]])
    for row in summaries:
        if part_of(group_of(row)) != part:
            continue
        doubtful = [each for each in found[row["id"]] if each["claim"] not in true[row["doc_ids"][0]]]
        for each in found[row["id"]]:
            if each["sents"] and (each not in doubtful or len(doubtful) == 1):
                target = NOT_SUPPORTED if each in doubtful else SUPPORTED
                yield Pair(each["claim"], joint(each["sents"], JOINT), target, "summedits")


def entailment(data: Path) -> Iterator[Pair]:
    """Give the human-written counterfactual entailment pairs."""
    for name in ("train", "dev", "test"):
        with (data / "train" / f"counterfactual_nli_{name}.tsv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                yield Pair(row["sentence2"], row["sentence1"], _ENTAILMENT[row["gold_label"]], "counterfactual")


def unrelated(given: Sequence[Pair], count: int, chance: random.Random) -> list[Pair]:
    """Return pairs of a claim and the evidence of another one, nearly always on another subject."""
    drawn = [(chance.choice(given), chance.choice(given)) for _ in range(count)]
    return [Pair(one.claim, other.evidence, NEITHER, "unrelated") for one, other in drawn if one.claim != other.claim]
