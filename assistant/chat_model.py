"""A language model of the person's choice, through LangChain: the only place that loads one.

Its words come one after the other, each within a time limit; whatever it or its server does, what goes wrong is one
sentence. Nothing is sent anywhere unless a model has been named.
"""

import os
import threading
import time
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from index.errors import ModelUnavailable, in_short
from index.once import once

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_LONGEST = 6_000  # characters of one answer, of which five sentences are asked for; what is longer is cut off
_RETRIES = 2
_WHOLE = 4
"""How many times the limit for the next word the whole answer may take."""
_BEAT = 0.2
"""After how many seconds without a word it is told that there is none, so that who waits can stop."""
_SHOWN = 160


class ChatModel(Protocol):
    """Writes an answer from rules and a question."""

    @property
    def name(self) -> str:
        """What it is called in an answer."""
        ...

    def stream(self, rules: str, question: str) -> Iterator[str]:
        """Yield the model's words as they come, and nothing ("") now and then while it is waited for.

        Closing the iterator stops it.

        Raises:
            ModelUnavailable: when it cannot be reached, fails or takes too long.
        """
        ...


@once
def load_chat_model(name: str, *, url: str = "", seconds: float = 60) -> ChatModel:
    """Return a chat model, which is made once a process.

    Args:
        name: a provider and a model as LangChain names them, such as "ollama:llama3.2"; with a `url` the model alone.
        url: the address of a server that speaks the OpenAI protocol, or empty for the provider's own.
        seconds: how long its next word may take.

    Raises:
        ModelUnavailable: when the provider is unknown or its package is not installed.
    """
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {"timeout": seconds, "max_retries": _RETRIES}
    if url:
        key = os.environ.get("OPENAI_API_KEY") or "none"  # servers of one's own rarely ask for one
        options |= {"model_provider": "openai", "base_url": url, "api_key": key}
    elif name.startswith("ollama:"):
        options = {"client_kwargs": {"timeout": seconds}}
    try:
        model = init_chat_model(name.removeprefix("openai:") if url else name, **options)
    except ImportError as error:
        package = "langchain-openai" if url else f"langchain-{name.partition(':')[0].replace('_', '-')}"
        raise ModelUnavailable(
            f"The package for the model {name[:_SHOWN]!a} is not installed; run `pip install {package}`."
        ) from error
    except Exception as error:  # each provider raises errors of its own, and few of them say what to do
        raise ModelUnavailable(
            f"The model {name[:_SHOWN]!a} cannot be used ({in_short(error)}); name a provider and a model, such as "
            "ollama:llama3.2, and set the key that it asks for."
        ) from error
    return LangChainModel(model, name, seconds=seconds)


class LangChainModel:
    """A chat model of LangChain under a time limit."""

    def __init__(self, model: "BaseChatModel", name: str, *, seconds: float) -> None:
        """Use a model that is configured already."""
        self._model = model
        self._seconds = seconds
        self.name = name

    def stream(self, rules: str, question: str) -> Iterator[str]:
        """Yield the model's words, which another thread waits for, so that nothing hangs here."""
        words: SimpleQueue[str | BaseException | None] = SimpleQueue()
        stopped = threading.Event()
        threading.Thread(target=self._write, args=(rules, question, words, stopped), daemon=True).start()
        end = time.monotonic() + _WHOLE * self._seconds
        latest, length = time.monotonic(), 0
        try:
            while length < _LONGEST and (word := self._next(words)) is not None:
                now = time.monotonic()
                latest = now if word else latest
                if now > min(latest + self._seconds, end):
                    raise ModelUnavailable(f"The language model {self.name[:_SHOWN]!a} did not answer in time.")
                length += len(word)
                yield word[: _LONGEST - length + len(word)]
        finally:
            stopped.set()

    def _next(self, words: "SimpleQueue[str | BaseException | None]") -> str | None:
        """Return the next words, "" when there are none yet, or None when there will be no more."""
        try:
            word = words.get(timeout=_BEAT)
        except Empty:
            return ""
        if isinstance(word, BaseException):
            raise ModelUnavailable(
                f"The language model {self.name[:_SHOWN]!a} could not be used ({in_short(word)})."
            ) from word
        return word

    def _write(
        self,
        rules: str,
        question: str,
        words: "SimpleQueue[str | BaseException | None]",
        stopped: threading.Event,
    ) -> None:
        from langchain_core.messages import HumanMessage, SystemMessage

        try:
            for chunk in self._model.stream([SystemMessage(rules), HumanMessage(question)]):
                if stopped.is_set():
                    return
                if text := str(chunk.text):
                    words.put(text)
            words.put(None)
        except BaseException as error:  # handed over, and raised again where it is awaited
            words.put(error)
