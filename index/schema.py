"""What the catalog's file and tables look like, and how values become their columns.

`passage` and the tables below it hold ready documents only: a document's passages are written in the transaction that
makes it ready, so whatever is searched is whole. Vectors stand in a table of their own, because a scan reads all of
them and nothing else.
"""

import json
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.models import BlockKind, Sentence, Span

Vector = npt.NDArray[np.float32]
"""One vector, shape (dimension,)."""
Matrix = npt.NDArray[np.float32]
"""Vectors as rows, shape (n, dimension)."""

VERSION = 2
_FILE = re.compile(r"catalog(?:-(\d+))?\.sqlite")
APPLICATION_ID = 0x41514131  # "AQA1": tells a catalog from any other SQLite file

# AUTOINCREMENT: an id is never used twice, so one that a vector index still knows never means another passage.
# Triggers keep the full-text index exact: FTS5 must be told the very words that a deleted row had.
# The tokenizer takes the words as index/terms.py analysed them; only white space and stray ASCII marks part them.
DDL = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('revision', '0');
CREATE TABLE document (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    source TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    characters INTEGER NOT NULL,
    passages INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('pending', 'ready')),
    added_at TEXT NOT NULL,
    link TEXT NOT NULL DEFAULT '',
    notes TEXT NOT NULL DEFAULT '[]'
);
CREATE UNIQUE INDEX document_by_id ON document (id) WHERE state = 'ready';
CREATE UNIQUE INDEX document_by_source ON document (source) WHERE state = 'ready';
CREATE INDEX document_by_state ON document (state);
CREATE TABLE document_text (
    document INTEGER PRIMARY KEY REFERENCES document (key) ON DELETE CASCADE,
    text TEXT NOT NULL,
    layout TEXT NOT NULL DEFAULT ''
);
CREATE TABLE file (
    source TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    changed_ns INTEGER NOT NULL,
    digest TEXT NOT NULL,
    problem TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX file_with_problem ON file (source) WHERE problem <> '';
CREATE TABLE passage (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document INTEGER NOT NULL REFERENCES document (key) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    page INTEGER,
    heading TEXT NOT NULL,
    sentences TEXT NOT NULL,
    terms TEXT NOT NULL,
    sentence_vectors BLOB NOT NULL
);
CREATE INDEX passage_by_document ON passage (document);
CREATE TABLE passage_vector (
    passage INTEGER PRIMARY KEY REFERENCES passage (id) ON DELETE CASCADE,
    vector BLOB NOT NULL
);
CREATE VIRTUAL TABLE passage_fts USING fts5 (
    terms, content = 'passage', content_rowid = 'id', tokenize = "ascii tokenchars '.'"
);
CREATE VIRTUAL TABLE passage_terms USING fts5vocab (passage_fts, row);
CREATE TRIGGER passage_added AFTER INSERT ON passage BEGIN
    INSERT INTO passage_fts (rowid, terms) VALUES (new.id, new.terms);
END;
CREATE TRIGGER passage_removed AFTER DELETE ON passage BEGIN
    INSERT INTO passage_fts (passage_fts, rowid, terms) VALUES ('delete', old.id, old.terms);
END;
"""
STATEMENTS = re.split(r"(?<=;)\n(?=CREATE|INSERT INTO meta)", DDL.strip())
"""The same, one statement each."""
MIGRATIONS = {
    1: (
        "ALTER TABLE document ADD COLUMN link TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE document ADD COLUMN notes TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE document_text ADD COLUMN layout TEXT NOT NULL DEFAULT ''",
        "CREATE TABLE file (source TEXT PRIMARY KEY, size INTEGER NOT NULL, changed_ns INTEGER NOT NULL, "
        "digest TEXT NOT NULL, problem TEXT NOT NULL) WITHOUT ROWID",
        "CREATE INDEX file_with_problem ON file (source) WHERE problem <> ''",
    )
}
"""What makes of each older version the next one."""
TABLES = ("meta", "document", "document_text", "file", "passage", "passage_vector", "passage_fts")


def create(connection: sqlite3.Connection) -> None:
    """Create the tables in a file that has none."""
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,):
        for statement in STATEMENTS:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables of an older version up to date."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for older in range(version, VERSION):
        for statement in MIGRATIONS[older]:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def path_in(folder: Path) -> Path:
    """Return which file is a collection's catalog: catalog.sqlite, or after repairs the one of the highest number.

    A repaired catalog never takes its predecessor's name: SQLite connections that are still open on that one would
    remove the log of the new one by its name when they close.
    """
    found = {match: path for path in folder.glob("catalog*.sqlite") if (match := number_of(path))}
    return found[max(found)] if found else folder / "catalog.sqlite"


def number_of(path: Path) -> int:
    """Return a catalog's number: 1 of catalog.sqlite, n of catalog-n.sqlite, 0 of any other file."""
    match = _FILE.fullmatch(path.name)
    return int(match[1] or 1) if match else 0


def sentences_to_text(sentences: Sequence[Sentence]) -> str:
    """Return sentences as compact JSON: [start, end, kind] each, and for a table row its header's start and end."""
    rows = [[s.start, s.end, s.kind, *((s.header.start, s.header.end) if s.header else ())] for s in sentences]
    return json.dumps(rows, separators=(",", ":"))


def sentences_from_text(stored: str) -> tuple[Sentence, ...]:
    """Return the sentences that :func:`sentences_to_text` stored."""
    return tuple(_sentence(*row) for row in json.loads(stored))


def sentences_in(stored: str) -> int:
    """Return how many sentences they are."""
    return stored.count("[") - 1


def bounds_from_text(stored: str) -> list[tuple[int, int]]:
    """Return only the start and the end of each of those sentences."""
    return [(start, end) for start, end, *_ in json.loads(stored)]


def are_prose(stored: str) -> bool:
    """Tell whether no heading and no row of a table is among those sentences."""
    return '"heading"' not in stored and '"row"' not in stored


def _sentence(start: int, end: int, kind: BlockKind, *header: int) -> Sentence:
    """Return one sentence from its stored row."""
    return Sentence(start, end, kind, Span(header[0], header[1]) if header else None)


def terms_to_text(terms: Sequence[Sequence[str]]) -> str:
    """Return analysed words as they are indexed: a line a sentence, words parted by spaces."""
    return "\n".join(" ".join(words) for words in terms)


def terms_from_text(stored: str) -> tuple[str, ...]:
    """Return those lines."""
    return tuple(stored.split("\n"))


def vector_to_blob(vector: npt.ArrayLike) -> bytes:
    """Return a vector as little-endian single-precision bytes."""
    return np.ascontiguousarray(vector, dtype="<f4").tobytes()


def vector_from_blob(blob: bytes) -> Vector:
    """Return a stored vector, shape (dimension,)."""
    return np.frombuffer(blob, dtype="<f4")


def vectors_from_blobs(blobs: Sequence[bytes], dimension: int) -> Matrix:
    """Return stored vectors as the rows of a matrix of shape (n, dimension)."""
    if not blobs:
        return np.empty((0, dimension), dtype=np.float32)
    return np.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(blobs), -1)


def half_to_blob(vectors: npt.ArrayLike) -> bytes:
    """Return sentence vectors as little-endian half-precision bytes."""
    return np.ascontiguousarray(vectors, dtype="<f2").tobytes()


def half_from_blob(blob: bytes, rows: int) -> npt.NDArray[np.float16]:
    """Return stored sentence vectors, shape (rows, dimension)."""
    return np.frombuffer(blob, dtype="<f2").reshape(rows, -1) if rows else np.empty((0, 0), dtype=np.float16)
