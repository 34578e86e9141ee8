"""The front door: one object a collection, with everything that other programs and the surfaces call."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from assistant import chain, check, quote, verify
from assistant.collection import Collection
from assistant.models import Answer, Answered, Event, Hit, Quote, Turn
from assistant.parts import put_together
from assistant.settings import Settings
from assistant.verdict import CheckEvent, CheckReport, Reported
from assistant.verify import Verification
from index.store import Store

if TYPE_CHECKING:
    from assistant.runnables import AnswerRunnable, PassageRetriever


class Assistant(Collection):
    """Answers from the documents of one collection; a context manager, safe to use from several threads."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Put the parts together; use `Assistant.open`."""
        super().__init__(store, settings)
        self._parts = put_together(store, settings, self._embedder)
        self._chain = chain.Chain(self._parts.engine, self._parts.writer)

    # -- questions -------------------------------------------------------------------------------------------------

    def search(self, question: str, k: int = 8, documents: Sequence[str] | None = None) -> list[Hit]:
        """Return the `k` passages that answer a question best (at most 40), best first.

        Raises:
            InvalidQuestion: when it is empty, too long or holds no words.
            DocumentNotFound: when one of `documents` (ids) does not exist.
            EmbeddingMismatch, ModelUnavailable: as `add`.
        """
        return chain.search(self._parts.engine, self._request(question, documents), k)

    def ask(self, question: str, history: Sequence[Turn] = (), documents: Sequence[str] | None = None) -> Answer:
        """Return the answer to a question, or a refusal.

        Args:
            question: a question, which may be a part of the conversation.
            history: earlier (question, answer text) pairs, oldest first, from which what it leaves out is filled in.
            documents: ids of the documents to look in; None for all.

        Raises:
            InvalidQuestion, DocumentNotFound, EmbeddingMismatch, ModelUnavailable: as `search`.
        """
        *_, last = self.stream(question, history, documents)
        assert isinstance(last, Answered)
        return last.answer

    def stream(
        self, question: str, history: Sequence[Turn] = (), documents: Sequence[str] | None = None
    ) -> Iterator[Event]:
        """Return the events of an answer as they come: Found, Quoted, Token..., Answered.

        With a language model its words come before the tokens: Drafted..., and Stated for each verified sentence.

        Raises:
            InvalidQuestion, DocumentNotFound: at once.
            EmbeddingMismatch, ModelUnavailable: with the first event.
        """
        return self._chain.stream(self._request(question, documents, history))

    # -- claims ----------------------------------------------------------------------------------------------------

    def check(self, text: str, documents: Sequence[str] | None = None) -> CheckReport:
        """Return what the documents say about each claim of a plain text.

        Args:
            text: a sentence or an article, at most `check.LONGEST_TEXT` characters.
            documents: ids of the documents to look in; None for all.

        Raises:
            InvalidText: when it cannot be checked, or there are no documents.
            DocumentNotFound, EmbeddingMismatch, ModelUnavailable: as `search`.
        """
        *_, last = self.stream_check(text, documents)
        assert isinstance(last, Reported)
        return last.report

    def stream_check(self, text: str, documents: Sequence[str] | None = None) -> Iterator[CheckEvent]:
        """Return the events of a check as they come: Split, Checked..., Reported; closing it ends the check.

        Raises:
            InvalidText, DocumentNotFound: at once; the first also with the first event, when there are no documents.
            EmbeddingMismatch, ModelUnavailable: with the first event.
        """
        check.require_checkable(text)
        chosen = self._existing(documents)
        return check.stream(self._parts.checker, text, chosen)

    # -- quotations ------------------------------------------------------------------------------------------------

    def verify(self, quotation: str, document_id: str | None = None) -> Verification:
        """Return whether the documents have a quotation's words: exactly, in other typography, nearly, or not.

        Args:
            quotation: the words, at most `verify.LONGEST` characters.
            document_id: the document to look in; None for all.

        Raises:
            InvalidText: when it cannot be verified.
            DocumentNotFound: when there is no such document.
        """
        chosen = None if document_id is None else self._existing([document_id])
        return verify.verify(self._store, self.collection, quotation, chosen)

    # -- links -----------------------------------------------------------------------------------------------------

    def resolve(self, permalink: str) -> Quote:
        """Return what a permalink points to.

        Raises:
            DocumentNotFound: when it is not one of this collection, or its document is gone.
            SourceChanged: when the document has another text now.
        """
        return quote.resolve(self._store, self.collection, permalink)

    def warm_up(self) -> None:
        """Load the models and the vector index, so that the first question does not wait for them."""
        self._store.warm_up()
        if self._store.passage_count():
            self.ask("Is everything ready?")
        else:
            self._embedder().embed_question("Is everything ready?")

    def load_models(self) -> None:
        """Load the models that questions need, once a process.

        Raises:
            EmbeddingMismatch, ModelUnavailable: as `add`.
        """
        self._parts.engine.load_embedder()
        if self._parts.engine.load_reranker:
            self._parts.engine.load_reranker()

    # -- LangChain -------------------------------------------------------------------------------------------------

    def as_runnable(self) -> "AnswerRunnable":
        """Return the assistant as a LangChain runnable: a question, or a mapping with `question`, to an Answer."""
        from assistant.runnables import AnswerRunnable

        return AnswerRunnable(self.stream)

    def as_retriever(self, k: int = 8) -> "PassageRetriever":
        """Return the search as a LangChain retriever whose documents carry source, page, start and end."""
        from assistant.runnables import PassageRetriever

        return PassageRetriever(find=self.search, k=k)

    # -- inner workings --------------------------------------------------------------------------------------------

    def _request(self, question: str, documents: Sequence[str] | None, history: Sequence[Turn] = ()) -> chain.Request:
        """Return a question that can be searched for, in documents that exist."""
        introduction = self._parts.engine.prompts.load("answer")
        chosen = self._existing(documents)
        return chain.request(question, history=history, documents=chosen, introduction=introduction)
