"""Sources that were read to stored documents: splits, embeds and stores them, small ones together."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from index.embed import Embedder, PassageVectors
from index.errors import AssistantError, ModelUnavailable, StoreFull, UnreadableSource
from index.file_records import FileRow
from index.models import Document, FileOutcome, FileReport, PassageDraft, Progress, Reading
from index.passage_terms import passage_terms
from index.split import model_input, split
from index.store import NewPassage, PendingDocument, Store

OnProgress = Callable[[Progress], None]

_TOGETHER = 64
"""Small documents are embedded together until they have this many passages: single ones leave the model half idle."""
_EMBEDDED_AT_ONCE = 64
"""After so many passages of a long document it is told how far it is, and may be ended."""
_AHEAD = 4
"""How many sources are read before they are asked for."""
_OF_ONE_SOURCE = (UnreadableSource, StoreFull)
"""Errors that the next source need not have: a smaller one can still find room."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A source that was read and split, with its text stored, that waits for its vectors."""

    source: str
    reading: Reading
    drafts: tuple[PassageDraft, ...]
    pending: PendingDocument
    file: FileRow | None
    outcome: FileOutcome
    reason: str = ""


Outcome = Prepared | FileReport


@dataclass(frozen=True, slots=True)
class Job:
    """A source, what reads it, and what makes of that a document that waits for its vectors.

    `prepare` gets `read`, which gives what was read or raises; the reading itself is done ahead, in another thread.
    """

    source: str
    read: Callable[[], Any]
    prepare: Callable[[Callable[[], Any]], Outcome]


class Work:
    """Turns readings into documents of one store with one embedding model; inside the store's `writing()`."""

    def __init__(self, store: Store, load_embedder: Callable[[], Embedder]) -> None:
        """Use a model that is loaded when something must be embedded, not before."""
        self._store = store
        self._load_embedder = load_embedder

    def run(
        self,
        jobs: Sequence[Job],
        on_progress: OnProgress | None,
        tolerated: tuple[type[AssistantError], ...] = _OF_ONE_SOURCE,
    ) -> list[FileReport]:
        """Return what became of each source; a tolerated error is the failure of one of them."""
        run = _Run(len(jobs), on_progress)
        with _Beside(self, run, tolerated) as beside:
            waiting: list[Prepared] = []
            for job, read in _read_ahead(jobs):
                run.begin(job.source)
                try:
                    outcome = job.prepare(read)
                except tolerated as error:
                    outcome = FileReport(job.source, "failed", reason=str(error))
                if isinstance(outcome, FileReport):
                    run.report(outcome)
                    continue
                if len(outcome.drafts) < _TOGETHER:
                    waiting.append(outcome)
                    if sum(len(each.drafts) for each in waiting) >= _TOGETHER:
                        beside.embed(waiting)
                        waiting = []
                else:  # a long one does not keep those before it waiting, and tells how far it is
                    beside.embed(waiting)
                    beside.embed([])
                    waiting = []
                    self.finish([outcome], partial(self.embed, [outcome], run.goes_on), run, tolerated)
            beside.embed(waiting)
        return run.in_order([job.source for job in jobs])

    def prepare(self, source: str, reading: Reading, file: FileRow | None = None) -> Outcome:
        """Split a reading and store its text, or report it as unchanged when the same is there already."""
        present = self._store.find_source(source)
        if present and self._is_done(self._store.document(present[0]), reading):
            self._store.note_files([file] if file and self._store.file(source) != file else [])
            return FileReport(source, "unchanged", present[0], " ".join(reading.notes))
        embedder = self._embedder()
        drafts = split(reading, count_tokens=embedder.count_tokens, max_tokens=embedder.max_tokens)
        if not drafts:
            raise UnreadableSource(f"{source!a} holds no sentences that could be quoted; check its content.")
        pending = self._store.begin_document(source, reading)
        return Prepared(source, reading, drafts, pending, file, "updated" if present else "added")

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

    def finish(
        self,
        waiting: Sequence[Prepared],
        embedded: Callable[[], list[list[PassageVectors]]],
        run: "_Run",
        tolerated: tuple[type[AssistantError], ...],
    ) -> None:
        """Store what was embedded; what could not be embedded together is tried alone, so that only the cause fails."""
        try:
            vectors_of_each = embedded()
        except ModelUnavailable as error:
            if len(waiting) == 1:
                self._give_up(waiting[0])
                run.report(FileReport(waiting[0].source, "failed", reason=str(error)))
                return
            for each in waiting:
                self.finish([each], partial(self.embed, [each], run.goes_on), run, tolerated)
            return
        for each, vectors in zip(waiting, vectors_of_each, strict=True):
            try:
                document = self.store_vectors(each, vectors)
            except tolerated as error:
                run.report(FileReport(each.source, "failed", reason=str(error)))
            else:
                reason = " ".join(filter(None, (each.reason, *each.reading.notes)))
                run.report(FileReport(each.source, each.outcome, document.id, reason))

    def embed(
        self, waiting: Sequence[Prepared], on_part: Callable[[str, float], None] | None = None
    ) -> list[list[PassageVectors]]:
        """Return the vectors of each document's passages.

        Args:
            waiting: the documents.
            on_part: told of the last one, which is the only one that can be long, how much of all is done.
        """
        inputs = [model_input(each.reading.text, draft) for each in waiting for draft in each.drafts]
        vectors: list[PassageVectors] = []
        while len(vectors) < len(inputs):
            if vectors and on_part:
                on_part(waiting[-1].source, len(vectors) / len(inputs))
            vectors += self._embedder().embed_passages(inputs[len(vectors) : len(vectors) + _EMBEDDED_AT_ONCE])
        made = iter(vectors)
        return [[next(made) for _ in each.drafts] for each in waiting]

    def store_vectors(self, each: Prepared, vectors: Sequence[PassageVectors]) -> Document:
        """Return a document after its passages are stored; when they cannot be, its text is given up again."""
        passages = []
        for draft, made in zip(each.drafts, vectors, strict=True):
            words = passage_terms(each.reading.title, each.reading.text, draft)
            passages.append(NewPassage(draft, made.vector, made.sentences, words))
        try:
            return self._store.finish_document(each.pending, passages, each.file)
        except AssistantError:
            self._give_up(each)
            raise

    def _give_up(self, each: Prepared) -> None:
        """Make room again of a text that will not be searched; where that fails too, the next writer does it."""
        with suppress(AssistantError):
            self._store.abandon(each.pending)


