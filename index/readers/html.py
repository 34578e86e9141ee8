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
from index.readers.xml import require_memory

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
    layout = Layout()
    for note in notes:
        layout.note(note)
    root = parsed(text, layout)
    if root is None:
        raise UnreadableSource(f"{shown(name)} is no web page that can be read; open it and save it anew.")
    mark_hidden(root)
    content = _main_content(root)
    add_blocks(root if content is None else content, layout)
    return layout.reading(_title(root) or PurePath(name).stem, "text/html", link=_link(root))


def parsed(text: str, layout: Layout) -> Any | None:
    """Return the root element of a page, or None where there is none; what is left out of it is noted."""
    from lxml import etree
    from lxml import html as lxml_html

    # Huge: a long text is no error; time and memory are limited anyway.
    parser = lxml_html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True, huge_tree=True)
    try:
        # An XML declaration names an encoding, which a text has no more.
        root = lxml_html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", usable(text)), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        require_memory(parser)
        return None
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        layout.note("Its elements are nested too deeply, and what comes after that was not read.")
    return root


def _main_content(root: Any) -> Any | None:
    """Return what a page is about, without menus and the like, or None where it has none of these."""
    import trafilatura
    from lxml import html as lxml_html

    if all(next(root.iter(tag), None) is None for tag in _FRAME):
        return None
    found = trafilatura.extract(
        root, output_format="html", include_tables=True, include_comments=False, favor_recall=True, deduplicate=False
    )
    content = lxml_html.document_fromstring(found) if found else None
    return content if content is not None and len(content.text_content()) >= _FEWEST else None


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
