"""A score in words: no word promises more than was measured, and a higher score never has a weaker word."""

import json

import pytest

from assistant.likelihood import in_words
from tests.conftest import ROOT

MEASURED = json.loads((ROOT / "bench" / "results" / "scores.json").read_text("utf-8"))["results"]["all"]


@pytest.mark.parametrize(
    ("words", "least", "most"), [("Likely", 0.6, 1.0), ("Perhaps", 0.3, 0.6), ("Related", 0.0, 0.3)]
)
def test_each_word_says_how_often_such_quotes_held_the_answer(words: str, least: float, most: float) -> None:
    fitting = [(count, share) for score, count, share in MEASURED if in_words(score).words.startswith(words)]
    held = sum(count * share for count, share in fitting) / sum(count for count, _ in fitting)
    assert least < held < most


def test_a_higher_score_never_has_a_weaker_word() -> None:
    levels = [in_words(score / 100).level for score in range(101)]
    assert sorted(levels, key=["low", "middle", "high"].index) == levels
    assert set(levels) == {"low", "middle", "high"}
