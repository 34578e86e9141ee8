"""What the judge is trained on: questions become statements, and pairs say what their kind says."""

import random

import pytest

from training import plain, questions
from training.pairs import NEITHER, NOT_SUPPORTED, SUPPORTED

VERBS = frozenset(("open", "write", "win"))
TEXT = (
    "The Alder Bridge was opened in 1931 by the engineer Ida Holm. It carries two railway tracks over the river Sil. "
    "Trains cross the bridge at 40 kilometres an hour. In 1978 a storm tore away its northern pier. The repairs of the "
    "bridge took three years and cost two million crowns. Paul Berg wrote a history of the bridge in 1990."
)


@pytest.mark.parametrize(
    ("question", "answer", "before", "expected"),
    [
        ("Who opened the bridge?", "Ida Holm", "", "Ida Holm opened the bridge."),
        ("When was the bridge opened?", "1931", "opened in ", "The bridge was opened in 1931."),
        ("When did Paul Berg write a history?", "1990", "bridge in ", "Paul Berg did write a history in 1990."),
        ("What is the length of the bridge?", "40 metres", "", "The length of the bridge is 40 metres."),
        ("How many people live in Elm?", "Two hundred", "", "Two hundred people live in Elm."),
        ("Which team won the cup?", "Elm", "", "Elm won the cup."),
        ("In which year was it built?", "1931", "", "It was built in 1931."),
        ("The bridge crosses which river?", "Sil", "", "The bridge crosses Sil."),
        ("How come?", "Luck", "", "How come? Luck."),
    ],
)
def test_a_question_with_its_answer_is_one_statement(question: str, answer: str, before: str, expected: str) -> None:
    assert questions.stated(question, answer, before, VERBS) == expected


def test_verbs_are_words_that_stand_behind_to_more_than_once() -> None:
    assert questions.base_verbs(["They want to open it.", "He did not open it; to the end, to the sea."]) == {"open"}


@pytest.mark.parametrize("seed", range(20))
def test_supported_pairs_have_their_sentence_in_the_evidence_and_absent_ones_have_not(seed: int) -> None:
    text = plain.Text.of("Alder Bridge", TEXT)
    for number in range(len(text.sentences)):
        for pair in plain._made(text, number, random.Random(seed)):
            held = text.sentences[number] in pair.evidence
            if pair.kind == "rule absent":
                assert (held, pair.target) == (False, NEITHER)
            elif pair.kind == "rule joined: one missing":
                assert pair.target == NOT_SUPPORTED
            elif not pair.kind.startswith("rule attributed"):
                assert held
            assert (pair.kind in ("rule supported", "rule joined", "rule attributed")) == (pair.target == SUPPORTED)
