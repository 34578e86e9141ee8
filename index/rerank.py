"""Pairs of a question and a text to scores, by a cross-encoder when one is configured."""

import os
import threading
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from index import pretrained


class Reranker(Protocol):
    """Reads a question and a sentence together and tells how well the one answers the other."""

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return one score a text, 0 to 1, larger for a better answer."""
        ...


def load_reranker(name: str, *, threads: int = 0) -> Reranker:
    """Return the cross-encoder of that name or path; loaded once a process.

    Raises:
        ModelUnavailable: when it is not there or cannot be loaded.
    """
    with _loading:
        if (name, threads) not in _loaded:
            _loaded[name, threads] = _CrossEncoderReranker(name, threads)
        return _loaded[name, threads]


class _CrossEncoderReranker:
    """A cross-encoder of sentence-transformers; safe to use from several threads, one at a time inside."""

    def __init__(self, name: str, threads: int) -> None:
        self._model = pretrained.load_cross_encoder(name)
        self._threads = threads or os.cpu_count() or 1
        self._lock = threading.Lock()

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []
        with self._lock, pretrained.threads(self._threads):
            raw = self._model.predict([(question, text) for text in texts], show_progress_bar=False)
        values = np.asarray(raw, dtype=np.float64).reshape(len(texts), -1)[:, -1]
        # Most cross-encoders give probabilities already; those that give logits are brought to the same range.
        inside = values.min() >= 0.0 and values.max() <= 1.0
        return [float(value) for value in (values if inside else 1.0 / (1.0 + np.exp(-values)))]


_loading = threading.Lock()
_loaded: dict[tuple[str, int], Reranker] = {}
