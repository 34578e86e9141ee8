"""The vector index of one generation (index/generations.py) in Chroma: passage ids and vectors, nothing else.

The only module that imports chromadb. What is not sealed and whole is never opened: a damaged HNSW file can take the
whole process down.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.errors import StoreDamaged
from index.manifest import read_manifest, verify
from index.records import Ids
from index.schema import Matrix, Vector

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_NAME = "passages"
_BATCH = 5000  # Chroma takes at most 5,461 records a call
_DEAD_SHARE = 0.1  # with more dead ids than this an index is built anew rather than from its predecessor
_PROBES, _LEAST_FOUND = 32, 0.5  # of many passages that are nearly the same an HNSW graph loses some
_ITSELF = 0.999  # the least cosine of a passage's vector and one that is taken for it
# A sync threshold of 2 makes every call of two or more records reach the HNSW files before it returns; the exact cosine
# is computed again from the catalog, so recall is all that these numbers decide (1.0 at 30,000 passages).
_HNSW = {"space": "cosine", "max_neighbors": 32, "ef_construction": 200, "ef_search": 200}
_SYNC = {"batch_size": 2, "sync_threshold": 2}

# Chroma keeps one system a directory and process and counts its clients without a lock.
_clients = threading.Lock()

Read = Callable[[Sequence[int]], Matrix]
"""Passage ids -> their vectors as rows, in the same order."""


class Generation:
    """A sealed generation, open for queries from several threads."""

    is_own = True

    def __init__(self, folder: Path, sound: Callable[[Path], bool]) -> None:
        """Check a generation against its manifest, open it and query it once; `sound` checks an SQLite file.

        Raises:
            StoreDamaged: when it is missing, not sealed, changed since, or cannot be opened or queried.
        """
        self.pointer = verify(folder, sound)
        self._users = threading.Condition()
        self._using = 0
        with _as_damage(folder):
            self._client = _open_client(folder)
            try:
                self._collection = self._client.get_collection(_NAME, embedding_function=None)
                if self._collection.count() != self.pointer.count:
                    raise StoreDamaged(f"The vector index {folder} holds another number of passages than it should.")
                dimension = int(read_manifest(folder)["dimension"])
                self.query(np.ones(dimension, dtype=np.float32), 1)  # loads the index while its files are there
            except BaseException:
                _close_client(self._client)
                raise

    def query(self, vector: Vector, n: int) -> list[tuple[int, float]]:
        """Return (passage id, cosine) of about the `n` nearest; some may have been removed since it was built.

        Raises:
            StoreDamaged: when Chroma fails.
        """
        with self._users:
            self._using += 1
        try:
            with _as_damage(Path(_NAME)):
                return _nearest(self._collection, vector, min(n, self.pointer.count))
        finally:
            with self._users:
                self._using -= 1
                self._users.notify_all()

    def close(self) -> None:
        """Wait for the queries under way and release Chroma's files."""
        with self._users:
            self._users.wait_for(lambda: self._using == 0, timeout=10)
        _close_client(self._client)


def build(folder: Path, ids: Ids, read: Read, *, copied: bool) -> bool:
    """Give an index these passages and nothing else, in a folder that is empty or holds a copy of a sound index.

    Returns False, with nothing done, when so much of a copy is dead that a new one is better.

    Raises:
        StoreDamaged: when Chroma fails or does not find what was given to it.
    """
    with _as_damage(folder):
        client = _open_client(folder)
        try:
            collection = _collection(client, copied)
            fits = not copied or _remove_dead(collection, ids)
            if fits:
                _add_missing(collection, ids, read, copied)
                _probe(collection, ids, read)
        finally:
            _close_client(client)
    return fits


@contextlib.contextmanager
def _as_damage(folder: Path) -> Iterator[None]:
    """Turn all that Chroma raises into StoreDamaged: its Rust core has many classes, a panic is a BaseException."""
    try:
        yield
    except (StoreDamaged, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:
        raise StoreDamaged(f"The vector index {folder} cannot be used ({type(error).__name__}: {error}).") from error


def _open_client(folder: Path) -> "ClientAPI":
    """Return a Chroma client for a folder; everything that its environment could change is set here."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # of onnxruntime, which chromadb brings along and can import
    import chromadb
    from chromadb.config import Settings

    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic's own argument: no .env of the working folder is read
        chroma_api_impl="chromadb.api.rust.RustBindingsAPI",
        is_persistent=True,
        persist_directory=str(folder),
        anonymized_telemetry=False,
        chroma_otel_collection_endpoint="",
        allow_reset=False,
    )
    with _clients:
        return chromadb.PersistentClient(str(folder), settings=settings)


def _close_client(client: "ClientAPI") -> None:
    """Give a client's share of its system back; the last one stops it, and Chroma's files close soon after."""
    with _clients:
        client.close()  # type: ignore[attr-defined]


def _collection(client: "ClientAPI", copied: bool) -> "Collection":
    """Return the one collection of a generation; no embedding function, ever."""
    if copied:
        return client.get_collection(_NAME, embedding_function=None)
    configuration: Any = {"hnsw": {**_HNSW, **_SYNC}}
    return client.create_collection(_NAME, configuration=configuration, embedding_function=None)


def _remove_dead(collection: "Collection", ids: Ids) -> bool:
    """Delete what the catalog no longer has; returns False when that is too much to be worth it."""
    known = np.array(collection.get(include=[])["ids"], dtype=np.int64)
    dead = np.setdiff1d(known, ids)
    if len(dead) > _DEAD_SHARE * len(known):
        return False
    for start in range(0, len(dead), _BATCH):
        collection.delete(ids=[str(number) for number in dead[start : start + _BATCH]])
    return True


def _add_missing(collection: "Collection", ids: Ids, read: Read, copied: bool) -> None:
    """Upsert what the index does not have yet, and make it reach the HNSW files."""
    known = np.array(collection.get(include=[])["ids"], dtype=np.int64) if copied else np.empty(0, dtype=np.int64)
    missing = np.setdiff1d(ids, known)
    for start in range(0, len(missing), _BATCH):
        _upsert(collection, missing[start : start + _BATCH].tolist(), read)
    for _ in range(2):  # one record more than the sync threshold leaves waiting, whatever came before
        _upsert(collection, ids[-1:].tolist(), read)


def _upsert(collection: "Collection", ids: list[int], read: Read) -> None:
    """Give Chroma some passages' vectors."""
    collection.upsert(ids=[str(number) for number in ids], embeddings=read(ids))


def _probe(collection: "Collection", ids: Ids, read: Read) -> None:
    """Raise unless the index has as many passages as were given and finds some of them by their own vectors."""
    if collection.count() != len(ids):
        raise StoreDamaged("The vector index that was just built holds another number of passages than it was given.")
    chosen = ids[np.unique(np.linspace(0, len(ids) - 1, _PROBES).astype(int))].tolist()
    found = [_nearest(collection, vector, 1)[0][1] > _ITSELF for vector in read(chosen)]
    if np.mean(found) < _LEAST_FOUND:
        raise StoreDamaged("The vector index that was just built does not find its own passages.")


def _nearest(collection: "Collection", vector: Vector, n: int) -> list[tuple[int, float]]:
    """Return the nearest ids and their cosines."""
    embeddings: Any = vector.reshape(1, -1)
    found = collection.query(query_embeddings=embeddings, n_results=n, include=["distances"])
    distances = (found["distances"] or [[]])[0]
    return [(int(name), 1.0 - distance) for name, distance in zip(found["ids"][0], distances, strict=True)]
