"""A running tool, as the runner sees it: started, asked, and stopped, with what it says when it fails."""

import contextlib
import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.figures import memory
from bench.rivals.environments import ROOT, ToolFailed, quiet_environment

_ENDING_SECONDS = 10


class Talk:
    """A tool's process that is waiting for questions."""

    def __init__(self, process: "subprocess.Popen[str]", errors: Path, seconds: float) -> None:
        """Take a process; `errors` is what it writes its log to, `seconds` how long one reply may take."""
        self._process, self._errors, self._seconds = process, errors, seconds
        self.versions: Mapping[str, str] = self._reply()["versions"]

    def say(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the reply to a line.

        Raises:
            ToolFailed: when the process ends, takes too long or says something else.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ToolFailed(f"It ended: {self._last_words()}") from None
        return self._reply()

    def peak_megabytes(self) -> float:
        """Return the most memory that the process has held, 0 where the system does not tell."""
        return memory(self._process.pid)[1]

    def _reply(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        killer = threading.Timer(self._seconds, self._process.kill)
        killer.start()
        try:
            line = self._process.stdout.readline()
        finally:
            late = not killer.is_alive()
            killer.cancel()
        if not line:
            took = f"it took more than {self._seconds:g} seconds" if late else self._last_words()
            raise ToolFailed(f"It ended: {took}")
        try:
            told: dict[str, Any] = json.loads(line)
        except ValueError:
            raise ToolFailed(f"It said something that is no reply: {line[:80]!a}") from None
        return told

    def _last_words(self) -> str:
        self._process.wait(10)
        lines = self._errors.read_text("utf-8", errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else f"it said nothing, exit code {self._process.returncode}"


@contextmanager
def talking(call: Sequence[str | Path], seconds: float = 3_600) -> Iterator[Talk]:
    """Run a tool for the block.

    Raises:
        ToolFailed: when it does not come up.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with (
            log.open("w") as errors,
            subprocess.Popen(
                call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT,
                env=quiet_environment(),
            ) as process,
        ):  # fmt: skip
            try:
                yield Talk(process, log, seconds)
            finally:
                _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    """Let a tool end by itself, so that what it has started ends too; kill it when it does not."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(_ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def cold_start(call: Sequence[str | Path], question: str) -> float:
    """Return the seconds from the start of a process over an index that is there to its first answer."""
    began = time.perf_counter()
    with talking(call) as talk:
        talk.say({"ask": question})
        return time.perf_counter() - began
