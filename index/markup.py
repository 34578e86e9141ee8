"""What the marks in a text's lines mean: a table row's cells, a heading's words, the marks of a quotation."""

import re

LINE_END = re.compile(r"\r\n|\r|\n")
"""The ends of lines; other separators of Unicode stay inside their line."""
LIST_MARK = r"(?:[-*+\u2022\u2023\u25aa]|\(?\d{1,3}[.)]|\(?[A-Za-z][.)])"
"""What stands before an item of a list, as a pattern."""
# A heading is a label: what is longer is cut, so that a book written as one heading is not repeated in every passage.
_LONGEST_HEADING = 200
_LONGEST_COLUMN = 100

_PIPE = re.compile(r"(?<!\\)\|")
_DELIMITER_ROW = re.compile(r"\|?:?-+:?(?:\|:?-+:?)*\|?")
_QUOTE_MARKS = re.compile(r"[ \t]{0,3}>(?:[ \t]{0,4}>)*[ \t]?")
_INNER_QUOTE_MARKS = re.compile(rf"({LINE_END.pattern}){_QUOTE_MARKS.pattern}")
_HEADING_MARKS = re.compile(r"[\s>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*#{1,6}(?:[ \t]+|$)")
_HEADING_RULE = re.compile(r"[\r\n][ \t>]*(?:=+|-+)[ \t]*$")
_CLOSING_MARKS = re.compile(r"(?:^|(?<=[ \t]))#+$")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_EMPHASIS = re.compile(r"(?<![\w\\])(\*\*|__|\*|_|`+)(?=\S)([^*_`]+)(?<=\S)\1(?!\w)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def cells(row: str) -> list[str]:
    """Return the cells of a pipe table's row; those without a word or sign, as of a delimiter row, are empty."""
    found = [" ".join(cell.split()) for cell in _PIPE.split(row.strip().removeprefix("|").removesuffix("|"))]
    return [cell if cell.strip("-: ") else "" for cell in found]


def row_cells(rows: str) -> list[list[str]]:
    """Return the cells of each of the rows that the lines of a text are."""
    return [cells(line) for line in LINE_END.split(rows)]


def columns(header: str) -> list[str]:
    """Return the name of each column: the cells of its header rows from top to bottom."""
    names: list[list[str]] = []
    for row in row_cells(header):
        names.extend([] for _ in range(len(row) - len(names)))
        for number, cell in enumerate(row):
            names[number].append(cell)
    return [" ".join(part for part in parts if part)[:_LONGEST_COLUMN] for parts in names]


def is_delimiter_row(line: str) -> bool:
    """Tell whether a line is the rule of dashes under the first row of a pipe table."""
    return "-" in line and _DELIMITER_ROW.fullmatch(line.replace(" ", "").replace("\t", "")) is not None


def quote_marks_end(line: str) -> int:
    """Return how many characters at the start of a line are the marks of a quotation ("> ")."""
    marks = _QUOTE_MARKS.match(line)
    return marks.end() if marks else 0


def without_quote_marks(text: str) -> str:
    """Return a text without the marks of a quotation at the start of its second and later lines."""
    return _INNER_QUOTE_MARKS.sub(r"\1", text) if ">" in text else text


def heading_words(heading: str) -> str:
    """Return the words of a heading as one line of at most 200 characters, without the marks around and in it."""
    text = heading[: 3 * _LONGEST_HEADING].strip()
    marks = _HEADING_MARKS.match(text)
    text = _CLOSING_MARKS.sub("", text[marks.end() :]) if marks else _HEADING_RULE.sub("", text)
    text = _ESCAPE.sub(r"\1", _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", without_quote_marks(text))))
    return cut_words(" ".join(text.split()), _LONGEST_HEADING)


def cut_words(text: str, limit: int) -> str:
    """Return a line whole, or its first words and "…" where it has more than `limit` characters."""
    if len(text) <= limit:
        return text
    return (text[:limit].rpartition(" ")[0] or text[: limit - 1]).rstrip() + "…"
