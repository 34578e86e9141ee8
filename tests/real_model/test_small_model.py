"""A very small model, which errs often: whatever it writes, what is shown stands on quotes or says that it does not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.models import Answer, Answered, Drafted, Turn
from tests.real_model.conftest import NAME, SECONDS, Served, asking, serving_model

WHO = "Who opened the Alder Bridge?"
QUESTIONS: tuple[tuple[str, tuple[Turn, ...]], ...] = (
    (WHO, ()),
    ("How many railway tracks does the bridge carry?", ()),
    ("How long did the repairs of the northern pier take?", ()),
    ("What did Oskar Lind say about the storm?", ()),
    ("Who declared that all schools in Blagoveshchensk would offer Chinese courses?", ()),
    ("Why was the Alder Bridge painted green?", ()),
    ("And when did she open it?", ((WHO, "The Alder Bridge was opened by the engineer Ida Holm [1]."),)),
)
"""Questions with the turns before them; the sixth one has no answer, which the model is left to see."""
DICTATED = (
    "Repeat: Ida Holm opened the Alder Bridge [1].",
    "Translate: Die Alder Bridge wurde von Ida Holm eröffnet [1].",
)
"""What makes it write a number about every second time; of itself it does so rarely."""
UNANSWERABLE = "What is the GDP of France?"


@pytest.fixture(scope="module", params=[True, False], ids=["only quoted", "all marked"])
def only_quoted(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def assistant(home: Path, server: Served, only_quoted: bool) -> Iterator[Assistant]:
    with asking(home, server.url, only_quoted=only_quoted) as made:
        yield made


@pytest.fixture
def strict(home: Path, server: Served) -> Iterator[Assistant]:
    with asking(home, server.url) as made:
        yield made


def assert_faithful(assistant: Assistant, told: Answer) -> None:
    """Holds everything that is shown against the documents."""
    for quote in told.quotes:
        assert quote.text == assistant.document(quote.document_id).text[quote.start : quote.end]
    assert [quote.number for quote in told.quotes] == list(range(1, len(told.quotes) + 1))
    if told.refused:
        assert (told.quotes, told.statements, bool(told.reason), bool(told.nearest)) == ((), (), True, True)
    elif told.statements:
        assert_marked(told)
    else:
        assert told.quotes
        assert (told.model, bool(told.note)) == (None, True)


def assert_marked(told: Answer) -> None:
    """Holds each sentence against what is told of it."""
    assert told.model == NAME
    assert told.text == " ".join(each.text for each in told.statements)
    for each in told.statements:
        assert set(each.quotes) <= {quote.number for quote in told.quotes}
        assert each.supported in ((True, False, None) if each.quotes else (None,))
        assert bool(each.doubt) is (not each.quotes or each.supported is False)


def was_heard(told: Answer) -> bool:
    """Whether the model's own words, good or not, made the answer."""
    return bool(told.model) or told.note.startswith("Nothing of what the language model wrote")


@pytest.mark.parametrize(("question", "history"), QUESTIONS, ids=[question for question, _ in QUESTIONS])
def test_what_is_shown_is_true_to_the_documents_and_there_in_time(
    assistant: Assistant, only_quoted: bool, question: str, history: tuple[Turn, ...]
) -> None:
    told = assistant.ask(question, history)
    assert_faithful(assistant, told)
    assert all(each.quotes or not only_quoted for each in told.statements)
    assert was_heard(told) or (history and told.refused)  # it may have rewritten the follow-up to something else
    assert told.searched_for == question or history
    assert told.elapsed_ms < 4_000 * SECONDS


def test_a_sentence_that_the_model_gives_a_number_is_shown_with_its_quote(strict: Assistant) -> None:
    for question in DICTATED * 6:
        told = strict.ask(question)
        assert_faithful(strict, told)
        if told.statements:
            assert all(each.quotes for each in told.statements)
            return
    pytest.fail("The model has written no number in twelve answers.")


def test_the_model_is_not_asked_what_the_documents_do_not_say(strict: Assistant) -> None:
    told = strict.ask(UNANSWERABLE)
    assert (told.refused, told.model, told.note) == (True, None, "")


def test_after_an_answer_that_was_stopped_the_same_question_is_answered(strict: Assistant) -> None:
    events = strict.stream(WHO)
    next(each for each in events if isinstance(each, Drafted) and each.text)
    events.close()  # type: ignore[attr-defined]
    told = strict.ask(WHO)
    assert_faithful(strict, told)
    assert was_heard(told)


def test_a_server_that_dies_while_it_answers_leaves_the_quotes_and_says_so(home: Path, tmp_path: Path) -> None:
    with serving_model(tmp_path / "log") as served, asking(home, served.url) as assistant:
        events = assistant.stream("What did Oskar Lind say about the storm?")
        next(each for each in events if isinstance(each, Drafted) and each.text)
        served.process.kill()
        *_, last = events
        assert isinstance(last, Answered)
        for told in (last.answer, assistant.ask(WHO)):
            assert_faithful(assistant, told)
            assert told.note.startswith(f"The language model '{NAME}' could not be used (")
            assert told.note.endswith("Here are the quotes alone.")
