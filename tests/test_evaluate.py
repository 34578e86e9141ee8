"""An evaluation: what counts as right, what the figures are, and which questions a program makes of documents."""

import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Assistant
from assistant.eval_cases import LARGEST, Case, read_cases
from assistant.eval_report import MOST_SHOWN, as_html
from assistant.evaluate import (
    Evaluation,
    Rate,
    Result,
    evaluate,
    percentile,
    require_askable,
    stands_in,
    summary,
)
from assistant.models import Answer, Hit, Turn
from assistant.starter import from_sentence, starter
from index.errors import UnreadableSource
from index.models import Passage
from index.store import Store
from tests.conftest import fill, opened
from tests.desk import quote_of

WHO = "Who opened the Alder Bridge?"
NOWHERE = "What is the boiling point of mercury?"


def answer_of(refused: bool = False, texts: Sequence[str] = ("The bridge is old.",), milliseconds: float = 5) -> Answer:
    quotes = () if refused else tuple(quote_of(number, text) for number, text in enumerate(texts, start=1))
    return Answer("q", "q", "text", quotes, refused, "", (), 0.5, None, "v", "d", milliseconds)


def result_of(outcome: str, milliseconds: float = 5, exact: bool = True) -> Result:
    case = Case("q", ("old",) if outcome != "right refusal" else ())
    answer = answer_of(outcome in ("refused", "right refusal"), milliseconds=milliseconds)
    found = () if answer.refused else (outcome == "right",)
    return Result(case, answer, (exact,) * len(answer.quotes), found)


# --- outcomes


@pytest.mark.parametrize(
    ("case", "outcome", "is_failure"),
    [
        (Case(WHO, ("Ida Holm",)), "right", False),
        (Case(WHO, ("Greta Vale", "ida  HOLM.")), "right", False),
        (Case(WHO, ("Greta Vale",)), "wrong", True),
        (Case(NOWHERE, ("357 degrees",)), "refused", True),
        (Case(NOWHERE), "right", False),
        (Case(WHO), "wrong", True),
        (
            Case("And who opened it?", ("Ida Holm",), history=(("Where is the Alder Bridge?", "There."),)),
            "right",
            False,
        ),
    ],
)
def test_an_answer_is_right_wrong_or_refused(library: Assistant, case: Case, outcome: str, is_failure: bool) -> None:
    (result,) = evaluate(library, [case])
    assert (result.outcome, result.is_failure) == (outcome, is_failure)
    assert all(result.exact)
    assert len(result.exact) == len(result.found) == len(result.answer.quotes)


def test_a_question_looks_in_its_documents_only(library: Assistant) -> None:
    log, alder = (next(each.id for each in library.documents() if each.source == name) for name in ("log", "alder"))
    within, elsewhere = evaluate(library, [Case(WHO, ("Ida Holm",), (alder,)), Case(WHO, ("Ida Holm",), (log,))])
    assert (within.outcome, within.found_in_first) == ("right", True)
    assert elsewhere.outcome != "right"


class Shifted:
    """A front door whose quotes are not what they say."""

    def __init__(self, inner: Assistant, **changes: object) -> None:
        self.stream, self.document, self.resolve = inner.stream, inner.document, inner.resolve
        self.inner, self.changes = inner, changes

    def ask(self, question: str, history: Sequence[Turn] = (), documents: Sequence[str] | None = None) -> Answer:
        answer = self.inner.ask(question, history, documents)
        return replace(answer, quotes=tuple(replace(each, **self.changes) for each in answer.quotes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [{"text": "Ida Holm"}, {"start": 1}, {"end": 3}, {"permalink": "assistant://x"}, {"document_id": "gone"}],
)
def test_a_quote_that_is_no_exact_slice_is_found_out(library: Assistant, changes: dict[str, object]) -> None:
    (result,) = evaluate(Shifted(library, **changes), [Case(WHO, ("Ida Holm",))])
    assert result.exact
    assert not any(result.exact)
    assert result.is_failure


@pytest.mark.parametrize(
    ("wording", "text", "stands"),
    [
        ("40", "at 40 kilometres", True),
        ("40", "at 140 kilometres", False),
        ("40", "at 40.5 kilometres", False),
        ("000", "1,000 men", False),
        ("Ida Holm", "by “IDA\nHOLM”.", True),
        ("Ida", "Idaho", False),
        ("Zoë", "Zoe said", True),
        ("C++", "in C++ and C", True),
        ("2024", "在2024年", True),
        ("東京", "東京都", True),
        ("don't", "I don’t know", True),
        ("a.c", "abc", False),
    ],
)
def test_a_wording_is_found_as_whole_words_whatever_its_typography(wording: str, text: str, stands: bool) -> None:
    assert stands_in(wording, text) is stands


# --- figures


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (81, 263, 0.2553, 0.3662), (0, 0, 0, 1)],
)
def test_wilson_intervals_are_those_of_the_literature(count: int, total: int, low: float, high: float) -> None:
    assert Rate(count, total).interval == pytest.approx((low, high), abs=1e-4)


