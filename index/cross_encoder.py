"""A cross-encoder of sentence-transformers as what its last layer gives, whatever it is configured to make of that."""

import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from index import pretrained
from index.legible import is_legible


class CrossEncoderLogits:
    """Reads pairs of texts; safe to use from several threads, one at a time inside."""

    def __init__(self, name: str, threads: int, *, setting: str) -> None:
        """Load the model.

        Args:
            name: a folder, or a name on the hub.
            threads: how many torch uses; 0 for one a processor.
            setting: the setting that named it, for what is said of a model that cannot be loaded.

        Raises:
            ModelUnavailable: when it is nowhere or cannot be loaded.
        """
        self._model = pretrained.load_cross_encoder(name, setting=setting)
        self._tokenizer, self._unknown = pretrained.open_tokenizer(self._model)
        self._threads = threads or os.cpu_count() or 1
        self._lock = threading.Lock()

    def reads(self, text: str) -> bool:
        """Tell whether the model knows the words of a text; one whose tokenizer does not tell is trusted."""
        return self._tokenizer is None or is_legible(self._tokenizer, self._unknown, text)

    @property
    def labels(self) -> Mapping[int, str]:
        """The names of its classes as its config has them."""
        return getattr(self._model.config, "id2label", None) or {}

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
        """Return the logits of at least one pair, shape (pairs, classes)."""
        with self._lock, pretrained.threads(self._threads):
            # Some models give logits and some probabilities, as they are configured: from logits all are made alike.
            raw = self._model.predict(list(pairs), activation_fn=_unchanged, show_progress_bar=False)
        return np.asarray(raw, dtype=np.float64).reshape(len(pairs), -1)


def _unchanged(scores: Any) -> Any:
    return scores
