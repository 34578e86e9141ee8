"""What HTTP and MCP both tell of documents, as JSON-ready values: some of a collection's, and a part of one's text."""

from typing import Any, Literal

from assistant.collection import Collection
from index.models import Document

LONGEST_SEARCH = 200
"""Characters of what titles and sources are searched for."""
Order = Literal["source", "newest"]


def document_page(
    collection: Collection, offset: int, limit: int, search: str = "", order: Order = "source"
) -> dict[str, Any]:
    """Return at most `limit` of the documents that fit from `offset` on, and the files that could not be read."""
    listed, total = collection.list_documents(offset, limit, search=search, newest_first=order == "newest")
    after = offset + limit
    return {
        "documents": [each.to_dict() for each in listed],
        "total": total,
        "next": after if after < total else None,
        "unread": [{"source": source, "reason": reason} for source, reason in collection.unread_files()],
    }


def slice_of(document: Document, text: str, start: int, end: int) -> dict[str, Any]:
    """Return the part of a document's text between two offsets that lie in it."""
    return {
        "document_id": document.id,
        "title": document.title,
        "content_hash": document.content_hash,
        "start": start,
        "end": end,
        "characters": len(text),
        "text": text[start:end],
    }
