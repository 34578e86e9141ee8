"""The chat on another site's page, in a real browser: what it shows there, and what that page can not do with it."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest
from playwright.sync_api import Browser, Dialog, FrameLocator, Locator, Page, expect

from assistant.escape import is_hidden, visible
from assistant.library import Library
from assistant.server import create_app
from assistant.settings import load_settings
from assistant.tokens import TokenStore
from tests.browser.test_chat import CONTRAST, HOSTILE
from tests.conftest import fill
from tests.desk_api import serving_app

pytestmark = pytest.mark.browser

WHO = "Who opened the Alder Bridge?"
ABSENT = "What is the GDP of France?"
HIDDEN = "The Vexillaria beetle is \u202eneerg\u202c and sleeps\u200b under\u00ad bark.\n"
SITE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A site</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {app}; frame-src {app}">
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><h1>The railway museum</h1><p>Open from nine to six.</p><a href="#more">More</a>
<script src="{app}/widget.js" {attributes} defer></script></body></html>"""


class Site(BaseHTTPRequestHandler):
    """A site of somebody else, whose pages have the script in them."""

    app = ""
    attributes = ""

    def do_GET(self) -> None:
        """The same page at every address."""
        body = SITE.format(app=self.app, attributes=self.attributes).encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving_site() -> Iterator[tuple[type[Site], int]]:
    """A site of its own for the block, and its port."""
    made: type[Site] = type("Made", (Site,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), made) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield made, server.server_address[1]
        finally:
            server.shutdown()
            thread.join(10)


@dataclass
class Host:
    """The two servers: the assistant's, and the site of which one of the two names may show it."""

    app: str
    allowed: str
    foreign: str
    site: type[Site]
    library: Library


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with serving_site() as (site, port):
        allowed, foreign = f"http://localhost:{port}", f"http://127.0.0.1:{port}"
        settings = load_settings(tmp_path_factory.mktemp("home"), allowed_origins=allowed)
        with Library(settings) as library:
            fill(library.collection()).add_text(HOSTILE, title="The <b>lantern", source="lantern")
            library.collection().add_text(HIDDEN, title="Beetles", source="beetles")
            library.create("zoo").add_text("The zebra sleeps under the pier.\n", title="Zebra", source="zebra")
            with serving_app(create_app(library, settings, with_page=False)) as address:
                site.app = address
                yield Host(address, allowed, foreign, site, library)


@dataclass
class Visitor:
    """A page of the site that is open in the browser, with all that it asked for and all that went wrong."""

    page: Page
    host: Host
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    @property
    def button(self) -> Locator:
        return self.page.locator("button")

    @property
    def box(self) -> Locator:
        return self.frame.get_by_label("Your question")

    def open(self) -> None:
        """Opens the panel by its button, and waits until the box has the focus."""
        self.button.click()
        expect(self.box).to_be_focused()

    def ask(self, question: str) -> Locator:
        """Asks by the keyboard; gives the answer when it is whole."""
        reply = self.frame.locator(".reply").nth(self.frame.locator(".reply").count())
        self.box.fill(question)
        self.box.press("Enter")
        reply.wait_for(state="attached")
        expect(self.frame.locator("#log")).to_have_attribute("aria-busy", "false", timeout=60_000)
        return reply

    def outside(self) -> list[str]:
        """The requests that went anywhere but to the two servers."""
        return [url for url in self.requests if not url.startswith((self.host.app, self.host.allowed))]


@contextmanager
def visiting(browser: Browser, host: Host, attributes: str = "", **context: Any) -> Iterator[Visitor]:
    host.site.attributes = attributes
    opened = browser.new_context(viewport=context.pop("viewport", {"width": 1100, "height": 800}), **context)
    # The panel stands in a closed shadow root, which the site's scripts cannot enter; these tests have to.
    opened.add_init_script(
        "(() => { const attach = Element.prototype.attachShadow;"
        " Element.prototype.attachShadow = function () { return attach.call(this, { mode: 'open' }); }; })()"
    )
    visitor = Visitor(opened.new_page(), host)
    visitor.page.on("request", lambda request: visitor.requests.append(request.url))
    visitor.page.on("pageerror", lambda error: visitor.errors.append(str(error)))

    def closed(dialog: Dialog) -> None:
        visitor.dialogs.append(dialog.message)
        dialog.dismiss()

    visitor.page.on("dialog", closed)
    visitor.page.goto(f"{host.allowed}/")
    try:
        yield visitor
    finally:
        opened.close()


