"""Generations: a large one is opened beside the questions that its predecessor answers."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.crash_child import text_of, vector_of
from index import generations
from index.store import Store
from index.vectors import Generation
from tests.desk_index import IDENTITY, put

MAY_OPEN, CLOSED = threading.Event(), threading.Event()


class Late(Generation):
    """A second generation that is opened when the test says so, and tells when it is closed."""

    def __init__(self, folder: Path, sound: Callable[[Path], bool]) -> None:
        assert folder.name == "1" or MAY_OPEN.wait(20)
        super().__init__(folder, sound)

    def close(self) -> None:
        super().close()
        if self.pointer.number == 2:
            CLOSED.set()


@pytest.fixture
def store(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """With a second generation that its writer has built and that nobody has opened."""
    MAY_OPEN.clear()
    CLOSED.clear()
    monkeypatch.setattr(generations, "_QUICK", 0)
    monkeypatch.setattr(generations, "Generation", Late)
    store.set_embedding_identity(IDENTITY)
    put(store, "a", text_of(1, 1))
    store.fold()
    store.warm_up()
    put(store, "b", text_of(2, 1))
    removed = put(store, "c", text_of(3, 1))
    store.fold()
    store.remove(removed.id)
    return store


def test_questions_do_not_wait_for_a_large_generation(store: Store) -> None:
    found = store.dense(vector_of("x"), 1000)
    assert len(found) == store.passage_count()
    before = store.generations.current(2)
    assert before is not None
    assert before.pointer.number == 1
    MAY_OPEN.set()
    for _ in range(400):
        if store.generations.current(2) is not before:
            break
        threading.Event().wait(0.05)
    current = store.generations.current(2)
    assert current is not None, store.generations.failure
    assert current.pointer.number == 2
    assert [number for number, _ in store.dense(vector_of("x"), 1000)] == [number for number, _ in found]


def test_a_generation_that_is_opened_too_late_is_closed(store: Store) -> None:
    store.dense(vector_of("x"), 5)
    store.close()
    MAY_OPEN.set()
    assert CLOSED.wait(20)


def test_what_readers_go_on_with_stays_until_the_next_or_until_nothing_removed_may_be_left(store: Store) -> None:
    assert isinstance(store.generations, generations.Generations)
    folder = store.generations.folder

    def there() -> set[str]:
        return {path.name for path in folder.iterdir()}

    MAY_OPEN.set()
    assert there() == {"1", "2"}
    put(store, "d", text_of(4, 1))
    assert there() == {"1", "2"}
    store.fold()
    assert there() == {"2", "3"}
    store.compact()
    assert there() == {"4"}
