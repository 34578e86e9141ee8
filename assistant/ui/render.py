"""Messages as HTML, made from an answer's parts; everything foreign in them has passed `escape`.

The results are single lines without blank ones, so that the chat's Markdown renderer takes each as one block of HTML.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from assistant.escape import escape, escape_hiding, link, shorten
from assistant.models import UNSEEN, Answer, Found, Hit, Quote, Statement
from assistant.transcript import answer_as_markdown
from assistant.ui.cards import card
from assistant.write import CHANGED, NOTHING_LEFT

SOURCE_PATH = "source"
"""Where the panel's content is served; the script opens links to it beside the chat."""

QUOTED = "quoted"
"""The id of the mark around a quote in its document."""

HitLink = Callable[[Hit], str]
"""Gives the link, ready as an attribute's value, that opens a passage that was found."""

WAITING = '<div class="waiting">'
"""How a message begins that an answer will take the place of."""

UNFINISHED = '<div class="unfinished">'
"""How a message begins while it is still coming in."""

_DOTS = '<span class="dots">…</span>'
_WRITING = f'<p class="quiet">Being written and verified{_DOTS}</p>'
_GONE = "The documents no longer hold this quote here: its document has changed or was removed."
_COPY = '<button type="button" class="copy" title="Copy the answer with its citations">Copy</button>'
_AGAIN = '<button type="button" class="again" title="Ask the last question once more">Ask again</button>'
_EDIT = '<button type="button" class="edit" title="Change this question; its answer is replaced">Edit</button>'
_RATE = (
    '<button type="button" class="good" title="Good answer"></button>'
    '<button type="button" class="bad" title="Bad answer"></button>'
)
_RATED = '<div class="rated"></div>'
"""Where the script shows what the person says of the answer."""

_WORDLESS: MappingProxyType[str, tuple[str, str]] = MappingProxyType(
    {
        NOTHING_LEFT: ("Nothing of the language model’s answer was kept", "Ask again, or with other words."),
        CHANGED: ("The documents have changed meanwhile", "Ask again for an answer from what they say now."),
    }
)
"""Why a language model's words are not shown, in short, and what to do; it is another reason than all others."""

_NO_MODEL = (
    "The language model did not answer",
    "The quotes do not depend on it. Ask again, or see whether it is running.",
)
_QUESTION_LIMIT = 2_000
_NEAREST_LIMIT = 280
_CITED_NUMBER = re.compile(r"\[(\d{1,3})\]")


def question(text: str) -> str:
    """The person's own words, as text."""
    shown = escape(shorten(text.strip(), _QUESTION_LIMIT)) or "<em>(nothing written)</em>"
    return f'<div class="question">{shown}</div><div class="actions">{_EDIT}</div>'


def searching(found: Found | None = None) -> str:
    """What is going on before there is an answer."""
    if found is None:
        return _waiting("Searching the documents")
    count = len(found.hits)
    return _waiting(f"Reading {count} {'passage' if count == 1 else 'passages'}")


def _waiting(words: str) -> str:
    return f"{WAITING}{words}{_DOTS}</div>"


def partial(text: str, quotes: Sequence[Quote]) -> str:
    """An answer on its way: the words so far, and the quotes."""
    return f"{UNFINISHED}{_answer(_prose(text, quotes) if text else '', quotes)}</div>"


def draft(text: str, statements: Sequence[Statement], quotes: Sequence[Quote]) -> str:
    """A language model's answer on its way: what is verified, and after it the words in which no number counts yet."""
    written = f'<span class="draft">{escape(text)}</span>'
    prose = f'<div class="prose-text">{" ".join([*_marked(statements, quotes), written])}</div>'
    return f"{UNFINISHED}{_answer(prose + _WRITING, quotes)}</div>"


