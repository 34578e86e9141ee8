"""Contrast pairs from plain text: a sentence changed by rule, so that the text supports it, contradicts it or neither.

What a rule yields is a claim; the evidence is the unchanged sentence. Rules work on English surface text, change one
thing each and give nothing where they do not fit.
"""

import random
import re
from collections.abc import Callable, Sequence

Rule = Callable[[str, "Pool", random.Random], str | None]

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_UNITS = (
    ("kilometers", "miles"), ("kilometres", "miles"), ("km", "miles"), ("meters", "feet"), ("metres", "feet"),
    ("days", "weeks"), ("weeks", "months"), ("months", "years"), ("hours", "days"), ("minutes", "hours"),
    ("million", "billion"), ("thousand", "million"), ("hundred", "thousand"), ("percent", "percentage points"),
    ("dollars", "euros"), ("pounds", "kilograms"), ("tons", "kilograms"), ("acres", "hectares"),
)  # fmt: skip
_OPPOSITES = (
    ("first", "last"), ("before", "after"), ("more", "less"), ("increase", "decrease"), ("increased", "decreased"),
    ("increasing", "decreasing"), ("higher", "lower"), ("high", "low"), ("larger", "smaller"), ("largest", "smallest"),
    ("large", "small"), ("north", "south"), ("northern", "southern"), ("east", "west"), ("eastern", "western"),
    ("early", "late"), ("earlier", "later"), ("won", "lost"), ("win", "lose"), ("accepted", "rejected"),
    ("allowed", "forbidden"), ("began", "ended"), ("opened", "closed"), ("best", "worst"), ("good", "bad"),
    ("male", "female"), ("men", "women"), ("father", "mother"), ("son", "daughter"), ("brother", "sister"),
    ("husband", "wife"), ("supported", "opposed"), ("support", "oppose"), ("success", "failure"), ("inside", "outside"),
    ("successful", "unsuccessful"), ("public", "private"), ("domestic", "foreign"), ("rural", "urban"), ("old", "new"),
    ("oldest", "youngest"), ("older", "younger"), ("major", "minor"), ("majority", "minority"), ("most", "few"),
    ("always", "never"), ("all", "none of"), ("many", "few"), ("often", "rarely"), ("strong", "weak"), ("rich", "poor"),
    ("strengthened", "weakened"), ("rose", "fell"), ("buy", "sell"), ("bought", "sold"), ("positive", "negative"),
    ("maximum", "minimum"), ("above", "below"), ("over", "under"), ("easy", "difficult"), ("common", "rare"),
    ("ancient", "modern"), ("permanent", "temporary"), ("hot", "cold"), ("dry", "wet"), ("improved", "worsened"),
    ("entered", "left"), ("joined", "left"), ("born", "killed"), ("alive", "dead"), ("with", "without"),
    ("agreed", "refused"), ("succeeded", "failed"), ("only", "not only"), ("together", "separately"),
)  # fmt: skip
_SAME = (
    ("began", "started"), ("started", "began"), ("about", "approximately"), ("approximately", "around"),
    ("many", "numerous"), ("movie", "film"), ("film", "movie"), ("because", "since"), ("however", "but"),
    ("large", "big"), ("big", "large"), ("help", "assist"), ("helped", "assisted"), ("built", "constructed"),
    ("constructed", "built"), ("purchased", "bought"), ("bought", "purchased"), ("children", "kids"),
    ("killed", "slain"), ("primarily", "mainly"), ("mainly", "primarily"), ("often", "frequently"), ("use", "employ"),
    ("used", "employed"), ("show", "demonstrate"), ("shows", "demonstrates"), ("located", "situated"),
    ("created", "made"), ("wrote", "authored"), ("died", "passed away"), ("ended", "finished"), ("got", "received"),
    ("received", "was given"), ("although", "though"), ("while", "whereas"), ("major", "important"),
    ("important", "significant"), ("famous", "well-known"), ("usually", "generally"),
    ("people", "persons"), ("quickly", "rapidly"), ("said", "stated"), ("stated", "said"),
    ("during", "in the course of"), ("until", "up to"), ("company", "firm"),
    ("job", "position"), ("attempt", "try"), ("nearly", "almost"), ("almost", "nearly"), ("percent", "%"),
)  # fmt: skip
_ADDED = (
    "award-winning", "controversial", "expensive", "secret", "unfinished", "state-owned", "French", "wooden",
    "underground", "short-lived", "unofficial", "experimental", "privately funded", "Italian", "illegal",
)  # fmt: skip
_TAILS = (
    ", according to a leaked report", " despite strong protests", " for the third time", ", which surprised experts",
    " with the help of volunteers", ", making it the first of its kind", " after years of delay",
    " without the knowledge of the authorities", ", at a cost of several million dollars", " because of bad weather",
)  # fmt: skip
_BE = r"\b(is|are|was|were|can|could|will|would|has|have|had|should|may|might|must)\b"
_NAME = re.compile(r"(?<![.!?“\"] )(?<!^)\b(?:[A-Z][\w’'-]+)(?: (?:of the |of |the )?[A-Z][\w’'-]+)*")
_NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w])")
_WHO_SAYS = ("claimed that", "said that", "argued that", "believed that", "alleged that", "suggested that")


