"""A quotation to where the documents have it: word for word, in other typography, in nearly the same words, or nowhere.

What is found is a `Quote`, read from the stored source; the person's own words are compared and never shown as one.
"""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from assistant import quote
from assistant.models import Quote
from assistant.typography import folded
from index.errors import InvalidText
from index.models import UNSTORABLE, Span
from index.store import Store
from index.terms import question_terms

if TYPE_CHECKING:
    from rapidfuzz.distance import Opcode

Match = Literal["exact", "normalised", "near", "absent"]
"""Letter for letter; but for case, white space, punctuation and accents; in nearly the same words; or not at all."""

LONGEST = 10_000
"""Characters of a quotation."""
MOST = 3
"""How many places are given."""
_CANDIDATES = 40  # passages that are looked through
_ALIGNED = 12  # and of those, how many word by word
_AROUND = 200
_NEAR = 0.7  # share of words that two wordings have in common, above which one is near the other
_FEWEST = 4  # words from which on "nearly the same" says something

_OUTER = re.compile(r"^[\s\"'“”„«»‹›‘’]+|[\s\"'“”„«»‹›‘’]+$")
_ENDING = re.compile(r"[\s.,;:!?…]+$")
_UNSPACED = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]"
_TOKEN = re.compile(rf"{_UNSPACED}|\d+(?:[.,]\d+)+|\w+(?:['’]\w+)*")
_JOINED = re.compile(rf"(?!{_UNSPACED})[^\W_](?!{_UNSPACED})[^\W_]")
"""Two characters of one word."""


@dataclass(frozen=True, slots=True)
class Change:
    """Where a quotation and the document part; one of the two is empty where words are added or left out."""

    quotation: str
    document: str

    @property
    def sentence(self) -> str:
        """What differs, for a person."""
        if not self.quotation:
            return f"The quotation leaves out “{self.document}”."
        if not self.document:
            return f"The quotation adds “{self.quotation}”."
        return f"The quotation says “{self.quotation}”, the document “{self.document}”."

    def to_dict(self) -> dict[str, Any]:
        """The change as JSON-ready values."""
        return {"quotation": self.quotation, "document": self.document, "sentence": self.sentence}


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a quotation is the documents' wording, and where."""

    quotation: str
    match: Match
    quotes: tuple[Quote, ...]
    """Where: at most `MOST` places; none when it is absent."""
    changes: tuple[Change, ...]
    """What differs, of a near one."""
    similarity: float
    """Share of words in common, 0 to 1: 1 when exact or normalised, 0 when absent."""
    index_digest: str
    elapsed_ms: float

    @property
    def reason(self) -> str:
        """What was found, as a sentence."""
        return {
            "exact": "The documents have these very words.",
            "normalised": "The documents have these words, with other spaces, signs or capitals.",
            "near": "The documents have nearly these words, and say them otherwise.",
            "absent": "The documents do not have these words.",
        }[self.match]

    def to_dict(self) -> dict[str, Any]:
        """The verification as JSON-ready values."""
        return {
            "quotation": self.quotation,
            "match": self.match,
            "reason": self.reason,
            "quotes": [each.to_dict() for each in self.quotes],
            "changes": [each.to_dict() for each in self.changes],
            "similarity": round(self.similarity, 4),
            "index_digest": self.index_digest,
            "elapsed_ms": round(self.elapsed_ms, 1),
        }


@dataclass(frozen=True, slots=True)
class _Found:
    """A slice of a document."""

    document_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class _Window:
    """A part of a document's text in which a quotation may stand."""

    document_id: str
    start: int
    text: str

    def found(self, start: int, end: int) -> _Found:
        return _Found(self.document_id, Span(self.start + start, self.start + end))


def verify(store: Store, collection: str, quotation: str, documents: Sequence[str] | None = None) -> Verification:
    """Return whether documents have a quotation's words.

    Args:
        store: where to look.
        collection: its name, for permalinks.
        quotation: the words; quotation marks around them are left out.
        documents: ids of the documents to look in; None for all.

    Raises:
        InvalidText: when it is empty, without a word, too long, or holds characters that no valid text has.
    """
    began = time.perf_counter()
    words = _OUTER.sub("", quotation)
    _require(words)
    with store.snapshot():
        windows = list(_windows(store, words, documents))
        match, found, changes, similarity = _compared(store, words, windows, documents)
        quotes = tuple(_quote(store, collection, number, each) for number, each in enumerate(found, start=1))
        digest = store.index_digest()
    took = (time.perf_counter() - began) * 1000
    return Verification(quotation, match, quotes, changes, similarity, digest, took)


def _require(words: str) -> None:
    if not _TOKEN.search(words):
        raise InvalidText("The quotation has no word in it; give the words that are to be found.")
    if len(words) > LONGEST:
        raise InvalidText(
            f"The quotation has {len(words):,} characters and at most {LONGEST:,} can be verified; cut it."
        )
    if UNSTORABLE.search(words):
        raise InvalidText("The quotation holds characters that no valid text has; type it anew.")


def _windows(store: Store, words: str, documents: Sequence[str] | None) -> Iterator[_Window]:
    """Yield the parts of documents whose words are most like the quotation's."""
    ids = [number for number, _ in store.full_text(question_terms(words), _CANDIDATES, documents)]
    for stored in store.passages(ids).values():
        passage = stored.passage
        start = max(0, passage.start - len(words) - _AROUND)
        text = store.slice(passage.document_id, start, passage.end + len(words) + _AROUND)
        yield _Window(passage.document_id, start, text)


