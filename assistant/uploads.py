"""Files that a person sends: indexed from a place of their own, where only those stay whose pages can be shown."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from assistant.collection import Collection
from index.errors import UnreadableSource
from index.models import UNSTORABLE, Progress
from index.names import shown
from index.originals import is_kept

_DEEPEST = 32
_LONGEST_PART, _LONGEST = 255, 1_000  # bytes, of which file systems take so many in a name
_DRIVE = re.compile(r"^(?:[A-Za-z]:)+")


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that was sent, before it is indexed."""

    name: str
    """With its folders, as `name_of` gives it; its place below the collection's uploads."""
    path: Path
    """Where it lies until then."""
    size: int
    """In bytes."""
    problem: str = ""
    """Why it cannot be indexed, a sentence, or nothing."""


def name_of(written: str) -> str:
    """Return the name of a file that was sent as a path that cannot lead out of a folder, parted by "/".

    Raises:
        UnreadableSource: when there is no such name, or none that can be kept.
    """
    kept: list[str] = []
    for part in written.replace("\\", "/").split("/"):
        own = part if kept else _DRIVE.sub("", part)  # a drive begins a path, whatever dots stand before it
        if own not in {"", ".", ".."}:
            kept.append(own)
    if not kept or UNSTORABLE.search(written):
        raise UnreadableSource("This file has no name that can be kept; rename it and send it again.")
    lengths = [len(part.encode()) for part in kept]
    if len(kept) > _DEEPEST or max(lengths) > _LONGEST_PART or sum(lengths) > _LONGEST:
        raise UnreadableSource("The name of this file with its folders is too long; shorten it and send it again.")
    return "/".join(kept)


def told_apart(names: Iterable[str]) -> Iterator[str]:
    """Give the names as they are, those that occur again with a number."""
    taken: set[str] = set()
    for name in names:
        given, copies, path = name, 1, PurePosixPath(name)
        while given in taken:
            copies += 1
            given = str(path.with_name(f"{path.stem} ({copies}){path.suffix}"))
        taken.add(given)
        yield given


def add_uploads(collection: Collection, files: Sequence[Sent], on_progress: Callable[[Progress], None]) -> None:
    """Index uploaded files, each under its name; the names of no two are the same.

    The same name again is a new version; the same content again changes nothing. The files are moved away from where
    they are; those that are not kept are deleted. What is told of one has its name as `path`.

    Raises:
        StoreBusy, EmbeddingMismatch, ModelUnavailable: as `Collection.add`.
    """
    originals = collection.originals
    staged: dict[str, str] = {}
    kept: set[str] = set()

    def seen(step: Progress) -> None:
        if step.outcome not in (None, "failed") and is_kept(Path(step.path)):
            kept.add(step.path)
        elif step.outcome is not None:
            originals.discard(step.path)
        on_progress(replace(step, path=staged[step.path]))

    with collection.writing():
        try:
            for file in files:
                try:
                    if file.problem:
                        raise UnreadableSource(file.problem)
                    staged[str(originals.take(file.path, file.name))] = file.name
                except UnreadableSource as error:
                    on_progress(Progress(0, len(files), file.name, "failed", str(error)))
            collection.add(list(staged), on_progress=seen)
        finally:
            for path in set(staged) - kept:
                originals.discard(path)


def unusable(written: str, number: int) -> str:
    """Return what a file is called whose name cannot be kept."""
    return shown(written)[:_LONGEST_PART].replace("/", " ").strip() or f"file {number + 1}"
