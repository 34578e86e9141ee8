"""The models that come along: the same result alone and in company, and a plain sentence when a file is not whole."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from index import pair_model
from index.errors import ModelUnavailable
from index.pair_model import PairModel, load_pair_model
from index.rerank import load_reranker

TEXTS = ("Bakers start before dawn.", "Steel rusts.", "", "🙂", "word " * 1000, "\n")
QUESTION = "When do bakers start?"


@pytest.mark.parametrize(("name", "classes"), [("reranker", 1), ("judge", 3)])
def test_a_pair_gives_one_number_a_class_whatever_else_is_read(name: str, classes: int) -> None:
    model = load_pair_model(name, longest=192)
    together = model.logits(QUESTION, TEXTS)
    assert together.shape == (len(TEXTS), classes)
    assert np.isfinite(together).all()
    assert np.array_equal(np.concatenate([model.logits(QUESTION, [text]) for text in TEXTS]), together)


def test_threads_change_nothing() -> None:
    one, two = (PairModel("reranker", longest=192, threads=number).logits(QUESTION, TEXTS) for number in (1, 2))
    assert np.array_equal(one, two)


def test_a_question_of_any_length_leaves_room_for_the_text() -> None:
    one, other = load_pair_model("reranker", longest=192).logits(QUESTION * 500, TEXTS[:2])
    assert one != other


def test_the_reranker_is_the_published_file() -> None:
    content = (pair_model.WEIGHTS / "reranker.onnx").read_bytes()
    assert hashlib.sha256(content).hexdigest() == "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"


def test_the_package_stays_below_70_megabytes_of_weights() -> None:
    assert sum(path.stat().st_size for path in pair_model.WEIGHTS.iterdir()) < 70_000_000


def test_the_reranker_that_comes_along_prefers_the_answer() -> None:
    answer, other, *_ = load_reranker().scores(QUESTION, TEXTS)
    assert answer > 0.9 > 0.1 > other


@pytest.mark.parametrize("content", [None, b"", b"not a model"])
def test_a_file_that_is_not_whole_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    (tmp_path / "tokenizer.json").write_bytes((pair_model.WEIGHTS / "tokenizer.json").read_bytes())
    if content is not None:
        (tmp_path / "reranker.onnx").write_bytes(content)
    monkeypatch.setattr(pair_model, "WEIGHTS", tmp_path)
    with pytest.raises(ModelUnavailable, match="install the package again"):
        PairModel("reranker", longest=192)


def test_a_pair_is_read_as_its_tokenizer_puts_it_together(monkeypatch: pytest.MonkeyPatch) -> None:
    fed: list[dict[str, list[int]]] = []

    class Session:
        def run(self, _: None, given: dict[str, np.ndarray]) -> list[np.ndarray]:
            fed.append({name: rows[0].tolist() for name, rows in given.items()})
            return [np.zeros((1, 1), np.float32)]

    monkeypatch.setattr(pair_model, "open_session", lambda _: Session())
    whole = Tokenizer.from_file(str(pair_model.WEIGHTS / "tokenizer.json"))
    whole.no_padding()
    whole.enable_truncation(192, strategy="only_second")
    PairModel("reranker", longest=192, threads=1).logits(QUESTION, TEXTS)
    for given, text in zip(fed, TEXTS, strict=True):
        expected = whole.encode(QUESTION, text)
        assert given["input_ids"] == expected.ids
        assert given["token_type_ids"] == expected.type_ids
        assert given["attention_mask"] == expected.attention_mask
