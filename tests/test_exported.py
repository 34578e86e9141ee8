"""The bundled model in the form in which it runs: the vectors and answers of sentence-transformers, made once."""

import json
import logging
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from assistant import Assistant
from assistant.settings import load_settings
from index import exported, pretrained
from index.embed import DEFAULT_MODEL, Embedder, load_embedder
from index.encoders import SentenceTransformerEncoder
from index.errors import EmbeddingMismatch, ModelUnavailable
from tests.conftest import fill
from tests.desk_models import given

TEXTS = (
    given("Cats sleep. Dogs bark at night!", "Cats sleep.", "Dogs bark at night!"),
    given("The river Amur is long — and naïve fish 🙂 carry sand to the sea. " * 6, "naïve fish 🙂", "to the sea"),
    given("word " * 400 + "Gamma delta.", "word word word", "Gamma delta."),
    given("x", "x"),
    given("ሰላም ለዓለም", "ሰላም"),
)
QUESTIONS = ("Who opened the bridge?", "", "What is a naïve 🙂?", "word " * 600)
ASKED = ("Who opened the Alder Bridge?", "What does a scan of a page cost?", "Who reported ice?", "Who won the war?")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the bundled model, made anew."""
    return exported.exported(tmp_path_factory.mktemp("cache"), "single")


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """What cannot be a cache: a file stands in its place."""
    (tmp_path / "cache").write_text("in the way")
    return tmp_path / "cache"


def fail(*_: object, **__: object) -> None:
    pytest.fail("it was made again")


def assert_same(ours: Embedder, theirs: Embedder, within: float) -> None:
    for one, other in zip(ours.embed_passages(TEXTS), theirs.embed_passages(TEXTS), strict=True):
        assert np.abs(one.vector - other.vector).max() < within
        assert np.abs(one.sentences - other.sentences).max() < within
    for question in QUESTIONS:
        assert np.abs(ours.embed_question(question) - theirs.embed_question(question)).max() < within


def test_the_vectors_are_those_of_sentence_transformers(made: Path, nowhere: Path) -> None:
    ours, reference = load_embedder(cache=made.parent.parent), load_embedder(cache=nowhere)
    assert ours.identity == reference.identity
    assert ours.max_tokens == reference.max_tokens
    assert_same(ours, reference, 1e-4)
    for given_text in TEXTS:
        assert ours.count_tokens(given_text.text) == reference.count_tokens(given_text.text)
        assert ours.reads(given_text.text) == reference.reads(given_text.text)


def test_the_answers_are_those_of_sentence_transformers(made: Path, nowhere: Path, tmp_path: Path) -> None:
    told = []
    for home, cache in (("fast", made.parent.parent), ("slow", nowhere)):
        settings = load_settings(tmp_path / home, model_cache=str(cache))
        with fill(Assistant.open(settings=settings)) as assistant:
            answers = [assistant.ask(question) for question in ASKED]
        told.append([(each.refused, [(q.document_id, q.start, q.end) for q in each.quotes]) for each in answers])
    assert told[0] == told[1]
    assert any(refused for refused, _ in told[0])
    assert any(quotes for _, quotes in told[0])


def test_all_models_that_come_along_read_the_same_words() -> None:
    own, shared = (
        json.loads(path.read_text()) | {"truncation": None, "padding": None}
        for path in (pretrained.bundled_folder() / "tokenizer.json", pretrained.TOKENIZER)
    )
    assert own == shared


def test_it_is_made_once(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", fail)
    assert exported.exported(made.parent.parent, "single") == made
    assert list(made.parent.parent.iterdir()) == [made.parent]


@pytest.mark.parametrize("damage", ["a flipped bit", "cut short", "empty", "gone"])
@pytest.mark.parametrize("part", ["model.onnx", "model.weights"])
def test_what_is_not_whole_is_made_again(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str, part: str
) -> None:
    whole = (made.parent / part).read_bytes()
    held = {"a flipped bit": whole[:-1] + bytes([whole[-1] ^ 1]), "cut short": whole[:5000], "empty": b"", "gone": b""}
    damaged = shutil.copytree(made.parent, tmp_path / made.parent.name) / part
    damaged.write_bytes(held[damage])
    if damage == "gone":
        damaged.unlink()
    monkeypatch.setattr(exported, "_make", lambda folder, _: shutil.copytree(made.parent, folder / "made"))
    assert exported.exported(tmp_path, "single") == tmp_path / made.parent.name / "model.onnx"
    assert damaged.read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir()] == [made.parent.name]


def test_without_a_place_for_it_the_reference_answers_and_says_why(
    nowhere: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert load_embedder(cache=nowhere, threads=1).identity.name == DEFAULT_MODEL
    assert "make room or set model_cache to a folder that can be written to" in caplog.text
    with pytest.raises(ModelUnavailable, match="set model_cache"):  # of int8 there is no reference
        load_embedder(cache=nowhere, precision="int8")


def test_a_conversion_that_fails_leaves_nothing_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exported, "_CODE", "import sys; print('There is no torch.'); sys.exit(1)")
    with pytest.raises(ModelUnavailable, match=r"could not be converted: There is no torch\.$"):
        exported.exported(tmp_path, "single")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(exported, "_SECONDS", 0)
    with pytest.raises(ModelUnavailable, match="try again"):
        exported.exported(tmp_path, "single")
    assert list(tmp_path.iterdir()) == []


def test_wrong_vectors_are_not_kept(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        SentenceTransformerEncoder, "encode_question", lambda *_: np.linspace(-1, 1, 384, dtype=np.float32)
    )
    with pytest.raises(ModelUnavailable, match="came out wrong"):
        exported._compare(made, 1e-4)


def test_eight_bits_are_near_and_another_space(tmp_path: Path, made: Path, nowhere: Path) -> None:
    ours, reference = load_embedder(cache=made.parent.parent, precision="int8"), load_embedder(cache=nowhere)
    for one, other in zip(ours.embed_passages(TEXTS), reference.embed_passages(TEXTS), strict=True):
        assert one.vector @ other.vector > 0.95
    assert ours.identity.weights_hash == reference.identity.weights_hash == pretrained.BUNDLED_SHA256
    with fill(Assistant.open(settings=load_settings(tmp_path / "home"))):
        pass
    eight = load_settings(tmp_path / "home", model_cache=str(made.parent.parent), embedding_precision="int8")
    with Assistant.open(settings=eight) as assistant, pytest.raises(EmbeddingMismatch, match="doctor --re-embed"):
        assistant.ask(ASKED[0])