def _read_ahead(jobs: Sequence[Job]) -> Iterator[tuple[Job, Callable[[], Any]]]:
    """Yield each job with what gives its reading, which is read while the ones before it are embedded."""
    with ThreadPoolExecutor(1, thread_name_prefix="reading") as pool:
        try:
            begun: deque[Future[Any]] = deque()
            for number, job in enumerate(jobs):
                begun.extend(pool.submit(each.read) for each in jobs[number + len(begun) : number + _AHEAD])
                yield job, begun.popleft().result
        finally:
            pool.shutdown(cancel_futures=True)


class _Beside:
    """Embeds in another thread, so that what was embedded is stored, and the next sources are split, meanwhile."""

    def __init__(self, work: Work, run: "_Run", tolerated: tuple[type[AssistantError], ...]) -> None:
        self._work, self._run, self._tolerated = work, run, tolerated
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="batch")
        self._begun: tuple[list[Prepared], Future[list[list[PassageVectors]]]] | None = None

    def embed(self, waiting: list[Prepared]) -> None:
        """Begin with some documents once those before them are embedded, and store those meanwhile."""
        before, self._begun = self._begun, None
        if before:
            wait([before[1]])
        if waiting:
            self._begun = waiting, self._pool.submit(self._work.embed, waiting)
        if before:
            self._work.finish(before[0], before[1].result, self._run, self._tolerated)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Store the last documents; after an error what is under way is left."""
        try:
            if kind is None:
                self.embed([])
        finally:
            self._pool.shutdown(cancel_futures=True)


class _Run:
    """The reports of one run so far, and who is told about them, always by the writer's thread."""

    def __init__(self, total: int, on_progress: OnProgress | None) -> None:
        self._total = total
        self._reports: dict[str, FileReport] = {}
        self._on_progress = on_progress

    def begin(self, source: str) -> None:
        self._tell(Progress(len(self._reports), self._total, source, None))

    def goes_on(self, source: str, part: float) -> None:
        self._tell(Progress(len(self._reports), self._total, source, None, part=part))

    def report(self, report: FileReport) -> None:
        self._reports[report.path] = report
        done = len(self._reports)
        self._tell(Progress(done, self._total, report.path, report.outcome, report.reason, report.document_id))

    def _tell(self, progress: Progress) -> None:
        if self._on_progress:
            self._on_progress(progress)

    def in_order(self, sources: Iterable[str]) -> list[FileReport]:
        """Return the reports in the order in which the sources were met, which is not the one of their ends."""
        return [self._reports[source] for source in sources]
