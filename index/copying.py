"""Copies a collection from one place to another as it is: nothing is read or embedded again."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from index import file_records, records
from index.catalog import Catalog
from index.collections import collections_of
from index.errors import StoreDamaged, StoreError
from index.rows import PassageRow
from index.servers import Servers
from index.store import Store

Place = tuple[Path, Servers]
"""A home and its servers."""
_BATCH = 500  # passages in memory at a time


@dataclass(frozen=True, slots=True)
class Copied:
    """How much was copied."""

    documents: int
    passages: int


def require_room(names: Sequence[str], home: Path, servers: Servers) -> None:
    """Raise unless each of the collections is absent or empty at the place.

    Raises:
        StoreError: when one has documents.
    """
    for name in sorted(set(names) & set(collections_of(home, servers))):
        with Store.open(home, name, servers=servers) as store:
            _require_empty(store, name)


def copy_collection(name: str, source: Place, target: Place) -> Copied:
    """Copy a collection with its documents, passages, vectors and file records, all of them or none.

    The order of the passages stays, so that the answers are the same; the vector index is built anew.

    Raises:
        StoreError: when the collection has documents there already, or a place cannot be used.
        StoreBusy: when something is being indexed into it there.
    """
    with (
        Store.open(source[0], name, servers=source[1]) as old,
        Store.open(target[0], name, servers=target[1]) as new,
        old.snapshot(),
        new.writing(),
    ):
        _require_empty(new, name)
        with new.catalog.transaction():
            _copy(old.catalog, new.catalog)
        if (old.counts(), old.index_digest()) != (new.counts(), new.index_digest()):
            raise StoreError(f"The copy of the collection {name!a} is not whole; delete it and copy again.")
        with suppress(StoreDamaged):  # questions are answered by a scan, and the next indexing tries again
            new.fold()
        return Copied(*new.counts())


def _require_empty(store: Store, name: str) -> None:
    """Raise when a collection has documents."""
    if store.counts() != (0, 0):
        raise StoreError(f"The collection {name!a} has documents there already; delete it, or copy to another place.")


def _copy(old: Catalog, new: Catalog) -> None:
    """Copy everything from one catalog into another; inside its transaction."""
    identity = records.embedding_identity(old)
    if identity is not None:
        records.set_embedding_identity(new, identity)
    keys = {}
    rows = sorted(records.document_rows(old), key=lambda row: row.key)
    for row in rows:
        text, layout = records.text(old, row.key) or "", records.layout(old, row.key)
        keys[row.key] = records.add_pending(new, replace(row, state="pending"), text, layout)
    for passage in _passages(old):
        records.add_passage(new, replace(passage, document=keys[passage.document]))
    for row in rows:
        records.make_ready(new, keys[row.key], row.source, row.passages)
    for file in file_records.everything(old):
        file_records.put(new, file)


def _passages(catalog: Catalog) -> Iterator[PassageRow]:
    """Give all passages, ascending by id."""
    ids = records.passage_ids(catalog).tolist()
    for start in range(0, len(ids), _BATCH):
        yield from sorted(records.passage_rows(catalog, ids[start : start + _BATCH]), key=lambda row: row.id)
