"""Connections to a PostgreSQL database, its errors as sentences, and its advisory lock for the one writer.

The only module that imports psycopg. A connection is lent to a thread for one statement, or for as long as it holds a
snapshot, a transaction or the right to write; so a process has as many as it does things at the same time.
"""

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from index.catalog import Row
from index.errors import InvalidSettings, StoreBusy, StoreError, StoreFull, in_short
from index.locks import WriterLock

Connection = psycopg.Connection[Row]
_OLDEST = 140_000  # PostgreSQL 14: functions whose body is parsed when they are made
_MOST_IDLE = 8
_CONNECT_SECONDS = 5
_SETTINGS = {"lock_timeout": "5s", "client_min_messages": "warning", "standard_conforming_strings": "on"}
CLOSED = "This collection has been closed; open it again."


class Database:
    """One schema of a database; safe to use from several threads."""

    def __init__(self, url: str, schema: str) -> None:
        """Use the schema of this name, which need not be there; nothing is opened before it is needed.

        Raises:
            InvalidSettings: when the address is none.
        """
        try:
            parts = conninfo_to_dict(url)
        except psycopg.Error:  # its message repeats the address, in which a password may stand
            raise InvalidSettings(
                "The setting catalog_url is no address that PostgreSQL understands; write postgresql://user@host/name."
            ) from None
        self.schema = schema
        self.where = f"{parts.get('host', 'localhost')}/{parts.get('dbname', '')}".rstrip("/")
        """The database as messages name it: without user and password."""
        self._url = url
        self._timeout = int(parts.get("connect_timeout") or _CONNECT_SECONDS)
        self._password = str(parts.get("password") or "")
        self._guard = threading.Lock()
        self._idle: list[Connection] = []
        self._held: dict[threading.Thread, Connection] = {}
        self._closed = False

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._guard:
            self._closed = True
            for connection in [*self._idle, *self._held.values()]:
                connection.close()
            self._idle.clear()
            self._held.clear()

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run one statement, with `?` for each value, and return its rows."""
        with self.translated(), self.held() as connection:
            cursor = connection.execute(_with_placeholders(statement), parameters, binary=True)
            return cursor.fetchall() if cursor.description else []

    def script(self, statements: str) -> None:
        """Run several statements that take no value."""
        with self.translated(), self.held() as connection:
            connection.execute(statements.encode())

    @contextmanager
    def held(self) -> Iterator[Connection]:
        """Keep one connection for the calling thread; in a nested block it is the same one."""
        thread = threading.current_thread()
        connection = self._held.get(thread)
        if connection is not None:
            yield connection
            return
        connection = self._held[thread] = self._take()
        try:
            yield connection
        finally:
            # A block that another thread ends, as a generator's can be, gives back what its first thread took.
            with self._guard:
                if self._held.get(thread) is connection:
                    del self._held[thread]
            self._give_back(connection)

    @contextmanager
    def begun(self, how: str) -> Iterator[bool]:
        """Be in a transaction for the block, which commits; gives False where the thread is in one already."""
        with self.held() as connection:
            if connection.info.transaction_status != TransactionStatus.IDLE:
                yield False
                return
            with self.translated():
                connection.execute(how.encode())
            try:
                yield True
                with self.translated():
                    connection.execute("COMMIT")
            except BaseException:
                with suppress(psycopg.Error):
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn the database's errors into the ones that a person can act on."""
        try:
            yield
        except psycopg.Error as error:
            raise self._translate(error) from error
        except UnicodeEncodeError as error:
            raise ValueError("text with a lone surrogate cannot be stored") from error

    def _take(self) -> Connection:
        """Return a connection that answers: one that was used before, or a new one."""
        while True:
            with self._guard:
                if self._closed:
                    raise StoreError(CLOSED)
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._connect()
            try:
                connection.execute("SELECT 1")
                return connection
            except psycopg.Error:  # the server was started anew meanwhile, or ended what was idle for long
                connection.close()

    def _give_back(self, connection: Connection) -> None:
        """Keep a connection for the next one who needs it, if it is whole and there are not enough."""
        with self._guard:
            whole = not connection.closed and connection.info.transaction_status == TransactionStatus.IDLE
            if whole and not self._closed and len(self._idle) < _MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def _connect(self) -> Connection:
        """Return a new connection with the settings that every one has."""
        try:
            connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=self._timeout,
                client_encoding="UTF8",
                application_name="document-assistant",
            )
        except psycopg.Error as error:
            raise StoreError(
                f"The catalog's database {self.where} cannot be reached ({self._said(error)}); check that it runs and "
                "what the setting catalog_url says."
            ) from None
        with self.translated():
            if connection.info.server_version < _OLDEST:
                connection.close()
                raise StoreError(f"The catalog's database {self.where} is older than PostgreSQL 14; update it.")
            path = sql.SQL("{}, pg_catalog").format(sql.Identifier(self.schema)).as_string(connection)
            for name, value in {"search_path": path, **_SETTINGS}.items():
                connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        return connection

    def _said(self, error: psycopg.Error) -> str:
        """Return what the database said in a few words, without the password."""
        words = in_short(error)
        return words.replace(self._password, "...") if self._password else words

    def _translate(self, error: psycopg.Error) -> Exception:
        """Return the error that fits one of the database's."""
        if isinstance(error, errors.DiskFull):
            return StoreFull(f"There is no room at the database {self.where}; make room and try again.")
        if isinstance(error, errors.LockNotAvailable | errors.DeadlockDetected | errors.SerializationFailure):
            return StoreBusy("Another process is using this collection; try again when it has finished.")
        if isinstance(error, errors.InsufficientPrivilege):
            return StoreError(
                f"The database {self.where} does not allow it ({self._said(error)}); grant its user that."
            )
        if isinstance(error, errors.UndefinedTable | errors.InvalidSchemaName):
            return StoreError(
                f"This collection is gone from the database {self.where}, or not whole; restore a backup."
            )
        if isinstance(error, psycopg.DataError) and error.sqlstate is None:
            return ValueError(f"text that PostgreSQL has no place for cannot be stored: {in_short(error)}")
        if self._closed:
            return StoreError(CLOSED)
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return StoreError(
                f"The connection to the database {self.where} was lost ({self._said(error)}); try again when it runs."
            )
        return StoreError(f"The database {self.where} refused: {self._said(error)}.")


