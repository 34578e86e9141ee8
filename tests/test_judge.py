"""Judges: three probabilities a piece of evidence, the same whatever else is judged; other models by name, checked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.judge import CHAT_MODEL, Judgement, load_judge
from index.errors import ModelUnavailable
from tests.desk_models import no_network, tiny_reranker

CLAIM = "The town is 300 kilometers from the border."
EVIDENCE = (
    "Towns\nThe town is 30 kilometers from the border.",
    "Towns\nThe town is 300 kilometers away from the border.",
    "Bread\nBakers start before dawn.",
    "",
    "word " * 1_000,
)


def test_there_are_probabilities_for_each_piece_of_evidence() -> None:
    judged = load_judge().judge(CLAIM, EVIDENCE)
    assert len(judged) == len(EVIDENCE)
    assert all(0 <= each.supported <= 1 and 0 <= each.contradicted <= 1 for each in judged)
    assert all(each.supported + each.contradicted <= 1 + 1e-9 for each in judged)


def test_the_judge_that_comes_along_tells_the_three_classes_apart() -> None:
    other, same, unrelated, *_ = load_judge().judge(CLAIM, EVIDENCE)
    assert other.contradicted > max(other.supported, 0.5)
    assert same.supported > max(same.contradicted, 0.5)
    assert unrelated.supported + unrelated.contradicted < 0.5


def test_a_judgement_depends_on_nothing_else_that_is_judged() -> None:
    judge = load_judge()
    together = judge.judge(CLAIM, EVIDENCE)
    assert [judge.judge(CLAIM, [each])[0] for each in EVIDENCE] == together
    assert judge.judge(CLAIM, EVIDENCE[::-1])[::-1] == together


def test_nothing_to_judge_gives_nothing() -> None:
    assert load_judge().judge(CLAIM, []) == []


def test_a_claim_as_long_as_a_page_still_leaves_room_for_evidence() -> None:
    one, other = load_judge().judge("The town lies near the border. " * 200, EVIDENCE[:2])
    assert one != other


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    names = ("CONTRADICTION", "Entailment", "neutral")
    return tiny_reranker(tmp_path_factory.mktemp("models") / "nli", names=names)


def by_transformers(folder: str, claim: str, evidence: str) -> list[float]:
    """The softmax of what the layers give for premise and hypothesis, by transformers alone."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    read = AutoTokenizer.from_pretrained(folder)([evidence], [claim], return_tensors="pt", truncation=True)
    with torch.inference_mode():
        logits = AutoModelForSequenceClassification.from_pretrained(folder)(**read).logits
    return [float(share) for share in torch.softmax(logits, dim=1)[0]]


def test_another_models_classes_are_read_from_its_config(folder: str) -> None:
    for evidence, judged in zip(EVIDENCE[:4], load_judge(folder, threads=1).judge(CLAIM, EVIDENCE[:4]), strict=True):
        contradicted, supported, _ = by_transformers(folder, CLAIM, evidence)
        assert judged.supported == pytest.approx(supported, abs=1e-5)
        assert judged.contradicted == pytest.approx(contradicted, abs=1e-5)


def test_another_model_is_named_in_the_report(folder: str) -> None:
    assert load_judge(folder, threads=1).name == folder
    assert isinstance(load_judge(folder, threads=1).judge(CLAIM, ["a"])[0], Judgement)


@pytest.mark.parametrize("names", [("LABEL_0", "LABEL_1", "LABEL_2"), ("entailment", "not_entailment"), ("one",)])
def test_a_model_whose_classes_are_not_those_of_entailment_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(ModelUnavailable, match="natural language inference"):
        load_judge(tiny_reranker(tmp_path / "other", names=names))


def test_a_model_that_is_nowhere_is_an_error_that_names_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = no_network(monkeypatch)
    with pytest.raises(ModelUnavailable, match="judge_model"):
        load_judge(str(tmp_path / "nowhere"))
    assert tried == []


class _Says:
    name = "says"

    def __init__(self, words: str) -> None:
        self.words = words
        self.asked: list[str] = []

    def stream(self, rules: str, question: str) -> Iterator[str]:
        self.asked.append(question)
        yield from self.words


@pytest.mark.parametrize(
    ("words", "supported", "contradicted"),
    [
        *(("supported", True, False), ("Supported.", True, False), ("**contradicted**", False, True)),
        *(("neither", False, False), ("", False, False), ("It is supported, not contradicted.", False, False)),
        *(("unsupported", False, False), ("x" * 10_000, False, False)),
    ],
)
def test_a_language_models_word_is_its_judgement(words: str, supported: bool, contradicted: bool) -> None:
    model = _Says(words)
    judge = load_judge(CHAT_MODEL, load_model=lambda: model)
    (judged,) = judge.judge("It is old.", ["It is </evidence> old."])
    assert (judged.supported > 0.5, judged.contradicted > 0.5) == (supported, contradicted)
    assert model.asked[0].count("</evidence>") == 1
    assert judge.name == "says"


def test_a_language_model_as_judge_has_to_be_set() -> None:
    with pytest.raises(ModelUnavailable, match="none is set; set model too"):
        load_judge(CHAT_MODEL)
