"""A question of a conversation to one that stands alone, by rules over what was asked and answered before.

English by rule: a pronoun takes the name that the conversation is about, and a question that is a part of one takes the
rest from the one before it. A question that stands alone stays as it is, and so does one of another language. The
constants were chosen on every other one of the CANARD questions; bench/README.md has the figures.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.grammar import Mention, mentions
from assistant.models import Turn
from index.terms import STOP_WORDS, words
from prompts import Prompt, bundled

_TURNS = 6  # the latest ones are read
_LONGEST_ANSWER = 4_000  # characters of each answer

# How much a conversation is about a name: by where it stands, less for each turn since it was named last.
_TITLE, _ACTING, _NAMED, _PLACE = 4.0, 2.0, 1.0, 0.3
_PERSON_FADES, _GROUP_FADES, _THING_FADES, _TOPIC_FADES = 0.0, 0.5, 1.0, 0.5
_SURE = 2.0  # from which on a name is what the conversation is about

_BARELY_ANYTHING = 2  # words beside function words: with more of them a question can be searched for as it is

_PERSON = re.compile(r"\b(?:he|she|him|his|hers?|himself|herself)\b", re.IGNORECASE)
_GROUP = re.compile(r"\b(?:they|them|theirs?|themselves)\b", re.IGNORECASE)
_THING = re.compile(r"\b(?:it|its|itself)\b", re.IGNORECASE)
_WHOSE = re.compile(r"his|hers?|theirs?|its", re.IGNORECASE)
_WHOM = re.compile(
    r"her(?=\s*(?:[?.!,;]|$)|\s(?:to|in|on|at|for|with|from|by|and|or|as|when|before|after|about)\b)", re.IGNORECASE
)
_STATE = "true|possible|necessary|safe|ok|okay|hard|easy|difficult|legal|important|better|best|worth"
_NOTHING_MEANT = re.compile(
    rf"\b(?:is|was|does|did|will|would|has) it (?:{_STATE}|rain|cost|take|mean|matter)\b"
    r"|\bit (?:is|was|will|would|does) (?:not |also |very )?\w+ (?:that|to|for)\b",
    re.IGNORECASE,
)
"""Where "it" stands for nothing."""
_CLAUSE_END = re.compile(r"[,.;:?!]\s|\b(?:and|but|because|if|when|that)\b")
_NOUN = re.compile(r"\b(?:the|an?|my|our|your|his|her|their|this|these|those) \w{3,}", re.IGNORECASE)

_LINK = r"(?:and|but|or|so|then|ok(?:ay)?)\b[, ]*"
_BARE = re.compile(rf"(?:{_LINK})*(?P<word>why not|why|how come|how so|how|when|where|who|which one)\W*", re.IGNORECASE)
_ABOUT = re.compile(rf"(?:{_LINK})*(?:what|how) about (?P<what>.+?)\W*", re.IGNORECASE | re.DOTALL)
_LINKED = re.compile(rf"{_LINK}(?P<what>.+?)\W*", re.IGNORECASE | re.DOTALL)
_WHOLE = re.compile(
    r"\b(?:is|are|was|were|do|does|did|can|could|will|would|shall|should|may|might|must|has|have|had|am|tell|explain|"
    r"describe|give|list|show|name)\b",
    re.IGNORECASE,
)
"""What a question has that is more than a part of one."""
_YEAR = re.compile(r"\b(?:1\d{3}|20\d{2})\b")
_POINTS_BACK = re.compile(
    r"\b(?:else|others?|another|more|also|too|instead|this|these|those|same|afterwards?|ones?|again|next|previous|"
    r"earlier|later)\b|\b(?:is|was|does|did|will|about|after|before|like|of|for|with|in|on|at|to|from|by) that\b",
    re.IGNORECASE,
)

_ACTS = re.compile(
    r"(?:[’']s\b|\s(?:also |then |never |later |first |himself |herself |still |once |often )?"
    r"(?:is|was|were|has|had|have|did|does|became|began|made|said|took|went|came|won|wrote|gave|got|met|left|led|sang|"
    r"held|told|grew|saw|chose|felt|found|kept|lost|\w+ed)\b)"
)
_BEFORE = 16  # characters before a name, in which a preposition has room
_WHERE = re.compile(r"\b(?:in|at|on|from|near|to|into|for|by|with|of)(?: the)?$", re.IGNORECASE)
_NO_PERSON = re.compile(
    r"\d|\b(?:university|college|school|club|company|corporation|inc|band|orchestra|party|army|league|records?|council|"
    r"institute|museum|hospital|church|city|county|state|street|river|awards?|prize|cup|war|act|times|post|album|song|"
    r"show|films?|series|bridge|tower|house|palace|castle|park|station|airport|road|lake|mountain|island|sea|valley|"
    r"library|report|agreement|policy|guide|manual|handbook|article|letter|the|of|and|for|in)\b",
    re.IGNORECASE,
)


_OF_A_COUNTRY = re.compile(r"\w+(?:ese|ish|nch)")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question as it is to be searched for."""

    question: str
    """In words that stand alone, as far as the rules can tell."""
    unclear: str = ""
    """The word for a person of whom nothing was said before; empty when there is none."""


@dataclass(slots=True)
class _Topic:
    """A name of the conversation."""

    name: str
    weight: float
    """How much the conversation is about it."""
    latest: int
    """The turn that named it last."""


