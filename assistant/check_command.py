"""What `assistant check` does between its arguments and its exit code: read a text, check it, print the report."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assistant import terminal, terminal_check
from assistant.check import LONGEST_TEXT
from assistant.command import CONTRADICTED, DONE, NOT_FOUND
from assistant.export import as_csv as report_as_csv
from assistant.verdict import CheckReport, Reported
from index.errors import InvalidText

if TYPE_CHECKING:
    from assistant.assistant import Assistant

_MOST_BYTES = 4 * LONGEST_TEXT  # UTF-8 takes four bytes for a character at most


def text_given(claim: str | None, file: str | None) -> str:
    """Return the claim, or the text of the file, or of standard input for "-".

    Raises:
        BadParameter: when not exactly one of the two is given, or the file's name is empty.
        InvalidText: when the file cannot be read, is larger than any text that can be checked, or is not UTF-8.
    """
    if claim is not None and file is None:
        return claim
    if file is not None and claim is None:
        if not file.strip():  # such as a shell variable that is not set; Python reads it as the working folder
            raise typer.BadParameter("an empty path names no file; name a text file, or - for standard input")
        return _text_of(file)
    raise typer.BadParameter("give either a claim or --file")


def _text_of(file: str) -> str:
    name = "standard input" if file == "-" else repr(file)
    try:
        if file == "-":
            content = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(file).open("rb") as stream:
                content = stream.read(_MOST_BYTES + 1)
    except IsADirectoryError as error:
        raise InvalidText(f"{name} is a folder; name one text file.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidText(f"{name} cannot be read ({reason}); check the path and its permissions.") from error
    if len(content) > _MOST_BYTES:
        raise InvalidText(
            f"{name} is larger than the {LONGEST_TEXT:,} characters that can be checked at once; split it."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidText(f"{name} is not a text in UTF-8; save it as such and try again.") from error


def run(assistant: "Assistant", text: str, documents: Sequence[str] | None) -> CheckReport:
    """Return the report on a text, with a bar on the way."""
    with terminal_check.progress() as step_taken:
        for event in assistant.stream_check(text, documents=documents):
            if isinstance(event, Reported):
                return event.report
            step_taken(event)
    raise AssertionError("a check ends with its report")


def shown(report: CheckReport, *, as_json: bool, as_csv: bool) -> str:
    """Return a report in the form that was asked for."""
    if as_json:
        return terminal.as_json(report.to_dict())
    return report_as_csv(report) if as_csv else terminal_check.report(report)


def exit_code(report: CheckReport) -> int:
    """Return what tells a script the worst verdict; a text without a claim has nothing that was found."""
    verdicts = {claim.verdict for claim in report.claims}
    if verdicts & {"contradicted", "conflicting"}:
        return CONTRADICTED
    return DONE if verdicts == {"supported"} else NOT_FOUND
