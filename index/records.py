"""Reading and writing a collection's documents, passages and vectors: the catalog's statements, by what they mean.

Every function takes the catalog first; those that write are called inside `catalog.transaction()`.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from secrets import token_hex
from typing import Any

import numpy as np
import numpy.typing as npt

from index import schema
from index.catalog import Catalog, Row
from index.models import EmbeddingIdentity
from index.rows import MODULUS, Content, DocumentRow, OwnedPassage, PassageRow, Pointer
from index.schema import Matrix

Ids = npt.NDArray[np.int64]
"""Passage ids, shape (n,)."""
_DOCUMENT = "key, id, title, source, media_type, content_hash, characters, passages, state, added_at, link, notes"
_PASSAGE = 'p.id, p.document, p.start, p."end", p.page, p.heading, p.sentences, p.terms, p.sentence_vectors, v.vector'
_LONGEST = 2**31 - 1  # no text is longer, and a database need not take more as a place in one
_WORDS_READ = 10_000  # passages at a time


def ensure_mark(catalog: Catalog) -> str:
    """Return what tells this catalog from any other one; made when it is first asked for."""
    if _meta(catalog, "mark") is None:
        with catalog.transaction(searched=False):
            sql = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"
            catalog.rows(sql, ("mark", token_hex(6)))
    return _meta(catalog, "mark") or ""


def pointer(catalog: Catalog) -> Pointer:
    """Return which generation of the vector index is current."""
    stored = _meta(catalog, "generation")
    return Pointer(**json.loads(stored)) if stored else Pointer()


def set_pointer(catalog: Catalog, new: Pointer) -> None:
    """Make another generation the current one."""
    _set_meta(catalog, "generation", json.dumps(asdict(new)))


def embedding_identity(catalog: Catalog) -> EmbeddingIdentity | None:
    """Return which model made the vectors, or None while there are none."""
    stored = _meta(catalog, "embedding")
    return EmbeddingIdentity(**json.loads(stored)) if stored else None


def set_embedding_identity(catalog: Catalog, identity: EmbeddingIdentity) -> None:
    """Note which model makes the vectors."""
    _set_meta(catalog, "embedding", json.dumps(asdict(identity)))


def add_pending(catalog: Catalog, row: DocumentRow, text: str, layout: str) -> int:
    """Write a document that is not searched yet (the row's key is not looked at) and return its key."""
    names = _DOCUMENT.removeprefix("key, ")
    values = [getattr(row, name) for name in names.split(", ")]
    key = _inserted(catalog, f"INSERT INTO document ({names}) VALUES (?,?,?,?,?,?,?,?,?,?,?) RETURNING key", values)
    catalog.rows("INSERT INTO document_text (document, text, layout) VALUES (?, ?, ?)", (key, text, layout))
    return key


def remove_pending(catalog: Catalog) -> int:
    """Remove documents that never became ready; returns how many."""
    (count,) = catalog.rows("SELECT count(*) FROM document WHERE state = 'pending'")[0]
    if count:
        catalog.rows("DELETE FROM document WHERE state = 'pending'")
    return int(count)


def add_passage(catalog: Catalog, row: PassageRow) -> int:
    """Write one passage with its vectors (the row's id is not looked at) and return its id."""
    names = 'document, start, "end", page, heading, sentences, terms, sentence_vectors'
    values = [getattr(row, name.strip('"')) for name in names.split(", ")]
    passage = _inserted(catalog, f"INSERT INTO passage ({names}) VALUES (?,?,?,?,?,?,?,?) RETURNING id", values)
    catalog.rows("INSERT INTO passage_vector (passage, vector) VALUES (?, ?)", (passage, row.vector))
    return passage


def make_ready(catalog: Catalog, key: int, source: str, passages: int) -> None:
    """Let the document of this key take the place of an older one from the same source."""
    with _content_changing(catalog, "source = ?", source):
        catalog.rows("DELETE FROM document WHERE source = ? AND state = 'ready' AND key <> ?", (source, key))
        catalog.rows("UPDATE document SET state = 'ready', passages = ? WHERE key = ?", (passages, key))


def drop_passages(catalog: Catalog) -> None:
    """Remove every passage and its vectors; the documents and their texts stay."""
    with _content_changing(catalog, "true"):
        catalog.rows("DELETE FROM passage")
        catalog.rows("UPDATE document SET passages = 0")


def rename(catalog: Catalog, key: int, source: str, document_id: str) -> None:
    """Let a document come from another source."""
    with _content_changing(catalog, "key = ?", key):
        catalog.rows("UPDATE document SET source = ?, id = ? WHERE key = ?", (source, document_id, key))


def remove(catalog: Catalog, key: int) -> None:
    """Remove a document with everything that belongs to it."""
    with _content_changing(catalog, "key = ?", key):
        catalog.rows("DELETE FROM file WHERE source = (SELECT source FROM document WHERE key = ?)", (key,))
        catalog.rows("DELETE FROM document WHERE key = ?", (key,))


def content(catalog: Catalog) -> Content:
    """Return what the ready documents are together."""
    stored = (_meta(catalog, "content") or "").split()
    if len(stored) != 3:  # an older version's catalog
        return _content(catalog, "true")
    return Content(int(stored[0], 16), int(stored[1]), int(stored[2]))


def _content(catalog: Catalog, where: str, *values: Any) -> Content:
    sql = f"SELECT id, title, content_hash, passages FROM document WHERE state = 'ready' AND {where}"
    rows = catalog.rows(sql, values)
    hashes = (hashlib.sha256(json.dumps(row[:3]).encode()).digest() for row in rows)
    digest = sum(int.from_bytes(each) for each in hashes) % MODULUS
    return Content(digest, len(rows), sum(int(row[3]) for row in rows))


@contextmanager
def _content_changing(catalog: Catalog, where: str, *values: Any) -> Iterator[None]:
    """Keep what is known of all documents right while those that fit a condition change."""
    known, before = content(catalog), _content(catalog, where, *values)
    yield
    now = known.moved(before, _content(catalog, where, *values))
    _set_meta(catalog, "content", f"{now.digest:x} {now.documents} {now.passages}")


def document_rows(catalog: Catalog) -> list[DocumentRow]:
    """Return the ready documents, ordered by source."""
    return _documents(catalog, "state = 'ready' ORDER BY source")


def document_names(catalog: Catalog, *, newest_first: bool = False) -> list[tuple[int, str, str]]:
    """Return (key, title, source) of the ready documents, ordered by source."""
    order = "added_at DESC, source" if newest_first else "source"
    rows = catalog.rows(f"SELECT key, title, source FROM document WHERE state = 'ready' ORDER BY {order}")
    return [(int(row[0]), str(row[1]), str(row[2])) for row in rows]


def sizes_and_pages(catalog: Catalog, keys: Sequence[int]) -> dict[int, tuple[int | None, int | None]]:
    """Return of documents, by their keys, the size of the file and the last page that holds text, where known."""
    sql = f"""SELECT d.key, (SELECT size FROM file f WHERE f.source = d.source AND f.problem = ''),
        CASE WHEN t.layout <> '' THEN {catalog.dialect.last_page} END
        FROM document d JOIN document_text t ON t.document = d.key WHERE d.key {catalog.dialect.numbers}"""
    return {int(row[0]): (row[1], row[2]) for row in catalog.rows(sql, (catalog.dialect.listed(keys),))}


def document_row(catalog: Catalog, document_id: str) -> DocumentRow | None:
    """Return a ready document by its id."""
    return next(iter(_documents(catalog, "state = 'ready' AND id = ?", document_id)), None)


def document_of_source(catalog: Catalog, source: str) -> DocumentRow | None:
    """Return the ready document that came from a source."""
    return next(iter(_documents(catalog, "state = 'ready' AND source = ?", source)), None)


def documents_by_key(catalog: Catalog, keys: Sequence[int]) -> dict[int, DocumentRow]:
    """Return documents, ready or pending, by their keys."""
    listed = catalog.dialect.listed(keys)
    return {row.key: row for row in _documents(catalog, f"key {catalog.dialect.numbers}", listed)}


def text(catalog: Catalog, key: int) -> str | None:
    """Return the stored text of a document."""
    row = catalog.row("SELECT text FROM document_text WHERE document = ?", (key,))
    return str(row[0]) if row else None


def texts(catalog: Catalog, keys: Sequence[int]) -> dict[int, str]:
    """Return the stored texts of documents, by their keys."""
    sql = f"SELECT document, text FROM document_text WHERE document {catalog.dialect.numbers}"
    return {int(row[0]): str(row[1]) for row in catalog.rows(sql, (catalog.dialect.listed(keys),))}


def layout(catalog: Catalog, key: int) -> str:
    """Return where the blocks, places and hidden parts of a document's text are, as it was stored."""
    row = catalog.row("SELECT layout FROM document_text WHERE document = ?", (key,))
    return str(row[0]) if row else ""


def slice_of(catalog: Catalog, key: int, start: int, end: int) -> str:
    """Return characters `start` to `end` of a stored text; databases count code points as Python does."""
    sql = "SELECT substr(text, ?, ?) FROM document_text WHERE document = ?"
    row = catalog.row(sql, (min(start + 1, _LONGEST), min(max(0, end - start), _LONGEST), key))
    return str(row[0]) if row else ""


def documents_with(catalog: Catalog, words: str, n: int, documents: Sequence[str] | None) -> list[str]:
    """Return the ids of `n` documents in whose text words stand letter for letter, ordered by source."""
    among = "" if documents is None else f"AND d.id {catalog.dialect.names}"
    sql = f"""SELECT d.id FROM document d JOIN document_text t ON t.document = d.key
        WHERE d.state = 'ready' AND {catalog.dialect.contains} {among} ORDER BY d.source LIMIT ?"""
    listed = [] if documents is None else [catalog.dialect.listed(documents)]
    return [str(row[0]) for row in catalog.rows(sql, [words, *listed, n])]


def passage_ids(catalog: Catalog, *, after: int = 0) -> Ids:
    """Return the ids of all passages above `after`, ascending."""
    # Of all of them an index is read that holds nothing else; of some, the smaller of the two tables with that key.
    some = "SELECT passage FROM passage_vector WHERE passage > ?"
    rows = catalog.rows(some, (after,)) if after else catalog.rows("SELECT id FROM passage")
    return np.sort(np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows)))


