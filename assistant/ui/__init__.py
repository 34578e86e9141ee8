"""The browser page: asking, checking, sources, documents. Nothing here decides what an answer or a verdict is.

`launch` serves it, `create_app` gives it as an ASGI application, `build_page` as Gradio blocks.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.ui.page import build_page
    from assistant.ui.server import create_app, launch

__all__ = ["build_page", "create_app", "launch"]

_PLACES = {"build_page": "assistant.ui.page", "create_app": "assistant.ui.server", "launch": "assistant.ui.server"}


def __getattr__(name: str) -> Any:
    """Imports what is asked for only then: the page needs exports, and they need no more of it than `escape`."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