class Pool:
    """What a text offers to put in place of something: its names and numbers."""

    def __init__(self, sentences: Sequence[str]) -> None:
        """Collect the names that stand inside the sentences."""
        self.names = sorted({match.group() for each in sentences for match in _NAME.finditer(each)})


def other_number(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Replace one number, as far from it as people err."""
    found = list(_NUMBER.finditer(text))
    words = [match for match in re.finditer(rf"\b({'|'.join(_COUNTS)})\b", text) if match.start()]
    if words and (not found or chance.random() < 0.3):
        match = chance.choice(words)
        return _put(text, match, chance.choice([each for each in _COUNTS if each != match.group()]))
    if not found:
        return None
    match = chance.choice(found)
    old = match.group().replace(",", "")
    whole, _, rest = old.partition(".")
    value = int(whole)
    if len(whole) == 4 and whole[0] in "12" and not rest and "," not in match.group():
        new = str(value + chance.choice([-30, -12, -10, -5, -3, -2, -1, 1, 2, 3, 5, 10, 12, 30]))
    else:
        changed = {value + 1, value * 2, value * 10, max(0, value - 1), value + chance.randint(2, 9), value // 2}
        picked = chance.choice(sorted(changed - {value}))
        new = f"{picked:,}" if "," in match.group() else str(picked)
        new += f".{rest}" if rest else ""
    return _put(text, match, new)


def other_date(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Replace one month or day of the week."""
    for names in chance.sample((_MONTHS, _DAYS), 2):
        found = [each for each in re.finditer(rf"\b({'|'.join(names)})\b", text) if each.group() != "May"]
        if found:
            match = chance.choice(found)
            return _put(text, match, chance.choice([each for each in names if each != match.group()]))
    return None


def other_name(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Replace one name by another of the same text with as many words."""
    found = list(_NAME.finditer(text))
    chance.shuffle(found)
    for match in found:
        words = len(match.group().split())
        others = [each for each in pool.names if len(each.split()) == words and each not in text]
        if others and match.group() not in (*_MONTHS, *_DAYS):
            return _put(text, match, chance.choice(others))
    return None


def other_unit(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Replace one unit or magnitude."""
    return _swap(text, [*_UNITS, *((b, a) for a, b in _UNITS)], chance)


def opposite(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Replace one word by its opposite."""
    return _swap(text, [*_OPPOSITES, *((b, a) for a, b in _OPPOSITES)], chance)


def negated(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Put a "not" behind an auxiliary, or take one away."""
    if match := re.search(r" (not|never)\b|n’t\b|n't\b", text):
        return text[: match.start()] + text[match.end() :]
    found = list(re.finditer(_BE, text))
    if not found:
        return None
    match = found[0]
    return f"{text[: match.end()]} {chance.choice(('not', 'not', 'never'))}{text[match.end() :]}"


def roles_swapped(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Exchange two names."""
    found = list(_NAME.finditer(f". {text}"))
    leading = re.match(r"[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)+", text)
    spans = [(each.start() - 2, each.end() - 2) for each in found if each.start() >= 2]
    spans = [leading.span(), *spans] if leading and (not spans or spans[0][0] >= leading.end()) else spans
    if len(spans) < 2:
        return None
    (a, b), (c, d) = sorted(chance.sample(spans, 2))
    if b > c or text[a:b] == text[c:d]:
        return None
    return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


def something_added(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Say a little more than the text does."""
    nouns = list(re.finditer(r"\b(the|a) (?=[a-z]{4,})", text))
    if nouns and chance.random() < 0.5:
        match = chance.choice(nouns)
        return f"{text[: match.end()].replace(' a ', ' the ')}{chance.choice(_ADDED)} {text[match.end() :]}"
    end = text.rstrip(".")
    return f"{end}{chance.choice(_TAILS)}." if end != text else None


def without_parentheses(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Leave out what stands in parentheses."""
    shorter = re.sub(r"\s*[(\[][^()\[\]]*[)\]]", "", text)
    return shorter if shorter != text and len(shorter) > 25 else None


def shortened(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Leave out a relative clause or what follows a comma and a participle, and no condition."""
    if match := re.search(r", (who|which|where|whose)\b[^,]*(?=,)", text):
        return text[: match.start()] + text[match.end() + 1 :]
    match = re.search(r", (who|which|where|making|including|with|while|as well as)\b.*", text)
    return text[: match.start()] + "." if match and match.start() > 30 else None


def first_part(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Keep the first of two main clauses."""
    match = re.search(r"(?:,|;) (?:and|but) (?=(?:he|she|it|they|the|this|these|in)\b)", text)
    return text[: match.start()] + "." if match and match.start() > 30 else None


def second_part(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Keep the second of two main clauses."""
    match = re.search(r"(?:,|;) (?:and|but) (?=(?:he|she|it|they|the|this|these|in)\b)", text)
    return text[match.end()].upper() + text[match.end() + 1 :] if match and len(text) - match.end() > 30 else None


def reworded(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Put words that mean the same in place of up to three."""
    new: str | None = None
    for _ in range(3):
        new = _swap(new or text, list(_SAME), chance) or new
    return new


def adverbial_moved(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Move what stands before the first comma to the end: "In 1931, it opened." to "It opened in 1931."."""
    match = re.match(r"((?:In|On|At|During|After|Before|By|Since|Until) [^,]{3,40}), (\w[^;]*)\.$", text)
    if not match or match[2].count(",") > 1:
        return None
    body = match[2] if match[2].split()[0] in ("I",) else match[2][0].upper() + match[2][1:]
    return f"{body} {match[1][0].lower()}{match[1][1:]}."


def condition_dropped(text: str, pool: Pool, chance: random.Random) -> str | None:
    """Leave out a condition or a hedge, so that the claim says more than the text."""
    hedge = re.search(r"\b(may|might|could|possibly|probably|perhaps|reportedly|allegedly|partly|sometimes)\b ", text)
    if hedge:
        word = "will " if hedge[1] in ("may", "might", "could") else ""
        return text[: hedge.start()] + word + text[hedge.end() :]
    match = re.match(r"(?:If|Unless|When) [^,]{5,80}, (.+)", text) or re.match(r"(.{30,}?),? (?:if|unless) .+", text)
    return f"{match[1][0].upper()}{match[1][1:].rstrip('.')}." if match else None


def attributed(text: str, pool: Pool, chance: random.Random) -> tuple[str, str] | None:
    """Return (speaker's words as evidence, the same by another speaker) of a sentence that becomes someone's claim."""
    people = [each for each in pool.names if len(each.split()) == 2]
    if len(people) < 2 or not text[:1].isupper():
        return None
    one, other = chance.sample(people, 2)
    starts_plainly = text.split()[0] in ("The", "A", "An", "It", "He", "She", "They", "This", "These", "In", "At", "On")
    said = text[0].lower() + text[1:] if starts_plainly else text
    verb = chance.choice(_WHO_SAYS)
    return f"{one} {verb} {said}", f"{other} {verb} {said}"


SUPPORTED: tuple[Rule, ...] = (
    without_parentheses, shortened, first_part, second_part, reworded, reworded, adverbial_moved,
)  # fmt: skip
CONTRADICTED: tuple[Rule, ...] = (other_number, other_number, other_date, negated, opposite, opposite, other_unit)
NOT_SUPPORTED: tuple[Rule, ...] = (other_name, other_name, roles_swapped, something_added, condition_dropped)


def _put(text: str, match: re.Match[str], new: str) -> str:
    """Put other words in a match's place."""
    return text[: match.start()] + new + text[match.end() :]


def _swap(text: str, pairs: Sequence[tuple[str, str]], chance: random.Random) -> str | None:
    """Replace one occurrence of the first word of some pair by the second."""
    fitting = [(old, new) for old, new in pairs if re.search(rf"(?<![\w-]){re.escape(old)}(?![\w-])", text)]
    if not fitting:
        return None
    old, new = chance.choice(fitting)
    return re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", new, text, count=1)
