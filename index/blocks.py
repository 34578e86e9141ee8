"""Text to blocks: headings, paragraphs, table rows, list items and code, with offsets into the unchanged text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.markup import LIST_MARK, cells, is_delimiter_row, quote_marks_end
from index.models import Block, Span

if TYPE_CHECKING:
    from markdown_it.token import Token

# A line ends at CR LF, LF or CR; other separators of Unicode stay inside their line.
_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_ATX = re.compile(r"[ ]{0,3}(#{1,6})(?:[ \t]|$)")
_ITEM = re.compile(rf"[ \t]*{LIST_MARK}[ \t]+\S")
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
# Between two rules of dashes, and starting like "key: value" or a comment: else the dashes are only rules.
_FRONT_MATTER = re.compile(
    r"---[ \t]*(?:\r\n|\r|\n)(?=[ \t]*(?:#|[\w-]+[ \t]*:))(?:(?!---|\.\.\.)[^\r\n]*(?:\r\n|\r|\n)){1,200}"
    r"(?:---|\.\.\.)[ \t]*(?:\r\n|\r|\n|\Z)"
)
# Lines without any of these characters hold only marks: rules, empty items, empty quotations.
_CONTENT = re.compile(r"[^\s>*+_=#-]")
# White space, and what is as invisible: byte order mark, zero-width space, word joiner.
_INVISIBLE = " \t\f\v\u00a0\ufeff\u200b\u2060"
# Text wrapped by hand or by a mail program: no line is longer than this, and a full one is longer than that.
_WIDEST_WRAP, _NARROWEST_WRAP = 120, 40
_LONGEST_FENCE = 500
_HEADER_ROWS = 5
# A longer header would be repeated in every row's words; it stays a row like others.
_LONGEST_HEADER = 4000


@dataclass(frozen=True, slots=True)
class _Line:
    """A line's offsets without its line end, and its text."""

    start: int
    end: int
    text: str

    @property
    def blank(self) -> bool:
        return not self.text.strip(_INVISIBLE).strip()


def plain_blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a plain text; every visible character lies in exactly one of them.

    Paragraphs end at blank lines, and at a line end too unless the lines were wrapped to a width (then they are
    joined). Pipe tables, list items, fenced code and ATX headings are recognised as in Markdown.
    """
    lines = _lines(text, 0)
    fence_ends = _fence_ends(lines)
    blocks: list[Block] = []
    position = 0
    while position < len(lines):
        if lines[position].blank:
            position += 1
        elif position in fence_ends:
            fence_end = fence_ends[position]
            blocks.append(Block("code", lines[position].start, lines[fence_end - 1].end))
            position = fence_end
        else:
            group_end = position + 1
            while group_end < len(lines) and not lines[group_end].blank and group_end not in fence_ends:
                group_end += 1
            blocks.extend(_group_blocks(lines[position:group_end]))
            position = group_end
    return tuple(blocks)


def markdown_blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a Markdown text by CommonMark's rules with tables; every word lies in at most one of them.

    Front matter, and lines that only hold marks (rules, empty items), are left out; HTML stays as it is written.
    """
    from markdown_it import MarkdownIt

    lines = _lines(text, len(front_matter(text)))
    # The parser must see as many lines as we do, and it drops NUL: neither changes where a line starts.
    source = "\n".join(line.text.replace("\x00", " ") for line in lines)
    parser = MarkdownIt("commonmark", {"maxNesting": 20}).disable("inline").disable("reference")
    taken = 0
    blocks: list[Block] = []
    for kind, level, first, last in _markdown_ranges(parser.parse(source)):
        blocks.extend(_gap_blocks(lines[taken:first]))
        blocks.extend(_markdown_block(lines[max(first, taken) : last], kind, level))
        taken = max(taken, last)
    blocks.extend(_gap_blocks(lines[taken:]))
    return tuple(blocks)


def front_matter(text: str) -> str:
    """Return the front matter that a Markdown text starts with (its rules of dashes included), or an empty text."""
    found = _FRONT_MATTER.match(text)
    return found.group() if found else ""


def _markdown_ranges(tokens: "Sequence[Token]") -> Iterator[tuple[str, int, int, int]]:
    """Yield (kind, level, first line, line after the last) of each leaf block, in order."""
    kinds = {"fence": "code", "code_block": "code", "html_block": "html"}
    items = quotes = 0
    for token in tokens:
        items += token.nesting if token.type.startswith("list_item_") else 0
        quotes += token.nesting if token.type.startswith("blockquote_") else 0
        if not token.map:
            continue
        first, last = token.map
        if token.type == "heading_open":
            yield "heading", int(token.tag[1:]), first, last
        elif token.type == "paragraph_open":
            yield ("item" if items else "quotation" if quotes else "paragraph"), 0, first, last
        elif token.type in kinds:
            yield kinds[token.type], 0, first, last


def _markdown_block(lines: list[_Line], kind: str, level: int) -> Iterator[Block]:
    """Yield the blocks of the lines that one Markdown token covers."""
    filled = [number for number, line in enumerate(lines) if not line.blank]
    if not filled:
        return
    lines = lines[: filled[-1] + 1]
    start, end = lines[0].start, lines[-1].end
    if kind == "heading":
        yield Block("heading", start, end, level)
    elif kind == "code":
        yield Block("code", start, end)
    elif kind == "html":
        yield Block("paragraph", start, end)
    else:
        yield from _paragraph_blocks([_unquoted(line) for line in lines] if kind == "quotation" else lines, kind)


