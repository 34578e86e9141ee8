"""XML of foreign files to elements: no entity is resolved, nothing is fetched."""

from typing import Any

from lxml import etree

from index.readers.layout import usable


def parse(data: bytes) -> Any | None:
    """Return the root element, or None of what is no XML."""
    # Huge: a long text is no error; time, memory and what it was unpacked to are limited anyway.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, recover=True)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        require_memory(parser)
        return None


def require_memory(parser: Any) -> None:
    """Do nothing unless a parser failed because it had no memory; lxml does not tell that from wrong syntax.

    Raises:
        MemoryError: when it had none.
    """
    if any(entry.type_name == "ERR_NO_MEMORY" for entry in parser.error_log):
        raise MemoryError


def local(element: Any) -> str:
    """Return an element's name without its namespace; of comments and instructions an empty text."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def attribute(element: Any, name: str) -> str:
    """Return an attribute by its name without its namespace, or an empty text."""
    return next((value for key, value in element.attrib.items() if etree.QName(key).localname == name), "")


def text(value: str | None) -> str:
    """Return a text of an element as it can be stored."""
    return usable(value or "")
