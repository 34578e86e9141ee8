"""What reaches a terminal can be read and does nothing to it."""

import sys
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import terminal
from assistant.models import Answer, Answered, Drafted, Event, Hit, Quote, Stated, Statement
from index.models import Document, Passage, Progress

HOSTILE = "\x1b[31mred\x1b[0m \x9b2J \x07 \u202eback\u202c [bold]not bold[/bold] :smile: line\rover"
REORDERING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def acts(text: str) -> bool:
    """Whether a terminal would do anything but show the text."""
    return any(
        character in REORDERING or (unicodedata.category(character) == "Cc" and character not in "\n\t")
        for character in text
    )


@given(st.text())
def test_no_control_or_reordering_character_passes(text: str) -> None:
    assert not acts(terminal.safe(text))
    assert not acts(terminal.line(text))
    assert "\n" not in terminal.line(text)
    assert terminal.as_json(text).isascii()


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"], exclude_characters="\u115f\u1160\u3164\uffa0")))
def test_plain_text_of_any_language_stays_as_it_is(text: str) -> None:
    assert terminal.safe(text) == text


def test_line_ends_become_one_kind() -> None:
    assert terminal.safe("a\r\nb\rc\nd") == "a\nb\nc\nd"


def test_everything_foreign_in_answers_passages_and_outcomes_is_made_safe() -> None:
    quote = Quote(1, "d", HOSTILE, HOSTILE, 0, 9, HOSTILE, None, HOSTILE, 1, HOSTILE, 0.9, "", "", HOSTILE)
    hit = Hit(Passage(1, "d", 0, 9, HOSTILE, None, HOSTILE), HOSTILE, HOSTILE, 1.0, 0.5)
    refusal = Answer("q", "q", HOSTILE, (), True, HOSTILE, (hit,), 0.1, None, "p", "i", 1.0)
    answered = Answer("q", "q", "See [1].", (quote,), False, "", (), 0.9, None, "p", "i", 1.0)
    shown = [
        terminal.answer(refusal),
        terminal.answer(answered),
        terminal.hits([hit]),
        terminal.outcome(HOSTILE, "failed", HOSTILE),
    ]
    for text in shown:
        assert not acts(text)
        assert "⟨U+001B⟩[31mred" in text
        assert "[bold]not bold[/bold] :smile:" in text


def test_a_table_shows_markup_of_a_title_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    added = datetime(2026, 1, 2, tzinfo=UTC)
    terminal.print_documents(
        [Document("d1", HOSTILE, "/files/[red]a", "text/plain", "0", 1, 1234, "ready", added, lambda: "")]
    )
    shown = capsys.readouterr().out
    assert not acts(shown)
    assert "[bold]not bold[/bold] :smile:" in shown
    assert "/files/[red]a" in shown
    assert "1,234" in shown


def test_a_terminal_shows_the_bar_on_stderr_and_still_a_line_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    lines: list[str] = []
    with terminal.progress("Indexing", lines.append) as on_progress:
        on_progress(Progress(0, 1, "/files/[bold]a.txt", None))
        on_progress(Progress(1, 1, "/files/[bold]a.txt", "added"))
    captured = capsys.readouterr()
    assert lines == ["added: /files/[bold]a.txt"]
    assert captured.out == ""
    assert "Indexing" in captured.err


def test_a_models_words_are_shown_in_a_terminal_while_they_come_and_do_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = Answer("q", "q", "It is old [1].", (), False, "", (), 0.9, "model", "p", "d", 1.0)
    stated = Stated((Statement("It is old [1].", (1,), True),), (), "")
    events: list[Event] = [Drafted("It is"), Drafted(HOSTILE), stated, Drafted("And more"), Answered(answer)]
    assert terminal.awaited(iter(events)) is answer
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert terminal.awaited(iter(events)) is answer
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "It is old [1]. And more" in shown.err
    assert "[31mred" not in shown.err.replace("⟨U+001B⟩[31mred", "")
