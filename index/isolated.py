"""Files to readings in processes of their own, which are killed when they take too long or too much.

A process serves many files one after the other. It is started when the first file asks for it and is gone when its
owner is: it reads its requests from a pipe that ends then.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict

from index.encoded import reading_from_text
from index.errors import UnreadableSource
from index.limits import MEGABYTE, Limits
from index.models import Reading
from index.names import shown
from index.readers import worker

_CODE = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from index.readers.worker import main; main()"
_FILES_A_PROCESS = 200
"""After so many it is replaced, whatever a library may have kept of them."""
_OUT_OF_TIME = getattr(signal, "SIGXCPU", 0)
_WAITING = 4
"""How many times the processor time a file may wait for a processor that others use."""


class IsolatedReader:
    """Parses files one at a time in another process; a context manager, safe to use from several threads."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._process: subprocess.Popen[bytes] | None = None
        self._served = 0
        self._lock = threading.Lock()

    def __enter__(self) -> "IsolatedReader":
        """Return the reader."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self.close()

    def close(self) -> None:
        """End the process; the next file starts a new one."""
        with self._lock:
            self._end()

    def parse(self, data: bytes, name: str, media_type: str, limits: Limits) -> Reading:
        """Return the reading of a file's bytes.

        Raises:
            UnreadableSource: when its reader refuses it, fails, or takes more than the limits.
        """
        return reading_from_text(self._told(data, name, limits, {"media_type": media_type}))

    def draw(self, data: bytes, name: str, page: int, words: str, *, whole: bool, limits: Limits) -> bytes:
        """Return a page of a PDF as a PNG picture with some words marked, or the part of it around them.

        Raises:
            UnreadableSource: when there is no such page, or drawing it fails or takes more than the limits.
        """
        return base64.b64decode(self._told(data, name, limits, {"page": page, "words": words, "whole": whole}))

    def _told(self, data: bytes, name: str, limits: Limits, task: dict[str, object]) -> str:
        """Return what the process makes of a file, or raise why it makes nothing."""
        head = json.dumps({"name": name, "limits": asdict(limits), "task": task}).encode()
        with self._lock:
            answer, was_late = self._asked(head, data, limits)
        if answer is None:
            raise UnreadableSource(_ended(name, limits, was_late=was_late))
        told = json.loads(answer)
        if "error" in told:
            raise UnreadableSource(str(told["error"]))
        return str(told["made"])

    def _asked(self, head: bytes, data: bytes, limits: Limits) -> tuple[bytes | None, bool]:
        """Return (the answer or None, whether the process was killed for the time that it took)."""
        process = self._running()
        late = threading.Event()

        def kill() -> None:
            late.set()
            _kill(process)

        timer = threading.Timer(limits.seconds * _WAITING + 5, kill)
        timer.daemon = True
        timer.start()
        answer = None
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            with suppress(OSError, ValueError):
                worker.write(process.stdin, head)
                worker.write(process.stdin, data)
                answer = worker.read(process.stdout)
        finally:
            timer.cancel()
            self._served += 1
            if answer is None or self._served >= _FILES_A_PROCESS:
                code = self._end()
        return answer, answer is None and (late.is_set() or code == -_OUT_OF_TIME)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._served = 0
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _CODE, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
            )
        return self._process

    def _end(self) -> int:
        """End the process with all that it may have started, and return how it ended."""
        process, self._process = self._process, None
        if process is None:
            return 0
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                if stream:
                    stream.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        _kill(process)
        return process.wait()


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process with all that it has started."""
    with suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def _ended(name: str, limits: Limits, *, was_late: bool) -> str:
    if was_late:
        return (
            f"{shown(name)} took more than {limits.seconds} seconds to read and was given up; split it into smaller "
            "files or save it anew."
        )
    return (
        f"{shown(name)} needs more than {limits.memory_bytes // MEGABYTE:,} MB of memory or breaks its reader; split "
        "it into smaller files or save it anew."
    )
