"""Finds what is wrong with a collection, repairs what can be repaired, and says both in plain words.

Nothing of a person's is ever deleted here: an unreadable catalog is set aside under a new name, and the documents that
can still be read are brought back whole, or as text files where only their text survived.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import numpy as np

from index import records, schema
from index.catalog import Catalog
from index.collections import ALONE, collections_of
from index.errors import DocumentNotFound, StoreBusy, StoreDamaged, StoreError, StoreFull
from index.folders import folder_of
from index.locks import FileWriterLock
from index.models import Document
from index.rows import DocumentRow, PassageRow
from index.servers import Servers
from index.sqlite_catalog import SqliteCatalog
from index.sqlite_files import REMEDY
from index.store import Store

_ASIDE = "catalog.damaged-"
_SALVAGED = "salvaged"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was wrong, in plain words, and whether it is right again."""

    what: str
    repaired: bool


def examine(
    home: Path, collection: str = "default", *, repair: bool = True, servers: Servers = ALONE
) -> tuple[Finding, ...]:
    """Return what is wrong with a collection; nothing is changed with `repair=False`.

    The files of a database server are its own affair; what they say is examined like that of a file.

    Raises:
        StoreBusy: when another process is writing to it.
        InvalidSettings: when the collection's name is impossible.
        StoreError: when its folder does not exist or cannot be used.
    """
    folder = folder_of(home, collection)
    findings: list[Finding] = []
    if not servers.catalog_url:
        if not folder.is_dir():
            raise StoreError(f"There is no collection {collection!r} in {home}.")
        with FileWriterLock(folder / "writer.lock").hold():
            findings += _catalog_findings(folder, repair)
    elif collection not in collections_of(home, servers):
        raise StoreError(f"There is no collection {collection!r} at catalog_url.")
    if all(finding.repaired for finding in findings):
        with Store.open(home, collection, servers=servers) as store, store.lock.hold():
            findings += [*_content_findings(store, repair), *_generation_findings(store, repair)]
    findings += [
        Finding(f"{path} is left from an earlier repair; delete it when you no longer need it.", True)
        for path in sorted([*folder.glob(f"{_ASIDE}*.sqlite"), *folder.glob(_SALVAGED)])
        if not any(str(path) in finding.what for finding in findings)
    ]
    return tuple(findings)


def _catalog_findings(folder: Path, repair: bool) -> Iterator[Finding]:
    """Check that the catalog opens and is whole; otherwise bring back what can be read of it."""
    path = schema.path_in(folder)
    try:
        with closing(SqliteCatalog.open(path, expected=(folder / "generations").exists())) as catalog:
            faults = catalog.faults()
            if faults and repair and _reindexed(catalog):
                yield Finding(f"The catalog's inner indexes were damaged ({faults[0]}) and were made anew.", True)
                return
        found = f"The catalog {path} is damaged: {faults[0]}." if faults else ""
    except StoreDamaged as damage:
        found = str(damage).replace(REMEDY, ".")
    if not found:
        return
    yield Finding(found, repair)
    if repair:
        yield from _salvage(folder, path)


def _reindexed(catalog: SqliteCatalog) -> bool:
    """Rebuild the catalog's indexes from its rows; returns whether it is whole then."""
    try:
        catalog.rows("REINDEX")
        with catalog.transaction():
            catalog.rebuild_full_text()
        return not catalog.faults()
    except StoreDamaged:
        return False


