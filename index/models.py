"""The domain types of indexing: frozen values, each adding one thing to the one before.

bytes -> Reading (text with its blocks) -> PassageDraft (with its Sentences) -> Document and Passage (stored).

All offsets are character offsets (Unicode code points, as Python counts them) into the text of the document as it is
stored and shown; `text[start:end]` is always the thing meant.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Characters that no valid text has."""
BlockKind = Literal["heading", "paragraph", "row", "item", "code"]
HEADING_SEPARATOR = " › "
"""Between the headings of a passage."""
DocumentState = Literal["pending", "ready"]


@dataclass(frozen=True, slots=True)
class Span:
    """A slice of a text: characters `start` (included) to `end` (excluded)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """A structural unit of a text: a heading, a paragraph, a table row, a list item or a piece of code."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    """Of a heading: 1 to 6; of everything else 0."""
    header: Span | None = None
    """Of a table row: where the header row of its table stands."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the source, as a person finds it there, a text goes on from an offset: a page, a slide, a row."""

    start: int
    name: str
    """As it is shown: "page 12", "page 5 (iv)", "slide 3", "sheet Sales, row 7"."""
    page: int | None = None
    """Of pages and slides: the number, counted from 1."""


def place_at(places: Sequence[Place], offset: int) -> Place | None:
    """Return the place of a character, or None before the first one."""
    number = bisect_right(places, offset, key=lambda place: place.start)
    return places[number - 1] if number else None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of a file's bytes: a title, the text that is stored, and the blocks that cover it."""

    title: str
    text: str
    media_type: str
    blocks: tuple[Block, ...]
    places: tuple[Place, ...] = ()
    """In the order of the text; empty where the format has no pages, slides or rows."""
    hidden: tuple[Span, ...] = ()
    """What a person who opens the source does not see: white or tiny text, text outside of the page."""
    notes: tuple[str, ...] = ()
    """What could not be read of it, a sentence each."""
    link: str = ""
    """The address on the web that a saved page gives as its own."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A citable unit: a whole sentence, table row or heading, without the white space around it."""

    start: int
    end: int
    kind: BlockKind = "paragraph"
    header: Span | None = None
    """Of a table row: the header row without which it cannot be understood."""


@dataclass(frozen=True, slots=True)
class PassageDraft:
    """A run of consecutive sentences, short enough for the embedding model, before it is stored."""

    start: int
    end: int
    heading: str
    """The headings above it, outermost first, joined by ' › '; empty when there are none."""
    page: int | None
    sentences: tuple[Sentence, ...]
    context: str
    """What the embedding model reads before the passage's own text: title and headings, one line."""
    columns: str = ""
    """The names of the table's columns, which it reads after that, of a passage that begins inside a table."""


@dataclass(frozen=True, slots=True)
class ModelInput:
    """What the embedding model reads for a passage, and where in it each of the passage's sentences stands."""

    text: str
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A stored passage: `text` is the document's text from `start` to `end`."""

    id: int
    """Its number in the store: it depends on the order of indexing and is no part of any result."""
    document_id: str
    start: int
    end: int
    text: str
    page: int | None
    heading: str

    def to_dict(self) -> dict[str, Any]:
        """The passage as JSON-ready values."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "id"}


@dataclass(frozen=True)
class Document:
    """A document of a collection; `text` is read from the store when it is asked for."""

    id: str
    title: str
    source: str
    """Where it came from: a file's absolute path, or the name that an app gave."""
    media_type: str
    content_hash: str
    """SHA-256 of the stored text in UTF-8, hexadecimal."""
    characters: int
    passages: int
    state: DocumentState
    added_at: datetime
    """In UTC."""
    _read_text: Callable[[], str] = field(repr=False, compare=False)
    link: str = ""
    """The address on the web that a saved page gives as its own, or nothing."""
    notes: tuple[str, ...] = ()
    """What could not be read of it, a sentence each."""

    @property
    def text(self) -> str:
        """The whole text as stored.

        Raises:
            DocumentNotFound: when the document has been removed since.
            SourceChanged: when its text has been replaced since.
        """
        return self._read_text()

    def to_dict(self) -> dict[str, Any]:
        """The document as JSON-ready values, without its text."""
        return {
            "id": self.id,
            "title": self.title,
            "source": self.source,
            "media_type": self.media_type,
            "content_hash": self.content_hash,
            "characters": self.characters,
            "passages": self.passages,
            "state": self.state,
            "added_at": self.added_at.isoformat(),
            "link": self.link,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Listed:
    """A document in a list, with what its file was."""

    document: Document
    size: int | None
    """The bytes of its file when it was last read; None when it came from none."""
    pages: int | None
    """The last page or slide that holds text; None where its format has none."""

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON-ready values, without the text."""
        return {**self.document.to_dict(), "size": self.size, "pages": self.pages}


@dataclass(frozen=True, slots=True)
class EmbeddingIdentity:
    """Which model made the vectors of a collection; two models never share one."""

    name: str
    revision: str
    dimension: int
    weights_hash: str
    """SHA-256 of the weights file, hexadecimal; empty when the model keeps no single weights file."""


FileOutcome = Literal["added", "updated", "renamed", "unchanged", "removed", "failed"]
OUTCOMES: tuple[FileOutcome, ...] = ("added", "updated", "renamed", "unchanged", "removed", "failed")
"""All of them, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one source."""

    path: str
    outcome: FileOutcome
    document_id: str | None = None
    reason: str = ""
    """Of a failure why it failed and what to do, in one sentence; of all others what could not be read of them, if
    anything, a sentence each."""

    def __iter__(self) -> Iterator[str]:
        """Unpacks as (path, reason)."""
        return iter((self.path, self.reason))

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON-ready values."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an indexing run is: told when a source is begun, now and then while it goes on, and when it is done.

    Whoever is told may raise to end the run; what is done by then stays.
    """

    done: int
    """How many sources are done."""
    total: int
    path: str
    outcome: FileOutcome | None
    """None until it is done."""
    reason: str = ""
    document_id: str | None = None
    part: float = 0.0
    """How much of a source that goes on is done, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an indexing run did, a `FileReport` for each source, in the order in which they were met."""

    files: tuple[FileReport, ...]
    seconds: float

    def _with(self, outcome: FileOutcome) -> tuple[FileReport, ...]:
        return tuple(report for report in self.files if report.outcome == outcome)

    @property
    def added(self) -> tuple[FileReport, ...]:
        """New documents."""
        return self._with("added")

    @property
    def updated(self) -> tuple[FileReport, ...]:
        """Documents whose text replaced an older one from the same source."""
        return self._with("updated")

    @property
    def renamed(self) -> tuple[FileReport, ...]:
        """Documents whose file has another path now; only `sync` renames."""
        return self._with("renamed")

    @property
    def removed(self) -> tuple[FileReport, ...]:
        """Documents whose file is gone; only `sync` removes."""
        return self._with("removed")

    @property
    def unchanged(self) -> tuple[FileReport, ...]:
        """Documents that were there already with the same text."""
        return self._with("unchanged")

    @property
    def failed(self) -> tuple[FileReport, ...]:
        """Sources that could not be read, each with its reason."""
        return self._with("failed")

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        listed: dict[str, Any] = {name: [report.to_dict() for report in self._with(name)] for name in OUTCOMES}
        return {**listed, "seconds": round(self.seconds, 3)}


SourcePath = str | Path
