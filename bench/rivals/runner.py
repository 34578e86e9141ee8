"""Runs every tool on the same documents, questions and embedding model, in turns, and keeps a table of the figures.

In turns means: a share of the documents for each tool, then the next share; every question to each tool before the
next question; every round of cold starts to each tool. So whatever else the machine does meets all of them alike. A
tool that fails has a row with the reason, and the others go on.
"""

import argparse
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from platformdirs import user_cache_dir

from bench.data import TASKS, Question, Source, load
from bench.figures import keep, load_average
from bench.rivals import table
from bench.rivals.environments import RIVALS, Environment, Rival, ToolFailed, environment
from bench.rivals.protocol import Quoted
from bench.rivals.scores import Asked, Cut, Scores, by, scores
from bench.rivals.talking import Talk, cold_start, talking
from index.embed import load_embedder
from index.pretrained import bundled_folder

SETS = ("newwiki", "clapnq")
_SHARES = 4


@dataclass(frozen=True, slots=True)
class Indexing:
    """How fast documents became searchable, without the loading of the model."""

    documents: int
    passages: int
    documents_per_second: float
    passages_per_second: float
    characters_per_second: float
    """Of the documents; the one figure that does not depend on how a tool cuts them."""


@dataclass(slots=True)
class Measured:
    """A row of the table: what is known of a tool, or why it ended."""

    name: str
    module: str
    reason: str = ""
    environment: Environment | None = None
    versions: dict[str, str] = field(default_factory=dict)
    cold_start_s: float | None = None
    peak_megabytes: float | None = None
    indexing: dict[str, Indexing] = field(default_factory=dict)
    """By the name of the set."""
    scores: dict[str, Scores] = field(default_factory=dict)

    def call(self, model: Path, folder: Path) -> list[str | Path]:
        """Return the command line that runs the tool over an index in a folder of its own."""
        assert self.environment is not None
        here = folder / self.module.rpartition(".")[2]
        return [self.environment.python, "-m", self.module, "--model", model, "--folder", here]


def installed(rivals: Sequence[Rival], envs: Path) -> list[Measured]:
    """Return a row for each tool, installed where that can be done."""
    rows = []
    for rival in rivals:
        row = Measured(rival.name, rival.module)
        try:
            row.environment = environment(rival, envs)
        except ToolFailed as error:
            row.reason = str(error)
        rows.append(row)
    return rows


@dataclass(slots=True)
class _Turn:
    """A tool at work on one set."""

    row: Measured
    talk: Talk
    seconds: float = 0.0
    passages: int = 0
    asked: list[Asked] = field(default_factory=list)

    def say(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the tool's reply, or nothing once it has failed, with the reason in its row."""
        if self.row.reason:
            return {}
        try:
            return self.talk.say(asked)
        except ToolFailed as error:
            self.row.reason = str(error)
            return {}


def measure(
    rows: Sequence[Measured],
    name: str,
    sources: Sequence[Source],
    questions: Sequence[Question],
    *,
    model: Path,
    folder: Path,
    cut: Cut,
) -> None:
    """Write into the rows what the tools do with one set; their indexes stay in the folder."""
    with ExitStack() as stack:
        turns = []
        for row in rows:
            if row.reason:
                continue
            try:
                turns.append(_Turn(row, stack.enter_context(talking(row.call(model, folder)))))
            except ToolFailed as error:
                row.reason = str(error)
        for number in range(_SHARES):
            share = [asdict(source) for source in sources[number::_SHARES]]
            for turn in turns:
                if told := turn.say({"index": share}):
                    turn.seconds += told["seconds"]
                    turn.passages += told["passages"]
        for turn in turns:
            turn.say({"ask": "Is everything ready?"})
        for question in questions:
            for turn in turns:
                if told := turn.say({"ask": question.text}):
                    quotes = tuple(Quoted(**each) for each in told["quotes"])
                    turn.asked.append(Asked(question, told["seconds"], told["refused"], quotes))
        characters = sum(len(source.text) for source in sources)
        for turn in turns:
            if not turn.row.reason:
                row, seconds = turn.row, turn.seconds
                row.versions = dict(turn.talk.versions)
                row.peak_megabytes = max(row.peak_megabytes or 0.0, turn.talk.peak_megabytes())
                row.indexing[name] = Indexing(
                    documents=len(sources),
                    passages=turn.passages,
                    documents_per_second=len(sources) / seconds,
                    passages_per_second=turn.passages / seconds,
                    characters_per_second=characters / seconds,
                )
                row.scores[name] = scores(turn.asked, sources, cut)


def measure_starts(rows: Sequence[Measured], question: str, rounds: int, *, model: Path, folder: Path) -> None:
    """Write into the rows the median seconds of a process's start over its index until its first answer."""
    times: dict[str, list[float]] = {row.name: [] for row in rows}
    for _ in range(rounds):
        for row in rows:
            if not row.reason:
                try:
                    times[row.name].append(cold_start(row.call(model, folder), question))
                except ToolFailed as error:
                    row.reason = str(error)
    for row in rows:
        if not row.reason:
            row.cold_start_s = statistics.median(times[row.name])


def sample(questions: Sequence[Question], limit: int) -> list[Question]:
    """Return so many answerable and so many unanswerable questions at most, evenly spread; 0 for all."""
    taken = []
    for answerable in (True, False):
        some = [each for each in questions if each.answerable == answerable]
        step = max(1, len(some) // limit) if limit else 1
        taken += some[::step][: limit or None]
    return taken


def main() -> int:
    """Install, measure, print the table and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench rivals", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--envs", type=Path, default=Path(user_cache_dir("document-assistant-bench", False)) / "envs")
    parser.add_argument("--sets", nargs="*", default=SETS, choices=SETS)
    parser.add_argument("--only", nargs="*", choices=[rival.name for rival in RIVALS], help="names of tools")
    parser.add_argument("--limit", type=int, default=0, help="of questions with, and of those without an answer")
    parser.add_argument("--starts", type=int, default=5, help="rounds of cold starts")
    parser.add_argument("--out", type=Path, default=Path("bench/results/rivals.json"))
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"{arguments.data} is not there; it holds the evaluation data")
    rows = installed([each for each in RIVALS if not arguments.only or each.name in arguments.only], arguments.envs)
    model, cut, before = bundled_folder(), by(load_embedder()), load_average()
    with tempfile.TemporaryDirectory() as temporary:
        for name in arguments.sets:
            task = next(task for task in TASKS if task.name == name)
            sources, questions = load(arguments.data, task)
            # Only where a set has questions of its own that its documents do not answer is there something to refuse.
            asked = sample([each for each in questions if each.answerable or task.refusal], arguments.limit)
            folder = Path(temporary) / name
            measure(rows, name, sources, asked, model=model, folder=folder, cut=cut)
            print(table.of_set(name, rows), flush=True)
        measure_starts(rows, asked[0].text, arguments.starts, model=model, folder=folder)
    print(table.of_tools(rows))
    print(table.of_ratios(rows))
    figures = {
        "load_average_before": before,
        "questions_at_most": arguments.limit,
        "tools": [asdict(row) | {"environment": _sizes(row)} for row in rows],
    }
    keep(figures, arguments.out)
    return 0


def _sizes(row: Measured) -> dict[str, float] | None:
    """Return the sizes of an environment without its place, which is nobody's business."""
    if row.environment is None:
        return None
    return {name: value for name, value in asdict(row.environment).items() if name != "python"}