def answer(
    whole: Answer,
    hit_link: HitLink,
    gone: Collection[int] = (),
    unread: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> str:
    """An answer as its introduction and numbered quotes, or a refusal with the nearest passages.

    Args:
        whole: The answer.
        hit_link: Gives the link of a nearest passage.
        gone: The numbers of the quotes that are not in the documents any more.
        unread: What could not be read of documents, by their titles.
    """
    copied = f'<div class="copied">{escape(answer_as_markdown(whole))}</div>'
    actions = f'<div class="actions">{_shows(whole)}{copied}{_COPY}{_AGAIN}{_RATE}</div>{_RATED}'
    if whole.refused:
        return _refusal(whole, hit_link) + actions
    said = " ".join(_marked(whole.statements, whole.quotes))
    prose = f'<div class="prose-text">{said}</div>' if said else ""
    wordless = _wordless(whole.note) if whole.note and not whole.statements else ""
    note = f'<p class="note">{escape(whole.note)}</p>' if whole.note and whole.statements else ""
    told_by = f'<p class="told-by">{escape(whole.told_by)}</p>' if whole.told_by else ""
    partly = "".join(_partly_read(title, notes) for title, notes in unread.items())
    return _understood(whole) + wordless + _answer(prose, whole.quotes, gone) + partly + note + told_by + actions


def _wordless(note: str) -> str:
    """Why the quotes stand there without a language model's words."""
    title, advice = _WORDLESS.get(note, _NO_MODEL)
    return (
        f'<div class="notice wordless"><p class="notice-title"><span class="sign">⚠</span> {title}</p>'
        f'<p class="note">{escape(note)}</p><p>{advice}</p></div>'
    )


def _partly_read(title: str, notes: Sequence[str]) -> str:
    """What could not be read of a document that the answer quotes."""
    return (
        '<div class="notice partly-read"><p class="notice-title"><span class="sign">◐</span> Read only in part: '
        f"<cite>{escape(title)}</cite></p><p>{escape(' '.join(notes))}</p>"
        "<p>There may be more in the file itself; look into it where that matters.</p></div>"
    )


def failed(sentence: str) -> str:
    """What stands in place of an answer that could not be made."""
    return f'{problem(sentence)}<div class="actions">{_AGAIN}</div>'


def problem(sentence: str) -> str:
    """An error as its one sentence."""
    return (
        '<div class="notice problem"><p class="notice-title"><span class="sign">⚠</span> That did not work</p>'
        f"<p>{escape(sentence)}</p></div>"
    )


def finished(message: str) -> str:
    """A message that was coming in, as it stays when nothing more comes."""
    return message.replace(UNFINISHED, "<div>").replace(_WRITING, "")


def stopped() -> str:
    """What stands in place of an answer that the person stopped."""
    return _without_answer("Stopped.", "Ask again, or ask something else.")


def unanswered() -> str:
    """What stands in place of an answer of which nothing is known but that it never came."""
    return _without_answer("Not answered.", "It was stopped, or the connection to the assistant broke off. Ask again.")


def _without_answer(title: str, sentence: str) -> str:
    return f'<div class="stopped"><strong>{title}</strong> {sentence}</div><div class="actions">{_AGAIN}</div>'


def place(where: str, heading: str) -> str:
    """Where in its document something stands, in words, as HTML."""
    return " · ".join(escape(part) for part in (where, heading) if part)


def numbered_quote(quote: Quote, *, titled: bool, answers: bool = False, is_gone: bool = False) -> str:
    """A quote with its number and place, both of them links to its source, and with what its card says more.

    Args:
        quote: The quote.
        titled: Whether its document's title is shown.
        answers: Whether its score is that of an answer.
        is_gone: Whether it is marked as no longer in the documents.
    """
    stands = place(quote.where, quote.heading)
    where = f"<cite>{escape(quote.title)}</cite> · {stands}" if titled else stands
    href = quote_link(quote.permalink)
    unseen = f'<p class="unseen">{UNSEEN}</p>' if quote.hidden else ""
    gone = f'<p class="unseen">⚠ {_GONE}</p>' if is_gone else ""
    return (
        f'<div class="quote">{citation(quote)}<div class="quote-body">'
        f"<blockquote>{escape_hiding(quote.text, quote.hidden)}</blockquote>{unseen}{gone}"
        f'<a class="place" href="{href}" title="Show quote {quote.number} in its document">{where}</a></div>'
        f"{card(quote, stands, answers=answers)}</div>"
    )


def quote_link(permalink: str) -> str:
    """The link, ready as an attribute's value, that opens a permalink's quote in its document."""
    return link(SOURCE_PATH, at=permalink) + escape(f"#{QUOTED}")


def citation(quote: Quote) -> str:
    """A quote's number, which opens it in the source panel."""
    href = quote_link(quote.permalink)
    title = f"Show quote {quote.number} in its document"
    return f'<a class="citation" href="{href}" title="{title}">&#91;{quote.number}&#93;</a>'


def _shows(whole: Answer) -> str:
    """What shows the answer's quotes, or the passages that came nearest, beside the chat."""
    count, thing = (len(whole.nearest), "nearest passage") if whole.refused else (len(whole.quotes), "quote")
    if not count:
        return ""
    return (
        f'<button type="button" class="show-evidence" title="Show them with what stands around them">'
        f"{count} {thing}{'' if count == 1 else 's'}</button>"
    )


def _understood(whole: Answer) -> str:
    if whole.searched_for.strip() == whole.question.strip():
        return ""
    searched = escape(shorten(whole.searched_for, _QUESTION_LIMIT))
    return (
        f'<p class="understood">Searched for: <span class="searched-for">{searched}</span> '
        '<button type="button" class="rephrase" title="Change it and ask again">Change</button></p>'
    )


def _answer(prose: str, quotes: Sequence[Quote], gone: Collection[int] = ()) -> str:
    pieces = [prose]
    title = None
    for quote in quotes:
        if not prose and quote.title != title:
            title = quote.title
            pieces.append(f'<p class="introduction"><cite>{escape(title)}</cite> says:</p>')
        is_gone = quote.number in gone
        pieces.append(numbered_quote(quote, titled=bool(prose), answers=True, is_gone=is_gone))
    return f'<div class="answer">{"".join(pieces)}</div>'


def _marked(statements: Sequence[Statement], quotes: Sequence[Quote]) -> Iterator[str]:
    """A language model's sentences, each marked that the quotes do not clearly support."""
    for each in statements:
        mark = f' <span class="doubt">⚠ {each.doubt}</span>' if each.doubt else ""
        yield f"{_cited(each.text, quotes)}{mark}"


def _prose(text: str, quotes: Sequence[Quote]) -> str:
    return f'<div class="prose-text">{_cited(text, quotes)}</div>'


def _cited(text: str, quotes: Sequence[Quote]) -> str:
    """A text in which the numbers of quotes that exist are links to them."""
    numbered = {str(quote.number): quote for quote in quotes}
    pieces = []
    for position, piece in enumerate(_CITED_NUMBER.split(text)):
        if position % 2 == 0:
            pieces.append(escape(piece))
        else:
            pieces.append(citation(numbered[piece]) if piece in numbered else escape(f"[{piece}]"))
    return "".join(pieces)


def _refusal(whole: Answer, hit_link: HitLink) -> str:
    pieces = [
        '<div class="notice refusal"><p class="notice-title"><span class="sign">⊘</span> No answer in the documents'
        f"</p><p>{escape(whole.reason)}</p></div>"
    ]
    if whole.nearest:
        items = "".join(f"<li>{_nearest(hit, hit_link(hit))}</li>" for hit in whole.nearest)
        pieces.append(f'<p class="nearest-title">Nearest passages (not an answer)</p><ul class="nearest">{items}</ul>')
    return _understood(whole) + f'<div class="refused">{"".join(pieces)}</div>'


def _nearest(hit: Hit, href: str) -> str:
    where = place(f"page {hit.passage.page}" if hit.passage.page is not None else "", hit.passage.heading)
    stands = f' · <span class="where">{where}</span>' if where else ""
    text = " ".join(hit.passage.text.split())
    shown = text if len(text) <= _NEAREST_LIMIT else text[:_NEAREST_LIMIT].rsplit(" ", 1)[0] + " …"
    return (
        f'<a class="place" href="{href}" title="Show this passage in its document"><cite>{escape(hit.title)}</cite>'
        f'{stands}</a><span class="nearest-text">{escape(shown)}</span>'
    )
