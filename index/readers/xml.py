"""XML of foreign files to elements: no entity is resolved, nothing is fetched."""

from typing import Any

from lxml import etree

from index.readers.layout import usable


def parse(data: bytes) -> Any | None:
    """Return the root element, or None of what is no XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def local(element: Any) -> str:
    """Return an element's name without its namespace; of comments and instructions an empty text."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def attribute(element: Any, name: str) -> str:
    """Return an attribute by its name without its namespace, or an empty text."""
    return next((value for key, value in element.attrib.items() if etree.QName(key).localname == name), "")


def text(value: str | None) -> str:
    """Return a text of an element as it can be stored."""
    return usable(value or "")
