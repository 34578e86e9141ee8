"""What is to be indexed: texts that an app holds, and the files that paths name."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index.models import UNSTORABLE, FileReport, SourcePath
from index.names import shown


@dataclass(frozen=True, slots=True)
class TextSource:
    """A text that an app holds."""

    text: str
    title: str
    source: str
    """The app's own name for it: another text of the same source replaces it."""
    media_type: str = "text/plain"


def files_of_paths(paths: Iterable[SourcePath]) -> Iterator[Path | FileReport]:
    """Yield the files that paths name, each once, those of folders in the order of their names; failures as reports.

    Hidden files and folders inside a folder are left out, links to folders are not followed.
    """
    seen: set[str] = set()
    for path in paths:
        for found in _files_of(path):
            name = found.path if isinstance(found, FileReport) else str(found)
            if name not in seen:
                seen.add(name)
                yield found


def _files_of(path: SourcePath) -> Iterator[Path | FileReport]:
    """Yield the files that one path names, and a failure for what can be no file."""
    if path == "":
        yield FileReport("", "failed", reason="An empty path names no file; name a file or a folder.")
        return
    absolute = os.path.abspath(path)
    for found in _files_below(absolute) if os.path.isdir(absolute) else [Path(absolute)]:
        if isinstance(found, Path) and UNSTORABLE.search(str(found)):
            name = shown(str(found))
            yield FileReport(name, "failed", reason=f"The name of {name} is not valid text; rename it and try again.")
        else:
            yield found


def _files_below(folder: str) -> Iterator[Path | FileReport]:
    """Yield the files below a folder, and a failure for each folder that cannot be read."""
    failures: list[FileReport] = []

    def failed(error: OSError) -> None:
        name = shown(str(error.filename))
        reason = f"The folder {name} cannot be read ({error.strerror}); check its permissions."
        failures.append(FileReport(name, "failed", reason=reason))

    for parent, folders, files in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(files) if not name.startswith("."))
    yield from failures
