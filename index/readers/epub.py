"""Electronic books: the chapters in reading order."""

import posixpath
from pathlib import PurePath
from urllib.parse import unquote

from index.errors import UnreadableSource
from index.limits import Limits
from index.models import Reading
from index.names import shown
from index.readers import xml
from index.readers.archive import member, opened
from index.readers.decode import decode
from index.readers.html import parsed
from index.readers.html_blocks import add_blocks, mark_hidden
from index.readers.layout import Layout

_KIND = "EPUB book"


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Return the reading of a book.

    Raises:
        UnreadableSource: when it is none, is damaged, or would be too large.
    """
    layout = Layout()
    with opened(data, name, _KIND, limits) as archive:
        container = xml.parse(member(archive, "META-INF/container.xml") or b"")
        roots = [xml.attribute(each, "full-path") for each in container.iter()] if container is not None else []
        path = next((each for each in roots if each), "")
        package = xml.parse(member(archive, path) or b"") if path else None
        if package is None:
            raise UnreadableSource(f"{shown(name)} is no {_KIND} or a damaged one; get it anew.")
        items = {xml.attribute(each, "id"): each for each in package.iter() if xml.local(each) == "item"}
        chapters = [items.get(xml.attribute(each, "idref")) for each in package.iter() if xml.local(each) == "itemref"]
        missing = 0
        for chapter in chapters:
            href = unquote(xml.attribute(chapter, "href")) if chapter is not None else ""
            content = member(archive, posixpath.normpath(posixpath.join(posixpath.dirname(path), href)))
            root = parsed(decode(content, name)[0], layout) if content else None
            if root is None:
                missing += 1
                continue
            mark_hidden(root)
            add_blocks(root, layout)
        titles = [xml.text(each.text).strip() for each in package.iter() if xml.local(each) == "title"]
    if missing:
        layout.note(f"{missing} of its {len(chapters)} chapters could not be read.")
    return layout.reading(next(filter(None, titles), PurePath(name).stem), "application/epub+zip")
