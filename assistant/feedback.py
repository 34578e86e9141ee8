"""What a person said of answers, as questions for `assistant eval`: nothing is sent anywhere and no model judges.

Of a good answer the first quote is what must be found again: it is the wording that the person approved.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from assistant.conversation import Conversation, Exchange
from assistant.eval_cases import Case, read_cases
from index.errors import UnreadableSource


@dataclass(frozen=True, slots=True)
class Gathered:
    """The questions that were made of what a person said."""

    cases: tuple[Case, ...]
    left_out: int
    """How many answers are marked of which it is not known what would have been right."""

    @property
    def told(self) -> str:
        """How many there are of each, in words."""
        count = len(self.cases)
        said = f"{count:,} {'question was' if count == 1 else 'questions were'} exported."
        if not self.left_out:
            return said
        one = self.left_out == 1
        others = f"{self.left_out:,} bad {'answer was' if one else 'answers were'} left out"
        return f"{said} {others}: nobody said what would have been right."

    def to_jsonl(self) -> str:
        """The questions as JSON Lines."""
        return "".join(f"{json.dumps(each.to_dict(), ensure_ascii=False)}\n" for each in self.cases)


def gather(conversations: Iterable[Conversation]) -> Gathered:
    """Return the questions that conversations give, in their order."""
    cases: list[Case] = []
    left_out = 0
    for each in conversations:
        for place, exchange in enumerate(each.exchanges):
            if exchange.answer and exchange.feedback:
                case = _case(each, place)
                cases += [case] if case else []
                left_out += case is None
    return Gathered(tuple(cases), left_out)


def _case(conversation: Conversation, place: int) -> Case | None:
    """Return the question at a place with the conversation before it, or None where no right answer to it is known."""
    exchange = conversation.exchanges[place]
    answers = _right_answers(exchange)
    if answers is None:
        return None
    before = replace(conversation, exchanges=conversation.exchanges[:place])
    case = Case(exchange.question, answers, history=tuple(before.turns), id=f"{conversation.id}-{place + 1}")
    try:
        read_cases(json.dumps(case.to_dict()).encode())
    except UnreadableSource:  # such as an expected wording without a letter, which nothing can be compared with
        return None
    return case


def _right_answers(exchange: Exchange) -> tuple[str, ...] | None:
    """Return the wordings of which each is right, none where the documents do not say; None where nobody knows."""
    if exchange.feedback == "bad":
        return None if exchange.expected is None else (exchange.expected,) if exchange.expected else ()
    quotes = exchange.answer.quotes if exchange.answer else ()
    return tuple(quote.text for quote in quotes[:1])
