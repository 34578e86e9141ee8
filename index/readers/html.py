"""Web pages: the main content where there is a frame of navigation around it, else all of it.

The main content is found by trafilatura (Apache-2.0); nothing is rendered, run or fetched.
"""

import re
from pathlib import PurePath
from typing import Any

from index.errors import UnreadableSource
from index.limits import Limits
from index.models import Reading
from index.names import shown
from index.readers.decode import decode
from index.readers.html_blocks import add_blocks, mark_hidden
from index.readers.layout import Layout, usable

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_FRAME = ("nav", "footer", "aside")
_FEWEST = 200
"""In characters: with less main content all of the page is taken."""


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Return the reading of a web page.

    Raises:
        UnreadableSource: when the bytes are no text or no page.
    """
    text, notes = _decoded(data, name)
    root = parsed(text)
    if root is None:
        raise UnreadableSource(f"{shown(name)} is no web page that can be read; open it and save it anew.")
    title, link = _title(root), _link(root)
    mark_hidden(root)
    layout = Layout()
    if any(next(root.iter(tag), None) is not None for tag in _FRAME):
        add_main_content(root, layout)
    if layout.characters < _FEWEST:
        layout = Layout()
        add_blocks(root, layout)
    for note in notes:
        layout.note(note)
    return layout.reading(title or PurePath(name).stem, "text/html", link=link)


def parsed(text: str) -> Any | None:
    """Return the root element of a page, or None where there is none."""
    from lxml import etree
    from lxml import html as lxml_html

    parser = lxml_html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
    try:
        # An XML declaration names an encoding, which a text has no more.
        return lxml_html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", usable(text)), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return None


def add_main_content(root: Any, layout: Layout) -> None:
    """Add what a page is about, without menus and the like."""
    import trafilatura

    found = trafilatura.extract(
        root, output_format="html", include_tables=True, include_comments=False, favor_recall=True, deduplicate=False
    )
    content = parsed_with_marks(found) if found else None
    if content is not None:
        add_blocks(content, layout)


def parsed_with_marks(text: str) -> Any:
    """Return the root element of a page of ours, in which the marks of what is hidden stay."""
    from lxml import html as lxml_html

    return lxml_html.document_fromstring(text)


def _decoded(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Return (text, notes): by what the page says of its encoding, or else as any text."""
    declared = _CHARSET.search(data[:4096])
    if declared and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            return data.decode(declared[1].decode("ascii"), errors="strict").replace("\x00", ""), ()
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data, name)


def _title(root: Any) -> str:
    for meta in root.iter("meta"):
        if meta.get("property") == "og:title" and (meta.get("content") or "").strip():
            return str(meta.get("content"))
    title = next(root.iter("title"), None)
    return " ".join((title.text_content() if title is not None else "").split())


def _link(root: Any) -> str:
    """Return the address that a page gives as its own, when it is one of the web."""
    found = [each.get("href") for each in root.iter("link") if (each.get("rel") or "").lower() == "canonical"]
    found += [each.get("content") for each in root.iter("meta") if each.get("property") == "og:url"]
    return next((each for each in found if each and re.match(r"https?://[^\s\"'<>]{3,2000}$", each)), "")
