"""The server of the Model Context Protocol as the protocol's own client meets it, over HTTP and over stdio."""

import json
import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, TypeVar, cast

import anyio
import httpx2
import pytest
from fastapi import FastAPI
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent, TextResourceContents
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

from assistant.api.access import Access, grant
from assistant.api.mcp import McpApp
from assistant.assistant import Assistant
from assistant.library import Library
from assistant.mcp_server import UNEXPECTED, build_server
from assistant.settings import load_settings
from assistant.verdict import Checked, CheckEvent, Split
from tests.conftest import ROOT, fill
from tests.desk_api import serving_app
from tests.desk_claims import claim_of

WHO = "Who opened the Alder Bridge?"
CLAIMS = "The Alder Bridge was opened in 1932. Trains cross the bridge at 40 kilometres an hour. Is it pretty?"
LETTERS = (("Letter", "letter", "text/plain", "The secret door is behind the oak. Its key hangs in the barn.\n"),)
TOOLS = ["ask", "check", "search", "verify", "list_documents", "read_passage"]
SERVE = """
import os
from assistant.library import Library
from assistant.mcp_server import run_stdio
from assistant.settings import load_settings

class Loud(Library):
    def collection(self, name=""):
        print("a print")
        os.write(1, b"a write\\n")
        return super().collection(name)

with {kind}(load_settings({home!r}, collection="default")) as library:
    run_stdio(library)
"""
MODERN = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}

Result = TypeVar("Result")
Work = Callable[[Client], Awaitable[Result]]
Message = MutableMapping[str, Any]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A home of two collections, which no test changes."""
    with Library(load_settings(tmp_path_factory.mktemp("home"), collection="default")) as library:
        fill(library.collection())
        fill(library.create("letters"), LETTERS)
        yield library


class Granted:
    """An app whose requests may use the collection of their header alone."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and (only := dict(scope["headers"]).get(b"x-only")):
            grant(cast("dict[str, Any]", scope), Access("a test", writes=False, collection=only.decode()))
        await self._app(scope, receive, send)


def app_of(library: Library) -> Granted:
    """An application as ours is: the server beside a page that takes all other paths."""
    tools = McpApp(library)
    app = FastAPI(lifespan=lambda _: tools.running())
    tools.mount(app.router)
    app.mount("/", PlainTextResponse("the page"))
    return Granted(app)


@pytest.fixture(scope="module")
def address(shelf: Library) -> Iterator[str]:
    with serving_app(app_of(shelf)) as found:
        yield f"{found}/mcp"


def stdio(library: Library, kind: str = "Library") -> StdioServerParameters:
    script = SERVE.format(kind=kind, home=str(library.home))
    return StdioServerParameters(command=sys.executable, args=["-c", script], cwd=ROOT)


def talk(server: Any, work: Work[Result], mode: str = "auto") -> Result:
    """What comes of the work of one client."""

    async def run() -> Result:
        async with Client(server, mode=mode) as client:
            await client.list_tools()  # From then on the client checks every result by its tool's schema.
            return await work(client)

    return anyio.run(run)


def limited(address: str, only: str, work: Work[Result], mode: str = "auto") -> Result:
    """The same with a token for one collection."""

    async def run() -> Result:
        async with (
            httpx2.AsyncClient(headers={"x-only": only}) as http,
            Client(streamable_http_client(address, http_client=http), mode=mode) as client,
        ):
            return await work(client)

    return anyio.run(run)


def call(server: Any, name: str, mode: str = "auto", **arguments: Any) -> CallToolResult:
    return talk(server, lambda client: client.call_tool(name, arguments), mode)


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def timeless(values: dict[str, Any] | None) -> dict[str, Any]:
    assert values is not None
    return {name: value for name, value in values.items() if name != "elapsed_ms"}


def as_json(values: dict[str, Any]) -> dict[str, Any]:
    return timeless(json.loads(json.dumps(values)))


# --- what there is