def _paragraph_blocks(lines: list[_Line], kind: str) -> Iterator[Block]:
    """Yield the blocks of a Markdown paragraph: its pipe tables, and the text around them."""
    position = 0
    while position < len(lines):
        end = _table_end(lines, position)
        if end > position:
            yield from _table_blocks(lines[position:end])
        else:
            end = position + 1
            while end < len(lines) and _table_end(lines, end) == end:
                end += 1
            is_item = kind == "item" and position == 0
            yield Block("item" if is_item else "paragraph", lines[position].start, lines[end - 1].end)
        position = end


def _unquoted(line: _Line) -> _Line:
    """Return a line without the marks of its quotation."""
    marks = quote_marks_end(line.text)
    return _Line(line.start + marks, line.end, line.text[marks:])


def _gap_blocks(lines: list[_Line]) -> Iterator[Block]:
    """Yield what lies between two leaf blocks and holds more than marks (nested too deep) as paragraphs."""
    for line in lines:
        if _CONTENT.search(line.text) and not line.blank:
            yield Block("paragraph", line.start, line.end)


def _lines(text: str, start: int) -> list[_Line]:
    """Return the lines of a text from a line's start on; the last one may be empty."""
    return [_Line(match.start(), match.end(1), match.group(1)) for match in _LINE.finditer(text, start)]


def _fence_ends(lines: list[_Line]) -> dict[int, int]:
    """Return for each line that opens a fenced block which is closed the line after the closing one."""
    ends: dict[int, int] = {}
    nearest: dict[str, int] = {}
    for number in range(len(lines) - 1, -1, -1):
        fence = _FENCE.match(lines[number].text)
        if not fence:
            continue
        mark = fence.group(1)[:8]
        closing = nearest.get(mark, -1)
        if 0 <= closing - number < _LONGEST_FENCE:
            ends[number] = closing + 1
        if not lines[number].text.strip().strip(mark[0]):
            nearest.update({mark[:length]: number for length in range(3, len(mark) + 1)})
    return ends


def _group_blocks(lines: list[_Line]) -> Iterator[Block]:
    """Yield the blocks of lines that no blank line parts."""
    width = max(len(line.text.rstrip()) for line in lines)
    wrapped = _NARROWEST_WRAP <= width <= _WIDEST_WRAP
    position = 0
    while position < len(lines):
        line = lines[position]
        heading = _ATX.match(line.text)
        table_end = _table_end(lines, position)
        if heading:
            yield Block("heading", line.start, line.end, len(heading.group(1)))
            position += 1
        elif table_end > position:
            yield from _table_blocks(lines[position:table_end])
            position = table_end
        else:
            end = position + 1
            while wrapped and end < len(lines) and _continues(lines, end, width):
                end += 1
            yield Block("item" if _ITEM.match(line.text) else "paragraph", line.start, lines[end - 1].end)
            position = end


def _continues(lines: list[_Line], number: int, width: int) -> bool:
    """Tell whether a line goes on with the one before: its first word would not have fitted the width there."""
    line, before = lines[number].text, lines[number - 1].text
    if _ATX.match(line) or _ITEM.match(line) or _table_end(lines, number) > number:
        return False
    return len(before.rstrip()) + 1 + len(line.split(maxsplit=1)[0]) > width - 2


def _table_end(lines: list[_Line], position: int) -> int:
    """Return the line after a pipe table that starts here, or `position` when none does."""
    text = lines[position].text
    if "|" not in text:
        return position
    bordered = text.lstrip().startswith("|")
    end = position + 1
    if end < len(lines) and is_delimiter_row(lines[end].text) and len(cells(lines[end].text)) == len(cells(text)):
        end += 1
        while end < len(lines) and (_bordered(lines[end]) if bordered else "|" in lines[end].text):
            end += 1
        return end
    while bordered and end < len(lines) and _bordered(lines[end]):
        end += 1
    return end if bordered and (end - position >= 2 or text.count("|") >= 3) else position


def _bordered(line: _Line) -> bool:
    """Tell whether a line starts with the border of a pipe table."""
    return line.text.lstrip().startswith("|")


def _table_blocks(rows: list[_Line]) -> Iterator[Block]:
    """Yield a block a row (the rule of dashes belongs to the row above it); body rows know their header rows."""
    header_end = _header_end(rows)
    span = Span(rows[0].start, rows[header_end - 1].end) if header_end else None
    header = span if span and span.end - span.start <= _LONGEST_HEADER else None
    if header_end:
        yield Block("row", rows[0].start, rows[1].end)
    for number, row in enumerate(rows[2 if header_end else 0 :], 2 if header_end else 0):
        yield Block("row", row.start, row.end, header=header if number >= header_end else None)


def _header_end(rows: list[_Line]) -> int:
    """Return how many rows are the header: up to the delimiter row, and the rows after it that have no first cell."""
    if len(rows) < 2 or not is_delimiter_row(rows[1].text):
        return 0
    end = 2
    while end < min(len(rows) - 1, _HEADER_ROWS) and re.match(r"[ \t]*\|[ \t]*\|", rows[end].text):
        end += 1
    return end
