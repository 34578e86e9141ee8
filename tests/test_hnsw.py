"""What a saved HNSW index holds beyond its elements: nothing."""

from pathlib import Path

import numpy as np
import pytest

from bench.crash_child import DIMENSION, text_of
from index.errors import StoreDamaged
from index.hnsw import blank_unused
from index.store import Store
from tests.desk_index import IDENTITY, put

BYTES_EACH = 4 * DIMENSION


def folder_of(store: Store) -> Path:
    """Where the current generation's HNSW files stand."""
    (header,) = store.generations.folder.glob("*/*/header.bin")
    return header.parent


def test_no_memory_of_the_process_is_left_in_the_room_for_more_vectors(store: Store) -> None:
    store.set_embedding_identity(IDENTITY)
    secret = np.full(BYTES_EACH // 4, 1.2345e20, dtype=np.float32)
    put(store, "a", text_of(1, 1))
    for _ in range(5):
        freed = [secret.copy() for _ in range(3000)]  # memory that is given back with something in it
        del freed
        store.rebuild()
        store.warm_up()
        data = (folder_of(store) / "data_level0.bin").read_bytes()
        used = len(data) // 100 * store.passage_count()
        assert secret[:4].tobytes() not in data
        assert not any(data[used:])
        assert not any((folder_of(store) / "length.bin").read_bytes()[4 * store.passage_count() :])
        assert len(store.dense(secret, 100)) == store.passage_count()
        assert store.generations.is_open


@pytest.mark.parametrize(("offset", "value"), [(0, 9), (12, 2), (20, 9), (32, 1)])
def test_files_of_another_form_are_refused_and_left_as_they_are(store: Store, offset: int, value: int) -> None:
    store.set_embedding_identity(IDENTITY)
    put(store, "a", text_of(1, 1))
    store.fold()
    header = folder_of(store) / "header.bin"
    content = bytearray(header.read_bytes())
    content[offset] = value
    header.write_bytes(content)
    data = (folder_of(store) / "data_level0.bin").read_bytes()
    with pytest.raises(StoreDamaged, match="not known"):
        blank_unused(folder_of(store).parent, store.passage_count())
    assert (folder_of(store) / "data_level0.bin").read_bytes() == data
