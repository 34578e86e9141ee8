"""The first minute in a real browser: what an empty chat offers to try, and an empty collection."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def offered(visit: Visit, text: str) -> None:
    """Clicks what the empty chat offers."""
    visit.page.get_by_role("button", name=text).click()


def test_four_questions_and_a_claim_are_offered_each_with_what_it_shows(visit: Visit) -> None:
    texts = visit.page.locator("#conversation .try-this").all_inner_texts()
    assert len(texts) == 5
    assert [text.split("\n")[0] for text in texts] == [
        "Ask", "Ask that, and then", "Ask", "The documents do not say", "Check a claim"
    ]  # fmt: skip


def test_a_question_is_asked_by_one_click(visit: Visit) -> None:
    offered(visit, "Ask How far is Khabarovsk")
    expect(visit.page.locator("#conversation .question")).to_have_text("How far is Khabarovsk from the Chinese border?")
    expect(visit.page.locator("#conversation .bot")).to_contain_text("30 kilometers", timeout=60_000)


def test_a_follow_up_is_asked_after_the_question_that_it_needs(visit: Visit) -> None:
    offered(visit, "Ask that, and then")
    expect(visit.page.locator("#conversation .question")).to_have_count(2, timeout=60_000)
    expect(visit.page.locator("#conversation .understood")).to_contain_text("Where is Vasily Orlov governor?")
    expect(visit.page.locator("#conversation .bot").last).to_contain_text("Amur Oblast")


def test_what_the_documents_do_not_say_is_refused(visit: Visit) -> None:
    offered(visit, "The documents do not say")
    expect(visit.page.locator("#conversation .refused")).to_contain_text("No answer in the documents", timeout=60_000)


def test_a_claim_is_checked_by_one_click(visit: Visit) -> None:
    offered(visit, "Check a claim")
    expect(visit.page.get_by_role("tab", name="Check")).to_have_attribute("aria-selected", "true")
    expect(visit.page.locator("#check-result .claim.contradicted")).to_be_visible(timeout=60_000)


def test_the_offers_come_back_with_a_new_chat(visit: Visit) -> None:
    visit.ask("How far is Khabarovsk from the Chinese border?")
    expect(visit.page.locator("#conversation .try-this")).to_have_count(0)
    visit.page.get_by_role("button", name="New chat").click()
    expect(visit.page.locator("#conversation .try-this")).to_have_count(5)


def test_an_empty_collection_says_what_to_do_and_another_one_is_answered_from(visit: Visit) -> None:
    page, api = visit.page, f"{visit.address}/v1"
    assert page.request.post(f"{api}/collections", data={"name": "harbours"}).status == 201
    page.goto(f"{visit.address}/?collection=harbours")
    welcome = page.locator("#conversation .welcome")
    expect(welcome).to_contain_text("There are no documents in the collection “harbours” yet")
    welcome.get_by_role("button", name="Add documents").click()
    expect(page.get_by_role("tab", name="Documents")).to_have_attribute("aria-selected", "true")
    text = {"title": "Harbour", "source": "harbour", "text": "The harbour of Elmstadt was dug in 1871."}
    assert page.request.post(f"{api}/texts?collection=harbours", data=text).status == 201
    page.reload()
    visit.ask("When was the harbour of Elmstadt dug?")
    expect(page.locator("#conversation .bot")).to_contain_text("1871")
    page.goto(visit.address)
    visit.ask("When was the harbour of Elmstadt dug?")
    expect(page.locator("#conversation .bot").last).not_to_contain_text("1871")


def test_an_address_without_a_collection_says_so(visit: Visit) -> None:
    visit.page.goto(f"{visit.address}/?collection=nowhere")
    expect(visit.page.locator("#conversation .welcome")).to_contain_text(
        "There is no collection 'nowhere' in this home"
    )
    visit.ask("Who?")
    expect(visit.page.locator("#conversation .notice")).to_contain_text("There is no collection 'nowhere' in this home")
