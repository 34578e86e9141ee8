"""Foreign text as Markdown that shows it and does nothing."""

import re

from assistant.escape import visible
from assistant.models import Quote

_PERMALINK = re.compile(r"assistant://[^<>\s]+")
_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#|~&:^=$@/]|^[-+]|(?<=^www)\.|(?<=\Wwww)\.", re.IGNORECASE)
"""What means something anywhere, or at the beginning of a line or of an address; other stops and hyphens do not."""
_NUMBER = re.compile(r"^([0-9]+)\.")


def plain(text: str) -> str:
    """Return a text as one line of Markdown that shows it and does nothing."""
    return _NUMBER.sub(r"\1\\.", _MARKUP.sub(r"\\\g<0>", visible(" ".join(text.split()))))


def block(text: str) -> str:
    """Return a text as a block quote, line by line."""
    return "\n".join(f"> {plain(line)}" for line in text.splitlines() or [""])


def quoted(quote: Quote) -> str:
    """Return a quote as a block with its permalink below it."""
    address = quote.permalink
    return f"{block(quote.text)}\n>\n> {f'<{address}>' if _PERMALINK.fullmatch(address) else plain(address)}"
