"""What passes between the stages of answering: a question as it is compared, the passages proposed, their order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from index.models import Sentence
from index.store import StoredPassage


@dataclass(frozen=True, slots=True)
class Query:
    """A question in the forms in which passages are compared with it."""

    text: str
    vector: npt.NDArray[np.float32] | None
    """Shape (dimension,), length 1; None when the embedding model does not know its words."""
    weights: Mapping[str, float]
    """Each of its words with its inverse document frequency, at least a little above 0."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that was proposed for a question."""

    stored: StoredPassage
    cosine: float
    """Of the question's and the passage's vectors, -1 to 1; 0 when the question has none."""
    fused: float
    """`cosine` plus the share of the question's highest possible BM25 that the passage reaches, -1 to 2."""


@dataclass(frozen=True, slots=True)
class RankedSentence:
    """A sentence of a candidate passage and how well it answers."""

    candidate: Candidate
    number: int
    """Which of the passage's sentences it is, from 0."""
    raw: float
    """The sum of what speaks for it, comparable within one question."""

    probability: float
    """How likely it is that it holds the answer, 0 to 1."""

    @property
    def sentence(self) -> Sentence:
        """Where it stands in the document."""
        return self.candidate.stored.sentences[self.number]

    @property
    def words(self) -> frozenset[str]:
        """Its analysed words, by which repetitions are seen."""
        return frozenset(self.candidate.stored.terms[self.number].split())

    @property
    def text(self) -> str:
        """The sentence as it stands in its passage."""
        return self.candidate.stored.text_of(self.sentence)

    @property
    def document_id(self) -> str:
        """The document that it stands in."""
        return self.candidate.stored.row.document_id

    @property
    def before(self) -> str:
        """The sentence before it in its passage; empty for the first one."""
        stored = self.candidate.stored
        return stored.text_of(stored.sentences[self.number - 1]) if self.number else ""


@dataclass(frozen=True, slots=True, eq=False)
class RankedSentences(Sequence[RankedSentence]):
    """Ranked sentences, best first; each is made when it is asked for, as most never are."""

    candidates: Sequence[Candidate]
    """The passages that they stand in."""
    owners: npt.NDArray[np.int64]
    """Of each sentence, shape (n,): which of the passages it stands in."""
    numbers: npt.NDArray[np.int64]
    """Which of the passage's sentences it is."""
    raws: npt.NDArray[np.float64]
    """The sum of what speaks for it, largest first."""
    probability: Callable[[float], float]
    """How likely a sentence with such a sum is to hold the answer."""

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.raws)

    @overload
    def __getitem__(self, place: int) -> RankedSentence: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[RankedSentence, ...]: ...

    def __getitem__(self, place: int | slice) -> RankedSentence | tuple[RankedSentence, ...]:
        """Return one of them, or some."""
        if isinstance(place, slice):
            return tuple(self[each] for each in range(*place.indices(len(self))))
        raw = float(self.raws[place])
        return RankedSentence(self.candidates[self.owners[place]], int(self.numbers[place]), raw, self.probability(raw))


@dataclass(frozen=True, slots=True)
class Ranking:
    """What was found for a question, best first."""

    sentences: RankedSentences
    evidence: float
    """How likely it is that the documents answer the question, 0 to 1."""

    @property
    def passages(self) -> tuple[tuple[Candidate, float], ...]:
        """The candidates in the order of each one's best sentence, with the probability of that."""
        ranked = self.sentences
        firsts = np.sort(np.unique(ranked.owners, return_index=True)[1])
        best = zip(ranked.owners[firsts].tolist(), ranked.raws[firsts].tolist(), strict=True)
        return tuple((ranked.candidates[owner], ranked.probability(raw)) for owner, raw in best)


_NONE = np.empty(0, dtype=np.int64)
NOTHING = Ranking(RankedSentences((), _NONE, _NONE, np.empty(0), float), 0.0)
"""Where nothing was found."""
