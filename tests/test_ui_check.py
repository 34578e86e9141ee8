"""The states of a check on the page: how it goes on, ends, fails and is stopped."""

import html
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from assistant.ui import check, findings
from assistant.ui.check import State
from assistant.ui.downloads import Downloads
from assistant.ui.findings import Findings, View
from assistant.ui.render_check import progress
from assistant.verdict import (
    Checked,
    CheckEvent,
    Reported,
    Split,
)
from index.errors import InvalidText
from tests.desk_claims import CheckDesk, claim_of, no_claim_of, report_of
from tests.desk_page import TEXT, claim_in, text_of, two_claims, whole, words_in


@dataclass
class Teller:
    """A front door whose check gives the events it was told to, errors among them, and notes when it is closed."""

    events: Sequence[CheckEvent | Exception]
    closed: list[bool] = field(default_factory=list)

    def stream_check(self, text: str) -> Iterator[CheckEvent]:
        try:
            for event in self.events:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.closed.append(True)


def states(*events: CheckEvent | Exception, text: str = TEXT) -> list[State]:
    return list(check.respond(lambda: cast(Any, Teller(events)), text, Downloads()))


def test_a_check_goes_from_its_progress_to_its_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "_SECONDS_BETWEEN_UPDATES", 0.0)
    monkeypatch.setattr(check, "_CHARACTERS_A_SECOND", 1e12)
    monkeypatch.setattr(check, "_SHARE_OF_TIME", 1e12)
    first, second, other = two_claims()
    report = report_of(first, second, other)
    seen = states(Split(2, (other,)), Checked(first, 1, 2), Checked(second, 2, 2), Reported(report))
    said = [text_of(state) for state, _, _ in seen]
    assert "Reading the text" in said[0]
    assert ["0 of 2 claims checked" in said[1], "1 of 2 claims checked" in said[2]] == [True, True]
    assert 'max="2" value="1"' in seen[2][0]
    assert "contradicted" not in (seen[1][1] or "")
    assert 'class="claim contradicted"' in (seen[2][1] or "")
    assert "2 claims checked." in said[-1]
    assert "1 contradicted" in said[-1]
    assert "Judge: by hand. It took 0.0 s." in said[-1]
    assert all(words_in(text) == TEXT for _, text, _ in seen if text)


def test_fast_claims_are_shown_together_and_all_of_them_in_the_end() -> None:
    text = "It is so. " * 4000
    claims = [claim_in(text, start, start + 9) for start in range(0, len(text), 10)]
    checked = [Checked(claim, done, len(claims)) for done, claim in enumerate(claims, 1)]
    started = time.monotonic()
    seen = states(Split(len(claims), ()), *checked, Reported(report_of(*claims)), text=text)
    assert len(seen) <= 4 + (time.monotonic() - started) / 0.2
    assert "4,000 claims checked." in text_of(seen[-1][0])
    assert max(len(shown or "") for _, shown, _ in seen) < 1_000_000
    assert "this is part 1 of" in text_of(seen[-1][1] or "")
    assert "The downloads have all of it." in text_of(seen[-1][1] or "")


def test_a_text_without_claims_is_said_so_and_offers_no_download() -> None:
    other = no_claim_of("Is it old?")
    last = states(Split(0, (other,)), Reported(report_of(other)), text="Is it old?")[-1]
    assert "There is no claim in this text" in text_of(last[0])
    assert "not a claim (question)" in (last[1] or "")
    assert "download" not in last[0]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (InvalidText("The text is empty; write a sentence."), "The text is empty; write a sentence."),
        (RuntimeError("secret detail"), check.UNEXPECTED),
    ],
)
def test_an_error_becomes_one_sentence_and_what_was_found_stays(error: Exception, sentence: str) -> None:
    first, _, other = two_claims()
    at_once, later = states(error)[-1], states(Split(2, (other,)), Checked(first, 1, 2), error)[-1]
    assert at_once[1] == ""
    assert 'class="claim contradicted"' in (later[1] or "")
    for said, _, _ in (at_once, later):
        assert sentence in text_of(said)
        assert "secret" not in said


def test_a_front_door_that_refuses_at_once_is_an_error_too() -> None:
    desk = CheckDesk(error=InvalidText("There are no documents; add some first."))
    last = list(check.respond(lambda: cast(Any, desk), TEXT, Downloads()))[-1]
    assert "There are no documents; add some first." in text_of(last[0])


def test_the_text_is_checked_as_it_was_pasted() -> None:
    desk = CheckDesk(report=report_of(claim_of(TEXT[:25])))
    last = list(check.respond(lambda: cast(Any, desk), TEXT, Downloads()))[-1]
    assert desk.calls == [("check", TEXT, None)]
    assert words_in(last[1] or "") == TEXT


def test_closing_the_states_closes_the_check() -> None:
    first, _, other = two_claims()
    teller = Teller((Split(2, (other,)), Checked(first, 1, 2)))
    running = check.respond(lambda: cast(Any, teller), TEXT, Downloads())
    next(running), next(running)
    assert teller.closed == []
    running.close()  # type: ignore[attr-defined]
    assert teller.closed == [True]


def test_stopping_keeps_what_was_found_and_says_that_it_was_stopped() -> None:
    first, _, other = two_claims()
    said, text, view = check.stop(View(Findings(TEXT, "checking", (first,), (other,), 2)))
    assert "Stopped: 1 of 2 claims checked." in text_of(said)
    assert 'class="claim contradicted"' in (text or "")
    assert words_in(text or "") == TEXT
    assert view.findings.stage == "stopped"
    assert "download" not in said
    assert "Stopped before the text was read." in text_of(check.stop(None)[0])
    finished = whole(TEXT, first)
    assert check.stop(finished)[2] == finished


def test_a_screen_reader_hears_of_a_long_check_a_few_times_only() -> None:
    claims = tuple(claim_in("It is so.", 0, 9) for _ in range(200))
    said = {
        re.findall(r'class="said">(.*?)<', progress(View(Findings("", "checking", claims[:done], (), 200))))[0]
        for done in range(201)
    }
    assert len(said) == 5


def test_of_a_long_text_the_claims_with_one_verdict_can_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, other = two_claims()
    view = whole(TEXT, first, second, not_claims=(other,))
    assert "is-long" not in progress(view)
    monkeypatch.setattr(findings, "LARGEST_PART", 50)
    assert "is-long" in progress(view)
    said, text, chosen = check.choose("contradicted", view)
    assert words_in(text or "") == first.text
    assert "is-long" in said
    assert "No claim of the text is conflicting." in text_of(check.choose("conflicting", view)[1] or "")
    assert check.choose("", chosen)[2] == view
    later = check.turn(1, view)[2]
    assert later.part == 1
    assert check.turn(-1, later)[2] == view


def test_the_last_state_offers_its_whole_report() -> None:
    report = report_of(claim_in(TEXT, 0, 25))
    last, _, view = states(Split(1, ()), Reported(report))[-1]
    assert view.findings.offer
    assert view.findings.offer.report is report
    for name in ("claims.md", "claims.csv"):
        assert f"check/{name}?key={view.findings.offer.key}" in html.unescape(last)
