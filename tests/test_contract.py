"""One answer, one schema: the same questions over every surface give the same answer with the same citations."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import openai
import pytest
from gradio_client import Client as PageClient
from mcp import Client as ToolClient
from typer.testing import CliRunner

from assistant import conversation
from assistant.cli import app as command_line
from assistant.library import Library
from assistant.server import create_app
from assistant.settings import load_settings
from assistant.ui import chat
from tests.conftest import fill
from tests.desk_api import serving_app

QUESTIONS = (
    "Who opened the Alder Bridge?",
    "When was the Alder Bridge opened?",
    "How many railway tracks does the bridge carry?",
    "Over which river does the bridge go?",
    "How fast do trains cross the bridge?",
    "What tore away the northern pier?",
    "In which year did a storm come?",
    "How long did the repairs take?",
    "Who was Ida Holm?",
    "When is the reading room open?",
    "Is the reading room open on weekdays?",
    "Where do visitors leave their coats?",
    "What does the loan of a map cost?",
    "How long does the delivery of a scan take?",
    "What is the price of a scan of a page?",
    "Where are the lockers?",
    "Which ferry reached the harbour?",
    "How many passengers did the ferry have?",
    "Who is the captain of the Petrel?",
    "What did Oskar Lind report?",
    "Who changed the lamp?",
    "When did the ferry reach the harbour?",
    "What was in the strait?",
    "bridge OR 'harbour' [1] <b>?",
    "What is the GDP of France?",
    "How do I bake bread?",
    "Who won the cup in 2014?",
    "What is love?",
    "Wer hat die Brücke eröffnet?",
    "谁打开了桥？",
)


@dataclass(frozen=True)
class Served:
    """A home behind a real server with everything on it."""

    library: Library
    address: str

    def python(self, question: str) -> dict[str, Any]:
        return self.library.collection().ask(question).to_dict()

    def http(self, question: str) -> Any:
        return httpx.post(f"{self.address}/v1/ask", json={"question": question}, timeout=60).json()

    def events(self, question: str) -> Any:
        headers = {"accept": "text/event-stream"}
        body = httpx.post(f"{self.address}/v1/ask", json={"question": question}, headers=headers, timeout=60).text
        (last,) = [block for block in body.split("\n\n") if block.startswith("event: answered\n")]
        return json.loads(last.partition("data: ")[2])

    def tool(self, question: str) -> Any:
        async def asked() -> Any:
            async with ToolClient(f"{self.address}/mcp") as client:
                return (await client.call_tool("ask", {"question": question})).structured_content

        return anyio.run(asked)

    def command(self, question: str) -> Any:
        ran = CliRunner().invoke(command_line, ["--home", str(self.library.home), "ask", question, "--json"])
        assert ran.exit_code in (0, 3)
        return json.loads(ran.stdout)

    def page(self, question: str) -> Any:
        *_, (_, kept) = (state for state in chat.respond(self.library.collection, question, [], "") if state[1])
        (exchange,) = conversation.read(kept or "").exchanges
        assert exchange.answer
        return exchange.answer.to_dict()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = load_settings(tmp_path_factory.mktemp("served"), max_requests_per_minute=0)
    with Library(settings) as library:
        fill(library.collection())
        with serving_app(create_app(library, settings)) as address:
            yield Served(library, address)


@pytest.fixture(scope="module")
def wanted(served: Served) -> dict[str, dict[str, Any]]:
    return {question: told(served.python(question)) for question in QUESTIONS}


def told(answer: Any) -> dict[str, Any]:
    """An answer as JSON, without the time that it took."""
    return {**json.loads(json.dumps(answer)), "elapsed_ms": 0}


def test_the_questions_are_answered_and_refused(wanted: dict[str, dict[str, Any]]) -> None:
    assert len(wanted) == 30
    refused = [question for question, answer in wanted.items() if answer["refused"]]
    assert 4 <= len(refused) <= 12
    assert all(answer["quotes"] for answer in wanted.values() if not answer["refused"])


@pytest.mark.parametrize("surface", [Served.http, Served.events, Served.tool, Served.command, Served.page])
def test_a_surface_gives_the_very_answer(
    served: Served, wanted: dict[str, dict[str, Any]], surface: Callable[[Served, str], Any]
) -> None:
    for question in QUESTIONS:
        assert told(surface(served, question)) == wanted[question], question


def test_gradios_own_client_gives_the_very_answer(
    served: Served, wanted: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    client = PageClient(served.address, verbose=False, download_files=tmp_path)
    for question in QUESTIONS:
        assert told(client.predict(question, api_name="/ask")) == wanted[question], question
    client.close()


@pytest.mark.parametrize("is_streamed", [False, True], ids=["whole", "streamed"])
def test_openais_client_gives_the_same_text_and_citations(
    served: Served, wanted: dict[str, dict[str, Any]], is_streamed: bool
) -> None:
    with openai.OpenAI(base_url=f"{served.address}/v1", api_key="none", max_retries=0) as client:
        for question in QUESTIONS:
            text, annotations = said(client, question, is_streamed=is_streamed)
            assert text == wanted[question]["text"], question
            cited = {each["document_citation"]["number"]: each["document_citation"] for each in annotations}
            quotes = [
                {name: value for name, value in each.items() if name not in ("start_index", "end_index")}
                for each in cited.values()
            ]
            assert quotes == wanted[question]["quotes"], question


def said(client: openai.OpenAI, question: str, *, is_streamed: bool) -> tuple[str, list[dict[str, Any]]]:
    messages: Any = [{"role": "user", "content": question}]
    if not is_streamed:
        message = client.chat.completions.create(model="assistant", messages=messages).choices[0].message
        return message.content or "", [each.model_dump() for each in message.annotations or ()]
    text = ""
    annotations: list[dict[str, Any]] = []
    for chunk in client.chat.completions.create(model="assistant", messages=messages, stream=True):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            annotations += getattr(choice.delta, "annotations", None) or []
    return text, annotations
