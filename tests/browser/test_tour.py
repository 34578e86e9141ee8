"""The tour of the README: what its pictures show is there, light, dark and on a phone, and the pictures are made of it.

They are kept in build/screenshots; `make screenshots` puts them where the documentation has them.
"""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visit, _visit
from tests.conftest import ROOT

pytestmark = pytest.mark.browser

FOLDER = Path(os.environ.get("SCREENSHOTS") or ROOT / "build" / "screenshots")
SIZES = {"light": (1440, 900, "light"), "dark": (1440, 900, "dark"), "phone": (390, 844, "light")}
QUESTION = "Who declared that all schools in Blagoveshchensk would offer Chinese courses?"
REFUSED = "When was the bridge to Heihe built?"
TEXT = (
    "Vasily Orlov is the governor of Russia's Amur Oblast. "
    "Over 5,000 Chinese and Russian regional leaders met in Liaoning."
)


@pytest.fixture(params=SIZES)
def tour(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[tuple[str, Visit]]:
    """The name of a size and scheme, and the page in it."""
    for visit in _visit(browser, address, *SIZES[request.param]):
        yield request.param, visit


def keep(visit: Visit, name: str) -> None:
    """Keeps what the window shows as a picture, in as few colours as it needs."""
    visit.page.mouse.move(0, 0)
    visit.page.evaluate("document.fonts.ready")
    FOLDER.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(visit.page.screenshot(animations="disabled", caret="hide")))
    picture.convert("RGB").quantize(192).save(FOLDER / f"{name}.png", optimize=True)


def test_the_chat_of_the_tour(tour: tuple[str, Visit]) -> None:
    name, visit = tour
    visit.ask(REFUSED)
    expect(visit.page.locator("#conversation .refused")).to_contain_text("No answer in the documents")
    keep(visit, f"refusal-{name}")
    visit.ask(QUESTION)
    expect(visit.page.locator("#conversation .answer")).to_contain_text("Vasily Orlov")
    keep(visit, f"chat-{name}")
    visit.page.locator("#conversation .answer a.citation").first.click()
    expect(visit.page.locator("mark").first).to_be_in_viewport()
    keep(visit, f"source-{name}")


def test_the_check_of_the_tour(tour: tuple[str, Visit]) -> None:
    name, visit = tour
    visit.page.get_by_role("tab", name="Check").click()
    visit.page.get_by_label("A sentence, or a whole article").fill(TEXT)
    visit.page.get_by_role("button", name="Check", exact=True).click()
    claims = visit.page.locator("#check-result .finished details.claim")
    expect(claims).to_have_count(2, timeout=60_000)
    claims.last.locator("summary").click()
    expect(claims.last).to_contain_text("The document says")
    keep(visit, f"check-{name}")


def test_the_documents_of_the_tour(tour: tuple[str, Visit]) -> None:
    name, visit = tour
    visit.page.get_by_role("tab", name="Documents").click()
    expect(visit.page.locator("#documents")).to_contain_text("China in Siberia and the Russian Far East")
    expect(visit.page.get_by_role("button", name="Choose files")).to_be_visible()
    keep(visit, f"documents-{name}")
