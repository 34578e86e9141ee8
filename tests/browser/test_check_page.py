"""The check of a text in a real browser: the real page and documents, over a front door whose verdicts are known."""

import re
import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Download, Locator, expect

from assistant.api.guard import Guard
from assistant.export import as_csv, as_markdown
from assistant.server import listen
from assistant.ui import add_page, add_sources
from assistant.verdict import (
    VERDICTS,
)
from tests.browser.checker import Checker, Single
from tests.browser.conftest import Visit
from tests.browser.test_chat import HOSTILE, too_faint
from tests.conftest import fill, opened

pytestmark = [
    pytest.mark.browser,
    # The page is served in this process, and Gradio uses what pandas is about to drop.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

TEXT = (
    "About the bridge\n\nThe Alder Bridge was opened in 1931. Trains cross it at 80 kilometres an hour. It carries two "
    "tracks. Is it beautiful?\n\nIt is painted green and was opened in 1931."
)
ARTICLE = "".join(f"Sentence {number} of the article says that the bridge is open.\n" for number in range(3_000))


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checker]:
    with fill(opened(tmp_path_factory.mktemp("checked"))) as assistant:
        yield Checker(assistant)


@pytest.fixture(scope="module")
def address(checker: Checker) -> Iterator[str]:
    """Where the page of the checker answers."""
    listening = listen("127.0.0.1", 0)
    app = FastAPI()
    add_sources(app, lambda request: cast(Any, checker))
    add_page(app, cast(Any, Single(checker)), lambda request: cast(Any, checker))
    server = uvicorn.Server(uvicorn.Config(cast(Any, Guard(app)), log_config=None, log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)


def start(visit: Visit, text: str) -> None:
    visit.page.get_by_role("tab", name="Check").click()
    # As a paste does it: Playwright's own way of filling takes chromium many seconds for a text of thousands of lines.
    visit.page.locator("#text textarea").evaluate(
        "(box, text) => { box.value = text; box.dispatchEvent(new Event('input', { bubbles: true })); }", text
    )
    visit.page.get_by_role("button", name="Check", exact=True).click()


def check(visit: Visit, text: str = TEXT) -> Locator:
    """Checks a text and waits until its report is whole."""
    start(visit, text)
    visit.page.locator("#check-progress .finished").wait_for(timeout=60_000)
    return visit.page.locator("#check-result")


def overflow(visit: Visit) -> int:
    return int(visit.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def test_each_claim_of_the_text_is_marked_by_colour_and_sign(visit: Visit) -> None:
    result = check(visit)
    expect(visit.page.locator("#check-progress")).to_contain_text("4 claims checked.")
    grounds = set()
    for verdict, sign, name in (
        ("supported", "✓", "supported: The Alder Bridge was opened in 1931."),
        ("contradicted", "✕", "contradicted: Trains cross it at 80 kilometres an hour."),
        ("conflicting", "⇄", "conflicting: It carries two tracks."),
        ("not_found", "?", "not found: It is painted green and was opened in 1931."),
    ):
        summary = result.locator(f"details.{verdict} > summary")
        expect(summary).to_have_text(f"{sign}{name}")
        grounds.add(summary.evaluate("summary => getComputedStyle(summary).backgroundColor"))
    assert len(grounds) == 4
    expect(result.locator(".no-claim")).to_have_text(
        ["About the bridgenot a claim (heading)", "Is it beautiful?not a claim (question)"]
    )
    assert "".join(result.locator(".words").all_text_contents()) == TEXT


def test_the_sentences_of_a_paragraph_run_on_in_their_lines(visit: Visit) -> None:
    result = check(visit)
    boxes = [result.locator(f"details.{verdict}").bounding_box() for verdict in ("supported", "contradicted")]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] == boxes[1]["y"]


def test_a_click_on_a_claim_shows_its_quotes_and_a_quote_opens_the_source_panel(visit: Visit, checker: Checker) -> None:
    claim = check(visit).locator("details.conflicting")
    expect(claim.locator(".evidence")).to_be_hidden()
    claim.locator("summary").click()
    evidence = claim.locator(".evidence")
    expect(evidence).to_be_visible()
    for words in (
        "This is why it is conflicting.",
        "Read as: The Alder Bridge carries two tracks.",
        "The document says 40 kilometres, the claim 80. [2]",
        "Quotes for it",
        "Quotes against it",
    ):
        expect(evidence).to_contain_text(words)
    opening, speed = checker.quotes
    expect(evidence.locator("blockquote")).to_have_text([opening.text, speed.text])
    evidence.locator(".quote a.citation").last.click()
    expect(visit.page.locator("#source-panel mark")).to_have_text(speed.text)
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator("#source-panel")).to_be_hidden()
    claim.locator("summary").click()
    expect(evidence).to_be_hidden()


