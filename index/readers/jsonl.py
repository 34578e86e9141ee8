"""JSON Lines of {"title": ..., "text": ...}: each record a section under its title."""

import json
from pathlib import PurePath
from typing import Any

from index.errors import UnreadableSource
from index.limits import Limits
from index.models import Reading
from index.names import shown
from index.readers.decode import decode
from index.readers.layout import Layout, usable

_EXPECTED = 'an object with a "text" and, as one likes, a "title"'


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Return the reading of a file of records.

    Raises:
        UnreadableSource: when the bytes are no text or no line holds such a record.
    """
    layout = Layout()
    wrong = []
    text_of_all, notes = decode(data, name)
    for note in notes:
        layout.note(note)
    for number, line in enumerate(text_of_all.splitlines(), start=1):
        if not line.strip():
            continue
        record = _record(line)
        if record is None:
            wrong.append(number)
            continue
        layout.place(f"line {number}")
        title, text = record
        layout.heading(title, 1)
        for paragraph in text.split("\n\n"):
            layout.paragraph(paragraph)
    if wrong and not layout.characters:
        raise UnreadableSource(f"{shown(name)} has no line that is {_EXPECTED}.")
    if wrong:
        layout.note(f"{len(wrong):,} of its lines, the first of them line {wrong[0]:,}, are not {_EXPECTED}.")
    return layout.reading(PurePath(name).stem, "application/jsonl")


def _record(line: str) -> tuple[str, str] | None:
    try:
        record: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        return None
    title = record.get("title")
    return usable(title) if isinstance(title, str) else "", usable(record["text"])
