"""Questions with the answers that a person accepts, as JSON Lines: what `assistant eval` asks and compares with."""

import json
from dataclasses import dataclass
from typing import Any

from assistant.models import Turn
from assistant.typography import folded
from index.errors import UnreadableSource
from index.models import UNSTORABLE

MOST = 100_000
"""Questions of one file."""
LARGEST = 50_000_000
"""Its bytes."""
_KEYS = frozenset({"question", "answers", "answerable", "documents", "history", "id", "machine_made"})


@dataclass(frozen=True, slots=True)
class Case:
    """A question, and the wordings of which each is a right answer; none where the documents do not answer it."""

    question: str
    answers: tuple[str, ...] = ()
    documents: tuple[str, ...] | None = None
    """Ids of the documents to look in; None for all."""
    history: tuple[Turn, ...] = ()
    id: str = ""
    """What the person calls it, if anything."""
    machine_made: bool = False
    """Whether a program made it from the documents, so that it may be poor."""
    line: int = 0
    """The line of the file on which it stands, counted from 1."""

    @property
    def answerable(self) -> bool:
        """Whether the documents answer it."""
        return bool(self.answers)

    @property
    def name(self) -> str:
        """What it is told by: its id, or else its line."""
        return self.id or f"line {self.line:,}"

    def to_dict(self) -> dict[str, Any]:
        """The case as JSON-ready values, the same that a line of the file has."""
        optional: dict[str, Any] = {
            "documents": None if self.documents is None else list(self.documents),
            "history": [{"question": question, "answer": answer} for question, answer in self.history] or None,
            "id": self.id or None,
            "machine_made": self.machine_made or None,
        }
        given = {name: value for name, value in optional.items() if value is not None}
        return {"question": self.question, "answers": list(self.answers), "answerable": self.answerable, **given}


def read_cases(content: bytes) -> tuple[Case, ...]:
    """Return the questions of a file of JSON Lines in UTF-8; empty lines are left out.

    Raises:
        UnreadableSource: when a line is wrong, with its number and what is wrong, or there are too many or none.
    """
    if len(content) > LARGEST:
        raise UnreadableSource(f"The file has more than {LARGEST:,} bytes of questions; split it.")
    cases: list[Case] = []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            if len(cases) == MOST:
                raise UnreadableSource(f"The file has more than {MOST:,} questions; split it.")
            cases.append(_case(line, number))
    if not cases:
        raise UnreadableSource('The file has no question; write lines such as {"question": "...", "answers": ["..."]}.')
    return tuple(cases)


def plain(text: str) -> str:
    """Return a text as it is compared: without what typography makes of it and without signs around it."""
    return folded(text)[0].strip(" .,;:!?…\"'")


def _case(line: bytes, number: int) -> Case:
    try:
        return _read(_parsed(line), number)
    except ValueError as error:
        raise UnreadableSource(f"Line {number:,} is wrong: {error}.") from error


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        reason = "it is not text in UTF-8"
    except json.JSONDecodeError as error:
        reason = f"it is not JSON ({error.msg} at character {error.pos + 1:,})"
    except RecursionError:
        reason = "its values are nested too deeply"
    except ValueError:  # Python's limit for the digits of a number
        reason = "it has a number of too many digits"
    raise ValueError(reason)


def _read(values: Any, number: int) -> Case:
    """Return the case of a line's values, or raise a ValueError that says what is wrong with them."""
    if not isinstance(values, dict):
        raise ValueError('it is no object such as {"question": "...", "answers": ["..."]}')
    if unknown := sorted(set(values) - _KEYS):
        raise ValueError(f"it has {unknown[0][:40]!a}, which means nothing; the names are {', '.join(sorted(_KEYS))}")
    answers = _texts(values, "answers") or ()
    if not all(any(map(str.isalnum, plain(each))) for each in answers):
        raise ValueError('one of "answers" has no letter or digit')
    answerable = _flag(values, "answerable", bool(answers))
    if answerable and not answers:
        raise ValueError('it is "answerable" and has no "answers"')
    if answers and not answerable:
        raise ValueError('it has "answers" and is not "answerable"')
    if "question" not in values:
        raise ValueError('it has no "question"')
    return Case(
        _text(values["question"], "question"),
        answers,
        _texts(values, "documents") or None,
        _history(values),
        _text("" if values.get("id") is None else values["id"], "id"),
        _flag(values, "machine_made", False),
        number,
    )


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f'"{name}" is not a text')
    if UNSTORABLE.search(value):
        raise ValueError(f'"{name}" holds characters that no valid text has')
    return value


def _texts(values: dict[str, Any], name: str) -> tuple[str, ...] | None:
    given = values.get(name)
    if given is not None and not isinstance(given, list):
        raise ValueError(f'"{name}" is not a list of texts')
    return None if given is None else tuple(_text(each, name) for each in given)


def _flag(values: dict[str, Any], name: str, default: bool) -> bool:
    given = values.get(name, default)
    if not isinstance(given, bool):
        raise ValueError(f'"{name}" is neither true nor false')
    return given


def _history(values: dict[str, Any]) -> tuple[Turn, ...]:
    turns = values.get("history") or []
    if not isinstance(turns, list) or not all(
        isinstance(each, dict) and set(each) == {"question", "answer"} for each in turns
    ):
        raise ValueError('"history" is not a list of {"question": "...", "answer": "..."}')
    return tuple((_text(each["question"], "history"), _text(each["answer"], "history")) for each in turns)
