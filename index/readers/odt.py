"""OpenDocument texts: headings, paragraphs, lists and tables in their order."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from index.errors import UnreadableSource
from index.limits import Limits
from index.models import Reading
from index.names import shown
from index.readers import xml
from index.readers.archive import member, opened
from index.readers.layout import Layout

_KIND = "OpenDocument text"
_LEFT_OUT = ("tracked-changes", "annotation", "note-citation", "sequence-decls", "forms", "desc", "title")


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Return the reading of an OpenDocument text.

    Raises:
        UnreadableSource: when it is none, is damaged or encrypted, or would be too large.
    """
    with opened(data, name, _KIND, limits) as archive:
        content = xml.parse(member(archive, "content.xml") or b"")
        meta = xml.parse(member(archive, "meta.xml") or b"")
        manifest = member(archive, "META-INF/manifest.xml") or b""
    if b"encryption-data" in manifest:
        raise UnreadableSource(f"{shown(name)} is encrypted; save it without a password and add it again.")
    if content is None:
        raise UnreadableSource(f"{shown(name)} is no {_KIND} or a damaged one; save it anew and try again.")
    layout = Layout()
    body = next((each for each in content.iter() if xml.local(each) == "body"), content)
    _walk(body, layout, in_list=False)
    titles = [xml.text(each.text) for each in (meta.iter() if meta is not None else ()) if xml.local(each) == "title"]
    title = next((each.strip() for each in titles if each.strip()), PurePath(name).stem)
    return layout.reading(title, "application/vnd.oasis.opendocument.text")


def _walk(parent: Any, layout: Layout, *, in_list: bool) -> None:
    for child in parent.iterchildren():
        kind = xml.local(child)
        if kind == "h":
            level = xml.attribute(child, "outline-level")
            layout.heading("".join(_text(child)), int(level) if level.isdigit() else 1)
        elif kind == "p":
            text = "".join(_text(child))
            layout.item(text) if in_list else layout.paragraph(text)
        elif kind == "table":
            _table(child, layout)
        elif kind not in _LEFT_OUT:
            _walk(child, layout, in_list=in_list or kind == "list-item")


def _text(element: Any) -> Iterator[str]:
    yield xml.text(element.text)
    for child in element.iterchildren():
        kind = xml.local(child)
        if kind in ("s", "tab", "line-break"):
            yield " "
        elif kind and kind not in _LEFT_OUT:
            yield from _text(child)
        yield xml.text(child.tail)


def _table(table: Any, layout: Layout) -> None:
    layout.table()
    rows = [each for each in table.iter() if xml.local(each) == "table-row"]
    for number, row in enumerate(rows):
        cells = [_cell(each) for each in row.iterchildren() if xml.local(each) in ("table-cell", "covered-table-cell")]
        layout.row(cells, is_header=number == 0 and len(cells) > 1)


def _cell(cell: Any) -> str:
    return " ".join("".join(_text(each)) for each in cell.iter() if xml.local(each) in ("p", "h"))
