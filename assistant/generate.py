"""A language model's words to statements that stand on quotes: it cites sentences by number and makes none of them.

Whatever the model writes, a number counts only when it is that of a sentence it was shown, and a sentence without such
a number is left out, or marked as what it is.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.candidates import RankedSentence, Ranking
from assistant.escape import as_data, shorten
from assistant.models import Turn
from index.models import UNSTORABLE
from index.sentences import sentence_spans
from index.terms import words
from prompts import Prompts

_PASSAGES, _SENTENCES = 4, 40
"""How many of the best passages, and of their sentences, a model is shown."""
_LONGEST = 8_000
"""In characters, of all that it is shown."""
_TURNS, _TURN = 6, 1_000
"""How many turns a model reads of a conversation, and characters of each question and answer."""
_ADDED = 200  # characters that a rewritten question may be longer than twice the question
_CITED = re.compile(r"\s*[\[【]\s*([0-9]{1,4}(?:\s*[,;]\s*[0-9]{1,4})*)\s*[\]】]")
_CITED_ANYTHING = re.compile(r"\s*[\[【][^\[\]【】\n]{0,60}[\]】]")
_ENDED = re.compile(r"[.!?…。！？:\])\"'”’】]\s*$")
_BLANK = re.compile(r"[\W\d_]*")
_MARKUP = re.compile(r"^\s*(?:[-*+•#>]+|\d{1,2}[.)])\s+|[*_`#]{1,3}")
_TELLING = re.compile(r"(?<!^)\b(?:[A-Z]\w+|\d[\d.,]*)\b")
"""Names, beside the first word, and numbers."""
_SILENT = re.compile(r"\W*the documents? do(?:es)? not say\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence of a model with the numbers of the sentences that it rests on."""

    words: str
    """Without any number in brackets and without the stop at its end."""
    stop: str
    numbers: tuple[int, ...]
    """The numbers that exist, each once, in their order; none of a sentence that is only kept to be marked."""

    def told(self, numbers: Iterable[int]) -> str:
        """Return the sentence with these numbers before its stop."""
        cited = "".join(f"[{number}]" for number in numbers)
        return f"{self.words} {cited}{self.stop}" if cited else f"{self.words}{self.stop}"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is left of a model's answer."""

    kept: tuple[Cited, ...]
    left_out: int
    """How many sentences had no number that exists."""
    invented: int
    """How many numbers there were that do not exist."""
    is_silent: bool
    """Whether the model says that the documents do not answer."""
    is_cut: bool = False
    """Whether the last sentence was left out because it ends in the middle: the rest could turn round what it says."""


def shown_sentences(ranking: Ranking) -> tuple[RankedSentence, ...]:
    """Return the sentences that a model is shown: those of the best passages, in the order of their text."""
    best = {candidate.stored.id: place for place, (candidate, _) in enumerate(ranking.passages[:_PASSAGES])}
    of_best = [each for each in ranking.sentences if each.candidate.stored.id in best]
    kept: list[RankedSentence] = []
    length = 0
    for each in of_best[:_SENTENCES]:
        length += len(each.text)
        if kept and length > _LONGEST:
            break
        kept.append(each)
    kept.sort(key=lambda each: (best[each.candidate.stored.id], each.sentence.start))
    return tuple(kept)


def writing(question: str, shown: Sequence[RankedSentence], prompts: Prompts) -> tuple[str, str]:
    """Return the rules for an answer, and the question with the numbered sentences.

    Nothing in a sentence can end the part that is data.
    """
    asked = prompts.load("write").render(question=as_data(question), sentences="\n".join(_numbered(shown)))
    return prompts.load("write_rules").render(), asked