@pytest.fixture
def visitor(browser: Browser, host: Host) -> Iterator[Visitor]:
    """A visitor of the site that may show it."""
    with visiting(browser, host, 'data-title="Ask the museum"') as made:
        yield made


def test_an_answer_is_numbered_quotes_and_each_number_opens_the_quote_in_its_document(visitor: Visitor) -> None:
    visitor.open()
    assert visitor.frame.locator("h1").text_content() == "Ask the museum"
    answer = visitor.ask(WHO)
    quoted = answer.locator("blockquote").first.text_content() or ""
    assert "Ida Holm" in quoted
    expect(answer.locator(".introduction")).to_have_text("Alder Bridge says:")
    expect(answer.locator("a.place").first).to_have_text("line 1")
    citation = answer.locator("a.citation").first
    expect(citation).to_have_text("[1]")
    citation.focus()
    with visitor.page.context.expect_page() as opened:
        visitor.page.keyboard.press("Enter")
    assert opened.value.locator("mark").text_content() == quoted
    assert opened.value.url.startswith(visitor.host.app)
    assert opened.value.evaluate("opener") is None
    assert (visitor.outside(), visitor.errors, visitor.dialogs) == ([], [], [])


def test_an_answer_is_shown_as_it_comes_in(visitor: Visitor) -> None:
    visitor.open()
    visitor.page.frames[1].evaluate(
        """() => {
          window.seen = [];
          new MutationObserver(() => window.seen.push(document.querySelector(".reply")?.innerText ?? ""))
            .observe(document.getElementById("log"), { childList: true, subtree: true });
        }"""
    )
    visitor.ask(WHO)
    seen = " | ".join(visitor.page.frames[1].evaluate("window.seen"))
    assert re.search(r"Searching the documents….*Reading \d+ passages….*Alder Bridge says:", seen, re.DOTALL)


def test_a_refusal_says_why_and_its_nearest_passages_open_in_their_documents(visitor: Visitor) -> None:
    visitor.open()
    answer = visitor.ask(ABSENT)
    expect(answer.locator(".refusal")).to_contain_text("No answer in the documents")
    expect(answer).to_contain_text("Nearest passages (not an answer)")
    assert answer.locator(".citation").count() == 0
    nearest = answer.locator(".nearest button").first
    shown = answer.locator(".nearest-text").first.text_content() or ""
    nearest.focus()
    visitor.page.keyboard.press("Enter")
    marked = visitor.frame.locator("#source mark")
    assert shown.split()[:3] == (marked.text_content() or "").split()[:3]
    expect(marked).to_be_in_viewport()
    expect(visitor.frame.get_by_role("button", name="Back to the chat")).to_be_focused()
    visitor.page.keyboard.press("Escape")
    expect(nearest).to_be_focused()
    expect(visitor.page.locator("section")).to_be_visible()


def test_a_follow_up_is_understood_until_a_new_chat_begins(visitor: Visitor) -> None:
    visitor.open()
    expect(visitor.frame.get_by_role("button", name="New chat")).to_be_hidden()
    visitor.ask(WHO)
    follow_up = visitor.ask("When did she open it?")
    expect(follow_up).to_contain_text("Searched for: When did Ida Holm open it?")
    visitor.button.click()
    visitor.open()
    expect(visitor.frame.locator(".reply")).to_have_count(2)
    visitor.frame.get_by_role("button", name="New chat").click()
    expect(visitor.frame.locator(".reply")).to_have_count(0)
    expect(visitor.box).to_be_focused()
    expect(visitor.ask("When did she open it?").locator(".refusal")).to_be_visible()


def test_hostile_text_is_shown_as_text_and_does_nothing(visitor: Visitor) -> None:
    visitor.open()
    lantern = visitor.ask("Which colour is the Quibberflax lantern painted?")
    expect(lantern).to_contain_text("turquoise <script>window.hacked=1</script>")
    expect(lantern).to_contain_text("The <b>lantern says:")
    shop = visitor.ask("What does the Quibberflax shop sell?")
    expect(shop).to_contain_text('<iframe src="http://evil.example">')
    asked = '<img src=x onerror="window.hacked=1"> ![x](http://evil.example/c.png)'
    visitor.ask(asked)
    expect(visitor.frame.locator(".question").last).to_have_text(asked)
    frame = visitor.page.frames[1]
    assert frame.locator("#log :is(img, iframe, form, svg, script, object, embed, input, b)").count() == 0
    assert frame.locator("[onerror], [onload], a:not([href^='http://127.0.0.1'])").count() == 0
    assert [each.evaluate("window.hacked") for each in visitor.page.frames] == [None, None]
    assert (visitor.outside(), visitor.dialogs, visitor.errors) == ([], [], [])


