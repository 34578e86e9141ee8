"""What an embedding model gives for a text, and the models of sentence-transformers that give it."""

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from index import pretrained
from index.errors import ModelUnavailable
from index.legible import is_legible

Vector = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float32]
Offsets = npt.NDArray[np.int64]

_BATCH = 16
# A passage is shown and judged as one piece of evidence: models that read more get no longer ones.
_MOST_TOKENS = 512
_LEAST_TOKENS = 32  # the shortest passages that texts are split into
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")  # the names that sentence-transformers looks for, in its order
_PROBE = "Rivers carry sand from the mountains to the sea."
_SAME = 0.999  # a cosine above which two vectors differ by rounding alone
# A question is a few words: a second thread costs more than it saves, and on a busy machine several times as much.
_QUERY_THREADS = 1


@dataclass(frozen=True, slots=True)
class Encoded:
    """What a model gives for one text, of any length."""

    vector: Vector
    """Shape (dimension,)."""
    tokens: Matrix | None
    """Shape (tokens, dimension), those that the vector is the mean of; None when it is no such mean."""
    offsets: Offsets
    """Shape (tokens, 2): from and to which character of the text each stands; both 0 of what is no part of it."""


class Encoder(Protocol):
    """Turns texts into vectors of any length; safe to use from several threads."""

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
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

    def encode_documents(self, texts: Sequence[str]) -> list[Encoded]:
        """Return what the model gives for texts of documents."""
        ...

    def encode_question(self, question: str) -> Vector:
        """Return a question's vector, shape (dimension,)."""
        ...


class SentenceTransformerEncoder:
    """An embedding model of sentence-transformers; one thread at a time inside."""

    def __init__(self, path: str, threads: int) -> None:
        """Load the model.

        Args:
            path: its folder or its name on the hub.
            threads: how many torch uses for documents; 0 for one a processor.

        Raises:
            ModelUnavailable: when it is nowhere, cannot be loaded, or makes no vectors of texts.
        """
        self._model = pretrained.load_sentence_transformer(path)
        tokenizer, self._unknown = pretrained.open_tokenizer(self._model)
        if tokenizer is None:
            raise ModelUnavailable(
                "The embedding model has no fast tokenizer, which exact offsets need; choose another."
            )
        self._tokenizer = tokenizer
        self._threads = threads or os.cpu_count() or 1
        self._lock = threading.Lock()
        self._prompt = _document_prompt(self._model.prompts, self._model.default_prompt_name)
        self._max_tokens = self._room()
        self._dimension, self._is_mean = self._probe()

    @property
    def dimension(self) -> int:
        """Return how many numbers a vector has."""
        return self._dimension

    @property
    def max_tokens(self) -> int:
        """Return how many tokens of a text the model reads, special ones included."""
        return self._max_tokens

    def count_tokens(self, text: str) -> int:
        """Return the number of the model's tokens in a text, special ones included."""
        return len(self._tokenizer.encode(text).ids)

    def reads(self, question: str) -> bool:
        """Tell whether the model knows the words of a question."""
        return is_legible(self._tokenizer, self._unknown, question)

    def encode_documents(self, texts: Sequence[str]) -> list[Encoded]:
        """Return what the model gives for texts of documents."""
        encoded: dict[int, Encoded] = {}
        # Equally long ones together, since a batch is padded to its longest.
        order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            # A batch at a time: a question that comes meanwhile waits for one batch.
            for number, output in zip(batch, self._outputs([texts[number] for number in batch]), strict=True):
                encoded[number] = self._encoded(texts[number], output)
        return [encoded[number] for number in range(len(texts))]

    def encode_question(self, question: str) -> Vector:
        """Return a question's vector, shape (dimension,)."""
        with self._lock, pretrained.threads(_QUERY_THREADS):
            encoded = self._model.encode_query(question, show_progress_bar=False)
        return np.asarray(encoded, dtype=np.float32)

    def _outputs(self, texts: list[str]) -> list[dict[str, Any]]:
        """Return all that the model gives for texts of documents."""
        with self._lock, pretrained.threads(self._threads):
            outputs = self._model.encode_document(
                texts, prompt=self._prompt, batch_size=_BATCH, output_value=None, show_progress_bar=False
            )
        return cast(list[dict[str, Any]], outputs)

    def _encoded(self, text: str, output: Mapping[str, Any]) -> Encoded:
        """Return what was given for one text, with the places of its tokens."""
        vector = _array(output["sentence_embedding"])
        if not self._is_mean:
            return Encoded(vector, None, np.empty((0, 2), np.int64))
        present = _present(output)
        read = output["input_ids"].numpy()[present]
        whole = self._tokenizer.encode(self._prompt + text)
        # Where the text was cut, a special token stands in the place of the text's next one.
        length = min(len(read), len(whole.ids))
        same = int(np.append(read[:length] == whole.ids[:length], False).argmin())
        offsets = np.zeros((len(read), 2), np.int64)
        offsets[:same] = np.array(whole.offsets[:same], dtype=np.int64).reshape(-1, 2)
        return Encoded(vector, _array(output["token_embeddings"])[present], np.maximum(offsets - len(self._prompt), 0))

    def _room(self) -> int:
        """Return how many tokens of a text the model reads beside its prompt."""
        limit = int(min(self._model.max_seq_length or _MOST_TOKENS, _MOST_TOKENS))
        room = limit - (self.count_tokens(self._prompt) - self.count_tokens(""))
        if room < _LEAST_TOKENS:
            raise ModelUnavailable(
                f"The embedding model reads only {max(0, room)} tokens of a text, which is too few; choose another one."
            )
        return room

    def _probe(self) -> tuple[int, bool]:
        """Return the vectors' dimension, and whether they are the mean of the token embeddings."""
        try:
            (output,) = self._outputs([_PROBE])
            vector = _array(output["sentence_embedding"])
            if not np.linalg.norm(vector):
                raise ValueError
        except Exception as error:  # a folder can hold any kind of model, and each fails in its own way
            raise ModelUnavailable("The embedding model makes no vectors of texts; choose another one.") from error
        if not {"token_embeddings", "attention_mask", "input_ids"} <= output.keys():
            return len(vector), False
        mean = _array(output["token_embeddings"])[_present(output)].mean(axis=0)
        if mean.shape != vector.shape:
            return len(vector), False
        return len(vector), float(mean @ vector) > _SAME * float(np.linalg.norm(mean) * np.linalg.norm(vector)) > 0


def _document_prompt(prompts: Mapping[str, str | None], default: str | None) -> str:
    """Return what a model reads before every passage."""
    name = next((name for name in _DOCUMENT_PROMPTS if name in prompts), default)
    return (prompts.get(name) if name else None) or ""


def _array(tensor: Any) -> npt.NDArray[np.float32]:
    """Return a tensor's numbers in single precision; a model may compute in less."""
    return np.asarray(tensor.float().numpy(), dtype=np.float32)


def _present(output: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    """Return which rows of a text are its tokens: rows are padded, at either end, to the longest text of the batch."""
    return np.asarray(output["attention_mask"].numpy(), dtype=np.bool_)
