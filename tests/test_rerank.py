"""Reranking: one score a text from 0 to 1, the same whatever else is scored, whatever the model calls its result."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from index.errors import ModelUnavailable
from index.rerank import Reranker, load_reranker
from tests.desk_models import no_network, tiny_reranker

QUESTION = "When do bakers start?"
TEXTS = ("Bakers start before dawn.", "Steel rusts.", "", "🙂", "ሰላም", "word " * 1000, "\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_reranker(tmp_path_factory.mktemp("models") / "reranker")


def logits(folder: str, text: str) -> list[float]:
    """What the layers give for the question and a text, by transformers alone."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    read = tokenizer([QUESTION], [text], return_tensors="pt", truncation=True, max_length=128)
    with torch.inference_mode():
        found = AutoModelForSequenceClassification.from_pretrained(folder)(**read).logits[0].tolist()
    return [float(value) for value in found]


def copy_with(folder: str, to: Path, **settings: object) -> str:
    """The same model with other settings."""
    to.mkdir()
    for path in Path(folder).iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    config = json.loads((to / "config.json").read_text("utf-8"))
    (to / "config.json").write_text(json.dumps({**config, **settings}), "utf-8")
    return str(to)


def test_there_is_one_score_a_text_from_0_to_1(folder: str) -> None:
    scores = load_reranker(folder, threads=1).scores(QUESTION, TEXTS)
    assert len(scores) == len(TEXTS)
    assert all(isinstance(score, float) and 0.0 <= score <= 1.0 for score in scores)
    assert len(set(scores)) > 3


def test_nothing_to_score_gives_nothing(folder: str) -> None:
    assert load_reranker(folder, threads=1).scores(QUESTION, []) == []


def test_a_score_is_the_models_probability(folder: str) -> None:
    scores = load_reranker(folder, threads=1).scores(QUESTION, TEXTS)
    for text, score in zip(TEXTS, scores, strict=True):
        (logit,) = logits(folder, text)
        assert score == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-4)


def test_a_score_does_not_depend_on_what_else_is_scored(folder: str) -> None:
    reranker = load_reranker(folder, threads=1)
    together = reranker.scores(QUESTION, TEXTS)
    assert [reranker.scores(QUESTION, [text])[0] for text in TEXTS] == pytest.approx(together, abs=1e-5)
    assert reranker.scores(QUESTION, TEXTS) == together


def test_a_model_that_is_set_to_give_logits_scores_the_same(folder: str, tmp_path: Path) -> None:
    plain = {"activation_fn": "torch.nn.modules.linear.Identity", "version": "5.0.0"}
    other = copy_with(folder, tmp_path / "logits", sentence_transformers=plain)
    scores = load_reranker(other, threads=1).scores(QUESTION, TEXTS)
    assert scores == pytest.approx(load_reranker(folder, threads=1).scores(QUESTION, TEXTS), abs=1e-6)


@pytest.mark.parametrize("labels", [2, 3])
def test_of_several_classes_the_last_one_is_the_answer(tmp_path: Path, labels: int) -> None:
    folder = tiny_reranker(tmp_path / "classes", labels=labels)
    scores = load_reranker(folder, threads=1).scores(QUESTION, TEXTS)
    for text, score in zip(TEXTS, scores, strict=True):
        powers = [math.exp(logit) for logit in logits(folder, text)]
        assert score == pytest.approx(powers[-1] / sum(powers), abs=1e-4)


def test_a_model_is_loaded_once(folder: str) -> None:
    first: Reranker = load_reranker(folder, threads=1)
    assert load_reranker(folder, threads=1) is first


@pytest.mark.parametrize("name", ["{tmp}/nowhere", "./nowhere", "~/nowhere", " ", "a b"])
def test_what_can_only_be_a_path_is_never_looked_for_on_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    tried = no_network(monkeypatch)
    with pytest.raises(ModelUnavailable, match="check the path in reranker_model"):
        load_reranker(name.replace("{tmp}", str(tmp_path)))
    assert tried == []


def test_a_broken_model_is_told_in_one_sentence(folder: str, tmp_path: Path) -> None:
    broken = copy_with(folder, tmp_path / "broken")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(ModelUnavailable, match=r"cannot be loaded .*set reranker_model to another one") as refusal:
        load_reranker(broken)
    assert str(refusal.value).count(". ") == 0


def test_scores_that_are_no_numbers_are_an_error_of_the_model(tmp_path: Path) -> None:
    folder = tiny_reranker(tmp_path / "broken", broken=True)
    with pytest.raises(ModelUnavailable, match="no usable score"):
        load_reranker(folder).scores(QUESTION, TEXTS)