def test_characters_that_hide_or_reorder_are_shown_by_their_code_points(visitor: Visitor) -> None:
    visitor.open()
    quote = visitor.ask("Where does the Vexillaria beetle sleep?").locator("blockquote")
    assert quote.text_content() == "The Vexillaria beetle is U+202EneergU+202C and sleepsU+200B under\u00ad bark."
    expect(quote.locator(".hidden-character")).to_have_text(["U+202E", "U+202C", "U+200B"])


def test_the_same_characters_are_marked_as_on_our_own_page(visitor: Visitor) -> None:
    every = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
    special = [each for each in every if is_hidden(each) or category(each) in ("Cc", "Cf")]
    joined = ["\u0646\u200c\u0645", "a\u200cb", "\u0646\u200c", "\U0001f469\u200d\U0001f469"]
    text = ".".join([*special, *joined, "é", "日", "\u0301"])
    marked = re.findall("⟨(U[+][0-9A-F]+)⟩", visible(text))
    assert len(marked) > 150
    answer = visitor.host.library.collection().ask(ABSENT).to_dict() | {"reason": text, "nearest": []}
    body = f"event: answered\ndata: {json.dumps(answer)}\n\n"
    visitor.open()
    visitor.page.route("**/v1/ask", lambda route: route.fulfill(content_type="text/event-stream", body=body))
    assert visitor.ask(ABSENT).locator(".hidden-character").all_text_contents() == marked


def test_escape_closes_the_panel_and_the_focus_returns_to_its_button(visitor: Visitor) -> None:
    expect(visitor.button).to_have_attribute("aria-expanded", "false")
    assert visitor.requests == [f"{visitor.host.allowed}/", f"{visitor.host.app}/widget.js"]
    visitor.button.focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.box).to_be_focused()
    expect(visitor.button).to_have_attribute("aria-expanded", "true")
    closes: list[Callable[[], None]] = [
        lambda: visitor.page.keyboard.press("Escape"),
        lambda: visitor.frame.get_by_label("Close the chat").click(),
    ]
    for close in closes:
        close()
        expect(visitor.page.locator("section")).to_be_hidden()
        expect(visitor.button).to_be_focused()
        visitor.page.keyboard.press("Enter")
        expect(visitor.box).to_be_focused()


def test_an_answer_can_be_stopped_and_the_next_question_asked(visitor: Visitor) -> None:
    visitor.open()
    visitor.page.route("**/v1/ask", lambda route: None)
    visitor.box.fill("A question whose answer never comes")
    visitor.box.press("Enter")
    expect(visitor.frame.locator(".waiting")).to_be_visible()
    expect(visitor.frame.get_by_role("button", name="Ask", exact=True)).to_be_hidden()
    visitor.frame.get_by_role("button", name="Stop").click()
    expect(visitor.frame.locator(".reply")).to_have_text("Stopped.")
    expect(visitor.box).to_be_focused()
    visitor.page.unroute("**/v1/ask")
    expect(visitor.ask(WHO).locator("blockquote")).to_contain_text("Ida Holm")


def test_an_error_is_its_sentence_and_the_question_stays(visitor: Visitor) -> None:
    visitor.open()
    expect(visitor.ask(" ?! ")).to_contain_text("The question has no letter or digit in it; ask something in words.")
    expect(visitor.box).to_have_value(" ?! ")
    told = 'event: error\ndata: {"detail": "The model <b>is gone</b>."}\n\n'
    visitor.page.route("**/v1/ask", lambda route: route.fulfill(content_type="text/event-stream", body=told))
    expect(visitor.ask(WHO)).to_contain_text("The model <b>is gone</b>.")
    visitor.page.unroute("**/v1/ask")
    visitor.page.route("**/v1/ask", lambda route: route.abort())
    expect(visitor.ask(WHO)).to_contain_text("The assistant does not answer; see whether it is still running")
    assert visitor.errors == []


