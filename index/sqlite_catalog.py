"""The SQLite file that is the truth of a collection: connections, transactions, errors and upkeep.

What is stored is in index/schema.py, how it is read and written in index/records.py. Each thread has its own
connection; `close` closes all of them.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Self

from index import schema
from index.catalog import REVISION, Dialect, Row
from index.errors import StoreBusy, StoreDamaged, StoreError
from index.locks import FileWriterLock
from index.sqlite_files import BUSY_MS, damaged, identity_of, require_length, translate

_DIALECT = Dialect(
    numbers="IN (SELECT value FROM json_each(?))",
    names="IN (SELECT value FROM json_each(?))",
    listed=json.dumps,
    contains="instr(t.text, ?) > 0",
    last_page="json_extract(t.layout, '$[1][#-1][2]')",
)

_NESTED = nullcontext()  # a question asks for a snapshot some forty times, nearly always inside of one


class SqliteCatalog:
    """One collection's SQLite file, open; safe to use from several threads."""

    dialect = _DIALECT
    mark = ""

    def __init__(self, path: Path) -> None:
        """Use the file at `path`; nothing is opened before it is needed."""
        self.path = path
        self._guard = threading.Lock()
        self._connections: dict[threading.Thread, _Connection] = {}
        self._seen: dict[_Connection, int] = {}
        self._closed = False
        self._file: tuple[int, int] | None = None

    @classmethod
    def open(cls, path: Path, *, expected: bool) -> Self:
        """Open the catalog, creating it when it is absent and not `expected` to be there.

        Raises:
            StoreDamaged: when the file is missing though expected, is not a catalog, is cut short or lacks a table.
            StoreError: when a newer version of the assistant made it, or its folder cannot be used.
        """
        catalog = cls(path)
        try:
            if path.exists() and path.stat().st_size > 0:
                require_length(path)
            elif expected:
                raise damaged(path, "is missing or empty")
            catalog._prepare()
            catalog._file = identity_of(path)
        except BaseException:
            catalog.close()
            raise
        return catalog

    def close(self) -> None:
        """Close the connections of all threads; nothing can be read or written afterwards."""
        with self._guard:
            self._closed = True
            for connection in self._connections.values():
                connection.end()
            self._connections.clear()

    def require_current(self) -> None:
        """Raise StoreError when the file has been set aside or replaced since it was opened."""
        if self._file != identity_of(self.path):
            raise StoreError("This collection was repaired or replaced meanwhile; open it again.")

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run one statement and return its rows."""
        with self._translated():
            return self._connection().run(sql, parameters)

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Run one statement and return its first row, or None."""
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def revision(self) -> int:
        """Return a number that grows with every write that a search can see; in a snapshot it is asked for once."""
        seen = self._seen.get(self._connection())
        return int(self.rows(REVISION)[0][0]) if seen is None else seen

    def snapshot(self) -> AbstractContextManager[None]:
        """See one consistent state of the catalog for the block, whatever is written meanwhile; may be nested."""
        with self._translated():
            connection = self._connection()
            return _NESTED if connection.in_transaction else self._snapshot(connection)

    @contextmanager
    def _snapshot(self, connection: "_Connection") -> Iterator[None]:
        with self._translated():
            connection.run("BEGIN")
        try:
            self._seen[connection] = self.revision()  # the first read fixes the state
            yield
        finally:
            self._seen.pop(connection, None)
            _end(connection, "ROLLBACK")

    @contextmanager
    def transaction(self, *, searched: bool = True) -> Iterator[None]:
        """Write everything in the block or nothing; `searched` is False for what no search or list can see."""
        with self._translated():
            connection = self._connection()
            connection.run("BEGIN IMMEDIATE")
        try:
            yield
            with self._translated():
                if searched:
                    connection.run("UPDATE meta SET value = value + 1 WHERE name = 'revision'")
                connection.run("COMMIT")
        except BaseException:
            _end(connection, "ROLLBACK")
            raise

    def writer_lock(self, folder: Path) -> FileWriterLock:
        """Return the lock of a file in the collection's folder."""
        return FileWriterLock(folder / "writer.lock")

    def full_text(self, terms: Sequence[str], n: int, documents: Sequence[str] | None) -> list[tuple[int, float]]:
        """Return the passages that hold any of some analysed words as (id, BM25), larger is better, ties by id."""
        match = " OR ".join('"' + term.replace('"', '""') + '"' for term in terms)
        # The plus sign: by an indexed rowid SQLite would search the full text once for each passage of the documents.
        among = (
            ""
            if documents is None
            else f"AND +rowid IN (SELECT id FROM passage WHERE document {_DIALECT.of_documents})"
        )
        sql = f"""SELECT rowid, -bm25(passage_fts) FROM passage_fts WHERE passage_fts MATCH ? {among}
            ORDER BY bm25(passage_fts), rowid LIMIT ?"""
        listed = [] if documents is None else [json.dumps(documents)]
        return [(int(row[0]), float(row[1])) for row in self.rows(sql, [match, *listed, n])]

    def document_frequency(self, term: str) -> int:
        """Return in how many passages an analysed word occurs."""
        row = self.row("SELECT doc FROM passage_terms WHERE term = ?", (term,))
        return int(row[0]) if row else 0

    def shrink(self) -> None:
        """Rewrite the file without a trace of what was removed, and empty its log.

        Raises:
            StoreBusy: when another process is reading, so that its log cannot be emptied yet.
        """
        with self.transaction():
            self.rebuild_full_text()
        self.rows("VACUUM")
        outcome = self.row("PRAGMA wal_checkpoint(TRUNCATE)")
        if outcome and outcome[0]:
            raise StoreBusy("Another process is reading this collection; run `assistant compact` again after it.")

    def faults(self) -> list[str]:
        """Return what SQLite itself finds wrong with the file, in its words; empty when it is sound."""
        found = [str(row[0]) for row in self.rows("PRAGMA integrity_check(20)") if row[0] != "ok"]
        orphans = self.rows("PRAGMA foreign_key_check")
        return [*found, *([f"{len(orphans)} rows belong to no document"] if orphans else [])]

    def full_text_is_exact(self) -> bool:
        """Return whether the full-text index says the same as the passages' words."""
        try:
            self.rows("INSERT INTO passage_fts (passage_fts, rank) VALUES ('integrity-check', 1)")
        except StoreDamaged:
            return False
        return True

    def rebuild_full_text(self) -> None:
        """Make the full-text index anew from the passages' words; inside `transaction()`."""
        self.rows("INSERT INTO passage_fts (passage_fts) VALUES ('rebuild')")

    def _connection(self) -> "_Connection":
        """Return the calling thread's connection."""
        thread = threading.current_thread()
        connection = self._connections.get(thread)
        if connection is None:
            with self._guard:
                if self._closed:
                    raise StoreError("This collection has been closed; open it again.")
                for ended in [other for other in self._connections if not other.is_alive()]:
                    self._connections.pop(ended).close()
                connection = self._connections[thread] = _connect(self.path)
        return connection

    def _prepare(self) -> None:
        """Create the tables of a new file, or check those of an old one."""
        with self._translated():
            connection = self._connection()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (owner,) = connection.execute("PRAGMA application_id").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if version > schema.VERSION:
                raise StoreError(f"{self.path} was made by a newer version of the assistant; update this one.")
            if tables == 0 and owner == 0:
                connection.execute("PRAGMA journal_mode = WAL")
                self._changed(connection, schema.create)
            elif owner != schema.APPLICATION_ID or version < 1:
                raise damaged(self.path, "is not a catalog of the assistant")
            elif version < schema.VERSION:
                self._changed(connection, schema.migrate)
            for table in schema.TABLES:
                connection.execute(f"SELECT 1 FROM {table} LIMIT 0")

    def _changed(self, connection: "_Connection", change: Callable[[sqlite3.Connection], None]) -> None:
        """Make or change the tables in one transaction; what another process has just done is left as it is."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            change(connection)
            connection.execute("COMMIT")
        except BaseException:
            _end(connection, "ROLLBACK")
            raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn SQLite's errors into the ones that a person can act on."""
        try:
            yield
        except sqlite3.Error as error:
            raise translate(error, self.path) from error
        except UnicodeEncodeError as error:
            raise ValueError("text with a lone surrogate cannot be stored") from error


