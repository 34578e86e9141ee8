"""In what a claim and a quote differ, by rule: a number, a date, a name, a negation, a speaker.

The rules explain, and they catch what a judge overlooks: where claim and quote say the same but for one of these, the
quote does not support the claim. They only ever speak against a claim. English; each is silent where it does not fit.
"""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

from assistant.grammar import names_in, speaker_of
from assistant.verdict import DifferenceKind
from index.terms import terms

_LEAST_SHARED = 0.6
"""The share of the claim's words, those that differ left out, that a quote has to have for the two to say the same."""
_NEARLY_ALL = 0.8
"""The same where a difference is easily mistaken: of names and negations."""
_NUMBER = re.compile(
    r"(?<![\w.,/-])(?P<number>\d[\d,]*(?:\.\d+)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"hundreds?|thousands?)(?P<ordinal>st|nd|rd|th)?(?:[ -]?(?P<scale>hundred|thousand|million|billion|trillion))?"
    r"(?P<unit>%|[ -]?[^\W\d_]+)?(?![\w])",
    re.IGNORECASE,
)
_VALUES = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(
    rf"\b(?:(?:{_MONTH})\b|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|(?:1[0-9]|20)\d\d(?![\d,.]\d)\b)"
)
_NEGATION = re.compile(r"\b(?:not|never|no|neither|nor|cannot|without|none)\b|n[’']t\b", re.IGNORECASE)
_UNLIKELY_NEGATION = re.compile(r"\b(?:not only|no doubt|no longer|not just|no less|no more|no\. ?\d)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A difference between a claim and one sentence."""

    kind: DifferenceKind
    claim: str
    document: str


def differences(claim: str, sentence: str, title: str = "") -> tuple[Found, ...]:
    """Return in what a claim and a sentence that it is otherwise like differ; nothing where they are not alike.

    Args:
        claim: the claim, in words that stand alone.
        sentence: the sentence of a document.
        title: the document's title, which says what a sentence leaves out.
    """
    said, told = set(terms(claim)), set(terms(f"{title} {sentence}"))
    return (
        *_numbers(claim, sentence, said, told),
        *_names(claim, sentence, said, told),
        *_negations(claim, sentence, said, told),
    )


def other_speaker(claim: str, sentence: str) -> Found | None:
    """Return the difference when a sentence gives somebody's words and the claim another's or nobody's.

    "X claimed that Y" is evidence for "X claimed Y" and none for "Y".
    """
    told = speaker_of(sentence)
    if told is None:
        return None
    who, what = told
    said = speaker_of(claim)
    if said is None:
        own = set(terms(claim))
        inside = len(own & set(terms(what))) / (len(own) or 1)
        names_him = bool(set(terms(who)) & own)
        return None if names_him or inside < _LEAST_SHARED else Found("speaker", "", who)
    is_same = bool(_last_names(said[0]) & _last_names(who)) or bool(set(terms(said[0])) & set(terms(who)))
    alike = _shared(set(terms(said[1])), set(terms(what))) >= _LEAST_SHARED
    return None if is_same or not alike else Found("speaker", said[0], who)


def _shared(claim: Set[str], told: Set[str], differing: str = "") -> float:
    """Return the share of the claim's words that a sentence has, those that differ left out."""
    own = claim - set(terms(differing))
    return len(own & told) / len(own) if own else 0.0


def _numbers(claim: str, sentence: str, own: Set[str], told_words: Set[str]) -> Iterator[Found]:
    """Yield the numbers and dates of the claim in whose place the sentence has another one."""
    said, told = _quantities(claim), _quantities(sentence)
    values = {value for value, _, _ in told}
    for value, unit, words in said:
        if value in values or _shared(own, told_words, words) < _LEAST_SHARED:
            continue
        others = [each for each in told if each[1] == unit and each[0] not in {one for one, _, _ in said}]
        if unit and len(others) == 1:
            yield Found("number", words, others[0][2])
    years = [match.group() for match in _DATE.finditer(claim)]
    told_dates = [match.group() for match in _DATE.finditer(sentence)]
    for date in years:
        others_of_kind = [each for each in told_dates if each[0].isdigit() == date[0].isdigit() and each not in years]
        if date not in told_dates and len(set(others_of_kind)) == 1 and _shared(own, told_words, date) >= _LEAST_SHARED:
            yield Found("date", date, others_of_kind[0])


def _quantities(text: str) -> list[tuple[float, str, str]]:
    """Return the numbers that are no years, each as (value, unit or noun, the words)."""
    found = []
    for match in _NUMBER.finditer(text):
        number = match["number"].casefold()
        is_year = re.fullmatch(r"(?:1[0-9]|20)\d\d", number) and not match["scale"]
        if is_year or number.startswith(("hundred", "thousand")) or match["ordinal"]:
            continue
        value = _VALUES.get(number) or float(number.replace(",", ""))
        unit = (match["unit"] or "").strip(" -").casefold()
        unit = {"percent": "%", "kilometres": "kilometer", "metres": "meter"}.get(unit, unit.rstrip("s"))
        if unit in ("of", "and", "to", "in", "or", "the", "a", "on", "at", "by", "from"):
            unit = ""
        found.append((value * _SCALES.get((match["scale"] or "").casefold(), 1), unit, match.group().strip()))
    return found


def _names(claim: str, sentence: str, own: Set[str], told: Set[str]) -> Iterator[Found]:
    """Yield the name of the claim in whose place the sentence has another one."""
    if _last_names(claim) == _last_names(sentence):
        return
    missing = [name for name in names_in(claim) if not set(terms(name)) & told]
    others = {name for name in names_in(sentence) if not set(terms(name)) & own}
    # One name against one: with more on either side it cannot be told which stands in which one's place.
    if len(missing) == len(others) == 1 and _shared(own, told, missing[0]) >= _NEARLY_ALL:
        yield Found("name", missing[0], others.pop())


def _negations(claim: str, sentence: str, own: Set[str], told_words: Set[str]) -> Iterator[Found]:
    """Yield a negation that only one of the two has."""
    said, told = _negation(claim), _negation(sentence)
    if bool(said) != bool(told) and _shared(own, told_words) >= _NEARLY_ALL:
        yield Found("negation", _around(claim, said), _around(sentence, told))


def _negation(text: str) -> re.Match[str] | None:
    masked = _UNLIKELY_NEGATION.sub(lambda match: "x" * len(match.group()), text)
    return _NEGATION.search(masked)


def _around(text: str, negation: re.Match[str] | None) -> str:
    """Return a negation with the word after it, in quotation marks, or that there is none."""
    if negation is None:
        return "it without a negation"
    after = re.match(r"\s+\S+", text[negation.end() :])
    return f"“{text[negation.start() : negation.end()]}{after.group().rstrip('.,;') if after else ''}”"


def _last_names(text: str) -> frozenset[str]:
    return frozenset(name.split()[-1] for name in names_in(text))