def _salvage(folder: Path, path: Path) -> Iterator[Finding]:
    """Bring what can be read of a damaged catalog into a new one, and set the damaged one aside."""
    draft = folder / "salvage.sqlite"
    for ending in ("", "-wal", "-shm"):
        draft.with_name(draft.name + ending).unlink(missing_ok=True)
    present = path.exists() and path.stat().st_size > 0
    whole = texts = unreadable = 0
    with closing(SqliteCatalog.open(draft, expected=False)) as new, closing(SqliteCatalog(path)) as old:
        if present:
            whole, texts, unreadable = _copy_documents(old, new, folder / _SALVAGED)
        new.shrink()
    draft.rename(folder / f"catalog-{max(1, schema.number_of(path)) + 1}.sqlite")  # from here on it is the catalog
    aside = _set_aside(path)
    if not present:
        yield Finding("The catalog's file is gone and nothing of it is left: index your documents again.", False)
        return
    yield Finding(f"The damaged file was set aside as {aside}; nothing of it was deleted.", True)
    if whole:
        yield Finding(f"{whole} documents were brought back whole.", True)
    if texts:
        yield Finding(f"Of {texts} documents only the text could be read: index {folder / _SALVAGED}.", True)
    if unreadable or not whole + texts:
        lost = str(unreadable) if unreadable else "An unknown number of"
        yield Finding(f"{lost} documents could not be read: index their sources again.", True)


def _set_aside(path: Path) -> Path:
    """Rename a damaged catalog with its log; returns its new path."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = path.with_name(f"{_ASIDE}{stamp}.sqlite")
    for ending in ("-wal", "-shm", ""):
        file = path.with_name(path.name + ending)
        if file.exists() and file.stat().st_size == 0:
            file.unlink()  # nothing is in it
        elif file.exists():
            file.rename(aside.with_name(aside.name + ending))
    return aside


def _copy_documents(old: Catalog, new: Catalog, salvaged: Path) -> tuple[int, int, int]:
    """Copy documents one by one; returns how many came whole, how many as text only, and how many not at all."""
    outcomes = {"whole": 0, "text": 0, "lost": 0}
    identity = _attempt(lambda: records.embedding_identity(old))
    if identity is not None:
        with new.transaction():
            records.set_embedding_identity(new, identity)
    for key in range(1, _last_key(old) + 1):
        outcome = _copy_document(old, new, key, salvaged, copy_whole=identity is not None)
        if outcome:
            outcomes[outcome] += 1
    return outcomes["whole"], outcomes["text"], outcomes["lost"]


def _copy_document(old: Catalog, new: Catalog, key: int, salvaged: Path, *, copy_whole: bool) -> str:
    """Copy one document; returns "whole", "text", "lost", or nothing when there is none with that key."""
    rows = _attempt(lambda: records.documents_by_key(old, [key]))
    row = rows.get(key) if rows else None
    if rows is not None and (row is None or row.state == "pending"):
        return ""
    text = _attempt(lambda: records.text(old, key))
    if text is None or (row and sha256(text.encode("utf-8", "replace")).hexdigest() != row.content_hash):
        return "lost"
    if row and copy_whole and _copied(old, new, row, text):
        return "whole"
    salvaged.mkdir(exist_ok=True)
    (salvaged / f"{row.id if row else key}.txt").write_text(text, "utf-8", newline="")
    return "text"


def _last_key(old: Catalog) -> int:
    """Return the highest key that a document of a damaged catalog can have; each is then looked for by itself."""
    asked = ("SELECT seq FROM sqlite_sequence WHERE name = 'document'", "SELECT max(key) FROM document")
    found = [_attempt(lambda sql=sql: old.row(sql)) for sql in asked]  # type: ignore[misc]
    return max([int(row[0]) for row in found if row and isinstance(row[0], int)], default=0)


def _copied(old: Catalog, new: Catalog, row: DocumentRow, text: str) -> bool:
    """Copy one document with its passages when all of them can be read."""

    def passages() -> list[PassageRow]:
        ids = old.rows("SELECT id FROM passage WHERE document = ? ORDER BY id", (row.key,))
        return sorted(records.passage_rows(old, [found[0] for found in ids]), key=lambda passage: passage.id)

    found = _attempt(passages)
    if found is None or len(found) != row.passages or not all(_fits(passage, len(text)) for passage in found):
        return False
    layout = _attempt(lambda: records.layout(old, row.key)) or ""
    with new.transaction():
        key = records.add_pending(new, replace(row, state="pending"), text, layout)
        for passage in found:
            records.add_passage(new, replace(passage, document=key))
        records.make_ready(new, key, row.source, len(found))
    return True


def _attempt(read: Callable[[], _T]) -> _T | None:
    """Return what can be read of a damaged file, or None."""
    try:
        return read()
    except (StoreBusy, StoreFull):
        raise
    except (StoreError, ValueError, KeyError, TypeError):
        return None


def _fits(row: PassageRow, characters: int) -> bool:
    """Return whether a passage's columns agree with each other and with the length of the text."""
    try:
        sentences = schema.sentences_from_text(row.sentences)
        vector = schema.vectors_from_blobs([row.vector], 0)
        halves = schema.half_from_blob(row.sentence_vectors, len(sentences))
        inside = 0 <= row.start <= row.end <= characters
        within = all(row.start <= s.start <= s.end <= row.end for s in sentences)
        shaped = not sentences or halves.shape[1] == vector.shape[1]
        return inside and within and shaped and bool(np.isfinite(vector).all() and np.isfinite(halves).all())
    except (ValueError, TypeError, IndexError):
        return False


