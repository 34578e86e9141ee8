"""Words to the passages that hold them, for full-text search whose cost hardly grows with the collection.

An inverted index (Manning, Raghavan, Schütze 2008, "Introduction to Information Retrieval", chapter 2) as flat arrays:
of each word the places of its passages and how often each has it. It is derived from the catalog, whose own full-text
index counts every match of a word anew for each question, which takes 100 ms at 1,000,000 passages.
"""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from weakref import finalize

import numpy as np
import numpy.typing as npt

from index.errors import StoreDamaged
from index.records import Ids

Numbers = npt.NDArray[np.int32]

_TERMS, _SHORT, _LONG = "terms.txt", ("ids", "lengths", "starts", "ends"), ("places", "counts")


class Sliceable(Protocol):
    """Numbers of which parts are looked at."""

    def __getitem__(self, part: slice, /) -> Any:
        """Return a part as an array."""


@dataclass(frozen=True, slots=True)
class Postings:
    """The words of some passages; a passage's place is its number in `ids`."""

    ids: Ids
    """The passages, ascending."""
    lengths: Numbers
    """How many words each has."""
    terms: bytes
    """The different words in the order of their bytes, one after the other, each with a line end."""
    starts: npt.NDArray[np.int64]
    """Where in `terms` each word begins."""
    ends: npt.NDArray[np.int64]
    """Where in `places` each word's passages end; they begin where those of the word before it end."""
    places: "Sliceable"
    """The places of the passages that hold a word, ascending."""
    counts: "Sliceable"
    """How often each holds it."""

    def of(self, term: str) -> tuple[Numbers, Numbers]:
        """Return the places of the passages that hold a word, and how often each does."""
        wanted = term.encode()
        number = bisect_left(range(len(self.starts)), wanted, key=self._term)
        if number == len(self.starts) or self._term(number) != wanted:
            return self.places[:0], self.counts[:0]
        start = int(self.ends[number - 1]) if number else 0
        end = int(self.ends[number])
        return self.places[start:end], self.counts[start:end]

    def _term(self, number: int) -> bytes:
        start = int(self.starts[number])
        return self.terms[start : self.terms.index(b"\n", start)]

    def save(self, folder: Path) -> None:
        """Write them into a new folder."""
        folder.mkdir()
        (folder / _TERMS).write_bytes(self.terms)
        for name in (*_SHORT, *_LONG):
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)


def load(folder: Path) -> Postings:
    """Return what was saved; the long arrays stay on the disk until they are looked at.

    Raises:
        StoreDamaged: when a file is not there or cannot be read.
    """
    try:
        arrays = {name: _mapped(folder / f"{name}.npy").view(np.ndarray) for name in _SHORT}
        places, counts = (_OnDisk(folder / f"{name}.npy") for name in _LONG)
        return Postings(terms=(folder / _TERMS).read_bytes(), places=places, counts=counts, **arrays)
    except (OSError, ValueError, EOFError) as error:
        raise StoreDamaged(f"The word index {folder} cannot be read ({error}).") from error


def _mapped(path: Path) -> np.memmap:
    whole: np.memmap = np.load(path, mmap_mode="r", allow_pickle=False)
    return whole


class _OnDisk:
    """An array in a file, whose parts are read when they are looked at; mapped, it would come to stay in memory."""

    def __init__(self, path: Path) -> None:
        whole = _mapped(path)
        self._type, self._size, self._first = whole.dtype, len(whole), int(whole.offset)
        self._file = path.open("rb", buffering=0)
        self._lock = threading.Lock()
        finalize(self, self._file.close)

    def __getitem__(self, part: slice, /) -> npt.NDArray[Any]:
        start, end, _ = part.indices(self._size)
        with self._lock:
            self._file.seek(self._first + start * self._type.itemsize)
            read = self._file.read(max(0, end - start) * self._type.itemsize)
        return np.frombuffer(read, self._type)


def build(passages: Iterable[tuple[int, str]]) -> Postings:
    """Return the postings of passages, given as (id, analysed words parted by white space), ids ascending."""
    numbers: dict[str, int] = {}
    ids: list[int] = []
    lengths: list[int] = []
    found, counts = _Growing(), _Growing()
    widths: list[int] = []
    for passage, text in passages:
        words = text.split()
        counted = Counter(words)
        ids.append(passage)
        lengths.append(len(words))
        widths.append(len(counted))
        found.extend([numbers.setdefault(word, len(numbers)) for word in counted])
        counts.extend(list(counted.values()))
    # In the order of their bytes, which is what a search by bytes needs.
    ordered = sorted((word.encode(), number) for word, number in numbers.items())
    ranks = np.empty(len(numbers), dtype=np.int32)
    ranks[[number for _, number in ordered]] = np.arange(len(numbers), dtype=np.int32)
    terms = ranks[found.array()]
    order = np.argsort(terms, kind="stable")
    places = np.repeat(np.arange(len(ids), dtype=np.int32), widths)[order]
    ends = np.cumsum(np.bincount(terms, minlength=len(numbers)))
    starts = np.cumsum([0, *(len(word) + 1 for word, _ in ordered)])[:-1]
    return Postings(
        np.array(ids, dtype=np.int64),
        np.array(lengths, dtype=np.int32),
        b"".join(word + b"\n" for word, _ in ordered),
        starts.astype(np.int64),
        ends.astype(np.int64),
        places,
        _narrow(counts.array()[order]),
    )


def _narrow(numbers: Numbers) -> npt.NDArray[np.integer]:
    """Return numbers in as few bytes as hold them."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


class _Growing:
    """Numbers that become more, in little memory."""

    _CHUNK = 1_000_000

    def __init__(self) -> None:
        self._chunks: list[Numbers] = []
        self._last: list[int] = []

    def extend(self, numbers: list[int]) -> None:
        self._last += numbers
        if len(self._last) >= self._CHUNK:
            self._chunks.append(np.array(self._last, dtype=np.int32))
            self._last = []

    def array(self) -> Numbers:
        return np.concatenate([*self._chunks, np.array(self._last, dtype=np.int32)])
