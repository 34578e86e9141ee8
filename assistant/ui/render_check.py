"""A checked text as HTML: its own words with the verdicts in them; everything foreign has passed `escape`.

As in `render`, the results are single lines, which a Markdown renderer takes as one block of HTML. Of the attributes
that Gradio leaves in it there is none of ARIA's, so what is only to be heard stands in elements that are not seen.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from assistant.escape import escape, link
from assistant.export import SIGNS, WORDS
from assistant.models import Quote
from assistant.ui.downloads import DOWNLOAD_PATH, Offer
from assistant.ui.findings import Findings, Piece, View, claims_in, parts
from assistant.ui.render import citation, numbered_quote, problem
from assistant.verdict import VERDICTS, Claim, ClaimPart, Difference, NoClaim, Verdict

_MEANINGS: Mapping[Verdict, str] = MappingProxyType(
    {
        "supported": "the documents say so",
        "contradicted": "the documents say otherwise",
        "conflicting": "one document says so, another says otherwise",
        "not_found": "the documents do not say",
    }
)
_STEPS = 4  # How often a screen reader is told how far a check is.


def progress(view: View) -> str:
    """How far a check is or how it ended: one sentence, a bar, and how many claims have each verdict."""
    findings = view.findings
    trouble = problem(findings.trouble) if findings.trouble else ""
    is_long = findings.stage != "checking" and (view.verdict is not None or len(parts(view)) > 1)
    kinds = f"check-state {findings.stage}{' is-long' if is_long else ''}"
    said = f'<span class="said">{escape(_said(findings))}</span>'
    body = "".join([said, trouble, _state(findings), _tally(findings), _ending(findings)])
    return f'<div class="{kinds}">{body}</div>'


def checked_text(view: View) -> str:
    """The part of the text that is looked at, with each claim that is checked marked by its verdict."""
    shown = parts(view)
    part = shown[view.part]
    if view.verdict is None:
        words = "".join(map(_piece, part))
    else:
        words = "".join(f'<div class="excerpt">{_piece(each)}</div>' for each in part)
        words = words or f'<p class="empty">No claim of the text is {WORDS[view.verdict]}.</p>'
    return f'{_place(view, shown)}<div class="checked-text {view.findings.stage}">{words}</div>'


def _said(findings: Findings) -> str:
    """What a screen reader says; while claims are checked it changes a few times only."""
    total, done = findings.total, len(findings.claims)
    if findings.stage == "checking" and total:
        step = done * _STEPS // total
        return f"{step * 100 // _STEPS}% of {_claims(total)} checked." if step else f"Checking {_claims(total)}."
    counted = ", ".join(f"{_count(findings, verdict):,} {WORDS[verdict]}" for verdict in VERDICTS)
    said = [findings.trouble, _sentence(findings), f"{counted.capitalize()}." if done else ""]
    return " ".join(filter(None, said))


def _sentence(findings: Findings) -> str:
    """How far the check is, in words."""
    total, done = findings.total, len(findings.claims)
    if findings.stage == "finished":
        if total:
            return f"{_claims(total)} checked."
        return "There is no claim in this text: nothing that documents could support or contradict."
    if total is None:
        return {"checking": "Reading the text …", "stopped": "Stopped before the text was read."}.get(
            findings.stage, ""
        )
    counted = f"{done:,} of {_claims(total)} checked"
    if findings.stage == "checking":
        return f"{counted} …"
    return f"Stopped: {counted}. What was found until then stays below."


def _state(findings: Findings) -> str:
    """The sentence, and a bar unless the check is whole."""
    sentence, total = _sentence(findings), findings.total
    state = f'<p class="state">{sentence}</p>' if sentence else ""
    if findings.stage == "finished" or (total is None and findings.stage != "checking"):
        return state
    extent = "" if total is None else f' max="{max(total, 1)}" value="{len(findings.claims)}"'
    return f'{state}<progress{extent} title="Claims checked"></progress>'


def _tally(findings: Findings) -> str:
    """The counts, which are the legend as well."""
    if not findings.total:
        return ""
    items = [
        f'<li class="{verdict}" title="{WORDS[verdict].capitalize()}: {_MEANINGS[verdict]}">'
        f'<span class="sign">{SIGNS[verdict]}</span><b>{_count(findings, verdict):,}</b>'
        f' {WORDS[verdict]}<span class="meaning"> {_MEANINGS[verdict]}</span></li>'
        for verdict in VERDICTS
    ]
    return f'<ul class="tally">{"".join(items)}</ul>'


def _ending(findings: Findings) -> str:
    dimmed = " Dimmed pieces are no claims." if findings.not_claims else ""
    hint = f'<p class="hint">Open a claim to see its quotes.{dimmed}</p>' if findings.claims else ""
    if findings.offer is None:
        return hint
    report = findings.offer.report
    judged = f"Judge: {escape(report.judge)}. It took {report.elapsed_ms / 1000:,.1f} s."
    return f'{hint}<p class="downloads">{_downloads(findings.offer)}<span class="judge">{judged}</span></p>'


def _downloads(offer: Offer) -> str:
    return "".join(
        f'<a class="download" download="{name}" href="{link(f"{DOWNLOAD_PATH}/{name}", key=offer.key)}">'
        f"Download {title}</a>"
        for name, title in (("claims.md", "Markdown"), ("claims.csv", "CSV"))
    )


def _place(view: View, shown: Sequence[Sequence[Piece]]) -> str:
    """Which part of a long text is shown; nothing of one that is shown whole."""
    if len(shown) == 1:
        return ""
    if view.findings.stage == "checking":
        return '<p class="part">The text is long: its beginning is shown here until the check ends or is stopped.</p>'
    before, held = sum(map(claims_in, shown[: view.part])), claims_in(shown[view.part])
    total, of = sum(map(claims_in, shown)), "" if view.verdict is None else f"{WORDS[view.verdict]} "
    claims = f"{of}claims {before + 1:,} to {before + held:,} of {total:,}" if held else "no claims"
    whole = " The downloads have all of it." if view.findings.offer else ""
    return f'<p class="part">The text is long: this is part {view.part + 1:,} of {len(shown):,}, {claims}.{whole}</p>'


def _piece(piece: Piece) -> str:
    text, what = piece
    words = f'<span class="words">{escape(text)}</span>'
    if isinstance(what, Claim):
        return _claim(what, words)
    if isinstance(what, NoClaim):
        return f'<span class="no-claim">{words}<small class="kind">not a claim ({what.kind})</small></span>'
    return words


def _claim(claim: Claim, words: str) -> str:
    """A claim that can be opened; what opens it is its own words, behind the sign of its verdict."""
    name = WORDS[claim.verdict]
    sign = f'<span class="sign">{SIGNS[claim.verdict]}</span><span class="only-heard">{name}: </span>'
    return (
        f'<details class="claim {claim.verdict}" id="claim-{claim.start}">'
        f'<summary title="{name.capitalize()}: open for the quotes">{sign}{words}</summary>'
        f'<div class="evidence">{_evidence(claim)}</div></details>'
    )


def _evidence(claim: Claim) -> str:
    sure = f"{claim.confidence:.0%}"
    pieces = [
        f'<p class="verdict"><b>{WORDS[claim.verdict].capitalize()}</b> <span class="sure">{sure} sure</span></p>'
        f'<p class="reason">{escape(claim.reason)}</p>'
    ]
    if claim.read_as.split() != claim.text.split():
        pieces.append(f'<p class="read-as">Read as: {escape(claim.read_as)}</p>')
    if claim.differences:
        items = "".join(_difference(each, claim.quotes) for each in claim.differences)
        pieces.append(f'<ul class="differences">{items}</ul>')
    if claim.parts:
        pieces.append(f'<ul class="claim-parts">{"".join(map(_part, claim.parts))}</ul>')
    supporting = "Quotes for it" if claim.verdict != "not_found" else "Quotes that come nearest"
    pieces += [_quotes(supporting, claim.quotes_for), _quotes("Quotes against it", claim.quotes_against)]
    return "".join(pieces)


def _difference(difference: Difference, quotes: Sequence[Quote]) -> str:
    cited = "".join(f" {citation(quote)}" for quote in quotes if quote.number == difference.quote)
    return f"<li>{escape(difference.sentence)}{cited}</li>"


def _part(part: ClaimPart) -> str:
    name = WORDS[part.verdict]
    return (
        f'<li class="{part.verdict}"><span class="sign">{SIGNS[part.verdict]}</span>'
        f'{escape(part.text)} <span class="sure">{name}, {part.confidence:.0%} sure</span></li>'
    )


def _quotes(title: str, quotes: Sequence[Quote]) -> str:
    if not quotes:
        return ""
    listed = "".join(numbered_quote(quote, titled=True) for quote in quotes)
    return f'<p class="quotes-title">{title}</p>{listed}'


def _claims(count: int) -> str:
    return f"{count:,} {'claim' if count == 1 else 'claims'}"


def _count(findings: Findings, verdict: Verdict) -> int:
    return sum(claim.verdict == verdict for claim in findings.claims)
