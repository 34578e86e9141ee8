"""A claim and evidence to probabilities: supported, contradicted, neither; by the bundled model or one by name."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from assistant.chat_model import ChatModel
from assistant.escape import as_data
from index.cross_encoder import CrossEncoderLogits
from index.errors import ModelUnavailable
from index.languages import is_foreign
from index.once import once
from index.pair_model import load_pair_model
from prompts import Prompts, bundled

_BUNDLED = "judge"
LONGEST = 256
"""Tokens of a claim with one piece of evidence that the bundled judge reads, and was trained on."""
_LABELS = {"entail": 0, "contra": 1, "neutral": 2}
"""How the names of an entailment model's classes begin, in the order in which they are used here."""


CHAT_MODEL = "chat-model"
"""The name of the language model that is set as a judge."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one piece of evidence says about a claim; the rest to 1 is neither."""

    supported: float
    contradicted: float


_SAID = {
    "supported": Judgement(0.9, 0.05),
    "contradicted": Judgement(0.05, 0.9),
    "neither": Judgement(0.05, 0.05),
}
"""What a language model's word is taken for; how sure it is it does not tell."""


class Judge(Protocol):
    """Reads a claim with evidence, one or more sentences of one document under its title."""

    @property
    def name(self) -> str:
        """What it is called in a report."""
        ...

    def reads(self, claim: str) -> bool:
        """Tell whether the model knows the words of a claim, so that its judgements say something."""
        ...

    def judge(self, claim: str, evidence: Sequence[str]) -> list[Judgement]:
        """Return one judgement for each piece of evidence, whatever the others are.

        Raises:
            ModelUnavailable: when the model gives something that is no number.
        """
        ...


def load_judge(
    name: str = "",
    *,
    threads: int = 0,
    load_model: Callable[[], ChatModel] | None = None,
    prompts: Prompts | None = None,
) -> Judge:
    """Return the entailment cross-encoder of that name or path, or the package's own judge; loaded once a process.

    Args:
        name: its name or path, "" for the package's own, or `CHAT_MODEL` for a language model.
        threads: how many a model of this machine uses; 0 for one a processor.
        load_model: gives that language model; None when none is set.
        prompts: what it is asked with; None for those that come along.

    Raises:
        ModelUnavailable: when it is not there, cannot be loaded, or its classes are not the three of entailment.
    """
    if name != CHAT_MODEL:
        return _load(name, threads)
    if load_model is None:
        raise ModelUnavailable(f"The judge_model {CHAT_MODEL!a} is the language model, and none is set; set model too.")
    return _ChatJudge(load_model(), prompts or bundled())


@once
def _load(name: str, threads: int) -> Judge:
    return _EntailmentJudge(name, threads) if name else _BundledJudge(threads)


class _BundledJudge:
    """The pair model that `training/` made; it reads the claim first and then the evidence."""

    name = "bundled judge"

    def __init__(self, threads: int) -> None:
        self._model = load_pair_model(_BUNDLED, longest=LONGEST, threads=threads)

    def reads(self, claim: str) -> bool:
        # In another language it sees support where there is none: 0.8 for unrelated sentences.
        return self._model.reads(claim) and not is_foreign(claim)

    def judge(self, claim: str, evidence: Sequence[str]) -> list[Judgement]:
        return _judgements(self._model.logits(claim, evidence)) if evidence else []


class _EntailmentJudge:
    """A cross-encoder of sentence-transformers; these read the premise first and then the hypothesis."""

    def __init__(self, name: str, threads: int) -> None:
        self.name = name
        self._logits = CrossEncoderLogits(name, threads, setting="judge_model")
        self._order = _order(name, self._logits.labels)

    def reads(self, claim: str) -> bool:
        return self._logits.reads(claim)

    def judge(self, claim: str, evidence: Sequence[str]) -> list[Judgement]:
        if not evidence:
            return []
        logits = self._logits([(each, claim) for each in evidence])
        if not np.isfinite(logits).all():
            raise ModelUnavailable("The judge gave no usable score for a sentence; choose another judge_model.")
        return _judgements(logits[:, self._order])


class _ChatJudge:
    """A language model that is asked for one word about each piece of evidence."""

    def __init__(self, model: ChatModel, prompts: Prompts) -> None:
        self._model, self._prompts = model, prompts
        self.name = model.name

    def reads(self, claim: str) -> bool:
        return True

    def judge(self, claim: str, evidence: Sequence[str]) -> list[Judgement]:
        return [self._judged(claim, each) for each in evidence]

    def _judged(self, claim: str, evidence: str) -> Judgement:
        asked = self._prompts.load("judge").render(claim=as_data(claim), evidence=as_data(evidence))
        said = "".join(self._model.stream(self._prompts.load("judge_rules").render(), asked))
        words = re.findall(r"\b(?:supported|contradicted|neither)\b", said.casefold())
        verdict = words[0] if len(set(words)) == 1 else "neither"  # more than one word is no verdict
        return _SAID[verdict]


def _order(name: str, labels: Mapping[int, str]) -> list[int]:
    """Return the places of entailment, contradiction and neutral among a model's classes, read from its config."""
    places: dict[int, int] = {}
    for place, label in labels.items():
        for beginning, wanted in _LABELS.items():
            if label.casefold().startswith(beginning):
                places[wanted] = int(place)
    if len(labels) != len(_LABELS) or len(places) != len(_LABELS):
        shown = ", ".join(map(str, labels.values()))[:160]
        raise ModelUnavailable(
            f"The judge_model {name!a} has the classes {shown!a}, and a judge needs entailment, contradiction and "
            "neutral; choose a model for natural language inference whose config names them."
        )
    return [places[wanted] for wanted in range(len(_LABELS))]


def _judgements(logits: npt.NDArray[np.float64]) -> list[Judgement]:
    """Return the softmax of logits of shape (pieces of evidence, 3)."""
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return [Judgement(float(row[0]), float(row[1])) for row in shares]
