"""Dense search over a collection: the vector index for what it knows, an exact scan for what is newer.

Both only propose passages, with cosines that are right up to `ROUNDING`: those of the vector index are Chroma's. The
score of an answer comes from the catalog's vectors (`cosines`), computed the same way whoever proposed a passage, so an
answer does not depend on which road found it.
"""

import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from index import records
from index.catalog import Catalog
from index.derived import DerivedIndexes, VectorIndex
from index.errors import StoreDamaged
from index.records import Ids
from index.schema import Matrix, Vector
from index.view import Views

_SCANNED_FIRST = 20_000  # passages, compared in some 50 ms, where Chroma needs more to start
_WIDER = 1_500  # of so many passages one is looked for: .96 of the nearest 10 in 1,000,000 become .996
_SLACK = 8  # rows beyond n, so that the rounding of a scan in single precision cannot decide which are the first n
ROUNDING = 1e-5
"""How far a proposed passage's cosine may be from the exact one: 10 times what single precision leaves of one."""


class DenseSearch:
    """Finds the passages nearest to a vector; safe to use from several threads."""

    def __init__(self, catalog: Catalog, generations: DerivedIndexes, views: Views) -> None:
        """Search what the catalog holds, with the help of its generations."""
        self._catalog = catalog
        self._generations = generations
        self._views = views
        self._lock = threading.Lock()
        self._asked = False
        self._scans: dict[int, tuple[int, Ids, Matrix]] = {}

    def find(self, vector: Vector, n: int, documents: Sequence[str] | None) -> list[tuple[int, float]]:
        """Return (passage id, cosine up to `ROUNDING`) best first, ties by id; to be called inside a snapshot."""
        query = unit(vector)
        if n < 1:
            return []
        if documents is not None:
            return nearest(*records.vectors_of_documents(self._catalog, documents), query, n)
        total = self._views.content().passages
        generation = self._generation(total)
        found = None if generation is None else self._found(generation, query, n, min(n, total))
        return found or nearest(*self._all(), query, n)

    def _found(self, generation: VectorIndex, query: Vector, n: int, wanted: int) -> list[tuple[int, float]] | None:
        """Return what a generation and a scan of what is newer find, or None when that is not as much as wanted."""
        view = self._views.beside(generation.pointer)
        ids, matrix = self._scanned(view.revision, generation.pointer.watermark, view.newer)
        newer = nearest(ids, matrix, query, n)
        dead = min(view.dead, n)
        while True:
            proposed = self._proposed(generation, query, n + dead, generation.pointer.count // _WIDER)
            if proposed is None:
                return None
            if dead or not generation.is_own:
                alive = records.existing(self._catalog, [number for number, _ in proposed])
                proposed = [each for each in proposed if each[0] in alive]
            found = sorted([*proposed, *newer], key=lambda each: (-each[1], each[0]))[:n]
            if len(found) == wanted or dead == view.dead:
                return found if len(found) == wanted else None
            dead = min(view.dead, 4 * dead)

    def _generation(self, total: int) -> VectorIndex | None:
        """Return the generation to ask, or None when there is none that can be used.

        Starting Chroma takes longer than comparing some thousand vectors, so the first question of a process does that:
        a process that asks once never starts it.
        """
        first, self._asked = not self._asked, True
        if first and total <= _SCANNED_FIRST and not self._generations.is_open:
            return None
        return self._generations.current(self._views.pointer().built)

    def _proposed(self, generation: VectorIndex, query: Vector, n: int, wide: int) -> list[tuple[int, float]] | None:
        """Return the first `n` of the passages that the vector index finds, or None when it cannot be used.

        Args:
            generation: what is asked.
            query: the vector.
            n: how many are wanted.
            wide: how many it has to look for: in a large graph a wider search misses less.
        """
        try:
            return generation.query(query, max(n, wide))[:n]
        except StoreDamaged as damage:
            self._generations.fail(generation, str(damage))
            return None

    def _all(self) -> tuple[Ids, Matrix]:
        """Return all vectors."""
        revision = self._views.revision()
        held = self._scans.get(0)
        if held and held[0] == revision:
            return held[1], held[2]
        return self._scanned(revision, 0, records.passage_ids(self._catalog))

    def _scanned(self, revision: int, after: int, ids: Ids) -> tuple[Ids, Matrix]:
        """Return the vectors above an id, from memory when nothing was written since; only new ones are read."""
        with self._lock:
            held = self._scans.get(after)
            if held and held[0] == revision:
                return held[1], held[2]
        matrix = self._matrix(ids, held)
        with self._lock:
            if len(self._scans) > 1 or after == 0:
                self._scans.clear()
            self._scans[after] = (revision, ids, matrix)
        return ids, matrix

    def _matrix(self, ids: Ids, held: tuple[int, Ids, Matrix] | None) -> Matrix:
        """Return the vectors of these passages, keeping the rows that are held already."""
        if held is None or not len(held[1]):
            return records.vectors(self._catalog, ids.tolist())[1]
        kept = np.isin(held[1], ids)
        fresh_ids, fresh = records.vectors(self._catalog, np.setdiff1d(ids, held[1]).tolist())
        if not len(fresh_ids):
            return held[2] if kept.all() else held[2][kept]
        order = np.argsort(np.concatenate([held[1][kept], fresh_ids]), kind="stable")
        return np.concatenate([held[2][kept], fresh])[order]


def unit(vector: npt.ArrayLike) -> Vector:
    """Return a vector at length 1, single precision.

    Raises:
        ValueError: when it is not one finite vector with a length.
    """
    values = np.asarray(vector, dtype=np.float64)
    length = float(np.linalg.norm(values))
    if values.ndim != 1 or not np.isfinite(length) or length == 0.0:
        raise ValueError("a vector must have one axis, finite values and a length above zero")
    return (values / length).astype(np.float32)


def nearest(ids: Ids, matrix: Matrix, query: Vector, n: int) -> list[tuple[int, float]]:
    """Return the `n` rows nearest to a query as (id, cosine), best first, ties by id."""
    if not len(ids):
        return []
    if len(ids) > n + _SLACK:
        rough = matrix @ query
        chosen = np.sort(np.argpartition(-rough, n + _SLACK - 1)[: n + _SLACK])
        ids, matrix = ids[chosen], matrix[chosen]
    scores = cosines(matrix, query)
    order = np.lexsort((ids, -scores))[:n]
    return [(int(ids[i]), float(scores[i])) for i in order]


def cosines(matrix: Matrix, query: Vector) -> npt.NDArray[np.float64]:
    """Return the exact cosine of each row and a query, shape (rows,)."""
    # Row by row in double precision: a row gives the same bits whatever stands beside it; a matrix product may not.
    rows, wanted = matrix.astype(np.float64), query.astype(np.float64)
    lengths = np.sqrt((rows * rows).sum(axis=1) * (wanted * wanted).sum())
    exact: npt.NDArray[np.float64] = np.clip((rows * wanted).sum(axis=1) / lengths, -1.0, 1.0)
    return exact
