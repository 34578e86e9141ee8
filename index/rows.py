"""The rows of a catalog as index/records.py reads and writes them, and what it notes of all of them together."""

from dataclasses import dataclass

MODULUS = 2**256
"""Of the sum of the documents' hashes."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which generation of the vector index is current, and up to which passage id it knows the collection."""

    number: int = 0
    """0: there is none."""
    watermark: int = 0
    count: int = 0

    @property
    def built(self) -> int:
        """The generation's number, or 0 when there is nothing in it, and so no index."""
        return self.number if self.count else 0


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A row of the document table."""

    key: int
    id: str
    title: str
    source: str
    media_type: str
    content_hash: str
    characters: int
    passages: int
    state: str
    added_at: str
    link: str = ""
    notes: str = "[]"
    """JSON, a list of sentences."""


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage's columns and its document's key, vectors still as bytes."""

    id: int
    document: int
    """Its document's key."""
    start: int
    end: int
    page: int | None
    heading: str
    sentences: str
    terms: str
    sentence_vectors: bytes
    vector: bytes


@dataclass(frozen=True, slots=True)
class OwnedPassage(PassageRow):
    """A passage's columns with what answering needs of its document's."""

    document_id: str
    title: str
    source: str
    content_hash: str
    characters: int


@dataclass(frozen=True, slots=True)
class Content:
    """What the ready documents are together, in whatever order they came."""

    digest: int = 0
    """The sum of the hashes of (id, title, content) modulo 2^256 (Bellare and Micciancio 1997, "A New Paradigm for
    Collision-free Hashing": AdHash), so that a change costs what it changes, and not a look at every document."""
    documents: int = 0
    passages: int = 0

    def moved(self, before: "Content", after: "Content") -> "Content":
        """Return it after some of the documents have become others."""
        return Content(
            (self.digest - before.digest + after.digest) % MODULUS,
            self.documents - before.documents + after.documents,
            self.passages - before.passages + after.passages,
        )
