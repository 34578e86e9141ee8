"""What makes a collection equal to a folder: which files to add, to read again, to rename and to forget.

A file of the same size and time is not opened; of the others the content's hash decides.
"""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import UnreadableSource
from index.file_records import FileRow
from index.models import FileReport
from index.names import shown
from index.sources import files_of_paths


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, each file in one of these."""

    to_read: tuple[Path, ...]
    """New ones, and such whose content is another one than when they were read."""
    renamed: tuple[tuple[str, Path], ...]
    """(Old path, new path) of those that have the content of one that is gone."""
    unchanged: tuple[FileRow, ...]
    """As they are now; the time may be another one."""
    failed: tuple[FileReport, ...]
    """What can be no file, or could not be read and has not changed since."""
    gone: tuple[str, ...]
    """The paths of files that are not there any more."""


def plan(folder: Path, known: Mapping[str, FileRow], digest_of: Callable[[Path], str]) -> Plan:
    """Return what makes a collection equal to a folder.

    Args:
        folder: the folder, which exists.
        known: what is known of files in it, by their paths.
        digest_of: gives the SHA-256 of a file's bytes; raises UnreadableSource when they cannot be read.
    """
    met: set[str] = set()
    to_read: list[Path] = []
    unchanged: list[FileRow] = []
    failed: list[FileReport] = []
    new: list[Path] = []
    for found in files_of_paths([folder]):
        if isinstance(found, FileReport):
            failed.append(found)
            continue
        source = str(found)
        met.add(source)
        before, now = known.get(source), state_of(found)
        if before is None or now is None:
            new.append(found)
        elif before.is_as(now):
            (failed.append(_as_failed(before)) if before.problem else unchanged.append(before))
        elif not before.problem and before.digest and _digest(digest_of, found) == before.digest:
            unchanged.append(FileRow(source, now.size, now.changed_ns, before.digest))
        else:
            to_read.append(found)
    gone = {source: row for source, row in known.items() if source not in met}
    renamed = _renamed(new, gone, digest_of)
    kept = {path for _, path in renamed}
    to_read = sorted([*to_read, *(path for path in new if path not in kept)])
    left = sorted(set(gone) - {old for old, _ in renamed})
    return Plan(tuple(to_read), tuple(renamed), tuple(unchanged), tuple(failed), tuple(left))


def state_of(path: Path) -> FileRow | None:
    """Return a file's size and time, or None where it has none that can be told."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    return FileRow(str(path), status.st_size, status.st_mtime_ns, "")


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _renamed(
    new: Sequence[Path], gone: Mapping[str, FileRow], digest_of: Callable[[Path], str]
) -> list[tuple[str, Path]]:
    """Return (old path, new path) of new files that have the content of one that is gone; sizes are compared first."""
    left: dict[str, list[str]] = {}
    for source in sorted(gone):
        if gone[source].digest and not gone[source].problem:
            left.setdefault(gone[source].digest, []).append(source)
    sizes = {row.size for row in gone.values()}
    found = []
    for path in sorted(new):
        now = state_of(path)
        old = left.get(_digest(digest_of, path)) if now and now.size in sizes else None
        if old:
            found.append((old.pop(0), path))
    return found


def _digest(digest_of: Callable[[Path], str], path: Path) -> str:
    try:
        return digest_of(path)
    except UnreadableSource:  # said when it is read
        return ""


def _as_failed(row: FileRow) -> FileReport:
    return FileReport(row.source, "failed", reason=row.problem)


def would_do(found: Plan, known: Mapping[str, FileRow]) -> list[FileReport]:
    """Return what comes of a plan as reports, without reading a file."""
    stored = {source for source, row in known.items() if not row.problem}
    listed = [FileReport(str(path), "updated" if str(path) in stored else "added") for path in found.to_read]
    listed += [FileReport(str(path), "renamed", reason=f"It was {shown(old)}.") for old, path in found.renamed]
    listed += [FileReport(source, "removed") for source in found.gone]
    listed += [FileReport(row.source, "unchanged") for row in found.unchanged]
    return [*listed, *found.failed]
