"""Checking a text on the page: the text in, the states of its check out, whatever goes wrong on the way."""

import logging
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.export import WORDS
from assistant.ui import render_check
from assistant.ui.downloads import Downloads
from assistant.ui.findings import Findings, Stage, View
from assistant.verdict import VERDICTS, Checked, CheckEvent, Reported, Split, Verdict
from index.errors import AssistantError

if TYPE_CHECKING:
    from assistant.assistant import Assistant

State = tuple[str, str | None, View]
"""What the page shows: how far the check is, the text (None for as it is), and the view of both."""

UNEXPECTED = "Something unexpected went wrong on the assistant's side; the text can be checked again."
"""What a person reads about an exception that nobody foresaw; the log has the rest."""

CHOICES: list[tuple[str, str]] = [
    ("The whole text", ""),
    *((f"Only {WORDS[verdict]}", verdict) for verdict in VERDICTS),
]
"""What of a long text can be looked at, as (label, value) for a menu."""

_SECONDS_BETWEEN_UPDATES = 0.2
_CHARACTERS_A_SECOND = 250_000  # Of HTML that a browser is sent, so that it keeps time for the person.
_SHARE_OF_TIME = 0.1  # That writing the HTML may take of a check's time.
_log = logging.getLogger(__name__)


def respond(opened: Callable[[], "Assistant"], text: str, downloads: Downloads) -> Iterator[State]:
    """The states of a check as its claims are checked; it never raises, and closing it ends the check.

    Args:
        opened: Gives the collection, or raises when there is none.
        text: What is checked.
        downloads: Where its report is offered.
    """
    view = View(Findings(text))
    yield _state(view)
    events: Iterator[CheckEvent] = iter(())
    try:
        events = opened().stream_check(text)
        pace = _Pace()
        for findings in _found(events, text, downloads):
            view = View(findings)
            if findings.stage == "finished":
                yield _state(view)
            elif pace.is_due():
                yield render_check.progress(view), pace.text(view), view
    except AssistantError as error:
        yield _state(_ended(view, "failed", str(error)))
    except Exception:  # The page is a surface: whatever happens, the person reads a sentence and can check again.
        _log.exception("a check failed")
        yield _state(_ended(view, "failed", UNEXPECTED))
    finally:
        if isinstance(events, Generator):
            events.close()


def stop(view: View | None) -> State:
    """The state after the person stopped the check; what was found until then stays."""
    view = view or View(Findings())
    return _state(_ended(view, "stopped") if view.findings.stage == "checking" else view)


def choose(chosen: str, view: View | None) -> State:
    """The state in which only the claims with one verdict are looked at, or again the whole text."""
    verdicts: list[Verdict] = [verdict for verdict in VERDICTS if verdict == chosen]
    return _state(View(view.findings if view else Findings(), verdicts[0] if verdicts else None))


def turn(by: int, view: View | None) -> State:
    """The state in which a later part of a long text is looked at, or an earlier one."""
    return _state((view or View(Findings())).turned(by))


def _found(events: Iterator[CheckEvent], text: str, downloads: Downloads) -> Iterator[Findings]:
    """What has been found after each event."""
    findings = Findings(text)
    for event in events:
        match event:
            case Split():
                findings = replace(findings, total=event.claims, not_claims=event.not_claims)
            case Checked():
                findings = replace(findings, claims=(*findings.claims, event.claim))
            case Reported(report):
                offer = downloads.offer(report) if report.claims else None
                yield Findings(text, "finished", report.claims, report.not_claims, len(report.claims), offer)
                return
        yield findings


def _ended(view: View, stage: Stage, trouble: str = "") -> View:
    return View(replace(view.findings, stage=stage, trouble=trouble))


def _state(view: View) -> State:
    text = render_check.checked_text(view) if view.findings.total is not None else ""
    return render_check.progress(view), text, view


class _Pace:
    """When the page is next brought up to date: the longer the text on it is and takes to be written, the later."""

    def __init__(self) -> None:
        self._due = self._text_due = 0.0
        self._latest = ""

    def is_due(self) -> bool:
        """Whether it is time again; if so, the next time is set."""
        now = time.monotonic()
        if now < self._due:
            return False
        self._due = now + _SECONDS_BETWEEN_UPDATES
        return True

    def text(self, view: View) -> str | None:
        """The text as HTML, or None when it is not its time yet or nothing has changed in it."""
        started = time.monotonic()
        if started < self._text_due:
            return None
        text = render_check.checked_text(view)
        now = time.monotonic()
        self._text_due = now + max(len(text) / _CHARACTERS_A_SECOND, (now - started) / _SHARE_OF_TIME)
        if text == self._latest:
            return None
        self._latest = text
        return text
