"""Questions made from documents by rules, to begin an evaluation with: few and plain, each marked as machine-made.

English by rule: a heading becomes a question about it, a sentence one about its subject or its date where the grammar
is safe, and some are about what no document has a word of. They are not a person's questions: those from sentences
repeat the document's words and are easier, those from headings are vaguer and more often refused.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from assistant.eval_cases import Case, plain
from assistant.grammar import names_in, subject_of, verb_at
from index.models import Block, Reading
from index.sentences import sentence_spans
from index.store import Store
from index.terms import question_terms

_EACH = 4  # one question of so many is about what the documents do not have
_SHORTEST, _LONGEST = 5, 25  # words of a predicate
_LONGEST_SUBJECT = 10  # and of a subject
_MOST_WORDINGS = 6  # sentences below a heading of which each is a right answer
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(
    rf"\b(?:on|in) ((?:\d{{1,2}} )?(?:(?:{_MONTH}) )(?:\d{{1,2}}, )?\d{{4}}|1\d{{3}}|20\d\d)\b(?! \w+s\b)"
)
_PARTICIPLE = (
    r"(?P<verb>[a-z]+ed|begun|born|bought|broken|built|chosen|drawn|found|given|held|laid|made|sold|taken|written)"
)
_PASSIVE = re.compile(rf"^(?P<be>was|were) (?P<what>(?:first |officially |originally )?{_PARTICIPLE}) (?P<rest>.*)$")
_DEFINITION = re.compile(r"^(?P<be>is|was) (?P<what>(?:a|an|the)(?: \S+){3,25})$")
_AFTER = "in|on|at|for|from|to|with|as|after|before|during"
_BY_WHOM = re.compile(
    rf"^by (?P<who>(?:(?:the|a|an) (?:[a-z]+ ){{0,3}})?[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*)(?=[.,]| (?:{_AFTER})\b)"
)
_FINITE = re.compile(
    r"(?:is|was|has|had|became|[a-z]+ed|built|began|came|found|gave|led|left|lost|made|met|took|won)\b"
)
_UNSAFE = re.compile(r"[`*_#<>{};:?!()\[\]\"“”„«»\n\r|]|\b(?:I|me|my|we|our|us|you|your)\b|[^.]\.\s")
_POINTING = re.compile(r"\b(?:it|he|him|his|she|her|they|them|this|these|those|such|so|here|there)\b", re.I)
_ADVERBIAL = re.compile(
    r"(?:in|on|at|by|after|before|during|since|until|from|for|with|despite|when|while|as|if|although|because|like|"
    r"through|under|among|both|only|to|not)\b",
    re.I,
)
_LATER = re.compile(
    r"(?: (?:later|also|then|now|often|once|soon|finally|originally|subsequently|eventually|initially))+$"
)
_WHOLE = re.compile(r"^(?:\S+\s+){3,}.*[.!?]$")
_CLAUSE = re.compile(r", (?!\d)")
_NOT_ANSWERED = (
    "Who painted the ceiling of the Sistine Chapel?",
    "What is the boiling point of mercury?",
    "Which composer wrote the Goldberg Variations?",
    "How tall is Mount Kilimanjaro?",
    "Who invented the saxophone?",
    "When did penicillin become a medicine?",
    "How many moons does Jupiter have?",
    "Which vitamin do carrots contain?",
    "What do koalas eat?",
    "Who wrote Pride and Prejudice?",
    "How long is the gestation of elephants?",
    "What is the capital of Paraguay?",
    "Who sculpted The Thinker?",
    "Which chess opening did Capablanca prefer?",
    "When did the Titanic sink?",
    "How do volcanoes erupt?",
    "Which enzyme digests lactose?",
    "Who discovered the craters of Ganymede?",
    "What is the recipe for sauerkraut?",
    "How fast do cheetahs sprint?",
)


def starter(store: Store, count: int) -> list[Case]:
    """Return at most `count` machine-made questions, taken from the documents in turn; a store always gives the same.

    Of four at most one is about what the documents do not have.
    """
    with store.snapshot():
        foreign = [Case(each, machine_made=True) for each in _NOT_ANSWERED if _is_foreign(store, each)]
        most = min(count // _EACH, len(foreign))
        made = list(islice(_once(_in_turn(_of_documents(store, count))), count - most))
    return [*made, *foreign[: min(most, -(-len(made) // (_EACH - 1)))]]


def from_heading(reading: Reading, document_id: str) -> Iterator[Case]:
    """Yield a question for each heading with a paragraph right below it; each of its first sentences is an answer."""
    for block, below in zip(reading.blocks, reading.blocks[1:], strict=False):
        heading = _clean(reading.text[block.start : block.end]).strip("#=- ")
        is_title = heading == _clean(reading.title)
        if block.kind == "heading" and below.kind == "paragraph" and _is_heading(heading) and not is_title:
            whole = (each for each in _sentences(reading.text, below) if _WHOLE.search(each))
            answers = tuple(islice(whole, _MOST_WORDINGS))
            if answers:
                question = f"What does the document say about {_inside(heading)}?"
                yield Case(question, answers, (document_id,), machine_made=True)


def from_sentence(sentence: str) -> Iterator[Case]:
    """Yield the questions of one sentence whose grammar is plain: when, by whom, who or what.

    What comes after the predicate's first comma is left out.
    """
    subject = subject_of(sentence)
    predicate = sentence[len(subject) :].strip().removesuffix(".")
    predicate = _CLAUSE.split(predicate)[0]
    if not (sentence.endswith(".") and sentence.startswith(subject) and _is_subject(subject)):
        return
    if _UNSAFE.search(predicate) or _POINTING.search(predicate) or not predicate:
        return
    subject = _LATER.sub("", subject)
    if passive := _PASSIVE.match(predicate):
        yield from _of_passive(subject, passive)
    if definition := _DEFINITION.match(predicate):
        yield Case(f"Who or what {definition['be']} {_inside(subject)}?", (definition["what"],), machine_made=True)
    elif _is_plain(predicate):
        yield Case(f"Who or what {predicate}?", (subject,), machine_made=True)


def _of_passive(subject: str, passive: re.Match[str]) -> Iterator[Case]:
    """Yield when something was done, and by whom."""
    if not _is_name(subject) and (passive["be"] == "were" or " " in subject):
        return
    asked = f"{passive['be']} {_inside(subject)} {passive['what']}"
    dates = _DATE.findall(passive["rest"])
    if len(dates) == 1 and verb_at(f"x {passive['rest']}") is None:
        yield Case(f"When {asked}?", (dates[0],), machine_made=True)
    if agent := _BY_WHOM.match(f"{passive['rest']}."):
        yield Case(f"By whom or what {asked}?", (agent["who"],), machine_made=True)


def _is_plain(predicate: str) -> bool:
    """Tell whether a predicate has one verb at its start, and something by which it can be found."""
    verb = _FINITE.match(predicate)
    if verb is None or not _SHORTEST <= len(predicate.split()) <= _LONGEST:
        return False
    rest = predicate[verb.end() :]
    is_whole = verb.group() in ("is", "was", "has", "had") or verb_at(f"x {rest}") is None
    return is_whole and bool(names_in(f"x {rest}") or re.search(r"\d", rest))


def _is_subject(subject: str) -> bool:
    """Tell whether a subject names something and can stand alone."""
    if _UNSAFE.search(subject) or _POINTING.search(subject) or re.search(r"[’']s?$|,", subject):
        return False
    if _ADVERBIAL.match(subject):
        return False
    return len(subject.split()) <= _LONGEST_SUBJECT and bool(names_in(f"x {subject}"))


def _is_name(subject: str) -> bool:
    """Tell whether a subject can stand inside of a sentence as it is: its capital is not only that of a start."""
    return bool(names_in(subject)) or subject.startswith(("The ", "A ", "An "))


def _is_heading(heading: str) -> bool:
    is_short = 1 <= len(heading.split()) <= 12 and any(map(str.isalpha, heading)) and not heading.endswith(".")
    return is_short and not _UNSAFE.search(heading) and not _POINTING.search(heading)


def _is_foreign(store: Store, question: str) -> bool:
    """Tell whether no document has a word of a question, function words left out."""
    return not any(store.document_frequencies(question_terms(question)).values())


def _of_documents(store: Store, count: int) -> Iterator[Iterator[Case]]:
    """Yield the questions of each document; the first ones come from everywhere in the list, not from its start."""
    documents = store.documents()
    step = max(1, len(documents) // count)
    for document in (each for first in range(step) for each in documents[first::step]):
        yield _of_document(store, document.id)


def _of_document(store: Store, document_id: str) -> Iterator[Case]:
    """Yield a document's questions: from headings and from sentences in turn."""
    reading = store.reading(document_id)
    yield from _in_turn(iter([from_heading(reading, document_id), _from_sentences(reading)]))


