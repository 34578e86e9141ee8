"""Questions with their answers as statements, so that people's own words about a text become claims on it.

English surface text only: a question whose form no rule knows becomes the question with the answer behind it.
"""

import re
from collections.abc import Iterable

_PREPOSITIONS = ("in", "on", "at", "from", "during", "by", "since", "until", "to", "for", "with", "of", "through", "as")
_DO = r"(did|do|does)"
_BE = r"(was|were|is|are|has|have|had|can|could|will|would|should|may|might)"
_WH = r"(?:what|which|who|whom|when|where|why|how (?:many|much|long|far|old|often)|how)"
_SUBJECT = re.compile(r"(?:who|what) (?!(?:did|do|does|if)\b)(\w+)\b(.*)", re.I)
_COUNTED = re.compile(
    r"how many ((?:[\w-]+ ){1,2})(?!(?:did|do|does|was|were|is|are|has|have|had)\b)"
    r"(\w+ed|\w+s|live|came|went|took|won|died|left|work|make|made)\b(.*)",
    re.I,
)
_COPULA = re.compile(r"what (is|was|are|were) ((?:the|a|an|one|another) .*)", re.I)
_NAMED = re.compile(
    rf"(?:what|which) ((?:[\w’'-]+ ){{1,3}}?)(?={_BE} |(?:won|made|led|began|became|lost|took|\w+ed) )(.*)", re.I
)
_HELPED = re.compile(
    rf"((?:(?:{'|'.join(_PREPOSITIONS)}) )?{_WH})\b((?: [\w’'%-]+){{0,4}}?) ({_DO[1:-1]}|{_BE[1:-1]}) (.*)", re.I
)
_LAST = re.compile(r"(.{12,}?)\b(?:what|which|who|whom)(?: (?:other )?[\w’'-]+){0,2}", re.I)
_PARTICIPLE = re.compile(
    r"[a-z]{2,}(?:ed|en)|born|held|built|made|known|found|won|called|sold|led|shown|sent|kept", re.ASCII
)


def base_verbs(texts: Iterable[str]) -> frozenset[str]:
    """Return the words that stand behind "to" or an auxiliary more than once: verbs in their base form."""
    verbs: dict[str, int] = {}
    for text in texts:
        for match in re.finditer(r"\b(?:did not|does not|will|would|could|must|cannot|to) ([a-z]{2,})\b", text):
            verbs[match[1]] = verbs.get(match[1], 0) + 1
    others = {
        "the",
        "be",
        "and",
        "or",
        "do",
        "in",
        "an",
        "this",
        "that",
        "its",
        "his",
        "their",
        "her",
        "all",
        "any",
        "not",
        "which",
        "each",
    }
    return frozenset(word for word, count in verbs.items() if count > 1 and word not in others)


def stated(question: str, answer: str, before: str, verbs: frozenset[str]) -> str:
    """Return a question with an answer as one statement; `before` is what stands before the answer in the text."""
    asked = " ".join(question.split()).rstrip("?. ")
    said = _moved(asked, answer, before, verbs) or _subject(asked, answer) or _last(asked, answer)
    if said is None:
        return f"{asked[:1].upper()}{asked[1:]}? {answer[:1].upper()}{answer[1:]}."
    return f"{said[:1].upper()}{said[1:]}."


def _subject(asked: str, answer: str) -> str | None:
    """Put the answer in the place of what is asked for at the start, where that is the subject."""
    if match := _COPULA.fullmatch(asked):
        return f"{match[2]} {match[1].lower()} {answer}"
    if match := _SUBJECT.fullmatch(asked):
        return f"{answer} {match[1]}{match[2]}"
    if match := _COUNTED.fullmatch(asked):
        return f"{answer} {match[1]}{match[2]}{match[3]}"
    if match := _NAMED.fullmatch(asked):
        return f"{answer} {match[3]}"
    return None


def _last(asked: str, answer: str) -> str | None:
    """Put the answer in the place of what is asked for at the end, as in "It is the capital of which country"."""
    match = _LAST.fullmatch(asked)
    return f"{match[1].strip()} {answer}" if match and not re.match(_WH, asked, re.I) else None


def _moved(asked: str, answer: str, before: str, verbs: frozenset[str]) -> str | None:
    """Put the answer at the end, and the auxiliary before its verb: "When was it built" to "It was built in 1931"."""
    match = _HELPED.fullmatch(asked)
    if not match:
        return None
    asking, helper, words = match[1].lower(), match[3].lower(), match[4].split()
    does = helper in ("did", "do", "does")
    if not does and asking in ("who", "what", "which") and not match[2]:
        return None  # the subject is asked for
    places = [at for at, word in enumerate(words) if at and (word in verbs if does else _PARTICIPLE.fullmatch(word))]
    if not places:
        return None
    subject, rest = " ".join(words[: places[0]]), " ".join(words[places[0] :])
    link = _link(asking, answer, before)
    return " ".join(part for part in (subject, helper, rest, link, answer) if part)


def _link(asking: str, answer: str, before: str) -> str:
    """Return the preposition before an answer: that of the question, or else that of the text."""
    first, *more = asking.split()
    if more and first in _PREPOSITIONS:
        return first
    if answer.split()[0].lower() in _PREPOSITIONS:
        return ""
    if first == "why":
        return "because of"
    last = (before.split() or [""])[-1].lower()
    if last in ("the", "a", "an") and len(before.split()) > 1:
        last = before.split()[-2].lower()
    if first in ("when", "where") or (last in _PREPOSITIONS and first == "how"):
        return last if last in _PREPOSITIONS else "in"
    return ""
