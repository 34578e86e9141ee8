"""A passage to the analysed words by which it is found."""

from functools import lru_cache

from index.models import HEADING_SEPARATOR, PassageDraft, Sentence
from index.split import context_parts
from index.terms import terms

_HEADER_TERMS = 64


def passage_terms(title: str, text: str, passage: PassageDraft) -> list[list[str]]:
    """Return the words of each sentence, then those of title and headings, then those of columns where it names such.

    Args:
        title: the document's title.
        text: the document's text.
        passage: which part of it.
    """
    own = [sentence_terms(text, sentence) for sentence in passage.sentences]
    context = terms(" ".join(context_parts(title, passage.heading.split(HEADING_SEPARATOR))))
    return [*own, context, terms(passage.columns)] if passage.columns else [*own, context]


def sentence_terms(text: str, sentence: Sentence) -> list[str]:
    """Return the words of a sentence; a table row has those of its header too: without, it says little."""
    own = terms(text[sentence.start : sentence.end])
    if sentence.header is None:
        return own
    return [*own, *_header_terms(text[sentence.header.start : sentence.header.end])]


@lru_cache(maxsize=64)
def _header_terms(header: str) -> tuple[str, ...]:
    """Return the first words of a header; every row of its table asks for them."""
    return tuple(terms(header)[:_HEADER_TERMS])
