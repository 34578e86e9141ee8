"""The documents in a real browser: added, followed, found, opened, removed, and kept in collections."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests import papers
from tests.browser.conftest import Visit, _visit
from tests.browser.test_chat import assert_nothing_ran, too_faint

pytestmark = pytest.mark.browser

LONG = "".join(f"The long sentence has the number {number} in it and some more words. " for number in range(9_000))
HOSTILE = "<img src=x onerror=window.hacked=1>"
SLOW = 180_000
"""Milliseconds that something may take on a machine that does much else."""


class Shelf:
    """The tab of the documents of one collection."""

    def __init__(self, visit: Visit, name: str) -> None:
        self.visit, self.page, self.name = visit, visit.page, name
        self.files = visit.page.get_by_role("list", name="Files")
        self.state = visit.page.locator("#documents .upload-state")
        self.titles = visit.page.locator("#documents a.document")

    def open(self) -> None:
        self.page.goto(f"{self.visit.address}/?collection={self.name}")
        self.page.get_by_role("tab", name="Documents").click()
        self.page.get_by_label("Search documents").wait_for()

    def add(self, *paths: Path) -> None:
        self.page.locator("#documents .pick-files").set_input_files(paths)

    def done(self) -> None:
        expect(self.state).to_contain_text(re.compile("Done|Stopped"), timeout=SLOW)

    def stored(self) -> list[str]:
        address = f"{self.visit.address}/v1/documents"
        listed = httpx.get(address, params={"collection": self.name}, timeout=60).json()["documents"]
        return sorted(each["title"] for each in listed)

    def put(self, *titles: str) -> None:
        """Adds documents past the page."""
        for title in titles:
            body = {"text": f"This is the text of {title}.", "title": title, "source": f"app:{title}"}
            address = f"{self.visit.address}/v1/texts"
            httpx.post(address, params={"collection": self.name}, json=body, timeout=60).raise_for_status()

    def row(self, title: str) -> Locator:
        return self.page.locator("#documents .documents > li").filter(has=self.page.get_by_text(title, exact=True))


def shelf_of(visit: Visit, name: str) -> Iterator[Shelf]:
    """An empty collection, which is gone after the test, as other tests have none beside the first."""
    made = Shelf(visit, re.sub(r"\W", "-", name)[:60])
    httpx.post(f"{visit.address}/v1/collections", json={"name": made.name}, timeout=60).raise_for_status()
    made.open()
    yield made
    for job in httpx.get(f"{visit.address}/v1/jobs", params={"collection": made.name}, timeout=60).json()["jobs"]:
        httpx.delete(f"{visit.address}/v1/jobs/{job['id']}", timeout=60)
    address = f"{visit.address}/v1/collections/{made.name}"
    until = time.monotonic() + SLOW / 1_000
    while (answer := httpx.delete(address, timeout=60)).status_code == 503 and time.monotonic() < until:
        time.sleep(0.1)  # what was stopped is still being written
    assert answer.status_code in {204, 404}, answer.text


@pytest.fixture
def shelf(visit: Visit, request: pytest.FixtureRequest) -> Iterator[Shelf]:
    """A collection of the test's own, on a desktop."""
    yield from shelf_of(visit, request.node.name)


@pytest.fixture
def phone_shelf(phone_visit: Visit, request: pytest.FixtureRequest) -> Iterator[Shelf]:
    """The same on a phone."""
    yield from shelf_of(phone_visit, request.node.name)


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# --- adding


def test_an_empty_collection_says_what_to_do(shelf: Shelf) -> None:
    expect(shelf.page.locator("#documents .count")).to_contain_text("no documents yet. Drop some files above")


def test_of_each_file_there_is_the_outcome_with_its_reason(shelf: Shelf, tmp_path: Path) -> None:
    good = written(tmp_path, "pier.txt", "The pier was rebuilt in 1981.")
    pdf = written(
        tmp_path, "town.pdf", papers.pdf(papers.lines("The town lies in a valley."), papers.lines("Its mill."))
    )
    shelf.add(
        good,
        pdf,
        written(tmp_path, "photo.png", b"\x89PNG"),
        written(tmp_path, "broken.pdf", b"%PDF-1.4 nothing"),
        written(tmp_path, ".DS_Store", b"x"),
    )
    shelf.done()
    expect(shelf.files.get_by_role("listitem")).to_have_count(4)
    expect(shelf.files).to_contain_text("pier.txt added")
    expect(shelf.files).to_contain_text("photo.png not sent: Files of the kind .png cannot be read.")
    expect(shelf.files).to_contain_text("broken.pdf failed: ")
    expect(shelf.files).to_contain_text("damaged")
    expect(shelf.state).to_have_text("Done: 2 files are in the collection, 1 failed, 1 not sent.")
    row = shelf.row("town")
    expect(row).to_contain_text("town.pdf")
    expect(row).to_contain_text(re.compile(r"PDF · .* kB · 2 pages · 1 passage · \d+ characters · added \d+ \w+ \d{4}"))
    shelf.add(good)
    expect(shelf.files).to_contain_text("pier.txt unchanged", timeout=SLOW)
    expect(shelf.files.get_by_role("listitem")).to_have_count(1)
    assert shelf.visit.errors == []