class AdvisoryLock(WriterLock):
    """The lock of a database that lets one session write to a schema; it ends with the session.

    What its thread writes goes over the connection that holds it: one that is lost cannot write without the lock.
    """

    def __init__(self, database: Database) -> None:
        """Lock the schema of this database."""
        super().__init__()
        self._database = database
        self._key = key_of(database.schema)
        self._holding: Any = None

    def _take(self, patience: float) -> None:
        deadline = time.monotonic() + patience
        holding = self._database.held()
        holding.__enter__()
        try:
            while not self._database.rows("SELECT pg_try_advisory_lock(?::bigint)", (self._key,))[0][0]:
                if time.monotonic() > deadline:
                    raise StoreBusy(self._refusal)
                time.sleep(0.02)
        except BaseException:
            holding.__exit__(None, None, None)
            raise
        self._holding = holding

    def _release(self) -> None:
        holding, self._holding = self._holding, None
        try:
            self._database.rows("SELECT pg_advisory_unlock(?::bigint)", (self._key,))
        except StoreError:
            return  # the session is gone, and the lock with it
        finally:
            holding.__exit__(None, None, None)


def key_of(name: str) -> int:
    """Return a name's number among the advisory locks of a database."""
    return int.from_bytes(hashlib.sha256(f"document-assistant {name}".encode()).digest()[:8], "big", signed=True)


def quoted(name: str) -> str:
    """Return a name as it stands in a statement."""
    return '"' + name.replace('"', '""') + '"'


@lru_cache(maxsize=256)
def _with_placeholders(statement: str) -> bytes:
    """Return a statement as psycopg takes it."""
    return statement.replace("%", "%%").replace("?", "%s").encode()
