"""What a request may do: whoever is let in has an `Access`, and each route says what it needs."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index.errors import AssistantError

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

_STATE = "access"


class NotAllowed(AssistantError):
    """The request is known and may not do what it asks for."""


@dataclass(frozen=True, slots=True)
class Access:
    """What somebody may do."""

    name: str
    """Who it is, for the log; never a secret."""
    writes: bool
    """Whether documents may be added, changed and removed."""
    collection: str | None
    """The one collection that may be used; None for all."""


EVERYTHING = Access("this machine", writes=True, collection=None)
"""Of whoever is on this machine, where no token is asked for."""
NOBODY = Access("nobody", writes=False, collection="")
"""Of whoever has shown no token where one is asked for: what is free to all may be read, and no collection."""


def grant(scope: MutableMapping[str, Any], access: Access) -> None:
    """Note in an ASGI scope what its request may do."""
    scope.setdefault("state", {})[_STATE] = access


def granted(scope: MutableMapping[str, Any]) -> Access | None:
    """Return what an ASGI scope's request may do; None when nobody has said it."""
    access: Access | None = scope.get("state", {}).get(_STATE)
    return access


def access_of(request: "HTTPConnection") -> Access:
    """Return what a request may do."""
    return granted(request.scope) or EVERYTHING


def require(request: "HTTPConnection", collection: str, *, writes: bool = False) -> None:
    """Do nothing when a request may use a collection.

    Args:
        request: the request.
        collection: the collection's name.
        writes: whether something is to be changed.

    Raises:
        NotAllowed: when its token is for another collection, or for reading only.
    """
    access = access_of(request)
    if access.collection is not None and access.collection != collection:
        raise NotAllowed(f"This token is for the collection {access.collection!a} only; use one for {collection!a}.")
    if writes and not access.writes:
        raise NotAllowed("This token may only read; make one with `assistant token create --scope write`.")
