"""Indexing that outlasts a request: one job after the other in each collection, to be looked at and cancelled."""

import logging
import secrets
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from assistant.api.errands import Errands
from assistant.assistant import Assistant
from assistant.uploads import Sent, add_uploads
from index.errors import AssistantError, DocumentNotFound
from index.models import Progress

State = Literal["queued", "running", "done", "failed", "cancelled"]
_KEPT = 1_000
_UNEXPECTED = "Something unexpected went wrong; send the files again."
_log = logging.getLogger(__name__)


class JobNotFound(DocumentNotFound):
    """There is no job of that id, or it is so old that it was forgotten."""


class _Cancelled(Exception):
    pass


@dataclass(slots=True)
class Job:
    """The indexing of some uploaded files."""

    collection: str
    sent: Sequence[Sent]
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    state: State = "queued"
    files: list[dict[str, Any]] = field(default_factory=list)
    problem: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    errands: Errands = field(default_factory=Errands)
    _begun: dict[str, float] = field(default_factory=dict)
    """How much is done of each file that is begun and not done."""
    _started_at: datetime | None = None
    _began: float = 0.0
    _took: float | None = None

    def begin(self) -> None:
        """Note that it is its turn."""
        self._began, self._started_at, self.state = time.monotonic(), datetime.now(UTC), "running"

    def see(self, step: Progress) -> None:
        """Note how far the indexing is."""
        if step.outcome is None:
            self._begun = {**self._begun, step.path: step.part}
            return
        self._begun = {name: part for name, part in self._begun.items() if name != step.path}
        size = next(each.size for each in self.sent if each.name == step.path)
        outcome = {"outcome": step.outcome, "reason": step.reason, "document_id": step.document_id}
        self.files.append({"name": step.path, "size": size, **outcome})

    def end(self, state: State, problem: str = "") -> None:
        """Note how it ended."""
        self._took = time.monotonic() - self._began if self._started_at else 0.0
        self._begun, self.problem, self.state = {}, problem, state

    def to_dict(self) -> dict[str, Any]:
        """The job as JSON-ready values."""
        state, begun, files = self.state, self._begun, list(self.files)
        ended = {each["name"] for each in files}
        left = [each for each in self.sent if each.name not in ended]
        total = sum(each.size for each in self.sent)
        return {
            "id": self.id,
            "collection": self.collection,
            "state": state,
            "done": len(files),
            "total": len(self.sent),
            "now": next(reversed(begun), ""),
            "files": files,
            "waiting": [each.name for each in left],
            "bytes_done": int(total - sum(each.size * (1 - begun.get(each.name, 0)) for each in left)),
            "bytes_total": total,
            "started_at": self._started_at.isoformat() if self._started_at else None,
            "seconds": round(self._seconds(), 3),
            "problem": self.problem,
        }

    def _seconds(self) -> float:
        if self._took is not None:
            return self._took
        return time.monotonic() - self._began if self._started_at else 0.0


class Jobs:
    """The jobs of a server; safe to use from several threads. What they are is forgotten with the process."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._workers: dict[str, ThreadPoolExecutor] = {}
        self._lock = threading.Lock()

    def start(self, assistant: Assistant, folder: Path, files: Sequence[Sent]) -> Job:
        """Index files of a folder that is deleted afterwards, when those before them in the collection are done."""
        job = Job(assistant.collection, files)
        with self._lock:
            self._jobs[job.id] = job
            for old in [each for each in self._jobs.values() if each.ended.is_set()][: max(0, len(self._jobs) - _KEPT)]:
                del self._jobs[old.id]
            worker = self._workers.setdefault(assistant.collection, ThreadPoolExecutor(1, "indexing"))
            worker.submit(_run, job, assistant, folder)
        return job

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            JobNotFound: when there is none of that id.
        """
        with self._lock:
            if job_id not in self._jobs:
                raise JobNotFound(f"There is no job {job_id[:80]!a}; it never was, or it is long done.")
            return self._jobs[job_id]

    def newest(self, most: int, is_wanted: Callable[[Job], bool]) -> list[Job]:
        """Return at most so many of the jobs that are wanted, newest first."""
        with self._lock:
            return list(islice(filter(is_wanted, reversed(self._jobs.values())), most))

    def cancel(self, job_id: str) -> Job:
        """Let a job end as soon as it can, and return it; what is indexed by then stays.

        Raises:
            JobNotFound: when there is none of that id.
        """
        job = self.get(job_id)
        job.cancelled.set()
        return job

    def remove(self, assistant: Assistant, document_id: str) -> None:
        """Remove a document, also while a job writes to its collection.

        Raises:
            DocumentNotFound: when there is none with that id.
            StoreBusy: when somebody else writes, or the job is at a large document.
        """
        assistant.document(document_id)
        running = self.newest(1, lambda job: job.collection == assistant.collection and job.state == "running")
        if not (running and running[0].errands.run(lambda: assistant.remove(document_id))):
            assistant.remove(document_id)

    def forget(self, collection: str) -> None:
        """Forget the jobs of a collection that is deleted."""
        with self._lock:
            for old in [each for each in self._jobs.values() if each.collection == collection and each.ended.is_set()]:
                del self._jobs[old.id]

    @property
    def waiting(self) -> int:
        """How many jobs are not done."""
        with self._lock:
            return sum(not job.ended.is_set() for job in self._jobs.values())

    def close(self) -> None:
        """Cancel what goes on and wait for it."""
        with self._lock:
            for job in self._jobs.values():
                job.cancelled.set()
            workers = list(self._workers.values())
        for worker in workers:
            worker.shutdown()


def _run(job: Job, assistant: Assistant, folder: Path) -> None:
    def seen(step: Progress) -> None:
        job.see(step)
        job.errands.do()
        if job.cancelled.is_set() and step.outcome is None:
            raise _Cancelled

    try:
        if job.cancelled.is_set():
            raise _Cancelled
        job.begin()
        add_uploads(assistant, job.sent, seen)
        job.end("done")
    except _Cancelled:
        with suppress(AssistantError), assistant.writing():
            pass  # Whoever begins to write clears what was not finished.
        job.end("cancelled")
    except AssistantError as error:
        job.end("failed", str(error))
    except Exception:  # The job is a surface: whatever happens, the person reads a sentence.
        _log.exception("a job failed")
        job.end("failed", _UNEXPECTED)
    finally:
        job.errands.close()
        shutil.rmtree(folder, ignore_errors=True)
        job.ended.set()
