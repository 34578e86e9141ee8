"""What goes into a store and what comes out of it: passages with their vectors, sentences and words."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from index import schema
from index.dense import unit
from index.models import HEADING_SEPARATOR, Passage, PassageDraft, Sentence
from index.rows import OwnedPassage, PassageRow
from index.schema import Vector


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A passage ready to be stored: its draft, its vectors and its analysed words."""

    draft: PassageDraft
    vector: npt.NDArray[np.float32]
    """Shape (dimension,)."""
    sentence_vectors: npt.NDArray[np.floating]
    """Shape (sentences, dimension); kept in half precision."""
    terms: Sequence[Sequence[str]]
    """The words of each sentence, then those of title and headings; what follows is searched but not given back."""


@dataclass(frozen=True)
class StoredPassage:
    """A passage with what answering needs to know about it; what is seldom asked for is made of its columns then."""

    row: OwnedPassage
    document_text: str
    """The whole text that it stands in."""
    sentence_vectors: npt.NDArray[np.float16]
    """Shape (sentences, dimension)."""
    terms: tuple[str, ...]
    """The analysed words of each sentence, parted by spaces."""
    context_terms: str
    """Those of its title and headings."""

    @classmethod
    def of(cls, row: OwnedPassage, document_text: str) -> Self:
        """Return a passage from its columns and its document's text."""
        count = schema.sentences_in(row.sentences)
        lines = schema.terms_from_text(row.terms)
        vectors = schema.half_from_blob(row.sentence_vectors, count)
        return cls(row, document_text, vectors, lines[:count], "".join(lines[count : count + 1]))

    @property
    def id(self) -> int:
        """Its number in the store."""
        return self.row.id

    @property
    def vector(self) -> Vector:
        """Its vector, shape (dimension,), length 1."""
        return schema.vector_from_blob(self.row.vector)

    @property
    def place(self) -> tuple[str, int]:
        """Its document's id and where it begins: the same in whatever order documents were indexed."""
        return self.row.document_id, self.row.start

    @property
    def title(self) -> str:
        """Its document's title."""
        return self.row.title

    @property
    def heading(self) -> str:
        """The headings that it stands under."""
        return self.row.heading

    @property
    def context(self) -> str:
        """Title and headings in one line."""
        return HEADING_SEPARATOR.join(part for part in (self.title, self.heading) if part)

    @property
    def source(self) -> str:
        """Where its document came from."""
        return self.row.source

    @property
    def content_hash(self) -> str:
        """The hash of its document's text."""
        return self.row.content_hash

    @cached_property
    def passage(self) -> Passage:
        """Its text and place."""
        row = self.row
        text = self.document_text[row.start : row.end]
        return Passage(row.id, row.document_id, row.start, row.end, text, row.page, row.heading)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Where its sentences stand in the document."""
        return schema.sentences_from_text(self.row.sentences)

    @property
    def is_prose(self) -> bool:
        """Whether it has neither headings nor rows of tables."""
        return schema.are_prose(self.row.sentences)

    def text_of(self, sentence: Sentence) -> str:
        """Return a sentence's characters from the passage's text."""
        return self.document_text[sentence.start : sentence.end]

    def texts(self) -> list[str]:
        """Return the characters of each sentence."""
        return [self.document_text[start:end] for start, end in schema.bounds_from_text(self.row.sentences)]


@dataclass(frozen=True, slots=True)
class PendingDocument:
    """A document whose text is stored and that nobody sees before `finish_document`."""

    key: int
    id: str
    source: str
    characters: int


def document_id(source: str) -> str:
    """Return the id of the document from a source: the same for the same source, always."""
    return "d" + hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def to_row(pending: PendingDocument, new: NewPassage, dimension: int | None) -> PassageRow:
    """Return the columns of a new passage after checking that they fit the document and each other."""
    draft = new.draft
    inside = 0 <= draft.start <= draft.end <= pending.characters
    if not inside or any(not draft.start <= s.start <= s.end <= draft.end for s in draft.sentences):
        raise ValueError(f"the passage {draft.start}-{draft.end} of {pending.source} lies outside its text")
    vector: Vector = unit(new.vector)
    halves = np.asarray(new.sentence_vectors, dtype=np.float16)
    expected = (len(draft.sentences), dimension or len(vector))
    if len(vector) != expected[1] or (expected[0] and halves.shape != expected) or not np.isfinite(halves).all():
        raise ValueError(f"vectors of shape {vector.shape} and {halves.shape} instead of {expected}")
    if len(new.terms) < len(draft.sentences):
        raise ValueError("every sentence needs its list of words")
    return PassageRow(
        0, pending.key, draft.start, draft.end, draft.page, draft.heading, schema.sentences_to_text(draft.sentences),
        schema.terms_to_text(new.terms), schema.half_to_blob(halves), schema.vector_to_blob(vector),
    )  # fmt: skip