@given(st.integers(1, 10**6).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_an_interval_holds_its_share(counts: tuple[int, int]) -> None:
    rate = Rate(*counts)
    low, high = rate.interval
    assert rate.share is not None
    assert 0 <= low <= rate.share <= high <= 1


@given(st.lists(st.sampled_from(["right", "wrong", "refused", "right refusal"])))
def test_the_score_is_the_mean_of_one_nothing_and_minus_one(outcomes: list[str]) -> None:
    told = summary([result_of(each) for each in outcomes])
    points = {"right": 1, "right refusal": 1, "refused": 0, "wrong": -1}
    assert told.score == pytest.approx(sum(points[each] for each in outcomes) / len(outcomes) if outcomes else 0)
    assert told.right.count + told.wrong.count + told.refused.count == len(outcomes)
    assert told.refused_rightly.count == outcomes.count("right refusal") == told.refused_rightly.total
    assert told.refused_wrongly.count == outcomes.count("refused")
    assert told.found_in_any.total == len(outcomes) - outcomes.count("right refusal")


def test_times_are_the_nearest_ranks() -> None:
    told = summary([result_of("right", milliseconds=each) for each in range(100, 0, -1)])
    assert (told.p50_ms, told.p95_ms) == (50, 95)
    assert (percentile([7], 95), percentile([], 50)) == (7, 0)


def test_only_the_first_quote_counts_as_first() -> None:
    result = Result(Case("q", ("new",)), answer_of(texts=["It is old.", "It is new."]), (True, True), (False, True))
    told = summary([result])
    assert (told.found_in_first.count, told.found_in_any.count, told.exact.count) == (0, 1, 2)


# --- files of questions


def test_a_line_becomes_a_case() -> None:
    line = (
        '\ufeff{"question": "q\u2028?", "answers": ["a"], "documents": ["d"], "id": "x", "machine_made": true, '
        '"history": [{"question": "b", "answer": "c"}]}\r\n\n{"question": "r"}'
    )
    first, second = read_cases(line.encode())
    assert first == Case("q\u2028?", ("a",), ("d",), (("b", "c"),), "x", True, 1)
    assert (second.answerable, second.name) == (False, "line 3")
    assert first.to_dict()["answerable"] is True


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "not JSON"),
        ("[]", "no object"),
        ("{}", 'no "question"'),
        ('{"question": 1}', '"question" is not a text'),
        ('{"question": "q", "answer": "a"}', "'answer', which means nothing"),
        ('{"question": "q", "answers": "a"}', "not a list"),
        ('{"question": "q", "answers": [1]}', "not a text"),
        ('{"question": "q", "answers": ["..."]}', "no letter or digit"),
        ('{"question": "q", "answerable": true}', 'no "answers"'),
        ('{"question": "q", "answers": ["a"], "answerable": false}', 'not "answerable"'),
        ('{"question": "q", "answerable": 1}', "neither true nor false"),
        ('{"question": "q", "history": [["a", "b"]]}', "history"),
        ('{"question": "\\ud800"}', "no valid text"),
        ('{"question": "q", "id": 0}', '"id" is not a text'),
        ("[" * 100_000, "nested"),
        ("1" * 5_000, "too many digits"),
        ('{"question": "Größe"}', "UTF-8"),
    ],
)
def test_a_wrong_line_is_named(line: str, says: str) -> None:
    content = b'{"question": "q"}\n\n' + line.encode("latin-1")
    with pytest.raises(UnreadableSource, match=r"^Line 3 is wrong: .*" + re.escape(says)):
        read_cases(content)


def test_a_file_without_questions_or_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreadableSource, match="no question"):
        read_cases(b"\n \n")
    with pytest.raises(UnreadableSource, match="50,000,000 bytes"):
        read_cases(b" " * (LARGEST + 1))
    monkeypatch.setattr("assistant.eval_cases.MOST", 2)
    with pytest.raises(UnreadableSource, match="more than 2 questions"):
        read_cases(b'{"question": "q"}\n' * 3)


@pytest.mark.parametrize("case", [Case("?", line=7), Case("", line=7), Case(WHO, documents=("gone",), line=7)])
def test_what_cannot_be_asked_is_named_before_anything_is(library: Assistant, case: Case) -> None:
    with pytest.raises(UnreadableSource, match=r"^Line 7 is wrong: "):
        require_askable(library, [Case(WHO), case])


# --- the report


