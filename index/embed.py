"""Texts to vectors.

A passage's vector and those of its sentences come from one forward pass: a sentence's is the mean of its tokens'
embeddings as the model sees them inside the passage. On the development sets that finds the right sentence more often
than embedding each sentence alone, at half the cost (bench/README.md). That holds for models whose own vector is such
a mean; of any other one the sentences are embedded by themselves.

The bundled model runs on ONNX Runtime (index/onnx_encoder.py), any other one in sentence-transformers.
"""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index import pretrained
from index.encoders import Encoded, Encoder, Matrix, SentenceTransformerEncoder, Vector
from index.errors import ModelUnavailable
from index.exported import Precision, default_cache, exported
from index.models import EmbeddingIdentity, ModelInput
from index.once import once
from index.onnx_encoder import OnnxEncoder

__all__ = ["DEFAULT_MODEL", "Embedder", "Matrix", "PassageVectors", "Vector", "embedding_name", "load_embedder"]

DEFAULT_MODEL = pretrained.BUNDLED
"""The bundled model's name; the setting's empty value means it too."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """The vectors of a passage, each of length 1."""

    vector: Vector
    """Shape (dimension,)."""
    sentences: Matrix
    """Shape (sentences, dimension)."""


class Embedder(Protocol):
    """Turns passages and questions into vectors of one space."""

    @property
    def identity(self) -> EmbeddingIdentity:
        """Which model it is."""
        ...

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads, special ones included."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return the number of the model's tokens in a text, special ones included."""
        ...

    def reads(self, question: str) -> bool:
        """Tell whether the model knows the words of a question, so that its vector says something."""
        ...

    def embed_passages(self, inputs: Sequence[ModelInput]) -> list[PassageVectors]:
        """Return the vectors of passages and of their sentences."""
        ...

    def embed_question(self, question: str) -> Vector:
        """Return a question's vector, shape (dimension,), length 1."""
        ...


def load_embedder(
    name: str = "", *, threads: int = 0, cache: Path | None = None, precision: Precision = "single"
) -> Embedder:
    """Return the embedding model of that name or path, the bundled one for ""; loaded once a process.

    Args:
        name: a sentence-transformers model's folder or its name on the hub.
        threads: how many threads embed passages; 0 for as many as there are processors.
        cache: the folder that holds the bundled model as it runs here; None for the person's own cache.
        precision: of the bundled model: "int8" takes half the time, and its vectors are another space.

    Raises:
        ModelUnavailable: when it is not there, not whole, or cannot be loaded.
    """
    if name in ("", DEFAULT_MODEL):
        return _load_bundled(threads, cache or default_cache(), precision)
    return _load(name, threads)


@once
def _load_bundled(threads: int, cache: Path, precision: Precision) -> Embedder:
    try:
        encoder: Encoder = OnnxEncoder(exported(cache, precision), pretrained.TOKENIZER, threads)
    except ModelUnavailable as error:
        if precision != "single":
            raise
        # The reference gives the same vectors; only its start and each question take several times as long.
        pretrained.require_published()
        encoder = SentenceTransformerEncoder(str(pretrained.bundled_folder()), threads)
        _log.warning("The embedding model runs in its slow form: %s", error)
    revision = "" if precision == "single" else precision
    return _Embedder(encoder, EmbeddingIdentity(DEFAULT_MODEL, revision, encoder.dimension, pretrained.BUNDLED_SHA256))


@once
def _load(name: str, threads: int) -> Embedder:
    before = pretrained.weights(name)
    encoder = SentenceTransformerEncoder(name, threads)
    # A model from the hub is in its cache only since it was loaded.
    revision, weights = before if before[1] else pretrained.weights(name)
    return _Embedder(encoder, EmbeddingIdentity(embedding_name(name), revision, encoder.dimension, weights))


def embedding_name(name: str) -> str:
    """Return the name under which a collection remembers a model: of a folder only its own name, without the path."""
    folder = pretrained.local_folder(name)
    return name or DEFAULT_MODEL if folder is None else folder.resolve().name


class _Embedder:
    """Vectors at length 1 of what an encoder gives; as safe to use from several threads as that is."""

    def __init__(self, encoder: Encoder, identity: EmbeddingIdentity) -> None:
        self._encoder = encoder
        self._identity = identity
        self.max_tokens = encoder.max_tokens
        self.count_tokens = encoder.count_tokens
        self.reads = encoder.reads

    @property
    def identity(self) -> EmbeddingIdentity:
        return self._identity

    def embed_passages(self, inputs: Sequence[ModelInput]) -> list[PassageVectors]:
        encoded = self._encoder.encode_documents([given.text for given in inputs])
        return [self._vectors(given, each) for given, each in zip(inputs, encoded, strict=True)]

    def embed_question(self, question: str) -> Vector:
        return _required(_unit(self._encoder.encode_question(question)))

    def _vectors(self, given: ModelInput, encoded: Encoded) -> PassageVectors:
        """Return the vectors of a passage and of its sentences."""
        vector = _required(_unit(encoded.vector))
        if not given.sentences:
            return PassageVectors(vector, np.empty((0, len(vector)), np.float32))
        tokens = encoded.tokens
        means = self._each_alone(given) if tokens is None else _means(given, tokens, encoded.offsets)
        # A sentence of which the model read nothing (it was cut off) is told by its passage.
        return PassageVectors(vector, np.stack([vector if mean is None else mean for mean in means]))

    def _each_alone(self, given: ModelInput) -> list[Vector | None]:
        """Return the vector of each sentence by itself."""
        texts = [given.text[span.start : span.end] for span in given.sentences]
        return [_unit(each.vector) for each in self._encoder.encode_documents(texts)]


def _means(given: ModelInput, tokens: Matrix, offsets: npt.NDArray[np.int64]) -> list[Vector | None]:
    """Return the mean of the tokens that lie in each sentence, or None where none does."""
    starts, ends = offsets[:, 0], offsets[:, 1]
    means: list[Vector | None] = []
    for span in given.sentences:
        # Some tokenizers count the space before a word to it, so a token belongs where it ends.
        inside = np.flatnonzero((ends > starts) & (ends > span.start) & (ends <= span.end))
        means.append(_unit(tokens[inside].mean(axis=0)) if len(inside) else None)
    return means


def _unit(vector: npt.NDArray[np.floating]) -> Vector | None:
    """Return a vector at length 1, or None when it has no direction."""
    length = float(np.linalg.norm(vector))
    return (vector / length).astype(np.float32) if 0.0 < length < math.inf else None


def _required(vector: Vector | None) -> Vector:
    """Return the vector or raise."""
    if vector is None:
        raise ModelUnavailable("The embedding model gave no usable vector for a text; choose another one.")
    return vector
