"""The domain types of checking: text -> Claims with their verdicts, and the events of one stream on the way.

Every type is frozen, none inherits from a framework's, and `to_dict()` is the JSON of every surface.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from assistant.models import Quote

Verdict = Literal["supported", "contradicted", "conflicting", "not_found"]
"""What the documents say about a claim; conflicting: one of them supports it and another contradicts it."""
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

DifferenceKind = Literal["number", "date", "name", "negation", "speaker"]
NoClaimKind = Literal["question", "heading", "opinion", "fragment"]


@dataclass(frozen=True, slots=True)
class Difference:
    """In what a claim and a quote differ, found by rule."""

    kind: DifferenceKind
    claim: str
    """What the claim says: "300"; empty when it says nothing there, such as no speaker."""
    document: str
    """What the document says: "30 kilometers"; empty when it says nothing there."""
    quote: int
    """The number of the claim's quote that says it."""

    @property
    def sentence(self) -> str:
        """The difference in words."""
        if self.kind == "negation":
            return f"The document says {self.document}, the claim {self.claim}."
        if not self.claim:
            return f"The document says it as the words of {self.document}, the claim as a fact."
        if not self.document:
            return f"The claim says {self.claim}; the document does not say so."
        return f"The document says {self.document}, the claim {self.claim}."

    def to_dict(self) -> dict[str, Any]:
        """The difference as JSON-ready values."""
        return {**{name: getattr(self, name) for name in self.__slots__}, "sentence": self.sentence}


@dataclass(frozen=True, slots=True)
class ClaimPart:
    """One assertion of a claim that makes several, in words of its own."""

    text: str
    verdict: Verdict
    confidence: float

    def to_dict(self) -> dict[str, Any]:
        """The part as JSON-ready values."""
        return {"text": self.text, "verdict": self.verdict, "confidence": round(self.confidence, 4)}


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of the checked text that can be true or false, and what the documents say about it."""

    text: str
    """The checked text from `start` to `end`."""
    start: int
    end: int
    read_as: str
    """The claim as it was checked: `text`, unless a pronoun was given its referent from the sentence before."""
    verdict: Verdict
    confidence: float
    """How likely the verdict is right, 0 to 1; of not_found, how unlikely it is that a quote decides the claim."""
    reason: str
    """Why the verdict is what it is, in one sentence."""
    quotes_for: tuple[Quote, ...]
    """What supports it; of a claim that was not found, what comes nearest to that, such as support of a part of it."""
    quotes_against: tuple[Quote, ...]
    """What contradicts it, numbered on from those for; empty when it was not found."""
    differences: tuple[Difference, ...]
    parts: tuple[ClaimPart, ...]
    """Its assertions where it makes more than one; empty otherwise."""

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """All its quotes, in the order of their numbers."""
        return self.quotes_for + self.quotes_against

    def to_dict(self) -> dict[str, Any]:
        """The claim as JSON-ready values."""
        values = {name: getattr(self, name) for name in self.__slots__}
        listed = {
            name: [each.to_dict() for each in values[name]]
            for name in ("quotes_for", "quotes_against", "differences", "parts")
        }
        return {**values, **listed, "confidence": round(self.confidence, 4)}


@dataclass(frozen=True, slots=True)
class NoClaim:
    """A piece of the checked text that says nothing that documents could support or contradict."""

    text: str
    start: int
    end: int
    kind: NoClaimKind

    def to_dict(self) -> dict[str, Any]:
        """The piece as JSON-ready values."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the documents say about each claim of a text."""

    claims: tuple[Claim, ...]
    """In the order of the text."""
    not_claims: tuple[NoClaim, ...]
    judge: str
    """What judged the evidence: the bundled model's name, or that of the settings."""
    index_digest: str
    """A short hash of the documents and vectors that were searched: same digest, same text, same verdicts."""
    elapsed_ms: float

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many claims have each verdict."""
        return {verdict: sum(each.verdict == verdict for each in self.claims) for verdict in VERDICTS}

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return {
            "claims": [each.to_dict() for each in self.claims],
            "not_claims": [each.to_dict() for each in self.not_claims],
            "counts": dict(self.counts),
            "judge": self.judge,
            "index_digest": self.index_digest,
            "elapsed_ms": round(self.elapsed_ms, 1),
        }


@dataclass(frozen=True, slots=True)
class Split:
    """The text is split into its sentences; none is checked yet."""

    claims: int
    not_claims: tuple[NoClaim, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """One more claim is checked."""

    claim: Claim
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Reported:
    """The last event of a stream: the whole report."""

    report: CheckReport


CheckEvent = Split | Checked | Reported
