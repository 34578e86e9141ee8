"""What a collection's catalog does, whichever database keeps it: statements, transactions, full text, upkeep.

The catalog is the truth of a collection. index/sqlite_catalog.py keeps it in a file of the home, and
index/postgres_catalog.py in a schema of a PostgreSQL database. The statements of index/records.py and
index/file_records.py are the same for both, with `?` for each value; the few words in which the databases differ are
those of a `Dialect`.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from index.locks import WriterLock

Row = tuple[Any, ...]
REVISION = "SELECT value FROM meta WHERE name = 'revision'"
"""The statement that tells a catalog's revision."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What of a statement is another text in each database."""

    numbers: str
    """After a column of whole numbers: it is one of a list; the list's value is made by `listed`."""
    names: str
    """The same after a column of text."""
    listed: Callable[[Sequence[Any]], Any]
    """Gives a list as the one value that `numbers` and `names` take."""
    contains: str
    """The text `t.text` holds the next value, letter for letter."""
    last_page: str
    """The page of the last place in `t.layout`, which is not empty: the form is that of index/encoded.py."""

    @property
    def of_documents(self) -> str:
        """After a column of documents' keys: it is that of a ready document whose id is in a list."""
        return f"IN (SELECT key FROM document WHERE state = 'ready' AND id {self.names})"


class Catalog(Protocol):
    """One collection's catalog, open; safe to use from several threads."""

    @property
    def dialect(self) -> Dialect:
        """How this database says what the others say in other words."""

    @property
    def mark(self) -> str:
        """What tells this catalog from any other that may use the same folder; empty of the one in that folder."""

    def close(self) -> None:
        """Release the connections of all threads; nothing can be read or written afterwards."""

    def require_current(self) -> None:
        """Raise StoreError when the catalog has been replaced since it was opened."""

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run one statement and return its rows."""

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Run one statement and return its first row, or None."""

    def revision(self) -> int:
        """Return a number that grows with every write that a search can see; in a snapshot it is asked for once."""

    def snapshot(self) -> AbstractContextManager[None]:
        """See one consistent state of the catalog for the block, whatever is written meanwhile; may be nested."""

    def transaction(self, *, searched: bool = True) -> AbstractContextManager[None]:
        """Write everything in the block or nothing; `searched` is False for what no search or list can see."""

    def writer_lock(self, folder: Path) -> WriterLock:
        """Return the lock that lets one writer at a time into the collection whose folder this is."""

    def full_text(self, terms: Sequence[str], n: int, documents: Sequence[str] | None) -> list[tuple[int, float]]:
        """Return the passages that hold any of some analysed words as (id, BM25), larger is better, ties by id.

        The score is that of FTS5's bm25: https://sqlite.org/fts5.html#the_bm25_function
        """

    def document_frequency(self, term: str) -> int:
        """Return in how many passages an analysed word occurs."""

    def shrink(self) -> None:
        """Leave no trace of what was removed.

        Raises:
            StoreBusy: when another process is reading, so that the last traces cannot go yet.
        """

    def faults(self) -> list[str]:
        """Return what the database itself finds wrong with the catalog, in its words; empty when it is sound."""

    def full_text_is_exact(self) -> bool:
        """Return whether the full-text index says the same as the passages' words."""

    def rebuild_full_text(self) -> None:
        """Make the full-text index anew from the passages' words; inside `transaction()`."""
