"""Full-text search by the word index: the passages and the scores of the catalog's own, whatever was written since."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import postings, records
from index.errors import StoreDamaged
from index.models import Document
from index.store import Store
from tests.desk_index import IDENTITY, put

WORDS = ("amur", "bridge", "river", "ice", "ship", "map", "naïve", "河流")
_sentence = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(lambda words: " ".join(words) + ". ")
_text = st.lists(_sentence, min_size=1, max_size=8).map("".join)
_step = st.one_of(
    st.tuples(st.just("put"), st.integers(0, 5), _text),
    st.tuples(st.just("remove"), st.integers(0, 5), st.just("")),
    st.tuples(st.just("fold"), st.just(0), st.just("")),
)
_homes = itertools.count()


def held(store: Store, source: str) -> Document | None:
    return next((each for each in store.documents() if each.source == source), None)


def same(store: Store) -> None:
    """What the store finds is what the catalog's own full-text index finds, to the last bit."""
    some = [document.id for document in store.documents()[::2]]
    for asked in ([*WORDS[:3]], [WORDS[0]], ["ice", "nowhere", "河流"], [*WORDS]):
        for n, documents in ((5, None), (1000, None), (5, some), (3, [])):
            with store.snapshot():
                assert store.full_text(asked, n, documents) == records.full_text(store.catalog, asked, n, documents)
    with store.snapshot():
        expected = {word: records.document_frequency(store.catalog, word) for word in WORDS}
    assert store.document_frequencies(WORDS) == expected


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_step, min_size=1, max_size=12))
def test_it_finds_what_the_catalog_finds_after_any_changes(steps: list[tuple[str, int, str]], tmp_path: Path) -> None:
    with Store.open(tmp_path / str(next(_homes))) as store:
        store.set_embedding_identity(IDENTITY)
        put(store, "s0", "amur bridge. river ice. ")
        store.fold()
        for what, number, text in steps:
            document = held(store, f"s{number}")
            if what == "put":
                put(store, f"s{number}", text)
            elif what == "fold":
                store.fold()
            elif document:
                store.remove(document.id)
            same(store)


def test_many_changes_after_a_generation_are_found_each(store: Store) -> None:
    store.set_embedding_identity(IDENTITY)
    put(store, "s0", "amur bridge. ")
    store.fold()
    for number in range(1, 12):
        put(store, f"s{number % 9}", f"river {'ice ' * number}. ship. ")
        same(store)


def test_a_damaged_word_index_is_not_used(store: Store) -> None:
    store.set_embedding_identity(IDENTITY)
    put(store, "s0", "amur bridge. river. ")
    store.fold()
    for path in store.generations.folder.glob("*/words/places.npy"):
        path.write_bytes(path.read_bytes()[:-1] + b"\x07")
    same(store)
    assert store.generations.words(1) is None
    assert "changed" in store.generations.check(1)


def test_postings_are_the_same_after_they_were_saved(tmp_path: Path) -> None:
    built = postings.build([(3, "a b a\nb"), (7, ""), (9, "b c")])
    built.save(tmp_path / "words")
    loaded = postings.load(tmp_path / "words")
    for word, places, counts in (("a", [0], [2]), ("b", [0, 2], [2, 1]), ("c", [2], [1]), ("d", [], []), ("", [], [])):
        for each in (built, loaded):
            assert each.of(word)[0].tolist() == places
            assert each.of(word)[1].tolist() == counts
    assert loaded.ids.tolist() == [3, 7, 9]
    assert loaded.lengths.tolist() == [4, 0, 2]
    (tmp_path / "words" / "ids.npy").write_bytes(b"")
    with pytest.raises(StoreDamaged, match="word index"):
        postings.load(tmp_path / "words")


def test_postings_of_nothing_hold_nothing(tmp_path: Path) -> None:
    built = postings.build([])
    assert built.of("a")[0].tolist() == []
    assert np.array_equal(built.ids, [])
