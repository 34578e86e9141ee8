"""Splitting a text: claims are slices of it, what cannot be checked is told apart, parts and pronouns stand alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.claims import Statement, assertions, statements
from assistant.verdict import NoClaim

ARTICLE = """# The bridge

The Alder Bridge was opened in 1931 and carries two railway tracks. It was built by Ida Holm. She was born in Oslo.
Is it old? I think it is a wonderful bridge.

- Beijing, which supports elite crackdowns, is enhancing its influence.
2. Two ferries crossed the strait.

> Trains cross the bridge at 40 kilometres an hour.

Opening hours
The reading room opens at nine on weekdays.
"""


def only_claims(text: str) -> list[Statement]:
    return [each for each in statements(text) if isinstance(each, Statement)]


def no_claims(text: str) -> dict[str, str]:
    return {each.text: each.kind for each in statements(text) if isinstance(each, NoClaim)}


def test_the_sentences_of_an_article_are_claims_without_the_marks_of_lists() -> None:
    assert [each.text for each in only_claims(ARTICLE)] == [
        "The Alder Bridge was opened in 1931 and carries two railway tracks.",
        "It was built by Ida Holm.",
        "She was born in Oslo.",
        "Beijing, which supports elite crackdowns, is enhancing its influence.",
        "Two ferries crossed the strait.",
        "Trains cross the bridge at 40 kilometres an hour.",
        "The reading room opens at nine on weekdays.",
    ]


def test_questions_headings_and_opinions_are_no_claims() -> None:
    assert no_claims(ARTICLE) == {
        "# The bridge": "heading",
        "Is it old?": "question",
        "I think it is a wonderful bridge.": "opinion",
        "Opening hours": "heading",
    }


@pytest.mark.parametrize(
    "text",
    [
        "the bridge opened in 1931",
        "I think that Beijing opened 3 offices in Siberia.",
        "Zakharova said that Beijing should leave the maps alone.",
        "Die Brücke wurde 1931 eröffnet.",
        "桥梁于1931年开放。",
        "Мост открыли в 1931 году.",
    ],
)
def test_what_has_something_to_check_is_a_claim(text: str) -> None:
    assert [each.text for each in only_claims(text)] == [text]


@pytest.mark.parametrize("text", ["Hello!", "...", "1931", "| a | b |\n|---|---|\n| 1 | 2 |", "?", "🙂 🙂 🙂"])
def test_what_says_nothing_is_no_claim(text: str) -> None:
    assert only_claims(text) == []


@given(st.text(max_size=400))
def test_every_piece_is_a_slice_of_the_text_and_they_do_not_overlap(text: str) -> None:
    last = 0
    for each in statements(text):
        assert each.text == text[each.start : each.end]
        assert last <= each.start < each.end
        last = each.end


@given(st.text(alphabet="Aab. ,;?\n-#>", max_size=300))
def test_a_claim_is_read_in_words_of_its_own(text: str) -> None:
    for each in only_claims(text):
        assert each.read_as.strip()
        assert all(part.strip() for part in each.parts)
        assert len(each.parts) != 1


def test_a_pronoun_takes_its_referent_from_the_sentence_before() -> None:
    _, built, born, *_ = only_claims(ARTICLE)
    assert built.read_as == "The Alder Bridge was built by Ida Holm."
    assert born.read_as == "Ida Holm was born in Oslo."


def test_a_possessive_pronoun_does_too() -> None:
    claims = only_claims("Ida Holm built the bridge. Her brother paid for it.")
    assert claims[1].read_as == "Ida Holm’s brother paid for it."


@pytest.mark.parametrize(
    "text",
    [
        "He was born in Oslo.",
        "The bridge is old. These tactics have generated concerns.",
        "The bridge was opened. She was born in Oslo.",
    ],
)
def test_a_pronoun_without_a_referent_that_is_clear_stays(text: str) -> None:
    last = only_claims(text)[-1]
    assert last.read_as == last.text


@pytest.mark.parametrize(
    ("claim", "parts"),
    [
        (
            "Barack Obama was born in Hawaii and moved to Chicago in 1985.",
            ("Barack Obama was born in Hawaii.", "Barack Obama moved to Chicago in 1985."),
        ),
        (
            "Beijing and Moscow signed the deal, but the Amur region was not included.",
            ("Beijing and Moscow signed the deal.", "The Amur region was not included."),
        ),
        (
            "Beijing, which supports elite crackdowns, is enhancing its influence; the governor fears it a lot.",
            (
                "Beijing supports elite crackdowns.",
                "Beijing is enhancing its influence.",
                "The governor fears it a lot.",
            ),
        ),
        ("The bridge was closed, and it reopened in 1981.", ("The bridge was closed.", "The bridge reopened in 1981.")),
        ("Tom and Jerry are friends.", ()),
        ("He killed and wounded many soldiers.", ()),
        ("If it rains, the match is cancelled and the tickets remain valid.", ()),
        ("Ida Holm said that the bridge was closed and that it will reopen.", ()),
    ],
)
def test_a_sentence_is_read_by_its_assertions(claim: str, parts: tuple[str, ...]) -> None:
    assert assertions(claim) == parts


def test_a_text_without_a_stop_is_checked_in_pieces_of_bounded_length() -> None:
    assert all(len(each.text) <= 2_000 for each in only_claims("word " * 5_000))
