"""What a quote's card says more than its message: a sentence before and after it, and its score in words.

It stands in the message, unseen, so that the script that draws the cards needs no request of its own.
"""

from functools import lru_cache

from assistant.escape import escape
from assistant.likelihood import in_words
from assistant.models import Quote
from index.sentences import sentence_spans

_LONGEST = 320  # characters of a sentence around a quote


def card(quote: Quote, stands: str, *, answers: bool) -> str:
    """The unseen part of a quote.

    Args:
        quote: The quote.
        stands: Its place, as HTML.
        answers: Whether its score is that of an answer, which has words.
    """
    likely = in_words(quote.score) if answers else None
    score = f'<span class="likely {likely.level}">{likely.words}</span>' if likely else ""
    return (
        f'<div class="card-data"><cite>{escape(quote.title)}</cite><span class="where">{stands}</span>'
        f'<span class="before">{escape(sentence_before(quote.before))}</span>'
        f'<span class="after">{escape(sentence_after(quote.after))}</span>{score}</div>'
    )


@lru_cache(maxsize=512)  # a message is written anew with each word that comes in
def sentence_before(text: str) -> str:
    """The last sentence of what stands before a quote, or the head of its table, with the gap that follows."""
    body = text.rstrip()
    block = body[body.rfind("\n\n") + 1 :].strip()
    if not block:
        return ""
    lines = block.splitlines()
    if lines[-1].lstrip().startswith("|"):
        return f"{next(line for line in lines if line.lstrip().startswith('|'))}\n"
    start, end = sentence_spans(block)[-1]
    sentence = block[start:end].strip()
    cut = sentence if len(sentence) <= _LONGEST else f"… {sentence[-_LONGEST:].split(' ', 1)[-1]}"
    return cut + _gap(text[len(body) :])


@lru_cache(maxsize=512)
def sentence_after(text: str) -> str:
    """The first sentence of what stands after a quote, with the gap before it."""
    body = text.lstrip()
    block = body.partition("\n\n")[0].rstrip()
    if not block or block.startswith("|"):
        return ""
    start, end = sentence_spans(block)[0]
    sentence = block[start:end].strip()
    cut = sentence if len(sentence) <= _LONGEST else f"{sentence[:_LONGEST].rsplit(' ', 1)[0]} …"
    return _gap(text[: len(text) - len(body)]) + cut


def _gap(white: str) -> str:
    return "\n" if "\n" in white else white[:1]
