"""Lines of a PDF page to running text and tables: where the words of several lines stand under each other."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from index.readers.layout import without_marks
from index.readers.pdf_lines import Cell, Line

_LONG_CELL = 28
"""In characters: columns of mostly longer cells are columns of text, not of a table."""
_ROW_DISTANCE = 3.5
"""In heights: rows that stand farther apart are of two tables."""
_FEWEST_ROWS = 2
_FULL = 0.4
"""The share of cells that have to have a text, else words stand under each other by chance."""


def flows(lines: Sequence[Line]) -> Iterator[tuple[list[list[str]], list[Line]]]:
    """Yield (rows, lines) of the parts of a page in order: the rows of a table, or the lines of running text."""
    for is_wide, group in groupby(lines, key=lambda line: len(line.cells) > 1):
        run = list(group)
        if not is_wide:
            yield [], run
            continue
        for part in _close_together(run):
            columns = _columns(part)
            cells = sum(len(line.cells) for line in part)
            if len(part) < _FEWEST_ROWS or len(columns) < 2 or cells < _FULL * len(part) * len(columns):
                yield [], part
            elif _is_text(part):
                for column in columns:
                    yield [], [line for each in part if (line := _within(each, column))]
            else:
                yield [_row(line, columns) for line in part], part


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row names the columns: it has words only, and some row below it has numbers."""
    first = "".join(rows[0])
    return (
        len(rows) > 1
        and not any(map(str.isdigit, first))
        and any(map(str.isalpha, first))
        and any(character.isdigit() for row in rows[1:] for cell in row for character in cell)
    )


def _close_together(lines: list[Line]) -> Iterator[list[Line]]:
    part = lines[:1]
    for before, line in pairwise(lines):
        if abs(before.across - line.across) > _ROW_DISTANCE * max(before.height, line.height, 1.0):
            yield part
            part = []
        part.append(line)
    yield part


def _columns(lines: Sequence[Line]) -> list[tuple[float, float]]:
    """Return (start, end) of the columns: the cells of all lines, laid over each other."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted((cell.start, cell.end) for line in lines for cell in line.cells):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged


def _is_text(lines: Sequence[Line]) -> bool:
    """Tell whether the cells are so long that they are lines of text in columns."""
    lengths = [len(without_marks(cell.text)) for line in lines for cell in line.cells]
    return sum(length > _LONG_CELL for length in lengths) > 0.6 * len(lengths)


def _in_column(cell: Cell, column: tuple[float, float]) -> bool:
    return column[0] <= cell.start <= column[1]


def _within(line: Line, column: tuple[float, float]) -> Line | None:
    """Return what of a line stands in a column."""
    cells = tuple(cell for cell in line.cells if _in_column(cell, column))
    return replace(line, cells=cells) if cells else None


def _row(line: Line, columns: Sequence[tuple[float, float]]) -> list[str]:
    return [" ".join(cell.text for cell in line.cells if _in_column(cell, column)) for column in columns]
