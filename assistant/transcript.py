"""A conversation as a file that people pass on, and an answer as text to be pasted: each with its citations."""

import json
from collections.abc import Iterator

from assistant.conversation import Conversation, Exchange
from assistant.escape import visible
from assistant.markdown import plain, quoted
from assistant.models import Answer, Hit, Quote


def as_json(conversation: Conversation) -> str:
    """Return a conversation as a JSON document: every answer as `to_dict()` gives it, offsets and hashes included."""
    return json.dumps(conversation.to_dict(), indent=2, ensure_ascii=False) + "\n"


def as_markdown(conversation: Conversation) -> str:
    """Return a conversation as a Markdown document in which every foreign character stands for itself."""
    return "\n\n".join(_paragraphs(conversation)) + "\n"


def as_text(answer: Answer) -> str:
    """Return an answer as plain text with its citations below it: title, place, offsets and permalink of each quote."""
    told = " ".join(answer.text.split())
    lines = [answer.text.strip()]
    for quote in answer.quotes:
        own = "" if " ".join(quote.text.split()) in told else f"“{quote.text}” "
        lines.append(f"[{quote.number}] {own}{_place(quote)}\n{quote.permalink}")
    lines += [f"Nearest passage (not an answer): {hit.title}: “{hit.passage.text.strip()}”" for hit in answer.nearest]
    return visible("\n\n".join([*lines, answer.note] if answer.note else lines))


def _place(quote: Quote) -> str:
    parts = (quote.title, quote.where, quote.heading, f"characters {quote.start}-{quote.end}")
    return ", ".join(part for part in parts if part)


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
    if answer.refused:
        yield f"No answer in the documents: {plain(answer.reason)}"
        yield from map(_nearest, answer.nearest)
    if answer.statements:
        yield " ".join(plain(each.text) + (f" \\({each.doubt}\\)" if each.doubt else "") for each in answer.statements)
    for quote in answer.quotes:
        yield f"\\[{quote.number}\\] {plain(_place(quote))}:\n\n{quoted(quote)}"
    yield from (plain(each) for each in (answer.note, answer.told_by) if each)


def _nearest(hit: Hit) -> str:
    return f"Nearest passage, not an answer: {plain(hit.title)}\n\n> {plain(hit.passage.text)}"
