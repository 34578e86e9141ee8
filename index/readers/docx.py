"""Word documents: headings, paragraphs, lists and tables in their order, then notes and comments."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from index.errors import UnreadableSource
from index.limits import Limits
from index.models import Reading
from index.names import shown
from index.readers import xml
from index.readers.archive import opened
from index.readers.layout import HIDE, SHOW, Layout

_KIND = "Word document"
_LEFT_OUT = ("del", "moveFrom", "instrText", "delText", "rPr", "pPr", "AlternateContent", "Fallback", "drawing", "pict")
_WHITE = ("ffffff", "fefefe", "fdfdfd")


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Return the reading of a Word document.

    Raises:
        UnreadableSource: when it is none, is damaged or encrypted, or would be too large.
    """
    import docx
    from docx.opc.exceptions import OpcError

    with opened(data, name, _KIND, limits):
        pass
    try:
        document = docx.Document(io.BytesIO(data))
        body = document.element.body
    except (OpcError, KeyError, ValueError, AttributeError, TypeError, zipfile.BadZipFile, SyntaxError, OSError):
        raise UnreadableSource(f"{shown(name)} is no {_KIND} or a damaged one; save it anew and try again.") from None
    layout = Layout()
    styles = _Styles(document)
    for block in _blocks(body):
        if xml.local(block) == "tbl":
            _table(block, layout)
        else:
            _paragraph(block, layout, styles)
    _beside(document, layout)
    title = str(document.core_properties.title or "").strip()
    return layout.reading(
        title or PurePath(name).stem, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    )


class _Styles:
    """What the styles of a document, by their ids, make of a paragraph."""

    def __init__(self, document: Any) -> None:
        self.levels: dict[str, int] = {}
        """Of those of headings: the level."""
        self.lists: set[str] = set()
        """Those of items of lists."""
        for style in document.styles.element.iterchildren():
            if xml.local(style) == "style":
                self._add(xml.attribute(style, "styleId"), {xml.local(each): each for each in style.iter()})

    def _add(self, style: str, told: dict[str, Any]) -> None:
        outline = xml.attribute(told["outlineLvl"], "val") if "outlineLvl" in told else ""
        name = xml.attribute(told["name"], "val").lower() if "name" in told else ""
        number = name.removeprefix("heading ")
        if name == "title":
            self.levels[style] = 1
        elif name.startswith("heading ") and number.isdigit():
            self.levels[style] = int(number)
        elif outline.isdigit() and int(outline) < 6:
            self.levels[style] = int(outline) + 1
        elif "numPr" in told or name.startswith("list "):
            self.lists.add(style)


def _blocks(parent: Any) -> Iterator[Any]:
    """Yield paragraphs and tables in their order, those of content controls and of insertions too."""
    for child in parent.iterchildren():
        kind = xml.local(child)
        if kind in ("p", "tbl"):
            yield child
        elif kind in ("sdt", "sdtContent", "ins", "customXml", "smartTag"):
            yield from _blocks(child)


def _paragraph(paragraph: Any, layout: Layout, styles: "_Styles") -> None:
    properties = next((child for child in paragraph.iterchildren() if xml.local(child) == "pPr"), None)
    told = {xml.local(each): each for each in properties.iterchildren()} if properties is not None else {}
    style = xml.attribute(told["pStyle"], "val") if "pStyle" in told else ""
    text = "".join(_text(paragraph))
    if style in styles.levels:
        layout.heading(text, styles.levels[style])
    elif "numPr" in told or style in styles.lists:
        layout.item(text)
    else:
        layout.paragraph(text)
    for box in paragraph.iter():
        if xml.local(box) == "txbxContent" and not _is_fallback(box):
            for block in _blocks(box):
                layout.paragraph("".join(_text(block)))


def _is_fallback(element: Any) -> bool:
    return any(xml.local(each) == "Fallback" for each in element.iterancestors())


def _text(element: Any) -> Iterator[str]:
    """Yield the text of a paragraph, without what was deleted, and with marks around what is not shown."""
    for child in element.iterchildren():
        kind = xml.local(child)
        if kind == "t":
            yield xml.text(child.text)
        elif kind in ("tab", "br", "cr"):
            yield " "
        elif kind in ("noBreakHyphen", "softHyphen"):
            yield "-" if kind == "noBreakHyphen" else ""
        elif kind == "r" and _is_hidden(child):
            yield from (HIDE, *_text(child), SHOW)
        elif kind not in _LEFT_OUT:
            yield from _text(child)


def _is_hidden(run: Any) -> bool:
    """Tell whether a run is marked as hidden, is white on no ground of its own, or is too small to be read."""
    properties = next((child for child in run.iterchildren() if xml.local(child) == "rPr"), None)
    if properties is None:
        return False
    told = {xml.local(each): xml.attribute(each, "val").lower() for each in properties.iterchildren()}
    if told.get("vanish", "0") in ("", "1", "true", "on"):
        return True
    size = told.get("sz", "")
    is_tiny = size.isdigit() and int(size) < 4
    return is_tiny or (told.get("color") in _WHITE and "shd" not in told and "highlight" not in told)


def _table(table: Any, layout: Layout) -> None:
    """Add a table; its first row is the header, and a table inside a cell becomes the cell's text."""
    layout.table()
    for number, row in enumerate(each for each in _inside(table, "tr")):
        cells = [
            " ".join("".join(_text(block)) for block in cell.iter() if xml.local(block) == "p")
            for cell in _inside(row, "tc")
        ]
        layout.row(cells, is_header=number == 0 and len(cells) > 1)


def _inside(parent: Any, kind: str) -> Iterator[Any]:
    for child in parent.iterchildren():
        if xml.local(child) == kind:
            yield child
        elif xml.local(child) in ("sdt", "sdtContent", "ins", "customXml"):
            yield from _inside(child, kind)


def _beside(document: Any, layout: Layout) -> None:
    """Add what stands beside the text: headers and footers, foot- and endnotes, comments."""
    parts = {"Headers and footers": ("header", "footer"), "Notes": ("footnotes", "endnotes"), "Comments": ("comments",)}
    for heading, kinds in parts.items():
        texts: dict[str, None] = {}
        for kind in kinds:
            for relation in document.part.rels.values():
                if not relation.is_external and relation.reltype.endswith(f"/{kind}"):
                    root = xml.parse(relation.target_part.blob)
                    found = root.iter() if root is not None else ()
                    texts.update(
                        (" ".join("".join(_text(each)).split()), None) for each in found if xml.local(each) == "p"
                    )
        if words := [text for text in texts if text]:
            layout.heading(heading, 1)
            for text in words:
                layout.paragraph(text)
