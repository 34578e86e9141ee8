"""Quotes: exact slices of the stored source, whole, in order, none twice, and links that lead back to them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import Assistant, quote
from assistant.models import Answer, Quote
from index.errors import AssistantError, DocumentNotFound, SourceChanged
from index.terms import terms
from tests.conftest import opened

LINE_END = re.compile(r"\r\n|\r|\n")
SENTENCES = (
    "The ferry Petrel left the harbour at noon.",
    "Cafe\u0301 Ze\u0301phyr opened beside the pier in 1931.",
    "A 👩‍👩‍👧 family with a 🇳🇴 flag waved 👋🏽 from the deck!",
    "Who saw the ferry leave?",
    "船は正午に港を出た。",
    "“Ice in the strait,” wrote captain Lind [1].",
    "\u05d4\u05e1\u05e4\u05d9\u05e0\u05d4 \u05d9\u05e6\u05d0\u05d4 \u05d1\u05e6\u05d4\u05e8\u05d9\u05d9\u05dd.",
    "- Forty passengers came aboard the ferry.",
    "# The ferry",
    "`ferry --leave` at <b>noon</b> \\| *never*",
    "No full stop after this ferry",
    "| Ship | Left |",
    "|---|---|",
    "| Ferry | noon |",
    "| Tug 🚢 | never |",
    "...",
)
"""None of these is ever quoted in part."""
ENDS = ("\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\r\r", " ", " \t", "\n \n", "\u2028", "\f")
QUESTIONS = ("When did the ferry leave?", "Who wrote of ice?", "船 ferry", "What opened in 1931?", "tug")

documents = st.tuples(
    st.sampled_from(["", "\ufeff", "\n", " \r\n"]),
    st.lists(st.tuples(st.sampled_from(SENTENCES), st.sampled_from(ENDS)), min_size=1, max_size=14),
    st.booleans(),
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """An assistant that never refuses what it can quote."""
    with opened(tmp_path_factory.mktemp("quotes"), threshold=0.0) as assistant:
        yield assistant


def answered(desk: Assistant, text: str, question: str, media_type: str = "text/plain") -> Answer:
    """The answer from one document alone."""
    document = desk.add_text(text, title="Harbour", source="harbour", media_type=media_type)
    return desk.ask(question, documents=[document.id])


def texts(answer: Answer) -> list[str]:
    return [each.text for each in answer.quotes]


# --- exact, whatever the document


@settings(max_examples=25, deadline=None)
@given(documents, st.sampled_from(QUESTIONS), st.sampled_from(["text/plain", "text/markdown"]))
def test_a_quote_is_always_a_whole_exact_slice_of_its_document(
    desk: Assistant, parts: tuple[str, list[tuple[str, str]], bool], question: str, media_type: str
) -> None:
    start, middle, ends_with_line = parts
    text, spans = start, []
    for piece, end in [("The ferry left.", "\n\n"), *middle]:
        spans.append((len(text), len(text) + len(piece)))
        text += piece + end
    text = text if ends_with_line else text.rstrip()
    answer = answered(desk, text, question, media_type)
    assert answer.quotes
    stored = desk.document(answer.quotes[0].document_id).text
    assert stored == text
    for each in answer.quotes:
        assert each.text == stored[each.start : each.end] == each.text.strip()
        assert each.line == len(LINE_END.split(stored[: each.start]))
        assert not any(first < cut < last for first, last in spans for cut in (each.start, each.end))
        assert stored[: each.start].endswith(each.before)
        assert stored[each.end :].startswith(each.after)
        assert desk.resolve(each.permalink) == replace(each, number=1, score=1.0)
    assert_well_chosen(answer)


def assert_well_chosen(answer: Answer) -> None:
    """One to three quotes, numbered from 1, best first, none with the same words twice."""
    scores = [each.score for each in answer.quotes]
    assert [each.number for each in answer.quotes] == list(range(1, len(scores) + 1))
    assert 1 <= len(scores) <= quote.MOST == 3
    assert scores == sorted(scores, reverse=True)
    words = [frozenset(terms(text)) for text in texts(answer)]
    assert all(words)
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_lines_are_counted_as_an_editor_counts_them(desk: Assistant, end: str) -> None:
    text = f"Rain fell.{end}{end}Snow came.{end}The ferry left at noon.{end}"
    (first, *_) = answered(desk, text, "When did the ferry leave?").quotes
    assert (first.text, first.line) == ("The ferry left at noon.", 4)


# --- what is chosen


def test_a_sentence_that_is_repeated_is_quoted_once(desk: Assistant) -> None:
    text = "The ferry left at noon. The ferry left at noon.\n\nTHE FERRY LEFT AT NOON!\n\nRain fell on the ferry."
    answer = answered(desk, text, "When did the ferry leave?")
    assert texts(answer).count("The ferry left at noon.") == 1
    assert "THE FERRY LEFT AT NOON!" not in texts(answer)
    assert_well_chosen(answer)


def test_a_sentence_that_differs_by_a_single_word_is_no_repetition(desk: Assistant) -> None:
    text = "The ferry left at noon.\n\nThe ferry never left at noon."
    assert len(answered(desk, text, "When did the ferry leave?").quotes) == 2


def test_a_heading_is_quoted_only_where_its_passage_says_nothing_else(desk: Assistant) -> None:
    under = answered(desk, "# When did the ferry leave?\n\nNobody knows.", "When did the ferry leave?", "text/markdown")
    assert texts(under) == ["Nobody knows."]
    assert under.quotes[0].heading == "When did the ferry leave?"
    alone = answered(desk, "# The ferry left at noon", "When did the ferry leave?", "text/markdown")
    assert texts(alone) == ["# The ferry left at noon"]


def test_a_quote_from_a_table_is_a_whole_row(desk: Assistant) -> None:
    text = "| Ship | Left |\n|---|---|\n| Ferry | noon |\n| Tug | dusk |\n"
    answer = answered(desk, text, "When did the tug leave?", "text/markdown")
    assert answer.quotes[0].text == "| Tug | dusk |"
    assert answer.quotes[0].before == "| Ship | Left |\n|---|---|\n| Ferry | noon |\n"


def test_the_head_of_a_table_is_quoted_only_where_the_table_has_nothing_else(desk: Assistant) -> None:
    head = "| Ship | Left |\n|---|---|"
    question = "Which ship left?"
    assert texts(answered(desk, f"{head}\n| Tug | dusk |\n", question, "text/markdown")) == ["| Tug | dusk |"]
    assert texts(answered(desk, f"{head}\n", question, "text/markdown")) == [head]


def test_a_row_far_below_its_tables_head_is_shown_with_it(desk: Assistant) -> None:
    rows = "".join(f"| Ship number {number} | {number} passengers with luggage |\n" for number in range(80))
    text = f"| Ship | Passengers |\n|---|---|\n{rows}| Petrel | nine crates of tea |\n"
    (first, *_) = answered(desk, text, "What did the Petrel carry?", "text/markdown").quotes
    assert first.text == "| Petrel | nine crates of tea |"
    assert first.before.startswith("| Ship | Passengers |\n|---|---|\n| Ship number ")


# --- links


@pytest.fixture
def linked(desk: Assistant) -> Quote:
    return answered(desk, "The ferry left at noon. 🚢 Rain fell.", "When did the ferry leave?").quotes[0]


def test_a_link_leads_to_the_same_text_and_place(desk: Assistant, linked: Quote) -> None:
    assert desk.resolve(linked.permalink) == replace(linked, score=1.0)
    assert desk.resolve(f" {linked.permalink}\n") == replace(linked, score=1.0)


def test_a_link_to_a_document_with_another_text_now_says_so(desk: Assistant, linked: Quote) -> None:
    answered(desk, "The ferry left at noon. 🚢 Rain fell. Snow too.", "When did the ferry leave?")
    assert_one_sentence(desk, linked.permalink, SourceChanged, "has changed")


def test_a_link_to_a_document_that_has_its_old_text_again_works_again(desk: Assistant, linked: Quote) -> None:
    answered(desk, "Snow.", "snow")
    answered(desk, "The ferry left at noon. 🚢 Rain fell.", "When did the ferry leave?")
    assert desk.resolve(linked.permalink).text == linked.text


def test_a_link_to_a_document_that_is_gone_says_so(desk: Assistant, linked: Quote) -> None:
    desk.remove(linked.document_id)
    assert_one_sentence(desk, linked.permalink, DocumentNotFound, "There is no document")


SPOILED = [
    ("assistant://default", "assistant://another"),
    ("assistant://default", "assistant://DEFAULT"),
    ("assistant:", "https:"),
    ("default/d", "default/../d"),
    ("default/d", "default/d%00"),
    ("?sha256=", "?md5="),
    ("?sha256=", "?sha256=0&sha256="),
    ("#char=", "#line="),
    ("#char=", "#char=-"),
    ("#char=", "#char=+"),
    ("#char=", "#char=1_"),
    ("#char=0,", "#char= 0,"),
    ("#char=0,", "#char=٠,"),
    ("#char=0,23", "#char=0,２３"),
    ("#char=0,23", "#char=0"),
    ("#char=0,23", "#char=0,23,24"),
    ("#char=0,23", "#char=23,0"),
    ("#char=0,23", "#char=5,5"),
    ("#char=0,23", "#char=0,37"),
    ("#char=0,23", "#char=0,999999999999999"),
    ("#char=0,23", "#char=0,9" + "9" * 30),
    ("#char=0,23", "#char=0," + "9" * 5000),
    ("#char=0,23", "#char=99999999999999999998,99999999999999999999"),
]


@pytest.mark.parametrize(("part", "by"), SPOILED)
def test_a_spoiled_link_is_refused_in_one_sentence(desk: Assistant, linked: Quote, part: str, by: str) -> None:
    assert part in linked.permalink
    assert_one_sentence(desk, linked.permalink.replace(part, by), DocumentNotFound, "")


@pytest.mark.parametrize(
    "address", ["", " ", "assistant://", "a" * 100_000, "assistant://[", "\ud800", "\x00", "\x1b[2J"]
)
def test_what_is_no_link_at_all_is_refused_in_one_sentence(desk: Assistant, address: str) -> None:
    assert_one_sentence(desk, address, DocumentNotFound, "is not a link")


@given(st.text())
def test_no_text_whatever_is_more_than_not_found(library: Assistant, address: str) -> None:
    with pytest.raises(DocumentNotFound):
        library.resolve(address)


def assert_one_sentence(desk: Assistant, address: str, kind: type[AssistantError], words: str) -> None:
    """The link is refused with one short, printable sentence."""
    with pytest.raises(kind) as refusal:
        desk.resolve(address)
    sentence = str(refusal.value)
    assert words in sentence
    assert sentence.isprintable()
    assert sentence.endswith(".")
    assert len(sentence) < 300


def test_links_of_one_collection_are_not_those_of_another(tmp_path: Path, desk: Assistant, linked: Quote) -> None:
    with Assistant.open(tmp_path, "another") as other:
        assert_one_sentence(other, linked.permalink, DocumentNotFound, "is not a link")
