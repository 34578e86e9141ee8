"""What HTTP and MCP both tell of documents, as JSON-ready values: some of a collection's, and a part of one's text."""

from typing import Any

from assistant.collection import Collection
from index.models import Document


def document_page(collection: Collection, offset: int, limit: int) -> dict[str, Any]:
    """Return at most `limit` documents from `offset` on, ordered by source, and the files that could not be read."""
    documents, after = collection.documents(), offset + limit
    return {
        "documents": [each.to_dict() for each in documents[offset:after]],
        "total": len(documents),
        "next": after if after < len(documents) else None,
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
