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
_LEAST_HERE = 0.2
"""The least part of that share that has to be in the quote itself, and not in what was said before it."""
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
_OF_A_COUNTRY = re.compile(r"\w+(?:ese|ish|ian|ean|ench|eek|iss|rman)")
_NEGATION = re.compile(r"\b(?:not|never|no|neither|nor|cannot|without|none)\b|n[’']t\b", re.IGNORECASE)
_UNLIKELY_NEGATION = re.compile(r"\b(?:not only|no doubt|no longer|not just|no less|no more|no\. ?\d)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A difference between a claim and one sentence."""

    kind: DifferenceKind
    claim: str
    document: str


def differences(claim: str, sentence: str, title: str = "", before: str = "") -> tuple[Found, ...]:
    """Return in what a claim and a sentence that it is otherwise like differ; nothing where they are not alike.

    Args:
        claim: the claim, in words that stand alone.
        sentence: the sentence of a document.
        title: the document's title, which says what a sentence leaves out.
        before: the sentence before it, which can say who "it" is.
    """
    pair = _Pair(claim, sentence, *(frozenset(terms(text)) for text in (claim, f"{title} {sentence}", before)))
    return (*_numbers(pair), *_dates(pair), *_names(pair), *_negations(pair))


@dataclass(frozen=True, slots=True)
class _Pair:
    """A claim and a sentence with their analysed words."""

    claim: str
    sentence: str
    own: frozenset[str]
    told: frozenset[str]
    before: frozenset[str]

    def alike(self, differing: str) -> bool:
        """Tell whether the two are alike but for some words, given what was said before the sentence."""
        here, around = _shared(self.own, self.told, differing), _shared(self.own, self.told | self.before, differing)
        return here >= _LEAST_HERE and around >= _LEAST_SHARED

    def nearly_equal(self, differing: str = "") -> bool:
        """Tell whether the sentence itself has nearly all of the claim's words but for some."""
        return _shared(self.own, self.told, differing) >= _NEARLY_ALL


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
    is_same = bool(set(terms(said[0])) & set(terms(who)))
    alike = _shared(set(terms(said[1])), set(terms(what))) >= _LEAST_SHARED
    return None if is_same or not alike else Found("speaker", said[0], who)


def _shared(claim: Set[str], told: Set[str], differing: str = "") -> float:
    """Return the share of the claim's words that a sentence has, those that differ left out."""
    own = claim - set(terms(differing))
    return len(own & told) / len(own) if own else 0.0


def _numbers(pair: _Pair) -> Iterator[Found]:
    """Yield the numbers of the claim in whose place the sentence has another one of the same unit."""
    said, told = _quantities(pair.claim), _quantities(pair.sentence)
    said_values, told_values = {value for value, _, _ in said}, {value for value, _, _ in told}
    for value, unit, words in said:
        others = [each for each in told if each[1] == unit and each[0] not in said_values]
        if unit and value not in told_values and len(others) == 1 and pair.alike(words):
            yield Found("number", words, others[0][2])


def _dates(pair: _Pair) -> Iterator[Found]:
    """Yield the years, months and days of the claim in whose place the sentence has another one."""
    said, told = _DATE.findall(pair.claim), _DATE.findall(pair.sentence)
    for date in said:
        others = {each for each in told if _date_kind(each) == _date_kind(date) and each not in said}
        if date not in told and len(others) == 1 and pair.alike(date):
            yield Found("date", date, others.pop())


def _date_kind(date: str) -> str:
    """Return whether it is a year, a day of the week or a month."""
    return "year" if date[0].isdigit() else "day" if date.endswith("day") else "month"


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


def _names(pair: _Pair) -> Iterator[Found]:
    """Yield the name of the claim in whose place the sentence has another one."""
    missing = [name for name in names_in(pair.claim) if not pair.told & set(terms(name))]
    others = {name for name in names_in(pair.sentence) if not pair.own & set(terms(name))}
    others = {name for name in others if not _OF_A_COUNTRY.fullmatch(name)}
    # One name against one: with more on either side it cannot be told which stands in which one's place.
    if len(missing) == len(others) == 1 and pair.nearly_equal(missing[0]):
        yield Found("name", missing[0], others.pop())


def _negations(pair: _Pair) -> Iterator[Found]:
    """Yield a negation that only one of the two has."""
    said, told = _negation(pair.claim), _negation(pair.sentence)
    if bool(said) != bool(told) and pair.nearly_equal():
        yield Found("negation", _around(pair.claim, said), _around(pair.sentence, told))


def _negation(text: str) -> re.Match[str] | None:
    masked = _UNLIKELY_NEGATION.sub(lambda match: "x" * len(match.group()), text)
    return _NEGATION.search(masked)


def _around(text: str, negation: re.Match[str] | None) -> str:
    """Return a negation with the word after it, in quotation marks, or that there is none."""
    if negation is None:
        return "it without a negation"
    after = re.match(r"\s+\S+", text[negation.end() :])
    return f"“{text[negation.start() : negation.end()]}{after.group().rstrip('.,;') if after else ''}”"
