"""Pairs of a question and a text to scores, by the cross-encoder that comes along or one that is configured."""

import math
import os
import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from index import pretrained
from index.errors import ModelUnavailable
from index.pair_model import load_pair_model


class Reranker(Protocol):
    """Reads a question and a sentence together and tells how well the one answers the other."""

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return one score a text, 0 to 1, larger for a better answer.

        Raises:
            ModelUnavailable: when the model gives something that is no number.
        """
        ...


def load_reranker(name: str = "", *, threads: int = 0) -> Reranker:
    """Return the cross-encoder of that name or path, or the package's own; loaded once a process.

    Raises:
        ModelUnavailable: when it is not there or cannot be loaded.
    """
    if not name:
        return _BundledReranker(threads)
    with _loading:
        if (name, threads) not in _loaded:
            _loaded[name, threads] = _CrossEncoderReranker(name, threads)
        return _loaded[name, threads]


class _BundledReranker:
    """The pair model that comes with the package."""

    def __init__(self, threads: int) -> None:
        self._model = load_pair_model("reranker", threads=threads)

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        return [1 / (1 + math.exp(-float(logit))) for (logit,) in self._model.logits(question, texts)]


class _CrossEncoderReranker:
    """A cross-encoder of sentence-transformers; safe to use from several threads, one at a time inside."""

    def __init__(self, name: str, threads: int) -> None:
        self._model = pretrained.load_cross_encoder(name)
        self._threads = threads or os.cpu_count() or 1
        self._lock = threading.Lock()

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []
        pairs = [(question, text) for text in texts]
        with self._lock, pretrained.threads(self._threads):
            # Some models give logits and some probabilities, as they are configured: from logits all are made alike.
            raw = self._model.predict(pairs, activation_fn=_unchanged, show_progress_bar=False)
        logits = np.asarray(raw, dtype=np.float64).reshape(len(texts), -1)
        # Of a model with several classes the last one is the answer; with one, the other is its absence.
        others = logits[:, :-1] if logits.shape[1] > 1 else np.zeros((len(texts), 1))
        against = np.clip(np.logaddexp.reduce(others, axis=1) - logits[:, -1], -_FARTHEST, _FARTHEST)
        if np.isnan(against).any():
            raise ModelUnavailable("The reranker gave no usable score for a text; choose another reranker_model.")
        return [float(score) for score in 1.0 / (1.0 + np.exp(against))]


_FARTHEST = 700.0  # beyond which an exponential is no number any more
_loading = threading.Lock()
_loaded: dict[tuple[str, int], Reranker] = {}


def _unchanged(scores: Any) -> Any:
    return scores
