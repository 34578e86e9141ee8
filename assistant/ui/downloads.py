"""Reports to be downloaded: each is written out when it is asked for, and forgotten with the page that offers it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from weakref import WeakValueDictionary

from assistant.export import as_csv, as_markdown
from assistant.verdict import CheckReport
from index.errors import AssistantError

DOWNLOAD_PATH = "check"
"""Below it are the downloads, each at its file's name."""

FORMATS: MappingProxyType[str, tuple[str, Callable[[CheckReport], str]]] = MappingProxyType(
    {"claims.md": ("text/markdown", as_markdown), "claims.csv": ("text/csv", as_csv)}
)
"""The name of each file, its media type and what writes it."""


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Offer:
    """A report under a key that cannot be guessed; it can be downloaded for as long as somebody holds the offer."""

    report: CheckReport
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))


class Downloads:
    """The reports that the open pages offer; nothing is kept in a file."""

    def __init__(self) -> None:
        self._offers: WeakValueDictionary[str, Offer] = WeakValueDictionary()

    def offer(self, report: CheckReport) -> Offer:
        """Makes a report downloadable until the returned offer is dropped."""
        made = Offer(report)
        self._offers[made.key] = made
        return made

    def read(self, key: str, name: str) -> tuple[str, str]:
        """The media type and the content of a report's file.

        Raises:
            AssistantError: when no open page offers it.
        """
        offered = self._offers.get(key)
        if offered is None or name not in FORMATS:
            raise AssistantError("This report is no longer there; check the text again, then download it.")
        media_type, write = FORMATS[name]
        return media_type, write(offered.report)
