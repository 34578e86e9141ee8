"""The derived indexes of a collection, by generations: each built once, sealed, and never written to again.

A generation holds the passages up to some id: Chroma's index of their vectors (index/vectors.py) and the word index
(index/postings.py), in a folder of its own. It is derived from the catalog. It is built under the mark DIRTY, checked,
and sealed by a manifest of its files; what has no manifest, still has the mark or differs from its manifest is never
opened.

`chroma.sqlite3` stands outside the manifest's hashes, because Chroma writes a row into it at every opening; it holds no
vectors once it is sealed, and SQLite's own check covers it.
"""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from index import postings, vectors
from index.errors import StoreDamaged
from index.hnsw import blank_unused
from index.manifest import DIRTY, MANIFEST, is_sealed, read_manifest, seal, sync, verify
from index.postings import Postings
from index.records import Ids
from index.rows import Pointer
from index.vectors import Generation, Read

_WORDS = "words"
_QUICK = 20_000  # passages of a generation that is opened while a question waits; larger ones take seconds

_T = TypeVar("_T")


class Generations:
    """The generations of one collection: `current` opens one, `build` makes the next, `clean` removes the others."""

    def __init__(self, folder: Path, *, shrink: Callable[[Path], None], sound: Callable[[Path], bool]) -> None:
        """Use a folder; `shrink` and `sound` rewrite and check an SQLite file (the catalog's module has them)."""
        self.folder = folder
        self._shrink = shrink
        self._sound = sound
        self._vectors = _Held(self._open_vectors, lambda opened: opened.pointer.count, lambda opened: opened.close())
        self._words = _Held(self._open_words, lambda opened: opened[0].count, lambda _: None)

    @property
    def failure(self) -> str:
        """Why the vector index that was last asked for is not used; empty when it is."""
        return self._vectors.failure

    @property
    def is_open(self) -> bool:
        """Whether there is a vector index open."""
        return self._vectors.is_open

    def current(self, number: int) -> Generation | None:
        """Return a generation's vector index, opened at the first call, or None when there is none that can be used.

        While a large one is being opened its predecessor is given.
        """
        return self._vectors.get(number)

    def words(self, number: int) -> tuple[Pointer, Postings] | None:
        """Return a generation's word index and which generation it is, as `current` does, without starting Chroma."""
        return self._words.get(number)

    def fail(self, generation: Generation, reason: str) -> None:
        """Stop using a generation that failed in a query."""
        self._vectors.fail(generation, reason)

    def close(self) -> None:
        """Release what is open."""
        self._vectors.close()
        self._words.close()

    def usable(self, number: int) -> bool:
        """Return whether a generation is sealed and has not failed here; a look, not a check."""
        return not self._vectors.has_failed(number) and is_sealed(self.path(number))

    def check(self, number: int) -> str:
        """Return what is wrong with a generation, or nothing; every file is read, Chroma is not started."""
        try:
            verify(self.path(number), self._sound)
        except StoreDamaged as damage:
            return str(damage)
        return ""

    def path(self, number: int) -> Path:
        """Return where a generation stands."""
        return self.folder / str(number)

    def others(self, keep: int) -> list[Path]:
        """Return what stands in the folder beside the generation to keep, and beside its predecessor if that is in use.

        While a large one is being opened, readers go on with the one before it.
        """
        kept = {str(keep), str(keep - 1)} if self._is_large(keep) else {str(keep)}
        return sorted(path for path in self.folder.iterdir() if path.name not in kept)

    def clean(self, keep: int, *, all_others: bool = False) -> int:
        """Remove the others, or all others, the predecessor too; returns how many were removed."""
        found = [path for path in self.folder.iterdir() if path.name != str(keep)] if all_others else self.others(keep)
        for path in found:
            shutil.rmtree(path, ignore_errors=True)
        return len(found)

    def _is_large(self, number: int) -> bool:
        try:
            return int(read_manifest(self.path(number))["count"]) > _QUICK
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def build(self, number: int, base: int, ids: Ids, read: Read, words: Callable[[], Postings]) -> None:
        """Build and seal a generation, its vector index from a sound predecessor's or from nothing.

        Args:
            number: the new generation's.
            base: its predecessor's, or 0.
            ids: the passages, ascending.
            read: gives the vectors of some of them.
            words: gives the words of all of them.

        Raises:
            StoreDamaged: when Chroma fails or does not find what was given to it.
            OSError: when the disk is full.
        """
        folder = self.path(number)
        self._begin(folder)
        copied = bool(base) and self._copy(base, folder)
        if not vectors.build(folder, ids, read, copied=copied):
            return self.build(number, 0, ids, read, words)
        self._shrink(folder / "chroma.sqlite3")
        if not copied:  # a copy has dead elements too, and is no place from which everything is gone
            blank_unused(folder, len(ids))
        words().save(folder / _WORDS)
        return seal(folder, count=len(ids), dimension=read(ids[:1].tolist()).shape[1], watermark=int(ids[-1]))

    def _open_vectors(self, number: int) -> Generation:
        return Generation(self.path(number), self._sound)

    def _open_words(self, number: int) -> tuple[Pointer, Postings]:
        pointer = verify(self.path(number), None, below=_WORDS)
        return pointer, postings.load(self.path(number) / _WORDS)

    def _begin(self, folder: Path) -> None:
        """Make an empty folder with the dirty mark in it."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / DIRTY).touch()
        sync(folder)

    def _copy(self, base: int, folder: Path) -> bool:
        """Copy a sealed generation's vector index when it is sound; returns whether that was done."""
        if self.check(base):
            return False
        for path in self.path(base).iterdir():
            if path.is_dir() and path.name != _WORDS:
                shutil.copytree(path, folder / path.name)
            elif path.is_file() and path.name != MANIFEST:
                shutil.copy2(path, folder / path.name)
        return True


class _Held(Generic[_T]):
    """One opened thing of the generation that is asked for, or of the one before it while that is being opened."""

    def __init__(self, open_: Callable[[int], _T], count: Callable[[_T], int], close: Callable[[_T], None]) -> None:
        self._opener, self._count, self._closer = open_, count, close
        self._lock = threading.Lock()
        self._number = 0
        self._open: _T | None = None
        self._opening: threading.Thread | None = None
        self._closed = False
        self.failure = ""

    @property
    def is_open(self) -> bool:
        return self._open is not None

    def get(self, number: int) -> _T | None:
        with self._lock:
            if number == self._number:
                return self._open
            if self._open is None or not number or self._count(self._open) <= _QUICK:
                self._take(number, *self._opened(number))
            elif self._opening is None:
                self._opening = threading.Thread(target=self._open_beside, args=(number,), daemon=True)
                self._opening.start()
            return self._open

    def has_failed(self, number: int) -> bool:
        return number == self._number and bool(self.failure)

    def fail(self, opened: _T, reason: str) -> None:
        with self._lock:
            if self._open is opened:
                self.failure, self._open = reason, None

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._take(0, None, "")

    def _opened(self, number: int) -> tuple[_T | None, str]:
        try:
            return (self._opener(number) if number else None), ""
        except StoreDamaged as damage:
            return None, str(damage)

    def _open_beside(self, number: int) -> None:
        """Open a generation while questions go on with the one before it."""
        opened, failure = self._opened(number)
        with self._lock:
            self._opening = None
            if not self._closed:
                self._take(number, opened, failure)
            elif opened is not None:
                self._closer(opened)

    def _take(self, number: int, opened: _T | None, failure: str) -> None:
        before, self._number, self._open, self.failure = self._open, number, opened, failure
        if before is not None:
            self._closer(before)
