"""Foreign text on the page: it reads the same and does nothing."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.escape import escape, escape_attribute, is_hidden, link, shorten, visible


def text_of(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cf"])))
def test_escaped_text_reads_as_the_text_and_holds_no_active_character(text: str) -> None:
    escaped = escape(text)
    assert html.unescape(escaped) == text or is_hidden(text[0]) or any(map(is_hidden, text))
    assert all(character.isalnum() or character in "&#;" for character in re.sub(r"</?span[^>]*>", "", escaped))


@given(st.text())
def test_any_text_can_be_escaped_and_sent(text: str) -> None:
    for made in (escape(text), escape_attribute(text), link("source", at=text)):
        made.encode()
        assert not re.search(r"""["'<>\[\]()*_`$!\\]""", re.sub(r'</?span( class="hidden-character")?>', "", made))


@pytest.mark.parametrize(
    "character", ["\u202e", "\u2066", "\u200b", "\ufeff", "\u200f", "\x00", "\u3164", "\U000e0041"]
)
def test_a_character_that_hides_or_reorders_becomes_a_visible_mark(character: str) -> None:
    mark = f"U+{ord(character):04X}"
    assert mark in text_of(escape(f"a{character}b"))
    assert character not in html.unescape(escape(f"a{character}b"))
    assert mark in visible(f"a{character}b")


@pytest.mark.parametrize("text", ["👨‍👩‍👧", "می‌خواهم", "क्‍ष", "é\u0301", "line\r\n\tline", "co\u00adop"])
def test_joiners_with_a_meaning_and_white_space_stay_as_they_are(text: str) -> None:
    assert html.unescape(escape(text)) == text


def test_a_long_text_is_shortened_with_its_length() -> None:
    assert shorten("abc", 3) == "abc"
    assert shorten("abcd" * 1000, 4) == "abcd … (4,000 characters in all)"
