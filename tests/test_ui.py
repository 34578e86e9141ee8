"""The page without a browser: what is shown, and that it is only shown."""

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from assistant.likelihood import in_words
from assistant.models import Hit, Statement
from assistant.ui import cards, panel, render
from index.errors import DocumentNotFound, SourceChanged
from index.models import Passage, Span
from tests.desk_shelf import TEXT, Shelf, answer_of, shelf_with_a_bridge, text_of

HOSTILE = "<script>alert(1)</script> ![x](http://evil.example/x.png) [a](javascript:alert(1)) $$x$$ `code` &lt; **b**"


@pytest.fixture
def shelf(tmp_path: Path) -> Any:
    return shelf_with_a_bridge(tmp_path)


# --- messages


def test_an_answer_shows_each_quote_with_its_number_text_and_place(shelf: Shelf) -> None:
    quote = shelf.quote("bridge.txt", 12, 54)
    shown = render.answer(answer_of(quote), lambda hit: "")
    assert quote.text in text_of(shown)
    assert "[1]" in text_of(shown)
    assert "line 2" in text_of(shown)
    assert "says:" in shown
    assert "\n" not in shown


def test_a_models_sentences_link_their_quotes_and_say_what_is_doubtful(shelf: Shelf) -> None:
    quote = shelf.quote("bridge.txt", 0, 11)
    said = (
        Statement("It says so [1], and <i>more</i> [7].", (1,), True),
        Statement("It is old [1].", (1,), False),
        Statement("It is red.", (), None),
    )
    whole = replace(answer_of(quote, model="some-model"), statements=said, note="One <b>number</b> was none.")
    shown = render.answer(whole, lambda hit: "")
    assert shown.count('class="citation"') == 3
    assert "It says so [1], and <i>more</i> [7]." in text_of(shown)
    assert "It is old [1]. ⚠ its quotes may not say so" in text_of(shown)
    assert "It is red. ⚠ not from the documents" in text_of(shown)
    assert "One <b>number</b> was none." in text_of(shown)
    assert "Put into words by" in text_of(shown)
    assert "<i>" not in shown


def test_of_a_draft_no_number_is_a_citation_yet(shelf: Shelf) -> None:
    quote = shelf.quote("bridge.txt", 0, 11)
    own = render.partial("", (quote,)).count('class="citation"')
    shown = render.draft("It is <b>old</b> [1].", (), (quote,))
    assert "It is <b>old</b> [1]." in text_of(shown)
    assert shown.count('class="citation"') == own
    stated = render.draft("It is <b>old</b> [1].", (Statement("It is red [1].", (1,), False),), (quote,))
    assert "It is red [1]. ⚠ its quotes may not say so It is <b>old</b> [1]." in text_of(stated)
    assert stated.count('class="citation"') == own + 1


def test_a_refusal_says_why_and_marks_the_nearest_passages_as_no_answer(shelf: Shelf) -> None:
    hit = Hit(Passage(1, "bridge.txt", 0, 11, "First line.", None, ""), "bridge.txt", "/files/bridge.txt", 0.1, 0.1)
    shown = render.answer(answer_of(nearest=(hit,)), lambda hit: panel.passage_link(cast(Any, shelf), hit))
    assert "The documents do not say." in text_of(shown)
    assert "⊘" in shown
    assert "Nearest passages (not an answer)" in shown
    assert "First line." in text_of(shown)


def test_foreign_markup_stays_text_in_every_message(shelf: Shelf) -> None:
    shelf.put(HOSTILE, HOSTILE)
    quote = replace(shelf.quote(HOSTILE, 0, len(HOSTILE)), heading=HOSTILE, before=f"{HOSTILE} ", after=f" {HOSTILE}")
    messages = [
        render.question(HOSTILE),
        render.problem(HOSTILE),
        render.answer(answer_of(quote), lambda hit: ""),
        panel.show(panel.find_quote(cast(Any, shelf), quote.permalink)),
    ]
    for shown in messages:
        assert HOSTILE in text_of(shown)
        assert not re.search(r"<(script|img|a href=.javascript)|!\[|\*\*|\$\$", shown)


# --- source panel


def test_the_panel_marks_exactly_the_quote_within_the_whole_text(shelf: Shelf) -> None:
    quote = shelf.quote("bridge.txt", 12, 54)
    shown = panel.show(panel.find_quote(cast(Any, shelf), quote.permalink))
    marked = re.search(r"<mark[^>]*>(.*?)</mark>", shown)
    assert marked
    assert text_of(marked[1]) == TEXT[12:54]
    assert TEXT in text_of(shown)


