"""The domain types of answering: question -> Hits -> Quotes -> Answer, and the events of one stream on the way.

Every type is frozen, none inherits from a framework's, and `to_dict()` is the JSON of every surface.
"""

from dataclasses import dataclass
from typing import Any

from index.models import Passage, Span

UNSEEN = "Who opens the source does not see all of this quote: part of it is hidden there."
"""What is said of a quote with hidden parts."""
Turn = tuple[str, str]
"""One earlier exchange of a conversation: the question and the text of its answer."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found for a question; hits are ordered best first."""

    passage: Passage
    title: str
    source: str
    score: float
    """How likely it is that the passage's best sentence holds the answer, 0 to 1."""
    cosine: float
    """Cosine similarity of the question's and the passage's vectors, -1 to 1."""

    def to_dict(self) -> dict[str, Any]:
        """The hit as JSON-ready values."""
        return {
            "passage": self.passage.to_dict(),
            "title": self.title,
            "source": self.source,
            "score": round(self.score, 4),
            "cosine": round(self.cosine, 4),
        }


@dataclass(frozen=True, slots=True)
class Quote:
    """A numbered, exact slice of a stored document: `text` is the document's text from `start` to `end`."""

    number: int
    document_id: str
    title: str
    source: str
    start: int
    end: int
    text: str
    page: int | None
    place: str
    """Where in its source it starts, as one finds it there: "page 12", "slide 3", "sheet Sales, row 7", or nothing."""
    line: int
    """The line on which it starts, counted from 1."""
    heading: str
    score: float
    """How well it answers, 0 to 1; what orders the quotes."""
    before: str
    """The passage's text before the quote (for a table row, with the header row)."""
    after: str
    """The passage's text after the quote."""
    permalink: str
    hidden: tuple[Span, ...] = ()
    """What in it a person who opens the source does not see, as offsets into `text`: white or tiny letters, characters
    without width or that turn the direction of writing."""

    @property
    def where(self) -> str:
        """Its place, or its line where the format has no places."""
        return self.place or f"line {self.line:,}"

    @property
    def content_hash(self) -> str:
        """SHA-256 of the document's text that it was cut from, as its permalink tells it."""
        return self.permalink.partition("?sha256=")[2].partition("#")[0]

    def is_same_slice(self, other: "Quote") -> bool:
        """Whether both are the same characters of the same document, and read the same."""
        mine, others = ((each.document_id, each.start, each.end, each.text) for each in (self, other))
        return mine == others

    def to_dict(self) -> dict[str, Any]:
        """The quote as JSON-ready values."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {
            **values,
            "content_hash": self.content_hash,
            "score": round(self.score, 4),
            "hidden": [[each.start, each.end] for each in self.hidden],
        }


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that a language model wrote, with the quotes that it rests on."""

    text: str
    """With the numbers of its quotes in brackets."""
    quotes: tuple[int, ...]
    """Those numbers; none of a sentence that rests on nothing in the documents."""
    supported: bool | None
    """Whether the judge finds that the quotes say so; None where it cannot tell."""

    @property
    def doubt(self) -> str:
        """What a person should know before believing it, or nothing."""
        if not self.quotes:
            return "not from the documents"
        return "its quotes may not say so" if self.supported is False else ""

    def to_dict(self) -> dict[str, Any]:
        """The statement as JSON-ready values."""
        return {"text": self.text, "quotes": list(self.quotes), "supported": self.supported}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that stands on its quotes, or a refusal that says why and shows the nearest passages as such."""

    question: str
    searched_for: str
    """The question as it was searched for: the same, unless a conversation filled in what it left out."""
    text: str
    quotes: tuple[Quote, ...]
    refused: bool
    reason: str
    """Why it was refused; empty when it was answered."""
    nearest: tuple[Hit, ...]
    """Of a refusal: the passages that came nearest."""
    score: float
    """How likely the documents hold the answer, 0 to 1; below the threshold it is refused."""
    model: str | None
    """The language model that arranged the quotes, or None."""
    prompt_version: str
    """A short hash of the wording templates in use."""
    index_digest: str
    """A short hash of the documents and vectors that were searched: same digest, same question, same answer."""
    elapsed_ms: float
    statements: tuple[Statement, ...] = ()
    """The sentences of a language model's answer; none of an answer of quotes."""
    note: str = ""
    """What a person should know about how the answer came about: that the language model failed, what was left out."""

    @property
    def told_by(self) -> str:
        """Who put it into words, as a sentence, where a language model did; else nothing."""
        return f"Put into words by {self.model}; only the quotes are the documents' own." if self.statements else ""

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON-ready values."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {
            **values,
            "quotes": [quote.to_dict() for quote in self.quotes],
            "nearest": [hit.to_dict() for hit in self.nearest],
            "statements": [statement.to_dict() for statement in self.statements],
            "score": round(self.score, 4),
            "elapsed_ms": round(self.elapsed_ms, 1),
        }


@dataclass(frozen=True, slots=True)
class Found:
    """The search is done: these passages were found, best first."""

    searched_for: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Quoted:
    """The quotes are chosen (none for a refusal); once more when a language model has chosen others."""

    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Drafted:
    """The next words of a language model as it writes them, none of them verified; empty while it is waited for."""

    text: str


@dataclass(frozen=True, slots=True)
class Stated:
    """The sentences of a language model that are whole and verified by now; the answer can still be another one."""

    statements: tuple[Statement, ...]
    quotes: tuple[Quote, ...]
    """Those that the statements rest on."""
    rest: str
    """What it has written after them, not verified yet; the next `Drafted` goes on from there."""


@dataclass(frozen=True, slots=True)
class Token:
    """The next piece of the answer's text; all pieces joined are `Answer.text`."""

    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The last event of a stream: the whole answer."""

    answer: Answer


Event = Found | Quoted | Drafted | Stated | Token | Answered
