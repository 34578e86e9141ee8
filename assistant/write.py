"""A found answer in a language model's words: written, verified, and judged sentence by sentence against its quotes.

Nothing that the model writes is an answer before its numbers are known to exist. Where it fails, takes too long or
leaves nothing that stands on a quote, the quotes alone are the answer, with a note that says so.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from assistant import decide, evidence, generate, quote
from assistant.candidates import RankedSentence, Ranking
from assistant.chat_model import ChatModel
from assistant.claims import assertions
from assistant.find import read_alone
from assistant.generate import Cited, Draft
from assistant.judge import Judge
from assistant.models import Drafted, Quote, Stated, Statement, Turn
from index.errors import DocumentNotFound, ModelUnavailable, SourceChanged
from index.store import Store
from prompts import Prompts, bundled

NOTHING_LEFT = "Nothing of what the language model wrote rests on the documents, so here are the quotes alone."
CHANGED = "The documents were changed while the language model wrote, so here are the quotes that were found before."


@dataclass(frozen=True, slots=True)
class Writer:
    """What puts answers into words."""

    load_model: Callable[[], ChatModel]
    load_judge: Callable[[], Judge]
    strict: bool
    """Whether a sentence without a quote is left out; otherwise it is marked."""
    prompts: Prompts = field(default_factory=bundled)


def condensed(writer: Writer, question: str, history: Sequence[Turn]) -> Generator[Drafted, None, str | None]:
    """Return a follow-up as a question that stands alone, or None when the model gives none; yields while it waits."""
    text = ""
    try:
        model = writer.load_model()
        for words in model.stream(*generate.condensing(question, history, writer.prompts)):
            text += words
            yield Drafted("")
    except ModelUnavailable:  # the rules have filled in what they could
        return None
    return generate.condensed(text, question, history)


@dataclass(frozen=True, slots=True)
class Written:
    """A model's answer as it is shown, or why there is none."""

    statements: tuple[Statement, ...]
    quotes: tuple[Quote, ...]
    model: str | None
    note: str = ""
    """What to tell beside the quotes when nothing was written."""
    is_silent: bool = False
    """Whether the model says that the documents do not answer."""


def write(
    writer: Writer, store: Store, collection: str, question: str, ranking: Ranking
) -> Iterator[Drafted | Stated | Written]:
    """Yield the model's words as they come, what of them is verified by then, and at the end what is left."""
    shown = generate.shown_sentences(ranking)
    desk = _Desk(writer, store, collection, shown)
    text = complete = ""
    try:
        model = writer.load_model()
        for words in model.stream(*generate.writing(question, shown, writer.prompts)):
            text += words
            yield Drafted(words)
            if words and (now := generate.complete(text)) != complete:
                complete = now
                yield from desk.stated(complete, text[len(complete) :])
    except ModelUnavailable as error:
        yield Written((), (), None, f"{error} Here are the quotes alone.")
        return
    yield desk.written(text, model.name)


class _Desk:
    """Where what a model writes is verified; no sentence is judged twice."""

    def __init__(self, writer: Writer, store: Store, collection: str, shown: Sequence[RankedSentence]) -> None:
        self._writer, self._store, self._collection, self._shown = writer, store, collection, shown
        self._judged: dict[Cited, bool | None] = {}

    def stated(self, complete: str, rest: str) -> Iterator[Stated]:
        """Yield what of a model's whole sentences rests on quotes, where that is any."""
        draft = self._verified(complete)
        try:
            statements, quotes = self._stand(draft)
        except (SourceChanged, DocumentNotFound):  # told at the end
            return
        if quotes:
            yield Stated(statements, quotes, rest)

    def written(self, text: str, name: str) -> Written:
        """Return what is left of a model's whole answer."""
        draft = self._verified(text)
        if draft.is_silent:
            return Written((), (), name, is_silent=True)
        try:
            statements, quotes = self._stand(draft)
        except (SourceChanged, DocumentNotFound):
            return Written((), (), None, CHANGED)
        return Written(statements, quotes, name, _left_out(draft)) if quotes else Written((), (), None, NOTHING_LEFT)

    def _verified(self, text: str) -> Draft:
        return generate.verified(text, len(self._shown), strict=self._writer.strict)

    def _stand(self, draft: Draft) -> tuple[tuple[Statement, ...], tuple[Quote, ...]]:
        """Return the sentences of a draft with their quotes, numbered in the order in which they are cited."""
        numbers = list(dict.fromkeys(number for each in draft.kept for number in each.numbers))
        quotes = quote.build(self._store, self._collection, [self._shown[number - 1] for number in numbers])
        places = {number: place for place, number in enumerate(numbers, start=1)}
        statements = []
        for each in draft.kept:
            cited = tuple(places[number] for number in each.numbers)
            if each not in self._judged:
                self._judged[each] = self._judge(each, [self._shown[number - 1] for number in each.numbers])
            statements.append(Statement(each.told(cited), cited, self._judged[each]))
        return tuple(statements), quotes

    def _judge(self, each: Cited, sentences: Sequence[RankedSentence]) -> bool | None:
        """Tell whether the judge and the rules find that sentences say so: None where they cannot tell, or fail."""
        if not sentences:
            return None
        claim = f"{each.words}{each.stop}"
        try:
            judge = self._writer.load_judge()
            if not judge.reads(claim):
                return None
            pieces = evidence.of(sentences, partial(read_alone, self._store))
            decision, _ = decide.judged(judge, claim, assertions(claim), pieces)
        except (ModelUnavailable, DocumentNotFound):
            return None
        return decision.verdict == "supported"


def _left_out(draft: Draft) -> str:
    """Return what was not shown of the model's words, in a sentence; nothing when all was."""
    parts = []
    if draft.left_out:
        one = draft.left_out == 1
        parts.append(f"{draft.left_out} {'sentence' if one else 'sentences'} without a quote")
    if draft.invented:
        parts.append(
            f"{draft.invented} {'number' if draft.invented == 1 else 'numbers'} of no sentence that it was shown"
        )
    if draft.is_cut:
        parts.append("a sentence that it did not finish")
    listed = " and ".join(", ".join(parts).rsplit(", ", 1))
    return f"Left out of the language model's answer: {listed}." if parts else ""