def test_each_tool_tells_a_language_model_what_it_is_for(shelf: Library) -> None:
    server = build_server(shelf)
    assert server.instructions
    assert "quote them unchanged" in server.instructions
    listed = talk(server, lambda client: client.list_tools()).tools
    assert [tool.name for tool in listed] == TOOLS
    for tool in listed:
        assert tool.title
        assert tool.description
        assert "Use it " in tool.description
        assert tool.output_schema
        assert tool.input_schema["additionalProperties"] is False
        for name, schema in tool.input_schema["properties"].items():
            assert schema["description"].endswith("."), (tool.name, name)
        assert "collection" in tool.input_schema["properties"]
        hints = tool.annotations
        assert hints
        assert hints.title == tool.title
        assert (hints.read_only_hint, hints.idempotent_hint, hints.open_world_hint) == (True, True, False)
    described = {tool.name: tool.description or "" for tool in listed}
    assert all("exact" in description for name, description in described.items() if name != "list_documents")
    assert "the documents do not say" in described["ask"]
    search = listed[2].input_schema["properties"]["k"]
    assert (search["minimum"], search["maximum"], search["default"]) == (1, 40, 8)
    assert listed[0].input_schema["properties"]["question"]["maxLength"] == 4_000


def test_a_server_does_not_touch_the_logging_of_its_process(shelf: Library) -> None:
    root = logging.getLogger()
    kept, root.handlers = root.handlers, []
    level = root.level
    try:
        build_server(shelf)
        assert (root.handlers, root.level) == ([], level)
    finally:
        root.handlers = kept


# --- what the tools give


async def everything(client: Client, assistant: Assistant) -> None:
    """Each tool once, compared with Python."""
    _, log, rules = assistant.documents()
    history = [(WHO, assistant.ask(WHO).text)]
    told = [{"question": question, "answer": answer} for question, answer in history]

    async def gives(expected: dict[str, Any], name: str, **arguments: Any) -> str:
        result = await client.call_tool(name, arguments)
        assert not result.is_error, text_of(result)
        assert timeless(result.structured_content) == as_json(expected)
        return text_of(result)

    answer = assistant.ask(WHO)
    text = await gives(answer.to_dict(), "ask", question=WHO)
    assert answer.quotes[0].text in text
    assert answer.quotes[0].permalink in text
    follow_up = "When did he open it?"
    await gives(assistant.ask(follow_up, history).to_dict(), "ask", question=follow_up, history=told)
    await gives(assistant.ask(WHO, documents=[log.id]).to_dict(), "ask", question=WHO, documents=[log.id])

    text = await gives(assistant.check(CLAIMS).to_dict(), "check", text=CLAIMS)
    assert "contradicted" in text
    only = assistant.check(CLAIMS, documents=[log.id]).to_dict()
    await gives(only, "check", text=CLAIMS, documents=[log.id])

    hits = [each.to_dict() for each in assistant.search("ferry in the harbour")]
    assert "noon" in await gives({"hits": hits}, "search", question="ferry in the harbour")
    await gives({"hits": hits[:1]}, "search", question="ferry in the harbour", k=1)

    text = await gives(assistant.verify("reached the harbour").to_dict(), "verify", quotation="reached the harbour")
    assert "these very words" in text
    elsewhere = assistant.verify("reached the harbour", document_id=rules.id).to_dict()
    await gives(elsewhere, "verify", quotation="reached the harbour", document_id=rules.id)

    documents = [each.to_dict() for each in assistant.list_documents()[0]]
    rest: dict[str, Any] = {"total": 3, "unread": []}
    text = await gives({"documents": documents, "next": None, **rest}, "list_documents")
    assert f"{log.id}: Harbour log (log), {log.characters} characters" in text
    await gives({"documents": documents[:2], "next": 2, **rest}, "list_documents", limit=2)
    await gives({"documents": documents[2:], "next": None, **rest}, "list_documents", limit=2, offset=2)
    found = {"documents": documents[1:2], "next": None, "total": 1, "unread": []}
    await gives(found, "list_documents", search="HARBOUR")

    part = {
        "document_id": log.id,
        "title": log.title,
        "source": log.source,
        "content_hash": log.content_hash,
        "characters": log.characters,
    }
    cut = {**part, "start": 4, "end": 80, "text": log.text[4:80]}
    assert log.text[4:80] in await gives(cut, "read_passage", document_id=log.id, start=4, end=80)
    whole = {**part, "start": 0, "end": log.characters, "text": log.text}
    await gives(whole, "read_passage", document_id=log.id)
    await gives(whole, "read_passage", document_id=log.id, end=10**6)


