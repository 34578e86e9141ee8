"""The source panel: a quote or passage within its document, found by its link and compared before it is shown."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.escape import escape, escape_attribute, escape_hiding, link, visible
from assistant.models import Hit
from assistant.quote import permalink
from assistant.ui.render import QUOTED, SOURCE_PATH, place, problem, quote_link
from index.errors import DocumentNotFound, SourceChanged
from index.models import Document, Span

if TYPE_CHECKING:
    from assistant.assistant import Assistant

WHOLE_UP_TO = 30_000
"""Characters of a document that is shown whole; of a longer one, a window around the quote."""

PICTURE_PATH = "picture"
"""Where pictures of pages are served."""

AROUND = 6_000
"""Characters that the window has on each side of the quote, at first."""

_GROWTH = 4
_CHANGED = "The document has changed since this passage was found; ask again to see what it says now."


@dataclass(frozen=True, slots=True)
class Place:
    """A slice of a document to be shown within it; an empty one shows the document from its beginning."""

    document: Document
    text: str
    start: int
    end: int
    where: str
    heading: str
    hidden: tuple[Span, ...]
    """What in the slice a person who opens the source does not see, as offsets into the slice."""
    uploaded: str = ""
    """The name under which the document's file was uploaded; empty when it was not."""


def find_quote(assistant: "Assistant", permalink: str) -> Place:
    """The place that a citation names.

    Raises:
        SourceChanged: when the document's text is another one now.
        DocumentNotFound: when it has been removed.
    """
    quote = assistant.resolve(permalink)
    document = assistant.document(quote.document_id)
    text = document.text
    if text[quote.start : quote.end] != quote.text:
        raise SourceChanged(_CHANGED)
    uploaded = assistant.originals.uploaded_name(document.source)
    return Place(document, text, quote.start, quote.end, quote.where, quote.heading, quote.hidden, uploaded)


def find_document(assistant: "Assistant", document_id: str) -> Place:
    """The beginning of a document.

    Raises:
        DocumentNotFound: when it has been removed.
    """
    document = assistant.document(document_id)
    return Place(document, document.text, 0, 0, "", "", (), assistant.originals.uploaded_name(document.source))


def passage_link(assistant: "Assistant", hit: Hit) -> str:
    """The link, ready as an attribute's value, that opens a passage as the document stands now."""
    passage = hit.passage
    version = assistant.document(passage.document_id).content_hash
    at = permalink(assistant.collection, passage.document_id, version, passage.start, passage.end)
    return quote_link(at)


def hit_link(assistant: "Assistant", hit: Hit) -> str:
    """The same, or a link that says that the document is gone where it is."""
    try:
        return passage_link(assistant, hit)
    except DocumentNotFound:
        return link(SOURCE_PATH, document=hit.passage.document_id)


def show(found: Place, *, around: int = AROUND, address: str = "", pictured: bool = False) -> str:
    """The panel's content as HTML.

    Args:
        found: What to show.
        around: Characters on each side, when the document is too long to be shown whole.
        address: The query of this view's own link, to which a wider window can be asked for; empty for no such link.
        pictured: Whether the document's file is there to show the page as it looks.
    """
    document = found.document
    facts = [("Source", escape(f"{found.uploaded} (uploaded)" if found.uploaded else document.source))]
    if document.link:
        facts.append(("Web page", escape(document.link)))
    stands = ""
    if found.end:
        stands = f'<p class="source-place">{place(found.where, found.heading)}</p>'
        facts.append(("Characters", f"{found.start:,} to {found.end:,} of {len(found.text):,}"))
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    return (
        f'<article class="source"><h2 class="source-title">{escape(document.title)}</h2>{stands}'
        f'<details class="source-about"><summary>About this source</summary><dl class="source-facts">{listed}</dl>'
        "</details>"
        f"{_picture(found, address) if pictured else ''}"
        f'<div class="source-text" tabindex="0" role="region" aria-label="Text of the document">'
        f"{_text(found, around, address)}</div></article>"
    )


def show_problem(sentence: str) -> str:
    """The panel's content when there is nothing to show: the error's sentence."""
    return f'<article class="source" role="alert">{problem(sentence)}</article>'


def linked(document: Document, content_hash: str, collection: str) -> str:
    """The page of a permalink, whose script shows the slice that the address's fragment names.

    Args:
        document: The document.
        content_hash: SHA-256 of the text that the link was made from, hexadecimal.
        collection: The document's collection.
    """
    values = {"document": document.id, "hash": content_hash, "collection": collection}
    data = "".join(f' data-{name}="{escape_attribute(value)}"' for name, value in values.items())
    begin = link(SOURCE_PATH, document=document.id, collection=collection)
    fragment = (
        f'<article class="source"><p class="source-state">The quote is being opened. '
        f'<a href="{begin}">Open the document from its beginning</a></p></article>'
        f'<script src="page/permalink.js"{data}></script>'
    )
    return standalone(fragment, visible(document.title), base="../")


def standalone(fragment: str, title: str, *, base: str = "") -> str:
    """The panel's content as a page of its own, for a link that is opened in another tab.

    Args:
        fragment: The content.
        title: The page's title.
        base: The way from the page's address to that of the page's files.
    """
    return (
        f'<!doctype html><html lang="en" class="source-page"><head>{f"""<base href="{base}">""" if base else ""}'
        '<meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f'<title>{escape_attribute(title)}</title><link rel="icon" href="page/icon.svg" type="image/svg+xml">'
        f'<link rel="stylesheet" href="page/source.css"></head><body><main>{fragment}</main></body></html>'
    )


def _picture(found: Place, address: str) -> str:
    """The part of the page around the quote, which opens the whole page."""
    if not address or found.end <= found.start:
        return ""
    query = escape_attribute(address)
    return (
        f'<a class="source-picture" href="{PICTURE_PATH}?{query}&#38;whole=1" target="_blank" rel="noopener" '
        f'title="Open the whole page"><img src="{PICTURE_PATH}?{query}" loading="lazy" '
        f'alt="{escape_attribute(found.where)} as it looks in the file"></a>'
    )


def _text(found: Place, around: int, address: str) -> str:
    text, start, end = found.text, found.start, found.end
    first, last = (0, len(text)) if len(text) <= WHOLE_UP_TO else _window(text, start, end, around)
    marked = f'<mark id="{QUOTED}">{escape_hiding(text[start:end], found.hidden)}</mark>' if end > start else ""
    before, after = escape(text[first:start]), escape(text[end:last])
    return f"{_omitted(first, 'earlier')}{before}{marked}{after}{_omitted(len(text) - last, 'later')}" + _more(
        first > 0 or last < len(text), around, address
    )


def _window(text: str, start: int, end: int, around: int) -> tuple[int, int]:
    """The offsets of the text around a slice, moved outwards to line ends where those are near."""
    first, last = max(0, start - around), min(len(text), end + around)
    line_start = text.rfind("\n", max(0, first - 200), first)
    line_end = text.find("\n", last, last + 200)
    return (line_start + 1 if line_start >= 0 else first), (line_end if line_end >= 0 else last)


def _omitted(count: int, which: str) -> str:
    return f'<span class="omitted">⋯ {count:,} {which} characters not shown ⋯</span>' if count > 0 else ""


def _more(is_cut: bool, around: int, address: str) -> str:
    if not is_cut or not address:
        return ""
    href = f"{SOURCE_PATH}?{escape_attribute(address)}&#38;around={around * _GROWTH}"
    return f'<a class="more" href="{href}">Show more of the document</a>'