def test_from_a_claims_source_one_goes_on_to_its_other_quotes_and_back_to_their_cards(
    visit: Visit, checker: Checker
) -> None:
    page = visit.page
    claim = check(visit).locator("details.conflicting")
    claim.locator("summary").click()
    opening, speed = checker.quotes
    claim.locator(".quote a.citation").first.click()
    expect(page.locator("#source-panel mark")).to_have_text(opening.text)
    page.get_by_role("button", name="Next quote").click()
    expect(page.locator("#source-panel mark")).to_have_text(speed.text)
    page.get_by_role("button", name="All quotes").click()
    expect(page.locator("#evidence .card .quoted")).to_have_text([opening.text, speed.text])
    expect(page.locator("#evidence")).to_contain_text("It carries two tracks.")
    expect(page.locator("#evidence .likely:visible")).to_have_count(0)
    page.get_by_role("tab", name="Chat").click()
    expect(page.locator("#evidence")).to_be_hidden()
    page.get_by_role("tab", name="Check").click()
    expect(page.locator("#evidence .card").first).to_be_visible()


def test_a_claim_and_its_quotes_are_reached_by_the_keyboard(visit: Visit) -> None:
    claim = check(visit).locator("details.supported")
    claim.locator("summary").focus()
    visit.page.keyboard.press("Enter")
    expect(claim.locator(".evidence")).to_be_visible()
    visit.page.keyboard.press("Tab")
    expect(claim.locator("a.citation")).to_be_focused()
    visit.page.keyboard.press("Enter")
    visit.page.locator("#source-panel mark").wait_for()
    visit.page.keyboard.press("Escape")
    expect(claim.locator("a.citation")).to_be_focused()


def test_both_downloads_are_the_report(visit: Visit, checker: Checker) -> None:
    check(visit)
    for title, expected in (("Markdown", as_markdown), ("CSV", as_csv)):
        with visit.page.expect_download() as downloading:
            visit.page.get_by_role("link", name=f"Download {title}").click()
        download: Download = downloading.value
        assert download.path().read_bytes().decode() == expected(checker.reports[-1])
        assert download.suggested_filename == f"claims.{'md' if title == 'Markdown' else 'csv'}"
    assert visit.errors == []


def test_a_download_of_a_report_that_is_gone_says_what_to_do(visit: Visit) -> None:
    for name in ("claims.md", "claims.csv", "else.txt"):
        answer = visit.page.request.get(f"{visit.address}/check/{name}?key=guessed")
        assert answer.status == 404
        assert answer.text() == "This report is no longer there; check the text again, then download it."


def test_leaving_the_page_ends_its_check(visit: Visit, checker: Checker) -> None:
    start(visit, "Slowly it says this. " + "It says that. " * 200)
    visit.page.locator("#check-result details.claim").first.wait_for()
    assert not checker.closed.is_set()
    visit.page.goto("about:blank")
    assert checker.closed.wait(10)


