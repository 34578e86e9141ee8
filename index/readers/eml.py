"""E-mail messages: subject, sender, receivers and date, then the text; messages inside a message follow."""

import email
import email.policy
from email.message import EmailMessage
from pathlib import PurePath

from index.errors import UnreadableSource
from index.limits import Limits
from index.models import Reading
from index.names import shown
from index.readers.decode import decode
from index.readers.html import parsed
from index.readers.html_blocks import add_blocks, mark_hidden
from index.readers.layout import Layout, usable

_HEADERS = ("From", "To", "Cc", "Date")
_DEEPEST = 10
_LONGEST_HEADER = 1_000


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Return the reading of a message; attachments are named in a note and not read.

    Raises:
        UnreadableSource: when it has no header of a message.
    """
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not isinstance(message, EmailMessage) or not message.keys():
        raise UnreadableSource(f"{shown(name)} is no e-mail message; check what it is.")
    layout = Layout()
    attached: list[str] = []
    _add(message, layout, attached, depth=1)
    if attached:
        named = ", ".join(attached[:5]) + (" and others" if len(attached) > 5 else "")
        layout.note(f"Its attachments were not read ({named}); save them as files and add those.")
    return layout.reading(_header(message, "Subject") or PurePath(name).stem, "message/rfc822")


def _add(message: EmailMessage, layout: Layout, attached: list[str], depth: int) -> None:
    layout.heading(_header(message, "Subject") or "Message", depth)
    for name in _HEADERS:
        if value := _header(message, name):
            layout.paragraph(f"{name}: {value}")
    _add_parts(message, layout, attached, depth)


def _add_parts(part: EmailMessage, layout: Layout, attached: list[str], depth: int) -> None:
    kind = part.get_content_type()
    if kind == "message/rfc822":
        for inner in part.iter_parts() if depth < _DEEPEST else ():
            _add(inner, layout, attached, depth + 1)  # type: ignore[arg-type]
    elif kind == "multipart/alternative":
        told = {each.get_content_type(): each for each in part.iter_parts()}
        best = told.get("text/plain") or told.get("text/html") or next(iter(told.values()), None)
        if best is not None:
            _add_parts(best, layout, attached, depth)  # type: ignore[arg-type]
    elif part.is_multipart():
        for each in part.iter_parts() if depth < _DEEPEST else ():
            _add_parts(each, layout, attached, depth)  # type: ignore[arg-type]
    elif part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
        attached.append(shown(usable(part.get_filename() or kind)[:80]))
    else:
        try:
            text = _text(part)
        except UnreadableSource:  # bytes that are no text, whatever the part calls itself
            attached.append(kind)
            return
        root = parsed(text, layout) if kind == "text/html" else None
        if root is not None:
            mark_hidden(root)
            add_blocks(root, layout)
        else:
            for paragraph in text.replace("\r\n", "\n").split("\n\n"):
                layout.paragraph(paragraph)


def _text(part: EmailMessage) -> str:
    """Return the text of a part in the encoding that it names, or as any text."""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        return usable(data.decode(part.get_content_charset() or "utf-8"))
    except (LookupError, UnicodeDecodeError):
        return usable(decode(data, "the message")[0])


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = message.get(name)
    except (ValueError, IndexError, AttributeError, TypeError):  # the parser fails on some headers that it splits
        return ""
    return " ".join(usable(str(value or "")).split())[:_LONGEST_HEADER]
