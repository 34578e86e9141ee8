"""A report as a file that people pass on: CSV for a spreadsheet, Markdown for a wiki or a mail.

Claims and quotes are foreign text: a spreadsheet must not take one for a formula, nor Markdown for markup.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from assistant.escape import visible
from assistant.markdown import plain, quoted
from assistant.models import Quote
from assistant.verdict import CheckReport, Claim, NoClaim, Verdict

SIGNS: dict[Verdict, str] = {"supported": "✓", "contradicted": "✕", "conflicting": "⇄", "not_found": "?"}
"""What stands for a verdict where colour cannot."""
WORDS: dict[Verdict, str] = {
    "supported": "supported",
    "contradicted": "contradicted",
    "conflicting": "conflicting",
    "not_found": "not found",
}
"""A verdict in words."""

_COLUMNS = (
    "number", "start", "end", "claim", "read as", "verdict", "confidence", "reason", "quotes for", "quotes against",
    "differences", "sources",
)  # fmt: skip
# OWASP's list, the same characters in full width, and what may stand before them: white space and quotation marks.
_FORMULA = re.compile(r"[\s\"'\u200b\ufeff]*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]")


def as_csv(report: CheckReport) -> str:
    """Return a report as CSV by RFC 4180, one row for each sentence in the order of the text.

    A cell that a spreadsheet could take for a formula begins with an apostrophe, as OWASP advises; hidden characters
    are written as their code points.
    """
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    sentences: list[Claim | NoClaim] = sorted((*report.claims, *report.not_claims), key=lambda each: each.start)
    number = 0
    for each in sentences:
        if isinstance(each, Claim):
            number += 1
            writer.writerow([number, each.start, each.end, *map(_cell, _cells(each)[:3]), f"{each.confidence:.2f}",
                             *map(_cell, _cells(each)[3:])])  # fmt: skip
        else:
            writer.writerow(["", each.start, each.end, _cell(each.text), "", f"not a claim: {each.kind}", *[""] * 6])
    return lines.getvalue()


def as_markdown(report: CheckReport) -> str:
    """Return a report as a Markdown document in which every foreign character stands for itself."""
    return "\n\n".join(_paragraphs(report)) + "\n"


def counted(report: CheckReport) -> str:
    """Return how many claims have each verdict, in words."""
    if not report.claims:
        return "There is no claim in the text: questions, headings and opinions cannot be checked."
    told = [f"{number:,} {WORDS[verdict]}" for verdict, number in report.counts.items() if number]
    total = len(report.claims)
    return f"{total:,} {'claim' if total == 1 else 'claims'}: {', '.join(told)}."


def read_otherwise(claim: Claim) -> str:
    """Return how a claim was read where its own words did not stand alone, else nothing."""
    return claim.read_as if claim.read_as.split() != claim.text.split() else ""


def marked(verdict: Verdict) -> str:
    """Return a verdict's sign and words."""
    return f"{SIGNS[verdict]} {WORDS[verdict]}"


def further_differences(claim: Claim) -> list[str]:
    """Return what differs in sentences, each once and without the one that is the reason already."""
    return list(dict.fromkeys(each.sentence for each in claim.differences if each.sentence != claim.reason))


def supporting_side(claim: Claim) -> str:
    """Return what the quotes for a claim are to it: of one that was not found they only come nearest."""
    return "nearest" if claim.verdict == "not_found" else "for"


def _cells(claim: Claim) -> list[str]:
    """Return the cells of a claim that hold text, in the order of the columns."""
    return [
        claim.text,
        read_otherwise(claim),
        WORDS[claim.verdict],
        claim.reason,
        "\n".join(quote.text for quote in claim.quotes_for),
        "\n".join(quote.text for quote in claim.quotes_against),
        "\n".join(each.sentence for each in claim.differences),
        "\n".join(dict.fromkeys(f"{quote.title}: {quote.source}" for quote in claim.quotes)),
    ]


def _cell(text: str) -> str:
    """Return a text as a cell that is only shown."""
    shown = visible(text)
    return f"'{shown}" if _FORMULA.match(text) or _FORMULA.match(shown) else shown


def _paragraphs(report: CheckReport) -> Iterator[str]:
    yield "# Checked claims"
    yield counted(report)
    for number, claim in enumerate(report.claims, start=1):
        yield f"## {number}. {marked(claim.verdict)}"
        yield plain(claim.text)
        if otherwise := read_otherwise(claim):
            yield f"Read as: {plain(otherwise)}"
        yield f"{plain(claim.reason)} Confidence {claim.confidence:.2f}."
        yield from map(plain, further_differences(claim))
        if claim.parts:
            yield "\n".join(f"- {marked(each.verdict)}: {plain(each.text)}" for each in claim.parts)
        yield from _quotes(supporting_side(claim).capitalize(), claim.quotes_for)
        yield from _quotes("Against", claim.quotes_against)
    if report.not_claims:
        yield "## Not claims"
        yield "\n".join(f"- {each.kind}: {plain(each.text)}" for each in report.not_claims)


def _quotes(side: str, quotes: Sequence[Quote]) -> Iterator[str]:
    for quote in quotes:
        yield f"{side} \\[{quote.number}\\], {plain(quote.title)}, {plain(quote.where)}:\n\n{quoted(quote)}"
