"""This assistant by its Python API, with all settings as they come but the place of its documents."""

from collections.abc import Sequence
from pathlib import Path

from assistant import Assistant, TextSource
from assistant.answer import THRESHOLD
from assistant.settings import load_settings
from bench.rivals.protocol import Quoted, Reply, Source, serve


class ThisAssistant:
    """One home; asked without a threshold, so that one run tells both what is quoted and what is refused."""

    def __init__(self, model: Path, folder: Path) -> None:
        """Open the home; the model is the one that comes along, which the other tools get by its folder."""
        del model
        self._assistant = Assistant.open(settings=load_settings(folder, threshold=0.0))
        self._assistant.load_models()
        self._names = {document.id: document.source for document in self._assistant.documents()}

    def index(self, sources: Sequence[Source]) -> int:
        """Add documents, and return how many passages they became."""
        given = [TextSource(source.text, source.title, source.id) for source in sources]
        report = self._assistant.add_texts(given)
        added = [self._assistant.document(str(each.document_id)) for each in report.added]
        self._names |= {document.id: document.source for document in added}
        return sum(document.passages for document in added)

    def ask(self, question: str) -> Reply:
        """Return the quotes, and whether the score is below that at which questions are answered."""
        answer = self._assistant.ask(question)
        quotes = [
            Quoted(quote.text, self._names[quote.document_id], f"{quote.before}{quote.text}{quote.after}")
            for quote in answer.quotes
        ]
        return Reply(quotes, refused=answer.score < THRESHOLD)


if __name__ == "__main__":
    serve(ThisAssistant, ("document-assistant", "onnxruntime", "chromadb"))
