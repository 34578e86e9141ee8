"""Ranked sentences to numbered quotes; a quote's text is read from the stored source and nothing else can make one."""

import re
from collections.abc import Sequence

from assistant.candidates import RankedSentence
from assistant.models import Quote
from index.errors import DocumentNotFound, SourceChanged
from index.models import Span
from index.store import Store

MOST = 3
"""How many quotes an answer has at most."""
_FARTHEST = 0.9  # below the best one's raw score; of what is farther away, one in two hundred questions is answered
# ASCII digits, and no more of them than any text has characters; Python's int() takes more than these.
_PERMALINK = re.compile(
    r"assistant://(?P<collection>[\w-]+)/(?P<document>\w+)\?sha256=(?P<hash>[0-9a-f]{64})"
    r"#char=(?P<start>[0-9]{1,15}),(?P<end>[0-9]{1,15})",
    re.ASCII,
)

# Spaces without width; joiners but inside of words and signs that need them; marks of the direction of writing; tags.
_UNSEEN = re.compile(
    "[\u200b\u2060-\u2064\ufeff]+|(?<![^\\x00-\\x7f])[\u200c\u200d]+"
    "|[\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]+"
)


def choose(sentences: Sequence[RankedSentence]) -> tuple[RankedSentence, ...]:
    """Return the one to three sentences to quote, in their order, none repeating another."""
    chosen: list[RankedSentence] = []
    for each in sentences:
        if len(chosen) == MOST:
            break
        # Not the end: a reranker's order is another one than that of the raw scores.
        is_far = bool(chosen) and each.raw < chosen[0].raw - _FARTHEST
        if not is_far and not any(_repeats(each, other) for other in chosen):
            chosen.append(each)
    return tuple(chosen)


def build(store: Store, collection: str, chosen: Sequence[RankedSentence], *, first: int = 1) -> tuple[Quote, ...]:
    """Return the quotes of the chosen sentences, numbered from `first`, each read from its stored source.

    Raises:
        SourceChanged: when a stored text is not the one that was searched.
    """
    quotes = []
    for number, each in enumerate(chosen, start=first):
        stored, sentence = each.candidate.stored, each.sentence
        passage = stored.passage
        place = store.place_of(passage.document_id, sentence.start)
        text = store.slice(passage.document_id, sentence.start, sentence.end)
        if text != each.text:
            raise SourceChanged(f"{stored.source} was changed while it was searched; ask again.")
        before = passage.text[: sentence.start - passage.start]
        if sentence.header is not None and sentence.header.start < passage.start:
            # A row that is cut off from its table's head cannot be understood.
            before = f"{store.slice(passage.document_id, sentence.header.start, sentence.header.end)}\n{before}"
        quotes.append(
            Quote(
                number=number,
                document_id=passage.document_id,
                title=stored.title,
                source=stored.source,
                start=sentence.start,
                end=sentence.end,
                text=text,
                page=place.page if place else None,
                place=place.name if place else "",
                line=store.line_of(passage.document_id, sentence.start),
                heading=passage.heading,
                score=each.probability,
                before=before,
                after=passage.text[sentence.end - passage.start :],
                permalink=permalink(collection, passage.document_id, stored.content_hash, sentence.start, sentence.end),
                hidden=_hidden(store, passage.document_id, sentence.start, text),
            )
        )
    return tuple(quotes)


def permalink(collection: str, document_id: str, content_hash: str, start: int, end: int) -> str:
    """Return the address of a slice: its document, the hash of the text that it was cut from, and its offsets.

    The fragment is that of RFC 5147, section 3.1: `char=` counts the positions between characters.
    """
    return f"assistant://{collection}/{document_id}?sha256={content_hash}#char={start},{end}"


def page_of(address: str) -> str:
    """Return the page that shows what a permalink points to, relative to the server; empty when it is no permalink."""
    found = _PERMALINK.fullmatch(address)
    if not found:
        return ""
    return "d/{document}@{hash}?collection={collection}#{start}-{end}".format_map(found.groupdict())


def resolve(store: Store, collection: str, address: str, *, number: int = 1) -> Quote:
    """Return what a permalink points to, as a quote.

    Raises:
        DocumentNotFound: when it is not a permalink of this collection, or its document is gone.
        SourceChanged: when the document has another text now than the one that was quoted.
    """
    document_id, content_hash, start, end = _parts(collection, address)
    with store.snapshot():
        document = store.document(document_id)
        if document.content_hash != content_hash:
            raise SourceChanged(
                f"{document.source} has changed since this link was made, so the quote may stand elsewhere or be gone; "
                "ask again for one from the present text."
            )
        if end > document.characters:
            raise _not_a_permalink(address)
        text = store.slice(document_id, start, end)
        passage = store.passage_at(document_id, start)
        line = store.line_of(document_id, start)
        place = store.place_of(document_id, start)
        hidden = _hidden(store, document_id, start, text)
    body = passage.passage if passage else None
    return Quote(
        number=number,
        document_id=document_id,
        title=document.title,
        source=document.source,
        start=start,
        end=end,
        text=text,
        page=place.page if place else None,
        place=place.name if place else "",
        line=line,
        heading=body.heading if body else "",
        score=1.0,
        before=body.text[: start - body.start] if body else "",
        after=body.text[end - body.start :] if body else "",
        permalink=permalink(collection, document_id, content_hash, start, end),
        hidden=hidden,
    )


def _hidden(store: Store, document_id: str, start: int, text: str) -> tuple[Span, ...]:
    """Return what in a quote cannot be seen: as its reader found, and characters that never are."""
    read = store.hidden_in(document_id, start, start + len(text))
    found = [Span(each.start - start, each.end - start) for each in read]
    found += [Span(*each.span()) for each in _UNSEEN.finditer(text)]
    return tuple(sorted(found, key=lambda each: (each.start, each.end)))


def _parts(collection: str, address: str) -> tuple[str, str, int, int]:
    """Return (document id, content hash, start, end) of a permalink."""
    parts = _PERMALINK.fullmatch(address.strip())
    if not parts or parts["collection"] != collection or int(parts["start"]) >= int(parts["end"]):
        raise _not_a_permalink(address)
    return parts["document"], parts["hash"], int(parts["start"]), int(parts["end"])


def _not_a_permalink(address: str) -> DocumentNotFound:
    return DocumentNotFound(f"{address[:120]!a} is not a link to a quote in this collection; copy it again, whole.")


def _repeats(one: RankedSentence, other: RankedSentence) -> bool:
    """Tell whether two sentences have the same words; one more or less, such as a "not", can change all they say."""
    return one.words == other.words
