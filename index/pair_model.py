"""Models that read two texts together, as ONNX files that come with the package."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.errors import ModelUnavailable
from index.legible import is_legible
from index.once import once
from index.pretrained import TOKENIZER, read_tokenizer
from index.sessions import open_session

WEIGHTS = Path(__file__).parent / "weights"
"""The folder of the weights; its README.md says what they are and where they come from."""
_MOST_THREADS = 8
_UNKNOWN = "[UNK]"


class PairModel:
    """One of the package's models; safe to use from several threads.

    Pairs are read one by one, never padded: the quantized layers take their scale from all that they read at once, so
    that in a batch a pair's result would depend on the others'. Two threads read two pairs at a time.
    """

    def __init__(self, name: str, *, longest: int, threads: int = 0) -> None:
        """Load the model of that name.

        Args:
            name: the file's name without its ending.
            longest: tokens of the two texts together; what is longer is cut, at the end of the second one unless the
                first is half.
            threads: how many pairs are read at a time; 0 for one a processor, at most 8.

        Raises:
            ModelUnavailable: when a file is not there or is damaged.
        """
        self._longest = longest
        try:
            self._tokenizer = read_tokenizer(TOKENIZER)
            self._session = open_session(WEIGHTS / f"{name}.onnx")
        except ModelUnavailable as error:
            raise ModelUnavailable(
                f"The bundled model {name!a} is missing or damaged; install the package again."
            ) from error
        self._unknown = self._tokenizer.token_to_id(_UNKNOWN)
        self._begin, self._end = (self._tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))
        workers = min(threads or os.cpu_count() or 1, _MOST_THREADS)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)

    def logits(self, first: str, seconds: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return what the model gives for the first text with each of the second ones, shape (texts, classes)."""
        beginning = self._tokens(first)[: self._longest // 2]
        rows = list(self._pool.map(lambda second: self._read(beginning, second), seconds))
        return np.array(rows, dtype=np.float64) if rows else np.empty((0, 0))

    def reads(self, text: str) -> bool:
        """Tell whether the models know the words of a text."""
        return is_legible(self._tokenizer, self._unknown, text)

    def _tokens(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def _read(self, first: list[int], second: str) -> "npt.NDArray[np.float32]":
        """Return what the model gives for two texts, in BERT's form of a pair."""
        head = [self._begin, *first, self._end]
        tail = [*self._tokens(second)[: self._longest - len(head) - 1], self._end]
        ids = np.array([head + tail], dtype=np.int64)
        types = np.array([[0] * len(head) + [1] * len(tail)], dtype=np.int64)
        fed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types}
        row: npt.NDArray[np.float32] = self._session.run(None, fed)[0][0]
        return row


def load_pair_model(name: str, *, longest: int, threads: int = 0) -> PairModel:
    """Return the package's model of that name, loaded once a process.

    Raises:
        ModelUnavailable: when a file is not there or is damaged.
    """
    return _load(name, longest, threads)


@once
def _load(name: str, longest: int, threads: int) -> PairModel:
    return PairModel(name, longest=longest, threads=threads)