class _Connection(sqlite3.Connection):
    """A connection that another thread may close: closed amid a statement, Python's module takes the process down."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Open it."""
        super().__init__(*arguments, **named)
        self._busy = threading.Lock()

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run one statement and return its rows."""
        with self._busy:
            cursor = self.execute(sql, parameters)
            try:
                return cursor.fetchall()
            finally:
                cursor.close()  # an unfinished statement would keep the file open after the connection's end

    def end(self) -> None:
        """Close it, after breaking off the statement that it is in."""
        if not self._busy.acquire(blocking=False):
            self.interrupt()  # where there is no statement it would break off what closing writes
            self._busy.acquire()
        try:
            self.close()
        finally:
            self._busy.release()


def _connect(path: Path) -> _Connection:
    """Return a new connection with the settings that every one has."""
    timeout = BUSY_MS / 1000
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=timeout, factory=_Connection
    )
    try:
        # FULL: a commit is on the disk before it is acknowledged, so it survives a power cut as well as a kill.
        for setting in ("foreign_keys = ON", "secure_delete = ON", "synchronous = FULL", "cache_size = -2000"):
            connection.execute(f"PRAGMA {setting}")
    except BaseException:
        connection.close()
        raise
    return connection


def _end(connection: _Connection, how: str) -> None:
    """End a transaction that SQLite may have ended by itself (on a full disk it does), or that a close has ended."""
    try:
        if connection.in_transaction:
            connection.run(how)
    except sqlite3.Error:
        return
