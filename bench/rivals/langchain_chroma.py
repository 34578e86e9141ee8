"""The plain chain of LangChain's documentation: split, embed, Chroma, the chunks most like the question.

It has no step that quotes: the first chunk is what it shows first, and it refuses nothing.
"""

from collections.abc import Sequence
from pathlib import Path

from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from bench.rivals.protocol import Quoted, Reply, Source, serve


class LangchainChroma:
    """Chunks of 1,000 characters that overlap by 200, and four of them for a question, as documented."""

    def __init__(self, model: Path, folder: Path) -> None:
        """Load the model and open the store."""
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        embeddings = HuggingFaceEmbeddings(model_name=str(model), model_kwargs={"device": "cpu"})
        self._store = Chroma("documents", embedding_function=embeddings, persist_directory=str(folder))

    def index(self, sources: Sequence[Source]) -> int:
        """Add documents, and return how many chunks they became."""
        documents = [Document(each.text, metadata={"source": each.id, "title": each.title}) for each in sources]
        return len(self._store.add_documents(self._splitter.split_documents(documents)))

    def ask(self, question: str) -> Reply:
        """Return the chunks most like the question."""
        found = self._store.similarity_search(question, k=4)
        return Reply([Quoted(each.page_content, each.metadata["source"]) for each in found])


if __name__ == "__main__":
    serve(LangchainChroma, ("langchain-core", "langchain-chroma", "chromadb", "sentence-transformers", "torch"))
