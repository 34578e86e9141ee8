"""Sources to searchable documents: reads, splits, embeds and stores, and does again only what has changed."""

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.embed import Embedder
from index.errors import AssistantError, StoreBusy, StoreDamaged, StoreFull, UnreadableSource
from index.models import Document, FileReport, IngestReport, PassageDraft, Progress, Reading, SourcePath
from index.readers import read_file, read_text
from index.split import passage_input, sentence_terms, split
from index.store import NewPassage, Store
from index.terms import terms

OnProgress = Callable[[Progress], None]

_TOGETHER = 64
"""Small documents are embedded together until they have this many passages: single ones leave the model half idle."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A source that was read and split and waits for its vectors."""

    source: str
    reading: Reading
    drafts: tuple[PassageDraft, ...]
    is_new: bool


class Ingest:
    """Indexes sources into one store with one embedding model; every method is the store's writer while it runs."""

    def __init__(self, store: Store, load_embedder: Callable[[], Embedder], *, max_bytes: int) -> None:
        """Put the parts together.

        Args:
            store: where documents go.
            load_embedder: gives the embedding model; called when something must be embedded, not before.
            max_bytes: the largest file that is read.
        """
        self._store = store
        self._load_embedder = load_embedder
        self._max_bytes = max_bytes

    def add(self, paths: Iterable[SourcePath], on_progress: OnProgress | None = None) -> IngestReport:
        """Index files and folders and report each source; one that fails does not stop the others.

        Raises:
            StoreBusy: when another process is writing.
            EmbeddingMismatch: when another model made the collection's vectors.
        """
        began = time.perf_counter()
        with self._store.writing():
            run = _Run(list(_sources(paths)), on_progress)
            waiting: list[_Prepared] = []
            for source in run.sources:
                if isinstance(source, FileReport):
                    run.report(source)
                    continue
                run.begin(str(source))
                try:
                    prepared = self._prepare(str(source), read_file(source, max_bytes=self._max_bytes))
                except AssistantError as error:
                    run.report(FileReport(str(source), "failed", reason=str(error)))
                    continue
                if isinstance(prepared, FileReport):
                    run.report(prepared)
                    continue
                waiting.append(prepared)
                if sum(len(each.drafts) for each in waiting) >= _TOGETHER:
                    self._finish(waiting, run)
                    waiting = []
            self._finish(waiting, run)
            self.fold(minimum=1)
        return IngestReport(tuple(run.reports), time.perf_counter() - began)

    def add_text(self, text: str, *, title: str, source: str, media_type: str) -> Document:
        """Index a text that an app holds, in place of an older one from the same source, and return its document.

        Raises:
            UnreadableSource: when the text is empty or holds characters that no valid text has.
            StoreBusy: when another process is writing.
            EmbeddingMismatch: when another model made the collection's vectors.
        """
        reading = read_text(text, title=title, media_type=media_type)
        with self._store.writing():
            prepared = self._prepare(source, reading)
            if isinstance(prepared, FileReport):
                return self._store.document(str(prepared.document_id))
            (document,) = self._embed_and_store([prepared])
            # An app adds text after text: what is newer than the index is scanned exactly until there is enough of it.
            self.fold(minimum=max(512, self._store.passage_count() // 16))
        return document

    def re_embed(self, on_progress: OnProgress | None = None) -> int:
        """Embed every stored text with the model that is set now and return how many documents that were.

        An interrupted run is taken up where it stopped.

        Raises:
            StoreBusy: when another process is writing.
        """
        with self._store.writing():
            identity = self._load_embedder().identity
            if self._store.embedding_identity() != identity:
                self._store.replace_embedding_identity(identity)
            documents = self._store.documents_without_passages()
            for done, document in enumerate(documents):
                if on_progress:
                    on_progress(Progress(done, len(documents), document.source, None))
                reading = read_text(document.text, title=document.title, media_type=document.media_type)
                self._embed_and_store([_Prepared(document.source, reading, self._split(reading), is_new=False)])
                if on_progress:
                    on_progress(Progress(done + 1, len(documents), document.source, "updated"))
            self.fold(minimum=1)
        return len(documents)

    def fold(self, *, minimum: int) -> None:
        """Bring the vector index up to date when at least `minimum` passages came or went since the last time.

        Where that cannot be done now the exact scan goes on, so nothing is lost.
        """
        try:
            self._store.fold(minimum)
        except (StoreBusy, StoreDamaged, StoreFull) as error:
            _log.warning("the vector index stays as it was: %s", error)

    def _prepare(self, source: str, reading: Reading) -> _Prepared | FileReport:
        """Split a reading, or report it as unchanged when the same text is there already."""
        present = self._store.find_source(source)
        if present and present[1] == hashlib.sha256(reading.text.encode()).hexdigest():
            return FileReport(source, "unchanged", present[0])
        drafts = self._split(reading)
        if not drafts:
            raise UnreadableSource(f"{source!a} holds no sentences that could be quoted; check its content.")
        return _Prepared(source, reading, drafts, is_new=present is None)

    def _split(self, reading: Reading) -> tuple[PassageDraft, ...]:
        embedder = self._embedder()
        return split(reading, count_tokens=embedder.count_tokens, max_tokens=embedder.max_tokens)

    def _embedder(self) -> Embedder:
        """Return the embedding model once it is sure that it is the collection's own."""
        embedder = self._load_embedder()
        if self._store.embedding_identity() != embedder.identity:
            self._store.set_embedding_identity(embedder.identity)
        return embedder

    def _finish(self, waiting: Sequence[_Prepared], run: "_Run") -> None:
        """Embed and store what waits; when that fails together, each is tried alone so that only the cause fails."""
        try:
            documents = self._embed_and_store(waiting)
        except AssistantError as error:
            if len(waiting) == 1:
                run.report(FileReport(waiting[0].source, "failed", reason=str(error)))
                return
            for each in waiting:
                self._finish([each], run)
            return
        for each, document in zip(waiting, documents, strict=True):
            run.report(FileReport(each.source, "added" if each.is_new else "updated", document.id))

    def _embed_and_store(self, waiting: Sequence[_Prepared]) -> list[Document]:
        """Return the documents after their passages have been embedded and everything is stored."""
        inputs = [passage_input(each.reading.text, draft) for each in waiting for draft in each.drafts]
        vectors = iter(self._embedder().embed_passages(inputs) if inputs else [])
        documents = []
        for each in waiting:
            reading = each.reading
            passages = []
            for draft in each.drafts:
                made = next(vectors)
                words = [sentence_terms(reading.text, sentence) for sentence in draft.sentences]
                passages.append(NewPassage(draft, made.vector, made.sentences, [*words, terms(draft.context)]))
            pending = self._store.begin_document(each.source, reading.title, reading.media_type, reading.text)
            documents.append(self._store.finish_document(pending, passages))
        return documents


class _Run:
    """The reports of one run so far, and who is told about them."""

    def __init__(self, sources: "list[Path | FileReport]", on_progress: OnProgress | None) -> None:
        self.sources = sources
        self.reports: list[FileReport] = []
        self._on_progress = on_progress

    def begin(self, path: str) -> None:
        if self._on_progress:
            self._on_progress(Progress(len(self.reports), len(self.sources), path, None))

    def report(self, report: FileReport) -> None:
        self.reports.append(report)
        if self._on_progress:
            done, total = len(self.reports), len(self.sources)
            self._on_progress(Progress(done, total, report.path, report.outcome, report.reason))


def _sources(paths: Iterable[SourcePath]) -> Iterator[Path | FileReport]:
    """Yield the files that paths name, each once, those of folders in the order of their names; failures as reports.

    Hidden files and folders inside a folder are left out, links to folders are not followed.
    """
    seen: set[str] = set()
    for path in paths:
        absolute = Path(os.path.abspath(path))
        found = _files_below(absolute) if absolute.is_dir() else iter([absolute])
        for each in found:
            name = each.path if isinstance(each, FileReport) else str(each)
            if name not in seen:
                seen.add(name)
                yield each


def _files_below(folder: Path) -> Iterator[Path | FileReport]:
    """Yield the files below a folder, and a failure for each folder that cannot be read."""
    failures: list[FileReport] = []

    def failed(error: OSError) -> None:
        reason = f"The folder {str(error.filename)!a} cannot be read ({error.strerror}); check its permissions."
        failures.append(FileReport(str(error.filename), "failed", reason=reason))

    for parent, folders, files in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(files) if not name.startswith("."))
    yield from failures
