"""What a question, an indexed passage and a start cost, beside the parts of a question and beside the torch path.

    python -m bench speed --data ../shared/data [--passages 10000] [--questions 200] [--starts 7]

The floor of a question is its embedding, one query of Chroma and one full-text query. The torch path is what runs where
the ONNX file of the embedding model cannot be made: sentence-transformers with the same weights. What is compared is
measured in turns in one run, on a home that is filled in a minute (bench/filled.py).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from assistant import Assistant
from assistant.settings import load_settings
from bench.figures import keep, load_average, p95, timed
from bench.filled import fill
from bench.serve import memory_after
from index import records
from index.embed import load_embedder
from index.models import ModelInput
from index.store import Store
from index.terms import question_terms

_PARTS = ("embedding", "chroma", "full_text", "question", "reranked", "claim")
_PROPOSED = 50
_BATCH = 16
_TIMES, _MORE_MS = 1.5, 5.0
"""A question may take so many times its embedding, and so many milliseconds more."""


def questions(home: Path, asked: Sequence[str], claims: Sequence[str]) -> dict[str, float]:
    """Return the median milliseconds of a question without and with reranking, of its floor's parts, of a claim."""
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(home))
        store.fold()
        assistant = stack.enter_context(Assistant.open(settings=load_settings(home)))
        plain = stack.enter_context(Assistant.open(settings=load_settings(home, rerank=False)))
        assistant.warm_up()
        assistant.check("Everything is ready.")
        plain.warm_up()
        embedder = load_embedder()
        generation = store.generations.current(records.pointer(store.catalog).number)
        assert generation is not None, "the store has no vector index"
        parts: dict[str, list[float]] = {name: [] for name in _PARTS}
        for text in asked:
            vector = embedder.embed_question(text)
            words = question_terms(text)
            timed(parts["embedding"], lambda: embedder.embed_question(text))  # noqa: B023
            timed(parts["chroma"], lambda: generation.query(vector, _PROPOSED))  # noqa: B023
            timed(parts["full_text"], lambda: store.full_text(words, _PROPOSED))  # noqa: B023
            timed(parts["question"], lambda: plain.ask(text))  # noqa: B023
            timed(parts["reranked"], lambda: assistant.ask(text))  # noqa: B023
        for claim in claims:
            timed(parts["claim"], lambda: assistant.check(claim))  # noqa: B023
        floors = [sum(each) for each in zip(parts["embedding"], parts["chroma"], parts["full_text"], strict=True)]
        ratios = [question / floor for question, floor in zip(parts["question"], floors, strict=True)]
        medians = {f"{name}_ms": statistics.median(times) for name, times in parts.items()}
        opening = _second_home(home.with_name(home.name + "-second"))
        high = {f"{name}_p95_ms": p95(parts[name]) for name in ("question", "reranked", "claim")}
        return {
            "passages": store.passage_count(),
            **medians,
            **high,
            "second_home_ms": opening,
            "floor_ms": statistics.median(floors),
            "ratio": statistics.median(ratios),
            "question_of_allowed": medians["question_ms"] / (_TIMES * medians["embedding_ms"] + _MORE_MS),
            "reranked_of_allowed": medians["reranked_ms"] / (_TIMES * medians["embedding_ms"] + _MORE_MS),
        }


def _second_home(home: Path) -> float:
    """Return the milliseconds in which a process that has answered already opens another home with its model."""
    taken: list[float] = []
    with ExitStack() as stack:
        timed(taken, lambda: stack.enter_context(Assistant.open(settings=load_settings(home))).warm_up())
    return taken[0]


def embedding(inputs: Sequence[ModelInput], asked: Sequence[str], no_cache: Path) -> dict[str, float]:
    """Return passages a second and the milliseconds of a question, for each form in which the model can run."""
    forms = {
        "onnx": load_embedder(),
        "int8": load_embedder(precision="int8"),
        "torch": load_embedder(cache=no_cache),
    }
    passages: dict[str, list[float]] = {name: [] for name in forms}
    queries: dict[str, list[float]] = {name: [] for name in forms}
    for embedder in forms.values():
        embedder.embed_passages(inputs[:_BATCH])
        embedder.embed_question(asked[0])
    for start in range(0, len(inputs), _BATCH):
        for name, embedder in forms.items():
            timed(passages[name], lambda: embedder.embed_passages(inputs[start : start + _BATCH]))  # noqa: B023
    for text in asked:
        for name, embedder in forms.items():
            timed(queries[name], lambda: embedder.embed_question(text))  # noqa: B023
    return {
        **{f"{name}_passages_per_second": len(inputs) / sum(times) * 1_000 for name, times in passages.items()},
        **{f"{name}_embedding_ms": statistics.median(times) for name, times in queries.items()},
    }


def starts(home: Path, question: str, rounds: int, no_cache: Path) -> dict[str, float]:
    """Return the median seconds of `assistant ask` as a new process, as it comes and in the torch path."""
    call = [sys.executable, "-m", "assistant.cli", "--home", str(home), "ask", question]
    times: dict[str, list[float]] = {"onnx": [], "torch": []}
    for _ in range(rounds):
        for name, variables in (("onnx", {}), ("torch", {"ASSISTANT_MODEL_CACHE": str(no_cache)})):
            began = time.perf_counter()
            done = subprocess.run(call, capture_output=True, text=True, env={**os.environ, **variables})
            times[name].append(time.perf_counter() - began)
            assert done.returncode in (0, 3), done.stderr
    medians = {f"{name}_cold_ask_s": statistics.median(taken) for name, taken in times.items()}
    return {**medians, "cold_ask_ratio": medians["torch_cold_ask_s"] / medians["onnx_cold_ask_s"]}


def servers(home: Path, asked: Sequence[str], no_cache: Path) -> dict[str, float]:
    """Return the megabytes of a server that has answered, as it comes and in the torch path, and if torch is in it."""
    figures: dict[str, float] = {}
    for name, variables in (("onnx", {}), ("torch", {"ASSISTANT_MODEL_CACHE": str(no_cache)})):
        resident, peak, has_torch = memory_after(home, asked, variables)
        figures |= {f"{name}_resident_mb": resident, f"{name}_peak_mb": peak, f"{name}_server_holds_torch": has_torch}
    return figures


def main() -> None:
    """Fill a store, measure, print and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench speed", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--embedded", type=int, default=320, help="passages that each form of the model embeds")
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("bench/results/speed.json"))
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"{arguments.data} is not there; it holds the evaluation data")
    before = load_average()
    lines = (arguments.data / "qa" / "qa_newwiki.jsonl").read_text("utf-8").splitlines()
    asked = [json.loads(line)["question"] for line in lines[: arguments.questions]]
    lines = (arguments.data / "claims" / "claims_fm2.jsonl").read_text("utf-8").splitlines()
    claims = [json.loads(line)["claim"] for line in lines[: arguments.questions]]
    with tempfile.TemporaryDirectory() as folder:
        home, no_cache = Path(folder) / "home", Path(folder) / "file" / "cache"
        no_cache.parent.write_text("No folder can be made below a file.")
        inputs = fill(home, arguments.data, arguments.passages)
        figures = {
            "load_average_before": before,
            **questions(home, asked, claims),
            **embedding(inputs[:: max(1, len(inputs) // arguments.embedded)], asked, no_cache),
            **starts(home, asked[0], arguments.starts, no_cache),
            **servers(home, asked[:20], no_cache),
        }
    for name, value in figures.items():
        print(f"{name:28} {value:.2f}")
    keep(figures, arguments.out)


if __name__ == "__main__":
    main()
