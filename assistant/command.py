"""What all commands share: options and settings, the front door, exit codes, and errors as one sentence on stderr."""

import gc
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from assistant import terminal
from index.errors import AssistantError

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.library import Library
    from assistant.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
DONE, ERROR, USAGE, NOT_FOUND, CONTRADICTED, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""The exit codes: answered or done, error, wrong usage, refused or not found, contradicted, interrupted by Ctrl-C."""


class Command(TyperCommand):
    """A command whose every failure is one sentence on stderr, with the traceback above it under --debug."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an exception of its own becomes an exit code."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
            raise  # Typer says these, and no more of a pipe.
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:  # This is a surface: whatever happens, the person reads a sentence.
            if ctx.obj.debug:
                traceback.print_exc()
            terminal.complain(_sentence(error))
            raise typer.Exit(ERROR) from None


@dataclass(frozen=True)
class Options:
    """What stands before the command."""

    home: str | None
    collection: str | None
    debug: bool


def open_assistant(settings: "Settings") -> "Assistant":
    """The front door over the home and collection of the settings."""
    from assistant.assistant import Assistant

    return Assistant.open(settings.home, settings.collection, settings=settings)


@contextmanager
def asked_once(settings: "Settings") -> Iterator["Assistant"]:
    """The front door for one question, its models being loaded beside what else the question needs."""
    with _uncollected(), open_assistant(settings) as assistant:
        loading = threading.Thread(target=_load, args=(assistant,), name="loading")
        loading.start()
        try:
            yield assistant
        finally:
            loading.join()  # a process must not end while a library's own threads begin


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let no garbage be looked for: what is loaded stays, and each look at all of it delays a single question."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _load(assistant: "Assistant") -> None:
    with suppress(AssistantError):  # which the question meets too, and says
        if assistant.counts()[1]:
            assistant.load_models()


def open_library(settings: "Settings") -> "Library":
    """All collections of the home of the settings."""
    from assistant.library import Library

    return Library(settings)


def settings_of(ctx: typer.Context, **overrides: Any) -> "Settings":
    """The settings in force for a command, with what stands before it and with overrides that are not None."""
    from assistant.settings import load_settings

    before: Options = ctx.obj
    given = {name: value for name, value in overrides.items() if value is not None}
    if before.collection is not None:
        given["collection"] = before.collection
    return load_settings(before.home, **given)


def _sentence(error: Exception) -> str:
    if isinstance(error, AssistantError):
        return str(error)
    what = f"{type(error).__name__}: {error}"
    return f"Something unexpected went wrong ({what}); run again with --debug and report it."
