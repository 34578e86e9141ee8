"""Text to blocks: headings, paragraphs, table rows, list items and code, with offsets into the unchanged text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.models import Block, Span

# A line ends at CR LF, LF or CR; other separators of Unicode stay inside their line.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_ATX = re.compile(r"[ ]{0,3}(#{1,6})(?:[ \t]|$)")
_ITEM = re.compile(r"[ \t]*(?:[-*+\u2022\u2023\u25aa]|\(?\d{1,3}[.)]|\(?[A-Za-z][.)])[ \t]+\S")
_DELIMITER_ROW = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\r?\n(?:(?!---|\.\.\.)[^\r\n]*\r?\n)*(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)")
# Text wrapped by hand or by a mail program: no line is longer than this, and a full one is longer than that.
_WIDEST_WRAP, _NARROWEST_WRAP = 120, 40


@dataclass(frozen=True, slots=True)
class _Line:
    """A line's offsets without its line end, and its text."""

    start: int
    end: int
    text: str

    @property
    def blank(self) -> bool:
        return not self.text.strip("\ufeff \t\f\v\u00a0")


def plain_blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a plain text; every non-white character lies in exactly one of them.

    Paragraphs end at blank lines, and at a line end too unless the lines were wrapped to a width (then they are
    joined). Pipe tables, list items, fenced code and ATX headings are recognised as in Markdown.
    """
    lines = _lines(text)
    blocks: list[Block] = []
    position = 0
    while position < len(lines):
        if lines[position].blank:
            position += 1
        elif (fence_end := _fence_end(lines, position)) > position:
            blocks.append(Block("code", lines[position].start, lines[fence_end - 1].end))
            position = fence_end
        else:
            group_end = position + 1
            while group_end < len(lines) and not lines[group_end].blank and not _FENCE.match(lines[group_end].text):
                group_end += 1
            blocks.extend(_group_blocks(lines[position:group_end]))
            position = group_end
    return tuple(blocks)


def markdown_blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a Markdown text by CommonMark's rules with tables; front matter is left out."""
    from markdown_it import MarkdownIt

    front_matter = _FRONT_MATTER.match(text)
    offset = front_matter.end() if front_matter else 0
    lines = [_Line(line.start + offset, line.end + offset, line.text) for line in _lines(text[offset:])]
    # The parser must see as many lines as we do, and it drops NUL: neither changes where a line starts.
    source = "\n".join(line.text.replace("\x00", " ") for line in lines)
    parser = MarkdownIt("commonmark", {"maxNesting": 20}).enable("table").disable("inline").disable("reference")
    taken = 0
    blocks: list[Block] = []
    for kind, level, first, last in _markdown_ranges(parser.parse(source)):
        blocks.extend(_plain_gap(lines[taken:first]))
        blocks.extend(_markdown_block(lines[max(first, taken) : last], kind, level))
        taken = max(taken, last)
    blocks.extend(_plain_gap(lines[taken:]))
    return tuple(blocks)


def _markdown_ranges(tokens: "list[object]") -> Iterator[tuple[str, int, int, int]]:
    """Yield (kind, level, first line, line after the last) of each leaf block, in order."""
    kinds = {"fence": "code", "code_block": "code", "html_block": "paragraph", "table_open": "table"}
    items: list[bool] = []
    table_end = -1
    for token in tokens:
        name, lines = getattr(token, "type"), getattr(token, "map")
        if name == "list_item_open":
            items.append(True)
        elif name == "list_item_close":
            items.pop()
        if not lines or lines[0] < table_end:
            continue
        if name == "heading_open":
            yield "heading", int(getattr(token, "tag")[1:]), lines[0], lines[1]
        elif name == "paragraph_open":
            yield ("item" if items else "paragraph"), 0, lines[0], lines[1]
        elif name in kinds:
            table_end = lines[1] if name == "table_open" else table_end
            yield kinds[name], 0, lines[0], lines[1]


def _markdown_block(lines: list[_Line], kind: str, level: int) -> list[Block]:
    """Return the blocks of the lines that one Markdown token covers."""
    while lines and lines[-1].blank:
        lines = lines[:-1]
    if not lines:
        return []
    if kind == "table":
        return _table_blocks(lines)
    start, end = lines[0].start, lines[-1].end
    if kind == "heading":
        return [Block("heading", start, end, level)]
    if kind == "code":
        return [Block("code", start, end)]
    if kind == "item":
        return [Block("item", start, end)]
    return [Block("paragraph", start, end)]


def _plain_gap(lines: list[_Line]) -> list[Block]:
    """Return what lies between two leaf blocks (rules, link definitions) as paragraphs: nothing is lost."""
    return [Block("paragraph", line.start, line.end) for line in lines if not line.blank]


def _lines(text: str) -> list[_Line]:
    """Return the lines of a text; the last one may be empty."""
    found: list[_Line] = []
    for match in _LINE.finditer(text):
        line = match.group().rstrip("\r\n")
        found.append(_Line(match.start(), match.start() + len(line), line))
    return found


def _fence_end(lines: list[_Line], position: int) -> int:
    """Return the line after a fenced block that opens here, or `position` when none does or it never closes."""
    opening = _FENCE.match(lines[position].text)
    if not opening:
        return position
    mark = opening.group(1)
    for end in range(position + 1, min(len(lines), position + 500)):
        closing = lines[end].text.strip()
        if closing.startswith(mark) and not closing.strip(mark[0]):
            return end + 1
    return position


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
            while wrapped and end < len(lines) and _continues(lines[end - 1], lines[end], width):
                end += 1
            kind_is_item = bool(_ITEM.match(line.text))
            yield Block("item" if kind_is_item else "paragraph", line.start, lines[end - 1].end)
            position = end


def _continues(line: _Line, following: _Line, width: int) -> bool:
    """Tell whether the next line goes on with this one: its first word would not have fitted the width here."""
    if _ATX.match(following.text) or _ITEM.match(following.text) or "|" in following.text.lstrip()[:1]:
        return False
    first_word = following.text.split(maxsplit=1)[0]
    return len(line.text.rstrip()) + 1 + len(first_word) > width - 2


def _table_end(lines: list[_Line], position: int) -> int:
    """Return the line after a pipe table that starts here, or `position` when none does."""
    end = position
    while end < len(lines) and lines[end].text.lstrip().startswith("|"):
        end += 1
    if end - position >= 2 or (end > position and lines[position].text.count("|") >= 3):
        return end
    return position


def _table_blocks(lines: list[_Line]) -> list[Block]:
    """Return a row block a line; the rows of a table's body know where its header rows stand."""
    rows = [line for line in lines if not line.blank]
    header_end = _header_end(rows)
    header = Span(rows[0].start, rows[header_end - 1].end) if header_end else None
    return [
        Block("row", line.start, line.end, header=header if position >= header_end else None)
        for position, line in enumerate(rows)
    ]


def _header_end(rows: list[_Line]) -> int:
    """Return how many rows are the header: up to the delimiter row, and the rows after it that have no first cell."""
    if len(rows) < 2 or "-" not in rows[1].text or not _DELIMITER_ROW.match(rows[1].text):
        return 0
    end = 2
    while end < min(len(rows) - 1, 5) and re.match(r"[ \t]*\|[ \t]*\|", rows[end].text):
        end += 1
    return end
