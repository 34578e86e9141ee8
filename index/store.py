"""The store of one collection, as indexing writes it and answering reads it: documents, passages, vectors, full text.

The front of the catalog (index/catalog.py, the truth), the vector index (index/vectors.py, derived) and the writer's
lock. A document is `pending` until `finish_document` makes it ready, with all that belongs to it, in one transaction;
only ready documents are listed and searched. Reading needs no lock and never waits for a writer.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from index import file_records, postings, records
from index.catalog import Catalog
from index.collections import ALONE, open_catalog, open_indexes
from index.derived import DerivedIndexes
from index.encoded import layout_to_text
from index.errors import DocumentNotFound, StoreError, StoreFull, UnreadableSource
from index.file_records import FileRow
from index.folders import folder_of
from index.models import UNSTORABLE, Document, EmbeddingIdentity, Reading
from index.postings import Postings
from index.reading import StoreReader
from index.rows import DocumentRow, Pointer
from index.schema import Matrix
from index.servers import Servers
from index.stored import NewPassage, PendingDocument, StoredPassage, document_id, to_row

__all__ = ["NewPassage", "PendingDocument", "Store", "StoredPassage", "document_id"]

_SENT_AFTER = 512  # passages that came or went since a vector index was sent to a server


class Store(StoreReader):
    """One collection of a home; a context manager, safe to use from several threads."""

    def __init__(self, folder: Path, catalog: Catalog, generations: DerivedIndexes, *, far: bool) -> None:
        """Put the parts together; use `Store.open`."""
        super().__init__(catalog, generations)
        self.folder = folder
        self.lock = catalog.writer_lock(folder)
        self._far = far

    @classmethod
    def open(cls, home: Path, collection: str = "default", *, servers: Servers = ALONE) -> Self:
        """Open a collection, creating it when it is absent; Chroma is not started before the first question.

        Args:
            home: the folder; with servers it keeps what is of this machine, and what can be made anew.
            collection: which of the home's collections.
            servers: what keeps its catalog, where that is not in the home.

        Raises:
            InvalidSettings: when the collection's name has other characters than letters, digits, "-" and "_".
            StoreDamaged: when its catalog is missing or unreadable.
            StoreError: when the folder cannot be used, its server cannot be reached, or a newer version made it.
        """
        folder = folder_of(home, collection)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            catalog = open_catalog(folder, servers)
            generations = open_indexes(folder, catalog, servers)
        except OSError as error:
            raise StoreError(f"Cannot use {folder}: {error.strerror}; check the path and its permissions.") from error
        return cls(folder, catalog, generations, far=bool(servers.chroma_url))

    def close(self) -> None:
        """Release every file; nothing can be read or written afterwards."""
        self.generations.close()
        self.catalog.close()

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the collection's one writer for the block (for this thread; may be nested); clears what a killed one left.

        Raises:
            StoreBusy: within 2 s, when another thread or process is writing.
        """
        with self.lock.hold() as outermost:
            if outermost:
                self._clear_leftovers()
            yield

    # -- what is indexed -------------------------------------------------------------------------------------------

    def set_embedding_identity(self, identity: EmbeddingIdentity) -> None:
        """Note which model makes the vectors, once.

        Raises:
            EmbeddingMismatch: when another model made those that are there.
        """
        with self.writing():
            self.require_embedding_identity(identity)
            if self.embedding_identity() is None:
                with self.catalog.transaction():
                    records.set_embedding_identity(self.catalog, identity)

    def replace_embedding_identity(self, identity: EmbeddingIdentity) -> None:
        """Start over with another model: keeps every document and its text, drops all passages.

        Until a document has been finished again it is listed, with no passages; see `documents_without_passages`.
        """
        with self.writing(), self.catalog.transaction():
            records.drop_passages(self.catalog)
            records.set_pointer(self.catalog, Pointer(records.pointer(self.catalog).number + 1))
            records.set_embedding_identity(self.catalog, identity)

    def begin_document(self, source: str, reading: Reading) -> PendingDocument:
        """Store a text that is not searched yet; inside `writing()`.

        Raises:
            UnreadableSource: when the text or a name holds characters that no valid text has (NUL, lone surrogates).
        """
        self._require_writing()
        layout, notes = layout_to_text(reading), json.dumps(reading.notes)
        for value in (source, reading.title, reading.media_type, reading.text, reading.link, layout, notes):
            if UNSTORABLE.search(value):
                raise UnreadableSource(f"{source!a} holds characters that no valid text has; save it as UTF-8 text.")
        row = DocumentRow(
            key=0,
            id=document_id(source),
            title=reading.title,
            source=source,
            media_type=reading.media_type,
            content_hash=hashlib.sha256(reading.text.encode()).hexdigest(),
            characters=len(reading.text),
            passages=0,
            state="pending",
            added_at=datetime.now(UTC).isoformat(),
            link=reading.link,
            notes=notes,
        )
        with self.catalog.transaction(searched=False):
            key = records.add_pending(self.catalog, row, reading.text, layout)
        return PendingDocument(key, row.id, source, row.characters)

    def finish_document(
        self, pending: PendingDocument, passages: Sequence[NewPassage], file: FileRow | None = None
    ) -> Document:
        """Make a document ready, in place of an older one from the same source; inside `writing()`.

        Args:
            pending: what `begin_document` gave.
            passages: its passages.
            file: what is known of the file that it was read from.

        Raises:
            ValueError: when a passage lies outside the text or its vectors have the wrong shape or values.
            StoreError: when the document was abandoned.
        """
        self._require_writing()
        identity = self.embedding_identity()
        rows = [to_row(pending, new, identity.dimension if identity else None) for new in passages]
        with self.catalog.transaction():
            if pending.key not in records.documents_by_key(self.catalog, [pending.key]):
                raise StoreError(f"{pending.source} is not being indexed any more; index it again.")
            for row in rows:
                records.add_passage(self.catalog, row)
            records.make_ready(self.catalog, pending.key, pending.source, len(rows))
            if file:
                file_records.put(self.catalog, file)
        return self.document(pending.id)

    def abandon(self, pending: PendingDocument) -> None:
        """Forget a document that will not be finished; inside `writing()`."""
        self._require_writing()
        with self.catalog.transaction(searched=False):
            records.remove(self.catalog, pending.key)

    def remove(self, document_id: str) -> None:
        """Remove a document; no search finds it from then on.

        Raises:
            DocumentNotFound: when there is none with that id.
        """
        with self.writing(), self.catalog.transaction():
            records.remove(self.catalog, self._row(document_id).key)

    def rename(self, source: str, file: FileRow) -> str:
        """Let the document from a source come from another file with the same content, and return its id.

        Raises:
            DocumentNotFound: when there is none from that source.
        """
        renamed = document_id(file.source)
        with self.writing(), self.catalog.transaction():
            row = records.document_of_source(self.catalog, source)
            if row is None:
                raise DocumentNotFound(f"There is no document from {source!a} in this collection.")
            records.rename(self.catalog, row.key, file.source, renamed)
            file_records.drop(self.catalog, [source])
            file_records.put(self.catalog, file)
        return renamed

    def forget_sources(self, sources: Sequence[str]) -> None:
        """Remove the documents from some sources where there are any, and what is known of their files."""
        with self.writing(), self.catalog.transaction():
            for source in sources:
                row = records.document_of_source(self.catalog, source)
                if row is not None:
                    records.remove(self.catalog, row.key)
            file_records.drop(self.catalog, sources)

    def note_files(self, rows: Sequence[FileRow]) -> None:
        """Keep what is known of some files."""
        if rows:
            with self.writing(), self.catalog.transaction(searched=False):
                for row in rows:
                    file_records.put(self.catalog, row)

    # -- upkeep ----------------------------------------------------------------------------------------------------

    def fold(self, minimum: int = 1) -> None:
        """Build the next generation of the vector index when at least `minimum` passages came or went since the last.

        Raises:
            StoreDamaged: when Chroma cannot build one; the former stays, and an exact scan does the rest.
            StoreFull: when the disk is full; likewise.
        """
        with self.writing():
            pointer = records.pointer(self.catalog)
            ids = records.passage_ids(self.catalog)
            known = int(np.searchsorted(ids, pointer.watermark, side="right"))
            unusable = pointer.count > 0 and not self.generations.usable(pointer.number)
            changed = len(ids) - known + pointer.count - known
            if self._far:  # it is sent whole each time; what is newer is found by a scan
                minimum = max(minimum, _SENT_AFTER, pointer.count // 16)
            if unusable or changed >= max(1, minimum):
                self._build(pointer, ids, base=pointer.number if pointer.count and not unusable else 0)

    def rebuild(self) -> None:
        """Build the vector index anew from the catalog alone."""
        with self.writing():
            self._build(records.pointer(self.catalog), records.passage_ids(self.catalog), base=0)

    def compact(self) -> None:
        """Leave no byte of what was removed in any file of the collection.

        Raises:
            StoreBusy: when another process is reading, so that the last traces cannot go yet.
        """
        with self.writing():
            self.rebuild()
            self.generations.clean(records.pointer(self.catalog).number, all_others=True)
            self.catalog.shrink()

    # -- inner workings --------------------------------------------------------------------------------------------

    def _require_writing(self) -> None:
        """Raise unless the calling thread is the writer."""
        if not self.lock.held:
            raise RuntimeError("documents are written inside `with store.writing():`")

    def _clear_leftovers(self) -> None:
        """Remove what a killed writer left: unacknowledged documents, generations that nobody points to."""
        self.catalog.require_current()
        with self.catalog.transaction(searched=False):
            records.remove_pending(self.catalog)
        self.generations.clean(records.pointer(self.catalog).number)

    def _build(self, old: Pointer, ids: npt.NDArray[np.int64], *, base: int) -> None:
        """Build a generation, point to it, and remove the former ones."""
        # A number is never used twice: a reader that still has a generation open must not take another one for it.
        new = Pointer(old.number + 1)
        if len(ids):
            new = Pointer(old.number + 1, int(ids[-1]), len(ids))
            try:
                self.generations.build(new.number, base, ids, self._read_vectors, self._words)
            except OSError as error:
                self.generations.clean(old.number)
                raise StoreFull(f"There is no room to write to {self.folder}; make room and try again.") from error
        with self.catalog.transaction():
            records.set_pointer(self.catalog, new)
        self.generations.clean(new.number)

    def _words(self) -> Postings:
        """Return the words of all passages."""
        return postings.build(records.words(self.catalog))

    def _read_vectors(self, ids: Sequence[int]) -> Matrix:
        """Return the vectors of passages that exist, ids ascending."""
        return records.vectors(self.catalog, ids)[1]
