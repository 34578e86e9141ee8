"""Kills a writer at random instants and looks whether anything that it acknowledged is lost or half there.

    python -m bench.crash --kills 50 --seed 1     # the store; exit code 0 when nothing was lost
    python -m bench.crash --control               # plain in-place Chroma; exit code 0 when the same kills break it

A child indexes, replaces and removes documents in one reused home and appends a line to a journal, forced to the disk,
after each call that returned. The parent kills it (SIGKILL); a fresh process then compares the home with the journal.
Vectors are made from a hash of the text, so no model is needed.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.crash_child import entries_of, settle
from index.store import Store

_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Outcome:
    """What all the kills together did."""

    kills: int
    acknowledged: int
    documents: int
    problems: tuple[str, ...]
    unfinished_generations: int
    """After how many kills an unfinished generation was lying there: those kills hit its building."""
    half_documents: int
    """After how many kills a document was pending: those kills hit between storing its text and its passages."""


def run(kills: int, seed: int, home: Path) -> Outcome:
    """Kill a writer of one home `kills` times and return what the checks after each kill found."""
    journal = home.with_name(home.name + ".journal")
    chance = random.Random(seed)
    problems: list[str] = []
    dirty = pending = 0
    for number in range(kills):
        _kill("work", home, journal, seed + number, lambda: chance.choice((0.1, 0.6)) * chance.random())
        dirty += any((home / "default" / "generations").glob("*/DIRTY"))
        pending += _has_pending(home)
        checked = _child("check", home, journal, seed)
        found = json.loads(checked.stdout) if checked.returncode == 0 else [f"checker died: {checked.stderr[-300:]}"]
        problems += [f"kill {number + 1}: {problem}" for problem in found]
        settle(home, journal)
    with Store.open(home) as store:
        documents = store.counts()[0]
    done = sum(entry["mark"] == "done" for entry in entries_of(journal))
    return Outcome(kills, done, documents, tuple(problems), dirty, pending)


def _has_pending(home: Path) -> bool:
    """Return whether the kill left a document whose passages are missing."""
    with Store.open(home) as store:
        return bool(store.catalog.row("SELECT 1 FROM document WHERE state = 'pending'"))


def run_control(kills: int, seed: int, folder: Path) -> tuple[int, list[str]]:
    """Kill a writer of plain Chroma; returns how many stores broke and how (after each, a new store is taken)."""
    chance = random.Random(seed)
    broken: list[str] = []
    home = folder / "control-0"
    for number in range(kills):
        journal = home.with_name(home.name + ".journal")
        _kill("control-work", home, journal, seed + number, lambda: chance.choice((0.1, 0.6)) * chance.random())
        checked = _child("control-check", home, journal, seed)
        found = json.loads(checked.stdout) if checked.returncode == 0 else []
        if checked.returncode:
            last = (checked.stderr.strip().splitlines() or [""])[-1][:120]
            broken.append(f"kill {number + 1}: cannot be read (exit code {checked.returncode}) {last}")
        elif found:
            broken.append(f"kill {number + 1}: {len(found)} acknowledged texts are not found")
        if checked.returncode or found:
            home = folder / f"control-{number + 1}"
    return len(broken), broken


def _arguments(role: str, home: Path, journal: Path, seed: int) -> list[str]:
    """Return the command line of a child."""
    return [sys.executable, "-m", "bench.crash_child", role, str(home), str(journal), str(seed)]


def _kill(role: str, home: Path, journal: Path, seed: int, seconds: Callable[[], float]) -> None:
    """Start a child, let it work for some time after its first acknowledgement, and kill it."""
    before = journal.stat().st_size if journal.exists() else 0
    child = subprocess.Popen(_arguments(role, home, journal, seed), cwd=_ROOT, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while (not journal.exists() or journal.stat().st_size == before) and time.monotonic() < deadline:
            if child.poll() is not None:
                return
            time.sleep(0.002)
        time.sleep(seconds())
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
        child.wait()


def _child(role: str, home: Path, journal: Path, seed: int) -> subprocess.CompletedProcess[str]:
    """Run a child to its end."""
    command = _arguments(role, home, journal, seed)
    return subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=120, check=False)


def main() -> int:
    """Run the harness from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--control", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.control:
            broken, how = run_control(options.kills, options.seed, Path(folder))
            print(f"plain Chroma, {options.kills} kills: {broken} stores broke", *how, sep="\n")
            return 0 if broken else 1
        outcome = run(options.kills, options.seed, Path(folder) / "home")
    for name, value in asdict(outcome).items():
        print(f"{name:24} {len(value) if name == 'problems' else value}")
    print("\n".join(outcome.problems[:20]))
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
