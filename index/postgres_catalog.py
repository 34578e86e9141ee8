"""The catalog of a collection as a schema of a PostgreSQL database.

The same tables and statements as in a file (index/records.py); the database does the rest: transactions, backups, and
who may read and write.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, Self

from index import schema
from index.catalog import REVISION, Dialect, Row
from index.errors import InvalidSettings, StoreBusy, StoreError
from index.postgres import AdvisoryLock, Connection, Database, key_of, quoted
from index.postgres_schema import DDL, FULL_TEXT, TABLES

_PREFIX = "assistant_"
_LONGEST = 63 - len(_PREFIX)  # of a name; PostgreSQL cuts longer ones off in silence
_DIALECT = Dialect(
    numbers="= ANY(?::bigint[])",
    names="= ANY(?::text[])",
    listed=list,
    contains="strpos(t.text, ?) > 0",
    last_page="(t.layout::json #>> '{1,-1,2}')::integer",
)


class PostgresCatalog:
    """One collection's schema, open; safe to use from several threads."""

    dialect = _DIALECT

    def __init__(self, database: Database) -> None:
        """Use the schema of a database; use `open`."""
        self.mark = ""
        self._database = database
        self._totals: tuple[int, int, int] = (-1, 0, 0)
        self._seen: dict[Connection, int] = {}

    @classmethod
    def open(cls, url: str, collection: str) -> Self:
        """Open the catalog of a collection, creating its schema when it is absent.

        Raises:
            InvalidSettings: when the address is none, or the name too long.
            StoreError: when the database cannot be reached or used, or a newer version made the schema.
        """
        catalog = cls(Database(url, _schema_of(collection)))
        try:
            catalog._prepare()
        except BaseException:
            catalog.close()
            raise
        return catalog

    def close(self) -> None:
        """Close the connections of all threads; nothing can be read or written afterwards."""
        self._database.close()

    def require_current(self) -> None:
        """Raise StoreError when the schema was deleted or made anew since it was opened."""
        if self.row("SELECT value FROM meta WHERE name = 'mark'") != (self.mark,):
            raise StoreError("This collection was deleted or replaced meanwhile; open it again.")

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run one statement and return its rows."""
        return self._database.rows(sql, parameters)

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Run one statement and return its first row, or None."""
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def revision(self) -> int:
        """Return a number that grows with every write that a search can see; in a snapshot it is asked for once."""
        with self._database.held() as connection:
            seen = self._seen.get(connection)
            return int(self.rows(REVISION)[0][0]) if seen is None else seen

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See one consistent state of the catalog for the block, whatever is written meanwhile; may be nested."""
        begun = self._database.begun("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        with self._database.held() as connection, begun as outermost:
            if outermost:
                self._seen[connection] = self.revision()  # the first read fixes the state
            try:
                yield
            finally:
                if outermost:
                    self._seen.pop(connection, None)

    @contextmanager
    def transaction(self, *, searched: bool = True) -> Iterator[None]:
        """Write everything in the block or nothing; `searched` is False for what no search or list can see."""
        with self._database.begun("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"):
            self.rows("LOCK TABLE meta IN SHARE ROW EXCLUSIVE MODE")  # one transaction writes at a time
            yield
            if searched:
                self.rows("UPDATE meta SET value = (value::bigint + 1)::text WHERE name = 'revision'")

    def writer_lock(self, folder: Path) -> AdvisoryLock:
        """Return the database's own lock of this schema, whichever folder it is used from."""
        return AdvisoryLock(self._database)

    def full_text(self, terms: Sequence[str], n: int, documents: Sequence[str] | None) -> list[tuple[int, float]]:
        """Return the passages that hold any of some analysed words as (id, BM25), larger is better, ties by id."""
        with self.snapshot():
            passages, words = self._counted()
            if not words:
                return []
            among = "" if documents is None else f"WHERE m.document {_DIALECT.of_documents}"
            listed = [] if documents is None else [list(documents)]
            queries = [_query(term) for term in terms]
            values = [list(terms), queries, passages, words / passages, *listed, n]
            return [(int(row[0]), float(row[1])) for row in self.rows(FULL_TEXT.format(among=among), values)]

    def document_frequency(self, term: str) -> int:
        """Return in how many passages an analysed word occurs."""
        return int(self.rows("SELECT count(*) FROM passage WHERE words @@ ?::tsquery", (_query(term),))[0][0])

    def shrink(self) -> None:
        """Rewrite the tables without what was removed; the database's own logs and backups keep it for their time.

        Raises:
            StoreBusy: when another process is reading, so that the tables cannot be rewritten yet.
        """
        try:
            self.rows(f"VACUUM (FULL, ANALYZE) {', '.join(TABLES)}")
        except StoreBusy as error:
            raise StoreBusy(
                "Another process is reading this collection; run `assistant compact` again after it."
            ) from error

    def faults(self) -> list[str]:
        """Return nothing: the database's files are its own affair, and its keys and constraints hold."""
        return []

    def full_text_is_exact(self) -> bool:
        """Return True: what is searched is generated from the passages' words by the database."""
        return True

    def rebuild_full_text(self) -> None:
        """Make the full-text index anew; inside `transaction()`."""
        self.rows("REINDEX INDEX passage_by_word")

    def _counted(self) -> tuple[int, int]:
        """Return how many passages and words there are, from memory when nothing was written since."""
        revision = self.revision()
        if self._totals[0] != revision:
            passages, words = self.rows("SELECT count(*), coalesce(sum(length), 0)::bigint FROM passage")[0]
            self._totals = (revision, int(passages), int(words))
        return self._totals[1:]

    def _prepare(self) -> None:
        """Create the schema and its tables, or check those that are there."""
        name, where = self._database.schema, self._database.where
        with self._database.begun("BEGIN"):
            self.rows("SELECT pg_advisory_xact_lock(?::bigint)", (key_of(f"open {name}"),))
            if self.row("SHOW server_encoding") != ("UTF8",):
                raise StoreError(f"The database {where} is not in UTF-8; create one with ENCODING 'UTF8'.")
            if not self.rows("SELECT 1 FROM pg_namespace WHERE nspname = ?", (name,)):
                self._database.script(f"CREATE SCHEMA {quoted(name)}; {DDL}")
                notes = {"revision": "0", "version": str(schema.VERSION), "mark": token_hex(6)}
                for note in notes.items():
                    self.rows("INSERT INTO meta (name, value) VALUES (?, ?)", note)
            there = (
                "SELECT count(*) FROM unnest(?::text[]) AS wanted WHERE to_regclass(quote_ident(wanted)) IS NOT NULL"
            )
            if self.row(there, (list(TABLES),)) != (len(TABLES),):
                raise StoreError(
                    f"The schema {name} of {where} is not a catalog of the assistant; rename or remove it."
                )
            kept = {str(row[0]): str(row[1]) for row in self.rows("SELECT name, value FROM meta")}
            if int(kept["version"]) > schema.VERSION:
                raise StoreError(
                    f"The schema {name} of {where} is of a newer version of the assistant; update this one."
                )
            self.mark = kept["mark"]


