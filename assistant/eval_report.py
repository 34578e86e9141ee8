"""An evaluation as one HTML page that loads nothing and runs nothing: what was measured, and the failures to look at.

Questions, answers and quotes are foreign text; each is escaped, and none stands in an attribute.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence

from assistant.escape import escape, escape_hiding, shorten
from assistant.eval_cases import Case
from assistant.evaluate import Evaluation, Rate, Result, Summary
from assistant.models import UNSEEN, Hit, Quote

MOST_SHOWN = 500
"""Failures on the page; more of them nobody reads."""
_LONGEST = 1_000  # characters of a passage, a question or an answer

_STYLE = """
:root { color-scheme: light dark; --line: #bbb; --soft: #666; --bad: #a11; }
@media (prefers-color-scheme: dark) { :root { --line: #555; --soft: #aaa; --bad: #f88; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem;
  overflow-wrap: anywhere; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: normal; }
section { border-top: 1px solid var(--line); margin-top: 1.5rem; }
blockquote { margin: .3rem 0; padding-left: .8rem; border-left: 3px solid var(--line); white-space: pre-wrap; }
.place { color: var(--soft); font-size: .85rem; margin: 0 0 .8rem; }
.bad, .hidden-character { color: var(--bad); }
.unseen-part { text-decoration: underline dotted; }
"""
_POLICY = "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"

ROWS = (
    ("right", "Right, of all questions"),
    ("wrong", "Wrong, of all questions"),
    ("refused", "Refused although the documents answer, of all questions"),
    ("found_in_first", "Answer in the first quote, where the documents answer"),
    ("found_in_any", "Answer in any quote, where the documents answer"),
    ("refused_rightly", "Refused, where the documents do not answer"),
    ("refused_wrongly", "Refused, where the documents answer"),
    ("exact", "Quotes that are exact"),
)
"""The rates of a summary with their names for a person."""


def told(rate: Rate) -> str:
    """Return a rate in words: how many of how many, the share, and its interval."""
    if rate.share is None:
        return "none to count"
    low, high = rate.interval
    return f"{rate.count:,} of {rate.total:,} ({rate.share:.1%}, 95% interval {low:.1%} to {high:.1%})"


def as_html(evaluation: Evaluation) -> str:
    """Return an evaluation as a whole page: the summary, then the failures."""
    policy = _POLICY.format(base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode())
    failures = [each for each in evaluation.results if each.is_failure]
    body = [*_summary(evaluation.summary), *_failures(failures)]
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width">\n<meta name="referrer" content="no-referrer">',
            f"<title>Evaluation</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
            *body,
            "</body>\n</html>\n",
        ]
    )


def _summary(summary: Summary) -> Iterator[str]:
    yield "<h1>Evaluation</h1>"
    yield f"<p>Score {summary.score:+.3f}: the mean of 1 for right, 0 for refused although the documents answer, and"
    yield "-1 for wrong. To refuse what the documents do not answer is right.</p>"
    if summary.machine_made:
        yield f"<p>{summary.machine_made:,} of the {summary.right.total:,} questions were made by a program from the"
        yield "documents; read them before you trust the figures.</p>"
    yield "<table>"
    for name, words in ROWS:
        yield f"<tr><th>{words}</th><td>{told(getattr(summary, name))}</td></tr>"
    times = f"{summary.p50_ms:,.0f} ms for half of them, {summary.p95_ms:,.0f} ms for 95 of 100"
    yield f"<tr><th>Time of an answer, at most</th><td>{times}</td></tr>\n</table>"


def _failures(failures: Sequence[Result]) -> Iterator[str]:
    yield f"<h2>Failures: {len(failures):,}</h2>"
    for result in failures[:MOST_SHOWN]:
        yield from _failure(result)
    if len(failures) > MOST_SHOWN:
        yield f"<p>Of these the first {MOST_SHOWN:,} are shown.</p>"


def _failure(result: Result) -> Iterator[str]:
    case, answer = result.case, result.answer
    yield f'<section>\n<h3><span class="bad">{_verdict(result)}</span>: {_short(case.question)}</h3>'
    made = ", made by a program" if case.machine_made else ""
    yield f'<p class="place">{_short(case.name)}{made}</p>'
    if answer.searched_for != case.question:
        yield f"<p>Searched for: {_short(answer.searched_for)}</p>"
    yield from _wanted(case)
    if answer.refused:
        yield f"<p>Refused: {_short(answer.reason)}</p>"
        if answer.nearest:
            yield "<p>Nearest passages:</p>"
        for hit in answer.nearest:
            yield from _hit(hit)
    for quote, is_exact in zip(answer.quotes, result.exact, strict=True):
        yield from _quote(quote, is_exact=is_exact)
    yield "</section>"


def _verdict(result: Result) -> str:
    if result.outcome == "right":
        return "Right, with a quote that is not exact"
    if result.outcome == "refused":
        return "Refused although the documents answer"
    return "Wrong" if result.case.answerable else "Answered although the documents do not"


def _wanted(case: Case) -> Iterator[str]:
    if not case.answers:
        yield "<p>The documents do not answer it.</p>"
        return
    yield "<p>Right would be:</p>\n<ul>"
    yield from (f"<li>{_short(each)}</li>" for each in case.answers)
    yield "</ul>"


def _quote(quote: Quote, *, is_exact: bool) -> Iterator[str]:
    yield f"<blockquote>[{quote.number}] {escape_hiding(quote.text, quote.hidden)}</blockquote>"
    if not is_exact:
        yield '<p class="bad">This is not the document\'s text at this place.</p>'
    if quote.hidden:
        yield f"<p>{UNSEEN}</p>"
    yield _place(quote.title, quote.where, quote.heading, quote.start, quote.end)
    yield f'<p class="place">{escape(quote.source)}<br>{escape(quote.permalink)}</p>'


def _hit(hit: Hit) -> Iterator[str]:
    passage = hit.passage
    yield f"<blockquote>{_short(passage.text)}</blockquote>"
    page = f"page {passage.page}" if passage.page is not None else ""
    yield _place(hit.title, page, passage.heading, passage.start, passage.end)


def _place(title: str, where: str, heading: str, start: int, end: int) -> str:
    parts = [_short(each) for each in (title, where, heading) if each]
    return f'<p class="place">{", ".join([*parts, f"characters {start}-{end}"])}</p>'


def _short(text: str) -> str:
    return escape(shorten(text, _LONGEST))
