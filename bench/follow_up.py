"""What follow-up questions find, and how near their rewriting comes to a person's.

    python -m bench follow-up --data ../shared/data [--out bench/results/follow_up.json]

mtragun: its documents in one home, each last question asked with the conversation before it and, for comparison,
without. canard: rewriting alone, as token F1 against a person's; with the article's name as the title of what was
quoted, as the product's own answers have it, and with the bare answers of the data.
"""

import argparse
import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import prompts
from assistant import Assistant
from assistant.answer import THRESHOLD
from assistant.follow_up import stand_alone
from assistant.models import Answer, Turn
from assistant.settings import load_settings
from bench.data import rows
from bench.figures import mean

_ANSWERABLE = ("answerable", "partial")


def conversations(data: Path, home: Path) -> dict[str, float]:
    """Return the figures of mtragun, on its turns with a conversation before them."""
    with Assistant.open(settings=load_settings(home, threshold=0.0)) as assistant:
        for row in rows(data / "conversations" / "docs_mtragun.jsonl"):
            assistant.add_text(row["text"], title=row["title"], source=row["doc_id"])
        names = {document.id: document.source for document in assistant.documents()}
        asked = [row for row in rows(data / "conversations" / "conv_mtragun.jsonl") if row["history"]]
        figures: dict[str, float] = {"turns": len(asked)}
        for told, history in (("with the conversation", _turns), ("last turn alone", _nothing)):
            answers = [assistant.ask(row["question"], history=history(row)) for row in asked]
            figures |= {f"{name}, {told}": value for name, value in _figures(asked, answers, names).items()}
    return figures


def _turns(row: dict[str, Any]) -> list[Turn]:
    told = row["history"]
    return [(told[i]["text"], told[i + 1]["text"]) for i in range(0, len(told) - 1, 2)]


def _nothing(row: dict[str, Any]) -> list[Turn]:
    return []


def _figures(asked: Sequence[dict[str, Any]], answers: Sequence[Answer], names: dict[str, str]) -> dict[str, float]:
    pairs = list(zip(asked, answers, strict=True))
    found = [
        any(names[quote.document_id] in row["doc_ids"] for quote in answer.quotes)
        for row, answer in pairs
        if row["doc_ids"] and row["answerability"] in _ANSWERABLE
    ]
    answered = [answer.score >= THRESHOLD for row, answer in pairs if row["answerability"] == "answerable"]
    refused = [answer.score < THRESHOLD for row, answer in pairs if row["answerability"] == "unanswerable"]
    return {"gold document within three quotes": mean(found), "answered": mean(answered), "refused": mean(refused)}


def rewriting(data: Path) -> dict[str, float]:
    """Return the mean token F1 of canard's follow-ups: copied, rewritten, and rewritten with the article's name."""
    asked = list(rows(data / "conversations" / "conv_canard.jsonl"))

    def score(rewrite: Callable[[dict[str, Any]], str], part: Sequence[dict[str, Any]]) -> float:
        return mean([_f1(rewrite(row), row["rewrite"]) for row in part])

    return {
        "copied": score(lambda row: row["question"], asked),
        "rewritten, bare answers": score(lambda row: stand_alone(row["question"], _turns(row)).question, asked),
        "rewritten": score(lambda row: stand_alone(row["question"], _titled(row)).question, asked),
        "rewritten, the half that nothing was chosen on": score(
            lambda row: stand_alone(row["question"], _titled(row)).question, asked[1::2]
        ),
    }


def _titled(row: dict[str, Any]) -> list[Turn]:
    introduced = prompts.bundled().load("answer").render(title=re.sub(r"\s*\(.*\)", "", row["article"]))
    return [(question, f"{introduced}\n“{answer}” [1]") for question, answer in _turns(row)]


def _f1(given: str, wanted: str) -> float:
    one, other = (Counter(re.findall(r"\w+", text.casefold())) for text in (given, wanted))
    return 2 * (one & other).total() / ((one.total() + other.total()) or 1)


def main() -> None:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench follow-up", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("bench/results/follow_up.json"))
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"{arguments.data} is not there; it holds the evaluation data")
    with tempfile.TemporaryDirectory() as home:
        results = {"mtragun": conversations(arguments.data, Path(home)), "canard": rewriting(arguments.data)}
    for name, figures in results.items():
        for what, value in figures.items():
            print(f"{name}, {what}: {value:.3f}")
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