def _compared(
    store: Store, words: str, windows: Sequence[_Window], documents: Sequence[str] | None
) -> tuple[Match, list[_Found], tuple[Change, ...], float]:
    exact = [window.found(start, start + len(words)) for window in windows for start in _starts(window.text, words)]
    if not exact:
        whole = [_Window(each, 0, store.document(each).text) for each in store.documents_with(words, MOST, documents)]
        exact = [window.found(start, start + len(words)) for window in whole for start in _starts(window.text, words)]
    if exact:
        return "exact", _distinct(exact), (), 1.0
    normalised = [window.found(*span) for window in windows for span in _normalised(window.text, words)]
    if normalised:
        return "normalised", _distinct(normalised), (), 1.0
    nearest = max((_aligned(window, words) for window in windows[:_ALIGNED]), key=lambda each: each[0], default=None)
    if nearest and nearest[0] >= _NEAR:
        similarity, found, changes = nearest
        return "near" if changes else "normalised", [found], changes, similarity
    return "absent", [], (), 0.0


def _distinct(found: Sequence[_Found]) -> list[_Found]:
    """Return the first places, each once, in the order of their documents."""
    return sorted(dict.fromkeys(found), key=lambda each: (each.document_id, each.span.start))[:MOST]


def _starts(text: str, words: str) -> Iterator[int]:
    """Yield where whole words stand in a text, letter for letter."""
    start = text.find(words)
    while start >= 0:
        end = start + len(words)
        if not _JOINED.match(text, max(0, start - 1), start + 1) and not _JOINED.match(text, end - 1, end + 1):
            yield start
        start = text.find(words, start + 1)


def _normalised(text: str, words: str) -> Iterator[tuple[int, int]]:
    """Yield where words stand in a text but for typography, as (start, end)."""
    plain, places = folded(text)
    wanted = _ENDING.sub("", folded(words)[0].strip())
    if wanted:
        for start in _starts(plain, wanted):
            yield places[start], places[start + len(wanted) - 1] + 1


def _aligned(window: _Window, words: str) -> tuple[float, _Found, tuple[Change, ...]]:
    """Return how much of a window's best part is the quotation's words, that part, and what differs."""
    wanted, there = list(_TOKEN.finditer(words)), list(_TOKEN.finditer(window.text))
    one, other = [_key(each[0]) for each in wanted], [_key(each[0]) for each in there]
    nothing = (0.0, window.found(0, 0), ())
    if len(one) < _FEWEST:
        return nothing
    low, high = _range(one, other)
    blocks = [each for each in _steps(one, other[low:high]) if each.tag == "equal"]
    first, last = _densest(blocks, len(one))
    if first == last:
        return nothing
    start, end = low + blocks[first].dest_start, low + blocks[last - 1].dest_end
    shared = sum(each.dest_end - each.dest_start for each in blocks[first:last])
    changes = _changes(words, wanted, window.text, there[start:end], _steps(one, other[start:end]))
    found = window.found(there[start].start(), there[end - 1].end())
    return 2 * shared / (len(one) + end - start), found, changes


def _range(one: Sequence[str], other: Sequence[str]) -> tuple[int, int]:
    """Return which part of the second sequence is most like the first, with some room around it."""
    from rapidfuzz.fuzz import partial_ratio_alignment

    best = partial_ratio_alignment(one, other)
    if best is None or len(one) >= len(other):
        return 0, len(other)
    slack = len(one) // 2
    return max(0, best.dest_start - slack), min(len(other), best.dest_end + slack)


def _steps(one: Sequence[str], other: Sequence[str]) -> list["Opcode"]:
    """Return what makes the second sequence of the first, by their longest common subsequence."""
    from rapidfuzz.distance import LCSseq

    return list(LCSseq.opcodes(one, other))


def _densest(blocks: Sequence["Opcode"], count: int) -> tuple[int, int]:
    """Return which run of equal parts has the largest share of words in common, as (first, last + 1)."""
    best, chosen = 0.0, (0, 0)
    for first in range(len(blocks)):
        size = 0
        for last in range(first, len(blocks)):
            size += blocks[last].dest_end - blocks[last].dest_start
            length = blocks[last].dest_end - blocks[first].dest_start
            if (share := 2 * size / (count + length)) > best:
                best, chosen = share, (first, last + 1)
    return chosen


def _changes(
    words: str,
    wanted: Sequence[re.Match[str]],
    text: str,
    there: Sequence[re.Match[str]],
    steps: Sequence["Opcode"],
) -> tuple[Change, ...]:
    changes = []
    for is_same, run in groupby(steps, key=lambda each: each.tag == "equal"):
        if not is_same:
            parts = list(run)
            first, last = parts[0], parts[-1]
            left, right = wanted[first.src_start : last.src_end], there[first.dest_start : last.dest_end]
            changes.append(Change(_between(words, left), _between(text, right)))
    return tuple(changes)


def _between(text: str, tokens: Sequence[re.Match[str]]) -> str:
    return " ".join(text[tokens[0].start() : tokens[-1].end()].split()) if tokens else ""


def _key(token: str) -> str:
    return folded(token)[0]


def _quote(store: Store, collection: str, number: int, found: _Found) -> Quote:
    document = store.document(found.document_id)
    address = quote.permalink(collection, document.id, document.content_hash, found.span.start, found.span.end)
    return quote.resolve(store, collection, address, number=number)