def test_over_stdio_each_tool_gives_what_python_gives(shelf: Library) -> None:
    talk(stdio(shelf), lambda client: everything(client, shelf.collection()))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_over_http_each_tool_gives_what_python_gives(shelf: Library, address: str, mode: str) -> None:
    talk(address, lambda client: everything(client, shelf.collection()), mode)


def test_each_collection_is_a_library_of_its_own(shelf: Library, address: str) -> None:
    where = "Where is the secret door?"
    found = call(address, "ask", question=where, collection="letters").structured_content
    assert timeless(found) == as_json(shelf.collection("letters").ask(where).to_dict())
    assert found
    assert "behind the oak" in found["quotes"][0]["text"]
    default = call(address, "ask", question=where).structured_content
    assert default
    assert default["refused"]


def test_a_refusal_is_an_answer_and_no_error(address: str) -> None:
    result = call(address, "ask", question="What is the capital of France?")
    assert not result.is_error
    assert result.structured_content
    assert result.structured_content["refused"]
    assert "do not seem to answer" in text_of(result)
    assert "(not an answer)" in text_of(result)
    unheard = call(address, "check", text="Otters sleep holding hands.")
    assert not unheard.is_error
    assert unheard.structured_content
    assert [each["verdict"] for each in unheard.structured_content["claims"]] == ["not_found"]
    absent = call(address, "verify", quotation="to be or not to be")
    assert not absent.is_error
    assert absent.structured_content
    assert absent.structured_content["match"] == "absent"


def test_a_long_document_is_read_part_by_part(tmp_path: Path) -> None:
    with Library(load_settings(tmp_path, collection="default")) as library:
        text = "".join(f"On day {number} {'the river rose, ' * 60}and fell.\n" for number in range(23))
        added = library.collection().add_text(text, title="Long", source="long")

        async def read(client: Client) -> str:
            parts, start = [], 0
            while start < added.characters:
                result = await client.call_tool("read_passage", {"document_id": added.id, "start": start})
                assert result.structured_content
                assert len(result.structured_content["text"]) <= 20_000
                parts.append(result.structured_content["text"])
                start = result.structured_content["end"]
            return "".join(parts)

        assert talk(build_server(library), read) == added.text


def test_a_document_is_a_resource(shelf: Library, address: str) -> None:
    bridge = shelf.collection().documents()[0]

    async def read(client: Client) -> str:
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "document://{collection}/{document_id}"
        (content,) = (await client.read_resource(f"document://default/{bridge.id}")).contents
        assert isinstance(content, TextResourceContents)
        for wrong in ("default/d0", "nowhere/d0"):
            with pytest.raises(MCPError, match=r"^There is no "):
                await client.read_resource(f"document://{wrong}")
        return content.text

    assert talk(address, read) == bridge.text


