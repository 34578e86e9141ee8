"""The check of a text on the page without a browser: what is shown, and that it is only shown."""

import gc
import html
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.export import SIGNS, WORDS, as_csv, as_markdown
from assistant.ui import check, findings
from assistant.ui.check import State
from assistant.ui.downloads import Downloads
from assistant.ui.findings import Findings, View, claims_in, parts, pieces
from assistant.ui.render_check import checked_text, progress
from assistant.verdict import (
    VERDICTS,
    Checked,
    CheckEvent,
    Claim,
    Difference,
    NoClaim,
    Reported,
    Split,
    Verdict,
)
from index.errors import AssistantError, InvalidText
from tests.desk import quote_of
from tests.desk_claims import CheckDesk, claim_of, no_claim_of, part_of, report_of

TEXT = "The bridge is 300 m long. Is it old? It opened in 1931. It is red.\n"


def claim_in(text: str, start: int, end: int, verdict: Verdict = "supported", quotes: Sequence[str] = ()) -> Claim:
    quoted = tuple(quote_of(number, quote) for number, quote in enumerate(quotes, 1))
    side = "quotes_against" if verdict == "contradicted" else "quotes_for"
    return claim_of(text[start:end], verdict, start, **{side: quoted})


def whole(text: str, *claims: Claim, not_claims: tuple[NoClaim, ...] = ()) -> View:
    return View(Findings(text, "finished", claims, not_claims, len(claims)))


def text_of(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def words_in(markup: str) -> str:
    """The characters that are shown as the checked text's own."""
    marked = re.sub(r'<span class="hidden-character">(.*?)</span>', r"\1", markup)
    return html.unescape("".join(re.findall(r'<span class="words">(.*?)</span>', marked, re.DOTALL)))


def shows(text: str) -> "re.Pattern[str]":
    """What shows a text: its characters in order, each as it is, or by its code point where it could hide."""
    return re.compile("".join(re.escape(each) if each.isprintable() else f"(?:{_either(each)})" for each in text))


def _either(character: str) -> str:
    return rf"{re.escape(character)}|U\+{ord(character):04X}"


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
    return list(check.respond(cast(Any, Teller(events)), text, Downloads()))


# --- the text


@st.composite
def checked_texts(draw: st.DrawFn) -> View:
    """Any text with any claims and other pieces in it that do not overlap."""
    text = draw(st.text(max_size=300) | st.text(alphabet="ab <>&\"'[]()!*`$#\n\r\u200b\u202e", max_size=300))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12, unique=True)))
    claims, others = [], []
    for start, end in pairwise(cuts):
        kind = draw(st.sampled_from(["claim", "other", "none"]))
        if kind == "claim":
            quotes = draw(st.lists(st.text(max_size=20), max_size=2))
            claims.append(claim_in(text, start, end, draw(st.sampled_from(VERDICTS)), quotes))
        elif kind == "other":
            others.append(no_claim_of(text[start:end], start=start))
    return whole(text, *draw(st.permutations(claims)), not_claims=tuple(others))


@given(checked_texts())
def test_the_whole_text_is_shown_in_order_character_for_character(view: View) -> None:
    assert shows(view.findings.text).fullmatch(words_in(checked_text(view)))


@given(checked_texts(), st.integers(1, 400))
def test_the_parts_of_a_long_text_are_together_the_whole_text(view: View, largest: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings, "LARGEST_PART", largest)
        count = len(parts(view))
        shown = "".join(words_in(checked_text(replace(view, part=part))) for part in range(count))
        assert shows(view.findings.text).fullmatch(shown)
        assert sum(map(claims_in, parts(view))) == len(view.findings.claims)
        assert view.turned(by=count).part == count - 1
        assert view.turned(by=-1).part == 0


def test_pieces_that_overlap_or_lie_outside_the_text_are_left_out_of_it() -> None:
    claims = (claim_in(TEXT, 0, 25), claim_in(TEXT, 4, 30), replace(claim_in(TEXT, 60, 67), end=99))
    view = whole(TEXT, *claims)
    assert words_in(checked_text(view)) == TEXT
    assert [what for _, what in pieces(view.findings) if what] == [claims[0]]


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_claim_is_marked_by_a_sign_and_a_name_beside_its_colour(verdict: Verdict) -> None:
    shown = checked_text(whole(TEXT, claim_in(TEXT, 0, 25, verdict)))
    summary = re.search(r"<summary.*?</summary>", shown)
    assert summary
    assert f'class="claim {verdict}"' in shown
    assert text_of(summary[0]) == f"{SIGNS[verdict]}{WORDS[verdict]}: {TEXT[:25]}"


def test_no_two_verdicts_look_or_sound_the_same() -> None:
    assert len(set(SIGNS.values())) == len(set(WORDS.values())) == len(VERDICTS)