def test_the_panel_names_an_upload_by_its_own_folders(shelf: Shelf) -> None:
    name = "letters/<b>1931</b>/may.txt"
    shelf.originals.uploaded_name = lambda source: name  # type: ignore[method-assign]
    for found in (
        panel.find_document(cast(Any, shelf), "bridge.txt"),
        panel.find_quote(cast(Any, shelf), shelf.quote("bridge.txt", 0, 5).permalink),
    ):
        assert f"{name} (uploaded)" in text_of(panel.show(found))


def test_what_a_quote_hides_is_marked_in_the_answer_and_in_the_panel(shelf: Shelf) -> None:
    quote = replace(shelf.quote("bridge.txt", 12, 54), hidden=(Span(0, 3), Span(35, 42)))
    for shown in (
        render.answer(answer_of(quote), lambda hit: ""),
        panel.show(panel.Place(shelf.document("bridge.txt"), TEXT, 12, 54, "line 2", "", quote.hidden)),
    ):
        parts = re.findall(r'<span class="unseen-part" title="Hidden in the source">(.*?)</span>', shown)
        assert [html.unescape(part) for part in parts] == [TEXT[12:15], TEXT[47:54]]
        assert TEXT[12:54] in text_of(shown)


def test_a_page_picture_is_shown_only_with_a_quote_and_a_file(shelf: Shelf) -> None:
    found = panel.find_quote(cast(Any, shelf), shelf.quote("bridge.txt", 12, 54).permalink)
    assert 'src="picture?' in panel.show(found, address="at=x", pictured=True)
    assert "picture?" not in panel.show(found, address="at=x")
    start = panel.find_document(cast(Any, shelf), "bridge.txt")
    assert "picture?" not in panel.show(start, address="document=x", pictured=True)


def test_a_long_document_is_shown_around_the_quote_and_says_what_is_left_out(shelf: Shelf) -> None:
    text = "A line of text.\n" * 10_000
    shelf.put("long.txt", text)
    shown = panel.show(
        panel.find_quote(cast(Any, shelf), shelf.quote("long.txt", 80_000, 80_015).permalink), address="at=x"
    )
    assert "earlier characters not shown" in shown
    assert "later characters not shown" in shown
    assert len(text_of(shown)) < 14_000
    assert "around=24000" in shown


def test_a_changed_or_removed_source_is_said_so(shelf: Shelf) -> None:
    quote = shelf.quote("bridge.txt", 0, 11)
    shelf.put("bridge.txt", "Another text.")
    with pytest.raises(SourceChanged, match="changed"):
        panel.find_quote(cast(Any, shelf), quote.permalink)
    shelf.remove("bridge.txt")
    with pytest.raises(DocumentNotFound, match="removed"):
        panel.find_quote(cast(Any, shelf), quote.permalink)


# --- cards


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("One is first. Two is second. ", " Four is fourth. Five.", "Two is second. [] Four is fourth."),
        ("# Heading\n\nTwo is second.\n\n", "\n\nFour is fourth.", "Two is second.\n[]\nFour is fourth."),
        ("", "", "[]"),
        ("   \n", "\n  \n", "[]"),
        ("| Year | Sum |\n| --- | --- |\n| 2023 | 7 |\n", "\n| 2025 | 9 |", "| Year | Sum |\n[]"),
        ("First. " + "long " * 100 + "end. ", " " + "more " * 100, "… long"),
    ],
)
def test_a_card_has_the_sentence_before_a_quote_and_the_one_after_it(before: str, after: str, expected: str) -> None:
    shown = f"{cards.sentence_before(before)}[]{cards.sentence_after(after)}"
    if expected.startswith("…"):
        assert shown.startswith(expected)
        assert shown.endswith("more …")
        assert "First" not in shown
        assert len(shown) < 700
    else:
        assert shown == expected


def test_the_scores_words_are_those_of_answers_only(shelf: Shelf) -> None:
    quote = shelf.quote("bridge.txt", 12, 54)
    assert in_words(quote.score).words in text_of(render.answer(answer_of(quote), lambda hit: ""))
    assert in_words(quote.score).words not in text_of(render.numbered_quote(quote, titled=True))


def test_an_answer_says_how_many_quotes_can_be_shown(shelf: Shelf) -> None:
    quote = shelf.quote("bridge.txt", 12, 54)
    assert "1 quote<" in render.answer(answer_of(quote), lambda hit: "")
    assert "2 quotes<" in render.answer(answer_of(quote, replace(quote, number=2)), lambda hit: "")
    hit = Hit(Passage(1, "bridge.txt", 0, 11, "First line.", None, ""), "bridge.txt", "/files/bridge.txt", 0.1, 0.1)
    assert "2 nearest passages<" in render.answer(answer_of(nearest=(hit, hit)), lambda hit: "")
    assert "show-evidence" not in render.answer(answer_of(), lambda hit: "")