# --- what goes wrong


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("ask", {}, "The argument 'question' is missing; call ask again with it."),
    ("ask", {"question": ""}, "The question is empty; ask something in words."),
    ("ask", {"question": "?!"}, "The question has no letter or digit in it; ask something in words."),
    ("ask", {"question": "why " * 2_000}, "The question has 8,000 characters and at most 4,000 can be searched for"),
    ("ask", {"question": 5}, "The argument 'question' cannot be used: input should be a valid string"),
    ("ask", {"question": WHO, "document": "d1"}, "There is no argument 'document'; those of ask are question, "),
    ("ask", {"question": WHO, "documents": []}, "The argument 'documents' is empty; leave it out or name"),
    ("ask", {"question": WHO, "documents": ["d1"]}, "There is no document 'd1' in this collection."),
    ("ask", {"question": WHO, "history": [{"question": "a"}]}, "The argument 'history.0.answer' is missing"),
    ("ask", {"question": WHO, "history": ["x"]}, "The argument 'history.0' cannot be used: input should be a valid "),
    ("ask", {"question": WHO, "history": "x"}, "The argument 'history' cannot be used: input should be a valid list"),
    ("ask", {"question": WHO, "collection": "x"}, "There is no collection 'x' in this home; the collections are "),
    ("ask", {"question": WHO, "collection": "../x"}, "There is no collection '../x' in this home"),
    ("check", {"text": " "}, "The text is empty; give a sentence or an article to check."),
    ("check", {"text": "A\0B"}, "The text holds characters that no valid text has"),
    ("search", {"question": WHO, "k": 0}, "The argument 'k' cannot be used: input should be greater than or equal "),
    ("search", {"question": WHO, "k": 41}, "The argument 'k' cannot be used: input should be less than or equal "),
    ("search", {"question": WHO, "k": "many"}, "The argument 'k' cannot be used: input should be a valid integer"),
    ("verify", {"quotation": ""}, "The quotation has no word in it; give the words"),
    ("verify", {"quotation": "a bridge", "document_id": "d1"}, "There is no document 'd1' in this collection."),
    ("list_documents", {"limit": -1}, "The argument 'limit' cannot be used: input should be greater than or equal "),
    ("read_passage", {"document_id": "d1"}, "There is no document 'd1' in this collection."),
    ("read_passage", {"document_id": ["d1"]}, "The argument 'document_id' cannot be used: input should be a valid "),
    ("delete_everything", {}, "There is no tool 'delete_everything'; the tools are ask, check, search, verify, "),
]


async def refuses(client: Client) -> None:
    for name, arguments, sentence in WRONG:
        result = await client.call_tool(name, arguments)
        text = text_of(result)
        assert result.is_error, (name, arguments)
        assert text.startswith(sentence), (name, arguments, text)
        assert text.endswith(".")
        assert "\n" not in text
        assert "pydantic" not in text
        assert result.structured_content is None


def test_over_stdio_wrong_arguments_give_an_error_with_a_sentence(shelf: Library) -> None:
    talk(stdio(shelf), refuses)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_over_http_wrong_arguments_give_an_error_with_a_sentence(address: str, mode: str) -> None:
    talk(address, refuses, mode)


@pytest.mark.parametrize(("start", "end"), [(10**6, None), (248, None), (20, 20), (20, 10)])
def test_a_part_that_a_document_does_not_have_is_an_error(shelf: Library, start: int, end: int | None) -> None:
    bridge = shelf.collection().documents()[0]
    result = call(build_server(shelf), "read_passage", document_id=bridge.id, start=start, end=end)
    assert result.is_error
    assert text_of(result).startswith("There is nothing from ")
    assert "the document has 248 characters" in text_of(result)


class Broken(Library):
    """A library that fails in a way that nobody foresaw."""

    def collection(self, name: str = "") -> Assistant:
        raise OSError("no such file: a/secret/path")


