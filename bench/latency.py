"""What a question costs on a warm store beside what it cannot do without, in one run on one machine.

    python -m bench latency --data ../shared/data [--passages 10000] [--questions 200]

The floor of a question is its embedding, one query of Chroma and one full-text query. The texts are those of the
evaluation data; the first 1,000 passages are embedded by the model, the others get one of these vectors with noise (the
searches do the same work, and the store is filled in a minute).
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from assistant import Assistant
from assistant.settings import load_settings
from bench.figures import keep, p95
from index import records
from index.embed import Embedder, PassageVectors, load_embedder
from index.ingest import Ingest
from index.models import EmbeddingIdentity, ModelInput
from index.store import Store
from index.terms import question_terms

_PARTS = ("embedding", "chroma", "full_text", "question", "reranked", "claim")
_EMBEDDED = 1_000
_PROPOSED = 50
_NOISE = 0.03  # of each component, before the vector is brought back to length 1


class _Multiplied:
    """An embedder that embeds the first passages and gives the others their vectors with noise."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._made: list[PassageVectors] = []
        self._random = np.random.default_rng(0)
        self.identity: EmbeddingIdentity = embedder.identity
        self.max_tokens = embedder.max_tokens
        self.count_tokens = embedder.count_tokens
        self.reads = embedder.reads
        self.embed_question = embedder.embed_question

    def embed_passages(self, inputs: Sequence[ModelInput]) -> list[PassageVectors]:
        if len(self._made) < _EMBEDDED:
            made = self._embedder.embed_passages(inputs)
            self._made += made
            return made
        return [self._noisy(self._made[self._random.integers(len(self._made))], each) for each in inputs]

    def _noisy(self, like: PassageVectors, given: ModelInput) -> PassageVectors:
        rows = np.repeat(like.vector[None], 1 + len(given.sentences), axis=0)
        rows = rows + self._random.normal(0, _NOISE, rows.shape).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return PassageVectors(rows[0], rows[1:])


def fill(home: Path, data: Path, passages: int) -> None:
    """Index texts of the evaluation data until the home has so many passages."""
    with Store.open(home) as store, store.writing():
        embedder = _Multiplied(load_embedder())
        ingest = Ingest(store, lambda: embedder)
        for path in sorted(data.glob("*/docs_*.jsonl")):
            for number, line in enumerate(path.read_text("utf-8").splitlines()):
                if store.passage_count() >= passages:
                    return
                row = json.loads(line)
                source = f"{path.stem}/{number}"
                text = row["text"].replace("\x00", " ")
                ingest.add_text(text, title=row.get("title", source), source=source, media_type="text/plain")


def measure(home: Path, questions: Sequence[str], claims: Sequence[str]) -> dict[str, float]:
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
        for text in questions:
            vector = embedder.embed_question(text)
            words = question_terms(text)
            _timed(parts["embedding"], lambda: embedder.embed_question(text))  # noqa: B023
            _timed(parts["chroma"], lambda: generation.query(vector, _PROPOSED))  # noqa: B023
            _timed(parts["full_text"], lambda: store.full_text(words, _PROPOSED))  # noqa: B023
            _timed(parts["question"], lambda: plain.ask(text))  # noqa: B023
            _timed(parts["reranked"], lambda: assistant.ask(text))  # noqa: B023
        for claim in claims:
            _timed(parts["claim"], lambda: assistant.check(claim))  # noqa: B023
        floors = [sum(each) for each in zip(parts["embedding"], parts["chroma"], parts["full_text"], strict=True)]
        ratios = [question / floor for question, floor in zip(parts["question"], floors, strict=True)]
        medians = {f"{name}_ms": statistics.median(times) for name, times in parts.items()}
        opening = _second_home(home.with_name(home.name + "-second"))
        high = {f"{name}_p95_ms": p95(parts[name]) for name in ("question", "reranked", "claim")}
        return {
            "passages": store.passage_count(),
            **medians,
            "second_home_ms": opening,
            **high,
            "floor_ms": statistics.median(floors),
            "ratio": statistics.median(ratios),
        }


def _second_home(home: Path) -> float:
    """Return the milliseconds in which a process that has answered already opens another home with its model."""
    taken: list[float] = []
    with ExitStack() as stack:
        _timed(taken, lambda: stack.enter_context(Assistant.open(settings=load_settings(home))).warm_up())
    return taken[0]


def _timed(times: list[float], call: Callable[[], object]) -> None:
    began = time.perf_counter()
    call()
    times.append((time.perf_counter() - began) * 1000)


def main() -> None:
    """Fill a store, measure, print and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench latency", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("bench/results/latency.json"))
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"{arguments.data} is not there; it holds the evaluation data")
    lines = (arguments.data / "qa" / "qa_newwiki.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines[: arguments.questions]]
    lines = (arguments.data / "claims" / "claims_fm2.jsonl").read_text("utf-8").splitlines()
    claims = [json.loads(line)["claim"] for line in lines[: arguments.questions]]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        fill(home, arguments.data, arguments.passages)
        figures = measure(home, questions, claims)
    print(" ".join(f"{name}={value:.2f}" for name, value in figures.items()))
    keep(figures, arguments.out)


if __name__ == "__main__":
    main()
