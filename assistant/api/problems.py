"""What went wrong as JSON for a program: RFC 9457 problem details, and the status of each error of the project.

A problem has no type of its own ("about:blank"): its status says what kind it is, and its detail is the sentence that
the error tells a person.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from assistant.api.access import NotAllowed
from index import errors
from index.errors import AssistantError

if TYPE_CHECKING:
    from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
UNEXPECTED = "Something unexpected went wrong; the server's log says what."
"""What is told of an error that is not of this project: nothing that could hold a text, a path or a secret."""

_STATUSES: dict[type[AssistantError], int] = {
    NotAllowed: 403,
    errors.InvalidQuestion: 422,
    errors.InvalidText: 422,
    errors.InvalidConversation: 422,
    errors.InvalidSettings: 422,
    errors.UnreadableSource: 422,
    errors.CollectionNotFound: 404,
    errors.DocumentNotFound: 404,
    errors.SourceChanged: 409,
    errors.ModelUnavailable: 503,
    errors.StoreBusy: 503,
    errors.StoreFull: 507,
    errors.StoreDamaged: 500,
    errors.EmbeddingMismatch: 500,
    errors.StoreError: 500,
    AssistantError: 500,
}
_RETRY_AFTER: dict[type[AssistantError], int] = {errors.StoreBusy: 2}
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}  # RFC 9110; http.HTTPStatus has older ones.


def problem(
    status: int, title: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: Any
) -> "Response":
    """Return a problem as a response, which is an ASGI application too.

    Args:
        status: the HTTP status.
        title: what kind of problem it is, in a few words that do not change; `title_of` gives the status's own.
        detail: one sentence that says what happened and what to do.
        headers: further headers, such as Retry-After.
        extra: further members of the JSON object.
    """
    from starlette.responses import Response

    return Response(body(status, title, detail, **extra), status, headers, MEDIA_TYPE)


def body(status: int, title: str, detail: str, **extra: Any) -> bytes:
    """Return a problem as JSON in UTF-8."""
    members = {"type": "about:blank", "title": title, "status": status, "detail": detail, **extra}
    return json.dumps(members, ensure_ascii=False).encode("utf-8", "replace")


def problem_of(error: Exception) -> "Response":
    """Return an error as a response: its own sentence, or for an error of no kind that is known none of its words."""
    status = status_of(error)
    seconds = _of(_RETRY_AFTER, error)
    headers = None if seconds is None else {"Retry-After": str(seconds)}
    detail = str(error) if isinstance(error, AssistantError) else UNEXPECTED
    return problem(status, title_of(status), detail, headers=headers)


def status_of(error: Exception) -> int:
    """Return the HTTP status of an error; 500 for one that is not of this project."""
    return _of(_STATUSES, error) or 500


def title_of(status: int) -> str:
    """Return what a status is called."""
    return _TITLES.get(status) or HTTPStatus(status).phrase


def _of(table: Mapping[type[AssistantError], int], error: Exception) -> int | None:
    """Return what a table says of the nearest class that the error is of."""
    return next((table[kind] for kind in type(error).__mro__ if kind in table), None)
