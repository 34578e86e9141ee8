"""The documents that the assistant starts with: where they are installed, and questions to try on them."""

from importlib.resources import files
from pathlib import Path

__all__ = ["QUESTIONS", "documents", "folder"]

QUESTIONS = (
    "Who declared that all schools in Blagoveshchensk would offer Chinese courses?",
    "How many political and business leaders met in Liaoning?",
    "How far is Khabarovsk from the Chinese border?",
)
"""Questions that the documents answer."""


def folder() -> Path:
    """The folder in which the documents are installed."""
    return Path(str(files(__name__)))


def documents() -> list[Path]:
    """The documents themselves: the text files of the folder, without this module and its README."""
    return sorted(folder().glob("*.txt"))
