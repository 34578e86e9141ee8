"""A checked text as HTML: all of it is shown in order, and it is only shown."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.export import SIGNS, WORDS
from assistant.ui import findings
from assistant.ui.findings import View, claims_in, parts, pieces
from assistant.ui.render_check import checked_text
from assistant.verdict import (
    VERDICTS,
    Difference,
    Verdict,
)
from tests.desk import quote_of
from tests.desk_claims import no_claim_of, part_of
from tests.desk_page import TEXT, claim_in, text_of, whole, words_in


def shows(text: str) -> "re.Pattern[str]":
    """What shows a text: its characters in order, each as it is, or by its code point where it could hide."""
    return re.compile("".join(re.escape(each) if each.isprintable() else f"(?:{_either(each)})" for each in text))


def _either(character: str) -> str:
    return rf"{re.escape(character)}|U\+{ord(character):04X}"


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
