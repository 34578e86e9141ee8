"""What goes into a store and what comes out of it: passages with their vectors, sentences and words."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index import schema
from index.dense import unit
from index.models import Passage, PassageDraft, Sentence
from index.rows import DocumentRow, PassageRow
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
    """The words of each sentence; what follows them (words of title and headings) is searched but not given back."""


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with all that answering needs to know about it."""

    passage: Passage
    title: str
    source: str
    content_hash: str
    sentences: tuple[Sentence, ...]
    vector: npt.NDArray[np.float32]
    """Shape (dimension,), length 1."""
    sentence_vectors: npt.NDArray[np.float16]
    """Shape (sentences, dimension)."""
    terms: tuple[str, ...]
    """The analysed words of each sentence, parted by spaces."""

    def text_of(self, sentence: Sentence) -> str:
        """Return a sentence's characters from the passage's text."""
        passage = self.passage
        return passage.text[sentence.start - passage.start : sentence.end - passage.start]


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


def from_row(row: PassageRow, owner: DocumentRow, text: str) -> StoredPassage:
    """Return a passage from its columns and its document's text."""
    sentences = schema.sentences_from_text(row.sentences)
    return StoredPassage(
        passage=Passage(row.id, owner.id, row.start, row.end, text[row.start : row.end], row.page, row.heading),
        title=owner.title,
        source=owner.source,
        content_hash=owner.content_hash,
        sentences=sentences,
        vector=schema.vector_from_blob(row.vector),
        sentence_vectors=schema.half_from_blob(row.sentence_vectors, len(sentences)),
        terms=schema.terms_from_text(row.terms, len(sentences)),
    )
