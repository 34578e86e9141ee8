"""What a person reads in a terminal about a checked text: verdicts, the quotes for and against, progress."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from assistant import terminal
from assistant.export import counted, further_differences, marked, read_otherwise, supporting_side

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.models import Quote
    from assistant.verdict import CheckEvent, CheckReport, Claim

_LONGEST_PIECE = 100


def report(checked: "CheckReport") -> str:
    """Every claim with its verdict, why, and its quotes; what is no claim; and how many there are of each."""
    parts = [_claim(number, each) for number, each in enumerate(checked.claims, 1)]
    if checked.not_claims:
        lines = [f"  {each.kind}: {terminal.line(each.text, _LONGEST_PIECE)}" for each in checked.not_claims]
        parts.append("\n".join(["Not claims:", *lines]))
    return "\n\n".join([*parts, counted(checked)])


@contextmanager
def progress() -> "Iterator[Callable[[CheckEvent], None]]":
    """Gives what to call with each event of a check: a bar on stderr in a terminal, and else nothing."""
    if not sys.stderr.isatty():
        yield lambda event: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from assistant.verdict import Checked, Split

    columns = (TextColumn("Checking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", total=None)

        def step_taken(event: "CheckEvent") -> None:
            if isinstance(event, Split):
                bar.update(task, total=event.claims)
            elif isinstance(event, Checked):
                bar.update(task, completed=event.done)

        yield step_taken


def _claim(number: int, claim: "Claim") -> str:
    lines = [f"{number}. {marked(claim.verdict)} ({claim.confidence:.2f}): {terminal.line(claim.text)}"]
    if otherwise := read_otherwise(claim):
        lines.append(f"   read as: {terminal.line(otherwise)}")
    lines.append(f"   {terminal.line(claim.reason)}")
    lines += [f"   {terminal.line(each)}" for each in further_differences(claim)]
    lines += [f"   part {marked(each.verdict)}: {terminal.line(each.text)}" for each in claim.parts]
    lines += [_quote(supporting_side(claim), each) for each in claim.quotes_for]
    lines += [_quote("against", each) for each in claim.quotes_against]
    return "\n".join(lines)


def _quote(side: str, quote: "Quote") -> str:
    where = ", ".join(
        filter(None, (terminal.line(quote.title), terminal.line(quote.where), terminal.line(quote.heading)))
    )
    return f"   {side} [{quote.number}] {where}:\n{terminal.indented(terminal.safe(quote.text), 8)}"
