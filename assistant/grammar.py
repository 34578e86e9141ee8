"""What a sentence's surface tells about its grammar: where its verb stands, its subject, its names, who says it.

English by rule: each function gives nothing where no rule fits, and a text in another language has few fits.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_AUXILIARY = (
    "is|are|was|were|be|been|has|have|had|does|do|did|can|cannot|could|will|would|shall|should|may|might|must|"
    "isn't|aren't|wasn't|weren't|hasn't|haven't|hadn't|doesn't|don't|didn't|can't|couldn't|won't|wouldn't"
)
_PAST = (
    "became|began|bore|bought|broke|brought|built|came|caught|chose|cost|cut|died|drew|drove|fell|felt|fought|found|"
    "gave|got|grew|held|hit|kept|knew|laid|lay|led|left|lent|let|lost|made|meant|met|paid|put|ran|rose|said|sang|sat|"
    "saw|sent|set|shot|sold|spent|spoke|spread|stood|stole|struck|swam|taught|thought|told|took|went|won|wore|wrote"
)
_PRESENT = (
    "aims|appears|argues|asserts|becomes|begins|believes|belongs|brings|builds|buys|calls|carries|causes|claims|comes|"
    "consists|contains|continues|costs|covers|crosses|denies|depends|describes|employs|enables|ends|exists|expects|"
    "faces|fears|features|gives|goes|grows|has|helps|holds|includes|insists|involves|keeps|knows|lacks|leads|leaves|"
    "lies|likes|limits|lives|loses|makes|means|needs|occurs|offers|opens|owns|plans|plays|produces|provides|reaches|"
    "rejects|relies|remains|reports|represents|requires|rises|runs|says|seeks|seems|sees|sells|serves|shows|speaks|"
    "stands|starts|states|stays|suggests|supports|takes|tells|tries|turns|uses|wants|warns|wins|works|writes|"
    "agree|agreed|argue|believe|claim|contain|fear|give|go|have|include|live|make|need|offer|own|plan|remain|say|seek|"
    "show|support|take|think|use|want|work"
)
_VERB = re.compile(rf"\b(?:{_AUXILIARY}|{_PAST}|{_PRESENT}|[a-z]{{2,}}(?<!ne)ed)\b")
_LONGEST_SUBJECT = 90

_NAME = re.compile(
    r"\b(?:[A-Z]\. )*[A-Z][\w’'-]*(?:\.[A-Z]\.?)*(?:(?: (?:of the |of |the |de |van |von |der |al-)?|-)[A-Z][\w’'-]*)*"
)
_NO_NAME = re.compile(
    "a|an|the|this|that|these|those|it|its|he|she|his|her|they|their|we|our|i|you|your|my|there|here|what|when|where|"
    "who|how|why|which|in|on|at|by|for|from|to|of|with|and|but|or|if|as|after|before|during|while|since|although|"
    "however|also|not|no|yes|some|many|most|all|both|each|every|other|another|one|two|three|first|according|despite|"
    "then|thus|so|such|only|even|still|yet|today|now|later|january|february|march|april|may|june|july|august|september|"
    "october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|is|are|was|were|do|does|did|"
    "has|have|had|can|could|will|would|should|any|tell|please|whose|besides|aside",
    re.IGNORECASE,
)
_SAYS = (
    r"(?:claim|argue|assert|allege|say|state|declare|announce|believe|suggest|insist|warn|contend|maintain|report|"
    r"complain|predict|think|deny|write|explain|note|admit|fear|estimate|propose|charge)"
)
_SAID = (
    r"(?:claimed|argued|asserted|alleged|said|stated|declared|announced|believed|suggested|insisted|warned|contended|"
    r"maintained|reported|complained|predicted|thought|denied|wrote|explained|noted|admitted|feared|estimated|proposed|"
    r"charged)"
)
SAYING = rf"(?:{_SAYS}s?|{_SAID}|denies)"
_SPEAKER = re.compile(
    rf"^(?P<who>.{{2,{_LONGEST_SUBJECT}}}?),? (?:also |has |have |had |recently |publicly |reportedly |openly |again )*"
    rf"{SAYING}(?: to \w+)?,? that\b(?P<what>.*)",
    re.DOTALL,
)
_ACCORDING = re.compile(r"^(?P<rest>.*?)\b[Aa]ccording to (?P<who>[^,.;]{2,80}?)(?:, (?P<what>.+)|[.;]?$)", re.DOTALL)
_LINKED = re.compile(r"^(?:however|but|and|moreover|also|yet|still|indeed|in fact|meanwhile|in addition),? ", re.I)


def verb_at(text: str) -> int | None:
    """Return where the first verb stands that the rules know, after at least one word; None when there is none."""
    for match in _VERB.finditer(text):
        if match.start():
            return match.start()
    return None


def subject_of(text: str) -> str:
    """Return the words before the first verb, without a link such as "However,"; empty when they are no subject."""
    plain = _LINKED.sub("", text)
    at = verb_at(plain)
    subject = plain[:at].strip(" ,") if at else ""
    if "," in subject:  # "In 1931, the bridge was": what stands before the comma is no part of it
        first, _, last = subject.rpartition(", ")
        subject = last if _is_adverbial(first) else subject.split(",")[0]
    is_subject = 1 <= len(subject.split()) <= 12 and len(subject) <= _LONGEST_SUBJECT
    return subject if is_subject else ""


@dataclass(frozen=True, slots=True)
class Mention:
    """A run of capitalised words that are no common words, where it stands in its text."""

    name: str
    """Without the ending of the genitive."""
    start: int
    end: int
    is_plain: bool
    """Whether it is a single word at a sentence's start, where any word has a capital."""


def mentions(text: str) -> Iterator[Mention]:
    """Yield the names of a text in their order, and what may be none where a sentence starts."""
    for match in _NAME.finditer(text):
        words = match.group().split(" ")
        start = match.start()
        while words and _NO_NAME.fullmatch(words[0]):
            start += len(words[0]) + 1
            words = words[1:]
        name = re.sub(r"[’']s$", "", " ".join(words))
        if len(name) > 1:
            yield Mention(name, start, match.end(), _starts_as_a_common_word(text, match.start(), words))


def names_in(text: str) -> list[str]:
    """Return the names of a text in their order: runs of capitalised words that are no common words."""
    return [each.name for each in mentions(text) if not each.is_plain]


def speaker_of(text: str) -> tuple[str, str] | None:
    """Return (speaker, what is said) of a sentence that gives somebody's words: "X claimed that Y"; else None."""
    plain = _LINKED.sub("", " ".join(text.split()))
    if (match := _SPEAKER.match(plain)) and not _VERB.search(match["who"]):
        return match["who"].strip(" ,"), match["what"].strip()
    if match := _ACCORDING.match(plain):
        return match["who"].strip(), (match["what"] or match["rest"]).strip(" ,")
    return None


def _is_adverbial(words: str) -> bool:
    return bool(
        re.match(r"(?:In|On|At|By|After|Before|During|Since|Until|From|For|With|Despite|When|While|As)\b", words)
    )


def _starts_as_a_common_word(text: str, start: int, words: list[str]) -> bool:
    """Tell whether a single capitalised word starts its sentence, where any word is capitalised."""
    before = text[:start].rstrip()
    starts = not before or before[-1] in '.!?:“"('
    return len(words) == 1 and starts and words[0][1:].islower()
