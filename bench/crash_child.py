"""The children of bench.crash: one that writes until it is killed, one that compares a home with its journal.

python -m bench.crash_child ROLE HOME JOURNAL SEED
"""

import hashlib
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.models import EmbeddingIdentity, PassageDraft, Reading, Sentence
from index.store import NewPassage, Store

DIMENSION = 384
SOURCES = 80
FOLD = 200  # so small that about half the time goes into building generations
EMBEDDING_SECONDS = 0.003  # between a text and its passages, as an embedding model would take
Vector = npt.NDArray[np.float32]


def vector_of(text: str) -> Vector:
    """Return a vector that only this text has, shape (384,), length 1."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def text_of(source: int, version: int) -> str:
    """Return the text of one version of a source; every sentence has a word that occurs nowhere else."""
    count = 3 + (source * 7 + version) % 6
    return "".join(f"Ünïque🙂 s{source}v{version}n{number} is here. " for number in range(count))


def sentences_of(text: str) -> list[Sentence]:
    """Return the sentences of such a text."""
    found, start = [], 0
    while (end := text.find(". ", start)) >= 0:
        found.append(Sentence(start, end + 1))
        start = end + 2
    return found


def plain(title: str, text: str) -> Reading:
    """Return a plain text as a reader would give it, without blocks."""
    return Reading(title, text, "text/plain", ())


def passages_of(text: str) -> list[NewPassage]:
    """Return one passage a sentence, with its vectors and words."""
    passages = []
    for sentence in sentences_of(text):
        piece = text[sentence.start : sentence.end]
        draft = PassageDraft(sentence.start, sentence.end, "", None, (sentence,), "")
        vector = vector_of(piece)
        passages.append(NewPassage(draft, vector, vector.reshape(1, -1), [piece.lower().rstrip(".").split()]))
    return passages


def acknowledge(journal: Path, entry: dict[str, Any]) -> None:
    """Append a line to the journal and force it to the disk."""
    with journal.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
        file.flush()
        os.fsync(file.fileno())


def entries_of(journal: Path) -> list[dict[str, Any]]:
    """Return the journal's whole lines."""
    lines = journal.read_text("utf-8").splitlines() if journal.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def steps(seed: int) -> Iterator[tuple[str, int, int]]:
    """Give what the child does, without an end: (what, source, version)."""
    chance = random.Random(seed)
    while True:
        what = "remove" if chance.random() < 0.2 else "write"
        yield what, chance.randrange(SOURCES), chance.randrange(10**6)


def work(home: Path, journal: Path, seed: int) -> None:
    """Write to the store until killed; `intend` lines say what was begun, `done` lines what returned."""
    with Store.open(home) as store:
        store.set_embedding_identity(EmbeddingIdentity("fake", "1", DIMENSION, ""))
        with store.writing():
            _write(store, "write", SOURCES, seed)  # a source that no step touches
        store.fold(minimum=1)  # loads Chroma before the first acknowledgement: kills are to hit work, not imports
        for what, source, version in steps(seed):
            entry = {"what": what, "source": source, "version": version}
            acknowledge(journal, {"mark": "intend", **entry})
            with store.writing():
                _write(store, what, source, version)
            acknowledge(journal, {"mark": "done", **entry})
            store.fold(minimum=FOLD)
            if version % 97 == 0:
                store.compact()


def _write(store: Store, what: str, source: int, version: int) -> None:
    """Index a version of a source, or remove the source."""
    name = f"source-{source}"
    if what == "write":
        text = text_of(source, version)
        pending = store.begin_document(name, plain(name, text))
        time.sleep(EMBEDDING_SECONDS)
        store.finish_document(pending, passages_of(text))
    elif found := store.find_source(name):
        store.remove(found[0])


def check(home: Path, journal: Path) -> list[str]:
    """Return everything in which the home differs from what the journal says was acknowledged."""
    problems: list[str] = []
    expected, unsure = expected_of(entries_of(journal))
    with Store.open(home) as store:
        present = {document.source: document for document in store.documents()}
        for source in range(SOURCES):
            document = present.get(f"source-{source}")
            allowed = {expected.get(source), *([unsure[1]] if unsure and unsure[0] == source else [])}
            texts = {None if version is None else text_of(source, version) for version in allowed}
            actual = document.text if document else None
            if actual not in texts:
                problems.append(f"source-{source}: lost or wrong text")
            elif actual is not None and document is not None:
                problems += _unfound(store, document.id, actual)
        problems += _half_indexed(store)
        problems += _still_found(store, entries_of(journal))
        if store.generations.failure:
            problems.append(f"the current generation was not usable: {store.generations.failure}")
    return problems


