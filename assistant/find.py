"""A question or a claim to ranked sentences: retrieval, ranking and reranking, as asking and checking share them."""

import os
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache

from assistant import rank, retrieve
from assistant.answer import Refusal
from assistant.candidates import NOTHING, Query, RankedSentence, Ranking
from index.embed import Embedder
from index.rerank import Reranker
from index.split import sentence_input
from index.store import Store
from index.terms import question_terms
from prompts import Prompts, bundled

_SOURCES = (
    r"(?:(?:the|this|that|these|those|my|our|your|all|any)\s+)*(?:uploaded\s+|given\s+)?"
    r"(?:documents?|texts?|articles?|files?|papers?|notes?|reports?|pages?|sources?)"
)
_SAY_ABOUT = re.compile(
    rf"\s*what\s+(?:do|does|did)\s+{_SOURCES}\s+(?:say|tell(?:\s+(?:me|us))?|mention|state|write)\s+(?:about|on|of)\s+"
    r"(?P<what>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_ACCORDING = re.compile(rf"\s*(?:according\s+to|in|from)\s+{_SOURCES}\s*,\s*(?P<rest>\S.*)", re.IGNORECASE | re.DOTALL)
_RERANKED = 16  # sentences that a cross-encoder reads, at about 10 ms each


@dataclass(frozen=True, slots=True)
class Engine:
    """What finds and answers: a store, the models, and when to refuse."""

    store: Store
    collection: str
    load_embedder: Callable[[], Embedder]
    load_reranker: Callable[[], Reranker] | None
    threshold: float
    prompts: Prompts = field(default_factory=bundled)
    """The words of answers and refusals."""


def to_the_point(question: str) -> str:
    """Return a question without the words that only say where to look, which no document has about its matter.

    "What do my documents say about fees?" is "What is there about fees?", and "According to the article, who came?" is
    "Who came?". English; any other question stays as it is.
    """
    if match := _SAY_ABOUT.match(question):
        return f"What is there about {match['what']}"
    if match := _ACCORDING.match(question):
        return f"{match['rest'][0].upper()}{match['rest'][1:]}"
    return question


def ranked(engine: Engine, text: str, documents: Sequence[str] | None) -> tuple[Ranking, Refusal | None]:
    """Return what was found for a text, and why there is no answer where that is clear before any score."""
    text = to_the_point(text)
    if not engine.store.passage_count():
        return NOTHING, "empty"
    embedder = engine.load_embedder()
    with engine.store.snapshot():
        # What the model does not read is found by its words alone.
        pending = _beside().submit(embedder.embed_question, text) if embedder.reads(text) else None
        time.sleep(0)  # so that the model begins now, and not when this thread next waits for something
        weights = retrieve.weigh(engine.store, question_terms(text))
        if pending is None and not any(engine.store.document_frequencies(list(weights)).values()):
            return NOTHING, "script"
        lexical = retrieve.by_words(engine.store, weights, documents)
        query = Query(text, pending.result() if pending else None, weights)
        candidates = retrieve.retrieve(engine.store, query, documents=documents, lexical=lexical)
        ranking = rank.rank(query, candidates)
        if engine.load_reranker and ranking.sentences:
            reranker = engine.load_reranker()
            ranking = _reranked(engine, reranker, text, ranking) if reranker.reads(text) else ranking
    return ranking, None if candidates else "nothing"


@lru_cache(maxsize=1)
def _beside() -> ThreadPoolExecutor:
    """Return the threads that embed questions while their words are searched for."""
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="question")


def read_alone(store: Store, found: RankedSentence) -> str:
    """Return a sentence as a model reads it by itself: a table row with its columns."""
    sentence = found.sentence
    head = sentence.header
    header = store.slice(found.document_id, head.start, head.end) if head else ""
    return sentence_input(found.text, sentence.kind, header)


def _reranked(engine: Engine, reranker: Reranker, text: str, ranking: Ranking) -> Ranking:
    """Return a ranking whose first sentences a cross-encoder has put in order, each under its title and headings."""
    texts = [_in_context(engine.store, each) for each in ranking.sentences[:_RERANKED]]
    return rank.rescored(ranking, reranker.scores(text, texts))


def _in_context(store: Store, found: RankedSentence) -> str:
    """Return a sentence as it is read alone, under its title and headings."""
    context = found.candidate.stored.context
    own = read_alone(store, found)
    return f"{context}\n{own}" if context else own