def collections_at(url: str) -> list[str]:
    """Return the names of the collections whose catalogs are in a database, in alphabetical order.

    Raises:
        StoreError: when it cannot be reached.
    """
    database = Database(url, _PREFIX)
    try:
        found = database.rows(
            "SELECT nspname::text FROM pg_namespace WHERE starts_with(nspname::text, ?) "
            "AND to_regclass(quote_ident(nspname) || '.passage_vector') IS NOT NULL",
            (_PREFIX,),
        )
    finally:
        database.close()
    return sorted(str(row[0]).removeprefix(_PREFIX) for row in found)


def delete_at(url: str, collection: str) -> None:
    """Delete the catalog of a collection, if there is one.

    Raises:
        StoreBusy: when something is using it.
        StoreError: when the database cannot be reached.
    """
    database = Database(url, _schema_of(collection))
    try:
        database.rows(f"DROP SCHEMA IF EXISTS {quoted(database.schema)} CASCADE")
    finally:
        database.close()


def _schema_of(collection: str) -> str:
    """Return the name of a collection's schema."""
    if len(collection) > _LONGEST:
        raise InvalidSettings(
            f"A collection's name has at most {_LONGEST} characters with catalog_url: {collection!a} has more."
        )
    return _PREFIX + collection


def _query(term: str) -> str:
    """Return one word as a tsquery, whatever characters it has."""
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
