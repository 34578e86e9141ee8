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
from index.pretrained import read_tokenizer
from index.sessions import open_session

WEIGHTS = Path(__file__).parent / "weights"
"""The folder of the weights; its README.md says what they are and where they come from."""
_MOST_THREADS = 8
_TOKENIZER = WEIGHTS / "tokenizer.json"
_UNKNOWN = "[UNK]"
_INPUTS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}


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
            self._pairs = read_tokenizer(_TOKENIZER, longest, "only_second")
            self._single = read_tokenizer(_TOKENIZER, longest // 2)
            self._whole = read_tokenizer(_TOKENIZER)
            self._session = open_session(WEIGHTS / f"{name}.onnx")
        except ModelUnavailable as error:
            raise ModelUnavailable(
                f"The bundled model {name!a} is missing or damaged; install the package again."
            ) from error
        self._unknown = self._whole.token_to_id(_UNKNOWN)
        workers = min(threads or os.cpu_count() or 1, _MOST_THREADS)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)

    def logits(self, first: str, seconds: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return what the model gives for the first text with each of the second ones, shape (texts, classes)."""
        ends = [end for _, end in self._single.encode(first, add_special_tokens=False).offsets]
        start = first[: ends[-1]] if len(ends) == self._longest // 2 else first
        rows = list(self._pool.map(self._read, [(start, second) for second in seconds]))
        return np.array(rows, dtype=np.float64) if rows else np.empty((0, 0))

    def reads(self, text: str) -> bool:
        """Tell whether the models know the words of a text."""
        return is_legible(self._whole, self._unknown, text)

    def _read(self, pair: tuple[str, str]) -> "npt.NDArray[np.float32]":
        encoded = self._pairs.encode(*pair)
        fed = {name: np.array([getattr(encoded, of)], dtype=np.int64) for name, of in _INPUTS.items()}
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
