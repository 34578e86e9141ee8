"""The servers that tests talk to, each started once for all of them in a temporary folder, on loopback."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server with an empty database; gives its address."""
    programs = _postgres_programs()
    if programs is None:
        missing("PostgreSQL is not installed (Debian's package is postgresql).")
    assert programs is not None
    # As root the server refuses to run; in a folder of its own, because its user cannot look into root's.
    user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    if user:
        shutil.chown(folder, "nobody", "nogroup")
    data, port = folder / "data", free_port()
    settings = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    control = [*user, str(programs / "pg_ctl"), "-D", str(data), "-w", "-t", "60"]
    try:
        made = [*user, str(programs / "initdb"), "-D", str(data), "-U", "tester", "-A", "trust", "-E", "UTF8"]
        _run([*made, "--locale=C", "--no-sync"], folder)
        _run([*control, "-l", str(folder / "log"), "-o", settings, "start"], folder)
        yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        _run([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def chroma() -> Iterator[str]:
    """A Chroma server with nothing in it; gives its address."""
    program = Path(sys.executable).with_name("chroma")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="chroma-") as folder:
        command = [str(program), "run", "--path", folder, "--host", "127.0.0.1", "--port", str(port)]
        silent = subprocess.DEVNULL
        with subprocess.Popen(command, cwd=folder, stdin=silent, stdout=silent, stderr=silent) as process:
            try:
                url = f"http://127.0.0.1:{port}"
                _wait_for(f"{url}/api/v2/heartbeat")
                yield url
            finally:
                process.kill()


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def missing(what: str) -> None:
    """Skip a test that needs what is not there; in CI that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


def _postgres_programs() -> Path | None:
    """Where PostgreSQL's programs are: on the path, or where Debian keeps them."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).parent] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists()), None)


def _wait_for(url: str) -> None:
    """Wait until an address is answered."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(url).raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise AssertionError(f"{url} does not answer")


def _run(command: list[str], folder: Path) -> None:
    """Run a program to its end; what it printed is shown when it fails."""
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert done.returncode == 0, done.stdout.decode()