def expected_of(entries: list[dict[str, Any]]) -> tuple[dict[int, int | None], tuple[int, int | None] | None]:
    """Return the acknowledged version of each source, and the step under way at the last kill, if any."""
    expected: dict[int, int | None] = {}
    unsure: tuple[int, int | None] | None = None
    for entry in entries:
        version = entry["version"] if entry["what"] == "write" else None
        if entry["mark"] == "settled":
            expected[entry["source"]] = entry["version"]
            unsure = None
        elif entry["mark"] == "intend":
            unsure = (entry["source"], version)
        else:
            expected[entry["source"]], unsure = version, None
    return expected, unsure


def settle(home: Path, journal: Path) -> None:
    """Write down how the step that was under way ended, so that later checks know."""
    _, unsure = expected_of(entries_of(journal))
    if unsure is None:
        return
    source, version = unsure
    with Store.open(home) as store:
        found = store.find_source(f"source-{source}")
        happened = (found is None) if version is None else found is not None and found[1] == _hash(source, version)
    if happened:
        acknowledge(journal, {"mark": "settled", "what": "settled", "source": source, "version": version})
    else:
        before, _ = expected_of(entries_of(journal))
        settled = {"mark": "settled", "what": "settled", "source": source, "version": before.get(source)}
        acknowledge(journal, settled)


def _hash(source: int, version: int) -> str:
    """Return the content hash of a version."""
    return hashlib.sha256(text_of(source, version).encode()).hexdigest()


def _unfound(store: Store, document_id: str, text: str) -> list[str]:
    """Return which sentences of a document are not found by their vector, by their word, or not equal to the source."""
    problems = []
    for sentence in sentences_of(text):
        piece = text[sentence.start : sentence.end]
        by_vector = store.dense(vector_of(piece), 1)
        by_word = store.full_text([piece.lower().split()[1]], 3)
        for found in (by_vector, by_word):
            stored = store.passages([number for number, _ in found[:1]])
            if [p.passage.text for p in stored.values()] != [piece]:
                problems.append(f"{piece!r} is not found")
        if store.slice(document_id, sentence.start, sentence.end) != piece:
            problems.append(f"{piece!r} is not what the source says")
    return problems


def _half_indexed(store: Store) -> list[str]:
    """Return passages that can be found though their document is not whole."""
    whole = {document.id: document for document in store.documents()}
    found = store.passages([number for number, _ in store.dense(vector_of("anything"), 10_000)])
    counted: dict[str, int] = dict.fromkeys(whole, 0)
    for passage in found.values():
        counted[passage.passage.document_id] = counted.get(passage.passage.document_id, 0) + 1
    return [
        f"{name}: {number} passages are found" for name, number in counted.items()
        if name not in whole or whole[name].passages != number
    ]  # fmt: skip


def _still_found(store: Store, entries: list[dict[str, Any]]) -> list[str]:
    """Return texts that were replaced or removed and are found nevertheless (of the last 60 written)."""
    expected, unsure = expected_of(entries)
    problems = []
    for entry in [entry for entry in entries if entry["what"] == "write"][-60:]:
        source, version = entry["source"], entry["version"]
        if version in (expected.get(source), unsure[1] if unsure else None):
            continue
        word = f"s{source}v{version}n0"
        if store.full_text([word], 1):
            problems.append(f"{word} is still found by its word")
        near = store.dense(vector_of(text_of(source, version).split(". ")[0] + "."), 1)
        if near and near[0][1] > 0.999:
            problems.append(f"{word} is still found by its vector")
    return problems


def main() -> int:
    """Play one role; a checker prints what it found as JSON."""
    from bench import crash_control

    role, home, journal, seed = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    writers = {"work": work, "control-work": crash_control.work}
    checkers = {"check": check, "control-check": crash_control.check}
    if role in writers:
        writers[role](home, journal, seed)
    print(json.dumps(checkers[role](home, journal)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