def test_a_language_models_words_are_shown_with_their_doubts(visitor: Visitor) -> None:
    visitor.open()
    quotes = [each.to_dict() for each in visitor.host.library.collection().ask(WHO).quotes]
    statements = [
        {"text": "Ida Holm did [1].", "quotes": [1], "supported": True},
        {"text": "In 1931 [1][7].", "quotes": [1], "supported": False},
        {"text": "<b>Bravely</b>.", "quotes": [], "supported": None},
    ]
    answer = visitor.host.library.collection().ask(WHO).to_dict()
    answer |= {"statements": statements, "model": "a <model>", "note": "One sentence was left out."}
    body = "".join(
        f"event: {name}\ndata: {data}\n\n"
        for name, data in [
            ("quoted", json.dumps({"quotes": quotes})),
            ("drafted", json.dumps({"text": "Ida"})),
            ("stated", json.dumps({"statements": statements, "quotes": quotes, "rest": "and"})),
            ("token", json.dumps({"text": "x"})),
            ("answered", json.dumps(answer)),
        ]
    )
    visitor.page.route("**/v1/ask", lambda route: route.fulfill(content_type="text/event-stream", body=body))
    reply = visitor.ask(WHO)
    prose = reply.locator(".prose")
    assert " ".join((prose.text_content() or "").split()) == (
        "Ida Holm did [1]. In 1931 [1][7]. ⚠ its quotes may not say so <b>Bravely</b>. ⚠ not from the documents"
    )
    expect(prose.locator("a.citation")).to_have_text(["[1]", "[1]"])
    expect(reply).to_contain_text("Put into words by a <model>; only the quotes are the documents' own.")
    expect(reply).to_contain_text("One sentence was left out.")


def test_the_collection_is_that_of_the_script_tag(browser: Browser, host: Host) -> None:
    with visiting(browser, host, 'data-collection="zoo"') as visitor:
        visitor.open()
        answer = visitor.ask("Where does the zebra sleep?")
        expect(answer.locator("blockquote")).to_have_text("The zebra sleeps under the pier.")
        with visitor.page.context.expect_page() as opened:
            answer.locator("a.citation").click()
        expect(opened.value.locator("mark")).to_have_text("The zebra sleeps under the pier.")
    with visiting(browser, host, 'data-collection="no where"') as visitor:
        visitor.open()
        expect(visitor.ask(WHO)).to_contain_text("There is no collection 'no where' in this home")


def test_a_site_that_is_not_allowed_shows_no_frame_but_says_so(browser: Browser, host: Host) -> None:
    with visiting(browser, host) as visitor:
        visitor.page.goto(f"{host.foreign}/")
        refusals: list[str] = []
        visitor.page.on("console", lambda message: refusals.append(message.text))
        visitor.button.click()
        expect(visitor.page.locator("section p")).to_contain_text("allowed_origins", timeout=15_000)
        assert visitor.page.frames[1].url.startswith("chrome-error:")
        assert any("frame-ancestors" in refusal for refusal in refusals)
        visitor.page.keyboard.press("Escape")
        expect(visitor.page.locator("section")).to_be_hidden()


