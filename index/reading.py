"""What answering asks of a collection: its documents, passages found by vector or by words, exact slices of texts."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

import numpy.typing as npt

from index import file_records, records
from index.catalog import Catalog
from index.dense import DenseSearch, unit
from index.derived import DerivedIndexes
from index.encoded import Layout, layout_from_text
from index.errors import DocumentNotFound, EmbeddingMismatch, SourceChanged
from index.file_records import FileRow
from index.lexical import LexicalSearch
from index.models import UNSTORABLE, Document, EmbeddingIdentity, Listed, Place, Reading, Span, place_at
from index.recent import Recent
from index.rows import DocumentRow
from index.stored import StoredPassage
from index.view import Views

_CACHED_CHARACTERS, _CACHED_PLACES = 4_000_000, 50_000
_READ_TOGETHER = 50_000  # characters of a document whose text is read together with others'


class StoreReader:
    """The half of a store that reads: needs no lock, never waits for a writer, safe to use from several threads."""

    def __init__(self, catalog: Catalog, generations: DerivedIndexes) -> None:
        """Read from a catalog and the vector index that is derived from it."""
        self.catalog = catalog
        self.generations = generations
        self._views = Views(catalog)
        self._dense = DenseSearch(catalog, generations, self._views)
        self._lexical = LexicalSearch(catalog, generations, self._views)
        # Of one key neither ever changes.
        self._texts = Recent[str](self._read_text, weight=len, most=_CACHED_CHARACTERS)
        self._layouts = Recent[Layout](self._read_layout, weight=_weight, most=_CACHED_PLACES)

    def snapshot(self) -> AbstractContextManager[None]:
        """See one state of the collection for a whole question, whatever is written meanwhile; may be nested."""
        return self.catalog.snapshot()

    def warm_up(self) -> None:
        """Open the indexes, so that no question waits for it."""
        with self.snapshot():
            number = self._views.pointer().built
            self.generations.current(number)
            self.generations.words(number)

    def embedding_identity(self) -> EmbeddingIdentity | None:
        """Return which model made the vectors, or None in a new collection."""
        with self.snapshot():
            return self._views.embedding()

    def require_embedding_identity(self, identity: EmbeddingIdentity) -> None:
        """Make sure that a model is the one that made the vectors, where there are any.

        Raises:
            EmbeddingMismatch: when another model made them.
        """
        present = self.embedding_identity()
        if present is not None and present != identity:
            raise EmbeddingMismatch(
                f"This collection was indexed with {present.name} and {identity.name} is set now; "
                "set the former, or run `assistant doctor --re-embed`."
            )

    def documents(self) -> list[Document]:
        """Return the ready documents, ordered by source."""
        return [self._document(row) for row in records.document_rows(self.catalog)]

    def list_documents(
        self,
        offset: int,
        limit: int,
        is_wanted: Callable[[str, str], bool] | None = None,
        *,
        newest_first: bool = False,
    ) -> tuple[list[Listed], int]:
        """Return at most `limit` documents from `offset` on, ordered by source, and how many there are in all.

        Args:
            offset: how many to skip.
            limit: how many at most.
            is_wanted: tells by title and source which count; None for all.
            newest_first: ordered by when they were added, the last one first.
        """
        with self.snapshot():
            names = records.document_names(self.catalog, newest_first=newest_first)
            keys = [key for key, title, source in names if is_wanted is None or is_wanted(title, source)]
            shown = keys[offset : offset + limit]
            rows = records.documents_by_key(self.catalog, shown)
            facts = records.sizes_and_pages(self.catalog, shown)
        return [Listed(self._document(rows[key]), *facts[key]) for key in shown], len(keys)

    def documents_without_passages(self) -> list[Document]:
        """Return the documents that hold text and no passages: those that re-embedding has still to do."""
        return [document for document in self.documents() if document.characters and not document.passages]

    def all_texts(self) -> Iterator[tuple[Document, str]]:
        """Give every ready document with its stored text, ordered by source."""
        for row in records.document_rows(self.catalog):
            stored = records.text(self.catalog, row.key)
            if stored is not None:
                yield self._document(row), stored

    def document(self, document_id: str) -> Document:
        """Return a ready document.

        Raises:
            DocumentNotFound: when there is none with that id.
        """
        return self._document(self._row(document_id))

    def files_below(self, folder: str) -> dict[str, FileRow]:
        """Return what is known of the files in a folder and in all folders in it, by their paths."""
        return file_records.below(self.catalog, folder)

    def file(self, source: str) -> FileRow | None:
        """Return what is known of the file at a path, if anything."""
        return file_records.get(self.catalog, source)

    def unread_files(self) -> list[FileRow]:
        """Return the files that are there and could not be read when they were last met, ordered by path."""
        return [row for row in file_records.problems(self.catalog) if os.path.lexists(row.source)]

    def find_source(self, source: str) -> tuple[str, str] | None:
        """Return (document id, content hash) of the ready document from a source, or None."""
        row = None if UNSTORABLE.search(source) else records.document_of_source(self.catalog, source)
        return (row.id, row.content_hash) if row else None

    def counts(self) -> tuple[int, int]:
        """Return how many documents are ready and how many passages they have."""
        with self.snapshot():
            content = self._views.content()
        return content.documents, content.passages

    def passage_count(self) -> int:
        """Return how many passages can be found."""
        return self.counts()[1]

    def index_digest(self) -> str:
        """Return a short hash of the ready documents (id, title, content) and of the embedding model.

        The same content gives the same digest, in whatever order it was indexed.
        """
        with self.snapshot():
            return self._views.digest()

    def dense(self, vector: npt.ArrayLike, n: int, documents: Sequence[str] | None = None) -> list[tuple[int, float]]:
        """Return the `n` passages nearest to a vector as (passage id, cosine up to `ROUNDING`), best first, ties by id.

        With `documents` (ids) a scan of their passages only.
        """
        with self.snapshot():
            return self._dense.find(unit(vector), n, documents)

    def full_text(
        self, terms: Sequence[str], n: int, documents: Sequence[str] | None = None
    ) -> list[tuple[int, float]]:
        """Return the `n` passages that match analysed words best as (passage id, BM25), largest first, ties by id."""
        wanted = [term for term in dict.fromkeys(terms) if _searchable(term)]
        if not wanted or n < 1:
            return []
        with self.snapshot():
            return self._lexical.find(wanted, n, documents)

    def documents_with(self, words: str, n: int, documents: Sequence[str] | None = None) -> list[str]:
        """Return the ids of at most `n` documents in which words stand letter for letter, also inside of others.

        Reads every text; `full_text` is the quick way to whole words.
        """
        return [] if UNSTORABLE.search(words) else records.documents_with(self.catalog, words, n, documents)

    def document_frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Return in how many passages each analysed word occurs."""
        with self.snapshot():
            found = self._lexical.frequencies([term for term in dict.fromkeys(terms) if _searchable(term)])
            return dict.fromkeys(terms, 0) | found

    def passages(self, ids: Sequence[int]) -> dict[int, StoredPassage]:
        """Return those of the passages that exist, by id, in the order asked for."""
        with self.snapshot():
            rows = {row.id: row for row in records.owned_passages(self.catalog, [int(i) for i in ids])}
            self._read_ahead(sorted({row.document for row in rows.values() if row.characters <= _READ_TOGETHER}))
            return {int(i): StoredPassage.of(rows[i], self._texts.get(rows[i].document)) for i in ids if i in rows}

    def slice(self, document_id: str, start: int, end: int) -> str:
        """Return characters `start` to `end` of a document, read from its stored text.

        Raises:
            DocumentNotFound: when there is none with that id.
        """
        with self.snapshot():
            return records.slice_of(self.catalog, self._row(document_id).key, max(0, start), end)

    def reading(self, document_id: str) -> Reading:
        """Return a document as it was read from its source; without blocks when an older version stored it.

        Raises:
            DocumentNotFound: when there is none with that id.
        """
        with self.snapshot():
            row = self._row(document_id)
            layout = self._layouts.get(row.key)
            return Reading(
                row.title, self._texts.get(row.key), row.media_type, *layout, tuple(json.loads(row.notes)), row.link
            )

    def place_of(self, document_id: str, offset: int) -> Place | None:
        """Return the page, slide or row on which a character of a document stands, where its format has such."""
        with self.snapshot():
            return place_at(self._layouts.get(self._row(document_id).key)[1], offset)

    def hidden_in(self, document_id: str, start: int, end: int) -> tuple[Span, ...]:
        """Return which parts of a slice a person who opens the source does not see, as offsets into the text."""
        with self.snapshot():
            hidden = self._layouts.get(self._row(document_id).key)[2]
        parts = (Span(max(each.start, start), min(each.end, end)) for each in hidden)
        return tuple(part for part in parts if part.start < part.end)

    def line_of(self, document_id: str, offset: int) -> int:
        """Return the line, counted from 1, on which a character of a document stands."""
        with self.snapshot():
            text = self._texts.get(self._row(document_id).key)
        offset = max(0, offset)
        # CR LF, LF and CR each end a line; a pair that `offset` parts is counted as ended by its CR.
        feeds, returns = text.count("\n", 0, offset), text.count("\r", 0, offset)
        return 1 + feeds + returns - text.count("\r\n", 0, offset)

    def passage_at(self, document_id: str, offset: int) -> StoredPassage | None:
        """Return the passage of a document in which a character stands, or None between passages."""
        with self.snapshot():
            row = records.passage_at(self.catalog, self._row(document_id).key, offset)
            return self.passages([row])[row] if row is not None else None

    def _row(self, document_id: str) -> DocumentRow:
        """Return a ready document's row or raise."""
        row = None if UNSTORABLE.search(document_id) else records.document_row(self.catalog, document_id)
        if row is None:
            raise DocumentNotFound(f"There is no document {document_id[:80]!a} in this collection.")
        return row

    def _document(self, row: DocumentRow) -> Document:
        """Return a document whose text is read when it is asked for."""

        def read() -> str:
            with self.snapshot():
                if self._row(row.id).content_hash != row.content_hash:
                    raise SourceChanged(f"{row.source} has been indexed again with another text; open it anew.")
                return self._texts.get(self._row(row.id).key)

        added = datetime.fromisoformat(row.added_at)
        return Document(
            row.id, row.title, row.source, row.media_type, row.content_hash, row.characters, row.passages, "ready",
            added, read, row.link, tuple(json.loads(row.notes)),
        )  # fmt: skip

    def _read_ahead(self, keys: Sequence[int]) -> None:
        """Read the texts of some documents at once, as far as they are not in memory."""
        if missing := self._texts.missing(keys):
            for key, text in records.texts(self.catalog, missing).items():
                self._texts.keep(key, text)

    def _read_text(self, key: int) -> str:
        return records.text(self.catalog, key) or ""

    def _read_layout(self, key: int) -> Layout:
        return layout_from_text(records.layout(self.catalog, key))


def _searchable(term: str) -> bool:
    """Return whether a word can stand in a full-text query."""
    return bool(term.strip()) and not UNSTORABLE.search(term)


def _weight(layout: Layout) -> int:
    return 1 + sum(map(len, layout))
