"""The page of a permalink: a document with a slice of it marked, for whoever is sent the link."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, Response

from assistant.api.chosen import Chosen
from assistant.ui import panel
from index.errors import AssistantError

routes = APIRouter(include_in_schema=False)
"""The page; where the slice is stands in the fragment, which its script reads."""


@routes.get("/d/{document_id}@{content_hash}")
def page(assistant: Chosen, document_id: str, content_hash: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]) -> Response:
    """Return the page, which says when the document has changed since."""
    try:
        document = assistant.document(document_id)
    except AssistantError as error:
        return HTMLResponse(panel.standalone(panel.show_problem(str(error)), "Source", base="../"), 404)
    return HTMLResponse(panel.linked(document, content_hash, assistant.collection))
