"""What the runner and a tool say to each other: a line of JSON each way, on the tool's standard input and output.

    {"index": [{"id": ..., "title": ..., "text": ...}]}  ->  {"seconds": ..., "passages": ..., "characters": ...}
    {"ask": "a question"}  ->  {"seconds": ..., "refused": ..., "quotes": [the fields of `Quoted`]}

Before the first the tool says `{"versions": {...}}`, once its model is loaded. This module imports nothing that has to
be installed, since it runs in every tool's environment.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Source:
    """A document to index."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a tool shows as evidence."""

    text: str
    document: str
    shown: str = ""
    """The quote with what the tool shows around it; empty where it shows the quote alone."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a tool answers; quotes best first, also those that it would show if it did not refuse."""

    quotes: Sequence[Quoted]
    refused: bool = False


class Tool(Protocol):
    """A tool with its model loaded, over an index that is there or will be made."""

    def index(self, sources: Sequence[Source]) -> int:
        """Add documents, and return how many passages they became."""
        ...

    def ask(self, question: str) -> Reply:
        """Return the evidence for a question."""
        ...


def serve(open_tool: Callable[[Path, Path], Tool], packages: Sequence[str]) -> None:
    """Answer the runner until its end of the pipe closes.

    Args:
        open_tool: makes the tool from the folder of the embedding model and the folder of its index.
        packages: distributions whose versions are told.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True, help="the folder of the embedding model")
    parser.add_argument("--folder", type=Path, required=True, help="the folder of the index")
    arguments = parser.parse_args()
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what the libraries print is not a reply
    tool = open_tool(arguments.model, arguments.folder)
    _say(replies, {"versions": {name: metadata.version(name) for name in packages}})
    for line in sys.stdin:
        _say(replies, _answered(tool, json.loads(line)))


def _answered(tool: Tool, asked: dict[str, Any]) -> dict[str, Any]:
    if "index" in asked:
        sources = [Source(**each) for each in asked["index"]]
        began = time.perf_counter()
        passages = tool.index(sources)
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "passages": passages, "characters": sum(len(each.text) for each in sources)}
    began = time.perf_counter()
    reply = tool.ask(asked["ask"])
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "refused": reply.refused, "quotes": [asdict(each) for each in reply.quotes]}


def _say(replies: Any, told: dict[str, Any]) -> None:
    replies.write(json.dumps(told) + "\n")
