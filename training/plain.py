"""Pairs of claim and evidence from plain text: sentences changed by rule, and questions with their answers."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.evidence import as_read
from bench.data import rows
from index.sentences import sentence_spans
from training import contrast
from training.pairs import CONTRADICTED, NEITHER, NOT_SUPPORTED, SUPPORTED, Pair, part_of
from training.questions import base_verbs, stated

_SETS = ("newwiki", "squad2", "clapnq", "covidqa", "longdocs", "xquad_en", "policyqa", "pubmedqa")
_ASKED = ("newwiki", "squad2", "xquad_en", "covidqa")
_LONGEST_ANSWER = 10
"""In words."""
_LONGEST, _LONGEST_EVIDENCE = 300, 750
"""In characters, of a sentence and of all that stands with it, which is then not cut off for the judge."""
_CONTENT = re.compile(r"\w{4,}")


@dataclass(frozen=True, slots=True)
class Text:
    """A document cut into sentences."""

    title: str
    sentences: tuple[str, ...]
    words: tuple[frozenset[str], ...]
    """Of each sentence, its longer words."""
    pool: contrast.Pool

    @classmethod
    def of(cls, title: str, text: str) -> "Text":
        """Cut the beginning of a document."""
        cut = text[:60_000]
        sentences = tuple(" ".join(cut[start:end].split()) for start, end in sentence_spans(cut, 0))[:400]
        words = tuple(frozenset(_CONTENT.findall(each.lower())) for each in sentences)
        return cls(title, sentences, words, contrast.Pool(sentences))

    def evidence(self, needed: Sequence[int], chance: random.Random, without: Sequence[int] = ()) -> str:
        """Return sentences as evidence: alone, with their neighbours, or with others that have words in common.

        What the product finds looks like that: several sentences of a document in the order of its text.
        """
        drawn = chance.random()
        others: list[int] = []
        if drawn < 0.2:
            near = {each + step for each in needed for step in (-1, 1)}
            others = [each for each in near if 0 <= each < len(self.sentences)]
        elif drawn < 0.65 or not needed:
            others = self.like((*needed, *without), chance.randint(1, 5), chance)
        chosen, length = set(needed), sum(len(self.sentences[each]) for each in needed)
        for each in others:
            length += len(self.sentences[each])
            if each not in without and length <= _LONGEST_EVIDENCE:
                chosen.add(each)
        return as_read(self.title, [self.sentences[each] for each in sorted(chosen)])

    def like(self, given: Sequence[int], count: int, chance: random.Random) -> list[int]:
        """Return other sentences, of some drawn ones those that have most words in common with the given ones."""
        wanted = frozenset().union(*(self.words[each] for each in given))
        lengths = [len(each) for each in self.sentences]
        rest = [each for each, length in enumerate(lengths) if each not in given and 25 < length <= _LONGEST]
        drawn = chance.sample(rest, min(len(rest), chance.choice((count, 20, 400))))
        return sorted(drawn, key=lambda each: -len(self.words[each] & wanted))[:count]

    def holding(self, text: str) -> list[int]:
        """Return the sentences that hold a string."""
        return [number for number, each in enumerate(self.sentences) if text in each]

    def hinting(self, answer: str) -> list[int]:
        """Return the sentences that hold one of the longer words of an answer, or all of it."""
        words = frozenset(_CONTENT.findall(answer.lower()))
        return [number for number, each in enumerate(self.sentences) if answer in each or self.words[number] & words]


def by_rule(data: Path, count: int, chance: random.Random) -> list[Pair]:
    """Return pairs made from sentences of the question sets' documents and of the claims' training documents."""
    given = [(row["title"], row["text"]) for name in _SETS for row in rows(data / "qa" / f"docs_{name}.jsonl")]
    for name in ("fm2", "wice", "summedits"):
        documents = rows(data / "claims" / f"docs_{name}.jsonl")
        given += [(row["title"], row["text"]) for row in documents if part_of(row["doc_id"]) == "train"]
    texts = [each for each in (Text.of(*one) for one in given) if each.sentences]
    made: list[Pair] = []
    while len(made) < count:
        text = chance.choice(texts)
        number = chance.randrange(len(text.sentences))
        if 40 <= len(text.sentences[number]) <= _LONGEST:
            made.extend(_made(text, number, chance))
    return made


def _made(text: Text, number: int, chance: random.Random) -> Iterator[Pair]:
    """Give some pairs of one sentence."""
    own, pool = text.sentences[number], text.pool
    supported = chance.choice(contrast.SUPPORTED)(own, pool, chance) or own
    yield Pair(supported, text.evidence([number], chance), SUPPORTED, "rule supported")
    for rules, target, kind in (
        (contrast.CONTRADICTED, CONTRADICTED, "rule contradicted"),
        (contrast.NOT_SUPPORTED, NOT_SUPPORTED, "rule not supported"),
    ):
        base = chance.choice((supported, own))
        rule = chance.choice(rules)
        changed = rule(base, pool, chance)
        if changed:
            yield Pair(changed, text.evidence([number], chance), target, f"{kind}: {rule.__name__}")
    if chance.random() < 0.5:
        yield Pair(supported, text.evidence([], chance, without=[number]), NEITHER, "rule absent")
    if chance.random() < 0.3:
        yield from _more_said(text, number, chance)
    if chance.random() < 0.45 and (others := text.like([number], 1, chance)):
        yield from _joined(text, number, chance.choice((min(number + 1, len(text.sentences) - 1), others[0])), chance)
    if chance.random() < 0.12 and (said := contrast.attributed(own, pool, chance)):
        told = as_read(text.title, [said[0]])
        yield Pair(said[0], told, SUPPORTED, "rule attributed")
        yield Pair(own, told, NEITHER, "rule attributed: bare")
        yield Pair(said[1], told, NOT_SUPPORTED, "rule attributed: other")


def _more_said(text: Text, number: int, chance: random.Random) -> Iterator[Pair]:
    """Give a claim that says more than its sentence: it goes on as another sentence of the text does."""
    for other in text.like([number], 6, chance):
        if tail := re.search(
            r"(?:,| (?:in|with|for|by|from|after|during|because|to)) [^,.;]{10,70}\.$", text.sentences[other]
        ):
            claim = text.sentences[number].rstrip(".") + tail.group()
            yield Pair(claim, text.evidence([number], chance, without=[other]), NOT_SUPPORTED, "rule more said")
            return


def _joined(text: Text, one: int, other: int, chance: random.Random) -> Iterator[Pair]:
    """Give two sentences as one claim, with both of them as evidence, with one of them missing and with one changed."""
    first, second = text.sentences[one], text.sentences[other]
    if one == other or not 40 <= len(second) <= 200 or len(first) > 250:
        return
    link = chance.choice((", and ", "; ", ", while ", " "))
    end = (lambda each: each.rstrip(".")) if link != " " else str
    yield Pair(f"{end(first)}{link}{second}", text.evidence([one, other], chance), SUPPORTED, "rule joined")
    missing = chance.choice((one, other))
    there = one if missing == other else other
    told = text.evidence([there], chance, without=[missing])
    yield Pair(f"{end(first)}{link}{second}", told, NOT_SUPPORTED, "rule joined: one missing")
    changed = chance.choice(contrast.CONTRADICTED)(second, text.pool, chance)
    if changed:
        yield Pair(
            f"{end(first)}{link}{changed}", text.evidence([one, other], chance), CONTRADICTED, "rule joined: wrong"
        )


def asked(data: Path, chance: random.Random) -> Iterator[Pair]:
    """Give the questions of the question sets with their own answer and with one to another question as statements."""
    for name in _ASKED:
        documents = {row["doc_id"]: row for row in rows(data / "qa" / f"docs_{name}.jsonl")}
        verbs = base_verbs(row["text"] for row in documents.values())
        texts = {number: Text.of(row["title"], row["text"]) for number, row in documents.items()}
        answers: dict[str, list[str]] = {}
        questions = []
        for row in rows(data / "qa" / f"qa_{name}.jsonl"):
            if row["answerable"] and row["spans"]:
                start, end = row["spans"][0]
                whole = documents[row["doc_id"]]["text"]
                answer = " ".join(whole[start:end].split()).rstrip(".,;")
                if 0 < len(answer.split()) <= _LONGEST_ANSWER:
                    questions.append((row, answer, whole[max(0, start - 60) : start], whole[start - 15 : end]))
                    answers.setdefault(row["doc_id"], []).append(answer)
        for row, answer, before, held in questions:
            text = texts[row["doc_id"]]
            places = text.holding(" ".join(held.split())) or text.holding(answer)
            if places:
                yield from _asked(text, places[0], row, answer, before, answers[row["doc_id"]], verbs, chance)


def _asked(
    text: Text,
    number: int,
    row: dict[str, Any],
    answer: str,
    before: str,
    answers: Sequence[str],
    verbs: frozenset[str],
    chance: random.Random,
) -> Iterator[Pair]:
    """Give a question with its answer, with wrong ones, and with evidence that has none."""
    right = stated(row["question"], answer, before, verbs)
    yield Pair(right, text.evidence([number], chance), SUPPORTED, "asked")
    hinting = text.hinting(answer)
    if chance.random() < 0.7 and len(hinting) < len(text.sentences):
        yield Pair(right, text.evidence([], chance, without=hinting), NEITHER, "asked: absent")
    others = [each for each in answers if _alike(each, answer) and each.lower() not in text.sentences[number].lower()]
    for other in others and [chance.choice(others)]:
        wrong = stated(row["question"], other, before, verbs)
        yield Pair(wrong, text.evidence([number], chance), NOT_SUPPORTED, "asked: other answer")
    changed = contrast.other_number(answer, text.pool, chance)
    if changed and changed not in text.sentences[number]:
        wrong = stated(row["question"], changed, before, verbs)
        yield Pair(wrong, text.evidence([number], chance), CONTRADICTED, "asked: other number")


def _alike(one: str, other: str) -> bool:
    """Tell whether two answers have the same form: numbers, names or words, of about the same length."""

    def form(answer: str) -> tuple[bool, bool]:
        return any(map(str.isdigit, answer)), answer[0].isupper()

    return one != other and form(one) == form(other) and abs(len(one.split()) - len(other.split())) <= 2
