"""Pairs of a question and a text to scores, by the cross-encoder that comes along or one that is configured."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from index.cross_encoder import CrossEncoderLogits
from index.errors import ModelUnavailable
from index.odds import logistic
from index.once import once
from index.pair_model import load_pair_model

LONGEST = 192
"""Tokens of a question with one passage that the bundled reranker reads."""


class Reranker(Protocol):
    """Reads a question and a sentence together and tells how well the one answers the other."""

    def reads(self, question: str) -> bool:
        """Tell whether the model knows the words of a question, so that its scores say something."""
        ...

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
    return _load(name, threads)


@once
def _load(name: str, threads: int) -> Reranker:
    return _CrossEncoderReranker(name, threads)


class _BundledReranker:
    """The pair model that comes with the package."""

    def __init__(self, threads: int) -> None:
        self._model = load_pair_model("reranker", longest=LONGEST, threads=threads)

    def reads(self, question: str) -> bool:
        return self._model.reads(question)

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        return [logistic(float(logit)) for (logit,) in self._model.logits(question, texts)]


class _CrossEncoderReranker:
    """A cross-encoder of sentence-transformers."""

    def __init__(self, name: str, threads: int) -> None:
        self._logits = CrossEncoderLogits(name, threads, setting="reranker_model")

    def reads(self, question: str) -> bool:
        return self._logits.reads(question)

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []
        logits = self._logits([(question, text) for text in texts])
        # Of a model with several classes the last one is the answer; with one, the other is its absence.
        others = logits[:, :-1] if logits.shape[1] > 1 else np.zeros((len(texts), 1))
        against = np.clip(np.logaddexp.reduce(others, axis=1) - logits[:, -1], -_FARTHEST, _FARTHEST)
        if np.isnan(against).any():
            raise ModelUnavailable("The reranker gave no usable score for a text; choose another reranker_model.")
        return [float(score) for score in 1.0 / (1.0 + np.exp(against))]


_FARTHEST = 700.0  # beyond which an exponential is no number any more
