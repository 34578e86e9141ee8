"""The command line: reads the arguments, calls the front door, prints what comes back.

Exit codes and errors are those of `assistant.command`. Heavy libraries are imported by the commands that need them, so
that --help and --version are quick.
"""

import gc
import sys
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated

import typer

from assistant import command, eval_command, serve_command, terminal, token_command, upkeep
from assistant.command import CONTRADICTED, DONE, ERROR, NOT_FOUND, AsJson, Command, Options, settings_of
from assistant.serve_command import Model, ModelUrl
from index.errors import DocumentNotFound

app = typer.Typer(
    name="assistant",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

In = Annotated[list[str] | None, typer.Option("--in", metavar="ID", help="Look in this document only; repeatable.")]


def main() -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show a character of a document shows another in its place.
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="assistant")
    finally:
        gc.freeze()  # a process that ends looks through all that it has loaded for garbage, a fifth of a second


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"assistant {version('document-assistant')}")
        raise typer.Exit


def _named(paths: list[str]) -> list[str]:
    """The paths; an empty one, such as a shell variable that is not set, would be the whole working folder."""
    if not all(path.strip() for path in paths):
        raise typer.BadParameter("an empty path names no file; name a file or a folder")
    return paths


app.add_typer(upkeep.commands)
app.add_typer(serve_command.commands)
app.add_typer(token_command.commands)
app.add_typer(eval_command.commands)


@app.callback()
def options(
    ctx: typer.Context,
    home: Annotated[str | None, typer.Option("--home", metavar="DIR", help="The folder of the documents.")] = None,
    collection: Annotated[str | None, typer.Option("--collection", metavar="NAME", help="The collection.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Ask your documents; answers are exact, numbered quotes."""
    ctx.obj = Options(home, collection, debug)


@app.command("index", cls=Command)
def index_paths(
    ctx: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files and folders.", show_default=False, callback=_named),
    ],
    as_json: AsJson = False,
) -> None:
    """Add files and folders, or update those that have changed."""
    with (
        command.open_assistant(settings_of(ctx)) as assistant,
        terminal.progress("Indexing", None if as_json else typer.echo) as on_progress,
    ):
        report = assistant.add(paths, on_progress=on_progress)
    typer.echo(terminal.as_json(report.to_dict()) if as_json else terminal.summary(report))
    raise typer.Exit(ERROR if report.failed else DONE)


@app.command(cls=Command)
def ask(
    ctx: typer.Context,
    question: Annotated[str, typer.Argument(metavar="QUESTION", show_default=False)],
    documents: In = None,
    model: Model = None,
    model_url: ModelUrl = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question with quotes from the documents, or say that they do not answer it."""
    with command.asked_once(settings_of(ctx, model=model, model_url=model_url)) as assistant:
        answer = terminal.awaited(assistant.stream(question, documents=documents or None))
    typer.echo(terminal.as_json(answer.to_dict()) if as_json else terminal.answer(answer))
    raise typer.Exit(NOT_FOUND if answer.refused else DONE)


@app.command(cls=Command)
def search(
    ctx: typer.Context,
    question: Annotated[str, typer.Argument(metavar="QUESTION", show_default=False)],
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, max=40, help="How many passages at most.")] = 8,
    documents: In = None,
    as_json: AsJson = False,
) -> None:
    """Show the passages that fit a question best."""
    with command.asked_once(settings_of(ctx)) as assistant:
        hits = assistant.search(question, k=k, documents=documents or None)
    if as_json:
        typer.echo(terminal.as_json([hit.to_dict() for hit in hits]))
    else:
        typer.echo(terminal.hits(hits) if hits else "Nothing was found.")
    raise typer.Exit(DONE if hits else NOT_FOUND)


@app.command(cls=Command)
def check(
    ctx: typer.Context,
    claim: Annotated[str | None, typer.Argument(metavar="CLAIM", show_default=False)] = None,
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="Check the text of this file; - for standard input.")
    ] = None,
    documents: In = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a CSV table instead of text.")] = False,
) -> None:
    """Say of each claim of a text whether the documents support or contradict it, with quotes."""
    from assistant import check_command

    if as_json and as_csv:
        raise typer.BadParameter("choose one of --json and --csv")
    text = check_command.text_given(claim, file)
    with command.asked_once(settings_of(ctx)) as assistant:
        report = check_command.run(assistant, text, documents or None)
    typer.echo(check_command.shown(report, as_json=as_json, as_csv=as_csv), nl=not as_csv)
    raise typer.Exit(check_command.exit_code(report))


@app.command(cls=Command)
def verify(
    ctx: typer.Context,
    quotation: Annotated[str, typer.Argument(metavar="QUOTATION", show_default=False)],
    document: Annotated[str | None, typer.Option("--in", metavar="ID", help="Look in this document only.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether a quotation is the documents' wording: exactly, in other typography, nearly, or not at all."""
    with command.open_assistant(settings_of(ctx)) as assistant:
        found = assistant.verify(quotation, document)
    typer.echo(terminal.as_json(found.to_dict()) if as_json else terminal.verification(found))
    raise typer.Exit({"near": CONTRADICTED, "absent": NOT_FOUND}.get(found.match, DONE))


@app.command("documents", cls=Command)
def list_documents(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the documents with their ids."""
    with command.open_assistant(settings_of(ctx)) as assistant:
        documents, unread = assistant.documents(), assistant.unread_files()
    for path, reason in unread:
        typer.echo(terminal.outcome(path, "failed", reason), err=True)
    if as_json:
        typer.echo(terminal.as_json([document.to_dict() for document in documents]))
    elif documents:
        terminal.print_documents(documents)
    else:
        typer.echo("There are no documents yet; add some with `assistant index PATH`.")


@app.command(cls=Command)
def remove(
    ctx: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="As `documents` lists them.", show_default=False)],
) -> None:
    """Remove documents; `compact` then erases what the files still hold of them."""
    failed = False
    with command.open_assistant(settings_of(ctx)) as assistant:
        for each in ids:
            try:
                title = assistant.document(each).title
                assistant.remove(each)
            except DocumentNotFound as error:
                failed = True
                terminal.complain(str(error))
            else:
                typer.echo(f"removed: {terminal.line(title)}")
    raise typer.Exit(ERROR if failed else DONE)


if __name__ == "__main__":
    main()
