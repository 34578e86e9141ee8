"""Quotations: the documents' wording is found wherever it stands, and another wording is told with what differs."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from assistant import Assistant
from assistant.verify import LONGEST, Verification
from index.errors import DocumentNotFound, InvalidText
from tests.conftest import fill, opened

BRIDGE = (
    "The Alder Bridge was opened by Ida Holm in 1932. It carries two railway tracks and a road.\n\n"
    "“We never expected a storm of this size,” the engineer said – it was the worst in 40 years."
)
TOWER = "Der Turm wurde 1911 errichtet. It carries two railway tracks and a road."
BAND = "第一座桥于1932年通车，全长三百米。"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    texts = {"bridge": BRIDGE, "tower": TOWER, "band": BAND, "long": "A line of words.\n" * 500 + "The zebra sleeps."}
    made = opened(tmp_path_factory.mktemp("verified"))
    return fill(made, [(name.title(), name, "text/plain", text) for name, text in texts.items()])


def texts_of(found: Verification) -> list[str]:
    return [quote.text for quote in found.quotes]


@pytest.mark.parametrize(
    "quotation",
    ["opened by Ida Holm in 1932", "“opened by Ida Holm in 1932”", "  'opened by Ida Holm in 1932' ", "1932", "三百米"],
)
def test_the_documents_own_words_are_exact(library: Assistant, quotation: str) -> None:
    found = library.verify(quotation)
    assert (found.match, found.changes, found.similarity) == ("exact", (), 1.0)
    assert texts_of(found) == [quotation.strip(" “”'")] * len(found.quotes)


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_slice_of_whole_words_is_found_at_its_place(library: Assistant, data: st.DataObject) -> None:
    words = BRIDGE.split(" ")
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first + 1, len(words)))
    assume(words[first:last] != ["–"])
    found = library.verify(" ".join(words[first:last]))
    assert found.match in ("exact", "normalised")
    for quote in found.quotes:
        assert library.document(quote.document_id).text[quote.start : quote.end] == quote.text


@pytest.mark.parametrize(
    "quotation",
    [
        "THE ALDER BRIDGE was  opened\nby Ida Holm in 1932",
        'the "Alder Bridge" was opened by Ida Holm in 1932;',
        '"We never expected a storm of this size," the engineer said - it was the worst',
        "It carries two rail\u00adway tracks and a road!",
        "Ｉt carries two railway tracks and a road",
    ],
)
def test_other_typography_is_normalised(library: Assistant, quotation: str) -> None:
    found = library.verify(quotation)
    assert found.match == "normalised"
    assert found.quotes
    assert found.changes == ()


def test_another_wording_is_near_and_told_word_by_word(library: Assistant) -> None:
    found = library.verify(
        "The Alder Bridge was not opened by Ida Lind in 1932, it carries three railway tracks and a road"
    )
    assert found.match == "near"
    assert [(change.quotation, change.document) for change in found.changes] == [
        ("not", ""),
        ("Lind", "Holm"),
        ("three", "two"),
    ]
    assert texts_of(found) == [
        "The Alder Bridge was opened by Ida Holm in 1932. It carries two railway tracks and a road"
    ]
    assert [change.sentence for change in found.changes] == [
        "The quotation adds “not”.",
        "The quotation says “Lind”, the document “Holm”.",
        "The quotation says “three”, the document “two”.",
    ]
    assert 0.7 < found.similarity < 1
    left_out = library.verify("The Alder Bridge was opened in 1932. It carries two railway tracks and a road")
    assert [change.sentence for change in left_out.changes] == ["The quotation leaves out “by Ida Holm”."]


@pytest.mark.parametrize(
    "quotation", ["The moon is made of green cheese and mice like it.", "lder Bridg", "zebra crossing", "Лена реки"]
)
def test_other_words_are_absent(library: Assistant, quotation: str) -> None:
    found = library.verify(quotation)
    assert (found.match, found.quotes, found.similarity) == ("absent", (), 0.0)


def test_each_document_that_has_the_words_is_given_and_one_can_be_chosen(library: Assistant) -> None:
    words = "It carries two railway tracks and a road."
    found = library.verify(words)
    assert [quote.number for quote in found.quotes] == [1, 2]
    assert {quote.title for quote in found.quotes} == {"Bridge", "Tower"}
    (only,) = library.verify(words, found.quotes[0].document_id).quotes
    assert only.document_id == found.quotes[0].document_id
    assert (
        library.verify("opened by Ida Holm", next(d.id for d in library.documents() if d.title == "Tower")).match
        == "absent"
    )
    with pytest.raises(DocumentNotFound):
        library.verify(words, "nowhere")


def test_words_behind_many_better_passages_are_still_exact(library: Assistant) -> None:
    assert texts_of(library.verify("words.\nThe zebra")) == ["words.\nThe zebra"]


@pytest.mark.parametrize("quotation", ["", " “” ", "?!", "x" * (LONGEST + 1), "a\x00b"])
def test_what_is_no_quotation_is_said_so(library: Assistant, quotation: str) -> None:
    with pytest.raises(InvalidText, match=r"^The quotation "):
        library.verify(quotation)


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_what_is_given_is_a_slice(library: Assistant, quotation: str) -> None:
    try:
        found = library.verify(quotation)
    except InvalidText:
        return
    for quote in found.quotes:
        assert library.document(quote.document_id).text[quote.start : quote.end] == quote.text
        assert library.resolve(quote.permalink).text == quote.text
    assert json.loads(json.dumps(found.to_dict()))["match"] == found.match


def test_the_longest_quotation_takes_no_more_than_seconds(tmp_path: Path) -> None:
    text = " ".join(f"word{number % 97} the storm" for number in range(3_000))
    with fill(opened(tmp_path), [("Storm", "storm", "text/plain", text)]) as library:
        asked = " ".join(f"the storm word{number % 89}" for number in range(700))[:LONGEST]
        assert library.verify(asked).match in ("near", "absent")
