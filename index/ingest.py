"""Sources to searchable documents: reads, splits, embeds and stores, and does again only what has changed."""

import logging
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from index.embed import Embedder
from index.errors import StoreBusy, StoreDamaged, StoreFull, UnreadableSource
from index.file_reading import FileReader, FileReading
from index.limits import Limits
from index.models import Document, FileReport, IngestReport, Reading, SourcePath
from index.names import shown
from index.readers import read_text
from index.sources import TextSource, files_of_paths
from index.store import Store, document_id
from index.sync import plan, would_do
from index.work import Job, OnProgress, Outcome, Prepared, Work

_MOST_BESIDE = 8192
"""How many passages may be newer than the indexes, or removed since, at most: comparing so many takes 2 ms."""
_log = logging.getLogger(__name__)


class Ingest:
    """Indexes sources into one store with one embedding model; every method is the store's writer while it runs."""

    def __init__(self, store: Store, load_embedder: Callable[[], Embedder], *, limits: Limits | None = None) -> None:
        """Put the parts together.

        Args:
            store: where documents go.
            load_embedder: gives the embedding model; called when something must be embedded, not before.
            limits: how much of a file is read at most.
        """
        self._store = store
        self._load_embedder = load_embedder
        self._work = Work(store, load_embedder)
        self._files = FileReader(limits or Limits())

    def add(self, paths: Iterable[SourcePath], on_progress: OnProgress | None = None) -> IngestReport:
        """Index files and folders and report each source; one that fails does not stop the others.

        Raises:
            StoreBusy: when another process is writing.
            EmbeddingMismatch: when another model made the collection's vectors.
            ModelUnavailable: when the embedding model cannot be loaded.
        """
        began = time.perf_counter()
        with self._store.writing():
            reports = self._work.run([self._job(found) for found in files_of_paths(paths)], on_progress)
            self.fold()
        return IngestReport(tuple(reports), time.perf_counter() - began)

    def add_text(self, text: str, *, title: str, source: str, media_type: str) -> Document:
        """Index a text that an app holds, in place of an older one from the same source, and return its document.

        Raises:
            UnreadableSource: when the text is empty or holds characters that no valid text has.
            StoreBusy, EmbeddingMismatch, ModelUnavailable: as `add`.
            StoreFull: when there is no room for it.
        """
        reading = read_text(text, title=title, media_type=media_type)
        with self._store.writing():
            prepared = self._work.prepare(source, reading)
            if isinstance(prepared, FileReport):
                return self._store.document(str(prepared.document_id))
            (vectors,) = self._work.embed([prepared])
            document = self._work.store_vectors(prepared, vectors)
            self.fold(at_once=False)
        return document

    def add_texts(self, texts: Iterable[TextSource], on_progress: OnProgress | None = None) -> IngestReport:
        """Index many texts that an app holds, together, and report each; one that fails does not stop the others.

        Of several from one source the last one counts.

        Raises:
            StoreBusy, EmbeddingMismatch, ModelUnavailable: as `add`.
        """
        began = time.perf_counter()
        given = {each.source: each for each in texts}
        jobs = [
            self._job_of(source, partial(read_text, each.text, title=each.title, media_type=each.media_type))
            for source, each in given.items()
        ]
        with self._store.writing():
            reports = self._work.run(jobs, on_progress)
            self.fold()
        return IngestReport(tuple(reports), time.perf_counter() - began)

    def re_embed(self, on_progress: OnProgress | None = None) -> IngestReport:
        """Embed every stored text with the model that is set now and report each document that had not been.

        An interrupted run is taken up where it stopped.

        Raises:
            StoreBusy: when another process is writing.
            StoreFull: when there is no room; what was embedded until then stays.
            ModelUnavailable: when the embedding model cannot be loaded.
        """
        began = time.perf_counter()
        with self._store.writing():
            identity = self._load_embedder().identity
            if self._store.embedding_identity() != identity:
                self._store.replace_embedding_identity(identity)
            jobs = [self._job_again(document) for document in self._store.documents_without_passages()]
            reports = self._work.run(jobs, on_progress, tolerated=(UnreadableSource,))
            self.fold()
        return IngestReport(tuple(reports), time.perf_counter() - began)

    def fold(self, *, at_once: bool = True) -> None:
        """Bring the derived indexes up to date when so much came or went since the last time that questions feel it.

        Where that cannot be done now the exact scan goes on, so nothing is lost.

        Args:
            at_once: False when more changes can be expected soon: an app adds text after text.
        """
        share, least = (64, 1) if at_once else (16, 512)
        try:
            self._store.fold(max(least, min(self._store.passage_count() // share, _MOST_BESIDE)))
        except (StoreBusy, StoreDamaged, StoreFull) as error:
            _log.warning("the vector index stays as it was: %s", error)

    def sync(self, folder: SourcePath, on_progress: OnProgress | None = None, *, dry_run: bool = False) -> IngestReport:
        """Make the collection equal to a folder, and report each of its files; a dry run changes nothing.

        Files of the same size and time are not read again; one that can no longer be read loses its document, whose
        text is not the file's any more.

        Raises:
            UnreadableSource: when there is no such folder.
            StoreBusy, EmbeddingMismatch, ModelUnavailable: as `add`.
        """
        began = time.perf_counter()
        root = Path(os.path.abspath(folder))
        if not root.is_dir():
            raise UnreadableSource(f"There is no folder {shown(str(folder))}; check the path.")
        if dry_run:
            known = self._store.files_below(str(root))
            listed = would_do(plan(root, known, self._files.digest_of), known)
            return IngestReport(tuple(listed), time.perf_counter() - began)
        with self._store.writing():
            known = self._store.files_below(str(root))
            found = plan(root, known, self._files.digest_of)
            self._store.note_files([row for row in found.unchanged if known[row.source] != row])
            stale = list(found.gone)
            jobs = [self._job(path, stale) for path in found.to_read]
            jobs += [self._rename_job(old, path, stale) for old, path in found.renamed]
            reports = self._work.run(jobs, on_progress)
            self._store.forget_sources(stale)
            self.fold()
        reports += [FileReport(source, "removed") for source in found.gone]
        reports += [FileReport(row.source, "unchanged", document_id(row.source)) for row in found.unchanged]
        return IngestReport((*reports, *found.failed), time.perf_counter() - began)

    def close(self) -> None:
        """End the process that reads files."""
        self._files.close()

    def _job(self, found: Path | FileReport, stale: list[str] | None = None) -> Job:
        """Return how a file is prepared; what failed already stays as it is.

        Args:
            found: the file.
            stale: gets the path when the file cannot be read, so that its document goes too.
        """
        if isinstance(found, FileReport):
            return Job(found.path, lambda: found, lambda read: read())

        def prepare(read: Callable[[], FileReading]) -> Outcome:
            try:
                told = read()
                return self._work.prepare(str(found), told.reading, told.row)
            except UnreadableSource as error:
                if stale is not None and self._store.find_source(str(found)):
                    self._store.forget_sources([str(found)])
                row = self._files.failed(found, error)
                self._store.note_files([row] if row else [])
                raise

        return Job(str(found), lambda: self._files.read(found), prepare)

    def _rename_job(self, old: str, path: Path, stale: list[str]) -> Job:
        """Return how a file is prepared that has the content of one that is gone.

        Its document is kept, unless it has another title now, which the embedding model has read with each passage.
        """
        anew = self._job(path, stale)

        def prepare(read: Callable[[], FileReading]) -> Outcome:
            present = self._store.find_source(old)
            title = self._store.document(present[0]).title if present else None
            told = read()
            reason = f"It was {shown(old)}."
            if title == told.reading.title:
                return FileReport(str(path), "renamed", self._store.rename(old, told.row), reason)
            stale.append(old)
            outcome = anew.prepare(read)
            return replace(outcome, outcome="renamed", reason=reason) if isinstance(outcome, Prepared) else outcome

        return Job(str(path), anew.read, prepare)

    def _job_of(self, source: str, read: Callable[[], Reading]) -> Job:
        """Return how a text that is no file is prepared."""
        return Job(source, read, lambda read: self._work.prepare(source, read()))

    def _job_again(self, document: Document) -> Job:
        """Return how a stored document is prepared to be embedded anew."""

        def read() -> Reading:
            reading = self._store.reading(document.id)
            if not reading.blocks:  # stored by a version that knew only formats whose text tells them
                return read_text(reading.text, title=reading.title, media_type=reading.media_type)
            return reading

        return self._job_of(document.source, read)
