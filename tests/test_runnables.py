"""The assistant inside LangChain programs: a runnable that answers, a retriever, and nothing told to LangSmith."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda, RunnableParallel, RunnablePassthrough

from assistant import Assistant
from assistant.models import Answer
from assistant.runnables import AnswerRunnable
from index.errors import DocumentNotFound, InvalidQuestion
from tests.conftest import ROOT

WHO = "Who opened the Alder Bridge?"
FEES = "What does the loan of a map cost?"
ABSENT = "What is the GDP of France?"


def told(answer: Answer) -> dict[str, Any]:
    """The answer without the time that it took."""
    return {**answer.to_dict(), "elapsed_ms": 0}


@pytest.fixture
def runnable(library: Assistant) -> AnswerRunnable:
    return library.as_runnable()


# --- the runnable


def test_it_is_a_runnable_of_langchain(runnable: AnswerRunnable) -> None:
    assert isinstance(runnable, Runnable)


@pytest.mark.parametrize("question", [WHO, ABSENT])
@pytest.mark.parametrize("kind", ["text", "mapping", "history"])
def test_it_answers_as_the_assistant_does(library: Assistant, question: str, kind: str) -> None:
    forms: dict[str, str | Mapping[str, Any]] = {
        "text": question,
        "mapping": {"question": question},
        "history": {"question": question, "history": [("Hello?", "Hello.")], "documents": None},
    }
    assert told(library.as_runnable().invoke(forms[kind])) == told(library.ask(question))


def test_it_looks_in_the_documents_that_the_mapping_names(library: Assistant, runnable: AnswerRunnable) -> None:
    rules = next(each.id for each in library.documents() if each.title == "Reading room")
    assert runnable.invoke({"question": WHO, "documents": [rules]}).refused
    assert runnable.invoke({"question": FEES, "documents": [rules]}).quotes[0].document_id == rules


@pytest.mark.parametrize(
    "given",
    [
        *(None, 3, b"Who?", ["Who?"], ("Who?",)),
        *({}, {"question": 3}, {"question": None}, {"query": "Who?"}, {"question": "Who?", "documnets": []}),
    ],
)
def test_any_other_input_is_a_type_error_that_names_what_is_known(runnable: AnswerRunnable, given: Any) -> None:
    for call in (runnable.invoke, lambda asked: list(runnable.stream(asked))):
        with pytest.raises(TypeError, match=r"documents.*history.*question"):
            call(given)


@pytest.mark.parametrize("given", ["", "?!", {"question": " "}])
def test_the_errors_are_those_of_the_assistant(runnable: AnswerRunnable, given: Any) -> None:
    with pytest.raises(InvalidQuestion):
        runnable.invoke(given)
    with pytest.raises(DocumentNotFound):
        runnable.invoke({"question": WHO, "documents": ["nowhere"]})


@pytest.mark.parametrize("question", [WHO, ABSENT])
def test_a_stream_grows_to_the_whole_answer(library: Assistant, question: str) -> None:
    grown = list(library.as_runnable().stream(question))
    assert told(grown[-1]) == told(library.ask(question))
    texts = [each.text for each in grown]
    assert texts[0] == ""
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert {each.quotes for each in grown} == {grown[-1].quotes}


def test_a_batch_gives_an_answer_to_each_in_their_order(library: Assistant, runnable: AnswerRunnable) -> None:
    asked: list[str | Mapping[str, Any]] = [WHO, {"question": FEES}, ABSENT] * 3
    answers = runnable.batch(asked, config={"max_concurrency": 4})
    expected = [told(library.ask(question)) for question in (WHO, FEES, ABSENT)] * 3
    assert [told(answer) for answer in answers] == expected


def test_a_batch_can_give_back_the_errors_beside_the_answers(runnable: AnswerRunnable) -> None:
    given: list[Any] = runnable.batch([WHO, ""], return_exceptions=True)
    assert [type(each) for each in given] == [Answer, InvalidQuestion]


def test_it_answers_in_an_event_loop(library: Assistant, runnable: AnswerRunnable) -> None:
    async def ask() -> list[Answer]:
        invoked = await runnable.ainvoke(WHO)
        streamed = [each async for each in runnable.astream({"question": WHO})]
        batched = await runnable.abatch([WHO, WHO])
        return [invoked, streamed[-1], *batched]

    expected = told(library.ask(WHO))
    assert [told(answer) for answer in asyncio.run(ask())] == [expected] * 4


def test_the_event_loop_goes_on_while_an_answer_is_made(runnable: AnswerRunnable) -> None:
    async def ask() -> list[str]:
        order: list[str] = []

        async def other() -> None:
            order.append("other")

        started = asyncio.create_task(other())
        async for _ in runnable.astream(WHO):
            order.append("event")
        await started
        return order

    assert asyncio.run(ask())[0] == "other"


def test_an_abandoned_stream_of_an_event_loop_is_no_error(runnable: AnswerRunnable) -> None:
    async def ask() -> None:
        async for _ in runnable.astream(WHO):
            break

    asyncio.run(ask())


def test_it_composes_with_other_runnables(library: Assistant, runnable: AnswerRunnable) -> None:
    def strip(text: str) -> str:
        return text.strip()

    def text_of(answer: Answer) -> str:
        return answer.text

    program = RunnableLambda(strip) | runnable | RunnableLambda(text_of)
    assert program.invoke(f"  {WHO} ") == library.ask(WHO).text
    assert "".join(program.stream(f"  {WHO} ")) == library.ask(WHO).text
    both = RunnableParallel(answer=runnable, question=RunnablePassthrough())
    assert both.invoke(WHO)["question"] == WHO


def test_the_callbacks_of_a_program_see_one_run_and_not_the_stages_in_it(runnable: AnswerRunnable) -> None:
    seen: list[Any] = []

    class Handler(BaseCallbackHandler):
        def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
            seen.append((kwargs.get("name"), inputs))

    runnable.invoke(WHO, config={"callbacks": [Handler()]})
    assert seen == [("AnswerRunnable", WHO)]


# --- the retriever


def test_the_retriever_gives_the_passages_that_the_search_finds(library: Assistant) -> None:
    retriever = library.as_retriever(k=3)
    assert isinstance(retriever, BaseRetriever)
    found, hits = retriever.invoke(WHO), library.search(WHO, k=3)
    assert len(found) == 3
    assert [(each.page_content, each.metadata["score"]) for each in found] == [
        (hit.passage.text, hit.score) for hit in hits
    ]
    assert asyncio.run(retriever.ainvoke(WHO)) == found


def test_each_of_its_documents_says_where_it_stands_in_its_source(library: Assistant) -> None:
    for found in library.as_retriever().invoke(FEES):
        place = found.metadata
        source = library.document(place["document_id"])
        assert set(place) == {"document_id", "title", "source", "page", "heading", "start", "end", "score"}
        assert found.page_content == source.text[place["start"] : place["end"]]
        assert (place["source"], place["title"], place["page"]) == (source.source, source.title, None)
    assert len({found.id for found in library.as_retriever().invoke(FEES)}) == len(library.search(FEES))


def test_the_retriever_composes_with_other_runnables(library: Assistant) -> None:
    def joined(documents: list[Document]) -> str:
        return "\n".join(each.page_content for each in documents)

    program: Any = {"context": library.as_retriever() | RunnableLambda(joined), "question": RunnablePassthrough()}
    made = (RunnablePassthrough() | program).invoke(WHO)
    assert "Ida Holm" in made["context"]
    assert made["question"] == WHO


@pytest.mark.parametrize(("k", "count"), [(1, 1), (0, 0), (-1, 0), (1000, 5)])
def test_no_more_passages_are_given_than_were_asked_for(library: Assistant, k: int, count: int) -> None:
    assert len(library.as_retriever(k=k).invoke(WHO)) == len(library.search(WHO, k=k)) <= max(count, 0)


# --- LangSmith


_TRACED = """
import tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
received = []

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        received.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.send_response(202)
        self.end_headers()

    do_GET = do_POST
    log_message = lambda *_: None

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
import os
os.environ["LANGSMITH_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}"

from langchain_core.runnables import RunnableLambda
from langchain_core.tracers.langchain import wait_for_all_tracers
from assistant import chain, find
from index.ingest import Ingest
from index.store import Store
from tests.desk_index import HashEmbedder

with tempfile.TemporaryDirectory() as home, Store.open(Path(home)) as store:
    ingest = Ingest(store, HashEmbedder)
    ingest.add_text("Ida Holm opened it.", title="Bridge", source="bridge", media_type="text/plain")
    engine = find.Engine(store, "default", HashEmbedder, None, 0.0)
    *_, last = chain.Chain(engine).stream(chain.request("Who?"))
    print(type(last).__name__)
wait_for_all_tracers()
print(len(received))
RunnableLambda(len).invoke("a control")
wait_for_all_tracers()
print(len(received) > 0)
"""


def test_langsmith_is_told_nothing_even_where_its_variables_switch_it_on() -> None:
    switched = {"LANGSMITH_TRACING": "true", "LANGCHAIN_TRACING_V2": "true", "LANGSMITH_API_KEY": "key"}
    told = subprocess.run(
        [sys.executable, "-c", _TRACED], env={**os.environ, **switched}, cwd=ROOT, capture_output=True, text=True
    )
    assert told.stdout.split() == ["Answered", "0", "True"], told.stderr
