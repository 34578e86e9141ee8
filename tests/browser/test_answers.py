"""What a person does with an answer in a real browser, and what they see where there is none or not all of one."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, FilePayload, Page, expect
from typer.testing import CliRunner

from assistant import cli
from assistant.eval_cases import read_cases
from tests import papers
from tests.browser.conftest import CHAT, Visit, _printed_address, _visit
from tests.browser.test_chat import too_faint
from tests.desk_server import Server

pytestmark = pytest.mark.browser

DECLARED = "What did Vasily Orlov declare?"
WHERE = "Where is he governor?"
UNANSWERABLE = "What is the GDP of France?"


@dataclass
class Own:
    """A server of one test, which can be ended and begun again at the same address."""

    home: Path
    address: str = ""
    process: "subprocess.Popen[str] | None" = None

    def begin(self, *options: str) -> None:
        port = self.address.rpartition(":")[2] or _free_port()
        command = [*(part.format(home=self.home) for part in CHAT[:-1]), port, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.address = _printed_address(self.process)

    def end(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait(20)
        if self.process.stdout:
            self.process.stdout.close()

    def pause(self, *, is_over: bool = False) -> None:
        """Answers nothing for a while, as a server that has much to do."""
        assert self.process
        os.kill(self.process.pid, signal.SIGCONT if is_over else signal.SIGSTOP)


def _free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Own]:
    made = Own(tmp_path / "home")
    try:
        made.begin()
        yield made
    finally:
        made.end()


@pytest.fixture
def own_visit(browser: Browser, own: Own) -> Iterator[Visit]:
    yield from _visit(browser, own.address, 1280, 800, "light")


def pressed(page: Page) -> list[str | None]:
    """Of each thumb, in the order of the page, whether it is pressed."""
    thumbs = page.locator("#conversation").get_by_role("button", name=re.compile("^(Good|Bad) answer$"))
    return [thumb.get_attribute("aria-pressed") for thumb in thumbs.all()]


def kept(page: Page) -> dict[str, object]:
    """The conversation that the browser keeps."""
    text = page.evaluate("Object.entries(localStorage).find(([key]) => key.startsWith('conversation:'))?.[1]")
    read: dict[str, object] = json.loads(json.loads(text)["text"])
    return read


def reload(page: Page) -> None:
    page.reload()
    page.locator("#conversation .rated").first.wait_for(state="attached", timeout=60_000)


# --- copying


def test_a_copied_answer_is_markdown_whose_links_open_the_quote(visit: Visit) -> None:
    page = visit.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.ask(DECLARED)
    quoted = page.locator("#conversation blockquote").first.text_content() or "?"
    copy = page.get_by_role("button", name="Copy", exact=True)
    copy.press("Enter")
    expect(page.get_by_role("status").filter(has_text="The answer is copied, with its citations.")).to_be_attached()
    expect(page.locator("#conversation .copy")).to_have_text("Copied")
    expect(page.locator("#conversation .copy")).to_be_focused()
    expect(copy).to_be_visible()
    tokens = MarkdownIt("commonmark").parse(page.evaluate("navigator.clipboard.readText()"))
    inline = [child for token in tokens for child in token.children or ()]
    assert quoted in [child.content for child in inline]
    (link,) = [str(child.attrGet("href")) for child in inline if child.type == "link_open"]
    assert link.startswith(f"{visit.address}/d/")
    page.goto(link)
    expect(page.locator("mark")).to_have_text(quoted)


def test_a_copied_answer_of_a_hostile_document_has_no_link_of_its_own(visit: Visit) -> None:
    page = visit.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    text = "The Wobbleton beacon](d/evil) is [painted](d/evil) <b>mauve</b> ![x](http://evil.example) by its keeper."
    sent = page.request.post(f"{visit.address}/v1/texts", data={"text": text, "title": "](d/evil)", "source": "evil"})
    assert sent.ok, sent.text()
    visit.ask("Which colour is the Wobbleton beacon painted?")
    expect(page.locator("#conversation blockquote").first).to_contain_text("mauve")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("#conversation .copy")).to_have_text("Copied")
    rendered = MarkdownIt("commonmark", {"html": True}).render(page.evaluate("navigator.clipboard.readText()"))
    assert rendered.count("<a ") == rendered.count(f'<a href="{visit.address}/d/') >= 1
    assert "/d/evil" not in rendered.replace("](d/evil)", "")
    assert "<b>" not in rendered


# --- what a person says of an answer


def test_what_is_said_of_an_answer_is_kept_in_the_browser_and_can_be_taken_back(visit: Visit) -> None:
    page = visit.page
    visit.ask(DECLARED)
    visit.ask(UNANSWERABLE)
    assert pressed(page) == ["false"] * 4
    before = len(visit.requests)
    page.get_by_role("button", name="Good answer").last.click()
    expect(page.get_by_role("button", name="Good answer").last).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Bad answer").first.press("Enter")
    wording = page.get_by_label("What would have been right?")
    expect(wording).to_be_focused()
    wording.fill("<b>all</b> schools")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Bad answer").first).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Saved in this browser.")).to_be_attached()
    assert visit.requests[before:] == []
    reload(page)
    expect(page.locator("#conversation .rating-told")).to_contain_text("What would have been right: <b>all</b> schools")
    assert pressed(page) == ["false", "true", "true", "false"]
    page.get_by_role("button", name="Bad answer").first.click()
    expect(page.locator("#conversation .rating-told")).to_have_count(0)
    reload(page)
    expect(page.get_by_role("button", name="Good answer").last).to_have_attribute("aria-pressed", "true")
    assert pressed(page) == ["false", "false", "true", "false"]
    assert visit.errors == []


def test_what_is_said_while_the_next_answer_is_awaited_is_not_lost(written_visit: Visit, model: Server) -> None:
    page = written_visit.page
    model.words, model.pause = ("Schools offer courses [1].",), 0.0
    written_visit.ask(DECLARED)
    model.words, model.pause = ("Schools ", "offer ", "courses [1]."), 2.0
    page.get_by_label("Your question").fill("What would all schools in Blagoveshchensk offer?")
    page.get_by_label("Your question").press("Enter")
    expect(page.locator("#conversation .unfinished")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Bad answer").click()
    page.get_by_label("What would have been right?").fill("typed in the meantime")
    expect(page.locator("#conversation .rated")).to_have_count(2, timeout=60_000)
    expect(page.get_by_label("What would have been right?")).to_have_value("typed in the meantime")
    expect(page.get_by_label("What would have been right?")).to_be_focused()
    page.get_by_role("button", name="Save").click()
    reload(page)
    expect(page.locator("#conversation .rating-told")).to_contain_text("typed in the meantime")
    assert pressed(page) == ["false", "true", "false", "false"]


def test_feedback_is_exported_as_questions_that_assistant_eval_finds_right(own: Own, own_visit: Visit) -> None:
    page = own_visit.page
    own_visit.ask(DECLARED)
    quoted = page.locator("#conversation blockquote").first.text_content()
    own_visit.ask(WHERE)
    own_visit.ask(UNANSWERABLE)
    for place in range(3):
        page.get_by_role("button", name="Good answer").nth(place).click()
    page.get_by_role("button", name="New chat").click()
    expect(page.locator("#conversation .question")).to_have_count(0)
    own_visit.ask("How far is Khabarovsk from the Chinese border?")
    page.get_by_role("button", name="Bad answer").click()
    page.get_by_label("The documents do not say").check()
    expect(page.get_by_label("What would have been right?")).to_be_disabled()
    page.get_by_role("button", name="Save").click()
    own_visit.ask(DECLARED)
    page.get_by_role("button", name="Bad answer").last.click()
    page.get_by_label("What would have been right?").press("Escape")
    expect(page.locator("#conversation .rating")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export feedback as evaluation questions").click()
    told = "4 questions were exported. 1 bad answer was left out: nobody said what would have been right."
    expect(page.get_by_role("status").filter(has_text=told)).to_be_visible()
    file = download.value.path()
    cases = {case.question: case for case in read_cases(file.read_bytes())}
    assert cases[DECLARED].answers == (quoted,)
    assert [question for question, _ in cases[WHERE].history] == [DECLARED]
    assert cases[UNANSWERABLE].answers == ()
    done = CliRunner().invoke(cli.app, ["--home", str(own.home), "eval", str(file), "--json"])
    results = {each["case"]["question"]: each["outcome"] for each in json.loads(done.stdout)["results"]}
    assert results.pop("How far is Khabarovsk from the Chinese border?") == "wrong"
    assert set(results) == {DECLARED, WHERE, UNANSWERABLE}
    assert set(results.values()) == {"right"}


def test_what_was_said_goes_with_the_exported_conversation(visit: Visit) -> None:
    page = visit.page
    visit.ask(DECLARED)
    page.get_by_role("button", name="Bad answer").click()
    page.get_by_label("What would have been right?").fill("courses")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name=f"More for {DECLARED}").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="as JSON").click()
    (exchange,) = json.loads(download.value.path().read_text("utf-8"))["exchanges"]
    assert (exchange["feedback"], exchange["expected"]) == ("bad", "courses")
    assert kept(page)["exchanges"] == [exchange]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_and_the_thumbs_can_be_read_in_both_schemes(scheme: str, request: pytest.FixtureRequest) -> None:
    visit: Visit = request.getfixturevalue("dark_visit" if scheme == "dark" else "visit")
    visit.ask(DECLARED)
    visit.ask(UNANSWERABLE)
    visit.page.get_by_role("button", name="Good answer").last.click()
    visit.page.get_by_role("button", name="Bad answer").first.click()
    selectors = [".copy", ".good", ".bad", ".good[aria-pressed=true]", ".bad[aria-pressed=true]"]
    selectors += [".rating label", ".rating p", ".rating textarea", ".rating-save", ".rating-acts button:last-child"]
    assert too_faint(visit, selectors) == {}
    visit.page.get_by_role("button", name="Save").click()
    assert too_faint(visit, [".rating-told", ".rating-told button"]) == {}


def test_a_phone_shows_the_form_without_scrolling_sideways(phone_visit: Visit) -> None:
    page = phone_visit.page
    phone_visit.ask(DECLARED)
    page.get_by_role("button", name="Bad answer").click()
    expect(page.get_by_role("button", name="Save")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


# --- states


def test_a_refusal_says_what_to_do(visit: Visit) -> None:
    visit.ask(UNANSWERABLE)
    refusal = visit.page.locator("#conversation .refusal")
    expect(refusal).to_contain_text("No answer in the documents")
    expect(refusal).to_contain_text("ask with other words, or add a document")


def test_a_quote_of_a_document_that_was_read_in_part_says_what_is_missing(visit: Visit) -> None:
    page = visit.page
    data = papers.pdf(papers.lines("The vermilion walrus lives under the Quorn lighthouse."), ())
    file: dict[str, str | float | bool | bytes | FilePayload] = {
        "files": {"name": "walrus.pdf", "mimeType": "application/pdf", "buffer": data}
    }
    sent = page.request.post(f"{visit.address}/v1/documents?wait=60", multipart=file, timeout=90_000)
    assert sent.ok, sent.text()
    visit.ask("Where does the vermilion walrus live?")
    notice = page.locator("#conversation .partly-read")
    expect(notice).to_contain_text("Read only in part: walrus")
    expect(notice).to_contain_text("Nothing is on page 2 that is text.")


@pytest.mark.parametrize(
    ("status", "words", "title"),
    [
        (400, (), "The language model did not answer"),
        (200, ("It is red.",), "Nothing of the language model’s answer was kept"),
    ],
)
def test_without_a_models_words_the_reason_and_the_quotes_are_shown(
    written_visit: Visit, model: Server, status: int, words: tuple[str, ...], title: str
) -> None:
    model.status, model.words, model.pause = status, words, 0.0
    try:
        written_visit.ask(DECLARED)
    finally:
        model.status = 200
    notice = written_visit.page.locator("#conversation .wordless")
    expect(notice).to_contain_text(title)
    expect(notice).to_contain_text("Ask again")
    expect(written_visit.page.locator("#conversation blockquote").first).to_contain_text("Vasily Orlov")
    assert too_faint(written_visit, [".wordless .notice-title", ".wordless .note"]) == {}


def test_escape_stops_the_answer_unless_it_closes_something(written_visit: Visit, model: Server) -> None:
    model.words, model.pause = ("word ",) * 9, 15.0
    page = written_visit.page
    page.get_by_label("Your question").fill(DECLARED)
    page.get_by_label("Your question").press("Enter")
    writing = page.locator("#conversation .quiet")
    expect(writing).to_contain_text("Being written", timeout=60_000)
    assert writing.locator(".dots").evaluate("dots => getComputedStyle(dots).animationName") == "breathe"
    page.locator("#conversation a.citation").first.click()
    page.locator("#source-panel mark").wait_for()
    page.keyboard.press("Escape")
    expect(page.locator("#source-panel")).to_be_hidden()
    expect(page.locator("#conversation .unfinished")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#conversation .stopped")).to_contain_text("Stopped. Ask again, or ask something else.")
    expect(page.locator("#conversation .quiet")).to_have_count(0)
    model.words, model.pause = ("Schools offer courses [1].",), 0.0
    page.get_by_label("Your question").fill("What would all schools in Blagoveshchensk offer?")
    page.get_by_label("Your question").press("Enter")  # once, though Gradio takes none while it ends the one before
    expect(page.locator("#conversation .prose-text").last).to_contain_text("Schools offer courses [1].", timeout=60_000)


def test_a_question_that_waits_for_others_says_so_and_can_be_stopped(
    browser: Browser, written_address: str, model: Server
) -> None:
    model.words, model.pause = ("word ",) * 9, 20.0
    visiting = contextmanager(_visit)
    with ExitStack() as stack:
        *earlier, last = [
            stack.enter_context(visiting(browser, written_address, 1280, 800, "light")).page for _ in range(5)
        ]
        for page in earlier:
            page.get_by_label("Your question").fill(DECLARED)
            page.get_by_label("Your question").press("Enter")
            expect(page.locator("#conversation .unfinished")).to_be_visible(timeout=60_000)
        last.get_by_label("Your question").fill(DECLARED)
        last.get_by_label("Your question").press("Enter")
        state = last.locator("#waiting-state")
        expect(state).to_contain_text("Other questions are being answered first; yours comes next", timeout=30_000)
        assert state.locator(".dots").evaluate("dots => getComputedStyle(dots).animationName") == "breathe"
        last.get_by_role("button", name="Stop").click()
        expect(state).to_be_hidden()
        expect(last.get_by_label("Your question")).to_have_value(DECLARED)
        expect(last.locator("#conversation .question")).to_have_count(0)
        for page in earlier:
            page.keyboard.press("Escape")
            expect(page.locator("#conversation .stopped")).to_be_visible()


def test_a_slow_server_is_waited_for_with_something_that_moves(own: Own, own_visit: Visit) -> None:
    own_visit.ask(DECLARED)
    own.pause()
    own_visit.page.get_by_label("Your question").fill(UNANSWERABLE)
    own_visit.page.get_by_label("Your question").press("Enter")
    expect(own_visit.page.locator("#waiting-state .dots")).to_be_visible()
    expect(own_visit.page.get_by_role("button", name="Stop")).to_be_visible()
    own.pause(is_over=True)
    expect(own_visit.page.locator("#conversation .refusal")).to_be_visible(timeout=60_000)
    expect(own_visit.page.locator("#waiting-state")).to_be_hidden()


def test_a_server_that_is_gone_is_said_and_the_page_goes_on_when_it_is_back(own: Own, own_visit: Visit) -> None:
    page = own_visit.page
    own_visit.ask(DECLARED)
    own.pause()
    page.get_by_label("Your question").fill(UNANSWERABLE)
    page.get_by_label("Your question").press("Enter")
    expect(page.locator("#waiting-state .dots")).to_be_visible()
    own.end()
    alert = page.get_by_role("alert").filter(has_text="The assistant does not answer")
    expect(alert).to_contain_text("See whether it is still running.", timeout=30_000)
    expect(page.locator(".toast-wrap:visible")).to_have_count(0)
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    own.begin()
    expect(alert).to_have_count(0, timeout=60_000)
    expect(page.locator("#conversation .question")).to_have_text([DECLARED], timeout=60_000)
    expect(page.get_by_label("Your question")).to_have_value(UNANSWERABLE)
    page.get_by_label("Your question").press("Enter")
    expect(page.locator("#conversation .refusal")).to_be_visible(timeout=60_000)


def test_an_answer_that_broke_off_is_asked_again(browser: Browser, own: Own, model: Server) -> None:
    own.end()
    model.words, model.pause = ("word ",) * 9, 15.0
    own.begin("--model", "small", "--model-url", model.url)
    with contextmanager(_visit)(browser, own.address, 1280, 800, "light") as made:
        page = made.page
        page.get_by_label("Your question").fill(DECLARED)
        page.get_by_label("Your question").press("Enter")
        expect(page.locator("#conversation .quiet")).to_be_visible(timeout=60_000)
        own.end()
        expect(page.get_by_role("alert")).to_contain_text("The assistant does not answer", timeout=30_000)
        own.begin()
        expect(page.locator("#conversation .stopped")).to_contain_text("Not answered.", timeout=60_000)
        page.locator("#conversation .again:visible").click()
        expect(page.locator("#conversation .answer blockquote").first).to_contain_text("Vasily Orlov", timeout=60_000)
        assert page.locator("#conversation .question").all_inner_texts() == [DECLARED]
