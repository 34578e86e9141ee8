"""Models small enough to be made on the spot: one layer of random weights over the bundled model's tokenizer."""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from index.embed import Embedder, PassageVectors
from index.models import ModelInput, Span
from index.pretrained import bundled_folder

WIDTH = 16
_SMALL: dict[str, Any] = {
    "hidden_size": WIDTH, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32,
    "max_position_embeddings": 128,
}  # fmt: skip


def tiny_encoder(
    folder: Path, pooling: str = "mean", *, prompt: str = "", dense: int = 0, limit: int = 64, padding: str = "right"
) -> str:
    """Save an embedding model that does not look at where a token stands, and return its folder.

    Without a way of `pooling` it makes vectors of tokens and none of a text.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel, set_seed

    set_seed(1)
    bert = BertModel(BertConfig(**_SMALL))
    bert.embeddings.position_embeddings.weight.data.zero_()
    bert.save_pretrained(folder / "layers")
    AutoTokenizer.from_pretrained(bundled_folder(), padding_side=padding).save_pretrained(folder / "layers")
    layers = Transformer(str(folder / "layers"), max_seq_length=limit)
    after = [*([Pooling(WIDTH, pooling)] if pooling else []), *([Dense(WIDTH, dense)] if dense else [])]
    model = SentenceTransformer(modules=[layers, *after], device="cpu", prompts={"document": prompt, "query": ""})
    model.save(str(folder / "model"), create_model_card=False)
    return str(folder / "model")


def tiny_static_encoder(folder: Path) -> str:
    """Save a model that gives every token the same vector wherever it stands, and return its folder."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer
    from transformers import set_seed

    set_seed(1)
    words = Tokenizer.from_file(str(bundled_folder() / "tokenizer.json"))
    model = SentenceTransformer(modules=[StaticEmbedding(words, embedding_dim=WIDTH)], device="cpu")
    model.save(str(folder / "static"), create_model_card=False)
    return str(folder / "static")


def tiny_reranker(folder: Path, *, labels: int = 1, names: Sequence[str] = (), broken: bool = False) -> str:
    """Save a cross-encoder, with names for its classes, or one whose results are no numbers; return its folder."""
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, set_seed

    set_seed(1)
    # Large random weights, so that its scores differ.
    config = BertConfig(**_SMALL, initializer_range=1.0)
    config.num_labels = len(names) or labels
    if names:
        config.id2label, config.label2id = dict(enumerate(names)), {name: each for each, name in enumerate(names)}
    model = BertForSequenceClassification(config)
    if broken:
        model.classifier.bias.data.fill_(float("nan"))
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(bundled_folder()).save_pretrained(folder)
    return str(folder)


def given(text: str, *sentences: str) -> ModelInput:
    """A passage, and the places of its sentences."""
    spans = [Span(text.index(each), text.index(each) + len(each)) for each in sentences]
    return ModelInput(text, tuple(spans))


def of_one(embedder: Embedder, text: str, *sentences: str) -> PassageVectors:
    """The vectors of one passage that is embedded alone."""
    return embedder.embed_passages([given(text, *sentences)])[0]


def no_network(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Refuse every connection and look-up, and return the list in which they are kept."""
    tried: list[object] = []

    def refuse(*address: object, **_: object) -> None:
        tried.append(address)
        raise OSError("there is no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return tried
