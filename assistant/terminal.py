"""What a person reads in a terminal: answers, passages, documents, progress.

Everything that comes from a document, a file name or a question passes `safe`, so that no escape sequence reaches the
terminal, and none of it is given to rich as markup.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from assistant.escape import shorten, visible
from assistant.models import UNSEEN, Answered, Drafted, Stated
from index.models import OUTCOMES, Document, FileOutcome, IngestReport, Progress

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.models import Answer, Event, Hit, Quote
    from assistant.verify import Verification
    from index.doctor import Finding

_PASSAGE_LIMIT = 300
_TITLE_LIMIT = 120
_REASON_LIMIT = 500
_PIPE_WIDTH = 10_000
"""Columns of a table that no terminal shows: enough for one line a row, so that grep finds whole rows."""

Show = Callable[[str], None]


def safe(text: str) -> str:
    """The text with line ends of one kind, and every control or hidden character written as its code point."""
    return visible(text.replace("\r\n", "\n").replace("\r", "\n"))


def line(text: str, limit: int = _REASON_LIMIT) -> str:
    """The text as one safe line of bounded length."""
    return safe(shorten(" ".join(text.split()), limit))


def as_json(value: Any) -> str:
    """The value as one JSON document in ASCII, so that neither an encoding nor a terminal can misread it."""
    return json.dumps(value, indent=2)


def complain(sentence: str) -> None:
    """Prints an error on stderr."""
    typer.echo(f"Error: {line(sentence)}", err=True)


def warn(sentence: str) -> None:
    """Prints on stderr what a person should know before going on."""
    typer.echo(f"Warning: {line(sentence)}", err=True)


def answer(whole: "Answer") -> str:
    """An answer with its numbered quotes and their places, or a refusal with the nearest passages."""
    if whole.refused:
        return _refusal(whole)
    parts = [_statements(whole) if whole.statements else safe(whole.text.strip())]
    told = " ".join(whole.text.split())
    parts += [_quote(quote, with_text=" ".join(quote.text.split()) not in told) for quote in whole.quotes]
    parts += [safe(each) for each in (whole.note, whole.told_by) if each]
    return "\n\n".join(parts)


def awaited(events: Iterator["Event"]) -> "Answer":
    """The answer of a stream; while a language model writes it, its words are shown on stderr in a terminal."""
    text = ""
    with ExitStack() as stack:
        show: Show | None = None
        for event in events:
            if isinstance(event, Answered):
                return event.answer
            if isinstance(event, Stated):
                text = " ".join([*(each.text for each in event.statements), event.rest])
            elif isinstance(event, Drafted):
                text += event.text
            if text and sys.stderr.isatty():
                show = show or stack.enter_context(_passing())
                show(safe(text))
    raise AssertionError("a stream ends with its answer")


@contextmanager
def _passing() -> Iterator[Show]:
    """Gives what shows a text on stderr in the place of the one before, which is gone in the end."""
    from rich.live import Live
    from rich.text import Text

    with Live(console=_on_stderr(), transient=True) as live:
        yield lambda text: live.update(Text(text, style="dim"))


def _on_stderr() -> "Console":
    from rich.console import Console

    return Console(stderr=True)


def _statements(whole: "Answer") -> str:
    """A language model's sentences, a line for each, marked where the quotes do not clearly support them."""
    return "\n".join(safe(each.text) + (f" ({each.doubt})" if each.doubt else "") for each in whole.statements)


def verification(found: "Verification") -> str:
    """Whether a quotation is the documents' wording, where it stands, and what differs."""
    parts = [found.reason, *(safe(each.sentence) for each in found.changes)]
    return "\n\n".join([*parts, *(_quote(each, with_text=True) for each in found.quotes)])


def hits(found: Sequence["Hit"]) -> str:
    """Passages, best first, each with its place, its score and its text."""
    shown = []
    for rank, hit in enumerate(found, 1):
        shown.append(f"{rank}. {_hit_place(hit)}, score {hit.score:.2f}\n{indented(safe(hit.passage.text.strip()))}")
    return "\n\n".join(shown)


def outcome(path: str, what: FileOutcome, reason: str) -> str:
    """What became of one file, as one line."""
    return f"{what}: {line(path)}" + (f": {line(reason)}" if reason else "")


