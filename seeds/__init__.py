"""The documents that the assistant starts with: where they are installed, and questions to try on them."""

from importlib.resources import files
from pathlib import Path

__all__ = ["CLAIM", "FOLLOW_UP", "QUESTIONS", "documents", "folder"]

QUESTIONS = (
    "Who declared that all schools in Blagoveshchensk would offer Chinese courses?",
    "How far is Khabarovsk from the Chinese border?",
    "When was the bridge to Heihe built?",
)
"""Questions to try: all but the last one are answered, and of that one the documents say nothing."""

FOLLOW_UP = "Where is he governor?"
"""A question that is understood after the first one."""

CLAIM = "Over 5,000 Chinese and Russian regional leaders met in Liaoning."
"""A sentence to be checked, which the documents contradict."""


def folder() -> Path:
    """The folder in which the documents are installed."""
    return Path(str(files(__name__)))


def documents() -> list[Path]:
    """The documents themselves: the text files of the folder, without this module and its README."""
    return sorted(folder().glob("*.txt"))
