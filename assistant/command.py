"""How a command of the command line ends: with an exit code, and for an error with one sentence on stderr."""

import traceback
from typing import Any

import typer
from typer.core import TyperCommand

from assistant import terminal
from index.errors import AssistantError

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


def _sentence(error: Exception) -> str:
    if isinstance(error, AssistantError):
        return str(error)
    what = f"{type(error).__name__}: {error}"
    return f"Something unexpected went wrong ({what}); run again with --debug and report it."
