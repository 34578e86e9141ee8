"""axe-core over all that a person meets: no rule of WCAG 2.1 A and AA is broken in a serious way, without exception."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from assistant.library import Library
from assistant.server import create_app
from assistant.settings import load_settings
from assistant.tokens import TokenStore
from tests.browser.conftest import Visit
from tests.browser.test_chat import ASKED, UNANSWERABLE, open_first_citation
from tests.desk_api import serving_app

pytestmark = pytest.mark.browser

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
SERIOUS = {"serious", "critical"}
SIZES = [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]
everywhere = pytest.mark.parametrize(("width", "scheme"), SIZES)


def broken(page: Page, where: str) -> list[str]:
    """The rules that a page breaks in a serious way, each with the element and what is wrong with it."""
    page.wait_for_timeout(400)  # until what fades in is there: a colour on its way is no colour to measure
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{where}: {rule['id']} of {target(node)}: {why(node)}: {node['html'][:160]}"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


def target(node: dict[str, Any]) -> str:
    return " ".join(map(str, node["target"]))


def why(node: dict[str, Any]) -> str:
    return "; ".join(each["message"] for kind in ("any", "all", "none") for each in node[kind])


@contextmanager
def opened(browser: Browser, address: str, width: int, scheme: str) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def shut_panels(page: Page) -> None:
    """Presses Escape as often as a person may have to: on a phone panels lie over the page."""
    for _ in range(3):
        page.keyboard.press("Escape")


@everywhere
def test_the_page_breaks_no_rule(browser: Browser, address: str, width: int, scheme: str) -> None:
    found = []
    with opened(browser, address, width, scheme) as page:
        visit = Visit(page, address)
        page.get_by_label("Your question").wait_for(timeout=60_000)
        expect(page.locator("#conversation .try button").first).to_be_visible()
        found += broken(page, "the first minute")
        visit.ask(ASKED)
        found += broken(page, "an answer")
        open_first_citation(visit)
        found += broken(page, "the source panel")
        shut_panels(page)
        visit.ask(UNANSWERABLE)
        found += broken(page, "a refusal")
        shut_panels(page)
        page.get_by_role("tab", name="Check").click()
        page.get_by_label("A sentence, or a whole article").fill(
            "Vasily Orlov is governor of Amur Oblast. Vasily Orlov is governor of Moscow Oblast. Is he old?"
        )
        page.get_by_role("button", name="Check", exact=True).click()
        page.locator("#check-progress .finished").wait_for(timeout=60_000)
        for claim in page.locator("#check-result summary").all():
            claim.click()
        found += broken(page, "a checked text")
        page.get_by_role("tab", name="Documents").click()
        found += broken(page, "the documents")
    assert found == []


@everywhere
def test_the_pages_beside_it_break_no_rule(browser: Browser, address: str, width: int, scheme: str) -> None:
    found = []
    document = httpx.get(f"{address}/v1/documents").json()["documents"][0]
    with opened(browser, f"{address}/d/{document['id']}@{document['content_hash']}#10-90", width, scheme) as page:
        expect(page.locator("mark")).to_be_visible()
        found += broken(page, "a permalink's page")
        page.goto(f"{address}/source?document=no-such-one")
        found += broken(page, "a source that is gone")
        page.goto(f"{address}/widget")
        found += broken(page, "the chat for other sites")
        for question in (ASKED, UNANSWERABLE):
            page.get_by_label("Your question").fill(question)
            page.get_by_label("Your question").press("Enter")
            expect(page.locator("#log")).to_have_attribute("aria-busy", "true")
            expect(page.locator("#log")).to_have_attribute("aria-busy", "false", timeout=60_000)
        found += broken(page, "answers in the chat for other sites")
    assert found == []


@everywhere
def test_the_login_breaks_no_rule(browser: Browser, tmp_path: Path, width: int, scheme: str) -> None:
    TokenStore(tmp_path).create("reader")
    settings = load_settings(tmp_path)
    with (
        Library(settings) as library,
        serving_app(create_app(library, settings, with_page=False)) as address,
        opened(browser, f"{address}/login", width, scheme) as page,
    ):
        found = broken(page, "the login")
        page.get_by_label("Token").fill("wrong")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert [*found, *broken(page, "the login after a wrong token")] == []


def test_a_rule_that_is_broken_is_found(browser: Browser) -> None:
    with opened(browser, "about:blank", 1440, "light") as page:
        page.set_content(
            '<html lang="en"><title>A page</title><main><button></button><p style="color: #aaa">Faint</p></main></html>'
        )
        assert {each.split(" ")[3] for each in broken(page, "a bad page")} == {"button-name", "color-contrast"}
