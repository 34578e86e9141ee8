"""A server whose documents, and whose language model's words, are the strings that a test gives."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from playwright.sync_api import Page

from assistant.assistant import Assistant
from assistant.conversation import Conversation, Exchange
from assistant.library import Library
from assistant.models import Answer, Quote, Statement
from assistant.quote import permalink
from assistant.server import create_app
from assistant.settings import load_settings
from assistant.verdict import VERDICTS, CheckReport
from index.models import Document
from tests.browser.payloads import file_names, grouped
from tests.conftest import fill
from tests.desk import hit_of
from tests.desk_api import serving_app
from tests.desk_claims import claim_of, difference_of, part_of, report_of
from tests.desk_server import Server, serving

HARMLESS = (
    "The bridge is old.",
    "It was opened in 1931 by Ida Holm.",
    "Trains cross it at 40 kilometres an hour, and nobody minds.",
    "Its keeper\N{ZERO WIDTH SPACE} sleeps.",
    "Is it long? It is.",
    "The river below it is called Sil",
)
"""Words that do nothing, one with a character that nobody sees."""

# No reranker, as it changes nothing of what is shown; no refusals, as they are put together without one; a model's
# sentences all shown, with and without a quote.
_SETTINGS: dict[str, Any] = {
    "rerank": False,
    "threshold": 0.0,
    "only_quoted": False,
    "max_requests_per_minute": 0,
    "model": "small",
}
_WHEN = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class House:
    """The server with its collections: `harmless`, `many` with several strings a document, `each` with one."""

    address: str
    library: Library
    model: Server
    many: tuple[str, ...]
    """The strings that are shown many to a page."""
    each: tuple[str, ...]
    """Those that have a page each."""

    def page_of(self, path: str, **values: str) -> str:
        """An address of the server."""
        return f"{self.address}/{path}?{urlencode(values, errors='surrogatepass')}"

    def opened(self, collection: str) -> Assistant:
        """A collection."""
        return self.library.collection(collection)

    def quote(self, collection: str, document: Document) -> Quote:
        """The whole of a document as a quote."""
        at = permalink(collection, document.id, document.content_hash, 0, document.characters)
        return self.opened(collection).resolve(at)

    def keep(self, page: Page, collection: str, conversation: Conversation) -> None:
        """Lets the browser have a conversation, and that one only, as if it had gone on a moment ago."""
        scope = httpx.get(self.page_of("start", collection=collection)).json()["scope"]
        page.goto(self.page_of("page/icon.svg"))
        page.evaluate(
            """([scope, id, text]) => {
              localStorage.clear();
              localStorage.setItem(`conversation:${scope}:${id}`, JSON.stringify({ updated: Date.now(), text }));
              sessionStorage.setItem(`current:${scope}`, id);
            }""",
            [scope, conversation.id, conversation.to_json()],
        )


@contextmanager
def serving_house(home: Path, many: Sequence[str], each: Sequence[str]) -> Iterator[House]:
    """A house for the block.

    Args:
        home: An empty folder.
        many: The strings of the collection `many`, and of the names of the files in `files`.
        each: Those of the collection `each`.
    """
    with serving() as model:
        settings = load_settings(home / "home", model_url=model.url, **_SETTINGS)
        with Library(settings) as library:
            _fill(library, home, many, each)
            with serving_app(create_app(library, settings)) as address:
                yield House(address, library, model, tuple(many), tuple(each))


def _fill(library: Library, home: Path, many: Sequence[str], each: Sequence[str]) -> None:
    _add(fill(library.create("harmless")), [HARMLESS, HARMLESS[:1]])
    _add(library.create("many"), grouped(many, 900))
    _add(library.create("each"), [[text] for text in each])
    folder = home / "files"
    folder.mkdir()
    for number, name in enumerate(file_names(many)):
        (folder / name).write_text(f"The file of this name has the number {number}.\n", "utf-8")
    (folder / "harmless.txt").write_text("The harmless file has a name without any meaning.\n", "utf-8")
    report = library.create("files").add([folder])
    assert not report.failed


def _add(assistant: Assistant, groups: Sequence[Sequence[str]]) -> None:
    """A document for each group: its text, its title and its source are the strings."""
    for number, group in enumerate(groups):
        words = " ".join(group).strip() or "nothing"
        assistant.add_text("\n\n".join(group).strip() or "-", title=words[:1_000], source=f"{number} {words}")


def conversation_of(given: Sequence[tuple[str, Quote]]) -> Conversation:
    """A conversation in which every word that is not the page's own is one of the texts.

    Args:
        given: Texts, each with a quote of a document, so that its links lead somewhere. Each is in an answer, in a
            refusal and in a failure.
    """
    exchanges = tuple(exchange for text, quote in given for exchange in _exchanges(text, quote))
    return Conversation("0123456789abcdef", given[0][0][:80], exchanges)


WORDS_OF_A_TEXT = 12
"""How often each text stands in such a conversation, at the least."""


def _exchanges(text: str, quote: Quote) -> Iterator[Exchange]:
    named = replace(quote, title=text, source=text, heading=text, place=text)
    gone = replace(named, number=2, text=text)
    statements = (Statement(f"{text} [1].", (1,), False), Statement(text, (), None))
    yield Exchange(
        text,
        _WHEN,
        Answer(
            text, f"{text} then", text, (named, gone), False, "", (), 0.5, text, "p", "i", 1.0, statements, note=text
        ),
    )
    hit = hit_of(text, text)
    nearest = replace(hit, passage=replace(hit.passage, document_id=quote.document_id, heading=text))
    yield Exchange(text, _WHEN, Answer(text, text, text, (), True, text, (nearest,), 0.1, None, "p", "i", 1.0))
    yield Exchange(text, _WHEN, None, text)


def report_about(text: str, quotes: Sequence[Quote]) -> CheckReport:
    """A check of a text of which every line is a claim, whose evidence is in the words of the line too."""
    claims = []
    for number, found in enumerate(re.finditer(r"[^\n]*\S[^\n]*", text)):
        words = found[0]
        quote = replace(quotes[number % len(quotes)], title=words, heading=words, place=words)
        claims.append(
            claim_of(
                words,
                VERDICTS[number % len(VERDICTS)],
                found.start(),
                read_as=f"It says {words}",
                reason=words,
                quotes_for=(quote,),
                quotes_against=(replace(quote, number=2, text=words),),
                differences=(difference_of(words, words), difference_of("", words)),
                parts=(part_of(words, "not_found"),),
            )
        )
    return report_of(*claims)
