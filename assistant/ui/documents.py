"""The documents of the collection on the page: their list, uploads with a line a file, and removal."""

import logging
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from assistant.escape import escape, shorten, visible
from assistant.ui.panel import document_link, source_name
from assistant.ui.render import problem
from assistant.uploads import add_uploads, discard
from index.errors import AssistantError
from index.models import Document, IngestReport, Progress
from index.readers import SUFFIXES

if TYPE_CHECKING:
    from assistant.assistant import Assistant

ACCEPTED = tuple(SUFFIXES)
"""The endings of files that can be uploaded."""

_SIGNS = {"added": "+", "updated": "↻", "unchanged": "=", "failed": "✕"}
_TITLE_LIMIT = 200
_UNREAD_SHOWN = 200
_log = logging.getLogger(__name__)

Line = tuple[str, str, str]
"""What became of a file: its name, the outcome, and why."""


def document_list(documents: Sequence[Document], unread: Sequence[tuple[str, str]] = ()) -> str:
    """The documents as an HTML list, each with a link that opens it in the source panel, and what could not be read."""
    if not documents:
        return '<p class="empty">There are no documents yet. Add some above, then ask.</p>' + _unread(unread)
    items = "".join(map(_document, documents))
    count = len(documents)
    return f'<p class="count">{count:,} {_documents(count)}</p><ul class="documents">{items}</ul>{_unread(unread)}'


def choices(documents: Sequence[Document]) -> list[tuple[str, str]]:
    """The documents as (label, id) for a menu; a title that occurs twice is told apart by its source."""
    titles = [document.title for document in documents]
    return [
        (visible(shorten(_label(document, is_unique=titles.count(document.title) == 1), _TITLE_LIMIT)), document.id)
        for document in documents
    ]


def upload(assistant: "Assistant", files: Sequence[str], max_megabytes: int) -> Iterator[str]:
    """The state of an upload as HTML, as file after file is indexed.

    Of the uploaded copies only those are there afterwards whose pages can be shown.
    """
    lines: list[Line] = []
    total = len(files)
    yield _lines(lines, total)
    try:
        for line in _ingested(assistant, files, max_megabytes):
            lines.append(line)
            yield _lines(lines, total)
    except AssistantError as error:
        yield _lines(lines, len(lines)) + problem(str(error))
    except Exception:  # The page is a surface: whatever happens, the person reads a sentence.
        _log.exception("an upload failed")
        yield _lines(lines, len(lines)) + problem("The upload could not be finished; the files can be sent again.")
    finally:
        for file in files:
            discard(Path(file))


def remove(assistant: "Assistant", document_id: str | None) -> str:
    """Removes a document and says so as HTML; with none chosen, says that."""
    if not document_id:
        return problem("Choose a document first, then press Remove.")
    try:
        title = assistant.document(document_id).title
        assistant.remove(document_id)
    except AssistantError as error:
        return problem(str(error))
    return f'<p class="done" role="status">✓ Removed {escape(shorten(title, _TITLE_LIMIT))}</p>'


def _document(document: Document) -> str:
    href = document_link(document)
    title = escape(shorten(document.title, _TITLE_LIMIT))
    added = f"{document.added_at:%d %b %Y}"
    return (
        f'<li><a class="document" href="{href}" title="Open the document">{title}</a>'
        f'<span class="facts"><span class="origin">{escape(source_name(document.source))}</span> · '
        f"{document.characters:,} characters · {document.passages:,} passages · added {added}</span>"
        f"{_notes(document)}</li>"
    )


def _unread(unread: Sequence[tuple[str, str]]) -> str:
    if not unread:
        return ""
    items = "".join(
        f'<li>✕ <span class="origin">{escape(source_name(source))}</span>'
        f'<span class="facts">{escape(reason)}</span></li>'
        for source, reason in unread[:_UNREAD_SHOWN]
    )
    return f'<p class="count">{len(unread):,} could not be read</p><ul class="documents">{items}</ul>'


def _notes(document: Document) -> str:
    return f'<span class="facts">{escape(" ".join(document.notes))}</span>' if document.notes else ""


def _label(document: Document, *, is_unique: bool) -> str:
    return document.title if is_unique else f"{document.title} ({source_name(document.source)})"


def _documents(count: int) -> str:
    return "document" if count == 1 else "documents"


def _ingested(assistant: "Assistant", files: Sequence[str], max_megabytes: int) -> Iterator[Line]:
    fitting: list[Path] = []
    for file in map(Path, files):
        if file.stat().st_size > max_megabytes * 1_000_000:
            yield file.name, "failed", f"The file is larger than {max_megabytes} MB; split it, or raise the limit."
        else:
            fitting.append(file)
    for event in _added(assistant, fitting):
        yield Path(event.path).name, str(event.outcome), event.reason


def _added(assistant: "Assistant", paths: Sequence[Path]) -> Iterator[Progress]:
    """Indexes files in another thread, so that each outcome can be shown when it is known."""
    if not paths:
        return
    events: SimpleQueue[Progress | IngestReport | BaseException] = SimpleQueue()

    def work() -> None:
        try:
            events.put(add_uploads(assistant, paths, events.put))
        except BaseException as error:  # Handed over, and raised again where it is awaited.
            events.put(error)

    threading.Thread(target=work, name="upload", daemon=True).start()
    while not isinstance(event := events.get(), IngestReport):
        if isinstance(event, BaseException):
            raise event
        if event.outcome is not None:
            yield event


def _lines(lines: Sequence[Line], total: int) -> str:
    if len(lines) < total:
        state = f"Indexing file {len(lines) + 1} of {total} …"
    else:
        failed = sum(outcome == "failed" for _, outcome, _ in lines)
        state = f"Done: {total - failed} of {total} {'file' if total == 1 else 'files'} indexed."
    bar = f'<progress max="{max(total, 1)}" value="{len(lines)}" aria-label="Files indexed"></progress>'
    items = "".join(map(_line, lines))
    return f'<div class="upload"><p class="state" role="status">{state}</p>{bar}<ul class="outcomes">{items}</ul></div>'


def _line(line: Line) -> str:
    name, outcome, reason = line
    because = f": {escape(reason)}" if reason else ""
    return (
        f'<li class="{outcome}"><span class="sign">{_SIGNS[outcome]}</span> <span class="name">{escape(name)}</span> '
        f"<span>{outcome}{because}</span></li>"
    )
