"""Sources to searchable documents: reads, splits, embeds and stores, and does again only what has changed."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from index.embed import Embedder, PassageVectors
from index.errors import AssistantError, ModelUnavailable, StoreBusy, StoreDamaged, StoreFull, UnreadableSource
from index.isolated import IsolatedReader
from index.limits import Limits
from index.models import Document, FileOutcome, FileReport, IngestReport, PassageDraft, Progress, Reading, SourcePath
from index.readers import read_file, read_text
from index.sources import files_of_paths
from index.split import model_input, sentence_terms, split
from index.store import NewPassage, PendingDocument, Store
from index.terms import terms

OnProgress = Callable[[Progress], None]

_TOGETHER = 64
"""Small documents are embedded together until they have this many passages: single ones leave the model half idle."""
_OF_ONE_SOURCE = (UnreadableSource, StoreFull)
"""Errors that the next source need not have: a smaller one can still find room."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A source that was read and split, with its text stored, that waits for its vectors."""

    source: str
    reading: Reading
    drafts: tuple[PassageDraft, ...]
    pending: PendingDocument
    is_new: bool


_Outcome = _Prepared | FileReport
_Job = tuple[str, Callable[[], _Outcome]]
"""A source and what prepares it."""


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
        self._limits = limits or Limits()
        self._reader = IsolatedReader()

    def add(self, paths: Iterable[SourcePath], on_progress: OnProgress | None = None) -> IngestReport:
        """Index files and folders and report each source; one that fails does not stop the others.

        Raises:
            StoreBusy: when another process is writing.
            EmbeddingMismatch: when another model made the collection's vectors.
            ModelUnavailable: when the embedding model cannot be loaded.
        """
        began = time.perf_counter()
        with self._store.writing():
            reports = self._work([self._job(found) for found in files_of_paths(paths)], on_progress)
            self.fold(minimum=1)
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
            prepared = self._prepare(source, reading)
            if isinstance(prepared, FileReport):
                return self._store.document(str(prepared.document_id))
            (vectors,) = self._embed([prepared])
            document = self._store_vectors(prepared, vectors)
            # An app adds text after text: what is newer than the index is scanned exactly until there is enough of it.
            self.fold(minimum=max(512, self._store.passage_count() // 16))
        return document

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
            reports = self._work(jobs, on_progress, tolerated=(UnreadableSource,))
            self.fold(minimum=1)
        return IngestReport(tuple(reports), time.perf_counter() - began)

    def fold(self, *, minimum: int) -> None:
        """Bring the vector index up to date when at least `minimum` passages came or went since the last time.

        Where that cannot be done now the exact scan goes on, so nothing is lost.
        """
        try:
            self._store.fold(minimum)
        except (StoreBusy, StoreDamaged, StoreFull) as error:
            _log.warning("the vector index stays as it was: %s", error)

    def _job(self, found: Path | FileReport) -> _Job:
        """Return how a file is prepared; what failed already stays as it is."""
        if isinstance(found, FileReport):
            return found.path, lambda: found
        return str(found), lambda: self._prepare(str(found), self._read(found))

    def close(self) -> None:
        """End the process that reads files."""
        self._reader.close()

    def _read(self, path: Path) -> Reading:
        return read_file(path, limits=self._limits, parse_apart=self._reader.parse)

    def _job_again(self, document: Document) -> _Job:
        """Return how a stored document is prepared to be embedded anew."""

        def prepare() -> _Outcome:
            reading = self._store.reading(document.id)
            if not reading.blocks:  # stored by a version that knew only formats whose text tells them
                reading = read_text(reading.text, title=reading.title, media_type=reading.media_type)
            return self._prepare(document.source, reading)

        return document.source, prepare

    def _work(
        self,
        jobs: Sequence[_Job],
        on_progress: OnProgress | None,
        tolerated: tuple[type[AssistantError], ...] = _OF_ONE_SOURCE,
    ) -> list[FileReport]:
        """Return what became of each source; a tolerated error is the failure of one of them."""
        run = _Run(len(jobs), on_progress)
        waiting: list[_Prepared] = []
        for source, prepare in jobs:
            run.begin(source)
            try:
                outcome = prepare()
            except tolerated as error:
                outcome = FileReport(source, "failed", reason=str(error))
            if isinstance(outcome, FileReport):
                run.report(outcome)
                continue
            waiting.append(outcome)
            if sum(len(each.drafts) for each in waiting) >= _TOGETHER:
                self._finish(waiting, run, tolerated)
                waiting = []
        self._finish(waiting, run, tolerated)
        return run.in_order([source for source, _ in jobs])

    def _prepare(self, source: str, reading: Reading) -> _Outcome:
        """Split a reading and store its text, or report it as unchanged when the same is there already."""
        present = self._store.find_source(source)
        if present and self._is_done(self._store.document(present[0]), reading):
            return FileReport(source, "unchanged", present[0], " ".join(reading.notes))
        embedder = self._embedder()
        drafts = split(reading, count_tokens=embedder.count_tokens, max_tokens=embedder.max_tokens)
        if not drafts:
            raise UnreadableSource(f"{source!a} holds no sentences that could be quoted; check its content.")
        pending = self._store.begin_document(source, reading)
        return _Prepared(source, reading, drafts, pending, is_new=present is None)

    def _is_done(self, document: Document, reading: Reading) -> bool:
        """Return whether a document was made of the same text in the same way, and has its passages."""
        digest = hashlib.sha256(reading.text.encode()).hexdigest()
        kept = (document.content_hash, document.title, document.media_type, document.notes, document.link)
        found = (digest, reading.title, reading.media_type, reading.notes, reading.link)
        return kept == found and document.passages > 0

    def _embedder(self) -> Embedder:
        """Return the embedding model once it is sure that it is the collection's own."""
        embedder = self._load_embedder()
        if self._store.embedding_identity() != embedder.identity:
            self._store.set_embedding_identity(embedder.identity)
        return embedder

    def _finish(self, waiting: Sequence[_Prepared], run: "_Run", tolerated: tuple[type[AssistantError], ...]) -> None:
        """Embed and store what waits; what cannot be embedded together is tried alone, so that only the cause fails."""
        try:
            embedded = self._embed(waiting)
        except ModelUnavailable as error:
            if len(waiting) == 1:
                self._give_up(waiting[0])
                run.report(FileReport(waiting[0].source, "failed", reason=str(error)))
                return
            for each in waiting:
                self._finish([each], run, tolerated)
            return
        for each, vectors in zip(waiting, embedded, strict=True):
            try:
                document = self._store_vectors(each, vectors)
            except tolerated as error:
                run.report(FileReport(each.source, "failed", reason=str(error)))
            else:
                outcome: FileOutcome = "added" if each.is_new else "updated"
                run.report(FileReport(each.source, outcome, document.id, " ".join(each.reading.notes)))

    def _embed(self, waiting: Sequence[_Prepared]) -> list[list[PassageVectors]]:
        """Return the vectors of each document's passages."""
        inputs = [model_input(each.reading.text, draft) for each in waiting for draft in each.drafts]
        made = iter(self._embedder().embed_passages(inputs) if inputs else [])
        return [[next(made) for _ in each.drafts] for each in waiting]

    def _store_vectors(self, each: _Prepared, vectors: Sequence[PassageVectors]) -> Document:
        """Return a document after its passages are stored; when they cannot be, its text is given up again."""
        passages = []
        for draft, made in zip(each.drafts, vectors, strict=True):
            words = [sentence_terms(each.reading.text, sentence) for sentence in draft.sentences]
            passages.append(NewPassage(draft, made.vector, made.sentences, [*words, terms(draft.context)]))
        try:
            return self._store.finish_document(each.pending, passages)
        except AssistantError:
            self._give_up(each)
            raise

    def _give_up(self, each: _Prepared) -> None:
        """Make room again of a text that will not be searched; where that fails too, the next writer does it."""
        with suppress(AssistantError):
            self._store.abandon(each.pending)


class _Run:
    """The reports of one run so far, and who is told about them."""

    def __init__(self, total: int, on_progress: OnProgress | None) -> None:
        self._total = total
        self._reports: dict[str, FileReport] = {}
        self._on_progress = on_progress

    def begin(self, source: str) -> None:
        if self._on_progress:
            self._on_progress(Progress(len(self._reports), self._total, source, None))

    def report(self, report: FileReport) -> None:
        self._reports[report.path] = report
        if self._on_progress:
            done = len(self._reports)
            self._on_progress(Progress(done, self._total, report.path, report.outcome, report.reason))

    def in_order(self, sources: Iterable[str]) -> list[FileReport]:
        """Return the reports in the order in which the sources were met, which is not the one of their ends."""
        return [self._reports[source] for source in sources]
