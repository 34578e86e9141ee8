"""A reading to passages and their sentences, all as offsets into its text, and the words that models get to read.

Every non-white character of a block lies in exactly one sentence of exactly one passage.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from index.models import Block, PassageDraft, Reading, Sentence, Span
from index.terms import terms

# A paragraph joins the one before it as long as the passage stays under this share of the model's limit.
_JOIN_SHARE = 0.6
# No sentence of this many characters a token fits a model; words that a tokenizer knows as one token are cut too.
_CHARACTERS_PER_TOKEN = 8
_CONTEXT_SHARE = 0.25
_ITEM_MARK = re.compile(r"\s*\S{1,5}\s+")
_CLAUSE_END = re.compile(r"[;:,.!?\u2014\u060c\u3001\u3002\uff0c\uff1b](?:\s+|(?<=[\u3000-\uffff]))")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n|\r\n?[^\S\r\n]*\r\n?")
_EDGE_WHITE = re.compile(r"\S(?:.*\S)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence with its cost in tokens and the number of the block that it belongs to."""

    sentence: Sentence
    tokens: int
    block: int


def split(reading: Reading, *, count_tokens: Callable[[str], int], max_tokens: int = 256) -> tuple[PassageDraft, ...]:
    """Return the passages of a reading in the order of its text, each at most `max_tokens` long for the model.

    Args:
        reading: the text with its blocks, in order and without overlap.
        count_tokens: the number of the model's tokens in a text, with or without its special tokens.
        max_tokens: the model's limit, special tokens and the passage's context included.
    """
    special = max(count_tokens(""), 2)
    extra = count_tokens("")
    passages: list[PassageDraft] = []
    for headings, blocks in _sections(reading):
        heading = " › ".join(headings)
        context = _context(reading.title, heading, count_tokens, int(max_tokens * _CONTEXT_SHARE))
        budget = max(max_tokens - special - (count_tokens(context) - extra) - 1, 16)
        units = [
            _Unit(sentence, count_tokens(_readable(reading.text, sentence)) - extra, number)
            for number, block in enumerate(blocks)
            for sentence in _sentences(reading.text, block, count_tokens, budget)
        ]
        pages = [block.page for block in blocks]
        for group in _pack(units, budget):
            passages.append(_draft(reading.text, group, heading, context, pages[group[0].block], count_tokens, budget))
    return tuple(passages)


def passage_input(text: str, passage: PassageDraft) -> str:
    """Return what the embedding model reads for a passage: its context, a line end, its text without table rules."""
    body = "\n".join(_readable(text, sentence) for sentence in passage.sentences)
    return f"{passage.context}\n{body}" if passage.context else body


def sentence_input(text: str, sentence: Sentence) -> str:
    """Return what the embedding model reads for a sentence; a table row is told as "label; column: value; ..."."""
    if sentence.kind != "row":
        return " ".join(text[sentence.start : sentence.end].split())
    cells = _cells(text[sentence.start : sentence.end])
    columns = _columns(text, sentence.header)
    told = [
        f"{columns[number]}: {cell}" if number < len(columns) and columns[number] else cell
        for number, cell in enumerate(cells)
        if cell
    ]
    return "; ".join(told)


def sentence_terms(text: str, sentence: Sentence) -> list[str]:
    """Return the analysed words of a sentence; a table row also has those of its header, without which it says little."""
    own = terms(text[sentence.start : sentence.end])
    if sentence.header is None:
        return own
    return own + terms(text[sentence.header.start : sentence.header.end])


def _sections(reading: Reading) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    """Yield each heading path with the blocks under it, the heading itself first."""
    path: dict[int, str] = {}
    blocks: list[Block] = []
    for block in reading.blocks:
        if block.kind == "heading":
            if any(earlier.kind != "heading" for earlier in blocks):
                yield tuple(path.values()), blocks
                blocks = []
            path = {level: words for level, words in path.items() if level < block.level}
            path[block.level] = " ".join(reading.text[block.start : block.end].strip("# \t\r\n=-").split())
        blocks.append(block)
    if blocks:
        yield tuple(path.values()), blocks


def _context(title: str, heading: str, count_tokens: Callable[[str], int], limit: int) -> str:
    """Return title and headings as one line of at most `limit` tokens, cut from its end word by word."""
    words = " › ".join(part for part in (" ".join(title.split()), heading) if part)[: limit * _CHARACTERS_PER_TOKEN]
    while words and count_tokens(words) > limit:
        words = words.rpartition(" ")[0]
    return words


def _sentences(text: str, block: Block, count_tokens: Callable[[str], int], limit: int) -> Iterator[Sentence]:
    """Yield the sentences of a block, none longer than `limit` tokens."""
    for start, end in _boundaries(text, block):
        for piece_start, piece_end in _fitting(text, start, end, count_tokens, limit):
            yield Sentence(piece_start, piece_end, block.kind, block.header)