def test_what_nobody_foresaw_is_logged_and_told_in_general_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Broken(load_settings(tmp_path, collection="default")) as library:
        result = call(build_server(library), "search", question=WHO)
    assert result.is_error
    assert text_of(result) == UNEXPECTED
    (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert record.name == "assistant.mcp_server"
    assert record.exc_info
    assert isinstance(record.exc_info[1], OSError)


# --- who may


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_token_for_one_collection_opens_no_other(shelf: Library, address: str, mode: str) -> None:
    bridge = shelf.collection().documents()[0]
    refused: list[tuple[str, dict[str, Any]]] = [
        ("ask", {"question": WHO}),
        ("check", {"text": CLAIMS}),
        ("search", {"question": WHO}),
        ("verify", {"quotation": "a bridge"}),
        ("list_documents", {}),
        ("read_passage", {"document_id": bridge.id}),
    ]

    async def work(client: Client) -> None:
        for name, arguments in refused:
            for collection in ({}, {"collection": "default"}, {"collection": "nowhere"}):
                result = await client.call_tool(name, {**arguments, **collection})
                assert result.is_error, name
                assert text_of(result).startswith("This token is for the collection 'letters' only"), name
        with pytest.raises(MCPError, match=r"^This token is for the collection 'letters' only"):
            await client.read_resource(f"document://default/{bridge.id}")
        allowed = await client.call_tool("list_documents", {"collection": "letters"})
        assert allowed.structured_content
        assert [each["title"] for each in allowed.structured_content["documents"]] == ["Letter"]

    limited(address, "letters", work, mode)


def test_a_server_over_http_refuses_a_call_without_its_request(shelf: Library) -> None:
    server = build_server(shelf)
    assert not call(server, "list_documents").is_error

    async def work() -> CallToolResult:
        async with server.over_http(), Client(server) as client:
            return await client.call_tool("list_documents", {})

    result = anyio.run(work)
    assert result.is_error
    assert "without the request" in text_of(result)


# --- several at once


def test_answers_of_several_clients_are_not_mixed(shelf: Library, address: str) -> None:
    questions = [
        WHO,
        "When did the ferry Petrel reach the harbour?",
        "What does the loan of a map cost?",
        "Who is the captain of the ferry?",
    ]
    expected = {question: as_json(shelf.collection().ask(question).to_dict()) for question in questions}
    seen: list[str] = []

    async def one(mode: str, mine: list[str]) -> None:
        async with Client(address, mode=mode) as client, anyio.create_task_group() as tasks:
            for question in mine:
                tasks.start_soon(ask, client, question)

    async def ask(client: Client, question: str) -> None:
        result = await client.call_tool("ask", {"question": question})
        assert timeless(result.structured_content) == expected[question]
        seen.append(question)

    async def all_of_them() -> None:
        async with anyio.create_task_group() as tasks:
            for mode in ("auto", "legacy", "auto"):
                tasks.start_soon(one, mode, [*questions, *reversed(questions)])

    anyio.run(all_of_them)
    assert sorted(seen) == sorted(questions * 6)


# --- progress and cancelling


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_check_tells_its_progress_to_who_asks_for_it(address: str, mode: str) -> None:
    told: list[tuple[float, float | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        assert message
        told.append((progress, total))

    talk(address, lambda client: client.call_tool("check", {"text": CLAIMS}, progress_callback=note), mode)
    assert told == [(0, 2), (1, 2), (2, 2)]


class Endless(Library):
    """A library whose check would take for ever, and that knows whether it goes on."""

    def __init__(self, home: Path) -> None:
        super().__init__(load_settings(home, collection="default"))
        self.begun, self.ended = threading.Event(), threading.Event()

    def collection(self, name: str = "") -> Assistant:
        return cast(Assistant, self)

    def stream_check(self, text: str, documents: object = None) -> Iterator[CheckEvent]:
        try:
            yield Split(10**6, ())
            for done in range(1, 10**6):
                self.begun.set()
                time.sleep(0.02)
                yield Checked(claim_of(text), done, 10**6)
        finally:
            self.ended.set()


@pytest.fixture
def endless(tmp_path: Path) -> Endless:
    return Endless(tmp_path)


async def gives_up(client: Client, library: Endless) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.call_tool, "check", {"text": "It goes on."})
        assert await anyio.to_thread.run_sync(library.begun.wait, 10)
        tasks.cancel_scope.cancel()
    # The connection stays: what ends the work is the cancelling.
    assert await anyio.to_thread.run_sync(library.ended.wait, 10)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_cancelled_check_stops(endless: Endless, mode: str) -> None:
    with serving_app(app_of(endless)) as found:
        talk(f"{found}/mcp", lambda client: gives_up(client, endless), mode)


def test_a_cancelled_check_stops_in_this_process(endless: Endless) -> None:
    talk(build_server(endless), lambda client: gives_up(client, endless))


def test_a_check_stops_when_a_client_of_an_older_version_hangs_up(endless: Endless) -> None:
    accepts = {"accept": "application/json, text/event-stream"}
    start = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "old", "version": "1"}}
    check = {"name": "check", "arguments": {"text": "It goes on."}}
    with serving_app(app_of(endless)) as found, httpx2.Client(base_url=found, headers=accepts) as http:
        begun = http.post("/mcp", json=request("initialize", start))
        accepts["mcp-session-id"] = begun.headers["mcp-session-id"]
        with http.stream("POST", "/mcp", json=request("tools/call", check), headers=accepts) as response:
            assert response.status_code == 200
            assert endless.begun.wait(10)
            assert not endless.ended.is_set()
        assert endless.ended.wait(10)


