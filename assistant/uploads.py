"""Files that a person sends: indexed from a place of their own, where only those stay whose pages can be shown."""

import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from assistant.collection import Collection
from index.models import IngestReport, Progress
from index.originals import UPLOADS, is_kept

_one_at_a_time = threading.Lock()


def add_uploads(
    collection: Collection, files: Sequence[Path], on_progress: Callable[[Progress], None] | None = None
) -> IngestReport:
    """Index uploaded files, each under its name as its source, and return what became of them.

    The same name again is a new version; the same content again changes nothing. The files are moved away from where
    they are; those that are not kept are deleted.

    Raises:
        StoreBusy, EmbeddingMismatch, ModelUnavailable: as `Collection.add`.
    """
    staged: list[Path] = []
    kept: set[str] = set()

    def seen(step: Progress) -> None:
        if step.outcome not in (None, "failed") and is_kept(Path(step.path)):
            kept.add(step.path)
        if on_progress is not None:
            on_progress(step)

    with _one_at_a_time:
        try:
            for file in files:
                staged.append(_stage(file, Path(collection.home) / UPLOADS, staged))
            return collection.add(staged, on_progress=seen)
        finally:
            for path in staged:
                if str(path) not in kept:
                    discard(path)


def discard(file: Path) -> None:
    """Delete an uploaded copy, and its folder when it is empty; the store has the text."""
    with suppress(OSError):
        file.unlink(missing_ok=True)
        file.parent.rmdir()


def _stage(file: Path, folder: Path, taken: Sequence[Path]) -> Path:
    """Move an upload to the place that is its source from now on, the same one for each version of the file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / file.name
    copies = 1
    while target in taken:
        copies += 1
        target = folder / f"{file.stem} ({copies}){file.suffix}"
    shutil.move(file, target)
    return target
