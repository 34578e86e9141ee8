"""What a route is given: the library of the server, its jobs, and the collection that a request names."""

from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request

from assistant.api.access import require
from assistant.api.figures import Figures
from assistant.api.jobs import Jobs
from assistant.assistant import Assistant
from assistant.library import Library


def attach(app: FastAPI, library: Library, jobs: Jobs, figures: Figures) -> None:
    """Let the routes of an application use these."""
    app.state.library, app.state.jobs, app.state.figures = library, jobs, figures


def _library(request: Request) -> Library:
    library: Library = request.app.state.library
    return library


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs


def _figures(request: Request) -> Figures:
    figures: Figures = request.app.state.figures
    return figures


def _chosen(
    request: Request, collection: Annotated[str, Query(description="The collection; empty for the default one.")] = ""
) -> Assistant:
    library = _library(request)
    require(request, collection or library.default)
    return library.collection(collection)


Shelves = Annotated[Library, Depends(_library)]
"""All collections of the home."""
Running = Annotated[Jobs, Depends(_jobs)]
"""The jobs of the server."""
Counts = Annotated[Figures, Depends(_figures)]
"""The figures of the server."""
Chosen = Annotated[Assistant, Depends(_chosen)]
"""The collection that the request names, which it may use."""
