"""The commands that serve until they are interrupted: the chat, the API alone, and MCP over standard input."""

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from assistant import command, terminal
from assistant.command import Command, settings_of

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.library import Library
    from assistant.settings import Settings
    from assistant.ui.start import Welcome

commands = typer.Typer()
_SECONDS_TO_LOAD = 30

Host = Annotated[str | None, typer.Option(metavar="HOST", help="The address to listen on [default: 127.0.0.1].")]
Port = Annotated[int | None, typer.Option(metavar="PORT", help="The port; 0 for any free one [default: 7860].")]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="The language model that words the answers, such as ollama:llama3.2."),
]
ModelUrl = Annotated[
    str | None, typer.Option("--model-url", metavar="URL", help="A server that speaks the OpenAI protocol.")
]


@commands.command(cls=Command)
def chat(
    ctx: typer.Context,
    host: Host = None,
    port: Port = None,
    with_seeds: Annotated[bool, typer.Option("--seeds", help="Start with the article that comes along.")] = False,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    model: Model = None,
    model_url: ModelUrl = None,
) -> None:
    """Serve the chat page and the API until it is interrupted, and print the address."""
    settings = settings_of(ctx, host=host, port=port, model=model, model_url=model_url)
    with command.open_library(settings) as library:
        welcome = _add_seeds(library.collection()) if with_seeds else None
        _serve(library, settings, welcome=welcome, open_browser=open_browser)


@commands.command(cls=Command)
def serve(
    ctx: typer.Context,
    host: Host = None,
    port: Port = None,
    model: Model = None,
    model_url: ModelUrl = None,
) -> None:
    """Serve the API without the page until it is interrupted, and print the address."""
    settings = settings_of(ctx, host=host, port=port, model=model, model_url=model_url)
    with command.open_library(settings) as library:
        _serve(library, settings, with_page=False)


@commands.command(cls=Command)
def mcp(ctx: typer.Context, model: Model = None, model_url: ModelUrl = None) -> None:
    """Serve tools for other assistants over standard input and output (MCP)."""
    from assistant.mcp_server import run_stdio

    with command.open_library(settings_of(ctx, model=model, model_url=model_url)) as library:
        run_stdio(library)


def _serve(
    library: "Library",
    settings: "Settings",
    *,
    welcome: "Welcome | None" = None,
    with_page: bool = True,
    open_browser: bool = False,
) -> None:
    from assistant.server import launch

    warming = threading.Thread(target=_warm_up, args=(library.collection(),), name="warm-up", daemon=True)

    def announce(address: str) -> None:
        typer.echo(address)
        warming.start()  # Only now: a process that ends while models are being loaded does not end well.

    try:
        launch(
            library,
            settings,
            welcome=welcome,
            with_page=with_page,
            open_browser=open_browser,
            on_ready=announce,
        )
    finally:
        if warming.is_alive():
            warming.join(_SECONDS_TO_LOAD)


def _add_seeds(assistant: "Assistant") -> "Welcome":
    """Index the documents that come along; returns what can be tried on them."""
    import seeds
    from assistant.ui.start import Welcome

    with terminal.progress("Indexing", None) as on_progress:
        report = assistant.add(seeds.documents(), on_progress=on_progress)
    for each in report.failed:
        terminal.complain(each.reason)
    return Welcome(seeds.QUESTIONS, seeds.FOLLOW_UP, seeds.CLAIM)


def _warm_up(assistant: "Assistant") -> None:
    """Load the model while the person is still typing; what goes wrong here is said by the first question."""
    with suppress(Exception):
        assistant.warm_up()
