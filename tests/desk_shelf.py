"""A front door over documents in memory for tests of the page, and what a person reads of its HTML."""

import hashlib
import html
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from assistant.models import Answer, Event, Hit, Quote, Turn
from index.errors import DocumentNotFound, SourceChanged
from index.models import Document

TEXT = "First line.\nThe <b>mayor</b> opened the bridge in 1998. It rained.\n"


class Originals:
    """No file is kept of any document."""

    def uploaded_name(self, source: str) -> str:
        return ""


class Shelf:
    """A front door over documents in memory: it stores and resolves, and answers with the events it was given."""

    def __init__(self, home: Path, events: Sequence[Event | Exception] = ()) -> None:
        self.home = home
        self.collection = "default"
        self.events = events
        self.texts: dict[str, str] = {}
        self.originals = Originals()

    def put(self, name: str, text: str) -> Document:
        self.texts[name] = text
        return self.document(name)

    def documents(self) -> list[Document]:
        return [self.document(name) for name in self.texts]

    def document(self, document_id: str) -> Document:
        if document_id not in self.texts:
            raise DocumentNotFound("This document has been removed.")
        text = self.texts[document_id]
        digest = hashlib.sha256(text.encode()).hexdigest()
        now = datetime(2026, 1, 2, tzinfo=UTC)
        return Document(
            document_id,
            document_id,
            f"/files/{document_id}",
            "text/plain",
            digest,
            len(text),
            1,
            "ready",
            now,
            lambda: text,
        )

    def remove(self, document_id: str) -> None:
        self.document(document_id)
        del self.texts[document_id]

    def resolve(self, permalink: str) -> Quote:
        name, start, end, digest = permalink.split("|")
        if self.document(name).content_hash != digest:
            raise SourceChanged("The document has changed since; ask again.")
        return self.quote(name, int(start), int(end))

    def quote(self, name: str, start: int, end: int, number: int = 1) -> Quote:
        text, digest = self.texts[name], self.document(name).content_hash
        line = text.count("\n", 0, start) + 1
        permalink = f"{name}|{start}|{end}|{digest}"
        return Quote(
            number,
            name,
            name,
            f"/files/{name}",
            start,
            end,
            text[start:end],
            None,
            "",
            line,
            "",
            0.9,
            "",
            "",
            permalink,
        )

    def stream(self, question: str, history: Sequence[Turn]) -> Iterator[Event]:
        for event in self.events:
            if isinstance(event, Exception):
                raise event
            yield event


def shelf_with_a_bridge(home: Path, events: Sequence[Event | Exception] = ()) -> Shelf:
    made = Shelf(home, events)
    made.put("bridge.txt", TEXT)
    return made


def answer_of(*quotes: Quote, nearest: tuple[Hit, ...] = (), model: str | None = None, text: str = "") -> Answer:
    reason = "" if quotes else "The documents do not say."
    return Answer("q", "q", text, quotes, not quotes, reason, nearest, 0.5, model, "p", "d", 1.0)


def text_of(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup))
