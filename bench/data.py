"""The evaluation data as documents and questions; its own README says what each set is and where it comes from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Refusal = Literal["open", "paragraph", "removed"]


@dataclass(frozen=True, slots=True)
class Task:
    """One measurement: a set of questions over its documents."""

    name: str
    media_type: str = "text/plain"
    refusal: Refusal | None = None
    """How questions without an answer come about: the set's own, asked of all documents ("open") or of the gold
    paragraph alone ("paragraph"), or every question asked again with its gold document left out ("removed")."""
    whole_documents: bool = True
    """False: each gold paragraph is a document of its own, and a question is asked of its own paragraph only."""


TASKS = (
    Task("newwiki"),
    Task("squad2"),
    Task("clapnq", refusal="open"),
    Task("covidqa"),
    Task("tatqa", media_type="text/markdown"),
    Task("longdocs"),
    Task("xquad_en", refusal="removed"),
    Task("squad2", refusal="paragraph", whole_documents=False),
    Task("xquad_de", refusal="removed"),
    Task("xquad_zh", refusal="removed"),
    Task("xquad_ar", refusal="removed"),
    Task("cmrc2018_zh"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A document to index."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its gold answers."""

    text: str
    document: str
    answers: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    answerable: bool

    def held_by(self, document: str, start: int, end: int, text: str) -> bool:
        """Tell whether a slice of a document holds a gold answer.

        It does when a gold span lies in it, when it has the words of a gold answer, or, where the gold is a whole
        evidence sentence (more than 60 characters), when half of the shorter of the two overlaps.
        """
        if document == self.document:
            for first, last in self.spans:
                overlap = min(end, last) - max(start, first)
                is_evidence = last - first > 60
                if overlap == last - first or (is_evidence and overlap >= 0.5 * min(end - start, last - first)):
                    return True
        words = _normal(text)
        return any(answer and answer in words for answer in map(_normal, self.answers))


def load(data: Path, task: Task) -> tuple[list[Source], list[Question]]:
    """Return a task's documents and questions; those that need arithmetic are left out."""
    folder = data / "qa"
    documents = [Source(row["doc_id"], row["title"], row["text"]) for row in rows(folder / f"docs_{task.name}.jsonl")]
    asked = [row for row in rows(folder / f"qa_{task.name}.jsonl") if row.get("answer_type") != "arithmetic"]
    if task.whole_documents:
        return documents, [_question(row, row["doc_id"], 0) for row in asked]
    texts = {source.id: source for source in documents}
    paragraphs: dict[str, Source] = {}
    questions = []
    for row in asked:
        start, end = row["context"]
        name = f"{row['doc_id']}#{start}"
        whole = texts[row["doc_id"]]
        paragraphs.setdefault(name, Source(name, whole.title, whole.text[start:end]))
        questions.append(_question(row, name, start))
    return list(paragraphs.values()), questions


def _question(row: dict[str, Any], document: str, offset: int) -> Question:
    spans = tuple((start - offset, end - offset) for start, end in row["spans"])
    return Question(row["question"], document, tuple(row["answers"]), spans, bool(row["answerable"] and spans))


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def _normal(text: str) -> str:
    return " ".join(text.casefold().split())
