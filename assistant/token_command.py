"""The commands that make, list and revoke the tokens of a home, with which others may use it over the network."""

from typing import TYPE_CHECKING, Annotated

import typer

from assistant import terminal
from assistant.command import AsJson, Command, Options, settings_of
from assistant.tokens import LONGEST_NAME, MOST_DAYS, Scope, Token, TokenStore

if TYPE_CHECKING:
    from datetime import datetime

commands = typer.Typer()
_token = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
commands.add_typer(_token, name="token", help="Make, list and revoke tokens for the page and the API.")


@_token.command(cls=Command)
def create(
    ctx: typer.Context,
    scope: Annotated[
        Scope, typer.Option("--scope", help="Whether it may change documents or only ask about them.")
    ] = "read",
    collection: Annotated[
        str | None, typer.Option("--collection", metavar="NAME", help="The one collection that it is for.")
    ] = None,
    name: Annotated[
        str, typer.Option("--name", metavar="TEXT", help=f"What it is for, in at most {LONGEST_NAME} characters.")
    ] = "",
    days: Annotated[
        int | None,
        typer.Option("--days", metavar="N", min=1, max=MOST_DAYS, help="After how many days it expires; else never."),
    ] = None,
) -> None:
    """Make a token and print it, this once."""
    before: Options = ctx.obj
    only = collection if collection is not None else before.collection
    text, token = _store(ctx).create(name.strip(), scope=scope, collection=only, days=days)
    typer.echo(text)
    typer.echo(
        f"Keep it now, it is not shown again. {_told(token)} A server that is running asks for tokens from its next "
        "start on, if this is the first one.",
        err=True,
    )


@_token.command("list", cls=Command)
def list_tokens(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the tokens, without what is secret of them."""
    tokens = _store(ctx).all()
    if as_json:
        typer.echo(terminal.as_json([token.to_dict() for token in tokens]))
    for token in () if as_json else tokens:
        typer.echo(_row(token))
    if not tokens and not as_json:
        typer.echo("There are no tokens; make one with `assistant token create`.")


@_token.command(cls=Command)
def revoke(
    ctx: typer.Context,
    id: Annotated[str, typer.Argument(metavar="ID", help="As `token list` shows it.", show_default=False)],
) -> None:
    """Make a token worth nothing, at once."""
    token = _store(ctx).revoke(id)
    typer.echo(f"revoked: {_row(token)}")


def _store(ctx: typer.Context) -> TokenStore:
    return TokenStore(settings_of(ctx).home)


def _told(token: Token) -> str:
    """What it may do, as one sentence."""
    what = "read and change" if token.scope == "write" else "read"
    where = "all collections" if token.collection is None else f"the collection {token.collection!a}"
    until = f" until {_shown(token.expires_at)}" if token.expires_at else ""
    return f"Token {token.id} may {what} {where}{until}."


def _row(token: Token) -> str:
    """One line a token, with two spaces between what a program may cut apart."""
    until = _shown(token.expires_at) if token.expires_at else "never"
    where = token.collection or "all collections"
    made = _shown(token.created_at)
    parts = [token.id, f"...{token.last_four}", f"{token.scope:5}", where, f"made {made}", f"expires {until}"]
    return "  ".join([*parts, terminal.line(token.name)]).rstrip()


def _shown(time: "datetime") -> str:
    """A time of this machine, to the minute."""
    return f"{time.astimezone():%Y-%m-%d %H:%M}"
