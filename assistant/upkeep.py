"""The commands that keep a collection in order: equal to a folder, repaired, without traces of what was removed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant import command, terminal
from assistant.command import DONE, ERROR, AsJson, Command, settings_of
from index.models import IngestReport

if TYPE_CHECKING:
    from assistant.assistant import Assistant

commands = typer.Typer()


@commands.command(cls=Command)
def sync(
    ctx: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="The folder.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on with every change until it is interrupted.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the collection equal to a folder: add, update, rename and remove until it is."""
    if not folder.strip():
        raise typer.BadParameter("an empty path names no folder; name a folder")
    if watch and (dry_run or as_json):
        raise typer.BadParameter("--watch goes on for ever; leave out --dry-run and --json")
    with command.open_assistant(settings_of(ctx)) as assistant:
        report = _synced(assistant, folder, dry_run=dry_run, quiet=as_json)
        if watch:
            _follow(assistant, folder)
    typer.echo(terminal.as_json(report.to_dict()) if as_json else terminal.summary(report))
    raise typer.Exit(ERROR if report.failed else DONE)


def _synced(assistant: "Assistant", folder: str, *, dry_run: bool, quiet: bool) -> IngestReport:
    """Make the collection equal to the folder once, and print what was done but what stayed as it is."""
    with terminal.progress("Indexing", None) as on_progress:
        report = assistant.sync(folder, dry_run=dry_run, on_progress=on_progress)
    for each in report.files:
        if not quiet and each.outcome != "unchanged":
            typer.echo(terminal.outcome(each.path, each.outcome, each.reason))
    return report


def _follow(assistant: "Assistant", folder: str) -> None:
    """Do it again after every change of the folder, until Ctrl-C."""
    from watchfiles import watch

    typer.echo(f"Watching {terminal.line(str(Path(folder).absolute()))} until it is interrupted (Ctrl-C).")
    for _ in watch(folder):
        _synced(assistant, folder, dry_run=False, quiet=False)


@commands.command(cls=Command)
def doctor(
    ctx: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Only say what is wrong; change nothing.")] = False,
    re_embed: Annotated[bool, typer.Option("--re-embed", help="Embed all texts anew with the model set.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find what is wrong with the collection and repair it."""
    from index.doctor import examine

    if check and re_embed:
        raise typer.BadParameter("--check changes nothing and --re-embed does; choose one of them.")
    settings = settings_of(ctx)
    found = examine(settings.home, settings.collection, repair=not check, servers=settings.servers)
    if not as_json:
        typer.echo(terminal.findings(found))
    report = None
    if re_embed:
        with command.open_assistant(settings) as assistant, terminal.progress("Embedding", None) as on_progress:
            report = assistant.re_embed(on_progress=on_progress)
        for each in report.failed:
            terminal.complain(each.reason)
    if as_json:
        listed = [{"what": each.what, "repaired": each.repaired} for each in found]
        typer.echo(terminal.as_json({"findings": listed, "re_embedded": report and report.to_dict()}))
    elif report:
        typer.echo(f"{len(report.updated):,} documents were embedded anew.")
    is_well = all(each.repaired for each in found) and not (report and report.failed)
    raise typer.Exit(DONE if is_well else ERROR)


@commands.command(cls=Command)
def copy(
    ctx: typer.Context,
    to: Annotated[str, typer.Option("--to", metavar="PLACE", help="A folder, or postgresql://...", show_default=False)],
) -> None:
    """Copy all collections to another home or to a PostgreSQL database, without embedding again."""
    from assistant.settings import load_settings
    from index.collections import ALONE, collections_of
    from index.copying import copy_collection, require_room

    settings = settings_of(ctx)
    if "://" in to:
        place = (settings.home, settings_of(ctx, catalog_url=to).servers)
    else:
        place = (load_settings(to, catalog_url="").home, ALONE)
    names = collections_of(settings.home, settings.servers)
    require_room(names, *place)
    for name in names:
        copied = copy_collection(name, (settings.home, settings.servers), place)
        typer.echo(f"{name}: {copied.documents:,} documents with {copied.passages:,} passages copied.")
    if not names:
        typer.echo("There is no collection to copy.")


@commands.command(cls=Command)
def compact(ctx: typer.Context) -> None:
    """Erase from the files what is left of removed documents."""
    with command.open_assistant(settings_of(ctx)) as assistant:
        assistant.compact()
    typer.echo("Done: nothing of removed documents is left in the files.")
