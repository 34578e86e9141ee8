"""The bundled embedding model on ONNX Runtime: the same vectors as sentence-transformers', without torch."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.encoders import Encoded, Vector
from index.errors import ModelUnavailable
from index.legible import is_legible
from index.pretrained import read_tokenizer
from index.sessions import open_session

MAX_TOKENS = 256
"""How many tokens of a text the bundled model reads, special ones included, as its own settings say."""
_DIMENSION = 384
_UNKNOWN = "[UNK]"


class OnnxEncoder:
    """The bundled model from a file that `index.exported` made; a text's vector is the mean of its tokens'.

    Texts are read one by one, never padded, so that a vector does not depend on what else is embedded; several threads
    read several at a time.
    """

    def __init__(self, model: Path, tokenizer: Path, threads: int) -> None:
        """Load the model.

        Args:
            model: the ONNX file.
            tokenizer: the tokenizer's file.
            threads: how many texts of documents are read at a time; 0 for one a processor.

        Raises:
            ModelUnavailable: when a file is not there or is damaged.
        """
        self._tokenizer = read_tokenizer(tokenizer)
        self._unknown = self._tokenizer.token_to_id(_UNKNOWN)
        self._session = open_session(model)
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="embedding")

    @property
    def dimension(self) -> int:
        """Return how many numbers a vector has."""
        return _DIMENSION

    @property
    def max_tokens(self) -> int:
        """Return how many tokens of a text the model reads, special ones included."""
        return MAX_TOKENS

    def count_tokens(self, text: str) -> int:
        """Return the number of the model's tokens in a text, special ones included."""
        return len(self._tokenizer.encode(text).ids)

    def reads(self, question: str) -> bool:
        """Tell whether the model knows the words of a question."""
        return is_legible(self._tokenizer, self._unknown, question)

    def encode_documents(self, texts: Sequence[str]) -> list[Encoded]:
        """Return what the model gives for texts of documents."""
        return list(self._pool.map(self._encoded, texts))

    def encode_question(self, question: str) -> Vector:
        """Return a question's vector, shape (dimension,)."""
        return self._encoded(question).vector

    def _encoded(self, text: str) -> Encoded:
        read = self._tokenizer.encode(text)
        ids, offsets = read.ids, read.offsets
        if len(ids) > MAX_TOKENS:  # the last one is the special token that ends a text
            ids, offsets = [*ids[: MAX_TOKENS - 1], ids[-1]], [*offsets[: MAX_TOKENS - 1], offsets[-1]]
        tokens = self._tokens(np.array([ids], dtype=np.int64))
        vector = np.asarray(tokens.mean(axis=0), dtype=np.float32)
        return Encoded(vector, tokens, np.array(offsets, dtype=np.int64).reshape(-1, 2))

    def _tokens(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return the embeddings of a text's tokens, shape (tokens, dimension)."""
        try:
            tokens: npt.NDArray[np.float32] = self._session.run(None, {"input_ids": ids})[0][0]
        except Exception as error:  # the library has an exception for each of its states
            raise ModelUnavailable("The embedding model failed on a text; start the program again.") from error
        return tokens
