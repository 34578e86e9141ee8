"""Reports as CSV and Markdown: nothing is lost, and neither a spreadsheet nor a renderer finds anything to act on."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.escape import visible
from assistant.export import as_csv, as_markdown, counted
from assistant.quote import permalink
from assistant.verdict import CheckReport
from tests.desk import quote_of
from tests.desk_claims import claim_of, difference_of, no_claim_of, part_of, report_of

NASTY = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)
FORMULA_STARTS = tuple("=+-@\t\r＝＋－＠")
# What a spreadsheet skips before a formula, the formula's sign, and anything.
FORMULAS = st.builds(
    "{}{}{}".format, st.text(" \n\u00a0\u3000\"'", max_size=3), st.sampled_from(FORMULA_STARTS), st.text(max_size=20)
)
PERMALINK = permalink("default", "d1", "0" * 64, 10, 20)


def rows(report: CheckReport) -> list[list[str]]:
    return list(csv.reader(io.StringIO(as_csv(report), newline="")))


def test_csv_has_a_row_for_each_sentence_in_the_order_of_the_text() -> None:
    report = report_of(
        claim_of("The bridge is old.", "contradicted", start=12, quotes_against=(quote_of(1, "It is new."),)),
        no_claim_of("Is it old?", start=0),
    )
    header, question, claim = rows(report)
    assert header[:6] == ["number", "start", "end", "claim", "read as", "verdict"]
    assert question[1:6] == ["0", "10", "Is it old?", "", "not a claim: question"]
    assert claim[:7] == ["1", "12", "30", "The bridge is old.", "", "contradicted", "0.90"]
    assert claim[header.index("quotes against")] == "It is new."
    assert claim[header.index("sources")] == "Bridges: /files/d1.txt"


def test_csv_says_how_a_claim_was_read_only_where_that_differs_from_its_words() -> None:
    wrapped = claim_of("The bridge\nis old.", read_as="The bridge is old.")
    resolved = claim_of("It is old.", read_as="The bridge is old.")
    assert [row[4] for row in rows(report_of(wrapped, resolved))] == ["read as", "", "The bridge is old."]


@given(st.lists(NASTY, min_size=12, max_size=12))
def test_csv_gives_back_every_text_with_at_most_an_apostrophe_before_it(texts: list[str]) -> None:
    text, read_as, reason, first, second, against, title, said, told, question, *_ = texts
    claim = claim_of(
        text,
        read_as=read_as,
        reason=reason,
        quotes_for=(quote_of(1, first, title=title), quote_of(2, second, title=title)),
        quotes_against=(quote_of(3, against, title=title),),
        differences=(difference_of(said, told),),
    )
    header, row, last = rows(report_of(claim, no_claim_of(question, start=len(text))))
    wanted = {
        "claim": text,
        "read as": read_as if read_as.split() != text.split() else "",
        "reason": reason,
        "quotes for": f"{first}\n{second}",
        "quotes against": against,
        "differences": f"The document says {told}, the claim {said}.",
        "sources": f"{title}: /files/d1.txt",
    }
    for name, value in wanted.items():
        assert row[header.index(name)] in {visible(value), f"'{visible(value)}"}, name
    assert last[3] in {visible(question), f"'{visible(question)}"}


@given(FORMULAS)
def test_csv_disarms_a_formula_in_every_column_whatever_stands_before_it(formula: str) -> None:
    quotes = (quote_of(1, formula, title=formula),)
    claim = claim_of(formula, read_as=f"{formula}!", reason=formula, quotes_for=quotes, quotes_against=quotes)
    header, row, question = rows(report_of(claim, no_claim_of(formula, start=len(formula))))
    for name in ("claim", "read as", "reason", "quotes for", "quotes against", "sources"):
        assert row[header.index(name)].startswith(f"'{visible(formula)}"), name
    assert question[3] == f"'{visible(formula)}"


@given(st.lists(NASTY, min_size=1, max_size=4))
def test_no_cell_of_csv_is_a_formula_and_every_row_has_all_columns(texts: list[str]) -> None:
    claims = [
        claim_of(
            text, quotes_for=(quote_of(1, text, title=text),), reason=text, differences=(difference_of(text, text),)
        )
        for text in texts
    ]
    table = rows(report_of(*claims))
    assert {len(row) for row in table} == {12}
    assert len(table) == len(texts) + 1
    for cell in (cell for row in table[1:] for cell in row):
        assert not cell.lstrip("\"' ").startswith(FORMULA_STARTS) or cell.startswith("'")


def test_csv_disarms_the_known_payloads_and_keeps_them_readable(shared_data: Path) -> None:
    lines = (shared_data / "security" / "csv_formula_payloads.txt").read_text("utf-8").splitlines()
    payloads = [line for line in lines if line.strip()]
    for row, payload in zip(rows(report_of(*map(claim_of, payloads)))[1:], payloads, strict=True):
        assert not row[3].startswith(FORMULA_STARTS)
        assert row[3].lstrip("'").strip() == payload.lstrip("'").strip()


@given(NASTY)
def test_markdown_shows_foreign_text_and_renders_none_of_it(text: str) -> None:
    quote = replace(quote_of(1, text, title=text), permalink=PERMALINK)
    quoted = claim_of(text, quotes_for=(quote,), parts=(part_of(text), part_of(text)))
    tokens = MarkdownIt("commonmark").enable("table").parse(as_markdown(report_of(quoted, no_claim_of(text))))
    kinds = {child.type for token in tokens for child in token.children or ()} | {token.type for token in tokens}
    assert not kinds & {
        "html_block",
        "html_inline",
        "image",
        "em_open",
        "strong_open",
        "code_inline",
        "fence",
        "table_open",
    }
    links = [child for token in tokens for child in token.children or () if child.type == "link_open"]
    assert [link.attrGet("href") for link in links] == [PERMALINK]
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1", "h2", "h2"]


@given(NASTY.filter(str.strip))
def test_markdown_reads_back_as_the_very_words(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(as_markdown(report_of(claim_of(text))))
    headings = [place for place, token in enumerate(tokens) if token.type == "heading_close" and token.tag == "h2"]
    claim = tokens[headings[0] + 2]
    assert "".join(child.content for child in claim.children or ()) == visible(" ".join(text.split()))


def test_markdown_keeps_a_quote_of_several_lines_in_one_block_quote_with_its_link() -> None:
    quote = replace(quote_of(1, "One.\r\n\n- Two.\u2028# Three."), permalink=PERMALINK)
    html = MarkdownIt("commonmark").render(as_markdown(report_of(claim_of("a", quotes_for=(quote,)))))
    assert html.count("<blockquote>") == 1
    quoted = html[html.index("<blockquote>") : html.index("</blockquote>")]
    assert re.sub(r"<[^>]+>", "", quoted).split() == ["One.", "-", "Two.", "#", "Three.", PERMALINK]
    assert not re.search(r"<(?:li|h1)>", quoted)


def test_markdown_renders_none_of_the_known_payloads(shared_data: Path) -> None:
    payloads = (shared_data / "security" / "xss_payloads.txt").read_text("utf-8").splitlines()
    shown = as_markdown(report_of(*[claim_of(line) for line in payloads if line.strip()]))
    tags = re.findall(r"<[^>]*>", MarkdownIt("commonmark", {"html": True}).render(shown))
    assert set(tags) == {"<h1>", "</h1>", "<h2>", "</h2>", "<p>", "</p>"}


def test_markdown_tells_everything_about_a_claim() -> None:
    claim = claim_of(
        "It is 300 km away.",
        "contradicted",
        read_as="The town is 300 km away.",
        reason="The document says 30 km, the claim 300 km.",
        quotes_against=(quote_of(1, "The town is 30 km\naway.", page=4),),
        differences=(difference_of("300 km", "30 km"),),
        parts=(part_of("It is far."), part_of("It is old.", "not_found")),
    )
    shown = as_markdown(report_of(claim))
    for wanted in (
        "1 claim: 1 contradicted.",
        "## 1. ✕ contradicted",
        "Read as: The town is 300 km away.",
        "- ? not found: It is old.",
        "Against \\[1\\], Bridges, page 4:",
        "> The town is 30 km\n> away.",
        "Confidence 0.90",
    ):
        assert wanted in shown


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (report_of(claim_of("a"), claim_of("b", "not_found")), "2 claims: 1 supported, 1 not found."),
        (report_of(no_claim_of("Is it?")), "There is no claim in the text"),
    ],
)
def test_the_counts_are_one_sentence(report: CheckReport, says: str) -> None:
    assert counted(report).startswith(says)
