"""What a question, a change and a lost index cost in stores of 10,000, 100,000 and 1,000,000 passages.

    python -m bench scale --data ../shared/data [--sizes 10000 100000] [--questions 200] [--keep FOLDER]

The first 10,000 passages are the texts of the evaluation data with the model's own vectors; larger stores hold copies
with other words and vectors beside (bench/copies.py). Each size is measured in a process of its own, and its memory in
that of `assistant serve` after the same questions.

Recall is that of the whole retrieval: of the ten passages that it puts first when every vector is compared exactly, how
many it puts first as it is. `--keep` keeps the homes, and takes those that are there.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from assistant import Assistant
from assistant.candidates import Query
from assistant.find import to_the_point
from assistant.retrieve import retrieve, weigh
from assistant.settings import load_settings
from bench.copies import multiply
from bench.figures import keep, load_average, p95, timed
from bench.filled import fill
from bench.serve import memory_after
from index import records
from index.embed import load_embedder
from index.store import Store
from index.terms import question_terms

_REAL = 10_000
_NEAR = 10
_WARMING = 20
_SPAWN = get_context("spawn")


def grow(base: Path, home: Path, passages: int) -> dict[str, float]:
    """Make a home of so many passages out of a smaller one, and return what that and building its index took."""
    figures: dict[str, float] = {}
    shutil.copytree(base, home)
    with Store.open(home) as store, store.writing():
        with _seconds(figures, "copied_seconds"):
            multiply(store, passages)
        with _seconds(figures, "index_seconds"):
            store.rebuild()
    return figures


def measure(home: Path, questions: Sequence[str]) -> dict[str, float]:
    """Return the figures of a home: opening, questions, memory, recall, changes; in the process that calls it."""
    figures: dict[str, float] = {}
    with _seconds(figures, "first_answer_seconds"):
        plain = Assistant.open(settings=load_settings(home, rerank=False))
        plain.ask(questions[0])
    with plain, Store.open(home) as store:
        embedder = load_embedder()
        for question in questions[:_WARMING]:
            plain.ask(question)
        times: dict[str, list[float]] = {"embedding": [], "question": []}
        for question in questions:
            timed(times["embedding"], lambda: embedder.embed_question(question))  # noqa: B023
            timed(times["question"], lambda: plain.ask(question))  # noqa: B023
        with Assistant.open(settings=load_settings(home)) as assistant:
            assistant.warm_up()
            times["reranked"] = []
            for question in questions[: len(questions) // 4]:
                timed(times["reranked"], lambda: assistant.ask(question))  # noqa: B023
        for name, taken in times.items():
            figures |= {f"{name}_ms": statistics.median(taken), f"{name}_p95_ms": p95(taken)}
        figures |= {"passages": store.passage_count(), **_sizes(home, store.passage_count())}
        figures["recall_at_10"] = _recall(store, questions)
    return figures | _changes(home)


def _recall(store: Store, questions: Sequence[str]) -> float:
    """Return the share of the first passages of exact retrieval that retrieval as it is has among its first."""
    embedder = load_embedder()
    queries = [
        Query(text, embedder.embed_question(text), weigh(store, question_terms(text)))
        for text in map(to_the_point, questions)
    ]
    usual = [_first(store, query) for query in queries]
    generation = store.generations.current(records.pointer(store.catalog).number)
    assert generation is not None, "the store has no vector index"
    store.generations.fail(generation, "every vector is compared")
    exact = [_first(store, query) for query in queries]
    return sum(len(one & other) for one, other in zip(usual, exact, strict=True)) / sum(map(len, exact))


def _first(store: Store, query: Query) -> set[int]:
    return {candidate.stored.passage.id for candidate in retrieve(store, query)[:_NEAR]}


def _changes(home: Path) -> dict[str, float]:
    """Return what it costs to replace a document, to remove one, and to ask after each."""
    figures: dict[str, float] = {}
    with Assistant.open(settings=load_settings(home, rerank=False)) as assistant:
        document = assistant.documents()[-1]
        assistant.warm_up()
        with _seconds(figures, "replace_seconds"):
            assistant.add_text(f"{document.text}\nOne sentence more.", title=document.title, source=document.source)
        with _seconds(figures, "question_after_replace_seconds"):
            assistant.ask("Who wrote one sentence more?")
        with _seconds(figures, "remove_seconds"):
            assistant.remove(document.id)
        with _seconds(figures, "question_after_remove_seconds"):
            assistant.ask("Who wrote one sentence more?")
        began = time.perf_counter()
    return figures | {"close_after_changes_seconds": time.perf_counter() - began}


def _sizes(home: Path, passages: int) -> dict[str, float]:
    """Return the bytes on the disk for each passage."""
    files = [path for path in home.rglob("*") if path.is_file()]
    catalog = sum(path.stat().st_size for path in files if path.name.startswith("catalog"))
    return {
        "catalog_bytes": catalog / passages,
        "index_bytes": (sum(path.stat().st_size for path in files) - catalog) / passages,
    }


def serve(home: Path, questions: Sequence[str]) -> dict[str, float]:
    """Return the megabytes that a server of the home holds, and has held at most, after some questions."""
    resident, peak, has_torch = memory_after(home, questions)
    return {"server_resident_mb": resident, "server_peak_mb": peak, "server_holds_torch": float(has_torch)}


@contextmanager
def _seconds(figures: dict[str, float], name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    figures[name] = time.perf_counter() - began


def _apart(call: Callable[..., Any], *arguments: object) -> Any:
    """Return what a call gives in a new process."""
    with ProcessPoolExecutor(1, mp_context=_SPAWN) as pool:
        return pool.submit(call, *arguments).result()


def main() -> None:
    """Make the stores, measure each, print and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench scale", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--out", type=Path, default=Path("bench/results/scale.json"))
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"{arguments.data} is not there; it holds the evaluation data")
    lines = (arguments.data / "qa" / "qa_newwiki.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines[: arguments.questions]]
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        base = folder / "real"
        if not base.exists():
            real = min(_REAL, *arguments.sizes)
            fill(base, arguments.data, real, embedded=real)
        found: dict[str, Any] = {}
        for size in arguments.sizes:
            home = folder / str(size)
            made = {} if home.exists() else _apart(grow, base, home, size)
            figures = made | serve(home, questions) | _apart(measure, home, questions)
            print(" ".join(f"{name}={value:.4g}" for name, value in figures.items()), flush=True)
            found[str(size)] = figures | {"load_average": load_average()}
            keep(found, arguments.out)


if __name__ == "__main__":
    main()
