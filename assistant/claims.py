"""A text to its claims: sentences that can be checked, what each is read as, and the assertions that it makes.

By rule and for English; in other languages a sentence is a claim that stands as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.grammar import SAYING, names_in, speaker_of, subject_of, verb_at
from assistant.verdict import NoClaim, NoClaimKind
from index.blocks import plain_blocks
from index.languages import Languages
from index.markup import LIST_MARK
from index.models import Block
from index.split import boundaries

_LONGEST_CLAIM = 2_000
_MARK = re.compile(rf"(?:[>\s]*{LIST_MARK}?[ \t]+|>+)")
_ENDS = re.compile(r"[.!?…。！？؟:;][\"'”’»)\]]*(?:\[[^\]]{1,20}\])*\Z")
_QUESTION = re.compile(r"[?？؟][\"'”’»)\]]*\Z")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
# First-person stances, wishes and demands; and what somebody finds of something.
_STANCE = re.compile(
    r"\b(?:I|we)(?: also| really| still| do| strongly| firmly)? (?:think|believe|feel|hope|guess|love|like|hate|prefer|"
    r"wish|doubt|suppose|must|need|should)\b|\bin (?:my|our) (?:humble |own )?(?:opinion|view)\b|\bpersonally\b|"
    r"\b(?:should|ought to|let us|let's|hopefully|unfortunately|thank you|please)\b",
    re.IGNORECASE,
)
_VALUING = re.compile(
    r"\b(?:is|are|was|were|be|been|seems?|looks?|feels?|sounds?|remains?) (?:(?:so|very|really|truly|quite|simply|just|"
    r"rather|too|more|most|by far|such) )*(?:an? |the )?(?:(?:so|very|really|truly|most|more) )*(?:amazing|awesome|"
    r"awful|bad|beautiful|best|boring|brilliant|delicious|disappointing|disgusting|dull|exciting|fantastic|fascinating|funny|"
    r"good|great|horrible|impressive|interesting|lovely|nice|pathetic|perfect|pretty|ridiculous|sad|scary|stunning|"
    r"stupid|terrible|ugly|unacceptable|wonderful|worst|worth it|wrong)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"(He|She|It|They|This|These|Those)(?= )|(His|Her|Its|Their)(?= \w)")
_ARTICLE = re.compile(r"(?:The|A|An|This|These|Many|Most|Some|All) ")
_LINK = r"(?:, (?:and|but|while|whereas|yet)|;(?: and| but)?| (?:and|but|while|whereas)) "
_LINKS = re.compile(rf"{_LINK}(?:also |then |later |even )?")
_SUBJECT = re.compile(
    r"(?:he|she|it|they|we|this|that|these|those|there|the|a|an|its|his|her|their|many|most|some|all|no|[A-Z][\w’'-]+) "
)
_LONGEST_SUBJECT = 60
_RELATIVE = re.compile(r"^(?P<who>[A-Z][^,;]{1,60}), (?:who|which) (?P<aside>[^,;]{8,}), (?P<rest>[a-z].+)$", re.DOTALL)
_CONDITION = re.compile(r"\b(?:if|unless)\b", re.IGNORECASE)
_SHORTEST_PART = 3
_MOST_PARTS = 4


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that can be checked."""

    text: str
    """The text from `start` to `end`."""
    start: int
    end: int
    read_as: str
    """In words that stand alone."""
    parts: tuple[str, ...]
    """Its assertions, each in words that stand alone, where it makes more than one; empty otherwise."""


def statements(text: str) -> Iterator[Statement | NoClaim]:
    """Yield the sentences of a plain text, in order, as statements and as pieces that are no claims."""
    blocks, languages = plain_blocks(text), Languages(text)
    before = ""
    for block in blocks:
        for start, end in _sentences(text, block, languages.of(block)):
            own = text[start:end]
            kind = _no_claim(own, block, alone=len(blocks) == 1)
            if kind:
                yield NoClaim(own, start, end, kind)
                before = "" if kind == "heading" else before
                continue
            read_as = _resolved(" ".join(own.split()), before)
            yield Statement(own, start, end, read_as, assertions(read_as))
            before = read_as


def assertions(claim: str) -> tuple[str, ...]:
    """Return what a sentence asserts, part by part, where it makes more than one assertion; else nothing.

    Coordinated clauses, coordinated predicates of one subject, and the aside of a relative clause are parts; what
    somebody is said to have said stays whole, since a part without its speaker is another claim.
    """
    if speaker_of(claim) or re.search(rf"\b{SAYING} that\b", claim):
        return ()
    if match := _RELATIVE.match(claim):
        parts = [f"{match['who']} {match['aside']}.", *_clauses(f"{match['who']} {match['rest']}")]
    else:
        parts = _clauses(claim)
    return tuple(parts[:_MOST_PARTS]) if len(parts) > 1 else ()


