"""Tables of separated values: each row a unit that can be quoted, with the first row as its header."""

import csv
import io
from pathlib import PurePath

from index.errors import UnreadableSource
from index.limits import Limits
from index.models import Reading
from index.names import shown
from index.readers.decode import decode
from index.readers.layout import Layout, usable

_SEPARATORS = ",;\t|"
_LONGEST_FIELD = 100_000


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Return the reading of a CSV or TSV file in any encoding.

    Raises:
        UnreadableSource: when the bytes are no text, or a field is longer than 100,000 characters.
    """
    text, notes = decode(data, name)
    separator = _separator(text[:20_000])
    layout = Layout()
    for note in notes:
        layout.note(note)
    layout.table()
    csv.field_size_limit(_LONGEST_FIELD)
    is_first = True
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), start=1):
            if any(cell.strip() for cell in row):
                layout.place(f"row {number}")
                layout.row([usable(cell) for cell in row], is_header=is_first and len(row) > 1)
                is_first = False
    except csv.Error as error:
        raise UnreadableSource(f"{shown(name)} is no table that can be read ({error}); save it as CSV anew.") from None
    return layout.reading(PurePath(name).stem, "text/csv")


def _separator(sample: str) -> str:
    """Return what parts the fields: of the usual characters, the one that is most often there in every line."""
    lines = [line for line in sample.splitlines()[:50] if line.strip()]
    return max(_SEPARATORS, key=lambda each: (min((line.count(each) for line in lines), default=0), sample.count(each)))
