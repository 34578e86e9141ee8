"""The routes of documents: list, upload, add text, read, delete; jobs; and the collections themselves."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, UploadFile
from fastapi.responses import JSONResponse, Response

from assistant.api import bodies, schemas
from assistant.api.access import access_of, require
from assistant.api.chosen import Chosen, Running, Shelves
from assistant.api.pages import LONGEST_SEARCH, Order, document_page, slice_of
from assistant.api.schemas import problems
from assistant.assistant import Assistant
from assistant.library import Library
from assistant.uploads import Sent, name_of, told_apart, unusable
from index.errors import UnreadableSource

_MOST_READ = 200_000
_NO_ROOM = "This file could not be kept ({}); make room on the server and send it again."

routes = APIRouter(prefix="/v1", responses=problems(400, 401, 403, 404, 413, 422, 429, 500, 503))
"""The routes over a home."""


@routes.get("/documents", tags=["documents"], response_model=schemas.DocumentPage)
def listed(
    assistant: Chosen,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    search: Annotated[str, Query(max_length=LONGEST_SEARCH, description="Only with this in title or source.")] = "",
    order: Annotated[Order, Query(description="By source, or the last added one first.")] = "source",
) -> Response:
    """Return the documents, and the files that could not be read."""
    return JSONResponse(document_page(assistant, offset, limit, search, order))


@routes.get("/documents/{document_id}", tags=["documents"], response_model=schemas.Document)
def document(document_id: str, assistant: Chosen) -> Response:
    """Return a document without its text."""
    return JSONResponse(assistant.document(document_id).to_dict())


@routes.get("/documents/{document_id}/text", tags=["documents"], response_model=schemas.Slice)
def text(
    document_id: str,
    assistant: Chosen,
    start: Annotated[int, Query(ge=0, le=10**12)] = 0,
    end: Annotated[int | None, Query(ge=0, le=10**12)] = None,
) -> Response:
    """Return a part of a document's text, at most 200,000 characters from `start` on."""
    found = assistant.document(document_id)
    last = min(found.characters, start + _MOST_READ, found.characters if end is None else end)
    return JSONResponse(slice_of(found, found.text, min(start, last), last))


@routes.post(
    "/documents",
    tags=["documents"],
    status_code=202,
    response_model=schemas.Job,
    responses={200: {"model": schemas.Job, "description": "It is done already."}, **problems(507)},
)
def upload(
    request: Request,
    assistant: Chosen,
    jobs: Running,
    files: list[UploadFile],
    wait: Annotated[int, Query(ge=0, le=60, description="Seconds to wait for the end.")] = 0,
) -> Response:
    """Index files, each under its name: the same name again replaces, the same content again changes nothing.

    A name can be a path, such as `letters/1931/may.pdf`: files of one name in different folders are different ones.
    Gives a job, which goes on by itself; look at it until its state is done, failed or cancelled.
    """
    require(request, assistant.collection, writes=True)
    folder = Path(tempfile.mkdtemp(prefix="assistant-upload-"))
    try:
        saved = _save(files, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    job = jobs.start(assistant, folder, saved)
    is_done = job.ended.wait(wait)
    headers = {"location": f"/v1/jobs/{job.id}"}
    return JSONResponse(job.to_dict(), 200 if is_done else 202, headers)


@routes.post("/texts", tags=["documents"], status_code=201, response_model=schemas.Document, responses=problems(507))
def add_text(request: Request, body: bodies.TextIn, assistant: Chosen) -> Response:
    """Index a text that an app holds; the same source again replaces it."""
    require(request, assistant.collection, writes=True)
    added = assistant.add_text(body.text, title=body.title, source=body.source, media_type=body.media_type)
    return JSONResponse(added.to_dict(), 201)


@routes.delete("/documents/{document_id}", tags=["documents"], status_code=204)
def remove(request: Request, document_id: str, assistant: Chosen, jobs: Running) -> Response:
    """Remove a document; no answer uses it from then on."""
    require(request, assistant.collection, writes=True)
    jobs.remove(assistant, document_id)
    return Response(status_code=204)


@routes.get("/jobs", tags=["jobs"], response_model=schemas.Jobs)
def listed_jobs(
    request: Request,
    jobs: Running,
    collection: Annotated[str, Query(description="Only of this collection; empty for all that may be seen.")] = "",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Response:
    """Return the jobs that this token may see, newest first."""
    only = access_of(request).collection
    if collection:
        require(request, collection)
    found = jobs.newest(limit, lambda each: only in (None, each.collection) and collection in ("", each.collection))
    return JSONResponse({"jobs": [each.to_dict() for each in found]})


@routes.get("/jobs/{job_id}", tags=["jobs"], response_model=schemas.Job)
def job(request: Request, jobs: Running, job_id: str) -> Response:
    """Return how far a job is."""
    found = jobs.get(job_id)
    require(request, found.collection)
    return JSONResponse(found.to_dict())


@routes.delete("/jobs/{job_id}", tags=["jobs"], status_code=202, response_model=schemas.Job)
def cancel(request: Request, jobs: Running, job_id: str) -> Response:
    """Let a job end before its next file, or its next part of a long one; what is indexed by then stays."""
    require(request, jobs.get(job_id).collection, writes=True)
    return JSONResponse(jobs.cancel(job_id).to_dict(), 202)


def _told(library: Library, assistant: Assistant) -> dict[str, Any]:
    documents, passages = assistant.counts()
    is_default = assistant.collection == library.default
    return {
        "name": assistant.collection, "documents": documents, "passages": passages, "is_default": is_default,
    }  # fmt: skip


@routes.get("/collections", tags=["collections"], response_model=schemas.Collections)
def collections(request: Request, library: Shelves) -> Response:
    """Return the collections of the home that this token may use."""
    only = access_of(request).collection
    names = [name for name in library.names() if only in (None, name)]
    return JSONResponse({"collections": [_told(library, library.collection(name)) for name in names]})


@routes.post("/collections", tags=["collections"], status_code=201, response_model=schemas.Collection)
def create(request: Request, library: Shelves, body: bodies.CollectionIn) -> Response:
    """Make a collection, or return the one of that name."""
    require(request, body.name, writes=True)
    return JSONResponse(_told(library, library.create(body.name)), 201)


@routes.delete("/collections/{name}", tags=["collections"], status_code=204)
def delete(request: Request, library: Shelves, jobs: Running, name: str) -> Response:
    """Delete a collection with all its documents."""
    require(request, name, writes=True)
    library.delete(name)
    jobs.forget(name)
    return Response(status_code=204)


def _save(files: Sequence[UploadFile], folder: Path) -> list[Sent]:
    """Write uploaded files into a folder, each under a number; one that cannot be kept has a problem and no bytes."""
    saved = []
    for number, file in enumerate(files):
        path, written = folder / str(number), file.filename or ""
        try:
            name = name_of(written)
            with path.open("wb") as target:
                shutil.copyfileobj(file.file, target)
                saved.append(Sent(name, path, target.tell()))
        except (UnreadableSource, OSError) as error:
            problem = str(error) if isinstance(error, UnreadableSource) else _NO_ROOM.format(error.strerror)
            saved.append(Sent(unusable(written, number), path, 0, problem))
    names = told_apart(each.name for each in saved)
    return [replace(each, name=name) for each, name in zip(saved, names, strict=True)]
