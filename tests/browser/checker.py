"""A collection of real documents whose checks give verdicts that are known."""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from assistant import Assistant
from assistant.models import Quote
from assistant.verdict import (
    VERDICTS,
    Checked,
    CheckEvent,
    CheckReport,
    Claim,
    ClaimPart,
    Difference,
    NoClaim,
    Reported,
)
from index.errors import InvalidText
from tests.desk_claims import events_of

SENTENCE = re.compile(r"[^\s][^.?\n]*[.?]?")
SECONDS_A_CLAIM = 0.25


class Checker:
    """A real collection whose check gives sentence after sentence one of the verdicts, with quotes of its documents."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        opening, speed = (
            assistant.ask(question).quotes[0]
            for question in ("When was the Alder Bridge opened?", "How fast do trains cross the bridge?")
        )
        self.quotes: tuple[Quote, Quote] = (opening, replace(speed, number=2))
        self.reports: list[CheckReport] = []
        self.closed = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._assistant, name)

    def stream_check(self, text: str) -> Iterator[CheckEvent]:
        if not text.strip():
            raise InvalidText("The text is empty; write a sentence, or paste an article.")
        return self._stream(text)

    def _stream(self, text: str) -> Iterator[CheckEvent]:
        self.closed.clear()
        report = self._report(text)
        try:
            for event in events_of(report):
                if isinstance(event, Checked):
                    time.sleep(SECONDS_A_CLAIM if text.startswith("Slowly") else 0)
                if isinstance(event, Reported):
                    self.reports.append(report)
                yield event
        finally:
            self.closed.set()

    def _report(self, text: str) -> CheckReport:
        claims: list[Claim] = []
        others: list[NoClaim] = []
        for found in SENTENCE.finditer(text):
            if found[0].endswith("."):
                claims.append(self._claim(found[0], found.start(), len(claims)))
            else:
                kind = "question" if found[0].endswith("?") else "heading"
                others.append(NoClaim(found[0], *found.span(), cast(Any, kind)))
        return CheckReport(tuple(claims), tuple(others), "a judge of tests", "digest", 1200.0)

    def _claim(self, sentence: str, start: int, position: int) -> Claim:
        verdict = VERDICTS[position % len(VERDICTS)]
        opening, speed = self.quotes
        against = (speed,) if verdict in ("contradicted", "conflicting") else ()
        parts = (ClaimPart("It is painted green.", "not_found", 0.8), ClaimPart("It was opened.", "supported", 0.9))
        return Claim(
            sentence,
            start,
            start + len(sentence),
            re.sub("^It", "The Alder Bridge", sentence),
            verdict,
            0.87,
            f"This is why it is {verdict}.",
            (opening,) if verdict in ("supported", "conflicting") else (),
            against,
            (Difference("number", "80", "40 kilometres", 2),) if against else (),
            parts if verdict == "not_found" else (),
        )


class Single:
    """A library of one collection, which is open already."""

    default = "default"

    def __init__(self, assistant: Any) -> None:
        self._assistant = assistant

    def names(self) -> list[str]:
        return [self.default]

    def collection(self, name: str = "") -> Any:
        return self._assistant
