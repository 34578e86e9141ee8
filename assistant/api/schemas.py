"""What the API gives, for its documentation: each model has exactly the names of a result's `to_dict()`."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Verdict = Literal["supported", "contradicted", "conflicting", "not_found"]


class _Result(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Passage(_Result):
    """A passage: a slice of a document."""

    document_id: str
    start: int
    end: int
    text: str
    page: int | None
    heading: str


class Hit(_Result):
    """A passage that was found."""

    passage: Passage
    title: str
    source: str
    score: float
    cosine: float


class Hits(_Result):
    """Passages, best first."""

    hits: list[Hit]


class Quote(_Result):
    """An exact slice of a document: its text from `start` to `end`."""

    number: int
    document_id: str
    title: str
    source: str
    start: int
    end: int
    text: str
    page: int | None
    place: str
    line: int
    heading: str
    score: float
    before: str
    after: str
    permalink: str
    hidden: list[tuple[int, int]]
    content_hash: str


class Statement(_Result):
    """A sentence of a language model with the numbers of its quotes."""

    text: str
    quotes: list[int]
    supported: bool | None


class Answer(_Result):
    """An answer that stands on its quotes, or a refusal."""

    question: str
    searched_for: str
    text: str
    quotes: list[Quote]
    refused: bool
    reason: str
    nearest: list[Hit]
    score: float
    model: str | None
    prompt_version: str
    index_digest: str
    elapsed_ms: float
    statements: list[Statement]
    note: str


class Difference(_Result):
    """In what a claim and a quote differ."""

    kind: Literal["number", "date", "name", "negation", "speaker"]
    claim: str
    document: str
    quote: int
    sentence: str


class ClaimPart(_Result):
    """One assertion of a claim."""

    text: str
    verdict: Verdict
    confidence: float


class Claim(_Result):
    """A claim with its verdict and the quotes for and against it."""

    text: str
    start: int
    end: int
    read_as: str
    verdict: Verdict
    confidence: float
    reason: str
    quotes_for: list[Quote]
    quotes_against: list[Quote]
    differences: list[Difference]
    parts: list[ClaimPart]


class NoClaim(_Result):
    """A piece of the text that claims nothing."""

    text: str
    start: int
    end: int
    kind: Literal["question", "heading", "opinion", "fragment"]


class CheckReport(_Result):
    """What the documents say about each claim of a text."""

    claims: list[Claim]
    not_claims: list[NoClaim]
    counts: dict[Verdict, int]
    judge: str
    index_digest: str
    elapsed_ms: float


class Change(_Result):
    """Where a quotation and the document part."""

    quotation: str
    document: str
    sentence: str


class Verification(_Result):
    """Whether a quotation is the documents' wording, and where."""

    quotation: str
    match: Literal["exact", "normalised", "near", "absent"]
    reason: str
    quotes: list[Quote]
    changes: list[Change]
    similarity: float
    index_digest: str
    elapsed_ms: float


class Document(_Result):
    """A document without its text."""

    id: str
    title: str
    source: str
    media_type: str
    content_hash: str
    characters: int
    passages: int
    state: str
    added_at: str
    link: str
    notes: list[str]


class Listed(Document):
    """A document in a list, with what its file was."""

    size: int | None = Field(description="The bytes of its file when it was last read; null when it came from none.")
    pages: int | None = Field(description="The last page or slide that holds text; null where its format has none.")


class Unread(_Result):
    """A file that could not be read when it was last met."""

    source: str
    reason: str


class DocumentPage(_Result):
    """Some of the documents."""

    documents: list[Listed]
    total: int = Field(description="How many there are, of those that were searched for.")
    next: int | None = Field(description="The offset of the next ones; null at the end.")
    unread: list[Unread]


class Slice(_Result):
    """A part of a document's text."""

    document_id: str
    title: str
    content_hash: str
    start: int
    end: int
    characters: int
    text: str


class FileOutcome(_Result):
    """What became of an uploaded file."""

    name: str = Field(description="With its folders, as it was sent.")
    size: int = Field(description="In bytes.")
    outcome: Literal["added", "updated", "unchanged", "failed"]
    reason: str
    document_id: str | None


class Job(_Result):
    """Indexing that goes on by itself."""

    id: str
    collection: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    done: int
    total: int
    now: str = Field(description="The file that is being read or indexed; empty when none is.")
    files: list[FileOutcome] = Field(description="What became of the files, as each is done.")
    waiting: list[str] = Field(description="The names of the files that are not done, in the order of their turns.")
    bytes_done: int = Field(description="Of the files that are done, and of the one that goes on about its share.")
    bytes_total: int
    started_at: str | None = Field(description="When it began, in UTC; null while it waits for others.")
    seconds: float = Field(description="How long it has been running, or ran.")
    problem: str = Field(description="Why it failed as a whole, a sentence.")


class Jobs(_Result):
    """Jobs, newest first."""

    jobs: list[Job]


class Collection(_Result):
    """A collection of the home."""

    name: str
    documents: int
    passages: int
    is_default: bool


class Collections(_Result):
    """The collections of the home."""

    collections: list[Collection]


class Health(_Result):
    """Whether the server can answer."""

    status: Literal["ok", "not ready"]
    checks: dict[str, str]


class Problem(BaseModel):
    """What went wrong, by RFC 9457."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    detail: str = Field(description="One sentence: what happened and what to do.")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what FastAPI is told of the errors that a route can give."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {status: {"description": "A problem", "content": content} for status in statuses}
