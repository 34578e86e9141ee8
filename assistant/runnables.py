"""The assistant inside other people's LangChain programs: a runnable that answers and a retriever of passages."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import run_in_executor
from pydantic import ConfigDict

from assistant.models import Answer, Answered, Event, Hit, Quote, Quoted, Token, Turn

Question = str | Mapping[str, Any]
"""A question, or a mapping with `question` and, if wanted, `history` and `documents`."""

_NAMES = {"question", "history", "documents"}


class AnswerRunnable(Runnable[Question, Answer]):
    """Takes a question and gives an `Answer`; a stream gives the answer as it grows, the last one whole."""

    def __init__(self, stream: Callable[[str, Sequence[Turn], Sequence[str] | None], Iterator[Event]]) -> None:
        """Answer through a function that turns (question, history, documents) into events."""
        self._events = stream

    def invoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """Return the whole answer.

        Raises:
            TypeError: when the input is neither a text nor a mapping with exactly the names that are known.
            AssistantError: as `Assistant.ask` does.
        """
        return self._call_with_config(self._answer, input, config)

    def stream(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any | None) -> Iterator[Answer]:
        """Yield the answer as it grows: first its quotes, then its text piece by piece, last the whole."""
        question, history, documents = _parts(input)
        quotes: tuple[Quote, ...] = ()
        text = ""
        for event in self._events(question, history, documents):
            match event:
                case Quoted():
                    quotes = event.quotes
                    yield _growing(question, text, quotes)
                case Token():
                    text += event.text
                    yield _growing(question, text, quotes)
                case Answered():
                    yield event.answer

    async def astream(
        self, input: Question, config: RunnableConfig | None = None, **kwargs: Any | None
    ) -> AsyncIterator[Answer]:
        """Yield the answer as it grows without blocking the event loop."""
        answers = self.stream(input, config)
        while (answer := await run_in_executor(config, next, answers, None)) is not None:
            yield answer

    def _answer(self, input: Question) -> Answer:
        *_, answer = self.stream(input)
        return answer


class PassageRetriever(BaseRetriever):
    """Gives the passages for a question as LangChain documents.

    Their metadata: document_id, title, source, page, heading, start, end (character offsets) and score.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    find: Callable[[str, int], list[Hit]]
    """Turns (question, how many) into hits."""
    k: int = 8
    """How many passages are given at most."""

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [_document(hit) for hit in self.find(query, self.k)]


def _document(hit: Hit) -> Document:
    """Return a hit as a LangChain document."""
    passage = hit.passage
    metadata = {
        "document_id": passage.document_id,
        "title": hit.title,
        "source": hit.source,
        "page": passage.page,
        "heading": passage.heading,
        "start": passage.start,
        "end": passage.end,
        "score": hit.score,
    }
    return Document(page_content=passage.text, metadata=metadata, id=f"{passage.document_id}:{passage.start}")


def _parts(given: Question) -> tuple[str, Sequence[Turn], Sequence[str] | None]:
    """Return (question, history, documents) of a runnable's input."""
    if isinstance(given, str):
        return given, (), None
    if not isinstance(given, Mapping) or not isinstance(given.get("question"), str) or set(given) - _NAMES:
        raise TypeError(f"the input is a question or a mapping with {sorted(_NAMES)}, of which 'question' is needed")
    return given["question"], tuple(given.get("history") or ()), given.get("documents")


def _growing(question: str, text: str, quotes: tuple[Quote, ...]) -> Answer:
    """Return an answer that is not whole yet."""
    return Answer(question, question, text, quotes, False, "", (), 0.0, None, "", "", 0.0)
