"""What tests of indexing share: an embedding model that is a hash, and short ways into a store."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from assistant.candidates import Query
from assistant.retrieve import retrieve
from bench.crash_child import DIMENSION, passages_of, plain
from index.embed import PassageVectors, Vector
from index.errors import ModelUnavailable
from index.models import Document, EmbeddingIdentity, ModelInput
from index.store import Store

IDENTITY = EmbeddingIdentity("fake", "1", DIMENSION, "")
"""Of the model that would have made the vectors that `put` stores."""
UNUSABLE = "unusable"
"""A word of which the hash embedder makes no vector."""
HASH_DIMENSION = 16


def put(store: Store, source: str, text: str) -> Document:
    """Store a text with one passage a sentence."""
    with store.writing():
        pending = store.begin_document(source, plain(f"title of {source}", text))
        return store.finish_document(pending, passages_of(text))


def texts(store: Store, found: list[tuple[int, float]]) -> list[str]:
    """The texts of the passages that a search found."""
    return [passage.passage.text for passage in store.passages([number for number, _ in found]).values()]


def hash_vector(text: str, model: str = "hash") -> Vector:
    """A vector that only this text has under this model, shape (16,), length 1."""
    seed = int.from_bytes(hashlib.sha256(f"{model}\n{text}".encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).normal(size=HASH_DIMENSION)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


@dataclass
class HashEmbedder:
    """An embedding model that knows texts by their hash, and keeps which ones it was given."""

    name: str = "hash"
    embedded: list[str] = field(default_factory=list)
    batches: int = 0

    @property
    def identity(self) -> EmbeddingIdentity:
        return EmbeddingIdentity(self.name, "1", HASH_DIMENSION, "")

    @property
    def max_tokens(self) -> int:
        return 64

    def count_tokens(self, text: str) -> int:
        return len(text.split()) + 2

    def reads(self, question: str) -> bool:
        return True

    def embed_passages(self, inputs: Sequence[ModelInput]) -> list[PassageVectors]:
        if any(UNUSABLE in given.text for given in inputs):
            raise ModelUnavailable("The embedding model gave no usable vector for a text; choose another one.")
        self.batches += 1
        self.embedded += [given.text for given in inputs]
        return [
            PassageVectors(
                hash_vector(given.text, self.name),
                np.stack([hash_vector(given.text[span.start : span.end], self.name) for span in given.sentences]),
            )
            for given in inputs
        ]

    def embed_question(self, question: str) -> Vector:
        return hash_vector(question, self.name)


def fill(folder: Path, *names: str) -> Path:
    """Make files that each hold a sentence of their own."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"The text of {name} is here.\n", "utf-8", "replace")
    return folder


def sentence_vectors_are_of_their_text(store: Store, model: str = "hash") -> None:
    """Each stored sentence has the vector of its own characters, and each passage the one that only it has."""
    for document in store.documents():
        found = store.dense(hash_vector("anything"), 1000, [document.id])
        assert len(found) == document.passages > 0
        for stored in store.passages([number for number, _ in found]).values():
            for sentence, vector in zip(stored.sentences, stored.sentence_vectors, strict=True):
                own = hash_vector(document.text[sentence.start : sentence.end], model)
                assert np.abs(vector - own).max() < 1e-3
            read = f"{document.title}\n" + "\n".join(document.text[each.start : each.end] for each in stored.sentences)
            assert np.abs(stored.vector - hash_vector(read, model)).max() < 1e-6


def nearest_to(store: Store, vector: Vector) -> list[tuple[int, float]]:
    """The candidates that a vector alone finds, as (passage id, exact cosine)."""
    return [(each.stored.id, each.cosine) for each in retrieve(store, Query("?", vector, {}))]


def is_a_sentence(message: str) -> bool:
    """Whether a message is one sentence that can be printed."""
    return message.endswith(".") and ". " not in message and message.isprintable()
