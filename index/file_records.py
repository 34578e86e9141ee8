"""What is known of the files that documents came from, so that one that has not changed is not read again."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.catalog import Catalog


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file as it was when it was last read."""

    source: str
    """Its absolute path."""
    size: int
    """In bytes."""
    changed_ns: int
    """When it was last written to, in nanoseconds of the file system's clock."""
    digest: str
    """SHA-256 of its bytes, hexadecimal; empty when they could not be read."""
    problem: str = ""
    """Why there is no document of it, in one sentence; empty when there is."""

    def is_as(self, other: "FileRow") -> bool:
        """Tell whether size and time are the same, so that the content is taken to be."""
        return (self.size, self.changed_ns) == (other.size, other.changed_ns)


_COLUMNS = "source, size, changed_ns, digest, problem"


def put(catalog: Catalog, row: FileRow) -> None:
    """Write what is known of a file, in place of what was."""
    values = (row.source, row.size, row.changed_ns, row.digest, row.problem)
    changed = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[1:])
    sql = f"INSERT INTO file ({_COLUMNS}) VALUES (?,?,?,?,?) ON CONFLICT (source) DO UPDATE SET {changed}"
    catalog.rows(sql, values)


def drop(catalog: Catalog, sources: Sequence[str]) -> None:
    """Forget files."""
    catalog.rows(f"DELETE FROM file WHERE source {catalog.dialect.names}", (catalog.dialect.listed(sources),))


def get(catalog: Catalog, source: str) -> FileRow | None:
    """Return what is known of a file, if anything."""
    return next(iter(_rows(catalog, "source = ?", source)), None)


def below(catalog: Catalog, folder: str) -> dict[str, FileRow]:
    """Return what is known of the files in a folder and in all folders in it, by their paths.

    Of a document whose file was never noted only the path is known.
    """
    start = folder.rstrip(os.sep) + os.sep
    between = (start, start[:-1] + chr(ord(os.sep) + 1))
    sql = "SELECT source FROM document WHERE source >= ? AND source < ? AND state = 'ready' AND passages > 0"
    stored = {str(row[0]) for row in catalog.rows(sql, between)}
    noted = {row.source: row for row in _rows(catalog, "source >= ? AND source < ?", *between)}
    kept = {source: row for source, row in noted.items() if row.problem or source in stored}
    return {**{source: FileRow(source, -1, -1, "") for source in stored}, **kept}


def problems(catalog: Catalog) -> list[FileRow]:
    """Return the files that could not be read when they were last met, ordered by path."""
    return list(_rows(catalog, "problem <> '' ORDER BY source"))


def everything(catalog: Catalog) -> list[FileRow]:
    """Return all that is known of files, ordered by path."""
    return list(_rows(catalog, "1 = 1 ORDER BY source"))


def _rows(catalog: Catalog, where: str, *values: str) -> Iterable[FileRow]:
    return (FileRow(*row) for row in catalog.rows(f"SELECT {_COLUMNS} FROM file WHERE {where}", values))