# --- how it is mounted


def request(method: str, params: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


@pytest.mark.parametrize("path", ["", "/"])
def test_the_path_answers_with_and_without_a_slash_and_has_no_stream_of_its_own(address: str, path: str) -> None:
    headers = {
        "accept": "application/json, text/event-stream",
        "host": "documents.example:7860",  # Whether a host is served is the guard's to say.
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/list",
    }
    answered = httpx2.post(address + path, json=request("tools/list", {"_meta": MODERN}), headers=headers)
    assert answered.status_code == 200
    assert [tool["name"] for tool in answered.json()["result"]["tools"]] == TOOLS
    assert httpx2.get(address + path, headers=headers).status_code == 405
    assert httpx2.get(address.removesuffix("/mcp") + "/elsewhere").text == "the page"


def test_it_can_be_mounted_elsewhere_too(shelf: Library) -> None:
    tools = McpApp(shelf)
    app = Starlette(lifespan=lambda _: tools.running())
    tools.mount(app.router, "/tools")
    with serving_app(app) as found:
        assert not call(f"{found}/tools", "list_documents").is_error


def test_nothing_of_the_protocol_is_loaded_before_the_first_call(tmp_path: Path) -> None:
    script = f"""
import sys
from assistant.api.app import create_api
from assistant.library import Library
from assistant.settings import load_settings
from starlette.testclient import TestClient

with Library(load_settings({str(tmp_path)!r})) as library, TestClient(create_api(library)) as client:
    client.get("/healthz").raise_for_status()
    print("mcp" in sys.modules, client.get("/mcp").status_code, "mcp" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False 405 True\n"


# --- over standard input and output


def started(library: Library, kind: str = "Library") -> "subprocess.Popen[str]":
    parameters = stdio(library, kind)
    command = [parameters.command, *parameters.args]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, encoding="utf-8", cwd=ROOT)


def calls(*named: str) -> str:
    params = [{"name": name, "arguments": {}, "_meta": MODERN} for name in named]
    return "".join(json.dumps(request("tools/call", each)) + "\n" for each in params)


def test_nothing_but_the_protocol_is_on_standard_output(shelf: Library) -> None:
    with started(shelf, "Loud") as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(calls("list_documents"))
        process.stdin.flush()
        answered = json.loads(process.stdout.readline())
        assert answered["result"]["structuredContent"]["total"] == 3
        rest, said = process.communicate(timeout=30)
    assert rest == ""
    assert said.splitlines() == ["a write", "a print"] or said.splitlines() == ["a print", "a write"]
    assert process.returncode == 0


def test_who_says_what_is_no_protocol_is_answered_and_served_on(shelf: Library) -> None:
    with started(shelf) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("hello?\n" + calls("list_documents"))
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline())]
        if "result" not in answers[0]:
            answers.append(json.loads(process.stdout.readline()))
        assert answers[-1]["result"]["structuredContent"]["total"] == 3
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in said


def test_a_client_that_is_gone_is_no_error(shelf: Library) -> None:
    with started(shelf) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.close()
        process.stdin.write(calls("list_documents"))
        process.stdin.close()
        assert process.wait(timeout=30) == 0
        assert process.stderr
        assert process.stderr.read() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Signals are another thing there.")
def test_an_interrupt_ends_it_while_it_waits(shelf: Library) -> None:
    with started(shelf) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(calls("list_documents"))
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == -signal.SIGINT
        assert process.stderr
        assert process.stderr.read() == ""
