"""How often the right passage is found, a quote holds the answer, and a refusal is right; and how long it takes.

    python -m bench quality --data ../shared/data [--only newwiki clapnq] [--out bench/results/quality.json]

Every set is indexed into a home of its own and asked through the front door with a threshold of 0, so that one run
tells what would be quoted without any refusal and, by `Answer.score`, what is refused at the shipped threshold.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant import Assistant
from assistant.answer import THRESHOLD
from assistant.models import Answer, Hit, Quote
from assistant.settings import load_settings
from bench.data import TASKS, Question, Task, load
from bench.figures import mean, p95


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured on one task; shares are 0 to 1, and None where the task has no such thing."""

    task: str
    documents: int
    passages: int
    questions: int
    recall_1: float
    recall_5: float
    mrr_10: float
    first_quote: float
    """Questions whose first quote holds a gold answer, whatever the score."""
    any_quote: float
    shipped_first_quote: float
    """The same at the shipped threshold, a refusal counting as a miss."""
    shipped_any_quote: float
    answered: float
    """Answerable questions that are answered at the shipped threshold."""
    refused: float | None
    """Unanswerable ones that are refused there."""
    balanced_accuracy: float | None
    auroc: float | None
    exact: float
    """Quotes that equal the stored source at their offsets."""
    p50_ms: float
    p95_ms: float
    documents_per_second: float
    passages_per_second: float


@dataclass(frozen=True, slots=True)
class _Asked:
    question: Question
    answer: Answer
    hits: tuple[Hit, ...]


def measure(data: Path, task: Task, home: Path) -> Figures:
    """Return the figures of one task, measured in a new home."""
    sources, questions = load(data, task)
    with Assistant.open(settings=load_settings(home, threshold=0.0)) as assistant:
        began = time.perf_counter()
        ids = {}
        for source in sources:
            document = assistant.add_text(source.text, title=source.title, source=source.id, media_type=task.media_type)
            ids[document.id] = source.id
        seconds = time.perf_counter() - began
        assistant.warm_up()
        answerable = [each for each in questions if each.answerable]
        asked = [_ask(assistant, each, ids, task, gold=True) for each in answerable]
        absent = [_ask(assistant, each, ids, task, gold=False) for each in _without_answer(task, questions)]
        exact = [_exact(assistant, quote) for each in (*asked, *absent) for quote in each.answer.quotes]
        stored = assistant.documents()
    return _figures(task, ids, asked, absent, exact, len(stored), sum(each.passages for each in stored), seconds)


def _without_answer(task: Task, questions: Sequence[Question]) -> list[Question]:
    """Return the questions that ought to be refused."""
    if task.refusal == "removed":
        return [each for each in questions if each.answerable]
    return [each for each in questions if not each.answerable] if task.refusal else []


def _ask(assistant: Assistant, question: Question, ids: dict[str, str], task: Task, *, gold: bool) -> _Asked:
    """Ask a question of the documents that the task says."""
    among = None
    if not task.whole_documents:
        among = [number for number, name in ids.items() if name == question.document]
    elif task.refusal == "removed" and not gold:
        among = [number for number, name in ids.items() if name != question.document]
    answer = assistant.ask(question.text, documents=among)
    return _Asked(question, answer, tuple(assistant.search(question.text, k=10, documents=among)) if gold else ())


def _exact(assistant: Assistant, quote: Quote) -> bool:
    """Tell whether a quote is the slice of its source that it says it is."""
    return assistant.document(quote.document_id).text[quote.start : quote.end] == quote.text


def _figures(
    task: Task,
    ids: dict[str, str],
    asked: Sequence[_Asked],
    absent: Sequence[_Asked],
    exact: Sequence[bool],
    documents: int,
    passages: int,
    seconds: float,
) -> Figures:
    ranks = [_rank(each, ids) for each in asked]
    quoted = [
        [each.question.held_by(ids[one.document_id], one.start, one.end, one.text) for one in each.answer.quotes]
        for each in asked
    ]
    passes = [each.answer.score >= THRESHOLD for each in asked]
    scores, others = [each.answer.score for each in asked], [each.answer.score for each in absent]
    answered, refused = mean(passes), mean([score < THRESHOLD for score in others]) if others else None
    times = sorted(each.answer.elapsed_ms for each in (*asked, *absent))
    return Figures(
        task=task.name if task.whole_documents else f"{task.name} (paragraph)",
        documents=documents,
        passages=passages,
        questions=len(asked) + len(absent),
        recall_1=mean([rank == 1 for rank in ranks]),
        recall_5=mean([0 < rank <= 5 for rank in ranks]),
        mrr_10=mean([1 / rank if rank else 0.0 for rank in ranks]),
        first_quote=mean([bool(held) and held[0] for held in quoted]),
        any_quote=mean([any(held) for held in quoted]),
        shipped_first_quote=mean([ok and bool(held) and held[0] for ok, held in zip(passes, quoted, strict=True)]),
        shipped_any_quote=mean([ok and any(held) for ok, held in zip(passes, quoted, strict=True)]),
        answered=answered,
        refused=refused,
        balanced_accuracy=(answered + refused) / 2 if refused is not None else None,
        auroc=_auroc(scores, others) if others else None,
        exact=mean(exact),
        p50_ms=statistics.median(times),
        p95_ms=p95(times),
        documents_per_second=documents / seconds,
        passages_per_second=passages / seconds,
    )


def _rank(asked: _Asked, ids: dict[str, str]) -> int:
    """Return at which place, from 1, the first passage with the answer stands; 0 when it is not among them."""
    for place, hit in enumerate(asked.hits, start=1):
        passage = hit.passage
        if asked.question.held_by(ids[passage.document_id], passage.start, passage.end, passage.text):
            return place
    return 0


def _auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return how often an answerable question has the higher score, ties counting half (Mann-Whitney U)."""
    wins = sum((one > other) + 0.5 * (one == other) for one in positive for other in negative)
    return wins / (len(positive) * len(negative))


def main() -> None:
    """Measure, print a table and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench quality", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", nargs="*", help="names of sets")
    parser.add_argument("--out", type=Path, default=Path("bench/results/quality.json"))
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"{arguments.data} is not there; it holds the evaluation data")
    results = []
    for task in TASKS:
        if arguments.only and task.name not in arguments.only:
            continue
        with tempfile.TemporaryDirectory() as home:
            figures = measure(arguments.data, task, Path(home))
        results.append(asdict(figures))
        print(" ".join(f"{name}={_shown(value)}" for name, value in results[-1].items()), flush=True)
    machine = {"python": platform.python_version(), "processors": os.cpu_count(), "threshold": THRESHOLD}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps({"machine": machine, "results": results}, indent=1) + "\n")


def _shown(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
