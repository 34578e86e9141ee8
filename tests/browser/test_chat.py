"""The page in a real browser, over the real command line, store and model."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import papers
from tests.browser.conftest import Visit, missing

pytestmark = pytest.mark.browser

ASKED = "Who declared that all schools in Blagoveshchensk would offer Chinese courses?"
UNANSWERABLE = "What is the GDP of France?"
PAYLOADS = Path(__file__).parents[3] / "shared" / "data" / "security" / "xss_payloads.txt"
HOSTILE = """# The <img src=x onerror="window.hacked=1"> lantern

The Quibberflax lantern is painted turquoise <script>window.hacked=1</script> by its <b>keeper</b> every spring.

The Quibberflax keeper is <img src="http://evil.example/a.png" onerror="window.hacked=1"> old ![x](http://evil.example/b.png).

The Quibberflax tower has [door](javascript:window.hacked=1), <svg><a href="javascript:window.hacked=1">x</a></svg>.

The Quibberflax shop sells <form action="http://evil.example"><input name=q></form> <iframe src="http://evil.example"></iframe>.
"""
ACTIVE = (
    "#conversation :is(img, iframe, form, svg a, script, object, embed, input), "
    "#documents :is(img, iframe, form, script), "
    "#evidence :is(.cards, .source-content) :is(img, iframe, form, svg, script), "
    "a[href^='javascript' i], [onerror], [onload], [onclick]"
)
CONTRAST = """(selector) => {
  const shown = [...document.querySelectorAll(selector)].find((element) => element.offsetParent);
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (colour, under) => {
    canvas.fillStyle = under; canvas.fillRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (parts) => parts.map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const layers = [];
  let opacity = 1;
  for (let element = shown; element; element = element.parentElement) {
    layers.unshift(getComputedStyle(element).backgroundColor);
    opacity *= Number(getComputedStyle(element).opacity);
  }
  const ground = layers.reduce((under, layer) => `rgb(${rgb(layer, under).join(",")})`, "white");
  const [back, fore] = [light(rgb(ground, "white")), light(rgb(getComputedStyle(shown).color, ground))];
  return opacity * (Math.max(back, fore) + 0.05) / (Math.min(back, fore) + 0.05);
}"""


def too_faint(visit: Visit, selectors: Sequence[str]) -> dict[str, float]:
    """What has less contrast than the 4.5 that WCAG asks of text, with the contrast that it has."""
    contrasts = {selector: visit.page.evaluate(CONTRAST, selector) for selector in selectors}
    return {selector: value for selector, value in contrasts.items() if value < 4.5}


def open_first_citation(visit: Visit) -> str:
    visit.page.locator("#conversation .bot").last.locator("a.citation").first.click()
    marked = visit.page.locator("#source-panel mark")
    marked.wait_for()
    return marked.text_content() or ""


def assert_nothing_ran(visit: Visit) -> None:
    assert visit.page.evaluate("window.hacked") is None
    assert visit.dialogs == []
    assert visit.outside() == []
    assert visit.page.locator(ACTIVE).count() == 0


def test_an_answer_is_numbered_quotes_and_a_click_shows_the_quote_in_its_document(visit: Visit) -> None:
    visit.ask(ASKED)
    answer = visit.page.locator("#conversation .bot .answer")
    expect(answer).to_contain_text("Vasily Orlov")
    expect(answer.locator("a.citation").first).to_have_text("[1]")
    quoted = answer.locator("blockquote").first.text_content()
    assert open_first_citation(visit) == quoted
    text = visit.page.locator("#source-panel .source-text").text_content() or ""
    assert quoted
    assert quoted in text
    assert len(text) > len(quoted)
    expect(visit.page.locator("#source-panel mark")).to_be_in_viewport()
    expect(visit.page.locator("#source-panel .source-place")).to_contain_text("line")
    assert visit.outside() == []
    assert visit.errors == []


def test_the_keyboard_opens_a_citation_and_escape_returns_to_it(visit: Visit) -> None:
    visit.ask(ASKED)
    citation = visit.page.locator("a.citation").first
    citation.focus()
    visit.page.keyboard.press("Enter")
    visit.page.locator("#source-panel mark").wait_for()
    expect(visit.page.get_by_role("region", name="Text of the document")).to_be_focused()
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator("#source-panel")).to_be_hidden()
    expect(citation).to_be_focused()


def test_a_citation_is_a_link_that_works_on_its_own(visit: Visit) -> None:
    visit.ask(ASKED)
    quoted = visit.page.locator("#conversation blockquote").first.text_content()
    visit.page.goto(str(visit.page.locator("a.citation").first.evaluate("link => link.href")))
    assert visit.page.locator("mark").text_content() == quoted


def test_a_refusal_says_why_and_shows_the_nearest_passages_as_such(visit: Visit) -> None:
    visit.ask(UNANSWERABLE)
    refusal = visit.page.locator("#conversation .refused")
    expect(refusal).to_contain_text("No answer in the documents")
    expect(refusal).to_contain_text("Nearest passages (not an answer)")
    assert refusal.locator("a.citation").count() == 0
    refusal.locator(".nearest a").first.click()
    marked = visit.page.locator("#source-panel mark").text_content() or ""
    assert (marked.split() or ["?"])[0] in refusal.locator(".nearest-text").first.inner_text()


def test_a_follow_up_shows_what_was_searched_for_and_that_can_be_changed(visit: Visit) -> None:
    visit.ask("What did Vasily Orlov declare?")
    visit.ask("Where is he governor?")
    understood = visit.page.locator("#conversation .understood").last
    expect(understood).to_contain_text("Searched for: Where is Vasily Orlov governor?")
    expect(visit.page.locator("#conversation .bot").last).to_contain_text("Amur Oblast")
    understood.get_by_role("button", name="Change").click()
    box = visit.page.get_by_label("Your question")
    expect(box).to_have_value("Where is Vasily Orlov governor?")
    expect(box).to_be_focused()
    visit.ask("Where is Vasily Orlov from?")
    expect(visit.page.locator("#conversation .understood")).to_have_count(1)


def test_a_hostile_document_is_shown_and_does_nothing(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "lantern.md"
    file.write_text(HOSTILE)
    visit.upload(file, shows="lantern.md added")
    for question in ("Which colour is the Quibberflax lantern painted?", "What does the Quibberflax shop sell?"):
        visit.ask(question)
    expect(visit.page.locator("#conversation")).to_contain_text("turquoise <script>window.")
    visit.page.locator("#conversation .bot a.place").last.click()
    expect(visit.page.locator("#source-panel .source-text")).to_contain_text('onerror="window.hacked=1"')
    visit.page.get_by_role("tab", name="Documents").click()
    visit.page.locator("#documents a.document", has_text="lantern").click()
    expect(visit.page.locator("#source-panel .source-text")).to_contain_text("turquoise")
    assert_nothing_ran(visit)


def test_a_quote_of_a_pdf_shows_its_page_with_the_quote_marked(visit: Visit, tmp_path: Path) -> None:
    data = papers.pdf(papers.lines("Notes on the harbour."), papers.lines("The magenta zebra sleeps under the pier."))
    (tmp_path / "pier.pdf").write_bytes(data)
    visit.upload(tmp_path / "pier.pdf", "pier.pdf added")
    visit.ask("Where does the magenta zebra sleep?")
    visit.page.locator("#conversation .bot").last.locator("a.citation").first.click()
    panel = visit.page.locator("#source-panel")
    expect(panel.locator(".source-place")).to_contain_text("page 2")
    picture = panel.locator(".source-picture img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    expect(panel.locator("mark")).to_be_in_viewport()
    with visit.page.context.expect_page() as opened:
        panel.locator("a.source-picture").click()
    expect(opened.value.locator("img")).to_be_visible()


def test_an_old_citation_says_when_its_document_has_changed_or_gone(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "zeppelin.txt"
    file.write_text("The zeppelin Amberwing landed in Tromso in the year 1931 with forty passengers on board.\n")
    visit.upload(file, shows="zeppelin.txt added")
    visit.ask("In which year did the zeppelin Amberwing land in Tromso?")
    assert "1931" in open_first_citation(visit)
    file.write_text("The zeppelin Amberwing landed in Tromso in the year 1932 with fifty passengers on board.\n")
    visit.upload(file, shows="zeppelin.txt updated")
    visit.page.locator("a.citation").first.click()
    expect(visit.page.locator("#source-panel .problem")).to_contain_text("changed")
    visit.page.get_by_role("tab", name="Documents").click()
    visit.page.get_by_role("button", name="Remove zeppelin").click()
    expect(visit.page.locator("#documents .removal")).to_have_count(0, timeout=30_000)
    visit.page.locator("a.citation").first.evaluate("link => link.click()")
    expect(visit.page.locator("#source-panel .problem")).to_contain_text("There is no document")


def test_markup_in_a_question_is_shown_as_text(visit: Visit) -> None:
    question = '<img src=x onerror="window.hacked=1"> ![x](http://evil.example/c.png) **bold** $$x$$'
    visit.ask(question)
    expect(visit.page.locator("#conversation .question")).to_have_text(question)
    assert_nothing_ran(visit)


def test_the_payload_collection_does_nothing_as_a_document_or_a_question(visit: Visit, tmp_path: Path) -> None:
    if not PAYLOADS.is_file():
        missing(f"This test needs the payload collection at {PAYLOADS}.")
    payloads = PAYLOADS.read_text(errors="replace")
    file = tmp_path / "payloads.md"
    file.write_text(payloads)
    visit.upload(file, shows="payloads.md added")
    lines = payloads.splitlines()
    visit.ask("\n".join(lines[:12]))
    visit.ask(lines[len(lines) // 2])
    visit.page.get_by_role("tab", name="Documents").click()
    visit.page.locator("#documents li", has_text="payloads.md").locator("a.document").click()
    expect(visit.page.locator("#source-panel .source-text")).to_contain_text(lines[0])
    assert_nothing_ran(visit)


@pytest.mark.parametrize("question", ["", " ?! ", "word " * 20_000], ids=["empty", "punctuation", "100,000 characters"])
def test_a_question_that_cannot_be_asked_leaves_the_box_usable(visit: Visit, question: str) -> None:
    visit.ask(question)
    expect(visit.page.locator("#conversation .notice")).to_have_count(1)
    visit.ask(ASKED)
    expect(visit.page.locator("#conversation .answer")).to_contain_text("Vasily Orlov")


def test_a_phone_shows_everything_without_scrolling_sideways(phone_visit: Visit) -> None:
    page = phone_visit.page
    overflow = "document.documentElement.scrollWidth - window.innerWidth"
    phone_visit.ask(ASKED)
    assert page.evaluate(overflow) <= 0
    open_first_citation(phone_visit)
    assert page.evaluate(overflow) <= 0
    page.get_by_role("button", name="Close the evidence").click()
    page.get_by_role("tab", name="Documents").click()
    page.locator("#documents li").first.wait_for()
    assert page.evaluate(overflow) <= 0
    parts = ("#documents .drop-zone", "#documents .document-list", "#documents .remove >> nth=0")
    boxes = [page.locator(selector).bounding_box() for selector in parts]
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(scheme: str, request: pytest.FixtureRequest) -> None:
    visit: Visit = request.getfixturevalue("dark_visit" if scheme == "dark" else "visit")
    visit.ask(UNANSWERABLE)
    visit.ask(ASKED)
    visit.ask("How far is Khabarovsk from the Chinese border?")
    open_first_citation(visit)
    selectors = [
        ".masthead h1",
        ".question",
        "blockquote",
        "a.place",
        ".introduction",
        ".introduction cite",
        "a.citation",
        "a.citation:not(.is-open)",
        ".notice-title",
        ".refusal p:not(.notice-title)",
        ".nearest-title",
        ".nearest-text",
        "#ask",
        "#question textarea",
        "button[role=tab]",
        ".source-title",
        ".source-place",
        ".source-about summary",
        ".source-text",
        "mark",
        ".source-back",
        ".turn-count",
        "#source-panel .likely",
        ".side-new",
        ".conversation-open",
        "#sidebar h2",
    ]
    assert too_faint(visit, selectors) == {}


def test_every_control_has_a_name(visit: Visit) -> None:
    visit.ask(ASKED)
    unnamed = """() => [...document.querySelectorAll("button, a[href], input, textarea, select")]
      .filter((control) => control.offsetParent)
      .filter((control) => !(control.getAttribute("aria-label") || control.textContent.trim() || control.title
        || [...(control.labels || [])].some((label) => label.textContent.trim())))
      .map((control) => control.outerHTML.slice(0, 200))"""
    assert visit.page.evaluate(unnamed) == []
    visit.page.get_by_role("tab", name="Documents").click()
    visit.page.locator("#documents li").first.wait_for()
    assert visit.page.evaluate(unnamed) == []
    markup = "[...document.querySelectorAll('[aria-label]')].filter((named) => named.ariaLabel.includes('<div')).length"
    assert visit.page.evaluate(markup) == 0