class Page(HTMLParser):
    """What a page consists of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag != "meta":
            self.attributes |= set(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)"></section>\' --> &lt; </style> \u202e'


def test_foreign_text_is_only_text_in_the_report() -> None:
    quote = replace(quote_of(1, HOSTILE, title=HOSTILE), source=HOSTILE, heading=HOSTILE, permalink=HOSTILE)
    wrong = replace(answer_of(), quotes=(quote,), searched_for=f"{HOSTILE}!")
    nearest = (Hit(Passage(1, "d", 0, 9, HOSTILE, 3, HOSTILE), HOSTILE, HOSTILE, 0.1, 0.1),)
    refused = replace(answer_of(refused=True), nearest=nearest, reason=HOSTILE)
    case = Case(HOSTILE, (HOSTILE,), id=HOSTILE)
    results = (Result(case, wrong, (False,), (False,)), Result(case, refused, (), ()))
    page = Page(as_html(Evaluation(summary(results), results)))
    assert not page.tags & {"script", "img", "a", "link", "iframe", "form"}
    assert page.attributes == {("lang", "en"), ("class", "bad"), ("class", "place"), ("class", "hidden-character")}
    assert page.text.count("<script>alert(1)</script>") == 16
    assert "U+202E" in page.text
    assert "\u202e" not in page.text


def test_the_report_loads_nothing_and_shows_failures_only(library: Assistant) -> None:
    results = tuple(
        evaluate(library, [Case(WHO, ("Ida Holm",)), Case(NOWHERE, ("357",)), Case(WHO, machine_made=True)])
    )
    page = as_html(Evaluation(summary(results), results))
    assert "default-src 'none'; style-src 'sha256-" in page
    assert not re.search(r"https?:|url\(|@import", page)
    text = Page(page).text
    assert "Failures: 2" in text
    assert "Refused although the documents answer: What is the boiling point of mercury?" in text
    assert "Nearest passages:" in text
    assert "Answered although the documents do not: Who opened the Alder Bridge?" in text
    assert "1 of the 3 questions were made by a program" in text
    assert "[1] The Alder Bridge was opened on 4 May 1931" in text


def test_a_report_shows_so_many_failures_and_counts_all() -> None:
    results = (result_of("wrong"),) * (MOST_SHOWN + 1)
    page = as_html(Evaluation(summary(results), results))
    assert page.count("<section>") == MOST_SHOWN
    assert "Failures: 501" in page


# --- questions that a program makes


@pytest.mark.parametrize(
    ("sentence", "made"),
    [
        (
            "The Alder Bridge was opened by Ida Holm in 1931.",
            {
                "When was the Alder Bridge opened?": "1931",
                "By whom or what was the Alder Bridge opened?": "Ida Holm",
                "Who or what was opened by Ida Holm in 1931?": "The Alder Bridge",
            },
        ),
        (
            "Ida Holm is the engineer of the old bridge.",
            {"Who or what is Ida Holm?": "the engineer of the old bridge"},
        ),
        (
            "Ida Holm built the bridge over the Sil, which is deep.",
            {"Who or what built the bridge over the Sil?": "Ida Holm"},
        ),
        ("It was opened by Ida Holm in 1931.", {}),
        ("The bridge was opened in 1931.", {}),
        ("The bridge of Holm built in 1931 was sold to Petrel.", {}),
        ("After the war Ida Holm built the bridge over the Sil.", {}),
        ("Is Ida Holm the engineer of the bridge?", {}),
        ("", {}),
    ],
)
def test_a_plain_sentence_becomes_questions_with_its_own_words_as_answers(sentence: str, made: dict[str, str]) -> None:
    cases = list(from_sentence(sentence))
    assert {case.question: case.answers[0] for case in cases} == made
    assert all(case.machine_made and stands_in(case.answers[0], sentence) for case in cases)


def test_a_starter_asks_about_documents_and_about_what_no_document_has(library: Assistant) -> None:
    with Store.open(library.home) as store:
        cases = starter(store, 8)
        assert cases == starter(store, 8)
        assert len(starter(store, 1)) == 1
    asked = {case.question: case for case in cases}
    assert asked["When was the Alder Bridge opened?"].answers == ("4 May 1931",)
    assert "The reading room is open from nine to six on weekdays." in (
        asked["What does the document say about Opening hours?"].answers
    )
    assert all(case.machine_made for case in cases)
    assert 0 < sum(not case.answerable for case in cases) <= len(cases) / 3


def test_what_a_document_has_a_word_of_is_not_asked_as_unanswerable(tmp_path: Path) -> None:
    text = "The painter Ida Holm was born in 1931. Sistine mercury boils.\n"
    with fill(opened(tmp_path), [("Notes", "notes", "text/plain", text)]):
        pass
    with Store.open(tmp_path) as store:
        unanswerable = [case.question for case in starter(store, 40) if not case.answerable]
    assert unanswerable
    assert not any("Sistine" in each or "mercury" in each for each in unanswerable)
