"""What the store asks of a vector index: index/vectors.py in the home, or index/remote_vectors.py at a server.

It holds passage ids and vectors, nothing else, and is derived from the catalog. Each state of it is a generation of its
own, built whole under a number that is never used twice, and then pointed to from the catalog.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from index.schema import Matrix, Vector


class Proposer(Protocol):
    """A generation, open for queries from several threads."""

    def query(self, vector: Vector, n: int) -> list[int]:
        """Return the ids of about the `n` nearest passages; some may have been removed since it was built.

        Raises:
            StoreDamaged: when it fails.
        """


class VectorIndex(Protocol):
    """The generations of one collection."""

    failure: str
    """Why the generation that was last asked for is not used; empty when it is."""

    def current(self, number: int) -> Proposer | None:
        """Return a generation, opened at the first call, or None when there is none or it cannot be used."""

    def fail(self, generation: Any, reason: str) -> None:
        """Stop using a generation that failed in a query."""

    def close(self) -> None:
        """Release the open generation."""

    def usable(self, number: int) -> bool:
        """Return whether a generation is there and has not failed here; a look, not a check."""

    def check(self, number: int) -> str:
        """Return what is wrong with a generation, or nothing."""

    def others(self, keep: int) -> Sequence[Any]:
        """Return what there is beside the generation to keep."""

    def clean(self, keep: int) -> int:
        """Remove everything but one generation; returns how many were removed."""

    def build(
        self, number: int, base: int, ids: npt.NDArray[np.int64], read: Callable[[Sequence[int]], Matrix]
    ) -> None:
        """Build a generation of these passages, from a sound predecessor (`base`, or 0) where that is quicker.

        Raises:
            StoreDamaged: when it fails or does not find what was given to it.
            OSError: when the disk is full.
        """
