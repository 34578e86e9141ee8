"""The page with a language model: a draft while it writes, links once they are verified, and Stop at any time."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.desk_server import Server

WHO = "What did Vasily Orlov declare?"


def test_a_draft_has_no_links_and_the_answer_has_those_that_are_verified(written_visit: Visit, model: Server) -> None:
    model.words, model.pause = ("Schools", " offer", " courses", " [1]", ". It", " is", " <b>red</b>", " [99]."), 1.5
    page = written_visit.page
    page.get_by_label("Your question").fill(WHO)
    page.get_by_label("Your question").press("Enter")
    draft = page.locator("#conversation .draft")
    expect(draft).to_contain_text("Schools offer courses", timeout=60_000)
    assert draft.locator("a").count() == 0
    answer = page.locator("#conversation .prose-text")
    expect(answer.locator("a.citation")).to_have_text("[1]", timeout=60_000)
    expect(draft).not_to_contain_text("Schools")  # the first sentence is verified while the second is written
    page.locator("#conversation .unfinished").wait_for(state="detached", timeout=60_000)
    expect(answer).to_contain_text("Schools offer courses [1].")
    assert "red" not in answer.inner_text()
    expect(page.locator("#conversation .note")).to_contain_text("1 sentence without a quote and 1 number")
    answer.locator("a.citation").click()
    expect(page.locator("#source-panel mark")).to_be_visible()
    assert written_visit.errors == []


def stop_an_answer(visit: Visit, model: Server) -> None:
    """Asks, and stops the answer while a slow model words it."""
    model.words, model.pause = ("word ",) * 9, 15.0
    box = visit.page.get_by_label("Your question")
    box.fill(WHO)
    box.press("Enter")
    expect(visit.page.locator("#conversation .quiet")).to_contain_text("Being written", timeout=60_000)
    visit.page.get_by_role("button", name="Stop").click()
    expect(visit.page.locator("#conversation")).to_contain_text("Stopped.")


def test_an_answer_that_is_stopped_says_so_and_the_next_one_comes(written_visit: Visit, model: Server) -> None:
    stop_an_answer(written_visit, model)
    page = written_visit.page
    model.words, model.pause = ("Schools offer courses [1].",), 0.0
    written_visit.submit("What would all schools in Blagoveshchensk offer?")
    expect(page.locator("#conversation .prose-text").last).to_contain_text("Schools offer courses [1].", timeout=60_000)


def test_a_question_entered_again_and_again_after_a_stop_is_asked_once(written_visit: Visit, model: Server) -> None:
    stop_an_answer(written_visit, model)
    page = written_visit.page
    box = page.get_by_label("Your question")
    model.words, model.pause = ("Schools", " offer", " courses", " [1]."), 1.0
    box.fill("What would all schools in Blagoveshchensk offer?")
    for _ in range(30):
        box.press("Enter")
        page.wait_for_timeout(100)
    expect(page.locator("#conversation .prose-text").last).to_contain_text("Schools offer courses [1].", timeout=60_000)
    assert page.locator("#conversation .user").count() == 2


def test_without_the_model_the_quotes_are_the_answer(written_visit: Visit, model: Server) -> None:
    model.status = 400
    try:
        written_visit.ask(WHO)
    finally:
        model.status = 200
    expect(written_visit.page.locator("#conversation .note")).to_contain_text("Here are the quotes alone.")
    expect(written_visit.page.locator("#conversation blockquote").first).to_contain_text("Vasily Orlov")
