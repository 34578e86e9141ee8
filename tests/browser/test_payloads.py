"""Hostile strings in a real browser: wherever they come in they are shown as text, and the page does what it does with
harmless words and nothing else.

A sample goes through every surface with every run of the tests. `make test-payloads` takes all of them, many to a page,
and those that are together of every kind a page each.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePath
from typing import Any, cast
from unittest.mock import patch
from urllib.parse import quote, urlencode

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from assistant.escape import visible
from assistant.library import Library
from assistant.server import create_app
from assistant.settings import load_settings
from assistant.tokens import TokenStore
from index.models import Document
from tests.browser.conftest import Visit, _served
from tests.browser.house import (
    HARMLESS,
    WORDS_OF_A_TEXT,
    House,
    conversation_of,
    report_about,
    serving_house,
)
from tests.browser.payloads import cover, grouped, kinds, letters, read, shown
from tests.browser.watch import Watch
from tests.desk_api import serving_app
from tests.desk_claims import events_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.shared,
    # The page is served in this process, and Gradio uses what pandas is about to drop.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

PAYLOADS = 926
"""Of the strings; the rest are naughty ones, which are meant to break programs of any kind."""
PAGES = 120
"""How many payloads have a page each."""
A_PAGE = 1_000
"""Characters of the strings that are put together."""

Surface = Callable[[House, Page, str, Sequence[str]], Iterator[tuple[str, Sequence[str]]]]
"""Brings strings onto a page over a collection, and gives where they are and which whenever they are all there."""


@pytest.fixture(scope="module")
def strings(shared_data: Path) -> list[str]:
    """All payloads and all naughty strings."""
    return read(shared_data)


@pytest.fixture(scope="module")
def house(strings: list[str], tmp_path_factory: pytest.TempPathFactory, all_payloads: bool) -> Iterator[House]:
    """The server, with all strings or with a sample of them."""
    chosen = cover(strings[:PAYLOADS])
    many = strings if all_payloads else [*chosen[:24], *strings[PAYLOADS::40]]
    each = chosen if all_payloads else chosen[2:24:6]
    with serving_house(tmp_path_factory.mktemp("house"), many, each) as made:
        yield made


@contextmanager
def watching(browser: Browser, house: House) -> Iterator[Watch]:
    watch = Watch(browser, house.address)
    yield watch
    watch.close()


def test_the_payloads_of_a_page_each_are_of_every_kind(strings: list[str]) -> None:
    payloads = strings[:PAYLOADS]
    chosen = cover(payloads)
    assert len(payloads) + len(strings[PAYLOADS:]) == 926 + 515
    assert len(chosen) <= PAGES
    assert set().union(*map(kinds, chosen)) == set().union(*map(kinds, payloads))


# --- many to a page


def assert_shown(places: Locator, texts: Sequence[str]) -> None:
    """Each string stands in full in one of the places."""
    there = [letters(text) for text in places.all_text_contents()]
    absent = [text for text in texts if not any(shown(text.strip()) in each for each in there)]
    assert absent == []


def open_page(house: House, page: Page, collection: str) -> None:
    page.goto(house.page_of("", collection=collection))
    page.get_by_label("Your question").wait_for(timeout=60_000)


def questions(house: House, page: Page, collection: str, texts: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """In a question, in what the language model makes of it, and in the documents' quotes."""
    open_page(house, page, collection)
    told = 0
    for group in grouped(texts, A_PAGE):
        house.model.words = tuple(f"{text} [1].\n" for text in group)
        # With words before them, as a question without a letter is none.
        Visit(page, house.address).ask("\n".join(["What is this?", *group]))
        assert_shown(page.locator("#conversation .question").last, group)
        answer = letters(page.locator("#conversation .bot").last.text_content() or "")
        told += sum(shown(text.strip()) in answer for text in group)
        yield "a question and its answer", group
        page.get_by_role("button", name="New chat").click()
        expect(page.locator("#conversation .question")).to_have_count(0)
    assert told >= len(texts) * SHARE_TOLD, told / len(texts)


