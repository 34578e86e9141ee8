"""The evidence beside the chat: cards of an answer's quotes, and the source of each, by pointer and by keyboard."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Visit, _visit
from tests.browser.test_chat import HOSTILE, UNANSWERABLE, assert_nothing_ran, too_faint
from tests.desk_server import Server

pytestmark = pytest.mark.browser

LIGHTHOUSE = """# The Vellamo lighthouse

The Vellamo lighthouse stands on a low rock. The keeper of the Vellamo lighthouse lights the lamp at dusk every \
evening. It burns colza oil. The island has no trees.

Visitors land at the western jetty. The keeper of the Vellamo lighthouse puts out the lamp at dawn every morning. \
Then the keeper sleeps.
"""
ARABIC = "بني الميناء القديم في عام 1874. تم ترميم الرصيف الشمالي في عام 1981 بعد العاصفة الكبيرة."
LAMP = "When does the keeper of the Vellamo lighthouse light and put out the lamp?"
OILS = "What does the lamp of the Vellamo lighthouse burn?"
BESIDE = pytest.mark.parametrize("sized", [(1440, 900, "light"), (1024, 768, "dark")], indirect=True, ids=str)
PHONE = pytest.mark.parametrize("sized", [(390, 844, "dark")], indirect=True, ids=str)


@pytest.fixture
def sized(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """The page in a window of the size and scheme that the test names."""
    yield from _visit(browser, address, *request.param)


def tell(visit: Visit, title: str, text: str) -> None:
    """Adds a document."""
    sent = {"title": title, "source": f"evidence:{title}", "text": text}
    assert visit.page.request.post(f"{visit.address}/v1/texts", data=sent).ok


def ask_about_the_lamp(visit: Visit) -> Locator:
    """Asks what two quotes answer, and gives the answer."""
    tell(visit, "Vellamo", LIGHTHOUSE)
    visit.ask(LAMP)
    answer = visit.page.locator("#conversation .bot").last
    assert answer.locator(".quote").count() >= 2
    return answer


def evidence(page: Page) -> Locator:
    return page.locator("#evidence")


def cards(page: Page) -> Locator:
    return page.locator("#evidence .card:visible")


def marked(page: Page) -> Locator:
    return page.locator("#source-panel mark")


@BESIDE
def test_each_quote_is_a_card_with_its_place_its_neighbours_and_its_score_in_words(sized: Visit) -> None:
    answer = ask_about_the_lamp(sized)
    quotes = answer.locator("blockquote").all_text_contents()
    expect(cards(sized.page)).to_have_count(len(quotes))
    expect(evidence(sized.page)).to_contain_text(LAMP)
    for number, quote in enumerate(quotes, start=1):
        card = cards(sized.page).nth(number - 1)
        expect(card.locator(".card-number")).to_have_text(str(number))
        expect(card.locator(".card-title")).to_have_text("Vellamo")
        expect(card.locator(".card-place")).to_contain_text("line")
        expect(card.locator(".quoted")).to_have_text(quote)
        expect(card.locator(".likely")).to_have_text(re.compile("answer|Related"))
        expect(card.get_by_role("link", name=f"Open source of quote {number}")).to_be_visible()
    lights = cards(sized.page).filter(has_text="lights the lamp at dusk").first
    text = lights.locator(".card-text").inner_text()
    assert text.startswith("The Vellamo lighthouse stands on a low rock. The keeper")
    assert text.endswith("every evening. It burns colza oil.")
    assert sized.outside() == []
    assert sized.errors == []


@BESIDE
def test_a_number_opens_its_source_and_buttons_and_arrows_go_on_to_the_next_quote(sized: Visit) -> None:
    page = sized.page
    quotes = ask_about_the_lamp(sized).locator("blockquote").all_text_contents()
    page.locator("#conversation .bot").last.get_by_role("link", name="[2]").click()
    expect(marked(page)).to_have_text(quotes[1])
    expect(marked(page)).to_be_in_viewport()
    expect(evidence(page)).to_contain_text(f"Quote 2 of {len(quotes)}")
    page.keyboard.press("ArrowLeft")
    expect(marked(page)).to_have_text(quotes[0])
    expect(evidence(page)).to_contain_text("Quote 1 of")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Previous quote")).to_be_disabled()
    expect(marked(page)).to_have_text(quotes[0])
    page.keyboard.press("ArrowRight")
    expect(marked(page)).to_have_text(quotes[1])
    page.get_by_role("button", name="Previous quote").click()
    expect(marked(page)).to_have_text(quotes[0])
    page.get_by_label("Your question").fill("word")
    page.keyboard.press("ArrowRight")
    expect(evidence(page)).to_contain_text("Quote 1 of")
    page.get_by_role("button", name="All quotes").click()
    expect(cards(page)).to_have_count(len(quotes))
    expect(cards(page).first).to_have_class(re.compile("is-selected"))


@BESIDE
def test_escape_goes_from_the_source_to_the_cards_and_back_to_where_one_was(sized: Visit) -> None:
    page = sized.page
    number = ask_about_the_lamp(sized).get_by_role("link", name="[1]")
    number.focus()
    page.keyboard.press("Enter")
    expect(marked(page)).to_be_visible()
    expect(page.get_by_role("region", name="Text of the document")).to_be_focused()
    page.keyboard.press("Escape")
    expect(marked(page)).to_be_hidden()
    expect(cards(page).first).to_be_visible()
    expect(number).to_be_focused()
    page.keyboard.press("Escape")
    expect(cards(page).first).to_be_visible()


@BESIDE
def test_arrows_go_from_card_to_card_and_enter_opens_one(sized: Visit) -> None:
    page = sized.page
    quotes = ask_about_the_lamp(sized).locator("blockquote").all_text_contents()
    cards(page).first.get_by_role("link").focus()
    page.keyboard.press("ArrowDown")
    expect(cards(page).nth(1).get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(marked(page)).to_have_text(quotes[1])
    page.keyboard.press("Escape")
    expect(cards(page).nth(1).get_by_role("link")).to_be_focused()


@BESIDE
def test_another_answers_quotes_come_by_its_button_and_the_latest_with_the_next_question(sized: Visit) -> None:
    page = sized.page
    ask_about_the_lamp(sized)
    first = cards(page).first.inner_text()
    sized.ask(OILS)
    expect(cards(page).first).to_contain_text("colza")
    page.locator("#conversation .bot").first.get_by_role("button", name=re.compile("quotes?$")).click()
    expect(evidence(page)).to_contain_text(LAMP)
    assert cards(page).first.inner_text() == first
    sized.ask(OILS)
    expect(evidence(page)).to_contain_text(OILS)


@BESIDE
def test_evidence_that_is_closed_stays_closed_until_it_is_wanted(sized: Visit) -> None:
    page = sized.page
    ask_about_the_lamp(sized)
    page.get_by_role("button", name="Close the evidence").click()
    expect(evidence(page)).to_be_hidden()
    sized.ask(OILS)
    expect(evidence(page)).to_be_hidden()
    toggle = page.get_by_role("button", name="Evidence", exact=True)
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.click()
    expect(cards(page).first).to_contain_text("colza")
    expect(toggle).to_have_attribute("aria-expanded", "true")


@BESIDE
def test_a_refusal_shows_nearest_passages_that_look_like_no_answer(sized: Visit) -> None:
    page = sized.page
    sized.ask(UNANSWERABLE)
    expect(evidence(page)).to_be_hidden()
    page.get_by_role("button", name="nearest passages").click()
    expect(evidence(page).get_by_role("heading", name="Nearest passages (not an answer)")).to_be_visible()
    expect(evidence(page)).to_contain_text("The documents do not answer this.")
    expect(evidence(page).locator(".card-number, .card .likely")).to_have_count(0)
    cards(page).first.get_by_role("link", name="Open source of passage 1").click()
    expect(evidence(page)).to_contain_text("Passage 1 of")
    expect(marked(page)).to_be_visible()
    ask_about_the_lamp(sized)
    expect(evidence(page).get_by_role("heading", name=re.compile(r"^Evidence · \d quotes"))).to_be_visible()


def test_a_new_chat_has_no_evidence(visit: Visit) -> None:
    ask_about_the_lamp(visit)
    expect(cards(visit.page).first).to_be_visible()
    visit.page.get_by_role("button", name="New chat").click()
    expect(evidence(visit.page)).to_be_hidden()
    expect(visit.page.get_by_role("button", name="Evidence", exact=True)).to_be_hidden()


def test_a_copied_link_opens_the_quote_in_its_document(visit: Visit) -> None:
    page = visit.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    quote = ask_about_the_lamp(visit).locator("blockquote").first.text_content() or "?"
    copied = []
    page.get_by_role("button", name="Copy a link to quote 1").click()
    copied.append(page.evaluate("navigator.clipboard.readText()"))
    cards(page).first.get_by_role("link").click()
    page.get_by_role("button", name="Copy a link to the quote").click()
    expect(page.get_by_role("status").filter(has_text="Link copied.")).to_have_count(1)
    copied.append(page.evaluate("navigator.clipboard.readText()"))
    assert copied[0] == copied[1]
    assert re.fullmatch(rf"{visit.address}/d/\w+@[0-9a-f]{{64}}#\d+-\d+", copied[0])
    page.goto(copied[0])
    expect(page.locator("mark")).to_have_text(quote)


@PHONE
def test_on_a_phone_the_evidence_is_a_sheet_that_only_a_tap_opens(sized: Visit) -> None:
    page = sized.page
    answer = ask_about_the_lamp(sized)
    expect(evidence(page)).to_be_hidden()
    answer.get_by_role("button", name=re.compile("quotes$")).click()
    sheet = page.get_by_role("dialog", name="Evidence")
    expect(sheet).to_be_visible()
    page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")
    box = sheet.bounding_box()
    assert box
    assert (box["x"], box["width"]) == (0, 390)
    assert abs(box["y"] + box["height"] - 844) < 1
    assert page.evaluate("document.querySelector('gradio-app').inert")
    cards(page).first.click()
    expect(marked(page)).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(cards(page).first.get_by_role("link")).to_be_focused()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    assert not page.evaluate("document.querySelector('gradio-app').inert")
    answer.get_by_role("link", name="[1]").click()
    expect(marked(page)).to_be_in_viewport()
    page.mouse.click(195, 40)
    expect(sheet).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_number_in_a_sentence_shows_its_quote_to_pointer_and_keyboard(written_visit: Visit, model: Server) -> None:
    page = written_visit.page
    model.words, model.pause = ("Schools offer courses [1].",), 0.0
    written_visit.ask("What did Vasily Orlov declare?")
    number = page.locator("#conversation .prose-text a.citation")
    quote = page.locator("#conversation .bot blockquote").first.text_content() or "?"
    tip = page.get_by_role("tooltip")
    number.hover()
    expect(tip).to_contain_text(quote)
    tip.hover()
    page.wait_for_timeout(500)
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.mouse.move(5, 300)
    page.get_by_label("Your question").focus()
    while not number.evaluate("link => link === document.activeElement"):
        page.keyboard.press("Shift+Tab")
    expect(tip).to_contain_text(quote)
    expect(number).to_have_accessible_description(re.compile(re.escape(quote[:40])))
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    expect(number).to_be_focused()
    page.keyboard.press("Enter")
    expect(marked(page)).to_have_text(quote)


def test_an_open_source_stays_while_the_answer_is_still_being_written(written_visit: Visit, model: Server) -> None:
    page = written_visit.page
    model.words, model.pause = ("Schools", " offer", " courses", " [1]", ".") * 2, 0.6
    page.get_by_label("Your question").fill("What did Vasily Orlov declare?")
    page.get_by_label("Your question").press("Enter")
    first = page.locator("#conversation .unfinished .quote").first
    quote = first.locator("blockquote").text_content(timeout=60_000)
    expect(cards(page).first).to_contain_text(quote or "?")
    cards(page).first.get_by_role("link").click()
    expect(marked(page)).to_have_text(quote or "?")
    page.locator("#conversation .unfinished").wait_for(state="detached", timeout=60_000)
    expect(page.locator("#conversation .prose-text a.citation").first).to_be_visible()
    expect(marked(page)).to_have_text(quote or "?")
    expect(page.get_by_role("region", name="Text of the document")).to_be_focused()
    page.keyboard.press("Escape")
    expect(cards(page).first.get_by_role("link")).to_be_focused()


def test_a_hostile_document_is_only_shown_in_cards_and_source(visit: Visit) -> None:
    page = visit.page
    tell(visit, "<img src=x onerror=window.hacked=1>", HOSTILE)
    visit.ask("Which colour is the Quibberflax lantern painted?")
    expect(cards(page).first.locator(".card-title")).to_have_text("<img src=x onerror=window.hacked=1>")
    expect(evidence(page)).to_contain_text("turquoise <script>window.")
    cards(page).first.get_by_role("link").click()
    expect(page.locator("#source-panel .source-text")).to_contain_text('onerror="window.hacked=1"')
    assert_nothing_ran(visit)


def test_a_text_from_right_to_left_is_shown_so_everywhere(visit: Visit) -> None:
    page = visit.page
    tell(visit, "ميناء", ARABIC)
    visit.ask("متى تم ترميم الرصيف الشمالي؟")
    runs = """(element) => {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      const node = walker.nextNode();
      const at = (place) => { const r = document.createRange(); r.setStart(node, place); r.setEnd(node, place + 1);
        return r.getBoundingClientRect().left; };
      return at(0) - at(3);
    }"""
    page.locator("#conversation .bot a.citation").first.click()
    marked(page).wait_for()
    assert marked(page).evaluate(runs) > 0
    page.keyboard.press("Escape")
    for shown in (cards(page).first.locator(".quoted"), page.locator("#conversation blockquote").first):
        assert shown.evaluate(runs) > 0
    from_right = """(text) => {
      const range = document.createRange();
      range.selectNodeContents(text);
      const [first, ...others] = range.getClientRects();
      const line = others.filter((each) => Math.abs(each.bottom - first.bottom) < 4);
      return text.getBoundingClientRect().right - Math.max(...[first, ...line].map((each) => each.right));
    }"""
    assert abs(cards(page).first.locator(".card-text").evaluate(from_right)) < 12


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_cards_and_sources_have_enough_contrast(scheme: str, request: pytest.FixtureRequest) -> None:
    visit: Visit = request.getfixturevalue("dark_visit" if scheme == "dark" else "visit")
    ask_about_the_lamp(visit)
    shown = [
        ".quoted",
        ".after",
        ".card-title",
        ".card-place",
        ".card-number",
        ".card .likely",
        ".card-copy",
        ".card-open",
    ]
    assert too_faint(visit, [".evidence-title", ".evidence-whose", *shown, ".show-evidence"]) == {}
    visit.ask(UNANSWERABLE)
    expect(visit.page.locator(".evidence-remark")).to_be_visible()
    assert too_faint(visit, [".evidence-title", ".evidence-remark", ".card .quoted", ".card-open"]) == {}
