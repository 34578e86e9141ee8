"""Passages and sentences: exact slices that cover the text once and that the model can read whole."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.blocks import markdown_blocks, plain_blocks
from index.models import Block, PassageDraft, Place, Reading, Sentence, Span
from index.passage_terms import sentence_terms
from index.split import passage_input, sentence_input, split
from index.terms import terms

Counter = Callable[[str], int]
COUNTERS: list[Counter] = [
    lambda text: len(text.split()) + 2,
    len,
    lambda text: len(text.encode()) // 3 + 2,
    # More for the whole than for its parts.
    lambda text: len(text) ** 2 // 400 + len(text.split()) + 2,
]
PIECES = st.sampled_from(
    [
        *(
            "Dr. Smith paid $1,452.4 to Acme Inc. in 2019. ",
            "Who? ",
            "It works (see Fig. 3). ",
            "A sentence. ",
            "word ",
        ),
        *(
            "A sentence. ",
            "long" * 30,
            "一句话。两句话！",
            "שלום עולם. ",
            "هذا نص؟ ",
            "e\u0301" * 20,
            "🇩🇪" * 9,
            "...",
            "½ ",
        ),
        *("\U0001f469\u200d\U0001f469\u200d\U0001f467 ", "\n", "\n\n", "\r\n", "\r\r", "\u2028", "\u3000", "\ufeff"),
        *(
            "# Title\n",
            "## Part (b) \n",
            "- item. More. ",
            "\n| a | b |\n|---|---|\n| 1 | 2 |\n",
            "| 3 | 4 |\n",
            "\n> said ",
        ),
        *("```\nx = 1\n\ny = 2\n```\n", "<b>raw</b> ", "[link](http://example.invalid) ", " " * 30),
    ]
)
TEXT = st.lists(PIECES, max_size=60).map("".join) | st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
BLOCKS = st.sampled_from([plain_blocks, markdown_blocks])


def read_alone(text: str, sentence: Sentence) -> str:
    """What a model reads for a sentence without its passage."""
    head = sentence.header
    header = text[head.start : head.end] if head else ""
    return sentence_input(text[sentence.start : sentence.end], sentence.kind, header)


def sliced(text: str, passage: PassageDraft) -> list[str]:
    """The sentences of a passage as they stand in the text."""
    return [text[sentence.start : sentence.end] for sentence in passage.sentences]


def split_plain(text: str, *, title: str = "", max_tokens: int = 256, count: Counter = COUNTERS[0]) -> list[list[str]]:
    """The sentences of each passage of a plain text."""
    reading = Reading(title, text, "text/plain", plain_blocks(text))
    return [sliced(text, passage) for passage in split(reading, count_tokens=count, max_tokens=max_tokens)]


@given(
    text=TEXT,
    blocks=BLOCKS,
    title=st.text(max_size=300),
    count=st.sampled_from(COUNTERS),
    max_tokens=st.integers(32, 300),
)
@example("x" * 5000, plain_blocks, "t", COUNTERS[1], 32)
@example("| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 100, markdown_blocks, "t", COUNTERS[1], 64)
@settings(max_examples=400, deadline=None)
def test_sentences_cover_the_blocks_once_in_passages_that_fit_the_model(
    text: str, blocks: Callable[[str], tuple[Block, ...]], title: str, count: Counter, max_tokens: int
) -> None:
    reading = Reading(title, text, "text/plain", blocks(text))
    passages = split(reading, count_tokens=count, max_tokens=max_tokens)
    covered = [False] * len(text)
    position = 0
    for passage in passages:
        assert (passage.start, passage.end) == (passage.sentences[0].start, passage.sentences[-1].end)
        assert count(passage_input(text, passage)) <= max_tokens
        for sentence in passage.sentences:
            assert position <= sentence.start < sentence.end
            own = text[sentence.start : sentence.end]
            assert own == own.strip()
            covered[sentence.start : sentence.end] = [True] * len(own)
            position = sentence.end
    for block in reading.blocks:
        assert all(covered[place] or text[place].isspace() for place in range(block.start, block.end))
    inside = {place for block in reading.blocks for place in range(block.start, block.end)}
    assert all(place in inside for place, is_covered in enumerate(covered) if is_covered)


@given(TEXT, BLOCKS)
def test_a_tokenizer_is_asked_about_as_often_as_there_are_sentences(
    text: str, blocks: Callable[[str], tuple[Block, ...]]
) -> None:
    asked: list[str] = []

    def count(of: str) -> int:
        asked.append(of)
        return len(of.split()) + 2

    reading = Reading("Title", text, "text/plain", blocks(text))
    passages = split(reading, count_tokens=count)
    sentences = sum(len(passage.sentences) for passage in passages)
    headings = sum(block.kind == "heading" for block in reading.blocks)
    assert len(asked) <= sentences + 3 * len(passages) + headings + 5


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_repeated_sentences_keep_exact_offsets(end: str) -> None:
    text = f"Same. Same. Other.{end}{end}Same. Same.{end}{end}Last without end"
    assert split_plain(text) == [["Same.", "Same.", "Other.", "Same.", "Same.", "Last without end"]]
    reading = Reading("", text, "text/plain", plain_blocks(text))
    starts = [sentence.start for passage in split(reading, count_tokens=len) for sentence in passage.sentences]
    assert starts == sorted(set(starts))


@pytest.mark.parametrize("text", ["", " ", "\n\n\r\n", "\u3000\u2028\t", "\ufeff"])
def test_a_text_of_white_space_has_no_passages(text: str) -> None:
    assert split_plain(text) == []


MARKDOWN = """# Guide