def _from_sentences(reading: Reading) -> Iterator[Case]:
    for block in reading.blocks:
        if block.kind == "paragraph":
            for sentence in _sentences(reading.text, block):
                yield from from_sentence(sentence)


def _sentences(text: str, block: Block) -> Iterator[str]:
    body = text[block.start : block.end]
    for start, end in sentence_spans(body):
        if any(map(str.isalnum, plain(body[start:end]))):
            yield _clean(body[start:end])


def _in_turn(sources: Iterable[Iterator[Case]]) -> Iterator[Case]:
    """Yield the first of each source, then the second of each, until all are empty."""
    waiting = list(sources)
    while waiting:
        rest = []
        for source in waiting:
            if (case := next(source, None)) is not None:
                yield case
                rest.append(source)
        waiting = rest


def _once(cases: Iterator[Case]) -> Iterator[Case]:
    """Yield each question once, whatever the document."""
    seen = set()
    for case in cases:
        if (key := (case.question, case.documents)) not in seen:
            seen.add(key)
            yield case


def _inside(words: str) -> str:
    """Return words as they stand inside of a sentence: an article or such at their start is small."""
    return re.sub(r"^(?:The|A|An)\b", lambda article: article.group().lower(), words)


def _clean(text: str) -> str:
    return " ".join(text.split())