def passages_of_documents(catalog: Catalog, documents: Sequence[str]) -> Ids:
    """Return the ids of some documents' passages, ascending."""
    sql = f"SELECT id FROM passage WHERE document {catalog.dialect.of_documents}"
    rows = catalog.rows(sql, (catalog.dialect.listed(documents),))
    return np.sort(np.array([row[0] for row in rows], dtype=np.int64))


def existing(catalog: Catalog, ids: Sequence[int]) -> set[int]:
    """Return those passages that exist."""
    sql = f"SELECT id FROM passage WHERE id {catalog.dialect.numbers}"
    return {int(row[0]) for row in catalog.rows(sql, (catalog.dialect.listed(ids),))}


def words(catalog: Catalog, *, after: int = 0) -> Iterator[tuple[int, str]]:
    """Give (passage id, its analysed words parted by white space) of all passages above `after`, ids ascending."""
    sql = "SELECT id, terms FROM passage WHERE id > ? ORDER BY id LIMIT ?"
    while rows := catalog.rows(sql, (after, _WORDS_READ)):
        yield from ((int(row[0]), str(row[1])) for row in rows)
        after = int(rows[-1][0])


def vectors(catalog: Catalog, ids: Sequence[int]) -> tuple[Ids, Matrix]:
    """Return the vectors of those passages that exist, as (ids, rows), ascending by id."""
    sql = f"SELECT passage, vector FROM passage_vector WHERE passage {catalog.dialect.numbers} ORDER BY passage"
    return _vectors(catalog.rows(sql, (catalog.dialect.listed(ids),)))


