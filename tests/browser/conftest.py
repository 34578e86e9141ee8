"""One real chat server and one real browser for all browser tests; each test has a page of its own."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.desk_server import Server, serving

PROFILE = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No page reaches anything but this machine, whatever it asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
CHAT = [sys.executable, "-m", "assistant.cli", "--home", "{home}", "chat", "--seeds", "--port", "0"]
SECONDS_TO_START = 180


def missing(what: str) -> None:
    """Fails in CI, where nothing may be missing; elsewhere skips with what to install."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@dataclass
class Visit:
    """A page that is open in the browser, with everything it asked for and everything that popped up."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def ask(self, question: str) -> None:
        """Asks by the keyboard and waits until the answer is whole."""
        answers = self.page.locator("#conversation .bot .answer, #conversation .bot .notice")
        before = answers.count()
        box = self.page.get_by_label("Your question")
        box.fill(question)
        box.press("Enter")
        answers.nth(before).wait_for(timeout=60_000)
        self.page.locator("#conversation :is(.waiting, .unfinished)").wait_for(state="detached", timeout=60_000)

    def submit(self, question: str) -> None:
        """Presses Enter until the question is taken: Gradio ignores it while it ends what was stopped."""
        box = self.page.get_by_label("Your question")
        box.fill(question)
        while box.input_value():
            box.press("Enter")
            self.page.wait_for_timeout(300)

    def upload(self, file: Path, shows: str) -> None:
        """Sends a file on the documents tab and waits for the line that is to be shown for it."""
        self.page.get_by_role("tab", name="Documents").click()
        self.page.locator("#documents .pick-files").set_input_files(file)
        expect(self.page.get_by_role("list", name="Files")).to_contain_text(shows, timeout=180_000)
        expect(self.page.locator("#documents .upload-state")).to_contain_text("Done", timeout=180_000)
        self.page.get_by_role("tab", name="Chat").click()

    def outside(self) -> list[str]:
        """The requests that went to any other host."""
        return [url for url in self.requests if not url.startswith((self.address, "data:"))]


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the chat of the installed command line answers, over a new home with the seeds in it."""
    yield from _served([part.format(home=tmp_path_factory.mktemp("home")) for part in CHAT])


@pytest.fixture(scope="module")
def model() -> Iterator[Server]:
    """A server of a language model that says what a test tells it to."""
    with serving() as made:
        yield made


@pytest.fixture(scope="module")
def written_address(model: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a chat answers whose answers that model words."""
    command = [part.format(home=tmp_path_factory.mktemp("written")) for part in CHAT]
    yield from _served([*command, "--model", "small", "--model-url", model.url])


def _served(command: list[str]) -> Iterator[str]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            yield _printed_address(server)
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def _printed_address(server: "subprocess.Popen[str]") -> str:
    assert server.stdout is not None
    lines: Queue[str] = Queue()

    def read() -> None:
        for line in server.stdout or ():
            lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    seen = ""
    try:
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", seen)):
            seen += lines.get(timeout=SECONDS_TO_START)
            if server.poll() is not None and lines.empty():
                pytest.fail(f"the chat ended before it gave its address:\n{seen}")
    except Empty:
        pytest.fail(f"the chat gave no address within {SECONDS_TO_START} seconds:\n{seen}")
    return found[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium, or the one that CHROMIUM names; no browser is downloaded.

    Of one module, because playwright keeps an event loop running in this thread until it is closed, and a test
    elsewhere that runs one of its own would fail.
    """
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        missing("The browser tests need chromium: apt-get install chromium, or set CHROMIUM to its path.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=PROFILE)
        yield opened
        opened.close()


def _visit(browser: Browser, address: str, width: int, height: int, scheme: str) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    visit = Visit(page, address)
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("pageerror", lambda error: visit.errors.append(str(error)))

    def closed(dialog: object) -> None:
        visit.dialogs.append(str(dialog))
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", closed)
    page.goto(address)
    page.get_by_label("Your question").wait_for(timeout=60_000)
    yield visit
    context.close()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """The page on a desktop, in the light."""
    yield from _visit(browser, address, 1280, 800, "light")


@pytest.fixture
def written_visit(browser: Browser, written_address: str) -> Iterator[Visit]:
    """The page whose answers a language model words."""
    yield from _visit(browser, written_address, 1280, 800, "light")


@pytest.fixture
def dark_visit(browser: Browser, address: str) -> Iterator[Visit]:
    """The page on a desktop whose system is set to dark."""
    yield from _visit(browser, address, 1280, 800, "dark")


@pytest.fixture
def phone_visit(browser: Browser, address: str) -> Iterator[Visit]:
    """The page on a phone."""
    yield from _visit(browser, address, 390, 844, "light")
