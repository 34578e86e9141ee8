"""Language models through LangChain: their words come as they are written, and whatever fails is one sentence."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage

from assistant.chat_model import LangChainModel, load_chat_model
from index.errors import ModelUnavailable
from tests.desk_server import Server, serving


def test_a_model_of_langchain_streams_its_words() -> None:
    fake = GenericFakeChatModel(messages=iter([AIMessage("It is old [1].")]))
    assert "".join(LangChainModel(fake, "fake", seconds=5).stream("rules", "question")) == "It is old [1]."


def test_a_model_that_calls_a_tool_writes_nothing() -> None:
    call = AIMessage("", tool_calls=[{"name": "delete", "args": {}, "id": "1"}])
    fake = FakeMessagesListChatModel(responses=[call])
    assert list(LangChainModel(fake, "fake", seconds=5).stream("rules", "question")) == []


class Slow(GenericFakeChatModel):
    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        time.sleep(3)
        yield from super()._stream(*args, **kwargs)


def test_a_model_that_does_not_answer_in_time_is_given_up() -> None:
    fake = Slow(messages=iter([AIMessage("late")]))
    with pytest.raises(ModelUnavailable, match="did not answer in time"):
        list(LangChainModel(fake, "slow", seconds=1).stream("rules", "question"))


def test_a_model_that_raises_is_one_sentence() -> None:
    fake = GenericFakeChatModel(messages=iter([]))
    with pytest.raises(ModelUnavailable, match=r"^The language model 'fake' could not be used \(.*\)\.$"):
        list(LangChainModel(fake, "fake", seconds=5).stream("rules", "question"))


def test_an_endless_answer_is_cut_off() -> None:
    fake = GenericFakeChatModel(messages=iter([AIMessage("word " * 200_000)]))
    assert len("".join(LangChainModel(fake, "fake", seconds=30).stream("rules", "question"))) == 6_000


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("anthropic:any", "is not installed; run `pip install langchain-anthropic`"),
        ("nobody:any", "cannot be used"),
        ("any", "cannot be used"),
    ],
)
def test_a_model_that_cannot_be_loaded_says_what_to_do(name: str, said: str) -> None:
    with pytest.raises(ModelUnavailable, match=said):
        load_chat_model(name)


# --- a server that speaks the OpenAI protocol


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


def test_a_server_is_asked_with_the_rules_and_the_question_and_its_words_come_one_by_one(server: Server) -> None:
    server.words = ("Ida Holm", " opened it", " [1].")
    model = load_chat_model("small", url=server.url, seconds=10)
    words = [word for word in model.stream("the rules", "the question") if word]
    assert words == ["Ida Holm", " opened it", " [1]."]
    (sent,) = server.seen
    assert [(each["role"], each["content"]) for each in sent["messages"]] == [
        ("system", "the rules"),
        ("user", "the question"),
    ]
    assert (sent["model"], sent["stream"]) == ("small", True)


def test_a_server_that_refuses_is_one_sentence_and_is_not_asked_again(server: Server) -> None:
    server.status = 400
    with pytest.raises(ModelUnavailable, match=r"^The language model 'small' could not be used \(.*\)\.$"):
        list(load_chat_model("small", url=server.url, seconds=10).stream("rules", "question"))
    assert len(server.seen) == 1


@pytest.mark.parametrize("statuses", [[429], [503], [429, 503], [503, 429]])
def test_a_server_that_is_busy_for_a_moment_is_asked_again_and_nobody_notices(
    server: Server, statuses: list[int]
) -> None:
    server.words, server.statuses = ("It is old", " [1]."), statuses.copy()
    words = load_chat_model("small", url=server.url, seconds=10).stream("rules", "question")
    assert "".join(words) == "It is old [1]."
    assert len(server.seen) == len(statuses) + 1
    assert all(sent == server.seen[0] for sent in server.seen)


def test_a_server_that_stays_busy_is_asked_three_times_and_is_one_sentence_in_time(server: Server) -> None:
    server.status = 503
    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match=r"^The language model 'small' could not be used \(.*\)\.$"):
        list(load_chat_model("small", url=server.url, seconds=10).stream("rules", "question"))
    assert time.monotonic() - began < 10
    assert len(server.seen) == 3


def test_a_server_that_stops_in_the_middle_is_given_up(server: Server) -> None:
    server.words, server.pause = ("It", " is"), 2.0
    with pytest.raises(ModelUnavailable, match=r"did not answer in time|could not be used"):
        list(load_chat_model("small", url=server.url, seconds=1).stream("rules", "question"))


def test_where_no_server_is_the_error_is_one_sentence() -> None:
    with pytest.raises(ModelUnavailable, match=r"^The language model 'small' could not be used \(.*\)\.$"):
        list(load_chat_model("small", url="http://127.0.0.1:9/v1", seconds=5).stream("rules", "question"))


def test_the_first_word_is_there_before_the_second_is_written(server: Server) -> None:
    server.words, server.pause = ("It", " is"), 0.5
    words = load_chat_model("small", url=server.url, seconds=10).stream("rules", "question")
    first = next(word for word in words if word)
    assert first == "It"
    assert "" in [next(words), next(words)]  # nothing yet of the second one
    assert len(server.seen) == 1
    words.close()  # type: ignore[attr-defined]
