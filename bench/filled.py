"""A home with as many passages as a benchmark wants, in a minute.

The texts are those of the evaluation data. The first passages are embedded by the model, the others get one of these
vectors with noise: the searches do the same work.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.embed import Embedder, PassageVectors, load_embedder
from index.ingest import Ingest
from index.models import EmbeddingIdentity, ModelInput
from index.store import Store

_NOISE = 0.03  # of each component, before the vector is brought back to length 1


class _Multiplied:
    """An embedder that embeds the first passages and gives the others their vectors with noise."""

    def __init__(self, embedder: Embedder, embedded: int) -> None:
        self._embedder, self._embedded = embedder, embedded
        self._made: list[PassageVectors] = []
        self._random = np.random.default_rng(0)
        self.inputs: list[ModelInput] = []
        self.identity: EmbeddingIdentity = embedder.identity
        self.max_tokens = embedder.max_tokens
        self.count_tokens = embedder.count_tokens
        self.reads = embedder.reads
        self.embed_question = embedder.embed_question

    def embed_passages(self, inputs: Sequence[ModelInput]) -> list[PassageVectors]:
        if len(self._made) < self._embedded:
            self.inputs += inputs
            made = self._embedder.embed_passages(inputs)
            self._made += made
            return made
        return [self._noisy(self._made[self._random.integers(len(self._made))], each) for each in inputs]

    def _noisy(self, like: PassageVectors, given: ModelInput) -> PassageVectors:
        rows = np.repeat(like.vector[None], 1 + len(given.sentences), axis=0)
        rows = rows + self._random.normal(0, _NOISE, rows.shape).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return PassageVectors(rows[0], rows[1:])


def fill(home: Path, data: Path, passages: int, *, embedded: int = 1_000) -> list[ModelInput]:
    """Index texts of the evaluation data until the home has so many passages; returns those that the model read.

    Args:
        home: a folder, made when it is absent.
        data: the evaluation data.
        passages: how many there are to be at least, as far as the texts go.
        embedded: how many of them the model embeds.
    """
    with Store.open(home) as store, store.writing():
        embedder = _Multiplied(load_embedder(), embedded)
        ingest = Ingest(store, lambda: embedder)
        for path in sorted(data.glob("*/docs_*.jsonl")):
            for number, line in enumerate(path.read_text("utf-8").splitlines()):
                if store.passage_count() >= passages:
                    return embedder.inputs
                row = json.loads(line)
                source = f"{path.stem}/{number}"
                text = row["text"].replace("\x00", " ")
                ingest.add_text(text, title=row.get("title", source), source=source, media_type="text/plain")
        return embedder.inputs
