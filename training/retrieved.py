"""Writes what the product finds for each development claim, so that the judge is trained on evidence as it will be.

python -m training.retrieved --data ../shared/data --out training/build/retrieved
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assistant import find
from bench.data import rows
from index.embed import load_embedder
from index.ingest import Ingest
from index.rerank import load_reranker
from index.sentences import sentence_spans
from index.store import Store

_SENTENCES = 16
_OWN_DOCUMENT = ("feversym", "summedits")
_SHORTEST = 15
"""In characters; what is shorter is no sentence of a summary."""


class Finder:
    """The documents of all claims in one home, and the retrieval of the product over them."""

    def __init__(self, store: Store, data: Path) -> None:
        """Index the documents into the store."""
        self._engine = find.Engine(store, "default", load_embedder, load_reranker, 0.0)
        ingest = Ingest(store, load_embedder)
        self._ids: dict[str, str] = {}
        for path in sorted((data / "claims").glob("docs_*.jsonl")):
            if path.stem == "docs_factcheckgpt":
                continue
            for row in rows(path):
                text = row["text"].replace("\0", " ")
                stored = ingest.add_text(text, title=row["title"] or "", source=row["doc_id"], media_type="text/plain")
                self._ids[row["doc_id"]] = stored.id
        self._sources = {number: source for source, number in self._ids.items()}

    def sentences(self, claim: str, *, among: Sequence[str] | None, without: str = "") -> list[dict[str, Any]]:
        """Return the best sentences for a claim, best first, in documents that are named by their ids in the data."""
        documents = [self._ids[each] for each in among] if among else None
        if without:
            documents = [number for source, number in self._ids.items() if source != without]
        ranking, _ = find.ranked(self._engine, claim, documents)
        return [
            {
                "doc": self._sources[each.candidate.stored.passage.document_id],
                "start": each.sentence.start,
                "end": each.sentence.end,
                "title": each.candidate.stored.title,
                "text": each.text,
            }
            for each in ranking.sentences[:_SENTENCES]
        ]


def found(finder: Finder, data: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield each claim of a set with its sentences; of a summary, each of its sentences with its own."""
    for row in rows(data / "claims" / f"claims_{name}.jsonl"):
        among = row["doc_ids"] if name in _OWN_DOCUMENT else None
        if name != "summedits":
            yield {
                "id": row["id"],
                "sents": finder.sentences(row["claim"], among=among, without=row.get("withheld_doc") or ""),
            }
            continue
        for start, end in sentence_spans(row["claim"]):
            own = row["claim"][start:end].strip()
            if len(own) >= _SHORTEST:
                yield {"id": row["id"], "claim": own, "sents": finder.sentences(own, among=among)}


def main() -> None:
    """Index, search and write one file a set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("training/build/retrieved"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, Store.open(Path(home)) as store:
        finder = Finder(store, options.data)
        for name in ("fm2", "fm2nei", "wice", "feversym", "summedits"):
            file = options.out / f"{name}{'_sentences' if name == 'summedits' else ''}.jsonl"
            with file.open("w", encoding="utf-8") as lines:
                lines.writelines(json.dumps(each) + "\n" for each in found(finder, options.data, name))
            print(file, flush=True)


if __name__ == "__main__":
    main()
