"""Answers from a person's own documents, made of exact quotes.

    from assistant import Assistant

The names are imported when they are used, so that importing the package costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from index.sources import TextSource

__all__ = ["Assistant", "TextSource"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name == "Assistant":
        from assistant.assistant import Assistant

        return Assistant
    if name == "TextSource":
        from index.sources import TextSource

        return TextSource
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
