"""Foreign text as Markdown that shows it and does nothing."""

import re

from assistant.escape import visible
from assistant.models import Quote

_PERMALINK = re.compile(r"assistant://[^<>\s]+")
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:^=$\"'@/])")


def plain(text: str) -> str:
    """Return a text as one line of Markdown that shows it and does nothing."""
    return _MARKUP.sub(r"\\\1", visible(" ".join(text.split())))


def quoted(quote: Quote) -> str:
    """Return a quote as a block with its permalink below it."""
    body = "\n".join(f"> {plain(line)}" for line in quote.text.splitlines() or [""])
    address = quote.permalink
    return f"{body}\n>\n> {f'<{address}>' if _PERMALINK.fullmatch(address) else plain(address)}"
