"""A reading as JSON: where its blocks, places and hidden parts are, for the catalog, and whole, between processes."""

import json

from index.models import Block, BlockKind, Place, Reading, Span

Layout = tuple[tuple[Block, ...], tuple[Place, ...], tuple[Span, ...]]
"""The blocks, places and hidden parts of a text."""


def layout_to_text(reading: Reading) -> str:
    """Return where the blocks, places and hidden parts of a text are, as compact JSON."""
    blocks = [
        [each.kind, each.start, each.end, each.level, *((each.header.start, each.header.end) if each.header else ())]
        for each in reading.blocks
    ]
    places = [[each.start, each.name, each.page] for each in reading.places]
    hidden = [[each.start, each.end] for each in reading.hidden]
    return json.dumps([blocks, places, hidden], separators=(",", ":"), ensure_ascii=False)


def layout_from_text(stored: str) -> Layout:
    """Return the blocks, places and hidden parts that :func:`layout_to_text` stored; nothing of an empty text."""
    blocks, places, hidden = json.loads(stored) if stored else ([], [], [])
    return (
        tuple(_block(*row) for row in blocks),
        tuple(Place(*row) for row in places),
        tuple(Span(*row) for row in hidden),
    )


def reading_to_text(reading: Reading) -> str:
    """Return a reading as JSON."""
    rest = [reading.title, reading.text, reading.media_type, list(reading.notes), reading.link]
    return json.dumps([*rest, layout_to_text(reading)])


def reading_from_text(stored: str) -> Reading:
    """Return the reading that :func:`reading_to_text` wrote.

    Raises:
        ValueError: when it wrote none of that.
    """
    title, text, media_type, notes, link, layout = json.loads(stored)
    return Reading(str(title), str(text), str(media_type), *layout_from_text(layout), tuple(map(str, notes)), str(link))


def _block(kind: BlockKind, start: int, end: int, level: int, *header: int) -> Block:
    """Return one block from its stored row."""
    return Block(kind, start, end, level, Span(*header) if header else None)
