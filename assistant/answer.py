"""Quotes to an answer, or a refusal that says why: the words around the quotes, and nothing that adds a fact."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

from assistant.models import Quote, Statement
from prompts import Prompts

THRESHOLD = 0.36
"""How likely an answer must be for the bundled embedding model; calibrated in bench/README.md ("Refusal")."""

Refusal = Literal["empty", "nothing", "script", "unclear", "below"]
"""Why there is no answer: no documents, none of their passages found, an unknown script, nobody whom "he" can mean, too
little evidence."""


def word_quotes(quotes: Sequence[Quote], prompts: Prompts) -> tuple[str, ...]:
    """Return the answer that its quotes make, in the pieces in which it is shown; joined they are its text.

    Each run of quotes from one document is introduced once; a quote stands on a line of its own.
    """
    return tuple(_pieces(quotes, prompts))


def word_statements(statements: Sequence[Statement]) -> tuple[str, ...]:
    """Return a language model's answer in the pieces in which it is shown; joined they are its text."""
    return tuple(f"{' ' if number else ''}{each.text}" for number, each in enumerate(statements))


def word_refusal(refusal: Refusal, prompts: Prompts, *, unclear: str = "", unread: int = 0, files: int = 0) -> str:
    """Return why there is no answer and what can be done, in plain words.

    Args:
        refusal: the kind of refusal.
        prompts: the words for it.
        unclear: the word that is not clear, where that is why.
        unread: how many files could not be read, and may hold the answer.
        files: how many there are, the others being documents.
    """
    prompt = prompts.load(f"refusal_{refusal}")
    said = prompt.render(word=unclear) if refusal == "unclear" else prompt.render()
    return f"{said} {prompts.load('unread').render(unread=str(unread), files=str(files))}" if unread else said


def _pieces(quotes: Sequence[Quote], prompts: Prompts) -> Iterator[str]:
    """Yield the introduction of each run of quotes from one document, and each quote with its number."""
    first = True
    for (_, title), run in groupby(quotes, key=lambda quote: (quote.document_id, quote.title)):
        yield ("" if first else "\n\n") + prompts.load("answer").render(title=title)
        first = False
        for quote in run:
            yield f"\n“{quote.text}” [{quote.number}]"