def _sentences(text: str, block: Block, language: str) -> Iterator[tuple[int, int]]:
    """Yield the offsets of a block's sentences without the marks of lists and quotations before them."""
    for start, end in boundaries(text, block, language):
        mark = _MARK.match(text, start, end) if block.kind in ("item", "paragraph") else None
        first = mark.end() if mark and start == block.start else start
        while first < end:  # a "sentence" can be a page of text without a stop
            last = end if end - first <= _LONGEST_CLAIM else first + _LONGEST_CLAIM
            yield first, last
            first = last


def _no_claim(own: str, block: Block, *, alone: bool) -> NoClaimKind | None:
    """Return why a sentence is no claim, or None when it is one."""
    words = _WORD.findall(own)
    letters = sum(map(len, words))
    if block.kind == "heading":
        return "heading"
    if _QUESTION.search(own):
        return "question"
    if block.kind in ("row", "code") or letters < 4 or (_LATIN.search(own) and len(words) < 3 and letters < 12):
        return "fragment"
    ended = bool(_ENDS.search(own))
    if not ended and not alone and len(words) <= 12 and verb_at(own) is None:
        return "heading" if _LATIN.search(own) else None
    if own.rstrip().endswith(":") and len(words) <= 8:
        return "heading"
    return "opinion" if _is_opinion(own) else None


def _is_opinion(own: str) -> bool:
    """Tell whether a sentence only takes a stance: no number, no name and nobody's reported words are in it."""
    if any(character.isdigit() for character in own) or speaker_of(own):
        return False
    if _STANCE.search(own):
        return not [name for name in names_in(own) if name != "I"]
    return bool(_VALUING.search(own)) and not re.search(r"\b(?:because|since|than|of|by|in)\b", own)


def _resolved(own: str, before: str) -> str:
    """Return a sentence with the pronoun at its start replaced by what the sentence before is about."""
    match = _PRONOUN.match(own)
    referent = _referent(match.group(), before) if match and before else ""
    if not match or not referent:
        return own
    if match[1] in ("This", "These", "Those") and verb_at(own) != match.end() + 1:
        return own  # "These tactics": the noun is there
    rest = own[match.end() :]
    if match[1]:
        return referent + rest
    return f"{referent}{'’' if referent.endswith('s') else '’s'}{rest}"


def _referent(pronoun: str, before: str) -> str:
    """Return what a pronoun can stand for in the sentence before: a person's name, or else its subject."""
    said = speaker_of(before)
    subject = said[0] if said else subject_of(before)
    if pronoun not in ("He", "She", "His", "Her"):
        return "" if said else subject
    if subject and not _ARTICLE.match(subject) and (names_in(subject) or len(subject.split()) == 1):
        return subject
    people = [
        name for name in names_in(before) if " " in name and not re.search(rf"\bthe {re.escape(name)}", before, re.I)
    ]
    return people[0] if len(people) == 1 else ""


def _clauses(claim: str) -> list[str]:
    """Return a sentence's coordinated main clauses, each with a subject."""
    parts: list[str] = []
    rest, subject = claim, subject_of(claim)
    while len(parts) < _MOST_PARTS - 1 and (cut := _cut(rest, subject)):
        start, end, shared = cut
        parts.append(_whole(rest[:start]))
        rest = _with_subject(rest[end:], subject, shared=shared)
    return [*parts, _whole(rest)]


def _cut(claim: str, subject: str) -> tuple[int, int, bool] | None:
    """Return (end of the first clause, start of the next, whether it shares the subject) at the first place to cut."""
    first_verb = verb_at(claim)
    if first_verb is None:
        return None
    for match in _LINKS.finditer(claim, first_verb):
        before, after = claim[: match.start()], claim[match.end() :]
        next_verb = verb_at(f"x {after}")
        if next_verb is None or min(len(before.split()), len(after.split())) < _SHORTEST_PART:
            continue
        shared = next_verb == 2
        has_own = not shared and next_verb <= _LONGEST_SUBJECT and bool(_SUBJECT.match(after))
        if (
            (has_own or (shared and subject))
            and not _CONDITION.search(before)
            and before.count("(") == before.count(")")
        ):
            return match.start(), match.end(), shared
    return None


def _with_subject(rest: str, subject: str, *, shared: bool) -> str:
    """Return a later clause with the sentence's subject where it has none or a pronoun."""
    if shared:
        return f"{subject} {rest}"
    if subject and (match := re.match(r"(?:he|she|it|they) ", rest)):
        return f"{subject} {rest[match.end() :]}"
    return rest


def _whole(part: str) -> str:
    """Return a part as a sentence."""
    part = part.strip(" ,;")
    return part[:1].upper() + part[1:] + ("" if _ENDS.search(part) else ".")
