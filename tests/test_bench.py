"""The benchmarks themselves: each can be named and is explained, and what they measure on is what they say."""

import importlib
import itertools
import json
from pathlib import Path

import numpy as np

from bench.__main__ import NAMES
from bench.copies import multiply
from bench.crash_child import text_of
from bench.figures import memory
from bench.filled import fill
from bench.speed import embedding
from index import records
from index.models import ModelInput
from index.store import Store
from tests.conftest import ROOT
from tests.desk_index import IDENTITY, put


def test_every_benchmark_can_be_run_and_is_explained() -> None:
    readme = (ROOT / "bench" / "README.md").read_text("utf-8")
    for name in NAMES:
        assert callable(importlib.import_module(f"bench.{name.replace('-', '_')}").main)
        assert f"python -m bench {name}" in readme


def test_a_home_is_filled_until_it_has_enough_passages(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "qa"
    folder.mkdir(parents=True)
    rows = [{"title": f"Town {number}", "text": f"Town {number} has a bridge.\x00"} for number in range(5)]
    (folder / "docs_towns.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    inputs = fill(tmp_path / "home", tmp_path / "data", 3)
    assert len(inputs) == 3
    with Store.open(tmp_path / "home") as store:
        assert store.passage_count() == 3


def test_all_forms_of_the_embedding_model_are_measured_on_the_same_texts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    figures = embedding([ModelInput("A bridge.", ())], ["When?"], tmp_path / "file" / "cache")
    assert all(value > 0 for value in figures.values())
    assert {name.partition("_")[0] for name in figures} == {"onnx", "int8", "torch"}


def test_the_memory_of_a_process_that_is_gone_is_nothing() -> None:
    assert memory(2**30) == (0.0, 0.0)


def test_copies_have_other_words_at_the_same_places_and_vectors_near_earlier_ones(store: Store) -> None:
    store.set_embedding_identity(IDENTITY)
    words = ["".join(letters) for letters in itertools.product("bdfg", "aeiou", "lmn", "oa")]
    document = put(store, "towns", text_of(1, 1) + f"Here are {' '.join(words)}. ")
    with store.writing():
        multiply(store, 4 * document.passages)
    copies = [each for each in store.documents() if each.source.startswith("towns#")]
    assert [each.passages for each in copies] == [document.passages] * 3
    vectors = {each.id: records.passages_of_documents(store.catalog, [each.id]) for each in [document, *copies]}
    known = records.vectors(store.catalog, vectors.pop(document.id).tolist())[1]
    for each in copies:
        assert [len(word) for word in each.text.split()] == [len(word) for word in document.text.split()]
        own = records.vectors(store.catalog, vectors[each.id].tolist())[1]
        assert (own @ known.T).max(axis=1).min() > 0.5
        known = np.concatenate([known, own])
    assert len({each.text for each in copies}) > 1
