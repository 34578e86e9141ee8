"""Conversations in a real browser: they survive a reload, and are named, changed, copied, exported and deleted."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.desk_server import Server

pytestmark = pytest.mark.browser

DECLARED = "What did Vasily Orlov declare?"
WHERE = "Where is he governor?"
BORDER = "How far is Khabarovsk from the Chinese border?"


def questions(page: Page) -> list[str]:
    return page.locator("#conversation .question").all_inner_texts()


def reload(visit: Visit) -> None:
    visit.page.reload()
    visit.page.get_by_label("Your question").wait_for(timeout=60_000)


def opened(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Open {name}").click()


def chosen(page: Page, name: str, action: str) -> Locator:
    """Opens what can be done with a conversation, and gives one of it."""
    page.get_by_role("button", name=f"More for {name}").click()
    return page.get_by_role("button", name=action)


def kept(page: Page) -> Locator:
    return page.locator(".conversation-list li")


def test_a_conversation_survives_a_reload_and_goes_on(visit: Visit) -> None:
    visit.ask(DECLARED)
    quoted = visit.page.locator("#conversation blockquote").first.text_content() or "?"
    reload(visit)
    expect(visit.page.locator("#conversation .question")).to_have_text([DECLARED])
    expect(visit.page.locator("#conversation blockquote").first).to_have_text(quoted)
    visit.page.locator("#conversation a.citation").first.click()
    expect(visit.page.locator("#source-panel mark")).to_have_text(quoted)
    visit.ask(WHERE)
    expect(visit.page.locator("#conversation .understood")).to_contain_text("Where is Vasily Orlov governor?")
    reload(visit)
    expect(visit.page.locator("#conversation .question")).to_have_text([DECLARED, WHERE])
    assert visit.errors == []
    assert visit.outside() == []


def test_a_new_chat_leaves_the_old_one_in_the_list(visit: Visit) -> None:
    page = visit.page
    visit.ask(DECLARED)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator("#conversation .question")).to_have_count(0)
    visit.ask(BORDER)
    expect(kept(page)).to_have_count(2)
    opened(page, DECLARED)
    expect(page.locator("#conversation .question")).to_have_text([DECLARED])
    visit.ask(WHERE)
    opened(page, BORDER)
    expect(page.locator("#conversation .question")).to_have_text([BORDER])
    opened(page, DECLARED)
    expect(page.locator("#conversation .question")).to_have_text([DECLARED, WHERE])


def test_a_conversation_is_renamed_and_deleted(visit: Visit) -> None:
    page = visit.page
    visit.ask(DECLARED)
    chosen(page, DECLARED, f"Rename {DECLARED}").click()
    page.keyboard.type("<b>Orlov</b> & more")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Open <b>Orlov</b> & more")).to_be_focused()
    expect(page.locator(".conversation-list b")).to_have_count(0)
    visit.ask(WHERE)
    reload(visit)
    name = "<b>Orlov</b> & more"
    remove = chosen(page, name, f"Delete {name}")
    remove.click()
    expect(remove).to_have_text("Really delete")
    page.keyboard.press("Escape")
    remove = chosen(page, name, f"Delete {name}")
    expect(remove).to_have_text("Delete")
    remove.click()
    remove.click()
    expect(page.locator("#conversation .question")).to_have_count(0)
    expect(kept(page)).to_have_count(0)
    reload(visit)
    page.wait_for_timeout(1_000)
    assert questions(page) == []
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('conversation:'))") == []


def test_the_last_question_is_asked_again_and_edited(visit: Visit) -> None:
    page = visit.page
    visit.ask(DECLARED)
    visit.ask(WHERE)
    expect(page.locator("#conversation .edit:visible, #conversation .again:visible")).to_have_count(2)
    page.locator("#conversation .again:visible").click()
    expect(page.locator("#conversation :is(.waiting, .unfinished)")).to_have_count(0)
    expect(page.locator("#conversation .bot .answer")).to_have_count(2)
    assert questions(page) == [DECLARED, WHERE]
    page.locator("#conversation .edit:visible").click()
    box = page.get_by_label("Your question")
    expect(box).to_have_value(WHERE)
    expect(box).to_be_focused()
    page.get_by_role("button", name="Cancel").click()
    expect(box).to_have_value("")
    page.locator("#conversation .edit:visible").click()
    expect(box).to_have_value(WHERE)
    box.fill("Where is Vasily Orlov from?")
    box.press("Enter")
    expect(page.locator("#conversation .question")).to_have_text([DECLARED, "Where is Vasily Orlov from?"])
    expect(page.locator("#editing")).to_be_hidden()
    expect(page.locator("#conversation :is(.waiting, .unfinished)")).to_have_count(0)
    visit.ask(BORDER)
    assert len(questions(page)) == 3


def test_a_conversation_is_exported_as_markdown_and_json(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    visit.ask(DECLARED)
    texts = {}
    for kind in ("Markdown", "JSON"):
        with page.expect_download() as download:
            chosen(page, DECLARED, f"as {kind}").click()
        assert (
            download.value.suggested_filename
            == f"What did Vasily Orlov declare.{'md' if kind == 'Markdown' else 'json'}"
        )
        download.value.save_as(tmp_path / kind)
        texts[kind] = (tmp_path / kind).read_text("utf-8")
    (quote, *_) = json.loads(texts["JSON"])["exchanges"][0]["answer"]["quotes"]
    assert len(quote["content_hash"]) == 64
    assert quote["end"] - quote["start"] == len(quote["text"])
    page_of = f"{visit.address}/d/{quote['document_id']}@{quote['content_hash']}"
    assert f"]({page_of}?collection=default#{quote['start']}-{quote['end']})" in texts["Markdown"]
    assert f"characters {quote['start']}-{quote['end']}" in texts["Markdown"]


def test_two_tabs_do_not_overwrite_each_other(visit: Visit) -> None:
    visit.ask(DECLARED)
    other = visit.page.context.new_page()
    other.goto(visit.address)
    second = Visit(other, visit.address)
    second.ask(BORDER)
    visit.ask(WHERE)
    for page in (visit.page, other):
        expect(kept(page)).to_have_count(2)
    opened(other, DECLARED)
    expect(other.locator("#conversation .question")).to_have_text([DECLARED, WHERE])


def test_a_damaged_conversation_does_no_harm(visit: Visit) -> None:
    visit.ask(DECLARED)
    visit.page.wait_for_function("Object.values(localStorage).some((each) => each.includes('index_digest'))")
    visit.page.evaluate(
        """() => {
          const key = Object.keys(localStorage).find((each) => each.startsWith("conversation:"));
          const record = JSON.parse(localStorage.getItem(key));
          const hostile = "<img src=x onerror=\\"window.hacked=1\\">";
          const text = record.text.replaceAll("Vasily Orlov", JSON.stringify(hostile).slice(1, -1));
          localStorage.setItem(key, JSON.stringify({ ...record, text }));
          localStorage.setItem(`${key}a`, "{");
          localStorage.setItem(`${key}b`, JSON.stringify({ updated: 1, text: '{"version": 1, "exchanges": [7]}' }));
        }"""
    )
    reload(visit)
    expect(visit.page.locator("#conversation .question")).to_contain_text("<img src=x")
    expect(visit.page.locator("#conversation .unseen").first).to_contain_text("no longer hold this quote")
    assert visit.page.evaluate("window.hacked") is None
    assert visit.errors == []
    expect(kept(visit.page)).to_have_count(1)


def test_a_stopped_question_is_kept_and_can_be_asked_again(written_visit: Visit, model: Server) -> None:
    model.words, model.pause = ("word ",) * 9, 15.0
    page = written_visit.page
    page.get_by_label("Your question").fill(DECLARED)
    page.get_by_label("Your question").press("Enter")
    expect(page.locator("#conversation .quiet")).to_contain_text("Being written", timeout=60_000)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#conversation .stopped")).to_be_visible()
    reload(written_visit)
    expect(page.locator("#conversation .question")).to_have_text([DECLARED])
    expect(page.locator("#conversation .stopped")).to_be_visible()
    model.words, model.pause = ("Schools offer courses [1].",), 0.0
    page.locator("#conversation .again:visible").click()
    expect(page.locator("#conversation .prose-text").last).to_contain_text("Schools offer courses [1].", timeout=60_000)
    assert questions(page) == [DECLARED]