def test_the_scripts_of_the_site_read_nothing_and_no_other_page_is_framed(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask(WHO)
    page = visitor.page
    inside = "document.body.lastElementChild.shadowRoot.querySelector('iframe')"
    assert page.evaluate(f"{inside}.contentDocument") is None
    # What is not said by the page around it, or in another form, changes nothing.
    page.evaluate(f"{inside}.contentWindow.postMessage({{assistant: 'open', title: 7, token: 'x y', theme: 'x'}}, '*')")
    page.evaluate("postMessage({assistant: 'close'}, '*')")
    expect(visitor.frame.locator("h1")).to_have_text("Ask the museum")
    expect(page.locator("section")).to_be_visible()
    for path in ("/docs", "/widget/", "/source?document=x"):
        page.evaluate(f"{inside}.src = '{visitor.host.app}{path}'")
        page.wait_for_function(f"() => {inside} !== null")
        page.wait_for_timeout(500)
        assert "chrome-error:" in page.frames[1].url or page.frames[1].url.endswith("/widget"), path


def test_a_token_is_shown_with_each_question_and_stands_in_no_address(
    browser: Browser, host: Host, tmp_path: Path
) -> None:
    settings = load_settings(tmp_path, allowed_origins=host.allowed)
    text, _ = TokenStore(tmp_path).create("site", collection="default")
    with Library(settings) as library:
        fill(library.collection())
        with serving_app(create_app(library, settings, with_page=False)) as address:
            shown = Host(address, host.allowed, host.foreign, host.site, library)
            before, host.site.app = host.site.app, address
            try:
                with visiting(browser, shown) as visitor:
                    visitor.open()
                    expect(visitor.ask(WHO)).to_contain_text("A token is needed")
                with visiting(browser, shown, f'data-token="{text}"') as visitor:
                    asked_with_a_token(visitor, text)
            finally:
                host.site.app = before


def asked_with_a_token(visitor: Visitor, token: str) -> None:
    visitor.open()
    answer = visitor.ask(WHO)
    quoted = answer.locator("blockquote").first.text_content() or ""
    assert "Ida Holm" in quoted
    answer.get_by_role("button", name="[1]").click()
    expect(visitor.frame.locator("#source mark")).to_have_text(quoted)
    expect(visitor.frame.locator("#source h2")).to_have_text("Alder Bridge")
    expect(visitor.frame.locator("#source .source-text")).to_contain_text("Trains cross the bridge")
    visitor.frame.get_by_role("button", name="Back to the chat").click()
    harbour = visitor.ask("Who reported ice in the strait?")
    harbour.get_by_role("button", name="[1]").click()
    expect(visitor.frame.locator("#source mark")).to_have_text(harbour.locator("blockquote").first.inner_text())
    assert not any(token in url for url in visitor.requests)
    assert visitor.errors == []
    visitor.page.keyboard.press("Escape")
    library = visitor.host.library.collection()
    library.add_text("Another text.", title="Alder Bridge", source="alder")
    visitor.frame.get_by_role("button", name="[1]").first.click()
    expect(visitor.frame.locator("#source")).to_contain_text("The document has changed since")


def test_a_phone_shows_the_panel_over_the_whole_page(browser: Browser, host: Host) -> None:
    with visiting(browser, host, viewport={"width": 390, "height": 780}, has_touch=True) as visitor:
        visitor.open()
        visitor.ask(ABSENT)
        visitor.ask(WHO)
        assert visitor.page.locator("iframe").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 780}
        sideways = "document.documentElement.scrollWidth - innerWidth"
        assert [frame.evaluate(sideways) for frame in visitor.page.frames] == [0, 0]
        expect(visitor.button).to_be_hidden()
        visitor.frame.get_by_label("Close the chat").tap()
        expect(visitor.button).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(browser: Browser, host: Host, scheme: Any) -> None:
    with visiting(browser, host, color_scheme=scheme) as visitor:
        visitor.open()
        visitor.ask(ABSENT)
        visitor.ask(WHO)
        visitor.ask(" ?! ")
        selectors = [
            "h1", "#anew", "#close", ".question", "blockquote", ".place", ".introduction", ".introduction cite",
            ".citation", ".notice-title", ".notice p:last-child", ".problem .notice-title", ".nearest-title",
            ".nearest-text", "#ask", "#question",
        ]  # fmt: skip
        contrast = partial(visitor.page.frames[1].evaluate, CONTRAST)
        assert {each: found for each in selectors if (found := contrast(each)) < 4.5} == {}


def test_a_theme_is_that_of_the_script_tag(browser: Browser, host: Host) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    for theme, colour in {"light": "rgb(255, 255, 255)", "dark": "rgb(27, 31, 36)"}.items():
        other = "dark" if theme == "light" else "light"
        with visiting(browser, host, f'data-theme="{theme}"', color_scheme=other) as visitor:
            visitor.open()
            assert visitor.page.frames[1].evaluate(ground) == colour


def test_every_control_has_a_name(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask(ABSENT)
    visitor.ask(WHO)
    unnamed = """() => [...document.querySelectorAll("button, a[href], textarea")]
      .filter((control) => control.offsetParent)
      .filter((control) => !(control.getAttribute("aria-label") || control.textContent.trim()))
      .map((control) => control.outerHTML.slice(0, 200))"""
    assert visitor.page.frames[1].evaluate(unnamed) == []
    expect(visitor.page.get_by_role("button", name="Close: Ask the museum")).to_be_visible()
    expect(visitor.frame.locator("#voice")).to_contain_text("Answer: ")
