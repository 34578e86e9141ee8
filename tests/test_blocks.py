"""Blocks: what a text is made of, found where it stands, with nothing lost and nothing counted twice."""

import textwrap
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.blocks import front_matter, markdown_blocks, plain_blocks
from index.markup import columns
from index.models import Block

INVISIBLE = "\ufeff\u200b\u2060"
PARTS = st.sampled_from(
    [
        *("word", "Two words. ", "# ", "## Title", "=====", "---", "- ", "1. ", "> ", "```", "~~~", "...", "*", "`x`"),
        *("| a | b |", "|---|---|", "| | |", "a | b", "\\|", "<div>", "<!-- ", "[x](y)", "[x]: y", "title: x"),
        *("    ", "\t", "\n", "\n\n", "\r\n", "\r", "\u2028", "\u3000", "\ufeff", "\u200b", "\x0b", "\x1c"),
        *("é", "e\u0301", "你好。", "😀", "\U0001f469\u200d\U0001f467", "שלום"),
    ]
)
TEXT = st.lists(PARTS, max_size=40).map("".join) | st.text(st.characters(exclude_categories=["Cs"]))


def told(text: str, blocks: Sequence[Block]) -> list[tuple[str, str]]:
    """The kind and text of each block."""
    return [(block.kind, text[block.start : block.end]) for block in blocks]


def assert_ordered(text: str, blocks: Sequence[Block]) -> None:
    position = 0
    for block in blocks:
        assert position <= block.start < block.end <= len(text)
        assert block.header is None or (block.kind == "row" and block.header.end <= block.start)
        assert (block.level > 0) == (block.kind == "heading")
        position = block.end


def left_out(text: str, blocks: Sequence[Block]) -> str:
    """The text without its blocks."""
    edges = [0, *(edge for block in blocks for edge in (block.start, block.end)), len(text)]
    return "".join(text[edges[number] : edges[number + 1]] for number in range(0, len(edges), 2))


@given(TEXT)
@example("a\n\u3000\nb" + "c" * 60)
@example("x" * 50 + "\n\x1c\n")
@settings(max_examples=300)
def test_every_visible_character_of_a_plain_text_lies_in_exactly_one_block(text: str) -> None:
    blocks = plain_blocks(text)
    assert_ordered(text, blocks)
    assert not [each for each in left_out(text, blocks) if not each.isspace() and each not in INVISIBLE]


@given(TEXT)
@settings(max_examples=300)
def test_every_word_of_a_markdown_text_lies_in_exactly_one_block(text: str) -> None:
    blocks = markdown_blocks(text)
    assert_ordered(text, blocks)
    assert not any(character.isalnum() for character in left_out(text[len(front_matter(text)) :], _moved(text, blocks)))


def _moved(text: str, blocks: Sequence[Block]) -> list[Block]:
    """The blocks with offsets that count from the end of the front matter."""
    skipped = len(front_matter(text))
    return [Block(block.kind, block.start - skipped, block.end - skipped) for block in blocks]


@given(TEXT)
def test_line_ends_change_offsets_and_nothing_else(text: str) -> None:
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    for ends in ("\r\n", "\r"):
        other = unix.replace("\n", ends)
        for make in (plain_blocks, markdown_blocks):
            assert [(kind, part.replace(ends, "\n")) for kind, part in told(other, make(other))] == told(
                unix, make(unix)
            )


def test_paragraphs_of_one_line_each_are_apart_and_wrapped_lines_are_joined() -> None:
    text = "Short title\nA line of its own that is longer than any page is wide, " + "and goes on " * 10 + "\nAnother\n"
    assert [kind for kind, _ in told(text, plain_blocks(text))] == ["paragraph"] * 3
    paragraph = textwrap.fill("It was the best of times, it was the worst of times, it was the age of wisdom. " * 5, 72)
    wrapped = f"{paragraph}\n\nIt was the epoch of belief.\n"
    assert told(wrapped, plain_blocks(wrapped)) == [
        ("paragraph", paragraph),
        ("paragraph", "It was the epoch of belief."),
    ]


def test_headings_items_and_code_are_seen_in_plain_text() -> None:
    text = "# Title\n1. one\n2) two\n• three\n```\nx = 1\n\ny = 2\n```\nlast"
    assert told(text, plain_blocks(text)) == [
        ("heading", "# Title"),
        ("item", "1. one"),
        ("item", "2) two"),
        ("item", "• three"),
        ("code", "```\nx = 1\n\ny = 2\n```"),
        ("paragraph", "last"),
    ]