def test_a_folder_keeps_two_files_of_one_name_apart(shelf: Shelf, tmp_path: Path) -> None:
    written(tmp_path, "letters/1931/may.txt", "The letter of 1931 is about a bridge.")
    written(tmp_path, "letters/1932/may.txt", "The letter of 1932 is about a ferry.")
    written(tmp_path, "letters/.git/config.txt", "hidden")
    shelf.page.locator("#documents .pick-folder").set_input_files(tmp_path / "letters")
    shelf.done()
    expect(shelf.files.get_by_role("listitem")).to_have_count(2)
    expect(shelf.files).to_contain_text("letters/1931/may.txt added")
    expect(shelf.files).to_contain_text("letters/1932/may.txt added")
    expect(shelf.titles).to_have_count(2)
    shelf.page.get_by_label("Order").select_option(label="By name")
    expect(shelf.page.locator("#documents .origin")).to_have_text(["letters/1931/may.txt", "letters/1932/may.txt"])


def test_a_dropped_folder_is_read_to_its_last_file(shelf: Shelf) -> None:
    # A browser gives a script no way to drop a folder: this is what it hands over, a hundred entries at a time.
    shelf.page.locator("#documents .drop-zone").evaluate("""(zone) => {
      const file = (name) => ({ isFile: true, name, file: (give) => give(new File([`The text of ${name}.`], name)) });
      const folder = (name, entries) => ({ isFile: false, name, createReader: () => {
        const left = [...entries];
        return { readEntries: (give) => give(left.splice(0, 100)) };
      }});
      const inner = folder("inner", Array.from({ length: 120 }, (_, number) => file(`${number}.txt`)));
      const items = [folder("outer", [inner, file(".hidden")]), file("alone.txt")];
      const event = new Event("drop", { bubbles: true, cancelable: true });
      const handed = items.map((entry) => ({ kind: "file", webkitGetAsEntry: () => entry }));
      Object.defineProperty(event, "dataTransfer", { value: { types: ["Files"], items: handed } });
      zone.dispatchEvent(event);
    }""")
    shelf.done()
    expect(shelf.state).to_have_text("Done: 121 files are in the collection.")
    expect(shelf.files).to_contain_text("outer/inner/119.txt added")
    expect(shelf.titles).to_have_count(100)
    shelf.page.get_by_role("button", name="Show more (21 left)").click()
    expect(shelf.titles).to_have_count(121)
    expect(shelf.page.get_by_role("button", name="Show more")).to_be_hidden()