SHARE_TOLD = 0.5
"""How many of a model's sentences are shown as they are, at the least: one without a letter is none, others are ended
by what is no end to the string, and what looks like the number of a quote counts as one."""


def failing_model(
    house: House, page: Page, collection: str, texts: Sequence[str]
) -> Iterator[tuple[str, Sequence[str]]]:
    """In what the language model's server says when it fails."""
    open_page(house, page, collection)
    house.model.status = 400
    try:
        for group in grouped(texts, A_PAGE)[:3]:
            house.model.words = tuple(group)
            Visit(page, house.address).ask("When was it opened?")
            expect(page.locator("#conversation .note").last).to_contain_text("could not be used")
            yield "what a language model's server says", group
    finally:
        house.model.status = 200


def history(house: House, page: Page, collection: str, texts: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """In a conversation that the browser has kept, which is opened with the page: every word that is not our own."""
    documents = house.opened(collection).documents()
    quotes = [house.quote(collection, document) for document in documents]
    groups = ["\n".join(group).strip() for group in grouped(texts, A_PAGE)]
    for start in range(0, len(groups), 10):
        part = [group for group in groups[start : start + 10] if group]
        house.keep(
            page, collection, conversation_of([(text, quotes[at % len(quotes)]) for at, text in enumerate(part)])
        )
        open_page(house, page, collection)
        expect(page.locator("#conversation .question")).to_have_count(3 * len(part), timeout=60_000)
        there = letters(page.locator("#conversation").text_content() or "")
        assert [text for text in part if there.count(shown(text)) < WORDS_OF_A_TEXT] == []
        yield "a conversation that was kept", part


def claims(house: House, page: Page, collection: str, texts: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """In a text that is checked, against few documents, as each claim in it is held against many others."""
    open_page(house, page, "harmless")
    page.get_by_role("tab", name="Check").click()
    for group in grouped(texts, 20 * A_PAGE):  # a longer text is shown in parts
        check(page, "\n\n".join([*group, f"The page says that {group[0]} was opened in 1931."]))
        there = letters("".join(page.locator("#check-result .words").all_text_contents()))
        assert [text for text in group if shown(text.strip()) not in there] == []
        yield "a text that is checked", group


def verdicts(house: House, page: Page, collection: str, texts: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """In a text every line of which is a claim, and in all that is told of it."""
    assistant = house.opened(collection)
    quotes = [house.quote(collection, document) for document in assistant.documents()]
    with patch.object(assistant, "stream_check", lambda text: events_of(report_about(text, quotes))):
        open_page(house, page, collection)
        page.get_by_role("tab", name="Check").click()
        for group in grouped(texts, 2 * A_PAGE):
            check(page, "\n".join(group))
            lines = [line for line in "\n".join(group).split("\n") if line.strip()]
            expect(page.locator("#check-result details")).to_have_count(len(lines))
            there = letters(page.locator("#check-result").text_content() or "")
            assert [line for line in lines if there.count(shown(line)) < 6] == []
            yield "verdicts on a text", lines


def check(page: Page, text: str) -> None:
    """Checks a text and waits until its report is whole, and not that of the text before."""
    page.locator("#check-progress .finished").evaluate_all("all => all.forEach((each) => { each.dataset.old = ''; })")
    page.locator("#text textarea").evaluate(
        "(box, text) => { box.value = text; box.dispatchEvent(new Event('input', { bubbles: true })); }", text
    )
    page.get_by_role("button", name="Check", exact=True).click()
    page.locator("#check-progress .finished:not([data-old])").wait_for(timeout=600_000)


def sources(house: House, page: Page, collection: str, texts: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """In a document's text, title and source, and in the name of a file, on a page of its own."""
    for where, name in (("a document", collection), ("a file's name", "files")):
        for document in of(house, name, collection):
            page.goto(house.page_of("source", collection=name, at=house.quote(name, document).permalink))
            assert_shown(page.locator("main"), [document.title, document.text, PurePath(document.source).name])
            assert letters(page.title()) == letters(visible(document.title))
            yield f"the source of {where}", [document.title]


def of(house: House, name: str, collection: str) -> list[Document]:
    """The documents of a collection; of the files those whose names are as harmless as the collection is."""
    found = house.opened(name).documents()
    return [each for each in found if name == collection or ("harmless" in each.source) == (collection == "harmless")]


def panel(house: House, page: Page, collection: str, texts: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """In a document that is opened beside the chat."""
    found = of(house, collection, collection)
    for start in range(0, len(found), 10):
        part = found[start : start + 10]
        house.keep(page, collection, conversation_of([(each.title, house.quote(collection, each)) for each in part]))
        open_page(house, page, collection)
        expect(page.locator("#conversation .question")).to_have_count(3 * len(part), timeout=60_000)
        for document in part:
            open_beside(page, document)
            expect(page.locator("#source-panel mark")).to_be_visible()
            page.wait_for_function(HOLDS, arg=shown(document.text)[:40])
            assert_shown(page.locator("#source-panel"), [document.title, document.text])
            yield "the source panel", [document.title]


HOLDS = """(letters) => {
  const marked = document.querySelector("#source-panel mark")?.textContent ?? "";
  return marked.replace(/[^!-~]/g, "").startsWith(letters);
}"""


def open_beside(page: Page, document: Document) -> None:
    """Opens a document by a link of the conversation."""
    page.locator(f'#conversation a[href*="{document.id}"]').first.evaluate("link => link.click()")


def permalinks(house: House, page: Page, collection: str, texts: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """In the document of a permalink."""
    for document in of(house, collection, collection):
        address = house.page_of(f"d/{document.id}@{document.content_hash}", collection=collection)
        page.goto(f"{address}#0-{document.characters}")
        expect(page.locator("mark")).to_be_visible()
        assert_shown(page.locator("main"), [document.title, document.text])
        yield "a permalink's page", [document.title]
        page.goto("about:blank")


def documents(house: House, page: Page, collection: str, texts: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """In the titles and sources of the list of documents."""
    for name in (collection, "files") if collection == "many" else (collection,):
        open_page(house, page, name)
        page.get_by_role("tab", name="Documents").click()
        page.locator("#documents a[href]").first.wait_for(timeout=SECONDS_TO_LIST * 1_000)
        there = letters(page.locator("#documents").text_content() or "")
        titles = [document.title[:60] for document in house.opened(name).documents()]
        listed = [title for title in titles if shown(title) in there or letters(title) in there]
        assert len(listed) >= min(len(titles), LISTED)
        yield "the list of documents", texts


SECONDS_TO_LIST = 10
LISTED = 90
"""How many documents a page of the list has at the least."""


def uploads(house: House, page: Page, collection: str, texts: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """In the names of files that are being sent."""
    open_page(house, page, "default")
    page.get_by_role("tab", name="Documents").click()
    given = [f"{name_of(text)}.txt" for text in texts if name_of(text)][:UPLOADS]
    files = [{"name": name, "mimeType": "text/plain", "buffer": b"The file has a name."} for name in given]
    choose = page.locator("#documents input[type=file]").first
    choose.set_input_files(cast(Any, files), timeout=SECONDS_TO_LIST * 1_000)
    yield "the names of files that are sent", given
    expect(page.locator("#documents")).to_contain_text("Done", timeout=180_000)
    there = letters(page.locator("#documents").text_content() or "")
    named = [{shown(name), letters(name), letters(name).replace('"', "%22")} for name in given]  # as browsers send it
    assert [each for each in named if not any(name in there for name in each)] == []
    page.locator("#documents a.document").nth(len(set(given)) - 1).wait_for(timeout=SECONDS_TO_LIST * 1_000)
    yield "the names of files that were sent", given


UPLOADS = 40


def names(house: House, page: Page, collection: str, texts: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """In the name of a collection and of a document, as an address gives them."""
    for text in filter(str.strip, texts):
        page.goto(house.page_of("source", collection=text, document=text, fragment="", around=text))
        expect(page.locator("main [role=alert]")).to_be_visible()
        yield "a collection's name in the address of a source", [text]
    for group in grouped(texts, A_PAGE):
        for page_of, place in (("", "#conversation"), ("widget", "#log")):
            page.goto(house.page_of(page_of, collection="\n".join(group)))
            page.get_by_label("Your question").fill("When was it opened?")
            page.get_by_label("Your question").press("Enter")
            expect(page.locator(f"{place} .problem")).to_contain_text("There is no collection", timeout=60_000)
            yield f"a collection's name in the address of /{page_of}", group


def widget(house: House, page: Page, collection: str, texts: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """In a question, its answer and the documents' quotes in the chat for other sites."""
    page.goto(house.page_of("widget", collection=collection))
    for group in grouped(texts, A_PAGE):
        house.model.words = tuple(f"{text} [1].\n" for text in group)
        page.get_by_label("Your question").fill("\n".join(group))
        page.get_by_label("Your question").press("Enter")
        page.locator("#log .reply").wait_for(state="attached")
        expect(page.locator("#log")).to_have_attribute("aria-busy", "false", timeout=60_000)
        assert_shown(page.locator("#log .question").last, group)
        yield "the chat for other sites", group
        page.get_by_role("button", name="New chat").click()


SURFACES: list[Surface] = [
    questions, failing_model, history, claims, verdicts, sources, panel, permalinks, names, widget, documents, uploads,
]  # fmt: skip


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.__name__)
def test_many_to_a_page_they_are_text_and_do_nothing(browser: Browser, house: House, surface: Surface) -> None:
    with watching(browser, house) as watch:
        page = watch.page()
        for _ in surface(house, page, "harmless", HARMLESS):
            watch.learn(page)
        held = 0
        for where, texts in surface(house, page, "many", house.many):
            watch.hold(page, where, texts)
            held += 1
        assert held
        assert watch.wrong == []


def test_a_collection_cannot_be_given_such_a_name(house: House) -> None:
    for text in house.many:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text):
            answer = httpx.post(house.page_of("v1/collections"), content=json.dumps({"name": text}), headers=AS_JSON)
            assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), text
    assert house.library.names() == sorted({"default", "each", "files", "harmless", "many"})


def test_a_file_keeps_such_a_name_as_text(browser: Browser, house: House) -> None:
    uploads = [name for name in map(name_of, house.each) if name]
    with watching(browser, house) as watch:
        page = watch.page()
        for name in ["harmless.txt", *(f"{name}.txt" for name in uploads)]:
            job = upload(house, name)
            assert [each["name"] for each in job["files"]] == [name], name
            page.goto(house.page_of("source", collection="default", document=job["files"][0]["document_id"]))
            assert_shown(page.locator("main"), [name])
            if name == "harmless.txt":
                watch.learn(page)
            watch.hold(page, "the name of a file that was sent", [name])
        assert watch.wrong == []


def name_of(text: str) -> str:
    """What of a string can be the name of a file, by the rules of this system."""
    return re.sub(r"[/\\\0\r\n]", " ", text).encode("utf-8", "replace")[:200].decode("utf-8", "ignore").strip()


def upload(house: House, name: str) -> dict[str, Any]:
    """Sends a file under its name as it is: browsers and libraries rewrite some characters."""
    quoted = re.sub(r'(["\\])', r"\\\1", name)
    head = f'--b\r\ncontent-disposition: form-data; name="files"; filename="{quoted}"\r\n\r\n'
    body = f"{head}The file has a name.\r\n--b--\r\n".encode()
    sent = {"content-type": "multipart/form-data; boundary=b"}
    answer = httpx.post(house.page_of("v1/documents", wait="60"), content=body, headers=sent, timeout=90)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


AS_JSON = {"content-type": "application/json"}


def test_nothing_but_a_page_is_shown_as_one(house: House) -> None:
    document = house.opened("many").documents()[0]
    kept = conversation_of([(house.many[0], house.quote("many", document))])
    inside = {"collection": "many"}
    answers = [
        httpx.get(house.page_of("v1/documents", **inside)),
        httpx.get(house.page_of(f"v1/documents/{document.id}", **inside)),
        httpx.get(house.page_of(f"v1/documents/{document.id}/text", **inside)),
        httpx.get(house.page_of("v1/documents", collection=house.many[0])),
        httpx.get(house.page_of("start", collection=house.many[0])),
        httpx.get(house.page_of("picture", document=house.many[0], at=house.many[0])),
        httpx.get(house.page_of("check/claims.md", key=house.many[0])),
        httpx.get(house.page_of("page/" + quote(house.many[0], safe=""))),
        httpx.get(house.page_of("v1/" + quote(house.many[0], safe=""))),
        *(
            httpx.post(house.page_of(f"conversation/{name}"), content=kept.to_json())
            for name in ("conversation.md", "conversation.json", quote(house.many[0], safe=""))
        ),
    ]
    for answer in answers:
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind in {"application/json", "application/problem+json", "text/plain", "text/markdown"}, answer.url
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_the_login_says_nothing_of_what_was_typed(browser: Browser, house: House, tmp_path: Path) -> None:
    TokenStore(tmp_path).create("reader")
    settings = load_settings(tmp_path)
    with Library(settings) as library, serving_app(create_app(library, settings, with_page=False)) as address:
        watch = Watch(browser, address)
        page = watch.page()
        page.goto(f"{address}/login")
        for place, text in enumerate(["A harmless token", "Another", *filter(str.strip, house.many)][:8]):
            page.get_by_label("Token").fill(text)
            page.get_by_role("button", name="Log in").click()
            expect(page.get_by_role("alert")).to_contain_text("token")
            assert place < 2 or shown(text) not in letters(page.content())
            if place < 2:
                watch.learn(page)
            watch.hold(page, "the login", [text])
        watch.close()
        assert watch.wrong == []


# --- a page each, with the clicks of a person

LINKS = "a:not([href='/'], [href^='/?collection=']), area, summary"  # not to another page of ours, which ends this one
BUTTONS = "button, input, label, select, [role=button], [role=link], [tabindex='0']"
AREAS = ":is(#conversation, aside, nav, .conversations, #check-result)"
MOST_CLICKS = 60


def test_with_a_page_each_and_a_click_on_every_link_they_are_text_and_do_nothing(
    browser: Browser, house: House
) -> None:
    with watching(browser, house) as watch:
        harmless = next(each for each in house.opened("harmless").documents() if each.title == HARMLESS[0])
        for page in clicked_through(house, watch, "harmless", harmless, after_each=watch.glance):
            watch.learn(page)
        documents = {each.source.partition(" ")[0]: each for each in house.opened("each").documents()}
        for number, text in enumerate(house.each):
            for page in clicked_through(house, watch, "each", documents[str(number)]):
                watch.hold(page, "a page of its own", [text])
        assert watch.wrong == []


def clicked_through(
    house: House, watch: Watch, collection: str, document: Document, after_each: Callable[[Page], None] = lambda _: None
) -> Iterator[Page]:
    """Opens pages with a document's text in all places, and presses all that can be pressed in them."""
    press_all = partial(press, after_each=after_each)
    page = watch.page()
    cited = house.quote(collection, document)
    text = document.text
    house.model.words = (f"{text} [1].",)
    house.keep(page, collection, conversation_of([(text, cited)]))
    open_page(house, page, collection)
    expect(page.locator("#conversation .question")).to_have_count(3, timeout=60_000)
    press_all(page, f"{AREAS} :is({LINKS})")
    yield page
    open_beside(page, document)
    expect(page.locator("#source-panel mark")).to_be_visible()
    press_all(page, "#source-panel :not(button, div)")
    yield page
    # Of every page, as it depends on what else was pressed whether the clicks below leave it open.
    page.locator("#conversation .bad").first.evaluate("thumb => thumb.click()")
    expect(page.locator("#conversation form.rating")).to_be_visible()
    after_each(page)
    page.keyboard.press("Escape")
    press_all(page, "#conversation :is(.question, .answer, .notice, blockquote, cite)")
    press_all(page, f"{AREAS} :is({BUTTONS})")
    yield page
    assistant = house.opened(collection)
    with patch.object(assistant, "stream_check", lambda asked: events_of(report_about(asked, [cited]))):
        page.get_by_role("tab", name="Check").click()
        check(page, text)
        press_all(page, f"#check-result :is({LINKS})")
        yield page
    page.goto(house.page_of("source", collection=collection, at=cited.permalink))
    press_all(page, "main *")
    yield page
    page.close()


def press(page: Page, selector: str, after_each: Callable[[Page], None] = lambda _: None) -> None:
    """Clicks with the mouse, as a person does, in the middle of everything that is seen of these elements."""
    pressed = 0
    for number in range(MOST_CLICKS):
        element = page.locator(selector).nth(number)  # found anew, as what was pressed may have changed the page
        if not element.count():
            break
        if (at := element.evaluate(MIDDLE)) is not None:
            page.mouse.click(at[0], at[1])
            pressed += 1
            expect(page.locator("#conversation :is(.waiting, .unfinished)")).to_have_count(0, timeout=60_000)
            after_each(page)
    assert pressed, selector


MIDDLE = """(element) => {
  if (!element.checkVisibility({ visibilityProperty: true })) return null;
  element.scrollIntoView({ block: "center", behavior: "instant" });
  const { left, top, width, height } = element.getBoundingClientRect();
  return width && height ? [left + width / 2, top + Math.min(height, 40) / 2] : null;
}"""
"""Where on the screen an element is, once it is there; null for one that nobody sees."""


# --- what the watch sees


def test_a_bare_chat_runs_the_link_of_a_drawing_and_lets_in_pictures_forms_and_overlays(browser: Browser) -> None:
    command = [sys.executable, "-m", "tests.browser.bare_chat"]
    for address in _served(command):
        watch = Watch(browser, address)
        page = watch.page()
        bare(page, address, "It is old.")
        watch.learn(page)
        seen = set()
        for text in (DRAWING, PICTURE, FORM, OVERLAY):
            bare(page, address, text)
            if text == DRAWING:
                press(page, "svg a")
            seen |= set(watch.unknown(page))
        watch.close()
        assert {
            "called alert: 1",
            "! <a href=javascript:alert(1)>",
            "! requested http://outside.example/a.png",
            "form action=http://outside.example",
            "overlay div#.",
        } <= seen


DRAWING = '<svg width="200" height="60"><a href="javascript:alert(1)"><rect width="200" height="60"/></a></svg>'
PICTURE = '<img src="http://outside.example/a.png">'
FORM = '<form action="http://outside.example/"><button>Go</button></form>'
OVERLAY = '<div style="position:fixed;inset:0;background:red">Your session has ended</div>'


def bare(page: Page, address: str, text: str) -> None:
    page.goto(f"{address}/?{urlencode({'text': text})}")
    page.locator(".bot .message-content").wait_for(state="attached", timeout=60_000)


@pytest.mark.parametrize("module", ["render", "render_check", "panel"])
def test_the_watch_sees_where_our_page_does_not_escape(browser: Browser, house: House, module: str) -> None:
    def open_all(text: str, collection: str) -> None:
        document = house.opened(collection).documents()[0]
        cited = house.quote(collection, document)
        house.keep(page, collection, conversation_of([(text, cited)]))
        open_page(house, page, collection)
        page.locator("#conversation .problem").wait_for(state="attached", timeout=60_000)
        open_beside(page, document)
        page.locator("#source-panel .source").wait_for(state="attached")
        with patch.object(house.opened(collection), "stream_check", lambda it: events_of(report_about(it, [cited]))):
            page.get_by_role("tab", name="Check").click()
            check(page, text)

    with watching(browser, house) as watch:
        page = watch.page()
        open_all("It is old.", "harmless")
        watch.learn(page)
        with patch(f"assistant.ui.{module}.escape", lambda text: text):
            open_all(DRAWING, "many")
            assert watch.unknown(page) != {}
