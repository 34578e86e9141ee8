"""SQLite files apart from what is in them: whether one is whole, its rewriting, and errors as sentences."""

import sqlite3
from pathlib import Path

from index.errors import StoreBusy, StoreDamaged, StoreError, StoreFull

REMEDY = "; run `assistant doctor` to repair it."
"""How the message of a damaged catalog ends."""
BUSY_MS = 5000
_UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)
# A write that fails for another reason than ENOSPC (a quota, a limit on file size) comes as one of these.
_UNSTORED = (sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_TRUNCATE)


def shrink_file(path: Path) -> None:
    """Rewrite an SQLite file without its free pages; nothing else may be using it."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
    try:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("VACUUM")
    except sqlite3.Error as error:
        raise translate(error, path) from error
    finally:
        connection.close()


def is_sound(path: Path) -> bool:
    """Return whether an SQLite file can be read and its pages fit together."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_MS / 1000)
    except sqlite3.Error:
        return False
    try:
        return [row[0] for row in connection.execute("PRAGMA quick_check(1)")] == ["ok"]
    except sqlite3.Error:
        return False
    finally:
        connection.close()


def identity_of(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one at the same path."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def require_length(path: Path) -> None:
    """Raise when the file is shorter than its header says; a log beside it may still hold the rest."""
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size > 0:
        return
    with path.open("rb") as file:
        header = file.read(100)
    page = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    if path.stat().st_size < (65536 if page == 1 else page) * pages:
        raise damaged(path, "is cut short")


def damaged(path: Path, what: str) -> StoreDamaged:
    """Return the error that says what is wrong with the catalog and what repairs it."""
    return StoreDamaged(f"The catalog {path} {what}{REMEDY}")


def translate(error: sqlite3.Error, path: Path) -> StoreError:
    """Return the error of the tree that fits one of SQLite's."""
    extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE)
    if isinstance(error, sqlite3.OperationalError) and "decode" in str(error):  # bytes where text belongs
        extended = sqlite3.SQLITE_CORRUPT
    code = extended & 0xFF
    if code == sqlite3.SQLITE_FULL or extended in _UNSTORED:
        return StoreFull(f"There is no room to write to {path.parent}; make room and try again (nothing is lost).")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy("Another process is writing to this collection; try again when it has finished.")
    if code in _UNWRITABLE:
        return StoreError(f"Cannot use {path}: {error}; check its permissions.")
    if code == sqlite3.SQLITE_INTERRUPT or (isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error)):
        return StoreError("This collection has been closed; open it again.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_IOERR):
        return damaged(path, f"cannot be read ({error})")
    return StoreError(f"The catalog {path} refused: {error}.")
