"""One writer at a time: a lock that dies with the process that holds it."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import StoreBusy, StoreError

PATIENCE = 1.5
"""Seconds that a second writer waits before it is refused."""
_REFUSAL = "Another process is writing to this collection; try again when it has finished."


class WriterLock(ABC):
    """The right to write to one collection, for one thread of one process at a time; the same thread may nest it."""

    def __init__(self, refusal: str = _REFUSAL) -> None:
        """Say `refusal` to a second writer."""
        self._refusal = refusal
        self._threads = threading.RLock()
        self._depth = 0
        self._owner: int | None = None

    @property
    def held(self) -> bool:
        """Whether the calling thread holds the lock."""
        return self._owner == threading.get_ident()

    @contextmanager
    def hold(self) -> Iterator[bool]:
        """Hold the lock for the block; gives True in the outermost block and False in a nested one.

        Raises:
            StoreBusy: when another thread or process holds it for longer than `PATIENCE` seconds.
            StoreError: when the lock cannot be reached.
        """
        deadline = time.monotonic() + PATIENCE
        if not self._threads.acquire(timeout=PATIENCE):
            raise StoreBusy(self._refusal)
        try:
            outermost = self._depth == 0
            if outermost:
                self._take(max(0.0, deadline - time.monotonic()))
                self._owner = threading.get_ident()
            self._depth += 1
            try:
                yield outermost
            finally:
                self._depth -= 1
                if outermost:
                    self._owner = None
                    self._release()
        finally:
            self._threads.release()

    @abstractmethod
    def _take(self, patience: float) -> None:
        """Take the lock that other processes see, within so many seconds, or raise."""

    @abstractmethod
    def _release(self) -> None:
        """Give it back."""


class FileWriterLock(WriterLock):
    """The operating system's lock of a file."""

    def __init__(self, path: Path, refusal: str = _REFUSAL) -> None:
        """Use the file at `path`; it is created when first needed and never removed."""
        super().__init__(refusal)
        self._file = FileLock(path, thread_local=False)

    def _take(self, patience: float) -> None:
        try:
            self._file.acquire(timeout=patience, poll_interval=0.02)
        except Timeout as error:
            raise StoreBusy(self._refusal) from error
        except OSError as error:
            raise StoreError(
                f"Cannot write to {self._file.lock_file}: {error.strerror}; check its permissions."
            ) from error

    def _release(self) -> None:
        self._file.release()
