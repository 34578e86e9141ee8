"""How often a quote holds the answer, by its score: what the words for scores stand on (`assistant/likelihood.py`).

    python -m bench scores --data ../shared/data [--only newwiki clapnq] [--every 1] [--out bench/results/scores.json]

Every set is indexed into a home of its own and asked with all settings as they come, unanswerable questions among them;
the quotes of what is answered are counted, those of all sets together.
"""

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from assistant import Assistant
from assistant.settings import load_settings
from bench.data import TASKS, Task, load
from bench.figures import mean

SETS = ("newwiki", "clapnq", "covidqa", "tatqa", "longdocs", "xquad_en")
_WIDTH = 0.05


def quoted(data: Path, task: Task, home: Path, every: int) -> Iterator[tuple[float, bool]]:
    """Yield the score of each quote that is shown, and whether it holds a gold answer."""
    sources, questions = load(data, task)
    with Assistant.open(settings=load_settings(home)) as assistant:
        ids = {}
        for source in sources:
            document = assistant.add_text(source.text, title=source.title, source=source.id, media_type=task.media_type)
            ids[document.id] = source.id
        for question in questions[::every]:
            for quote in assistant.ask(question.text).quotes:
                held = question.held_by(ids[quote.document_id], quote.start, quote.end, quote.text)
                yield quote.score, question.answerable and held


def main() -> None:
    """Measure, print a table and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench scores", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", nargs="*", default=SETS, help="names of sets")
    parser.add_argument("--every", type=int, default=1, help="ask every n-th question only")
    parser.add_argument("--out", type=Path, default=Path("bench/results/scores.json"))
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"{arguments.data} is not there; it holds the evaluation data")
    found: dict[str, dict[int, list[bool]]] = {}
    for task in TASKS:
        if task.name not in arguments.only or not task.whole_documents:
            continue
        bins: dict[int, list[bool]] = defaultdict(list)
        with tempfile.TemporaryDirectory() as home:
            for score, held in quoted(arguments.data, task, Path(home), arguments.every):
                bins[int(score / _WIDTH)].append(held)
        found[task.name] = bins
        print(task.name, _rows(bins), flush=True)
    together: dict[int, list[bool]] = defaultdict(list)
    for bins in found.values():
        for place, of_bin in bins.items():
            together[place] += of_bin
    results = {"all": _rows(together), **{name: _rows(bins) for name, bins in found.items()}}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps({"every": arguments.every, "results": results}, indent=1) + "\n")


def _rows(bins: dict[int, list[bool]]) -> list[tuple[float, int, float]]:
    """Return (lowest score, quotes, share that holds the answer) of each bin."""
    return [(round(place * _WIDTH, 2), len(held), round(mean(held), 3)) for place, held in sorted(bins.items())]


if __name__ == "__main__":
    main()
