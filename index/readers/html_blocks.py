"""The elements of a web page to blocks of a layout, one after the other; styles count only where they hide text."""

import re
from typing import Any

from index.readers.layout import HIDE, SHOW, Layout, usable

_SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "math",
        "head",
        "iframe",
        "object",
        "embed",
        "canvas",
        "audio",
        "video",
        "select",
    ]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    ]
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d]*[1-9])|font-size\s*:\s*[01](?:\.\d+)?(?:px|pt|em|%)?\s*(?:;|$)"
    r"|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{4,}",
    re.IGNORECASE,
)
_WHITE = re.compile(r"(?<![-\w])color\s*:\s*(?:white|#fff(?:fff)?|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))", re.IGNORECASE)
_GROUND = re.compile(r"background", re.IGNORECASE)
_LONGEST_CELL = 1_000
"""In characters: a table with a longer cell holds a page and not data."""


def mark_hidden(root: Any) -> None:
    """Put marks around the text of elements that their own style or attribute hides."""
    for element in root.iter():
        if isinstance(element.tag, str) and _hides(element):
            for inner in element.iter():
                if inner.text and isinstance(inner.tag, str):
                    inner.text = f"{HIDE}{inner.text}{SHOW}"
                if inner is not element and inner.tail:
                    inner.tail = f"{HIDE}{inner.tail}{SHOW}"


def _hides(element: Any) -> bool:
    if element.get("hidden") is not None and element.get("hidden") != "until-found":
        return True
    style = element.get("style") or ""
    if _HIDING.search(style):
        return True
    if not _WHITE.search(style) or _GROUND.search(style):
        return False
    around = " ".join(each.get("style") or each.get("bgcolor") or "" for each in element.iterancestors())
    return not _GROUND.search(around) and "#" not in around


def add_blocks(root: Any, layout: Layout) -> None:
    """Add the text below an element to a layout: headings, paragraphs, items, rows and preformatted lines."""
    from lxml import etree

    walk = etree.iterwalk(root, events=("start", "end"))
    builder = _Builder(layout)
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        is_skipped = not tag or tag in _SKIPPED
        if event == "start":
            if is_skipped:
                walk.skip_subtree()
            else:
                builder.begin(tag, element)
                builder.add(element.text)
        else:
            if not is_skipped:
                builder.end(tag, element)
            if element is not root:
                builder.add(element.tail)
    builder.flush()


class _Builder:
    """Gathers text until a block ends."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._texts: list[str] = []
        self._kinds: list[str] = []
        self._table: Any = None
        self._cells: list[str] = []
        self._has_header = False

    def add(self, text: str | None) -> None:
        if text:
            self._texts.append(_kept(text))

    def begin(self, tag: str, element: Any) -> None:
        if tag == "br":
            self._texts.append("\n" if "pre" in self._kinds else " ")
        elif self._table is not None:
            if tag in _BLOCKS:
                self._texts.append(" ")
            if tag == "tr":
                self._cells = []
            elif tag in ("td", "th"):
                self._texts = []
        elif tag in _BLOCKS:
            self.flush()
            if tag == "table" and _is_data(element):
                self._table, self._has_header = element, False
                self._layout.table()
            elif tag in _HEADINGS or tag in ("li", "pre"):
                self._kinds.append(tag)

    def end(self, tag: str, element: Any) -> None:
        if self._table is not None:
            if tag in ("td", "th"):
                self._cells.append("".join(self._texts))
                self._texts = []
            elif tag == "tr":
                self._row(element)
            elif element is self._table:
                self._table, self._texts = None, []
        elif tag in _BLOCKS:
            self.flush()
            if self._kinds and self._kinds[-1] == tag:
                self._kinds.pop()

    def flush(self) -> None:
        text, self._texts = "".join(self._texts), []
        if not text.strip():
            return
        kind = self._kinds[-1] if self._kinds else ""
        if kind in _HEADINGS:
            self._layout.heading(text, _HEADINGS[kind])
        elif kind == "li":
            self._layout.item(text)
        elif "pre" in self._kinds:
            self._layout.code(text)
        else:
            self._layout.paragraph(text)

    def _row(self, row: Any) -> None:
        """Add a row; the first one is the header when all its cells are heads or it stands in the table's head."""
        heads = [each.tag == "th" for each in row if each.tag in ("td", "th")]
        parent = row.getparent()
        is_header = (
            not self._has_header and len(heads) > 1 and (all(heads) or (parent is not None and parent.tag == "thead"))
        )
        self._has_header = self._has_header or is_header
        self._layout.row(self._cells, is_header=is_header)
        self._cells = []


def _kept(text: str) -> str:
    """Return a text without what no text has any use for; the marks of what is hidden stay."""
    return "".join(part if part in (HIDE, SHOW) else usable(part) for part in re.split(f"([{HIDE}{SHOW}])", text))


def _is_data(table: Any) -> bool:
    """Tell whether a table holds data, and not a page's columns or a message's frame."""
    if next(table.iterdescendants("table"), None) is not None:
        return False
    rows = [[each for each in row if each.tag in ("td", "th")] for row in table.iterdescendants("tr")]
    if not any(len(cells) > 1 for cells in rows):
        return False
    return all(len("".join(cell.itertext())) <= _LONGEST_CELL for cells in rows for cell in cells)