def summary(report: IngestReport) -> str:
    """The counts of an indexing run, as one line."""
    numbers = {name: len(getattr(report, name)) for name in OUTCOMES}
    told = [name for name in OUTCOMES if numbers[name] or name not in ("renamed", "removed")]
    counts = ", ".join(f"{numbers[name]:,} {name}" for name in told)
    return f"{counts} in {report.seconds:.1f} seconds."


def findings(found: Sequence["Finding"]) -> str:
    """What the doctor found, a line for each."""
    if not found:
        return "Nothing is wrong."
    return "\n".join(f"{'now in order' if each.repaired else 'NOT repaired'}: {safe(each.what)}" for each in found)


def print_documents(documents: Sequence[Document]) -> None:
    """Prints a table of documents on stdout; ids are never cut."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("ID", no_wrap=True)
    table.add_column("Title", overflow="fold")
    table.add_column("Passages", justify="right", no_wrap=True)
    table.add_column("Added", no_wrap=True)
    table.add_column("Source", overflow="fold")
    for each in documents:
        cells = (
            each.id, line(each.title, _TITLE_LIMIT), f"{each.passages:,}", f"{each.added_at:%Y-%m-%d}",
            line(each.source),
        )  # fmt: skip
        table.add_row(*map(Text, cells))
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


@contextmanager
def progress(what: str, show: Show | None) -> Iterator[Callable[[Progress], None]]:
    """Gives what to call with each step of an indexing run: a bar on stderr in a terminal, and a line a finished file.

    The bar tells how many of how many files are done, how many a second, and how much time remains.

    Args:
        what: What goes on, in a word or two.
        show: Prints a line for a person on stdout; None for the bar alone.
    """
    if not sys.stderr.isatty():
        yield lambda step: _show_outcome(step, show)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    columns = (
        TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
        TextColumn("{task.fields[file]}", markup=False),
    )  # fmt: skip
    with Bar(*columns, console=_on_stderr(), transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        task = bar.add_task(what, total=None, file="", rate="")
        began = time.monotonic()

        def above(text: str) -> None:
            bar.console.print(Text(text), soft_wrap=True)

        def step_taken(step: Progress) -> None:
            # A line written to the same terminal goes through the bar, which would otherwise stand in the middle of it.
            _show_outcome(step, above if show and sys.stdout.isatty() else show)
            seconds = time.monotonic() - began
            rate = f"{step.done / seconds:,.1f} a second" if step.done and seconds else ""
            bar.update(task, completed=step.done, total=step.total, rate=rate, file=line(Path(step.path).name, 60))

        yield step_taken


def _show_outcome(step: Progress, show: Show | None) -> None:
    if step.outcome is not None and show is not None:
        show(outcome(step.path, step.outcome, step.reason))


def _refusal(whole: "Answer") -> str:
    parts = [safe(whole.text.strip() or whole.reason)]
    if whole.nearest:
        parts.append("Nearest passages (not an answer):")
        parts += [f"- {_hit_place(hit)}\n{indented(line(hit.passage.text, _PASSAGE_LIMIT))}" for hit in whole.nearest]
    return "\n\n".join(parts)


def _quote(quote: "Quote", *, with_text: bool) -> str:
    lines = [f"[{quote.number}] {_place(quote.title, quote.where, quote.heading, quote.start, quote.end)}"]
    if with_text:
        lines.append(indented(safe(quote.text)))
    if quote.hidden:
        lines.append(f"    ({UNSEEN})")
    return "\n".join([*lines, f"    {line(quote.source)}", f"    {line(quote.permalink)}"])


def _hit_place(hit: "Hit") -> str:
    passage = hit.passage
    page = f"page {passage.page}" if passage.page is not None else ""
    place = _place(hit.title, page, passage.heading, passage.start, passage.end)
    return f"{place} of {passage.document_id}"


def _place(title: str, place: str, heading: str, start: int, end: int) -> str:
    parts = [line(part, _TITLE_LIMIT) for part in (title, place, heading)]
    return ", ".join(filter(None, [*parts, f"characters {start}-{end}"]))


def indented(text: str, columns: int = 4) -> str:
    """The text with its lines moved to the right."""
    return "\n".join(" " * columns + each if each else "" for each in text.split("\n"))
