"""A front door for tests of surfaces: it keeps what it was asked and gives back what it was told to."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import pytest

from assistant import command
from assistant.models import Answer, Answered, Event, Hit, Quote
from assistant.settings import Settings
from assistant.verify import Verification
from index.errors import AssistantError, DocumentNotFound
from index.models import Document, FileReport, IngestReport, Passage, Progress

ADDED_AT = datetime(2026, 1, 2, tzinfo=UTC)


def document_of(name: str, title: str) -> Document:
    return Document(name, title, f"/files/{name}.txt", "text/plain", "0" * 64, 10, 2, "ready", ADDED_AT, lambda: "text")


def quote_of(number: int, text: str, title: str = "Bridges", page: int | None = None) -> Quote:
    return Quote(
        number,
        "d1",
        title,
        "/files/d1.txt",
        10,
        10 + len(text),
        text,
        page,
        f"page {page}" if page else "",
        4,
        "History",
        0.9,
        "",
        "",
        f"d1/{number}",
    )


def hit_of(text: str, title: str = "Bridges") -> Hit:
    return Hit(Passage(1, "d1", 3, 3 + len(text), text, None, ""), title, "/files/d1.txt", 1.25, 0.5)


def answer_of(text: str, quotes: tuple[Quote, ...] = (), nearest: tuple[Hit, ...] = ()) -> Answer:
    return Answer("q", "q", text, quotes, not quotes, "" if quotes else text, nearest, 0.5, None, "p", "i", 1.0)


@dataclass
class Desk:
    """A front door that keeps what it was asked and gives back what it was told to."""

    answer: Answer = field(default_factory=lambda: answer_of("No."))
    verification: Verification = field(default_factory=lambda: Verification("q", "absent", (), (), 0.0, "digest", 1.5))
    hits: list[Hit] = field(default_factory=list)
    stored: dict[str, Document] = field(default_factory=dict)
    error: BaseException | None = None
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    settings: Settings | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.calls.append(("close",))

    def _note(self, *call: Any) -> None:
        if self.error is not None:
            raise self.error
        self.calls.append(call)

    def add(self, paths: Iterable[str | Path], *, on_progress: Callable[[Progress], None]) -> IngestReport:
        paths = list(paths)
        self._note("add", paths)
        reports = []
        for done, path in enumerate(paths):
            on_progress(Progress(done, len(paths), str(path), None))
            bad = "bad" in str(path)
            report = FileReport(str(path), "failed" if bad else "added", None, "It is empty." if bad else "")
            on_progress(Progress(done + 1, len(paths), str(path), report.outcome, report.reason))
            reports.append(report)
        return IngestReport(tuple(reports), 0.25)

    def stream(self, question: str, *, documents: Sequence[str] | None) -> Iterator[Event]:
        self._note("stream", question, documents)
        yield Answered(self.answer)

    def verify(self, quotation: str, document_id: str | None) -> Verification:
        self._note("verify", quotation, document_id)
        return self.verification

    def search(self, question: str, *, k: int, documents: Sequence[str] | None) -> list[Hit]:
        self._note("search", question, k, documents)
        return self.hits

    def documents(self) -> list[Document]:
        return list(self.stored.values())

    def document(self, document_id: str) -> Document:
        if document_id not in self.stored:
            raise DocumentNotFound(f"There is no document {document_id!a} in this collection.")
        return self.stored[document_id]

    def remove(self, document_id: str) -> None:
        self._note("remove", document_id)
        del self.stored[document_id]

    def compact(self) -> None:
        self._note("compact")

    def re_embed(self, *, on_progress: Callable[[Progress], None]) -> IngestReport:
        self._note("re_embed")
        on_progress(Progress(1, 2, "a", "updated"))
        failed = FileReport("b", "failed", "d2", "Its text has no words.")
        return IngestReport((FileReport("a", "updated", "d1"), failed), 0.5)

    def unread_files(self) -> list[tuple[str, str]]:
        return []

    def counts(self) -> tuple[int, int]:
        return 0, 0

    def warm_up(self) -> None:
        raise AssistantError("The model is not there.")


@dataclass
class Shelves:
    """A library whose only collection is a desk."""

    desk: Desk

    def collection(self) -> Desk:
        return self.desk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.desk.__exit__()


_Seated = TypeVar("_Seated", bound=Desk)


def seated(desk: _Seated, monkeypatch: pytest.MonkeyPatch, home: Path) -> _Seated:
    """The desk as what the command line opens, in an environment that names a home."""

    def open_assistant(settings: Settings) -> _Seated:
        desk.settings = settings
        return desk

    def open_library(settings: Settings) -> "Shelves":
        desk.settings = settings
        return Shelves(desk)

    monkeypatch.setattr(command, "open_assistant", open_assistant)
    monkeypatch.setattr(command, "open_library", open_library)
    monkeypatch.setenv("ASSISTANT_HOME", str(home))
    return desk
