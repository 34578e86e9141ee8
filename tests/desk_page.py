"""A checked text for tests of the page, and what a person reads of its HTML."""

import html
import re
from collections.abc import Sequence

from assistant.ui.findings import Findings, View
from assistant.verdict import (
    Claim,
    NoClaim,
    Verdict,
)
from tests.desk import quote_of
from tests.desk_claims import claim_of, no_claim_of

TEXT = "The bridge is 300 m long. Is it old? It opened in 1931. It is red.\n"


def claim_in(text: str, start: int, end: int, verdict: Verdict = "supported", quotes: Sequence[str] = ()) -> Claim:
    quoted = tuple(quote_of(number, quote) for number, quote in enumerate(quotes, 1))
    side = "quotes_against" if verdict == "contradicted" else "quotes_for"
    return claim_of(text[start:end], verdict, start, **{side: quoted})


def whole(text: str, *claims: Claim, not_claims: tuple[NoClaim, ...] = ()) -> View:
    return View(Findings(text, "finished", claims, not_claims, len(claims)))


def text_of(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def words_in(markup: str) -> str:
    """The characters that are shown as the checked text's own."""
    marked = re.sub(r'<span class="hidden-character">(.*?)</span>', r"\1", markup)
    return html.unescape("".join(re.findall(r'<span class="words">(.*?)</span>', marked, re.DOTALL)))


def two_claims() -> tuple[Claim, Claim, NoClaim]:
    return (
        claim_in(TEXT, 0, 25, "contradicted", ["30 m"]),
        claim_in(TEXT, 37, 55),
        no_claim_of("Is it old?", start=26),
    )
