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

import seeds
from tests import papers
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
    visit.ask(QUESTION)
    expect(visit.page.locator("#conversation .answer")).to_contain_text("Vasily Orlov")
    keep(visit, f"chat-{name}")
    visit.page.locator("#conversation .answer a.citation").first.click()
    expect(visit.page.locator("mark").first).to_be_in_viewport()
    keep(visit, f"source-{name}")
    visit.page.get_by_role("button", name="Close the evidence").click()
    visit.ask(REFUSED)
    expect(visit.page.locator("#conversation .refused")).to_contain_text("No answer in the documents")
    keep(visit, f"refusal-{name}")


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


def test_the_documents_of_the_tour(tour: tuple[str, Visit], tmp_path: Path) -> None:
    name, visit = tour
    (article,) = seeds.documents()
    sent = tmp_path / article.name
    sent.write_bytes(article.read_bytes())
    (tmp_path / "scan.pdf").write_bytes(papers.pdf([]))
    visit.page.request.post(f"{visit.address}/v1/collections", data={"name": "reports"})
    visit.page.goto(f"{visit.address}/?collection=reports")
    visit.page.get_by_role("tab", name="Documents").click()
    visit.page.locator("#documents .pick-files").set_input_files([sent, tmp_path / "scan.pdf"])
    expect(visit.page.locator("#documents .upload-state")).to_contain_text("Done", timeout=60_000)
    expect(visit.page.get_by_role("list", name="Files")).to_contain_text("holds no text")
    expect(visit.page.locator("#documents a.document")).to_have_text(article.stem)
    keep(visit, f"documents-{name}")
