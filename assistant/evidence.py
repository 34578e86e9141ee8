"""Ranked sentences to the evidence that a judge reads: sentences one by one, and some of one document together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from assistant.candidates import RankedSentence, Ranking

SINGLE = 3
"""How many sentences are read each by itself."""
TOGETHER = (4, 6)
"""How many sentences of one document are read together: few, which the judge reads well, and more, which miss less."""
_LONGEST = 800
"""In characters, of what is read together: the bundled judge cuts off what is much longer, whatever stands there."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sentences of one document in the order of its text, as a judge reads them."""

    sentences: tuple[RankedSentence, ...]
    text: str
    """The document's title, then the sentences."""

    @property
    def document_id(self) -> str:
        """The document that the sentences are of."""
        return self.sentences[0].document_id


def gather(ranking: Ranking, read: Callable[[RankedSentence], str]) -> tuple[Evidence, ...]:
    """Return what bears on a claim: its best sentences one by one, and the best of its best document together.

    A claim can need several sentences, which often stand apart; and a sentence can need the one that says who "she" is.

    Args:
        ranking: what was found for the claim.
        read: gives a sentence in the words in which a model reads it by itself.
    """
    found = _without_repetitions(ranking)
    pieces = [_piece([each], read) for each in found[:SINGLE]]
    if found:
        own = [each for each in found if each.document_id == found[0].document_id]
        for some in dict.fromkeys(tuple(_fitting(own[:most])) for most in TOGETHER):
            if len(some) > 1:
                pieces.append(
                    _piece(sorted((own[place] for place in some), key=lambda each: each.sentence.start), read)
                )
    return tuple(pieces)


def of(sentences: Sequence[RankedSentence], read: Callable[[RankedSentence], str]) -> tuple[Evidence, ...]:
    """Return sentences that are given as the evidence: each by itself, and those of one document together.

    Args:
        sentences: in any order.
        read: gives a sentence in the words in which a model reads it by itself.
    """
    ordered = sorted(sentences, key=lambda each: (each.document_id, each.sentence.start))
    together = [list(run) for _, run in groupby(ordered, key=lambda each: each.document_id)]
    return tuple(_piece(each, read) for each in [*([one] for one in sentences), *(run for run in together if run[1:])])


def _fitting(ranked: Sequence[RankedSentence]) -> Iterator[int]:
    """Yield the places of the first sentence and of all others that still fit beside it and each other."""
    length = 0
    for place, each in enumerate(ranked):
        length += len(each.text) + 1
        if place == 0 or length <= _LONGEST:
            yield place


def _without_repetitions(ranking: Ranking) -> list[RankedSentence]:
    """Return the sentences without those that a document says again: of different documents both stay."""
    seen: set[tuple[str, frozenset[str]]] = set()
    kept = []
    for each in ranking.sentences:
        key = each.document_id, each.words
        if key not in seen:
            seen.add(key)
            kept.append(each)
    return kept


def as_read(title: str, sentences: Iterable[str]) -> str:
    """Return sentences of one document as a judge reads them, in production as in training."""
    text = " ".join(" ".join(each.split()) for each in sentences)
    return f"{title}\n{text}" if title else text


def _piece(sentences: list[RankedSentence], read: Callable[[RankedSentence], str]) -> Evidence:
    title = sentences[0].candidate.stored.title
    return Evidence(tuple(sentences), as_read(title, map(read, sentences)))
