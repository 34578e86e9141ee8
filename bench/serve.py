"""Many users at one server: how long answers take, whether any is another's, and what it does to the memory.

Thirty users ask ten questions each while documents are being indexed beside them; then a thousand more are asked, one
after the other, and the server's resident memory is compared before and after. What is timed is the whole request.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from bench.figures import memory

USERS, QUESTIONS, MORE = 30, 10, 1_000
TOWNS = [f"{first}{last}" for first in ("Alder", "Birch", "Cedar", "Dove", "Elm", "Fern") for last in
          ("ham", "ford", "wick", "stead", "ton")]  # fmt: skip
_INDEXED = 40


def text_of(town: str) -> str:
    """Return a document about a town, in which every number is the town's own."""
    number = 1800 + TOWNS.index(town)
    return (
        f"The bridge of {town} was opened in {number}. It carries {number % 7 + 2} railway tracks over the river. "
        f"The mayor of {town} lives in house {number}. The library of {town} holds {number} maps.\n"
    )


@contextmanager
def serving(
    home: Path, command: str = "serve", variables: Mapping[str, str] | None = None
) -> Iterator[tuple[str, int]]:
    """Serve a home in a process of its own, by `serve` or with the page by `chat`; gives the address and process id."""
    started = [sys.executable, "-m", "assistant.cli", "--home", str(home), command, "--port", "0"]
    environment = {**os.environ, "ASSISTANT_MAX_REQUESTS_PER_MINUTE": "0", "ASSISTANT_MAX_CONCURRENT_REQUESTS": "64"}
    environment |= variables or {}
    with subprocess.Popen(started, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found
            yield found[0], server.pid
        finally:
            server.terminate()


def memory_after(
    home: Path, questions: Sequence[str], variables: Mapping[str, str] | None = None
) -> tuple[float, float, bool]:
    """Return what a server of a home holds after some questions.

    That is the megabytes, the most that they have been, and whether torch is among them.
    """
    with serving(home, variables=variables) as (address, process):
        with httpx.Client(base_url=address, timeout=300) as client:
            for question in questions:
                client.post("/v1/ask", json={"question": question}).raise_for_status()
        return *memory(process), "libtorch" in Path(f"/proc/{process}/maps").read_text()


def asked_by(client: httpx.Client, town: str, number: int) -> tuple[float, bool]:
    """Ask about a town; returns the milliseconds, and whether the answer is about that town alone."""
    question = (f"When was the bridge of {town} opened?", f"How many maps does the library of {town} hold?")[number % 2]
    began = time.perf_counter()
    answer = client.post("/v1/ask", json={"question": question})
    took = (time.perf_counter() - began) * 1000
    told = answer.raise_for_status().json()
    first = told["quotes"][0]["text"] if told["quotes"] else ""
    return took, told["question"] == question and town in first and str(1800 + TOWNS.index(town)) in first


def measure(address: str, process: int) -> dict[str, Any]:
    """Return the figures of one run."""
    with httpx.Client(base_url=address, timeout=300) as client:
        files = [("files", (f"{town}.txt", text_of(town).encode())) for town in TOWNS]
        client.post("/v1/documents", params={"wait": 60}, files=files).raise_for_status()
        asked_by(client, TOWNS[0], 0)
        beside = [("files", (f"more {n}.txt", (f"Note {n} of the archive. " * 300).encode())) for n in range(_INDEXED)]
        job = client.post("/v1/documents", files=beside).raise_for_status().json()

        def user(number: int) -> list[tuple[float, bool]]:
            return [asked_by(client, TOWNS[number], each) for each in range(QUESTIONS)]

        with ThreadPoolExecutor(USERS) as users:
            together = [each for asked in users.map(user, range(USERS)) for each in asked]
        state = client.get(f"/v1/jobs/{job['id']}").json()
        while state["state"] == "running":
            time.sleep(0.2)
            state = client.get(f"/v1/jobs/{job['id']}").json()
        for number in range(100):
            asked_by(client, TOWNS[number % USERS], number)
        before, _ = memory(process)
        alone = [asked_by(client, TOWNS[number % USERS], number) for number in range(MORE)]
        after, _ = memory(process)
    return {
        "users": USERS,
        "questions": len(together),
        "crossed or wrong": sum(not right for _, right in [*together, *alone]),
        "together": _percentiles([took for took, _ in together]),
        "one after the other": _percentiles([took for took, _ in alone]),
        "indexed beside": state["done"],
        "resident MB before": round(before, 1),
        "resident MB after": round(after, 1),
        "growth": round(after / before - 1, 4),
    }


def _percentiles(times: list[float]) -> dict[str, float]:
    return {f"p{share} ms": round(float(np.percentile(times, share)), 1) for share in (50, 95, 99)}


def main() -> None:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench serve", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("bench/results/serve.json"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (address, process):
        figures = measure(address, process)
    print(json.dumps(figures, indent=2))
    arguments.out.write_text(json.dumps(figures, indent=2) + "\n")
