"""Spreadsheets: sheet by sheet, each row a unit that can be quoted, with the sheet's first row as its header."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import PurePath
from typing import Any

from index.errors import UnreadableSource
from index.limits import Limits
from index.models import Reading
from index.names import shown
from index.readers.archive import opened
from index.readers.layout import Layout, usable

_KIND = "Excel workbook"
_WIDEST = 500
"""In columns."""


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Return the reading of a workbook: the values that its cells show, not their formulas.

    Raises:
        UnreadableSource: when it is none, is damaged or encrypted, or would be too large.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    with opened(data, name, _KIND, limits):
        pass
    layout = Layout()
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in workbook.worksheets:
            _sheet(usable(sheet.title), sheet.iter_rows(max_col=_WIDEST, values_only=True), layout)
        title = str(workbook.properties.title or "").strip()
    except (InvalidFileException, KeyError, ValueError, AttributeError, TypeError, IndexError, SyntaxError, OSError,
            zipfile.BadZipFile, EOFError):  # fmt: skip
        raise UnreadableSource(f"{shown(name)} is no {_KIND} or a damaged one; save it anew and try again.") from None
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return layout.reading(title or PurePath(name).stem, kind)


def _sheet(title: str, rows: Iterator[tuple[Any, ...]], layout: Layout) -> None:
    layout.place(f"sheet {title}")
    layout.heading(title, 1)
    layout.table()
    is_first = True
    for number, row in enumerate(rows, start=1):
        cells = [_shown(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if any(cells):
            layout.place(f"sheet {title}, row {number}")
            layout.row(cells, is_header=is_first and len(cells) > 1)
            is_first = False


def _shown(value: Any) -> str:
    """Return a cell's value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.10g}"
    return usable(str(value))
