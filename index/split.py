"""A reading to passages and their sentences, all as offsets into its text, and what models get to read of them.

Every non-white character of a block lies in exactly one sentence of exactly one passage.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from index.languages import Languages
from index.markup import LINE_END, columns, cut_words, heading_words, row_cells, without_quote_marks
from index.models import (
    HEADING_SEPARATOR,
    Block,
    BlockKind,
    ModelInput,
    PassageDraft,
    Reading,
    Sentence,
    Span,
    place_at,
)
from index.sentences import fitting_parts, sentence_spans

# A paragraph joins the one before it as long as the passage stays under this share of the model's limit.
_JOIN_SHARE = 0.6
_CONTEXT_SHARE = 0.25
_SMALLEST_LIMIT = 32
# No text of this many characters a token fits a model; words that a tokenizer knows as one token are cut too.
_CHARACTERS_PER_TOKEN = 8
_ITEM_MARK = re.compile(r"\s*\S{1,5}\s+")
_BLANK_LINE = re.compile(rf"(?:{LINE_END.pattern})[^\S\r\n]*(?:{LINE_END.pattern})")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence with its cost in tokens, and the number of the block that it belongs to."""

    sentence: Sentence
    tokens: int
    block: int


class _Meter:
    """Counts a model's tokens without its special tokens, and knows what a line end between two texts costs."""

    def __init__(self, count_tokens: Callable[[str], int]) -> None:
        self._count = count_tokens
        self.special = count_tokens("")
        self.line_end = max(0, self.count("a\nb") - self.count("a") - self.count("b"))

    def count(self, text: str) -> int:
        """Return the tokens of a text by itself."""
        return self._count(text) - self.special if text else 0

    def count_up_to(self, text: str, limit: int) -> int:
        """Return the tokens of a text, or more than `limit` without counting one that is much too long."""
        return self.count(text) if len(text) <= limit * _CHARACTERS_PER_TOKEN else limit + 1


def split(reading: Reading, *, count_tokens: Callable[[str], int], max_tokens: int = 256) -> tuple[PassageDraft, ...]:
    """Return the passages of a reading in the order of its text, each at most `max_tokens` long for the model.

    Args:
        reading: the text with its blocks, in order and without overlap.
        count_tokens: the number of the model's tokens in a text, with or without its special tokens.
        max_tokens: the model's limit, special tokens and the passage's context included; at least 32.

    Raises:
        ValueError: when `max_tokens` is under 32.
    """
    if max_tokens < _SMALLEST_LIMIT:
        raise ValueError(f"a passage needs room for at least {_SMALLEST_LIMIT} tokens, not {max_tokens}")
    meter = _Meter(count_tokens)
    passages: list[PassageDraft] = []
    languages = Languages(reading.text)
    for headings, blocks in _sections(reading):
        context, used = _context(reading.title, headings, meter, int(max_tokens * _CONTEXT_SHARE))
        # Two special tokens are reserved even where the counter leaves them out.
        room = max_tokens - max(meter.special, 2)
        budget = room - used
        units = [
            unit
            for number, block in enumerate(blocks)
            for unit in _units(reading.text, block, languages.of(block), number, meter, budget)
        ]
        heading = HEADING_SEPARATOR.join(headings)
        for group in _pack(units, budget):
            passages.extend(_drafts(reading, group, heading, context, meter, room))
    return tuple(passages)


def passage_input(text: str, passage: PassageDraft) -> str:
    """Return what the embedding model reads for a passage: its context in lines, its text without table rules."""
    return _before(passage) + "\n".join(_readable(text[each.start : each.end], each.kind) for each in passage.sentences)


def _before(passage: PassageDraft) -> str:
    """Return what the embedding model reads before a passage's own text."""
    return "".join(f"{line}\n" for line in (passage.context, passage.columns) if line)


def model_input(text: str, passage: PassageDraft) -> ModelInput:
    """Return what the embedding model reads for a passage, and where in that its sentences stand."""
    position = len(_before(passage))
    spans: list[Span] = []
    for sentence in passage.sentences:
        end = position + len(_readable(text[sentence.start : sentence.end], sentence.kind))
        spans.append(Span(position, end))
        position = end + 1
    return ModelInput(passage_input(text, passage), tuple(spans))


def sentence_input(own: str, kind: BlockKind, header: str = "") -> str:
    """Return what a model reads for a sentence by itself; a table row is told as "column: value; ..." by its header."""
    if kind != "row" or not header:
        return _readable(own, kind)
    names = _columns(header)
    told = [
        f"{names[number]}: {cell}" if number < len(names) and names[number] else cell
        for row in row_cells(own)
        for number, cell in enumerate(row)
        if cell
    ]
    return "; ".join(told)


@lru_cache(maxsize=64)
def _columns(header: str) -> tuple[str, ...]:
    """Return the column names of a header; every row of its table asks for them."""
    return tuple(columns(header))


def _sections(reading: Reading) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    """Yield each heading path with the blocks under it, the heading itself first."""
    path: dict[int, str] = {}
    blocks: list[Block] = []
    for block in reading.blocks:
        if block.kind == "heading":
            if blocks and blocks[-1].kind != "heading":
                yield tuple(path.values()), blocks
                blocks = []
            path = {level: words for level, words in path.items() if level < block.level}
            words = heading_words(reading.text[block.start : block.end])
            path.update({block.level: words} if words else {})
        blocks.append(block)
    if blocks:
        yield tuple(path.values()), blocks


def context_parts(title: str, headings: Iterable[str]) -> list[str]:
    """Return the title and the headings that do not say it again."""
    name = " ".join(title.split())
    parts = [name, *(heading for heading in headings if heading.casefold() != name.casefold())]
    return [part for part in parts if part]


