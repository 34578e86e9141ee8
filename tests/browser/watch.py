"""What a page does and what it is made of, so that one with hostile words can be held against one with harmless words.

Nothing of a page's own is listed here: what the harmless words bring about is known, and everything else is a finding.
What no page of ours has ever a use for (an `on...` attribute, a `javascript:` address) is a finding at once.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Dialog, Frame, Page, Request, WebError

_HERE = Path(__file__).parent
_TELLS = (_HERE / "watch_tells.js").read_text("utf-8")
_MADE_OF = (_HERE / "watch_made_of.js").read_text("utf-8")

_SHOWS = 25
_LATER = 40  # milliseconds in which what a payload began is heard of
_SETTLED = 500  # milliseconds after which a page looks as it stays; others are looked at before or after that


class Watch:
    """A browser context in which everything that pages do is written down.

    Args:
        browser: The browser.
        address: The origin of the server, without a slash at its end.
    """

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self.context: BrowserContext = browser.new_context(viewport={"width": 1280, "height": 900})
        self.known = {"requested /healthz"}
        """What harmless words bring about, and what any may: a wait of 300 ms asks whether the server is there."""
        self.wrong: list[str] = []
        """What was found beside that: the surface, what there was, and the strings that were on it."""
        self._told: set[str] = set()
        self._opened: list[Page] = []
        self._is_opening = False
        self.context.expose_binding("__tell", lambda source, text: self._told.add(text))
        self.context.add_init_script(_TELLS)
        self.context.on("request", self._requested)
        self.context.on("dialog", self._asked)
        self.context.on("weberror", self._failed)
        self.context.on("page", self._came)
        self.context.on("serviceworker", lambda worker: self._told.add(f"! a service worker {worker.url}"))

    def page(self) -> Page:
        """A new page that is one of ours."""
        self._is_opening = True
        made = self.context.new_page()
        self._is_opening = False
        return made

    def learn(self, page: Page) -> None:
        """Takes all that the page did and is made of as what harmless words bring about."""
        for later in (_LATER, _SETTLED):
            page.wait_for_timeout(later)
            self.glance(page)

    def glance(self, page: Page) -> None:
        """The same, of what may be gone in a moment."""
        found = self._found(page)
        assert [what for what in found if what.startswith("!")] == []
        self.known |= set(found)

    def unknown(self, page: Page) -> dict[str, str]:
        """What the page did and is made of that harmless words do not bring about, each with the markup of one."""
        page.wait_for_timeout(_LATER)
        return {what: markup for what, markup in self._found(page).items() if what not in self.known}

    def hold(self, page: Page, where: str, texts: Sequence[str]) -> None:
        """Notes in `wrong` what the page did or holds that harmless words do not bring about.

        Args:
            page: The page.
            where: The surface, for the message.
            texts: The payloads that are on it.
        """
        found = self.unknown(page)
        if found:
            told = "\n".join(f"  {what}   {markup}" for what, markup in sorted(found.items()))
            listed = "\n".join(f"  {text[:200]!r}" for text in texts[:_SHOWS])
            self.wrong.append(f"{where}: harmless words do not bring about\n{told}\nand these were there:\n{listed}")

    def close(self) -> None:
        """Closes all its pages."""
        self.context.close()

    def _found(self, page: Page) -> dict[str, str]:
        found = dict(self._made_of(page))
        while self._opened:
            other = self._opened.pop()
            if not other.is_closed():
                other.wait_for_load_state()
                found |= dict(self._made_of(other))
                other.close()
        found |= dict.fromkeys(self._told, "")
        self._told.clear()
        return found

    def _made_of(self, page: Page) -> list[tuple[str, str]]:
        frames = [(f"! a frame of {frame.url[:200]}", "") for frame in page.frames[1:]]
        return [*frames, *((str(what), str(markup)) for what, markup in page.evaluate(_MADE_OF))]

    def _requested(self, request: Request) -> None:
        address = request.url
        if address.startswith(f"{self.address}/"):
            parts = urlsplit(address).path.split("/")
            kind = re.sub(r"^[^/]*\.(js|css|woff2?|svg|png|ico)$", r"*.\1", parts[1])
            self._told.add(f"requested /{kind}")
        elif address.startswith(("data:", "blob:")):
            self._told.add(f"requested {address.partition(':')[0]}: as {request.resource_type}")
        else:
            self._told.add(f"! requested {address[:200]}")

    def _asked(self, dialog: Dialog) -> None:
        self._told.add(f"! a dialog of {dialog.type}: {dialog.message[:200]}")
        dialog.dismiss()

    def _failed(self, error: WebError) -> None:
        self._told.add(f"an error of a script: {error.error}")

    def _came(self, page: Page) -> None:
        page.on("framenavigated", self._went)
        if not self._is_opening:
            self._opened.append(page)
            self._told.add("opened a page")

    def _went(self, frame: Frame) -> None:
        if frame.url != "about:blank" and not frame.url.startswith((f"{self.address}/", f"blob:{self.address}/")):
            self._told.add(f"! went to {frame.url[:200]}")
