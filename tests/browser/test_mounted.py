"""The page below a prefix of another application, in a real browser: every link and every request stays below it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from assistant import Assistant
from tests.browser.conftest import Visit, _served, _visit
from tests.conftest import ROOT, fill

pytestmark = pytest.mark.browser


@pytest.fixture
def mounted_visit(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """The page of the example application, which mounts ours below /assistant."""
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
    with Assistant.open(tmp_path) as assistant:
        fill(assistant)
    example = ["--app-dir", str(ROOT / "examples"), "fastapi_app:app", "--port", "0"]
    for address in _served([sys.executable, "-m", "uvicorn", *example]):
        yield from _visit(browser, f"{address}/assistant/", 1280, 800, "light")


def test_all_of_the_page_works_below_a_prefix(mounted_visit: Visit, tmp_path: Path) -> None:
    page = mounted_visit.page
    mounted_visit.ask("Who opened the Alder Bridge?")
    page.locator("a.citation").first.click()
    expect(page.locator("#source-panel mark")).to_contain_text("Ida Holm")
    link = page.locator(".source-away").get_attribute("href") or ""
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More for Who opened").click()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="as Markdown").click()
    assert "Ida Holm" in downloading.value.path().read_text("utf-8")
    page.keyboard.press("Escape")
    file = tmp_path / "pier.txt"
    file.write_text("The pier was rebuilt in 1981.")
    mounted_visit.upload(file, shows="pier.txt added")
    page.get_by_role("tab", name="Check").click()
    page.get_by_label("A sentence, or a whole article").fill("The pier was rebuilt in 1982.")
    page.get_by_role("button", name="Check", exact=True).click()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download CSV").click()
    assert "1981" in downloading.value.path().read_text("utf-8")
    page.goto(link)
    expect(page.locator("mark")).to_contain_text("Ida Holm")
    root = mounted_visit.address.removesuffix("assistant/")
    assert set(mounted_visit.outside()) <= {f"{root}favicon.ico"}
    assert mounted_visit.errors == []
