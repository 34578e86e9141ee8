"""A conversation as it is kept and passed on: questions with their answers, as JSON that is checked when it is read.

Who keeps it, such as a browser, may give it back changed: what its quotes say counts only as far as the documents still
say so.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from assistant.models import Answer, Turn
from index.errors import InvalidConversation

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MOST = 300
"""Questions of one conversation; who has asked that many begins a new one."""
LARGEST = 8_000_000
"""Characters of its JSON."""
_VERSION = 1
_TURNS = 20
_LONGEST_TITLE = 80


Feedback = Literal["good", "bad"]
"""What a person can say of an answer."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what came of it."""

    question: str
    asked_at: datetime
    """In UTC."""
    answer: Answer | None = None
    problem: str = ""
    """Why there is no answer, as a sentence; empty also where it was stopped or is still awaited."""
    feedback: Feedback | None = None
    """What the person thinks of the answer, if they said so."""
    expected: str | None = None
    """What they say would have been right, in the documents' wording; empty where the documents do not say."""

    def to_dict(self) -> dict[str, Any]:
        """The exchange as JSON-ready values."""
        return {
            "question": self.question,
            "asked_at": self.asked_at.isoformat(timespec="seconds"),
            "answer": self.answer.to_dict() if self.answer else None,
            "problem": self.problem,
            "feedback": self.feedback,
            "expected": self.expected,
        }


@dataclass(frozen=True, slots=True)
class Conversation:
    """Questions and answers in the order in which they were asked."""

    id: str = field(default_factory=lambda: secrets.token_hex(8))
    title: str = ""
    """What the person calls it, if anything."""
    exchanges: tuple[Exchange, ...] = ()

    @property
    def name(self) -> str:
        """Its title, or its first question in short."""
        first = next((each.question for each in self.exchanges if each.question.strip()), "Conversation")
        words = " ".join((self.title.strip() or first).split())
        return words if len(words) <= _LONGEST_TITLE else f"{words[:_LONGEST_TITLE].rstrip()} …"

    @property
    def turns(self) -> list[Turn]:
        """What a follow-up is understood from: the latest answered questions, as they were understood, with answers."""
        answers = [each.answer for each in self.exchanges if each.answer]
        return [(answer.searched_for, answer.text) for answer in answers[-_TURNS:]]

    def asked(self, question: str) -> "Conversation":
        """The conversation with another question, whose answer is awaited."""
        return replace(self, exchanges=(*self.exchanges, Exchange(question, datetime.now(UTC))))

    def answered(self, answer: Answer | None, problem: str = "") -> "Conversation":
        """The conversation with what came of its last question."""
        *earlier, last = self.exchanges
        return replace(self, exchanges=(*earlier, replace(last, answer=answer, problem=problem)))

    def without_last(self) -> "Conversation":
        """The conversation as it was before its last question."""
        return replace(self, exchanges=self.exchanges[:-1])

    def to_dict(self) -> dict[str, Any]:
        """The conversation as JSON-ready values."""
        exchanges = [each.to_dict() for each in self.exchanges]
        return {"version": _VERSION, "id": self.id, "title": self.title, "exchanges": exchanges}

    def to_json(self) -> str:
        """The conversation on one line, as `read` takes it."""
        return json.dumps(self.to_dict(), separators=(",", ":"))


def read(text: str) -> Conversation:
    """Return the conversation that `to_json` wrote, checked field by field.

    Raises:
        InvalidConversation: when the text is none, or a larger one than is ever written.
    """
    if len(text) > LARGEST:
        raise InvalidConversation("This conversation is too long to be opened; export it and start a new one.")
    try:
        given = json.loads(text, parse_constant=_no_number)
        if given["version"] != _VERSION:
            raise ValueError
        for answer in _answers(given):
            _complete(answer)
        return _adapter().validate_python(given)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:  # pydantic's is a ValueError
        raise InvalidConversation("This conversation cannot be read; it is damaged, or of another version.") from error


def _no_number(name: str) -> float:
    raise ValueError(name)


def _answers(given: Any) -> Iterator[dict[str, Any]]:
    yield from (each["answer"] for each in given["exchanges"] if each["answer"] is not None)


def _complete(answer: dict[str, Any]) -> None:
    """Give an answer's JSON the form of its types where that is another one."""
    for quote in answer["quotes"]:
        quote["hidden"] = [{"start": start, "end": end} for start, end in quote["hidden"]]
    for hit in answer["nearest"]:
        hit["passage"]["id"] = 0  # which is no part of any result


@cache
def _adapter() -> "TypeAdapter[Conversation]":
    from pydantic import TypeAdapter

    return TypeAdapter(Conversation)