def test_a_piece_that_is_no_claim_says_so_and_why() -> None:
    shown = checked_text(whole(TEXT, not_claims=(no_claim_of("Is it old?", start=26),)))
    assert "Is it old?not a claim (question)" in text_of(shown)


def test_a_claim_holds_its_reason_its_parts_its_differences_and_its_quotes() -> None:
    claim = replace(
        claim_in(TEXT, 37, 55, "conflicting", ["It opened in 1931."]),
        read_as="The bridge opened in 1931.",
        quotes_against=(quote_of(2, "It opened in 1932.", title="Other"),),
        differences=(Difference("date", "1931", "1932", 2),),
        parts=(part_of("It opened."), part_of("It did so in 1931.", "not_found")),
    )
    shown = checked_text(whole(TEXT, claim))
    read = text_of(shown)
    for words in (
        "The documents say so.",
        "Read as: The bridge opened in 1931.",
        "The document says 1932, the claim 1931. [2]",
        "✓It opened. supported, 80% sure",
        "?It did so in 1931. not found, 80% sure",
        "Quotes for it[1]It opened in 1931.",
        "Quotes against it[2]It opened in 1932.",
    ):
        assert words in read
    assert shown.count('class="citation" href="source') == 3
    assert "Read as" not in checked_text(whole(TEXT, claim_in(TEXT, 0, 25)))
    assert "Quotes that come nearest" in checked_text(whole(TEXT, claim_in(TEXT, 0, 25, "not_found", ["It is long."])))


def test_nothing_of_a_payload_survives_as_markup(shared_data: Path) -> None:
    payloads = (shared_data / "security" / "xss_payloads.txt").read_text("utf-8", errors="replace").splitlines()
    ours = set(re.findall(r"</?\w+", checked_text(full_of("plain"))))
    for payload in filter(None, payloads):
        shown = checked_text(full_of(payload))
        assert set(re.findall(r"</?\w+", shown)) <= ours | {"<span", "</span"}, payload
        assert not re.search(r"\n|!\[|\]\(|[*`$]", shown), payload
        assert text_of(shown).count(payload) >= 9 or "hidden-character" in shown, payload


def full_of(words: str) -> View:
    """A checked text that says the same words in every place that can hold foreign ones."""
    quote = replace(quote_of(1, words, title=words), heading=words, source=words, permalink=words)
    claim = replace(
        claim_in(words, 0, len(words), "not_found"),
        reason=words,
        read_as=f"{words} it",
        quotes_for=(quote,),
        quotes_against=(replace(quote, number=2),),
        differences=(Difference("name", words, words, 1),),
        parts=(part_of(words),),
    )
    text = f"{words}\n{words}"
    other = no_claim_of(words, "heading", len(words) + 1)
    return whole(text, claim, not_claims=(other,))


# --- the states of a check


def two_claims() -> tuple[Claim, Claim, NoClaim]:
    return (
        claim_in(TEXT, 0, 25, "contradicted", ["30 m"]),
        claim_in(TEXT, 37, 55),
        no_claim_of("Is it old?", start=26),
    )


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
    last = list(check.respond(cast(Any, desk), TEXT, Downloads()))[-1]
    assert "There are no documents; add some first." in text_of(last[0])


def test_the_text_is_checked_as_it_was_pasted() -> None:
    desk = CheckDesk(report=report_of(claim_of(TEXT[:25])))
    last = list(check.respond(cast(Any, desk), TEXT, Downloads()))[-1]
    assert desk.calls == [("check", TEXT, None)]
    assert words_in(last[1] or "") == TEXT


def test_closing_the_states_closes_the_check() -> None:
    first, _, other = two_claims()
    teller = Teller((Split(2, (other,)), Checked(first, 1, 2)))
    running = check.respond(cast(Any, teller), TEXT, Downloads())
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


# --- downloads


def test_a_report_is_downloadable_for_as_long_as_its_page_holds_it() -> None:
    downloads = Downloads()
    report = report_of(claim_in(TEXT, 0, 25))
    offer = downloads.offer(report)
    assert downloads.read(offer.key, "claims.md") == ("text/markdown", as_markdown(report))
    assert downloads.read(offer.key, "claims.csv") == ("text/csv", as_csv(report))
    for key, name in ((offer.key, "claims.exe"), ("", "claims.md"), (offer.key[:-1], "claims.md")):
        with pytest.raises(AssistantError, match="check the text again"):
            downloads.read(key, name)
    key = offer.key
    del offer
    gc.collect()
    with pytest.raises(AssistantError, match="no longer there"):
        downloads.read(key, "claims.md")


def test_the_last_state_offers_its_whole_report() -> None:
    report = report_of(claim_in(TEXT, 0, 25))
    last, _, view = states(Split(1, ()), Reported(report))[-1]
    assert view.findings.offer
    assert view.findings.offer.report is report
    for name in ("claims.md", "claims.csv"):
        assert f"check/{name}?key={view.findings.offer.key}" in html.unescape(last)