def test_what_is_being_indexed_can_be_asked_beside_and_cancelled(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put("The lantern")
    shelf.add(
        written(tmp_path, "first.txt", "A short text that comes first."),
        written(tmp_path, "long.txt", LONG),
        written(tmp_path, "last.txt", "A text that has to wait."),
    )
    expect(shelf.files).to_contain_text("first.txt added", timeout=SLOW)
    expect(shelf.state).to_contain_text("File 2 of 3")
    expect(shelf.files).to_contain_text("long.txt being indexed")
    shelf.page.get_by_role("tab", name="Chat").click()
    shelf.visit.ask("What is the text of The lantern?")
    expect(shelf.page.locator("#conversation .answer")).to_contain_text("lantern")
    shelf.page.get_by_role("tab", name="Documents").click()
    expect(shelf.files).to_contain_text("last.txt waiting")
    shelf.page.get_by_role("button", name="Cancel adding documents").click()
    shelf.done()
    expect(shelf.files).to_contain_text("first.txt added")
    expect(shelf.files).to_contain_text("long.txt cancelled")
    expect(shelf.files).to_contain_text("last.txt cancelled")
    expect(shelf.state).to_have_text("Stopped: 1 file is in the collection, 2 cancelled.")
    assert shelf.stored() == ["The lantern", "first"]


def test_a_page_that_opens_during_a_job_goes_on_showing_it(shelf: Shelf, tmp_path: Path) -> None:
    shelf.add(
        written(tmp_path, "broken.pdf", b"%PDF-1.4 nothing"),
        written(tmp_path, "long.txt", LONG[:250_000]),
        written(tmp_path, "last.txt", "A text that has to wait."),
    )
    expect(shelf.files).to_contain_text("long.txt being indexed", timeout=SLOW)
    shelf.open()
    expect(shelf.files).to_contain_text("broken.pdf failed: ")
    expect(shelf.files).to_contain_text("last.txt waiting")
    shelf.done()
    expect(shelf.state).to_have_text("Done: 2 files are in the collection, 1 failed.")
    expect(shelf.titles).to_have_count(2)


def test_a_server_that_does_not_answer_is_one_sentence(shelf: Shelf, tmp_path: Path) -> None:
    shelf.page.route("**/v1/documents*", lambda route: route.abort())
    shelf.add(written(tmp_path, "pier.txt", "The pier was rebuilt in 1981."))
    expect(shelf.files).to_contain_text("pier.txt failed: It could not be sent;")
    shelf.page.get_by_label("Search documents").fill("pier")
    expect(shelf.page.locator("#documents .list-wait")).to_contain_text("The assistant does not answer")
    shelf.page.unroute("**/v1/documents*")
    shelf.page.get_by_role("button", name="Load the documents again").click()
    expect(shelf.page.locator("#documents .count")).to_have_text("No document has that in its title or name.")


def test_a_slow_list_says_so_and_can_be_stopped(shelf: Shelf) -> None:
    shelf.page.route("**/v1/documents*", lambda route: None)  # it is never answered
    shelf.page.get_by_label("Order").select_option(label="By name")
    wait = shelf.page.locator("#documents .list-wait")
    expect(wait).to_contain_text("Loading")
    shelf.page.get_by_role("button", name="Stop loading the documents").click()
    expect(wait).to_contain_text("Stopped.")


# --- the list


def test_a_search_finds_by_title_and_name_whatever_the_capitals(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put("Ärger im Hafen", "The lighthouse")
    shelf.add(written(tmp_path, "Letters 1931.txt", "A letter of that year."))
    shelf.done()
    box = shelf.page.get_by_label("Search documents")
    box.fill("ÄRGER")
    expect(shelf.titles).to_have_text(["Ärger im Hafen"])
    expect(shelf.page.locator("#documents .count")).to_have_text("1 document found")
    box.fill("letters 1931")
    expect(shelf.titles).to_have_count(1)
    box.fill(shelf.name[:8])  # a part of the folder in which the upload lies
    expect(shelf.page.locator("#documents .count")).to_have_text("No document has that in its title or name.")
    box.fill("")
    shelf.page.get_by_label("Order").select_option(label="By name")
    expect(shelf.titles).to_have_count(3)


def test_the_indexed_text_is_what_the_assistant_reads(shelf: Shelf, tmp_path: Path) -> None:
    shelf.add(written(tmp_path, "page.html", "<p>The quay is <b>long</b>.</p><script>window.hacked=1</script>"))
    shelf.done()
    shelf.page.get_by_role("link", name="Indexed text of").click()
    text = shelf.page.locator("#source-panel .source-text")
    expect(text).to_contain_text("The quay is long.")
    expect(text).not_to_contain_text("<b>")
    expect(shelf.page.locator("#source-panel .source-facts")).to_contain_text("page.html (uploaded)")


def test_names_and_titles_are_shown_as_text(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(HOSTILE)
    shelf.add(
        written(tmp_path, f"{HOSTILE}.txt", "A text of some words."),
        written(tmp_path, 'the "quoted" one.txt', "Another text of some words."),
        written(tmp_path, f"{HOSTILE}.exe", "x"),
    )
    shelf.done()
    expect(shelf.files).to_contain_text(f"{HOSTILE}.exe not sent")
    expect(shelf.files).to_contain_text(f"{HOSTILE}.txt added")
    expect(shelf.files).to_contain_text("the %22quoted%22 one.txt added")  # so browsers send it
    expect(shelf.titles.get_by_text(HOSTILE, exact=True).first).to_be_visible()
    shelf.row(HOSTILE).first.get_by_role("button", name="Remove").click()
    expect(shelf.page.locator("#documents .removal")).to_contain_text(HOSTILE)
    assert_nothing_ran(shelf.visit)


# --- removing


def test_a_removal_can_be_undone(shelf: Shelf) -> None:
    shelf.put("One", "Two", "Three")
    shelf.open()
    shelf.page.get_by_role("button", name="Remove Two").click()
    expect(shelf.row("Two")).to_be_hidden()
    expect(shelf.page.locator("#documents .count")).to_have_text("2 documents")
    undo = shelf.page.get_by_role("button", name="Undo: keep “Two”")
    expect(undo).to_be_focused()
    shelf.page.keyboard.press("Enter")
    expect(shelf.row("Two")).to_be_visible()
    expect(shelf.page.get_by_role("button", name="Remove Two")).to_be_focused()
    expect(shelf.page.locator("#documents .removal")).to_have_count(0)
    assert shelf.stored() == ["One", "Three", "Two"]


def test_what_is_not_undone_is_gone(shelf: Shelf) -> None:
    shelf.put("One", "Two", "Three", "Four")
    shelf.open()
    for title in ("One", "Two"):
        shelf.page.get_by_label(f"Select {title}").check()
    shelf.page.get_by_role("button", name="Remove selected").click()
    expect(shelf.page.locator("#documents .removal")).to_contain_text("2 documents will be removed")
    expect(shelf.page.locator("#documents .removal")).to_have_count(0, timeout=SLOW)
    expect(shelf.titles).to_have_text(["Four", "Three"])
    expect(shelf.page.locator("#documents .count")).to_have_text("2 documents")
    assert shelf.page.evaluate("document.activeElement !== document.body")
    assert shelf.stored() == ["Four", "Three"]


def test_who_leaves_the_page_has_removed_it(shelf: Shelf) -> None:
    shelf.put("One", "Two")
    shelf.open()
    shelf.page.get_by_role("button", name="Remove One").click()
    expect(shelf.row("One")).to_be_hidden()
    shelf.open()
    expect(shelf.titles).to_have_text(["Two"])
    assert shelf.stored() == ["Two"]


def test_a_removal_that_fails_says_why_in_its_row(shelf: Shelf) -> None:
    shelf.put("One")
    shelf.open()
    refusal = '{"type": "about:blank", "title": "t", "status": 500, "detail": "The disk is full."}'

    def refuse(route: Route) -> None:
        if route.request.method == "DELETE":
            route.fulfill(status=500, content_type="application/problem+json", body=refusal)
        else:
            route.fallback()

    shelf.page.route("**/v1/documents/*", refuse)
    shelf.page.get_by_role("button", name="Remove One").click()
    expect(shelf.row("One")).to_contain_text("It is not removed: The disk is full.", timeout=SLOW)


def test_a_document_is_removed_while_another_is_indexed(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put("One")
    shelf.open()
    shelf.add(written(tmp_path, "long.txt", LONG))
    expect(shelf.files).to_contain_text("long.txt being indexed", timeout=SLOW)
    shelf.page.get_by_role("button", name="Remove One").click()
    expect(shelf.page.locator("#documents .removal")).to_have_count(0, timeout=SLOW)
    assert shelf.stored() == []
    expect(shelf.files).to_contain_text("long.txt being indexed")
    shelf.page.get_by_role("button", name="Cancel adding documents").click()
    shelf.done()


# --- collections


def test_a_collection_is_made_switched_to_and_deleted(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("tab", name="Documents").click()
    names = page.get_by_role("navigation", name="Collections")
    expect(page.get_by_role("button", name="Delete this collection")).to_be_disabled()
    expect(page.locator("#documents .collections")).to_contain_text("cannot be deleted")
    page.get_by_role("button", name="New collection").click()
    field = page.get_by_label("Name of the new collection")
    expect(field).to_be_focused()
    field.fill("no spaces")
    expect(page.get_by_role("button", name="Create", exact=True)).to_be_disabled()
    field.fill("harbour-1931")
    field.press("Enter")
    page.wait_for_url("**/?collection=harbour-1931")
    page.get_by_role("tab", name="Documents").click()
    expect(names.get_by_role("link", name="harbour-1931")).to_have_attribute("aria-current", "page")
    expect(page.locator("#documents .count")).to_contain_text("no documents yet")
    names.get_by_role("link", name="default", exact=True).click()
    page.get_by_role("tab", name="Documents").click()
    expect(page.locator("#documents a.document").first).to_be_visible()
    names.get_by_role("link", name="harbour-1931").click()
    page.get_by_role("tab", name="Documents").click()
    page.get_by_role("button", name="Delete this collection").click()
    confirm = page.get_by_label("Type harbour-1931 to delete it")
    delete = page.get_by_role("button", name="Delete for good")
    confirm.fill("harbour")
    expect(delete).to_be_disabled()
    confirm.fill("harbour-1931")
    delete.click()
    page.wait_for_url(f"{visit.address}/")
    page.get_by_role("tab", name="Documents").click()
    expect(names).not_to_contain_text("harbour-1931")
    assert visit.errors == []


def test_a_collection_that_is_being_written_to_says_why_it_stays(shelf: Shelf, tmp_path: Path) -> None:
    shelf.add(written(tmp_path, "long.txt", LONG))
    expect(shelf.files).to_contain_text("long.txt being indexed", timeout=SLOW)
    shelf.page.get_by_role("button", name="Delete this collection").click()
    shelf.page.get_by_label(f"Type {shelf.name} to delete it").fill(shelf.name)
    shelf.page.keyboard.press("Enter")
    expect(shelf.page.locator(".collection-form .problem")).to_contain_text("writing to this collection", timeout=SLOW)
    shelf.page.get_by_role("button", name="Cancel adding documents").click()
    shelf.done()


# --- for everybody


def test_everything_is_done_by_the_keyboard(shelf: Shelf, tmp_path: Path) -> None:
    page = shelf.page
    # Whoever first listens when the key is pressed can be too late: the browser has let the chooser pass by then.
    page.on("filechooser", lambda _: None)
    shelf.put("One", "Two")
    shelf.open()
    expect(shelf.titles).to_have_count(2)
    reached: list[str] = []
    page.get_by_role("navigation", name="Collections").get_by_role("link").last.focus()
    name = "document.activeElement.ariaLabel || document.activeElement.textContent"
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(str(page.evaluate(name)))
    order = ["New collection", "Choose files", "Choose a folder", "Search documents", "Order", "Select Two", "Two",
             "Indexed text of Two", "Remove Two", "Select One"]  # fmt: skip
    assert [each for each in reached if each in order] == order
    page.get_by_role("button", name="Choose files").focus()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(written(tmp_path, "pier.txt", "The pier was rebuilt in 1981."))
    shelf.done()
    page.get_by_role("link", name="Indexed text of pier").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#source-panel")).to_contain_text("rebuilt in 1981")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Indexed text of pier")).to_be_focused()


def widest(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def test_a_phone_shows_it_without_scrolling_sideways(phone_shelf: Shelf, tmp_path: Path) -> None:
    shelf = phone_shelf
    shelf.put("A-very-long-title-" * 8, "Short")
    shelf.open()
    expect(shelf.titles).to_have_count(2)
    shelf.add(
        written(tmp_path, f"{'long' * 30}.txt", "A text of words."), written(tmp_path, f"{'name' * 30}.png", b"x")
    )
    shelf.done()
    assert widest(shelf.page) <= 0
    shelf.page.get_by_role("button", name="Remove A-very").click()
    assert widest(shelf.page) <= 0
    shelf.page.get_by_label("Select Short").check()
    shelf.page.get_by_role("button", name="New collection").click()
    assert widest(shelf.page) <= 0


@pytest.fixture(params=["light", "dark"])
def coloured(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Shelf]:
    for visit in _visit(browser, address, 1280, 800, str(request.param)):
        yield from shelf_of(visit, f"colours-{request.param}")


def test_what_is_written_has_enough_contrast(coloured: Shelf, tmp_path: Path) -> None:
    coloured.put("One", "Two")
    coloured.open()
    coloured.add(
        written(tmp_path, "pier.txt", "The pier was rebuilt in 1981."),
        written(tmp_path, "broken.pdf", b"%PDF-1.4 nothing"),
        written(tmp_path, "photo.png", b"x"),
    )
    coloured.done()
    coloured.page.get_by_label("Select Two").check()
    coloured.page.get_by_role("button", name="Remove One").click()
    coloured.page.get_by_role("button", name="Delete this collection").click()
    selectors = [
        ".collection-title", ".collection-name[aria-current]", ".collection-name:not([aria-current])",
        ".collection-form label", ".drop-title", ".kinds", ".choose", ".upload-state", ".added .what",
        ".failed .what", ".refused .why", ".count", "a.document", ".origin", ".facts", "time", ".indexed", ".remove",
        ".remove-chosen", ".removal .words", ".removal .seconds", ".undo",
    ]  # fmt: skip
    assert too_faint(coloured.visit, [f"#documents {each}" for each in selectors]) == {}


def test_a_reader_may_look_and_change_nothing(shelf: Shelf) -> None:
    shelf.put("One")

    def reading(route: Route) -> None:
        told = route.fetch()
        route.fulfill(response=told, json={**told.json(), "writes": False})

    shelf.page.route("**/start*", reading)
    shelf.open()
    expect(shelf.titles).to_have_text(["One"])
    for name in ("Choose files", "New collection", "Delete this collection", "Remove One"):
        expect(shelf.page.get_by_role("button", name=name)).to_have_count(0)
