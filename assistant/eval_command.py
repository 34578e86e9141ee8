"""The command that measures how well a person's own documents are answered from, without a language model."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant import command, terminal
from assistant.command import CONTRADICTED, DONE, ERROR, AsJson, Command, settings_of
from index.errors import UnreadableSource
from index.models import Progress

if TYPE_CHECKING:
    from assistant.eval_cases import Case
    from assistant.evaluate import Evaluation
    from assistant.settings import Settings

commands = typer.Typer()

BELOW = CONTRADICTED
"""The exit code of a score below the least one."""
_MOST_LISTED = 10


@commands.command("eval", cls=Command)
def evaluate_file(
    ctx: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Questions and answers as JSON Lines.", show_default=False)
    ],
    html: Annotated[
        str | None, typer.Option("--html", metavar="REPORT", help="Write a page with the failures to look at.")
    ] = None,
    least: Annotated[
        float | None, typer.Option("--least", metavar="SCORE", min=-1, max=1, help="Exit with 4 below this score.")
    ] = None,
    starter: Annotated[
        int | None,
        typer.Option(
            "--starter",
            metavar="N",
            min=1,
            max=10_000,
            help="Write N questions made from the documents to FILE instead.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the questions of a file and compare with its answers, or write a file to start with."""
    if not file.strip():
        raise typer.BadParameter("an empty path names no file; name a file of questions")
    settings = settings_of(ctx, model="")
    if starter is not None:
        if html is not None or least is not None or as_json:
            raise typer.BadParameter("--starter only writes questions; leave out --html, --least and --json")
        typer.echo(_write_starter(settings, Path(file), starter))
        return
    report = None if html is None else _report_path(html, file)
    evaluation = _evaluated(settings, Path(file))
    if report is not None:
        _write_report(report, evaluation)
    typer.echo(terminal.as_json(evaluation.to_dict()) if as_json else _shown(evaluation))
    raise typer.Exit(exit_code(evaluation, least))


def exit_code(evaluation: "Evaluation", least: float | None) -> int:
    """Return what tells a script that a quote is not exact, or else that the score is too low."""
    summary = evaluation.summary
    if summary.exact.count < summary.exact.total:
        return ERROR
    return BELOW if least is not None and summary.score < least else DONE


def _evaluated(settings: "Settings", file: Path) -> "Evaluation":
    """Ask the questions of a file, all of which can be asked."""
    from assistant.evaluate import Evaluation, evaluate, require_askable, summary

    cases = _cases(file)
    results = []
    with command.open_assistant(settings) as assistant:
        require_askable(assistant, cases)
        assistant.warm_up()  # so that the first answer's time is that of an answer
        with terminal.progress("Asking", None) as on_progress:
            for result in evaluate(assistant, cases):
                results.append(result)
                on_progress(Progress(len(results), len(cases), "", None))
    return Evaluation(summary(results), tuple(results))


def _cases(file: Path) -> "Sequence[Case]":
    from assistant.eval_cases import LARGEST, read_cases

    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise UnreadableSource(f"{str(file)!r} cannot be read ({_why(error)}); name a file of questions.") from error
    return read_cases(content)


def _write_starter(settings: "Settings", file: Path, count: int) -> str:
    """Write questions made from the documents to a new file, and return how many."""
    from assistant.starter import starter
    from index.store import Store

    if file.exists():
        raise _there_already(file)
    with Store.open(settings.home, settings.collection, servers=settings.servers) as store:
        if not store.documents():
            raise UnreadableSource("There are no documents yet; add some with `assistant index PATH`.")
        cases = starter(store, count)
    if not any(case.answerable for case in cases):
        raise UnreadableSource(
            "The documents have no heading and no sentence that the rules can make a question of; write your own."
        )
    try:
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.writelines(json.dumps(case.to_dict(), ensure_ascii=False) + "\n" for case in cases)
    except FileExistsError as error:
        raise _there_already(file) from error
    except (OSError, ValueError) as error:
        raise UnreadableSource(f"{str(file)!r} cannot be written ({_why(error)}); name another file.") from error
    fewer = f" (more than these the rules cannot make of the documents, {count:,} were asked for)"
    note = fewer if len(cases) < count else ""
    return f"{len(cases):,} machine-made questions were written{note}; read them before you trust what they measure."


def _there_already(file: Path) -> UnreadableSource:
    return UnreadableSource(f"{str(file)!r} is there already and is not overwritten; name a new file.")


def _report_path(html: str, file: str) -> Path:
    """Return where the report goes, which is said to be impossible before anything is asked."""
    path = Path(html)
    if not html.strip() or path.is_dir() or not path.absolute().parent.is_dir():
        raise typer.BadParameter("--html names no file in a folder that exists")
    if path.exists() and Path(file).exists() and path.samefile(file):
        raise typer.BadParameter("--html would overwrite the questions; name another file")
    return path


def _write_report(path: Path, evaluation: "Evaluation") -> None:
    from assistant.eval_report import as_html

    try:
        path.write_text(as_html(evaluation), "utf-8", newline="\n")
    except OSError as error:
        raise UnreadableSource(f"{str(path)!r} cannot be written ({_why(error)}); name another file.") from error


def _shown(evaluation: "Evaluation") -> str:
    """Return the figures, a line each, and the first failures."""
    from assistant.eval_report import ROWS, told

    summary = evaluation.summary
    failures = [each for each in evaluation.results if each.is_failure]
    lines = [f"{words}: {told(getattr(summary, name))}." for name, words in ROWS]
    lines.append(
        f"Time of an answer: {summary.p50_ms:,.0f} ms for half of them, {summary.p95_ms:,.0f} ms for 95 of 100."
    )
    if summary.machine_made:
        lines.append(f"{summary.machine_made:,} of the questions were made by a program; read them first.")
    lines += [
        f"{each.outcome} ({terminal.line(each.case.name, 60)}): {terminal.line(each.case.question, 200)}"
        for each in failures[:_MOST_LISTED]
    ]
    if len(failures) > _MOST_LISTED:
        lines.append(f"... and {len(failures) - _MOST_LISTED:,} more failures; --html shows them.")
    return "\n".join([*lines, f"Score {summary.score:+.3f} (right 1, refused although answered there 0, wrong -1)."])


def _why(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