def _content_findings(store: Store, repair: bool) -> Iterator[Finding]:
    """Check what the catalog says: leftovers, the full-text index, every document's passages."""
    catalog = store.catalog
    left = catalog.rows("SELECT count(*) FROM document WHERE state = 'pending'")[0][0]
    if left:
        if repair:
            with catalog.transaction(searched=False):
                records.remove_pending(catalog)
        yield Finding(f"{left} documents were left half indexed by a process that died; index them again.", repair)
    if not catalog.full_text_is_exact():
        if repair:
            with catalog.transaction():
                catalog.rebuild_full_text()
        yield Finding("The full-text index did not agree with the passages, from which it can be made anew.", repair)
    identity = store.embedding_identity()
    for document in store.documents():
        wrong = _fault_of(store, document, identity.dimension if identity else None)
        if wrong:
            yield Finding(f"{document.source}: {wrong}; remove it and index its source again.", False)


def _fault_of(store: Store, document: Document, dimension: int | None) -> str:
    """Return what is wrong with one document, or nothing."""
    catalog = store.catalog
    try:
        row = records.document_row(catalog, document.id)
        text = document.text
        ids = [
            found[0] for found in catalog.rows("SELECT id FROM passage WHERE document = ?", (row.key if row else 0,))
        ]
        passages = list(records.passage_rows(catalog, ids))
    except (DocumentNotFound, StoreDamaged):
        return "its text or a passage of it cannot be read"
    if row is None or sha256(text.encode()).hexdigest() != document.content_hash or len(text) != document.characters:
        return "its text is not the one that was indexed"
    if len(passages) != document.passages or len(ids) != document.passages:
        return f"it has {len(passages)} passages instead of {document.passages}"
    if not all(_fits(passage, document.characters) for passage in passages):
        return "a passage of it has impossible values"
    if dimension is not None and any(len(passage.vector) != 4 * dimension for passage in passages):
        return "its vectors are of another length than the embedding model's"
    return ""


def _generation_findings(store: Store, repair: bool) -> Iterator[Finding]:
    """Check the vector index; it is rebuilt from the catalog, without a model or a source."""
    pointer = records.pointer(store.catalog)
    wrong = store.generations.check(pointer.number) if pointer.count else ""
    if pointer.count and not wrong and store.generations.current(pointer.number) is None:
        wrong = store.generations.failure
    others = len(store.generations.others(pointer.number))
    if others and repair:
        store.generations.clean(pointer.number)
    if others:
        yield Finding(f"{others} unfinished or outdated vector indexes were left behind; they are not needed.", repair)
    if wrong:
        if repair:
            store.rebuild()
        yield Finding(f"{wrong} It can be built anew from the catalog; no document is lost.", repair)
