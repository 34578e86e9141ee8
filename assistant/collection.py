"""The documents of one collection, as the front door gives them: add, list, remove, keep whole."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from assistant.settings import Settings, load_settings
from index.embed import Embedder, load_embedder
from index.ingest import Ingest
from index.models import Document, IngestReport, Listed, Progress, SourcePath
from index.names import folded
from index.originals import Originals
from index.sources import TextSource
from index.store import Store


class Collection:
    """The documents of one collection; a context manager, safe to use from several threads."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Put the parts together; use `open`."""
        self.home: Path = settings.home
        self.collection: str = settings.collection
        self.originals = Originals(store, settings.limits)
        self._store, self._settings = store, settings
        self._ingest = Ingest(store, self._any_embedder, limits=settings.limits)
        self._changed = threading.Event()

    @classmethod
    def open(
        cls, home: SourcePath | None = None, collection: str = "default", *, settings: Settings | None = None
    ) -> Self:
        """Open a collection of a home, creating both when they are absent; no model is loaded yet.

        Args:
            home: the folder; None for ASSISTANT_HOME or the platform's folder for a person's data.
            collection: which of the home's collections.
            settings: all settings at once, in place of those of the environment and the home's settings.toml.

        Raises:
            InvalidSettings: when a setting or the collection's name is wrong.
            StoreError: when the folder or its server cannot be used, or its catalog is damaged.
        """
        chosen = settings or load_settings(home, collection=collection)
        store = Store.open(chosen.home, chosen.collection, servers=chosen.servers)
        try:
            return cls(store, chosen)
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        """Bring the vector index up to date and release every file; nothing can be done with the object afterwards.

        Closing it again does nothing.
        """
        changed = self._changed.is_set()
        self._changed.clear()
        try:
            if changed:
                self._ingest.fold()
        finally:
            self._ingest.close()
            self.originals.close()
            self._store.close()

    def __enter__(self) -> Self:
        """Return the collection itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the collection."""
        self.close()

    # -- documents -------------------------------------------------------------------------------------------------

    def add(
        self, paths: SourcePath | Iterable[SourcePath], *, on_progress: Callable[[Progress], None] | None = None
    ) -> IngestReport:
        """Index files and folders; what has not changed since costs nothing, and what fails does not stop the rest.

        Raises:
            StoreBusy: within 2 s, when another process is writing to the collection.
            EmbeddingMismatch: when another model made the collection's vectors.
            ModelUnavailable: when the embedding model cannot be loaded.
        """
        listed = [paths] if isinstance(paths, str | Path) else list(paths)
        return self._ingest.add(listed, on_progress)

    def sync(
        self, folder: SourcePath, *, dry_run: bool = False, on_progress: Callable[[Progress], None] | None = None
    ) -> IngestReport:
        """Add, update, rename and remove documents until the collection equals a folder.

        Files of the same size and time are not read again. A dry run changes nothing and reports what would be done.

        Raises:
            UnreadableSource: when there is no such folder.
            StoreBusy, EmbeddingMismatch, ModelUnavailable: as `add`.
        """
        return self._ingest.sync(folder, on_progress, dry_run=dry_run)

    def unread_files(self) -> list[tuple[str, str]]:
        """Return (path, reason) of the files that are there and could not be read when they were last met."""
        return [(row.source, row.problem) for row in self._store.unread_files()]

    def add_text(self, text: str, *, title: str, source: str, media_type: str = "text/plain") -> Document:
        """Index a text that an app holds and return its document; the same source again replaces it.

        Raises:
            UnreadableSource: when the text is empty or holds characters that no valid text has.
            StoreBusy, EmbeddingMismatch, ModelUnavailable: as `add`.
        """
        self._changed.set()
        return self._ingest.add_text(text, title=title, source=source, media_type=media_type)

    def add_texts(
        self, texts: Iterable[TextSource], *, on_progress: Callable[[Progress], None] | None = None
    ) -> IngestReport:
        """Index many texts that an app holds, several times as fast as one by one; what fails does not stop the rest.

        Raises:
            StoreBusy, EmbeddingMismatch, ModelUnavailable: as `add`.
        """
        return self._ingest.add_texts(texts, on_progress)

    def remove(self, document_id: str) -> None:
        """Remove a document, and its uploaded copy; no answer uses it then, and `compact` erases its last traces.

        Raises:
            DocumentNotFound: when there is none with that id.
            StoreBusy: as `add`.
        """
        with self._store.writing():
            source = self._store.document(document_id).source
            self._store.remove(document_id)
            self.originals.discard(source)
        self._changed.set()
        self._ingest.fold(at_once=False)

    def documents(self) -> list[Document]:
        """Return the documents, ordered by source."""
        return self._store.documents()

    def list_documents(
        self, offset: int = 0, limit: int = 100, *, search: str = "", newest_first: bool = False
    ) -> tuple[list[Listed], int]:
        """Return at most `limit` documents from `offset` on, ordered by source, and how many there are in all.

        Args:
            offset: how many to skip.
            limit: how many at most.
            search: only those with this in their title or source, whatever its capitals; of an uploaded file the name
                counts, and not the folder in which the upload lies.
            newest_first: ordered by when they were added, the last one first.
        """
        wanted = folded(search.strip())

        def is_wanted(title: str, source: str) -> bool:
            return wanted in folded(title) or wanted in folded(self.originals.uploaded_name(source) or source)

        return self._store.list_documents(offset, limit, is_wanted if wanted else None, newest_first=newest_first)

    def document(self, document_id: str) -> Document:
        """Return a document.

        Raises:
            DocumentNotFound: when there is none with that id.
        """
        return self._store.document(document_id)

    def counts(self) -> tuple[int, int]:
        """Return how many documents there are and how many passages they have."""
        return self._store.counts()

    def compact(self) -> None:
        """Leave no byte of what was removed in any file of the collection.

        Raises:
            StoreBusy: when another process is reading or writing.
        """
        self._store.compact()

    def re_embed(self, *, on_progress: Callable[[Progress], None] | None = None) -> IngestReport:
        """Embed every document anew with the model that is set; what fails keeps its text and is reported.

        Raises:
            StoreBusy, ModelUnavailable: as `add`.
        """
        return self._ingest.re_embed(on_progress)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the collection's one writer for the block, so that nothing is indexed meanwhile.

        Raises:
            StoreBusy: as `add`.
        """
        with self._store.writing():
            yield

    # -- inner workings ---------------------------------------------------------------------------------------------

    def _existing(self, documents: Sequence[str] | None) -> tuple[str, ...] | None:
        """Return ids of documents, each of which exists."""
        if documents is None:
            return None
        chosen = tuple(documents)
        for document_id in chosen:
            self._store.document(document_id)
        return chosen

    def _any_embedder(self) -> Embedder:
        """Return the embedding model that is set, whichever made the collection's vectors."""
        settings = self._settings
        return load_embedder(
            settings.embedding_model,
            threads=settings.threads,
            cache=Path(settings.model_cache).expanduser().absolute() if settings.model_cache else None,
            precision=settings.embedding_precision,
        )

    def _embedder(self) -> Embedder:
        """Return the embedding model, which must be the one that made the collection's vectors."""
        embedder = self._any_embedder()
        self._store.require_embedding_identity(embedder.identity)
        return embedder
