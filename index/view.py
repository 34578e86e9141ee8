"""What the two searches of a collection need to know about its present state, read once a revision."""

import threading
from dataclasses import dataclass

from index import records
from index.catalog import Catalog
from index.records import Pointer


@dataclass(frozen=True, slots=True)
class View:
    """One state of the collection beside one generation of its indexes."""

    revision: int
    generation: Pointer
    """The generation that is used, which may be an older one than the current."""
    dead: int
    """How many passages of that generation have been removed since it was built."""


class Views:
    """The views of a collection; safe to use from several threads."""

    def __init__(self, catalog: Catalog) -> None:
        """Look at a catalog."""
        self._catalog = catalog
        self._lock = threading.Lock()
        self._pointer: tuple[int, Pointer, int] | None = None
        self._views: dict[Pointer, View] = {}

    def pointer(self) -> tuple[int, Pointer, int]:
        """Return the revision that the snapshot shows, its generation, and how many passages it has in all."""
        revision = records.revision(self._catalog)
        with self._lock:
            known = self._pointer
        if known is None or known[0] != revision:
            known = (revision, records.pointer(self._catalog), records.counts(self._catalog)[1])
            with self._lock:
                self._pointer = known
        return known

    def beside(self, generation: Pointer) -> View:
        """Return the state that the snapshot shows beside a generation."""
        revision, _, total = self.pointer()
        with self._lock:
            view = self._views.get(generation)
        if view is None or view.revision != revision:
            newer = records.passages_after(self._catalog, generation.watermark)
            view = View(revision, generation, generation.count - (total - newer))
            with self._lock:
                self._views = {
                    each.generation: each for each in (*self._views.values(), view) if each.revision == revision
                }
        return view
