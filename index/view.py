"""What the searches of a collection need to know about its present state, read once a revision."""

import hashlib
from dataclasses import dataclass

from index import records
from index.catalog import Catalog
from index.models import EmbeddingIdentity
from index.records import Ids
from index.rows import Content, Pointer


@dataclass(frozen=True, slots=True)
class View:
    """One state of the collection beside one generation of its indexes."""

    revision: int
    generation: Pointer
    """The generation that is used, which may be an older one than the current."""
    newer: Ids
    """The passages that it does not know, ascending."""
    dead: int
    """How many of those that it knows have been removed."""


@dataclass(frozen=True, slots=True)
class _State:
    revision: int
    pointer: Pointer
    content: Content
    embedding: EmbeddingIdentity | None
    digest: str


class Views:
    """The present state of a collection; to be asked inside a snapshot, safe to use from several threads."""

    def __init__(self, catalog: Catalog) -> None:
        """Look at a catalog."""
        self._catalog = catalog
        self._state: _State | None = None
        self._views: dict[Pointer, View] = {}

    def revision(self) -> int:
        """Return the revision."""
        return self._current().revision

    def pointer(self) -> Pointer:
        """Return which generation is current."""
        return self._current().pointer

    def content(self) -> Content:
        """Return what the documents are together."""
        return self._current().content

    def embedding(self) -> EmbeddingIdentity | None:
        """Return which model made the vectors, or None while there are none."""
        return self._current().embedding

    def digest(self) -> str:
        """Return a short hash of the documents (id, title, content) and of the embedding model."""
        return self._current().digest

    def beside(self, generation: Pointer) -> View:
        """Return the state beside a generation."""
        state = self._current()
        views = self._views
        view = views.get(generation)
        if view is None or view.revision != state.revision:
            newer = records.passage_ids(self._catalog, after=generation.watermark)
            view = View(state.revision, generation, newer, generation.count + len(newer) - state.content.passages)
            # Two generations are in use while a new one is being opened.
            self._views = {each.generation: each for each in views.values() if each.revision == state.revision}
            self._views[generation] = view
        return view

    def _current(self) -> _State:
        revision = self._catalog.revision()
        state = self._state
        if state is None or state.revision != revision:
            content, embedding = records.content(self._catalog), records.embedding_identity(self._catalog)
            digest = hashlib.sha256(f"{content.digest:x} {embedding!r}".encode()).hexdigest()[:16]
            state = _State(revision, records.pointer(self._catalog), content, embedding, digest)
            self._state = state
        return state