def _boundaries(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Yield the offsets of a block's sentences without the white space around them."""
    body = text[block.start : block.end]
    if block.kind in ("heading", "row"):
        pieces = [(0, len(body))]
    elif block.kind == "code":
        ends = [match.end() for match in _BLANK_LINE.finditer(body)] + [len(body)]
        pieces = list(zip([0, *ends[:-1]], ends, strict=True))
    else:
        pieces = _prose_pieces(body, is_item=block.kind == "item")
    for start, end in pieces:
        kept = body[start:end].strip()
        if kept:
            start += len(body[start:end]) - len(body[start:end].lstrip())
            yield block.start + start, block.start + start + len(kept)


def _prose_pieces(body: str, *, is_item: bool) -> list[tuple[int, int]]:
    """Return gapless sentence boundaries of prose; a piece without a letter or digit belongs to the one before it."""
    from sentencex import get_sentence_boundaries

    mark = _ITEM_MARK.match(body) if is_item else None
    offset = mark.end() if mark else 0
    starts = [0]
    ends: list[int] = []
    for boundary in get_sentence_boundaries("en", body[offset:]):
        start = int(boundary["start_index"]) + offset
        if start > offset and any(character.isalnum() for character in body[start : boundary["end_index"] + offset]):
            ends.append(start)
            starts.append(start)
    return list(zip(starts, [*ends, len(body)], strict=True))


def _fitting(
    text: str, start: int, end: int, count_tokens: Callable[[str], int], limit: int
) -> Iterator[tuple[int, int]]:
    """Yield a sentence whole, or its parts where it is longer than `limit` tokens."""
    waiting = [(start, end)]
    while waiting:
        first, last = waiting.pop()
        fits = last - first <= limit * _CHARACTERS_PER_TOKEN and count_tokens(text[first:last]) <= limit
        if fits or last - first < 2:
            yield first, last
            continue
        cut = _cut(text, first, last)
        left_end = first + len(text[first:cut].rstrip())
        right_start = last - len(text[cut:last].lstrip())
        waiting.append((right_start, last))
        waiting.append((first, left_end))


def _cut(text: str, start: int, end: int) -> int:
    """Return where to cut a text that is too long: near its middle, after a clause, else a word, else a character."""
    middle = (start + end) // 2
    window = max(min((end - start) // 4, 500), 1)
    low, high = middle - window, middle + window
    for pattern in (_CLAUSE_END, re.compile(r"\s+")):
        cuts = [match.end() for match in pattern.finditer(text, low, high) if start < match.end() < end]
        if cuts:
            return min(cuts, key=lambda cut: abs(cut - middle))
    cut = middle
    while cut > max(start + 1, middle - 64) and _inside_grapheme(text, cut):
        cut -= 1
    return cut if not _inside_grapheme(text, cut) else middle


def _inside_grapheme(text: str, position: int) -> bool:
    """Tell whether what a reader sees as one character goes on over this position."""
    before, after = text[position - 1], text[position]
    joins = unicodedata.category(after).startswith("M") or "\U0001f3fb" <= after <= "\U0001f3ff"
    flags = "\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff"
    return joins or flags or "\u200d" in (before, after)


def _pack(units: list[_Unit], budget: int) -> Iterator[list[_Unit]]:
    """Yield groups of consecutive units within the budget that break between blocks where they can."""
    group: list[_Unit] = []
    filled = 0
    for block in _by_block(units):
        cost = sum(unit.tokens for unit in block)
        is_table = block[0].sentence.kind == "row"
        if group and filled + cost > budget * (1.0 if is_table or not _has_text(group) else _JOIN_SHARE):
            yield group
            group, filled = [], 0
        pieces = list(_balanced(block, budget - filled, budget))
        yield from [group + pieces[0], *pieces[1:-1]] if len(pieces) > 1 else []
        group = pieces[-1] if len(pieces) > 1 else group + pieces[0]
        filled = sum(unit.tokens for unit in group)
    if group:
        yield group


def _has_text(group: list[_Unit]) -> bool:
    return any(unit.sentence.kind != "heading" for unit in group)


def _by_block(units: list[_Unit]) -> Iterator[list[_Unit]]:
    """Yield the units of each block; the rows of a table are one block."""
    run: list[_Unit] = []
    for unit in units:
        same_table = bool(run) and unit.sentence.kind == "row" == run[-1].sentence.kind and unit.block - run[-1].block == 1
        if run and unit.block != run[-1].block and not same_table:
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
    share = total / -(-total // max(budget, 1))
    part: list[_Unit] = []
    filled, room = 0, first_budget
    for unit in block:
        if part and (filled + unit.tokens > room or filled + unit.tokens / 2 > share):
            yield part
            part, filled, room = [], 0, budget
        part.append(unit)
        filled += unit.tokens
    yield part


def _draft(
    text: str,
    group: list[_Unit],
    heading: str,
    context: str,
    page: int | None,
    count_tokens: Callable[[str], int],
    budget: int,
) -> PassageDraft:
    """Return the passage of a group; one that starts inside a table has the table's header in its context."""
    sentences = tuple(unit.sentence for unit in group)
    first = sentences[0]
    if first.header is not None and first.header.start < first.start:
        room = budget - sum(unit.tokens for unit in group)
        columns = " | ".join(column for column in _columns(text, first.header) if column)
        if columns and count_tokens(columns) < room:
            context = f"{context}\n{columns}" if context else columns
    return PassageDraft(first.start, sentences[-1].end, heading, page, sentences, context)


def _readable(text: str, sentence: Sentence) -> str:
    """Return a sentence as a model reads it inside its passage: a row without its pipes, a rule of dashes not at all."""
    own = text[sentence.start : sentence.end]
    if sentence.kind == "row":
        return " | ".join(cell for cell in _cells(own) if cell)
    return " ".join(own.split())


def _cells(row: str) -> list[str]:
    """Return the cells of a pipe table's row, those of a delimiter row empty."""
    cells = [" ".join(cell.split()) for cell in re.split(r"(?<!\\)\|", row.strip().removeprefix("|").removesuffix("|"))]
    return [cell if cell.strip("-: ") else "" for cell in cells]


def _columns(text: str, header: Span | None) -> list[str]:
    """Return the name of each column: the cells of its header rows from top to bottom."""
    if header is None:
        return []
    names: list[list[str]] = []
    for line in text[header.start : header.end].splitlines():
        for number, cell in enumerate(_cells(line)):
            names.extend([] for _ in range(number + 1 - len(names)))
            names[number].append(cell)
    return [" ".join(part for part in parts if part) for parts in names]
