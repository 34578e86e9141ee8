"""What others want done in a collection while a job writes to it: the job does it, since there is one writer."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

from index.errors import StoreBusy

_PATIENCE = 30.0
_BUSY = "The collection is busy with a large document; try again when that is indexed."


class Errands:
    """What is asked of one job; safe to use from several threads."""

    def __init__(self) -> None:
        """Take errands from now on."""
        self._asked: deque[tuple[Callable[[], None], Future[None]]] = deque()
        self._lock = threading.Lock()
        self._is_closed = False

    def run(self, work: Callable[[], None]) -> bool:
        """Have something done and wait for it; raises what it raises.

        Returns:
            Whether it was done; not when the job has ended.

        Raises:
            StoreBusy: when the job did not come to it in time.
        """
        done: Future[None] = Future()
        with self._lock:
            if self._is_closed:
                return False
            self._asked.append((work, done))
        try:
            done.result(_PATIENCE)
        except TimeoutError as error:
            if done.cancel():
                raise StoreBusy(_BUSY) from error
            done.result()
        return True

    def do(self) -> None:
        """Do what was asked for; called by the job between its files."""
        while self._asked:
            work, done = self._asked.popleft()
            if not done.set_running_or_notify_cancel():
                continue
            try:
                work()
            except Exception as error:  # It is raised again where it was asked for.
                done.set_exception(error)
            else:
                done.set_result(None)

    def close(self) -> None:
        """Take no more errands, and do those that are left."""
        with self._lock:
            self._is_closed = True
        self.do()
