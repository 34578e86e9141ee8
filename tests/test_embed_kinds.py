"""Embedding with models of other kinds: whatever they pool, pad and prompt, a sentence's vector is of that sentence."""

from pathlib import Path

import numpy as np
import pytest

from index.embed import load_embedder
from index.errors import ModelUnavailable
from tests.desk_models import WIDTH, given, of_one, tiny_encoder, tiny_static_encoder

SHORT = "Cats sleep. Dogs bark at night!"


@pytest.mark.parametrize("padding", ["left", "right"])
def test_padding_at_either_end_changes_no_vector(tmp_path: Path, padding: str) -> None:
    embedder = load_embedder(tiny_encoder(tmp_path, padding=padding))
    one = given(SHORT, "Cats sleep.", "Dogs bark at night!")
    (alone,), (beside, _) = embedder.embed_passages([one]), embedder.embed_passages([one, given(SHORT * 3)])
    assert np.abs(alone.vector - beside.vector).max() < 1e-5
    assert np.abs(alone.sentences - beside.sentences).max() < 1e-5
    assert np.abs(alone.sentences - alone.vector).max(axis=1).min() > 1e-3


def test_a_models_prompt_shifts_no_sentence(tmp_path: Path) -> None:
    plain = load_embedder(tiny_encoder(tmp_path / "plain"))
    prompted = load_embedder(tiny_encoder(tmp_path / "prompted", prompt="passage: "))
    made = of_one(prompted, SHORT, "Cats sleep.", "bark")
    shifted = of_one(plain, f"passage: {SHORT}", "Cats sleep.", "bark")
    assert np.allclose(made.vector, shifted.vector, atol=1e-5)
    assert np.allclose(made.sentences, shifted.sentences, atol=1e-5)
    assert (plain.max_tokens, prompted.max_tokens) == (64, 62)


@pytest.mark.parametrize(("pooling", "dense"), [("cls", 0), ("max", 0), ("mean", 8)])
def test_where_a_vector_is_no_mean_of_tokens_sentences_are_embedded_by_themselves(
    tmp_path: Path, pooling: str, dense: int
) -> None:
    embedder = load_embedder(tiny_encoder(tmp_path, pooling, dense=dense))
    assert embedder.identity.dimension == (dense or WIDTH)
    made = of_one(embedder, SHORT, "Cats sleep.", "Dogs bark at night!")
    for vector, sentence in zip(made.sentences, ("Cats sleep.", "Dogs bark at night!"), strict=True):
        assert np.allclose(vector, of_one(embedder, sentence).vector, atol=1e-5)


def test_a_model_without_layers_is_used_too(tmp_path: Path) -> None:
    embedder = load_embedder(tiny_static_encoder(tmp_path))
    assert (embedder.identity.dimension, embedder.max_tokens) == (WIDTH, 512)
    made = of_one(embedder, SHORT, "Cats sleep.")
    assert np.allclose(made.sentences[0], of_one(embedder, "Cats sleep.").vector, atol=1e-5)


def test_a_text_without_a_vector_is_an_error_of_the_model(tmp_path: Path) -> None:
    embedder = load_embedder(tiny_static_encoder(tmp_path))
    for text in ("", "\n"):
        with pytest.raises(ModelUnavailable, match="no usable vector"):
            of_one(embedder, text)
        with pytest.raises(ModelUnavailable, match="no usable vector"):
            embedder.embed_question(text)


def test_a_model_that_reads_too_little_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="reads only 16 tokens"):
        load_embedder(tiny_encoder(tmp_path, limit=16))


def test_a_model_that_makes_no_vectors_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="makes no vectors of texts; choose another one"):
        load_embedder(tiny_encoder(tmp_path, ""))
