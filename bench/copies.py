"""Large stores out of real text: every passage of a home again and again, with other words and vectors beside its own.

In each copy one content word in eight of the vocabulary is replaced by another of the same length, drawn anew, so
that sentences stay where they are while words and their frequencies differ. A copy's passage vectors are those of an
earlier copy, or of the original, with noise, which leaves a cosine of about .86 to it; those of its sentences are the
original's with noise. Were all of them near the original's, it would be the only near neighbour of each of a hundred.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from index import records
from index.models import PassageDraft, Reading
from index.passage_terms import passage_terms
from index.schema import Matrix
from index.store import NewPassage, Store, document_id
from index.terms import STOP_WORDS

_WORD = re.compile(r"\b[a-z]{4,12}\b")
_REPLACED = 0.125
_NOISE = 0.03  # of each component, before the vector is brought back to length 1


@dataclass(frozen=True, slots=True)
class _Original:
    source: str
    reading: Reading
    passages: tuple[NewPassage, ...]


def multiply(store: Store, passages: int) -> None:
    """Copy the documents of a store into it, again and again, until it has so many passages; inside `writing()`."""
    originals = [document.id for document in store.documents()]
    vocabulary = _vocabulary(store)
    random = np.random.default_rng(0)
    held, copy = store.passage_count(), 0
    while held < passages:
        copy += 1
        chosen = _substitution(vocabulary, random)
        for original in _originals(store, originals):
            if held >= passages:
                return
            earlier = _vectors(store, _source(original.source, int(random.integers(copy))))
            held += _store(store, original, copy, chosen, earlier, random)


def _originals(store: Store, ids: list[str]) -> Iterator[_Original]:
    for each in ids:
        document, reading = store.document(each), store.reading(each)
        found, vectors = records.vectors_of_documents(store.catalog, [each])
        stored = store.passages(found.tolist()).values()
        yield _Original(
            document.source,
            reading,
            tuple(
                NewPassage(
                    PassageDraft(p.passage.start, p.passage.end, p.passage.heading, p.passage.page, p.sentences, ""),
                    vector,
                    p.sentence_vectors,
                    (),
                )
                for p, vector in zip(stored, vectors, strict=True)
            ),
        )


def _source(source: str, copy: int) -> str:
    """Return the source of a copy; the original is number 0."""
    return f"{source}#{copy}" if copy else source


def _vectors(store: Store, source: str) -> Matrix:
    """Return the vectors of the passages of the document from a source, in the order of its text."""
    ids = records.passages_of_documents(store.catalog, [document_id(source)])
    return records.vectors(store.catalog, ids.tolist())[1]


def _vocabulary(store: Store) -> dict[int, list[str]]:
    """Return the words that can stand for each other, by their length."""
    found: dict[int, set[str]] = {}
    for _, text in store.all_texts():
        for word in _WORD.findall(text):
            if word not in STOP_WORDS:
                found.setdefault(len(word), set()).add(word)
    return {length: sorted(words) for length, words in found.items()}


def _substitution(vocabulary: dict[int, list[str]], random: np.random.Generator) -> dict[str, str]:
    """Return which words a copy has in place of which."""
    chosen: dict[str, str] = {}
    for words in vocabulary.values():
        replaced = random.choice(len(words), int(len(words) * _REPLACED), replace=False)
        chosen |= {words[one]: words[other] for one, other in zip(replaced, random.permutation(replaced), strict=True)}
    return chosen


def _store(
    store: Store,
    original: _Original,
    copy: int,
    chosen: dict[str, str],
    earlier: Matrix,
    random: np.random.Generator,
) -> int:
    """Store a copy of a document, its vectors near those of an earlier one; returns how many passages it has."""
    text = _WORD.sub(lambda match: chosen.get(match[0], match[0]), original.reading.text)
    reading = replace(original.reading, text=text)
    passages = []
    for each, vector in zip(original.passages, _noisy(earlier, random), strict=True):
        passages.append(
            NewPassage(
                each.draft,
                vector,
                _noisy(each.sentence_vectors.astype(np.float32), random),
                passage_terms(reading.title, text, each.draft),
            )
        )
    pending = store.begin_document(_source(original.source, copy), reading)
    store.finish_document(pending, passages)
    return len(passages)


def _noisy(rows: Matrix, random: np.random.Generator) -> Matrix:
    """Return vectors near others."""
    near = rows + random.standard_normal(rows.shape, dtype=np.float32) * np.float32(_NOISE)
    return np.asarray(near / np.linalg.norm(near, axis=1, keepdims=True), dtype=np.float32)