def vectors_of_documents(catalog: Catalog, documents: Sequence[str]) -> tuple[Ids, Matrix]:
    """Return the vectors of some documents' passages, as (ids, rows), ascending by id."""
    sql = f"""SELECT v.passage, v.vector FROM passage p JOIN passage_vector v ON v.passage = p.id
        WHERE p.document {catalog.dialect.of_documents} ORDER BY v.passage"""
    return _vectors(catalog.rows(sql, (catalog.dialect.listed(documents),)))


def passage_rows(catalog: Catalog, ids: Sequence[int]) -> Iterator[PassageRow]:
    """Give those passages that exist."""
    sql = f"""SELECT {_PASSAGE} FROM passage p JOIN passage_vector v ON v.passage = p.id
        WHERE p.id {catalog.dialect.numbers}"""
    return (PassageRow(*row) for row in catalog.rows(sql, (catalog.dialect.listed(ids),)))


def owned_passages(catalog: Catalog, ids: Sequence[int]) -> list[OwnedPassage]:
    """Return those passages that exist, with what is needed of their documents."""
    sql = f"""SELECT {_PASSAGE}, d.id, d.title, d.source, d.content_hash, d.characters
        FROM passage p JOIN passage_vector v ON v.passage = p.id JOIN document d ON d.key = p.document
        WHERE p.id {catalog.dialect.numbers}"""
    return [OwnedPassage(*row) for row in catalog.rows(sql, (catalog.dialect.listed(ids),))]


def passage_at(catalog: Catalog, key: int, offset: int) -> int | None:
    """Return the id of the passage of a document that holds a character, if any."""
    sql = 'SELECT id FROM passage WHERE document = ? AND start <= ? AND "end" > ? ORDER BY start LIMIT 1'
    row = catalog.row(sql, (key, offset, offset))
    return int(row[0]) if row else None


def _inserted(catalog: Catalog, sql: str, values: Sequence[Any]) -> int:
    """Insert a row and return the id that it got."""
    return int(catalog.rows(sql, values)[0][0])


def _documents(catalog: Catalog, where: str, *values: Any) -> list[DocumentRow]:
    """Return the documents that fit a condition."""
    return [DocumentRow(*row) for row in catalog.rows(f"SELECT {_DOCUMENT} FROM document WHERE {where}", values)]


def _vectors(rows: list[Row]) -> tuple[Ids, Matrix]:
    """Return (id, bytes) rows as arrays."""
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    return ids, schema.vectors_from_blobs([row[1] for row in rows], 0)


def _meta(catalog: Catalog, name: str) -> str | None:
    """Return a note that the catalog keeps about itself."""
    row = catalog.row("SELECT value FROM meta WHERE name = ?", (name,))
    return str(row[0]) if row else None


def _set_meta(catalog: Catalog, name: str, value: str) -> None:
    """Write a note that the catalog keeps about itself."""
    sql = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    catalog.rows(sql, (name, value))
