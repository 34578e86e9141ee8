"""txtai with content stored, keywords beside vectors (hybrid), and its own segmentation into paragraphs.

It has no step that quotes: the first paragraph is what it shows first, and it refuses nothing.
"""

from collections.abc import Sequence
from pathlib import Path

from txtai import Embeddings
from txtai.pipeline import Segmentation

from bench.rivals.protocol import Quoted, Reply, Source, serve


class Txtai:
    """Paragraphs, and three of them for a question: the default of its search."""

    def __init__(self, model: Path, folder: Path) -> None:
        """Load the model, and the index where there is one."""
        self._folder = folder / "index"
        self._segment = Segmentation(paragraphs=True)
        self._embeddings = Embeddings(path=str(model), content=True, hybrid=True)
        if self._embeddings.exists(str(self._folder)):
            self._embeddings.load(str(self._folder))

    def index(self, sources: Sequence[Source]) -> int:
        """Add documents, and return how many paragraphs they became."""
        rows = [
            (f"{source.id}#{number}", text)
            for source in sources
            for number, text in enumerate(self._segment(source.text))
        ]
        self._embeddings.upsert(rows)
        self._embeddings.save(str(self._folder))
        return len(rows)

    def ask(self, question: str) -> Reply:
        """Return the paragraphs that fit the question best."""
        found = self._embeddings.search(question)
        return Reply([Quoted(each["text"], each["id"].rpartition("#")[0]) for each in found])


if __name__ == "__main__":
    serve(Txtai, ("txtai", "faiss-cpu", "transformers", "torch"))
