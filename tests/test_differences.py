"""What differs between a claim and a quote is named, and only where the two are otherwise alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.differences import differences, other_speaker

BORDER = "Khabarovsk is within the Russian Federation's borders and only 30 kilometers from the Chinese border."
BRIDGE = "This move was due to the opening of a bridge between Blagoveshchensk and the Chinese city of Heihe."
MAPS = (
    "However, Russian Foreign Ministry spokesperson Maria Zakharova claimed that these maps do not reflect the "
    "realities that Moscow and Beijing recognize."
)


@pytest.mark.parametrize(
    ("claim", "sentence", "kind", "said", "told"),
    [
        (
            "Khabarovsk is only 300 kilometers from the Chinese border.",
            BORDER,
            "number",
            "300 kilometers",
            "30 kilometers",
        ),
        ("Trains cross at 50 km an hour.", "Trains cross at 40 km an hour.", "number", "50 km", "40 km"),
        ("It has three tracks.", "It has two tracks.", "number", "three tracks", "two tracks"),
        (
            "Sales rose by 5 million euros.",
            "Sales rose by 5 billion euros.",
            "number",
            "5 million euros",
            "5 billion euros",
        ),
        ("The bridge was opened in 1932.", "The bridge was opened on 4 May 1931.", "date", "1932", "1931"),
        ("The bridge was opened on 4 June 1931.", "The bridge was opened on 4 May 1931.", "date", "June", "May"),
        ("The opening of a bridge between Blagoveshchensk and Harbin.", BRIDGE, "name", "Harbin", "Heihe"),
        (
            "These maps reflect the realities that Moscow and Beijing recognize.",
            MAPS,
            "negation",
            "it without a negation",
            "“not reflect”",
        ),
    ],
)
def test_a_difference_is_named(claim: str, sentence: str, kind: str, said: str, told: str) -> None:
    assert (kind, said, told) in [(each.kind, each.claim, each.document) for each in differences(claim, sentence)]


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("Khabarovsk is 30 kilometers from the Chinese border.", BORDER),
        ("Sales were 2,000 euros.", "Sales were 2000 euros in May."),
        ("Two tracks cross it.", "2 tracks cross it."),
        ("The ferry carried 300 cars.", BORDER),
        ("The bridge was opened in May.", "The bridge was opened on 4 May 1931."),
        ("The opening of a bridge to Heihe.", BRIDGE),
        ("The bridge is not only old.", "The bridge is old."),
        ("Oskar Lind never saw the lighthouse.", "The keeper changed the lamp."),
    ],
)
def test_where_nothing_is_known_to_differ_nothing_is_named(claim: str, sentence: str) -> None:
    assert differences(claim, sentence) == ()


@given(st.text(max_size=200))
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert differences(text, text) == ()
    assert other_speaker(text, text) is None


@pytest.mark.parametrize(
    ("claim", "speaker"),
    [
        ("These maps do not reflect the realities that Moscow and Beijing recognize.", ""),
        ("Sergei Lavrov claimed that these maps do not reflect the realities that Moscow recognizes.", "Sergei Lavrov"),
    ],
)
def test_somebodys_words_are_no_evidence_for_a_fact_or_for_anothers_words(claim: str, speaker: str) -> None:
    found = other_speaker(claim, MAPS)
    assert found is not None
    assert (found.kind, found.claim) == ("speaker", speaker)
    assert "Maria Zakharova" in found.document


@pytest.mark.parametrize(
    "claim",
    [
        "Maria Zakharova claimed that these maps do not reflect the realities that Moscow and Beijing recognize.",
        "According to Zakharova, the maps do not reflect the realities that Moscow and Beijing recognize.",
        "A spokesperson of the Russian Foreign Ministry said that the maps do not reflect the realities.",
        "Zakharova spoke about maps.",
        "Beijing is enhancing its influence.",
    ],
)
def test_the_same_speaker_or_another_subject_is_no_difference(claim: str) -> None:
    assert other_speaker(claim, MAPS) is None
