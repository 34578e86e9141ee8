"""Indexing that outlasts a request: one job after the other in each collection, to be looked at and cancelled."""

import logging
import secrets
import shutil
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from assistant.assistant import Assistant
from assistant.uploads import add_uploads
from index.errors import AssistantError, DocumentNotFound
from index.models import IngestReport, Progress

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
    total: int
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    state: State = "queued"
    done: int = 0
    now: str = ""
    files: list[dict[str, Any]] = field(default_factory=list)
    problem: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def to_dict(self) -> dict[str, Any]:
        """The job as JSON-ready values."""
        names = ("id", "collection", "state", "done", "total", "now", "problem")
        return {**{name: getattr(self, name) for name in names}, "files": list(self.files)}


class Jobs:
    """The jobs of a server; safe to use from several threads. What they are is forgotten with the process."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._workers: dict[str, ThreadPoolExecutor] = {}
        self._lock = threading.Lock()

    def start(self, assistant: Assistant, folder: Path, files: Sequence[Path]) -> Job:
        """Index files of a folder that is deleted afterwards, when those before them in the collection are done."""
        job = Job(assistant.collection, len(files))
        with self._lock:
            self._jobs[job.id] = job
            for old in [each for each in self._jobs.values() if each.ended.is_set()][: max(0, len(self._jobs) - _KEPT)]:
                del self._jobs[old.id]
            worker = self._workers.setdefault(assistant.collection, ThreadPoolExecutor(1, "indexing"))
            worker.submit(_run, job, assistant, folder, files)
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

    def cancel(self, job_id: str) -> Job:
        """Let a job end before its next file, and return it; what is indexed by then stays.

        Raises:
            JobNotFound: when there is none of that id.
        """
        job = self.get(job_id)
        job.cancelled.set()
        return job

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


def _run(job: Job, assistant: Assistant, folder: Path, files: Sequence[Path]) -> None:
    def seen(step: Progress) -> None:
        if job.cancelled.is_set() and step.outcome is None:
            raise _Cancelled
        job.done, job.now = step.done, "" if step.outcome else Path(step.path).name

    try:
        if job.cancelled.is_set():
            raise _Cancelled
        job.state = "running"
        job.files = _outcomes(add_uploads(assistant, files, seen))
        job.done, job.state = job.total, "done"
    except _Cancelled:
        job.state = "cancelled"
    except AssistantError as error:
        job.state, job.problem = "failed", str(error)
    except Exception:  # The job is a surface: whatever happens, the person reads a sentence.
        _log.exception("a job failed")
        job.state, job.problem = "failed", _UNEXPECTED
    finally:
        job.now = ""
        shutil.rmtree(folder, ignore_errors=True)
        job.ended.set()


def _outcomes(report: IngestReport) -> list[dict[str, Any]]:
    return [
        {"name": Path(each.path).name, "outcome": each.outcome, "reason": each.reason, "document_id": each.document_id}
        for each in report.files
    ]