Intro one. Intro two.

## First *part*

Words of it.

### Deep

Deep words.

## Second

| Name | Age |
|---|---|
| Ada | 36 |
| Alan | |
"""


def split_markdown(text: str, *, title: str = "Guide", max_tokens: int = 256) -> tuple[PassageDraft, ...]:
    reading = Reading(title, text, "text/markdown", markdown_blocks(text))
    return split(reading, count_tokens=COUNTERS[0], max_tokens=max_tokens)


def test_a_passage_knows_the_headings_above_it_and_its_model_reads_them() -> None:
    passages = split_markdown(MARKDOWN)
    assert [passage.heading for passage in passages] == [
        "Guide",
        "Guide › First part",
        "Guide › First part › Deep",
        "Guide › Second",
    ]
    assert [passage.context for passage in passages] == [
        "Guide",
        "Guide › First part",
        "Guide › First part › Deep",
        "Guide › Second",
    ]
    assert sliced(MARKDOWN, passages[2]) == ["### Deep", "Deep words."]


def test_headings_too_long_for_the_model_lose_the_outer_ones_first() -> None:
    text = "".join(f"{'#' * level} {f'level{level} ' * 4}\n\n" for level in range(1, 7)) + "Words."
    (passage,) = [passage for passage in split_markdown(text, title="Title", max_tokens=96) if passage.context]
    assert passage.context.startswith("Title › ")
    assert passage.context.endswith(" › " + " ".join(["level6"] * 4))
    assert "level1" not in passage.context
    assert passage.heading.count(" › ") == 5


def test_a_table_row_stays_whole_and_knows_its_header() -> None:
    passage = split_markdown(MARKDOWN)[-1]
    assert sliced(MARKDOWN, passage) == ["## Second", "| Name | Age |\n|---|---|", "| Ada | 36 |", "| Alan | |"]
    header, ada, alan = passage.sentences[1:]
    assert header.header is None
    assert ada.header == alan.header == Span(header.start, header.end)
    assert [read_alone(MARKDOWN, row) for row in (header, ada, alan)] == [
        "Name | Age",
        "Name: Ada; Age: 36",
        "Name: Alan",
    ]
    assert passage_input(MARKDOWN, passage) == "Guide › Second\n## Second\nName | Age\nAda | 36\nAlan"
    assert sentence_terms(MARKDOWN, ada) == terms("Ada 36 Name Age")
    assert sentence_terms(MARKDOWN, header) == terms("Name Age")


def test_a_passage_that_starts_inside_a_table_names_the_columns() -> None:
    text = "| Name | Age |\n|---|---|\n" + "".join(f"| Person number {number} | {number} |\n" for number in range(100))
    passages = split_markdown(text, title="People", max_tokens=64)
    assert len(passages) > 5
    assert passages[0].context == "People"
    assert {(passage.context, passage.columns) for passage in passages[1:]} == {("People", "Name | Age")}
    assert all("\n" not in own for passage in passages[1:] for own in sliced(text, passage))


def test_the_parts_of_a_row_too_long_for_the_model_claim_no_column() -> None:
    text = "| Name | Text |\n|---|---|\n| Ada | " + "some words, " * 100 + "|\n"
    rows = [row for passage in split_markdown(text, max_tokens=64) for row in passage.sentences]
    assert rows[1].header is not None
    assert read_alone(text, rows[1]).startswith("Name: Ada; Text: some words")
    assert len(rows) > 3
    assert all(row.header is None and ":" not in read_alone(text, row) for row in rows[2:])


def test_paragraphs_share_a_passage_until_it_is_filled_and_a_heading_starts_a_new_one() -> None:
    paragraph = "one two three four five six seven eight nine ten."
    text = "\n\n".join([paragraph] * 12) + "\n\n# New\n\nWords."
    found = split_plain(text, max_tokens=64)
    assert [len(passage) for passage in found] == [3, 3, 3, 3, 2]
    assert found[-1] == ["# New", "Words."]


def test_a_heading_stays_with_the_text_under_it() -> None:
    long = "one two three four five six seven eight nine ten. " * 20
    found = split_plain(f"# Title\n\n{long}", max_tokens=64)
    assert found[0][0] == "# Title"
    assert len(found[0]) > 1


def test_marks_of_a_quotation_are_not_read_by_the_model_and_code_keeps_together() -> None:
    text = "> He said\n> that it is so. Yes.\n\n```\nx = 1\n\ny = 2\n```\n"
    (passage,) = split_markdown(text, title="")
    assert sliced(text, passage) == ["He said\n> that it is so.", "Yes.", "```\nx = 1", "y = 2\n```"]
    assert passage_input(text, passage) == "He said that it is so.\nYes.\n``` x = 1\ny = 2 ```"
    assert read_alone(text, passage.sentences[0]) == "He said that it is so."


def test_a_passage_carries_the_page_that_it_starts_on() -> None:
    text = "One.\n\nTwo."
    blocks = (Block("paragraph", 0, 4), Block("paragraph", 6, 10))
    places = (Place(0, "page 3", 3), Place(6, "page 4", 4))
    (passage,) = split(Reading("", text, "application/pdf", blocks, places), count_tokens=len)
    assert (passage.page, passage.sentences) == (3, (Sentence(0, 4), Sentence(6, 10)))


def test_a_limit_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32"):
        split(Reading("", "Words.", "text/plain", plain_blocks("Words.")), count_tokens=len, max_tokens=31)


HUGE = {
    "one line without white space": "x" * 1_000_000,
    "one line of Chinese": "你好世界这是一句话。" * 40_000,
    "headings": "# a\n" * 40_000,
    "blank lines": "a\n" + "\n" * 200_000 + "b",
    "prose": "Some words that stand in a sentence. And others, in another one.\n\n" * 10_000,
    "table": "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 20_000,
    "one wide table": "|a" * 100_000 + "|\n" + "|-" * 100_000 + "|\n" + "|b\n" * 100,
    "heading of a whole book": "# " + "word " * 100_000 + "\n\n" + "Words. " * 20_000,
    "open fences": "```a\n\n" * 20_000,
    "combining marks": "e" + "\u0301" * 500_000,
    "nothing visible": "\u200d\n\n" * 20_000,
    "nested lists": "\n".join("  " * depth + "- a" for depth in range(500)),
    "nested quotations": ("> " * 50 + "a\n") * 1000,
}


@pytest.mark.parametrize("blocks", [plain_blocks, markdown_blocks])
@pytest.mark.parametrize("name", HUGE)
def test_huge_and_hostile_texts_are_split_with_few_questions_to_the_tokenizer(
    name: str, blocks: Callable[[str], tuple[Block, ...]]
) -> None:
    text = HUGE[name]
    asked = 0

    def count(of: str) -> int:
        nonlocal asked
        asked += 1
        assert len(of) < 10_000
        return len(of) // 4 + of.count(" ") + 2

    passages = split(Reading("Title", text, "text/plain", blocks(text)), count_tokens=count)
    sentences = [sentence for passage in passages for sentence in passage.sentences]
    assert asked <= 4 * len(sentences) + 20
    assert all(len(passage.heading) <= 1300 and len(passage.context) <= 600 for passage in passages)
    assert all(len(read_alone(text, sentence)) < 10_000 for sentence in sentences)