def _context(title: str, headings: tuple[str, ...], meter: _Meter, limit: int) -> tuple[str, int]:
    """Return title and headings as one line of at most `limit` tokens, and its tokens with the line end after it.

    Where they are too long, outer headings go first: the title and the innermost heading say most.
    """
    parts = context_parts(title, headings)
    line = HEADING_SEPARATOR.join(parts)
    while line:
        tokens = meter.count_up_to(line, limit) + meter.line_end
        if tokens <= limit:
            return line, tokens
        if len(parts) > 2:
            del parts[1]
            line = HEADING_SEPARATOR.join(parts)
        else:
            fitting = min(int(0.95 * len(line) * limit / tokens), limit * _CHARACTERS_PER_TOKEN, len(line) - 1)
            line = cut_words(line, fitting) if fitting > 1 else ""
    return "", 0


def _units(text: str, block: Block, language: str, number: int, meter: _Meter, limit: int) -> Iterator[_Unit]:
    """Yield the sentences of a block, none longer than `limit` tokens."""

    def cost(start: int, end: int) -> int:
        return meter.count_up_to(_readable(text[start:end], block.kind), limit)

    for start, end in boundaries(text, block, language):
        for first, last, tokens in fitting_parts(text, start, end, cost, limit):
            # The cells of a row that had to be cut do not stand under their columns any more.
            header = block.header if first == start else None
            # No unit is free, so that a passage has a bounded number of them.
            yield _Unit(Sentence(first, last, block.kind, header), max(1, tokens + meter.line_end), number)


def boundaries(text: str, block: Block, language: str) -> Iterator[tuple[int, int]]:
    """Yield the offsets of a block's sentences in the text, without the white space around them."""
    body = text[block.start : block.end]
    if block.kind in ("heading", "row"):
        pieces = [(0, len(body))]
    elif block.kind == "code":
        ends = [match.end() for match in _BLANK_LINE.finditer(body)] + [len(body)]
        pieces = list(zip([0, *ends[:-1]], ends, strict=True))
    else:
        mark = _ITEM_MARK.match(body) if block.kind == "item" else None
        pieces = sentence_spans(body, mark.end() if mark else 0, language)
    for start, end in pieces:
        kept = body[start:end].strip()
        if kept:
            start += len(body[start:end]) - len(body[start:end].lstrip())
            yield block.start + start, block.start + start + len(kept)


def _pack(units: list[_Unit], budget: int) -> Iterator[list[_Unit]]:
    """Yield groups of consecutive units within the budget that break between blocks where they can."""
    group: list[_Unit] = []
    filled = 0
    for block in _by_block(units):
        cost = sum(unit.tokens for unit in block)
        is_table = block[0].sentence.kind == "row"
        has_text = any(unit.sentence.kind != "heading" for unit in group)
        share = _JOIN_SHARE if has_text and not is_table else 1.0
        if group and filled + cost > budget * share and (has_text or filled + block[0].tokens > budget):
            yield group
            group, filled = [], 0
        *complete, last = _balanced(block, budget - filled, budget)
        if complete:
            yield group + complete[0]
            yield from complete[1:]
            group, filled = [], 0
        group = group + last
        filled += sum(unit.tokens for unit in last)
    if group:
        yield group


def _by_block(units: list[_Unit]) -> Iterator[list[_Unit]]:
    """Yield the units of each block; the rows of a table are one block."""
    run: list[_Unit] = []
    for unit in units:
        if run and unit.block != run[-1].block:
            both_rows = unit.sentence.kind == "row" == run[-1].sentence.kind
            if not both_rows or unit.block - run[-1].block > 1:
                yield run
                run = []
        run.append(unit)
    if run:
        yield run


def _balanced(block: list[_Unit], first_budget: int, budget: int) -> Iterator[list[_Unit]]:
    """Yield the parts of a block that is over the budget, about equally long; a block that fits comes whole."""
    total = sum(unit.tokens for unit in block)
    if total <= first_budget:
        yield block
        return
    share = total / -(-total // budget)
    part: list[_Unit] = []
    filled, room = 0, first_budget
    for unit in block:
        if part and (filled + unit.tokens > room or filled + unit.tokens / 2 > share):
            yield part
            part, filled, room = [], 0, budget
        part.append(unit)
        filled += unit.tokens
    yield part


def _drafts(
    reading: Reading, group: list[_Unit], heading: str, context: str, meter: _Meter, room: int
) -> Iterator[PassageDraft]:
    """Yield the passage of a group, or its halves where a tokenizer needs more for the whole than for the parts.

    A passage that starts inside a table has the names of the table's columns in its context if they fit.
    """
    text, sentences = reading.text, tuple(unit.sentence for unit in group)
    contexts = [(context, ""), ("", "")] if len(group) == 1 else [(context, "")]
    if header := sentences[0].header:
        names = " | ".join(name for name in _columns(text[header.start : header.end]) if name)
        contexts.insert(0, (context, names))
    for tried in contexts:
        start = sentences[0].start
        place = place_at(reading.places, start)
        draft = PassageDraft(start, sentences[-1].end, heading, place.page if place else None, sentences, *tried)
        if meter.count_up_to(passage_input(text, draft), room) <= room or (len(group) == 1 and not any(tried)):
            yield draft
            return
    middle = len(group) // 2
    yield from _drafts(reading, group[:middle], heading, context, meter, room)
    yield from _drafts(reading, group[middle:], heading, context, meter, room)


def _readable(own: str, kind: BlockKind) -> str:
    """Return a sentence as a model reads it inside its passage: a row without its pipes and rules of dashes."""
    if kind == "row":
        return " | ".join(cell for row in row_cells(own) for cell in row if cell)
    return " ".join(without_quote_marks(own).split())