def test_a_fence_that_never_closes_is_plain_text() -> None:
    text = "```\nx = 1\n\nSome words."
    assert told(text, plain_blocks(text)) == [
        ("paragraph", "```"),
        ("paragraph", "x = 1"),
        ("paragraph", "Some words."),
    ]
    shorter = "````\nx\n```\ny"
    assert [kind for kind, _ in told(shorter, plain_blocks(shorter))] == ["paragraph"] * 4


TABLE = "| | Years | |\n|---|:--:|--:|\n| | 2019 | 2018 |\n| Sales | 1,452.4 | - |\n| Other | 44.1 | 56.7 |"


@pytest.mark.parametrize("make", [plain_blocks, markdown_blocks])
@pytest.mark.parametrize("before", ["", "Words before it.\n\n", "Words right before it:\n"])
@pytest.mark.parametrize("after", ["", "\n", "\n\nWords after it."])
def test_a_table_is_a_block_a_row_and_body_rows_know_their_header(make: object, before: str, after: str) -> None:
    assert callable(make)
    text = before + TABLE + after
    rows = [block for block in make(text) if block.kind == "row"]
    lines = TABLE.split("\n")
    assert [text[row.start : row.end] for row in rows] == ["\n".join(lines[:2]), *lines[2:]]
    assert [row.header is None for row in rows] == [True, True, False, False]
    header = rows[-1].header
    assert header is not None
    assert text[header.start : header.end] == "\n".join(lines[:3])
    assert columns(text[header.start : header.end]) == ["", "Years 2019", "2018"]


@pytest.mark.parametrize("make", [plain_blocks, markdown_blocks])
def test_a_table_without_outer_borders_is_a_table(make: object) -> None:
    assert callable(make)
    text = "Name | Age\n--- | ---\nAda | 36\nAlan | 41\n\nThe end."
    assert [kind for kind, _ in told(text, make(text))] == ["row", "row", "row", "paragraph"]


def test_a_bar_in_a_sentence_makes_no_table() -> None:
    text = "Either a | b or c.\nThe next line.\n"
    assert {kind for kind, _ in told(text, plain_blocks(text) + markdown_blocks(text))} == {"paragraph"}


def test_a_header_too_long_to_be_repeated_is_a_row_like_others() -> None:
    text = f"| {'x' * 5000} |\n|---|\n| 1 |\n"
    assert [block.header for block in plain_blocks(text)] == [None, None]


def test_markdown_follows_commonmark() -> None:
    text = (
        "Title\n=====\n\nA paragraph\nof two lines.\n\n> quoted\n> words\n\n- one\n- two\n  lines\n\n---\n\n"
        "    code\n\n```py\n# no heading\n```\n\n### Sub ###\n<p>raw <b>HTML</b>\n"
    )
    assert told(text, markdown_blocks(text)) == [
        ("heading", "Title\n====="),
        ("paragraph", "A paragraph\nof two lines."),
        ("paragraph", "quoted\n> words"),
        ("item", "- one"),
        ("item", "- two\n  lines"),
        ("code", "    code"),
        ("code", "```py\n# no heading\n```"),
        ("heading", "### Sub ###"),
        ("paragraph", "<p>raw <b>HTML</b>"),
    ]
    assert [block.level for block in markdown_blocks(text) if block.kind == "heading"] == [1, 3]


def test_html_links_and_images_of_markdown_stay_as_they_are_written() -> None:
    text = (
        'See [this](http://example.invalid/a) ![img](http://example.invalid/b.png) <script src="http://x.invalid">.\n'
    )
    assert told(text, markdown_blocks(text)) == [("paragraph", text.strip())]


def test_front_matter_is_left_out_and_rules_are_no_front_matter() -> None:
    text = "---\ntitle: A\nlist:\n  - b\n\nmore: c\n---\nWords.\n"
    assert told(text, markdown_blocks(text)) == [("paragraph", "Words.")]
    rules = "---\n\nA long text between two rules: kept.\n\n---\n\nMore.\n"
    assert front_matter(rules) == ""
    assert [part for _, part in told(rules, markdown_blocks(rules))] == [
        "A long text between two rules: kept.",
        "More.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join("  " * depth + "- item" for depth in range(300)),
        ">" * 20_000 + " words",
        "- " * 20_000 + "words",
        "[" * 100_000,
        "*a " * 100_000,
    ],
)
def test_nesting_without_end_loses_no_word(text: str) -> None:
    assert not any(character.isalnum() for character in left_out(text, markdown_blocks(text)))