def test_a_running_check_grows_can_be_read_and_is_stopped_with_what_was_found(visit: Visit, checker: Checker) -> None:
    start(visit, "Slowly it says this. " + "It says that. " * 200)
    page = visit.page
    claims = page.locator("#check-result details.claim")
    claims.first.locator("summary").click()
    expect(claims).not_to_have_count(1)
    found = claims.count()
    expect(claims).not_to_have_count(found)
    expect(claims.first.locator(".evidence")).to_be_visible()
    expect(claims.first.locator("summary")).to_be_focused()
    expect(page.locator("#check-progress progress")).to_have_attribute("max", "201")
    expect(page.get_by_role("status").filter(has_text="Checking 201 claims.")).to_have_count(1)
    assert not checker.closed.is_set()
    page.locator("#check-stop").click()
    expect(page.locator("#check-progress .state")).to_contain_text(re.compile(r"Stopped: \d+ of 201 claims checked"))
    assert checker.closed.wait(5)
    expect(page.locator("#check-stop")).to_be_hidden()
    expect(claims.first.locator(".evidence")).to_be_visible()
    stopped = claims.count()
    assert stopped > found
    page.wait_for_timeout(1_000)
    assert claims.count() == stopped
    check(visit)
    expect(claims).to_have_count(4)


def test_a_text_of_thousands_of_claims_leaves_the_page_usable(visit: Visit) -> None:
    page = visit.page
    page.evaluate(
        "() => { window.longest = 0; let last = performance.now(); setInterval(() => { const now = performance.now();"
        " window.longest = Math.max(window.longest, now - last); last = now; }, 20); }"
    )
    result = check(visit, ARTICLE)
    expect(page.locator("#check-progress")).to_contain_text("3,000 claims checked.")
    expect(result.locator(".part")).to_contain_text("The text is long: this is part 1 of")
    first = result.locator(".words").first.inner_text()
    page.get_by_role("button", name="Later part").click()
    expect(result.locator(".part")).to_contain_text("this is part 2 of")
    page.get_by_role("button", name="Earlier part").click()
    expect(result.locator(".words").first).to_have_text(first)
    page.get_by_label("Show", exact=True).click()
    page.get_by_role("option", name="Only contradicted").click()
    expect(result.locator(".part")).to_contain_text("contradicted claims 1 to")
    assert result.locator("details.claim:not(.contradicted)").count() == 0
    assert page.evaluate("window.longest") < 2_000


def test_a_hostile_text_is_shown_and_does_nothing(visit: Visit) -> None:
    result = check(visit, HOSTILE)
    assert "".join(result.locator(".words").all_text_contents()) == HOSTILE
    assert visit.page.evaluate("window.hacked") is None
    assert visit.dialogs == []
    assert visit.outside() == []
    assert result.locator(":is(img, iframe, form, svg, script, input), [onerror]").count() == 0


def test_an_empty_text_is_one_sentence_and_the_page_goes_on(visit: Visit) -> None:
    start(visit, "")
    expect(visit.page.locator("#check-progress .notice")).to_contain_text("The text is empty;")
    expect(check(visit).locator("details.claim")).to_have_count(4)


def test_a_phone_shows_a_check_without_scrolling_sideways(phone_visit: Visit) -> None:
    result = check(phone_visit, TEXT + "\n" + "endless" * 80 + ".")
    assert overflow(phone_visit) <= 0
    for summary in result.locator("summary").all():
        summary.click()
    expect(result.locator(".evidence").last).to_be_visible()
    assert overflow(phone_visit) <= 0
    box = result.locator(".checked-text").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    result.locator("a.citation").first.click()
    phone_visit.page.locator("#source-panel mark").wait_for()
    assert overflow(phone_visit) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_checked_text_has_enough_contrast(scheme: str, request: pytest.FixtureRequest) -> None:
    visit: Visit = request.getfixturevalue("dark_visit" if scheme == "dark" else "visit")
    result = check(visit)
    for summary in result.locator("summary").all():
        summary.click()
    verdicts = [
        f"#check-result .{verdict} > {inner}"
        for verdict in VERDICTS
        for inner in ("summary .words", "summary .sign", ".evidence .verdict b", ".evidence .reason")
    ]
    selectors = [
        *verdicts,
        *(f".tally .{verdict} .sign" for verdict in VERDICTS),
        ".tally .meaning",
        "#check-progress .state",
        ".hint",
        ".judge",
        "a.download",
        ".no-claim .words",
        ".kind",
        ".read-as",
        ".sure",
        ".quotes-title",
        "#check-result blockquote",
        "#check-result a.citation",
        "#check-result a.place",
    ]
    assert too_faint(visit, selectors) == {}