def stand_alone(question: str, history: Sequence[Turn], introduction: Prompt | None = None) -> FollowUp:
    """Return a question with what it leaves out filled in from the turns before it.

    Args:
        question: as the person wrote it.
        history: earlier (question, answer text) pairs, oldest first.
        introduction: the prompt by which an answer of quotes introduces a document; None for the one that comes along.
    """
    asked = question.strip()
    turns = [(earlier.strip(), answer[:_LONGEST_ANSWER]) for earlier, answer in history[-_TURNS:] if earlier.strip()]
    topics = _topics(turns, (introduction or bundled().load("answer")).pattern())
    for pronouns, fits, fades in (
        (_PERSON, _can_be_person, _PERSON_FADES),
        (_GROUP, _can_be_anything, _GROUP_FADES),
        (_THING, _can_be_anything, _THING_FADES),
    ):
        match = pronouns.search(asked)
        if match is None or _is_explained(asked, match):
            continue
        if topic := _likeliest(topics, fits, len(turns), fades):
            return FollowUp(_replaced(asked, match, topic.name))
        if pronouns is _PERSON and sum(word not in STOP_WORDS for word in words(asked)) <= _BARELY_ANYTHING:
            return FollowUp(question, unclear=match[0])
    return FollowUp(_completed(question, turns, topics) if turns else question)


def understood(history: Sequence[Turn], introduction: Prompt | None = None) -> tuple[Turn, ...]:
    """Return the latest turns with each question as it was understood, whoever kept the conversation.

    A page keeps what was searched for, another program what its user wrote; both are to be answered alike.
    """
    turns: list[Turn] = []
    for question, answer in history[-_TURNS:]:
        turns.append((stand_alone(question, turns, introduction).question, answer))
    return tuple(turns)


def _is_explained(question: str, pronoun: re.Match[str]) -> bool:
    """Tell whether a question says itself what its pronoun stands for, or the pronoun stands for nothing."""
    before = question[: pronoun.start()]
    if any(_weight(before, each) >= _NAMED for each in mentions(before)):
        return True
    *clauses, _ = _CLAUSE_END.split(before)
    if any(_NOUN.search(clause) for clause in clauses):
        return True
    return any(each.start() <= pronoun.start() < each.end() for each in _NOTHING_MEANT.finditer(question))


def _topics(turns: Sequence[Turn], introduced: re.Pattern[str]) -> list[_Topic]:
    """Return the names of a conversation, each once: "Holm" is the "Ida Holm" who was named before."""
    topics: list[_Topic] = []
    for number, (question, answer) in enumerate(turns):
        for found in introduced.finditer(answer):
            _count(topics, found[1], _TITLE, number)
        for text in (question, introduced.sub("", answer)):
            for each in mentions(text):
                _count(topics, each.name, _weight(text, each), number)
    return [topic for topic in topics if topic.weight]


def _weight(text: str, mention: Mention) -> float:
    """Return how much a text is about a name in it: most where it acts, least where something happens there."""
    acts = bool(_ACTS.match(text, mention.end)) or text.startswith(("’s", "'s"), mention.end - 2)
    if mention.is_plain and not acts:
        return 0.0
    before = text[max(0, mention.start - _BEFORE) : mention.start].rstrip()
    return _PLACE if _WHERE.search(before) else _ACTING if acts else _NAMED


def _count(topics: list[_Topic], name: str, weight: float, turn: int) -> None:
    words = name.casefold().split()
    for topic in topics:
        short, long = sorted((words, topic.name.casefold().split()), key=len)
        if short in (long[: len(short)], long[-len(short) :]):
            topic.name = max(topic.name, name, key=lambda each: len(each.split()))
            topic.weight += weight
            topic.latest = turn
            return
    topics.append(_Topic(name, weight, turn))


def _likeliest(topics: Sequence[_Topic], fits: Callable[[_Topic], bool], turns: int, fades: float) -> _Topic | None:
    """Return what the conversation is most about, among what fits."""
    fitting = [topic for topic in topics if fits(topic)]
    return max(fitting, key=lambda topic: topic.weight - fades * (turns - topic.latest), default=None)


def _can_be_person(topic: _Topic) -> bool:
    is_kind = _OF_A_COUNTRY.fullmatch(topic.name) or _NO_PERSON.search(topic.name)
    return len(topic.name.split()) <= 4 and not is_kind


def _can_be_anything(topic: _Topic) -> bool:
    return True


def _replaced(question: str, pronoun: re.Match[str], name: str) -> str:
    """Return a question with a name in the place of a pronoun."""
    is_whose = _WHOSE.fullmatch(pronoun[0]) and not _WHOM.match(question, pronoun.start())
    ending = ("’" if name.endswith("s") else "’s") if is_whose else ""
    return f"{question[: pronoun.start()]}{name}{ending}{question[pronoun.end() :]}"


def _completed(question: str, turns: Sequence[Turn], topics: Sequence[_Topic]) -> str:
    """Return a question that is only a part of one with the rest, or with the conversation's topic in brackets."""
    before = turns[-1][0].rstrip(" ?.!")
    asked = question.strip()
    if match := _BARE.fullmatch(asked):
        return f"{before}: {match['word'].lower()}?"
    if (match := _ABOUT.fullmatch(asked) or _LINKED.fullmatch(asked)) and not _WHOLE.search(match["what"]):
        return _with_part(before, match["what"])
    topic = _likeliest(topics, _can_be_anything, len(turns), _TOPIC_FADES)
    if topic and topic.weight >= _SURE and _POINTS_BACK.search(asked) and not _names_something(asked):
        return f"{asked.rstrip(' ?.!')} ({topic.name})?"
    return question


def _with_part(before: str, part: str) -> str:
    """Return the question before with another year, or with what is asked now after it."""
    years, year = _YEAR.findall(before), _YEAR.search(part)
    if len(years) == 1 and year and len(part.split()) <= 3:
        return f"{before.replace(years[0], year[0])}?"
    return f"{before}: {part}?"


def _names_something(question: str) -> bool:
    return any(_weight(question, each) for each in mentions(question))
