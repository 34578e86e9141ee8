"""A tool that speaks the protocol of `bench rivals` and knows no more than the words of its documents."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.rivals.protocol import Quoted, Reply, Source, serve


class FakeRival:
    """Quotes the first sentence that has the question's last word, and remembers its documents in a file."""

    def __init__(self, model: Path, folder: Path) -> None:
        if model.name == "unreadable":
            sys.exit("ModelError: the model cannot be read.")
        self._file = folder / "documents.json"
        folder.mkdir(parents=True, exist_ok=True)
        self._texts: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def index(self, sources: Sequence[Source]) -> int:
        sys.stdout.write("What a library prints is no reply.\n")
        self._texts |= {source.id: source.text for source in sources}
        self._file.write_text(json.dumps(self._texts))
        return len(sources)

    def ask(self, question: str) -> Reply:
        if "crash" in question:
            sys.exit("CrashError: it fell over.")
        word = question.strip("?").split()[-1]
        found = [
            Quoted(sentence.strip() + ".", name)
            for name, text in self._texts.items()
            for sentence in text.split(".")
            if word in sentence
        ]
        return Reply(found, refused=not found)


if __name__ == "__main__":
    serve(FakeRival, ("numpy",))
