"""Paths to readings with what tells later whether the file has changed."""

from dataclasses import dataclass
from pathlib import Path

from index.errors import UnreadableSource
from index.file_records import FileRow
from index.files import load
from index.isolated import IsolatedReader
from index.limits import Limits
from index.models import Reading
from index.readers import read_file
from index.sync import digest, state_of


@dataclass(frozen=True, slots=True)
class FileReading:
    """A file's reading, and the file as it was then."""

    reading: Reading
    row: FileRow


class FileReader:
    """Reads files under limits, those of foreign formats in a process of its own."""

    def __init__(self, limits: Limits) -> None:
        """Start nothing yet."""
        self._limits = limits
        self._apart = IsolatedReader()

    def read(self, path: Path) -> FileReading:
        """Return what a file holds.

        Raises:
            UnreadableSource: when it cannot be read or parsed.
        """
        before = state_of(path)
        digests: list[str] = []

        def seen(data: bytes) -> None:
            digests.append(digest(data))

        reading = read_file(path, limits=self._limits, parse_apart=self._apart.parse, seen=seen)
        size, changed_ns = (before.size, before.changed_ns) if before else (-1, -1)
        return FileReading(reading, FileRow(str(path), size, changed_ns, digests[-1]))

    def digest_of(self, path: Path) -> str:
        """Return the SHA-256 of a file's bytes.

        Raises:
            UnreadableSource: when it cannot be read.
        """
        return digest(load(path, max_bytes=self._limits.file_bytes))

    def failed(self, path: Path, error: UnreadableSource) -> FileRow | None:
        """Return what is kept of a file that could not be read, or None where there is no file."""
        now = state_of(path)
        return FileRow(str(path), now.size, now.changed_ns, "", str(error)) if now else None

    def close(self) -> None:
        """End the other process."""
        self._apart.close()
