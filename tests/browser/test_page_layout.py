"""The frame of the page at a desktop's, a tablet's and a phone's width: its columns, its sidebar and its keyboard."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visit, _visit
from tests.browser.test_evidence import LAMP, LIGHTHOUSE, ask_about_the_lamp, sized, tell

__all__ = ["sized"]  # a fixture
pytestmark = pytest.mark.browser

SIZES = [(w, h, scheme) for w, h in ((1440, 900), (1024, 768), (390, 844)) for scheme in ("light", "dark")]
EVERY_SIZE = pytest.mark.parametrize("sized", SIZES, indirect=True, ids=str)
DESK = pytest.mark.parametrize("sized", [(1440, 900, "light")], indirect=True, ids=str)
TABLET = pytest.mark.parametrize("sized", [(1024, 768, "light")], indirect=True, ids=str)
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


def span(page: Page, selector: str) -> tuple[float, float]:
    """From where to where something reaches from left to right."""
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"], box["x"] + box["width"]


@EVERY_SIZE
def test_the_columns_stand_side_by_side_and_nothing_is_scrolled_to_sideways(sized: Visit) -> None:
    page = sized.page
    assert page.viewport_size
    width, height = page.viewport_size["width"], page.viewport_size["height"]
    assert page.evaluate(OVERFLOW) <= 0
    ask_about_the_lamp(sized)
    assert page.evaluate(OVERFLOW) <= 0
    left, right = span(page, "#composer")
    assert right - left <= 48 * 16
    assert left >= 0
    if width >= 1200:
        assert span(page, "#sidebar")[1] <= left
    else:
        expect(page.locator("#sidebar")).to_be_hidden()
    if width >= 900:
        assert right <= span(page, "#evidence")[0]
    else:
        assert right <= width
    composer = page.locator("#composer").bounding_box()
    assert composer
    assert composer["y"] + composer["height"] <= height
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
    for name in ("Check", "Documents"):
        page.get_by_role("tab", name=name).click()
        expect(page.locator("#evidence")).to_be_hidden()
        assert page.evaluate(OVERFLOW) <= 0
    page.get_by_role("tab", name="Chat").click()
    if width >= 900:
        expect(page.locator("#evidence .card").first).to_be_visible()


@DESK
def test_the_sidebar_is_collapsed_by_its_button_and_stays_so(sized: Visit) -> None:
    page = sized.page
    toggle = page.get_by_role("button", name="Conversations")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    before = span(page, "#composer")
    toggle.click()
    expect(toggle).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("button", name="New chat")).to_be_hidden()
    assert span(page, "#composer")[0] < before[0]
    page.reload()
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.press("Enter")
    expect(page.get_by_role("navigation", name="Conversations")).to_be_visible()
    page.reload()
    expect(page.get_by_role("navigation", name="Conversations")).to_be_visible()


@TABLET
def test_on_less_width_the_sidebar_lies_over_the_chat_until_escape(sized: Visit) -> None:
    page = sized.page
    ask_about_the_lamp(sized)
    before = span(page, "#composer")
    toggle = page.get_by_role("button", name="Conversations")
    toggle.click()
    fresh = page.get_by_role("button", name="New chat")
    expect(fresh).to_be_focused()
    assert span(page, "#composer") == before
    page.keyboard.press("Escape")
    expect(fresh).to_be_hidden()
    expect(toggle).to_be_focused()
    expect(page.locator("#evidence .card").first).to_be_visible()
    toggle.click()
    page.mouse.click(900, 400)
    expect(fresh).to_be_hidden()


@EVERY_SIZE
def test_a_conversation_is_opened_from_any_tab(sized: Visit) -> None:
    page = sized.page
    ask_about_the_lamp(sized)
    sidebar = page.get_by_role("button", name="Conversations")

    def shown() -> None:
        if sidebar.get_attribute("aria-expanded") == "false":
            sidebar.click()

    shown()
    page.get_by_role("button", name="New chat").click()
    expect(page.locator("#conversation .question")).to_have_count(0)
    expect(page.get_by_label("Your question")).to_be_focused()
    page.get_by_role("tab", name="Check").click()
    shown()
    expect(page.get_by_role("navigation", name="Conversations")).to_contain_text("Today")
    page.get_by_role("button", name=f"Open {LAMP}").click()
    expect(page.get_by_role("tab", name="Chat")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#conversation .question")).to_have_text([LAMP])
    assert sized.errors == []


@DESK
def test_other_collections_are_a_click_away_where_there_are_any(sized: Visit) -> None:
    page = sized.page
    sidebar = page.get_by_role("navigation", name="Conversations")
    expect(sidebar.get_by_role("heading", name="Collection")).to_have_count(0)
    assert page.request.post(f"{sized.address}/v1/collections", data={"name": "harbour"}).ok
    try:
        page.reload()
        expect(sidebar.get_by_role("link", name="default")).to_have_attribute("aria-current", "page")
        sidebar.get_by_role("link", name="harbour").click()
        expect(page.locator("#conversation")).to_contain_text("There are no documents in the collection “harbour” yet")
        expect(sidebar.get_by_role("link", name="harbour")).to_have_attribute("aria-current", "page")
        sidebar.get_by_role("link", name="default").click()
        expect(page).to_have_url(f"{sized.address}/")
    finally:
        page.request.delete(f"{sized.address}/v1/collections/harbour")


@DESK
def test_keys_lead_to_the_question_and_to_a_help_that_escape_closes_alone(sized: Visit) -> None:
    page = sized.page
    box = page.get_by_label("Your question")
    page.get_by_role("tab", name="Check").click()
    page.keyboard.press("/")
    expect(box).to_be_focused()
    page.keyboard.type("and/or?")
    expect(box).to_have_value("and/or?")
    box.fill("")
    ask_about_the_lamp(sized)
    page.locator("#conversation a.citation").first.click()
    expect(page.get_by_role("region", name="Text of the document")).to_be_focused()
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard")
    expect(help_).to_contain_text("The previous and the next quote")
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()
    expect(page.locator("#source-panel mark")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#source-panel mark")).to_be_hidden()
    page.get_by_role("button", name="Keyboard").click()
    help_.get_by_role("button", name="Close").click()
    expect(help_).to_be_hidden()


@DESK
def test_the_first_tab_leads_to_the_question_and_every_part_is_a_landmark(sized: Visit) -> None:
    page = sized.page
    ask_about_the_lamp(sized)
    for role, name in (("banner", ""), ("navigation", "Conversations"), ("main", ""), ("complementary", "Evidence")):
        expect(page.get_by_role(role, name=name or None)).to_have_count(1)  # type: ignore[arg-type]
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask your documents")
    page.get_by_role("tab", name="Documents").click()
    page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges()")
    skip = page.get_by_role("link", name="Skip to the question")
    skip.focus()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your question")).to_be_focused()


@DESK
def test_what_has_the_focus_is_seen(sized: Visit) -> None:
    page = sized.page
    ask_about_the_lamp(sized)
    page.evaluate("document.querySelector('.skip').focus()")
    unseen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        plain = page.evaluate(
            """() => {
              const focused = document.activeElement;
              if (!focused.closest(".masthead, #sidebar, #evidence, #conversation, .tab-wrapper")) return "";
              const { outlineStyle, outlineWidth, opacity } = getComputedStyle(focused);
              const isSeen = outlineStyle !== "none" && parseFloat(outlineWidth) >= 1 && opacity !== "0";
              return isSeen ? "" : focused.outerHTML.slice(0, 120);
            }"""
        )
        unseen += [plain] if plain else []
    assert unseen == []


@pytest.fixture
def zoomed(browser: Browser, address: str) -> Iterator[Visit]:
    """The page on a desktop of 1440 by 900, at 200 %."""
    yield from _visit(browser, address, 720, 450, "light")


def test_at_200_percent_everything_is_reached(zoomed: Visit) -> None:
    page = zoomed.page
    ask_about_the_lamp(zoomed)
    assert page.evaluate(OVERFLOW) <= 0
    for name in ("Chat", "Check", "Documents"):
        expect(page.get_by_role("tab", name=name)).to_be_in_viewport(ratio=1)
    expect(page.get_by_label("Your question")).to_be_in_viewport(ratio=1)
    page.locator("#conversation a.citation").first.click()
    expect(page.locator("#source-panel mark")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Next quote")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Close the evidence").click()
    page.get_by_role("button", name="Conversations").click()
    page.get_by_role("button", name=re.compile("^More for")).first.click()
    expect(page.get_by_role("button", name=re.compile("^Delete"))).to_be_in_viewport(ratio=1)


def test_who_wants_less_motion_sees_none(phone_visit: Visit) -> None:
    page = phone_visit.page
    page.emulate_media(reduced_motion="reduce")
    tell(phone_visit, "Vellamo", LIGHTHOUSE)
    phone_visit.ask(LAMP)
    page.evaluate(
        "() => { window.moved = []; for (const kind of ['animationstart', 'transitionstart'])"
        " document.addEventListener(kind, ({ target }) => window.moved.push(target.id || target.className), true); }"
    )
    page.get_by_role("button", name="Conversations").click()
    expect(page.get_by_role("button", name="New chat")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#conversation a.citation").first.click()
    expect(page.locator("#source-panel mark")).to_be_visible()
    assert [each for each in page.evaluate("window.moved") if each in ("sidebar", "evidence")] == []
