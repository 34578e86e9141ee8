"""What the store asks of a collection's derived indexes: index/generations.py in the home, or index/remote_vectors.py.

Each state of them is a generation of its own, built whole under a number that is never used twice, and then pointed to
from the catalog, from which it can be built again.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from index.postings import Postings
from index.records import Ids
from index.rows import Pointer
from index.schema import Matrix, Vector


class VectorIndex(Protocol):
    """A generation's passage ids and vectors, open for queries from several threads."""

    @property
    def pointer(self) -> Pointer:
        """Which generation it is and what it knows."""

    @property
    def is_own(self) -> bool:
        """Whether it knows nothing but what the catalog had; a server can answer anything."""

    def query(self, vector: Vector, n: int) -> list[tuple[int, float]]:
        """Return (passage id, cosine) of about the `n` nearest; some may have been removed since it was built.

        Raises:
            StoreDamaged: when it fails.
        """


class DerivedIndexes(Protocol):
    """The generations of one collection."""

    @property
    def failure(self) -> str:
        """Why the vector index that was last asked for is not used; empty when it is."""

    @property
    def is_open(self) -> bool:
        """Whether there is a vector index open, or opening one costs nothing."""

    def current(self, number: int) -> VectorIndex | None:
        """Return a generation's vector index, opened at the first call, or None when there is none that can be used."""

    def words(self, number: int) -> tuple[Pointer, Postings] | None:
        """Return a generation's word index and which generation it is, or None: the catalog's own is used then."""

    def fail(self, generation: Any, reason: str) -> None:
        """Stop using a generation that failed in a query."""

    def close(self) -> None:
        """Release what is open."""

    def usable(self, number: int) -> bool:
        """Return whether a generation is there and has not failed here; a look, not a check."""

    def check(self, number: int) -> str:
        """Return what is wrong with a generation, or nothing."""

    def others(self, keep: int) -> Sequence[Any]:
        """Return what there is beside the generation to keep and what readers may still use."""

    def clean(self, keep: int, *, all_others: bool = False) -> int:
        """Remove the others, or all others, whoever uses them; returns how many were removed."""

    def build(
        self,
        number: int,
        base: int,
        ids: Ids,
        read: Callable[[Sequence[int]], Matrix],
        words: Callable[[], Postings],
    ) -> None:
        """Build a generation, from a sound predecessor (`base`, or 0) where that is quicker.

        Raises:
            StoreDamaged: when it fails or does not find what was given to it.
            OSError: when the disk is full.
        """
