"""A conversation as a file that people pass on, and an answer as text to be pasted: Markdown and JSON, with citations.

A quote's link leads to the page that shows it. It is relative to the server's address, which only the browser knows:
the page's script puts that before each "](d/". Foreign text cannot hold one: its brackets stand behind backslashes.
"""

import json
from collections.abc import Iterator

from assistant.conversation import Conversation, Exchange
from assistant.markdown import block, plain
from assistant.models import Answer, Hit, Quote
from assistant.quote import page_of


def as_json(conversation: Conversation) -> str:
    """Return a conversation as a JSON document: every answer as `to_dict()` gives it, offsets and hashes included."""
    return json.dumps(conversation.to_dict(), indent=2, ensure_ascii=False) + "\n"


def as_markdown(conversation: Conversation) -> str:
    """Return a conversation as a Markdown document in which every foreign character stands for itself."""
    return "\n\n".join(_paragraphs(conversation)) + "\n"


def answer_as_markdown(answer: Answer) -> str:
    """Return one answer in the same way: its words, and each quote with its title, place, link and offsets."""
    return "\n\n".join(_answer(answer)) + "\n"


def _paragraphs(conversation: Conversation) -> Iterator[str]:
    yield f"# {plain(conversation.name)}"
    for number, exchange in enumerate(conversation.exchanges, start=1):
        yield f"## {number}. {plain(exchange.question)}"
        yield from _exchange(exchange)


def _exchange(exchange: Exchange) -> Iterator[str]:
    yield f"Asked {exchange.asked_at:%Y-%m-%d %H:%M} UTC."
    answer = exchange.answer
    if answer is None:
        yield plain(exchange.problem or "This question was not answered.")
        return
    if answer.searched_for.strip() != answer.question.strip():
        yield f"Searched for: {plain(answer.searched_for)}"
    yield from _answer(answer)
    if exchange.feedback:
        yield f"Marked as a {exchange.feedback} answer."
    if exchange.expected is not None:
        yield f"Expected: {plain(exchange.expected) or 'the documents do not say.'}"


def _answer(answer: Answer) -> Iterator[str]:
    if answer.refused:
        yield f"No answer in the documents: {plain(answer.reason)}"
        yield from map(_nearest, answer.nearest)
    if answer.statements:
        yield " ".join(plain(each.text) + (f" \\({each.doubt}\\)" if each.doubt else "") for each in answer.statements)
    for quote in answer.quotes:
        yield f"{_place(quote)}:\n\n{block(quote.text)}"
    yield from (plain(each) for each in (answer.note, answer.told_by) if each)


def _place(quote: Quote) -> str:
    """Where a quote stands, its title and place as a link where its permalink is one."""
    title, page = plain(f"{quote.title}, {quote.where}"), page_of(quote.permalink)
    words = f"[{title}]({page})" if page else title
    rest = plain(", ".join(part for part in (quote.heading, f"characters {quote.start}-{quote.end}") if part))
    return f"\\[{quote.number}\\] {words}, {rest}"


def _nearest(hit: Hit) -> str:
    return f"Nearest passage, not an answer: {plain(hit.title)}\n\n{block(' '.join(hit.passage.text.split()))}"
