"""What the page's own scripts begin with: the collection that is shown, what may be done in it, and what to try."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from assistant.api.access import access_of
from assistant.api.problems import problem_of
from index.errors import AssistantError
from index.readers import SUFFIXES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from assistant.assistant import Assistant
    from assistant.library import Library

START_PATH = "start"
"""Where it is served."""

Find = Callable[["Request"], "Assistant"]
"""Gives the collection that a request is about, or raises when the request may not read it."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a person can try first in the default collection, by a click each."""

    questions: tuple[str, ...] = ()
    follow_up: str = ""
    """A question that is understood after the first one."""
    claim: str = ""
    """A sentence to be checked."""

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON-ready values."""
        return {"questions": list(self.questions), "follow_up": self.follow_up, "claim": self.claim}


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How much can be sent."""

    file_megabytes: int = 50
    """The largest file that is indexed."""
    request_megabytes: int = 60
    """The largest request; several files go in one."""


def start_endpoint(
    library: "Library", find: Find, welcome: Welcome, limits: UploadLimits
) -> "Callable[[Request], Response]":
    """What answers the page's scripts when they ask for it.

    Args:
        library: The collections of the home.
        find: Gives the collection that the page is about.
        welcome: What can be tried in the default collection.
        limits: How much can be sent.
    """
    from starlette.responses import JSONResponse

    def start(request: "Request") -> "Response":
        """The page's collection, or the sentence that says why there is none."""
        access = access_of(request)
        names = [name for name in library.names() if access.collection in (None, name)]
        try:
            assistant = find(request)
            documents, passages = assistant.counts()
        except AssistantError as error:
            return problem_of(error)
        is_default = assistant.collection == library.default
        return JSONResponse(
            {
                "collection": assistant.collection,
                "is_default": is_default,
                "default": library.default if library.default in names else "",
                "scope": scope(assistant),
                "collections": names,
                "documents": documents,
                "passages": passages,
                "writes": access.writes,
                "max_file_megabytes": limits.file_megabytes,
                "max_request_megabytes": limits.request_megabytes,
                "uploads": str(assistant.originals.uploads),
                "suffixes": list(SUFFIXES),
                "welcome": (welcome if is_default and documents else Welcome()).to_dict(),
            },
            headers={"cache-control": "no-store"},
        )

    return start


def opening(find: Find, request: Any) -> "Callable[[], Assistant]":
    """What opens the collection that an event of Gradio's is about: its request has the page's own query.

    Args:
        find: Gives the collection that a request is about.
        request: A `gradio.Request`.
    """
    return partial(find, request.request)


def scope(assistant: "Assistant") -> str:
    """A short name of the home and collection, under which the browser keeps their conversations."""
    return sha256(f"{assistant.home}\0{assistant.collection}".encode("utf-8", "surrogateescape")).hexdigest()[:12]