def condensing(question: str, history: Sequence[Turn], prompts: Prompts) -> tuple[str, str]:
    """Return the rules for rewriting a follow-up, and the follow-up with the latest turns before it.

    Nothing in a turn can end the part that is data.
    """
    lines = [
        f"{who}: {as_data(shorten(words, _TURN))}"
        for turn in history[-_TURNS:]
        for who, words in zip(("Question", "Answer"), turn, strict=True)
    ]
    asked = prompts.load("condense").render(conversation="\n".join(lines), question=as_data(question))
    return prompts.load("condense_rules").render(), asked


def condensed(text: str, question: str, history: Sequence[Turn]) -> str | None:
    """Return the question that a model made of another one, or None where it is none.

    That is: long, empty or several lines, no question, or with a name or number that nobody has said.
    """
    lines = [line.strip() for line in UNSTORABLE.sub(" ", text).splitlines() if line.strip()]
    if len(lines) != 1 or len(lines[0]) > 2 * len(question) + _ADDED or _BLANK.fullmatch(lines[0]):
        return None
    meant = lines[0].removeprefix("Question:").strip('"“” ')
    said = set(words(" ".join([question, *(each for turn in history[-_TURNS:] for each in turn)])))
    is_answer = "?" in question and "?" not in meant
    adds = any(not set(words(each)) <= said for each in _TELLING.findall(meant))
    return None if is_answer or adds else meant


def _numbered(shown: Sequence[RankedSentence]) -> Iterator[str]:
    for number, each in enumerate(shown, start=1):
        place = each.candidate.stored.context
        yield f"[{number}] ({as_data(place)}) {as_data(each.text)}" if place else f"[{number}] {as_data(each.text)}"


def complete(text: str) -> str:
    """Return the part of a model's text whose sentences are whole: another one has begun after them, or a line."""
    line = text.rfind("\n") + 1
    start = line + sentence_spans(UNSTORABLE.sub(" ", text[line:]))[-1][0]
    return text[: start if text[start : start + 1].isalnum() else line]


def verified(text: str, count: int, *, strict: bool = True) -> Draft:
    """Return what of a model's answer rests on sentences that it was shown.

    Args:
        text: the model's answer.
        count: how many sentences it was shown; their numbers are 1 to `count`.
        strict: whether a sentence without such a number is left out.
    """
    text = UNSTORABLE.sub(" ", text)
    if _SILENT.fullmatch(_CITED_ANYTHING.sub("", text)):
        return Draft((), 0, 0, is_silent=True)
    found = [_cited(sentence, count) for sentence in _sentences(text)]
    told = [each for each, _ in found if each.words]
    is_cut = bool(told and told[-1].numbers) and not _ENDED.search(text)
    kept = tuple(each for each in told[: len(told) - is_cut] if each.numbers or not strict)
    left_out = sum(strict and not each.numbers for each in told)
    return Draft(kept, left_out, sum(invented for _, invented in found), is_silent=False, is_cut=is_cut)


def _cited(sentence: str, count: int) -> tuple[Cited, int]:
    """Return a model's sentence with the numbers that exist, and how many of its numbers do not."""
    numbers = [int(each) for found in _CITED.finditer(sentence) for each in re.findall("[0-9]+", found[1])]
    valid = [number for number in numbers if 1 <= number <= count]
    plain = _without_citations(sentence).strip()
    said = "" if _BLANK.fullmatch(plain) else plain.rstrip(".!?…。 ")
    return Cited(said, plain[len(said) :].strip() or ".", tuple(dict.fromkeys(valid))), len(numbers) - len(valid)


def _sentences(text: str) -> Iterator[str]:
    """Yield a model's sentences without the marks of lists; a number after a full stop belongs to what is before it."""
    for line in text.splitlines():
        plain = _MARKUP.sub("", line)
        for start, end in sentence_spans(plain):
            if own := plain[start:end].strip():
                yield own


def _without_citations(sentence: str) -> str:
    """Return a sentence without what is in brackets, also in brackets within brackets."""
    while (plain := _CITED_ANYTHING.sub("", _CITED.sub("", sentence))) != sentence:
        sentence = plain
    return plain
