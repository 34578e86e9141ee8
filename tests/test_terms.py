"""The words that search compares: the same for every way of writing the same thing."""

import threading
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import terms as module
from index.terms import STOP_WORDS, question_terms, terms, words

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
# Words as they are written, with what writers vary: accents, apostrophes, digits, scripts, invisible characters.
PIECES = st.sampled_from(
    [
        *("Café", "naïve", "1,452.4", "3.14", "Tesla’s", "don't", "İstanbul", "ﬁ", "½", "x²", "e\u0301", "Straße"),
        *("北京", "東京タワー", "한국어", "ไทย", "है।", "שָׁלוֹם", "مُحَمَّد", "١٩٩٥", "ё", "Ω"),
        *("\U0001f469\u200d\U0001f467", "-", ", ", "\n", " ", "a\u00adb"),
    ]
)
MIXED_TEXT = st.lists(PIECES).map("".join)


@given(ANY_TEXT | MIXED_TEXT)
def test_composed_and_decomposed_writing_give_the_same_terms(text: str) -> None:
    assert terms(unicodedata.normalize("NFC", text)) == terms(unicodedata.normalize("NFD", text)) == terms(text)


@given(ANY_TEXT | MIXED_TEXT)
def test_a_term_holds_no_white_space_and_no_mark_but_the_decimal_point(text: str) -> None:
    for term in terms(text):
        assert term
        assert term.split() == [term]
        assert all(character.isalnum() or character == "." for character in term if character.isascii())
        assert "." not in term or term.replace(".", "").isdecimal()
        assert len(term) <= 100


@given(MIXED_TEXT, MIXED_TEXT)
def test_texts_apart_give_the_terms_of_both(first: str, second: str) -> None:
    assert terms(f"{first} . {second}") == terms(first) + terms(second)


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_text_is_cut_as_it_is_beside_another_script(text: str) -> None:
    assert words(f"{text} Ω") == [*words(text), "ω"]


@given(MIXED_TEXT)
def test_case_makes_no_difference(text: str) -> None:
    assert terms(text.upper().lower()) == terms(text.lower())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,452.4", "1452.4"),
        ("$ 1,452.4", "1452.4"),
        ("12,345,678", "12345678"),
        ("companies", "company"),
        ("Running", "run"),
        ("Tesla's", "Tesla"),
        ("Tesla’s", "tesla"),
        ("companies’", "company"),
        ("NAÏVE", "naive"),
        ("cafe\u0301", "café"),
        ("Straße", "STRASSE"),
        ("ﬁnance", "finance"),
        ("CO₂", "co2"),
        ("infor\u00admation", "information"),
        ("state-of-the-art", "state of the art"),
        ("can’t", "can"),
        ("doesn't", "does"),
        ("١٩٩٥", "1995"),
        ("مُحَمَّد", "محمد"),
        ("שָׁלוֹם", "שלום"),
        ("葛\U000e0100城", "葛城"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
    ],
)
def test_two_ways_of_writing_one_thing_are_the_same(one: str, other: str) -> None:
    assert terms(one) == terms(other) != []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("... !? —", []),
        ("北京奥运会", ["北京", "京奥", "奥运", "运会"]),
        ("在2008年", ["在", "2008", "年"]),
        ("1,452.4万", ["1452.4", "万"]),
        ("中", ["中"]),
        ("है।", ["है"]),
        ("3.14abc", ["3.14", "abc"]),
        ("1.2.3", ["1.2", "3"]),
        ("1,23", ["1", "23"]),
        ("snake_case", ["snake", "case"]),
    ],
)
def test_text_is_cut_into_these_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_a_question_is_its_content_words_once_each() -> None:
    assert question_terms("Who was the king of the kings, and what is a king?") == ["king"]
    assert question_terms("How much did Apple's revenues grow in 2019?") == ["appl", "revenu", "grow", "2019"]


def test_a_question_of_function_words_keeps_them() -> None:
    assert question_terms("Who is it?") == ["who", "is", "it"]
    assert question_terms("?!") == []


def test_every_function_word_is_one_word() -> None:
    assert all(words(word) == [word] for word in STOP_WORDS)


def test_one_endless_word_is_compared_by_its_beginning() -> None:
    assert terms("x" * 1_000_000) == ["x" * 100]
    assert terms("é" * 1_000_000) == ["e" * 100]
    assert terms("7" * 1_000_000) == ["7" * 100]


def test_stems_are_right_whatever_other_threads_stem_meanwhile() -> None:
    texts = [" ".join(f"{stem}{ending}" for ending in ("ing", "ations", "ies", "ness")) for stem in "abcdefgh"]
    expected = [terms(text) for text in texts]
    found: list[list[list[str]]] = []

    def work() -> None:
        for _ in range(20):
            module._stem.cache_clear()
            found.append([terms(text) for text in texts])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each == expected for each in found)
    assert len(found) == 80
