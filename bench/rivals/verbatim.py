"""verbatim-rag with its static template, no language model, and Milvus Lite as its index.

What it extracts spans with is a language model or a model from a hub; neither is to be had offline. In their place
stands the simplest thing that its own interface takes: of each passage found, the sentence most like the question by
the same embedding model, split as its own extractor splits. It refuses nothing by itself.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from verbatim_core.extractors import SpanExtractor
from verbatim_core.templates import TemplateManager
from verbatim_rag import VerbatimIndex, VerbatimRAG
from verbatim_rag.chunker_providers import MarkdownChunkerProvider
from verbatim_rag.embedding_providers import SentenceTransformersProvider
from verbatim_rag.schema import DocumentSchema
from verbatim_rag.vector_stores import LocalMilvusStore

from bench.rivals.protocol import Quoted, Reply, Source, serve

_SENTENCE_END = r"(?<=[.!?])\s+"
_PASSAGE = 1000  # characters, as the chain of LangChain has


class MostLike(SpanExtractor):  # type: ignore[misc]
    """Of each passage the sentence most like the question."""

    def __init__(self, provider: SentenceTransformersProvider) -> None:
        """Take the embedding model that the index has."""
        self._provider = provider

    def extract_spans(self, question: str, search_results: list[Any]) -> dict[str, list[str]]:
        """Return a sentence for the text of each passage."""
        texts = list(dict.fromkeys(str(result.text) for result in search_results))
        split = [(text, each.strip()) for text in texts for each in re.split(_SENTENCE_END, text) if each.strip()]
        vectors = np.array(self._provider.embed_batch([question, *(sentence for _, sentence in split)]))
        likeness = vectors[1:] @ vectors[0]  # the model's vectors have length 1
        best: dict[str, tuple[float, str]] = {}
        for (text, sentence), like in zip(split, likeness, strict=True):
            best[text] = max(best.get(text, (-1.0, "")), (float(like), sentence))
        return {text: [sentence] for text, (_, sentence) in best.items()}


class Verbatim:
    """Passages by its own chunker, and five of them for a question, as documented."""

    def __init__(self, model: Path, folder: Path) -> None:
        """Load the model and open the index."""
        folder.mkdir(parents=True, exist_ok=True)
        provider = SentenceTransformersProvider(str(model))
        store = LocalMilvusStore(str(folder / "index.db"), enable_sparse=False)
        self._index = VerbatimIndex(
            store, dense_provider=provider, chunker_provider=MarkdownChunkerProvider(max_chunk_size=_PASSAGE)
        )
        self._rag = VerbatimRAG(
            self._index, extractor=MostLike(provider), template_manager=TemplateManager(default_mode="static")
        )

    def index(self, sources: Sequence[Source]) -> int:
        """Add documents, and return how many passages they became."""
        documents = [
            DocumentSchema(id=each.id, content=each.text, title=each.title, source=each.id) for each in sources
        ]
        before = self._passages
        self._index.add_documents_bulk(documents)
        return self._passages - before

    def ask(self, question: str) -> Reply:
        """Return the sentences that its static template cites."""
        answer = self._rag.query(question)
        cited = answer.structured_answer.citations
        return Reply([Quoted(each.text, answer.documents[each.doc_index].source) for each in cited])

    @property
    def _passages(self) -> int:
        rows = self._index.vector_store.client.query("verbatim_rag", filter="", output_fields=["count(*)"])
        return int(rows[0]["count(*)"])


if __name__ == "__main__":
    serve(Verbatim, ("verbatim-rag", "verbatim-core", "milvus-lite", "sentence-transformers", "torch"))
