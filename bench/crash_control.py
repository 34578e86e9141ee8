"""The control of bench.crash: the same writes and kills on one Chroma collection that is written in place."""

from pathlib import Path
from typing import Any

from bench.crash_child import acknowledge, entries_of, expected_of, sentences_of, steps, text_of, vector_of

BALLAST = 3000  # passages that are there before the first kill, so that a save takes as long as in a real store


def work(home: Path, journal: Path, seed: int) -> None:
    """Write to the collection until killed, acknowledging each call that returned."""
    collection = _collection(home)
    if not collection.count():
        names = [f"ballast-{number}" for number in range(BALLAST)]
        collection.upsert(ids=names, embeddings=[vector_of(name) for name in names], documents=names)
    for what, source, version in steps(seed):
        entry = {"what": what, "source": source, "version": version}
        acknowledge(journal, {"mark": "intend", **entry})
        present = collection.get(where={"source": source}, include=[])["ids"]
        if what == "write":
            pieces = _pieces(source, version)
            names = [f"{source}-{version}-{number}" for number in range(len(pieces))]
            vectors: Any = [vector_of(piece) for piece in pieces]
            metadatas: Any = [{"source": source} for _ in pieces]
            collection.upsert(ids=names, embeddings=vectors, metadatas=metadatas, documents=pieces)
            present = [name for name in present if name not in names]
        if present:
            collection.delete(ids=present)
        acknowledge(journal, {"mark": "done", **entry})


def check(home: Path, journal: Path) -> list[str]:
    """Return which acknowledged texts are not found by their own vectors; dies when the store cannot be read."""
    collection = _collection(home)
    expected, unsure = expected_of(entries_of(journal))
    problems = []
    for source, version in expected.items():
        if version is None or (unsure and unsure[0] == source):
            continue
        for piece in _pieces(source, version):
            vector: Any = [vector_of(piece)]
            found = collection.query(query_embeddings=vector, n_results=1, include=["documents"])
            if [piece] != (found["documents"] or [[]])[0]:
                problems.append(f"{piece!r} is not found")
    return problems


def _pieces(source: int, version: int) -> list[str]:
    """Return the sentences of a version."""
    text = text_of(source, version)
    return [text[sentence.start : sentence.end] for sentence in sentences_of(text)]


def _collection(home: Path) -> Any:
    """Return the collection, as a tutorial would make it except for the small sync threshold."""
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(str(home), settings=Settings(anonymized_telemetry=False))
    configuration: Any = {"hnsw": {"space": "cosine", "batch_size": 20, "sync_threshold": 20}}
    return client.get_or_create_collection("control", configuration=configuration, embedding_function=None)
