"""Follow-ups: what a question leaves out comes from the conversation, and what stands alone stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import word_refusal
from assistant.follow_up import stand_alone, understood
from prompts import bundled

HOLM = ("Who opened the Alder Bridge?", "*Alder Bridge* says:\n“Ida Holm opened the bridge in spring.” [1]")
LIND = ("Who built the tower?", "Oskar Lind built the tower. Lind was an engineer from Bergen.")
BAND = ("When did the Harbour Lights form?", "The Harbour Lights formed in 1994 and released two albums.")


@pytest.mark.parametrize(
    ("history", "question", "meant"),
    [
        ([LIND], "Where was he born?", "Where was Oskar Lind born?"),
        ([("Who offers Chinese courses?", "Vasily Orlov does.")], "Where is he from?", "Where is Vasily Orlov from?"),
        ([LIND], "What was his first work?", "What was Oskar Lind’s first work?"),
        ([LIND], "Did anybody help him?", "Did anybody help Oskar Lind?"),
        ([BAND], "Where did they play?", "Where did Harbour Lights play?"),
        ([BAND], "What was their first album?", "What was Harbour Lights’ first album?"),
        ([HOLM], "How long is it?", "How long is Alder Bridge?"),
        ([HOLM, LIND], "Where did he study?", "Where did Oskar Lind study?"),
        ([LIND, ("What did Lind write?", "I don't know.")], "When did he die?", "When did Oskar Lind die?"),
        ([HOLM], "Why?", "Who opened the Alder Bridge: why?"),
        ([HOLM], "And when?", "Who opened the Alder Bridge: when?"),
        ([HOLM], "What about the tower?", "Who opened the Alder Bridge: the tower?"),
        ([("What did it cost in 2018?", "40 crowns.")], "And in 2019?", "What did it cost in 2019?"),
        ([HOLM], "Are there any others?", "Are there any others (Alder Bridge)?"),
    ],
)
def test_what_a_question_leaves_out_is_filled_in(history: list[tuple[str, str]], question: str, meant: str) -> None:
    assert stand_alone(question, history).question == meant


@pytest.mark.parametrize(
    "question",
    [
        "Who is the mayor of Bergen?",
        "Does the Prince of Wales have his own income?",
        "My neighbour has a dog, and he walks it. How often should a dog be walked?",
        "Is it true that bridges rust?",
        "How many days does it take?",
        "It is important to know how bridges are built, so how are bridges built?",
        "Wo steht der Turm?",
        "谁建造了塔？",
    ],
)
def test_a_question_that_stands_alone_stays_as_it_is(question: str) -> None:
    found = stand_alone(question, [HOLM, LIND])
    assert (found.question, found.unclear) == (question, "")


@pytest.mark.parametrize(
    ("question", "word"), [("Who is he?", "he"), ("When was she born?", "she"), ("And her?", "her")]
)
def test_a_person_of_whom_nothing_was_said_is_asked_back(question: str, word: str) -> None:
    for history in ((), [("how long is a day", "24 hours")]):
        found = stand_alone(question, history)
        assert (found.question, found.unclear) == (question, word)
    assert f"“{word}”" in word_refusal("unclear", bundled(), unclear=word)


def test_what_can_be_searched_for_without_the_person_is() -> None:
    assert stand_alone("Who moved his court from Warsaw to Krakow in 1596?", ()).unclear == ""


TEXT = st.text(max_size=80) | st.sampled_from(
    ["He", "Ida Holm", "it", "*A* says:", "Did John", "E. E. Cummings was", "?"]
)
WORDS = st.lists(TEXT, max_size=6).map(" ".join)


@given(WORDS, st.lists(st.tuples(WORDS, WORDS), max_size=4))
def test_nothing_a_person_or_a_document_says_breaks_it(question: str, history: list[tuple[str, str]]) -> None:
    found = stand_alone(question, history)
    assert found.question.strip() or not question.strip()


@given(WORDS)
def test_without_a_conversation_every_question_stays_as_it_is(question: str) -> None:
    assert stand_alone(question, ()).question == question


def test_a_conversation_means_the_same_whether_questions_are_kept_as_asked_or_as_understood() -> None:
    asked = [HOLM, ("When did she open it?", "*Alder Bridge* says:\n“It was opened in 1931.” [1]")]
    meant = [HOLM, (stand_alone(asked[1][0], asked[:1]).question, asked[1][1])]
    assert meant != asked
    assert understood(asked) == understood(meant) == tuple(meant)
