"""The HTTP API over a real server: what it gives is what Python gives, and every error is a sentence."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.api import schemas
from assistant.api.jobs import Job, Jobs, _run
from assistant.assistant import Assistant
from assistant.library import Library
from assistant.server import create_app
from assistant.settings import load_settings
from assistant.uploads import Sent
from index.errors import DocumentNotFound
from index.models import Progress
from tests import papers
from tests.conftest import fill
from tests.desk_api import serving_app

WHO = "Who opened the Alder Bridge?"
ABSENT = "What is the GDP of France?"
CLAIM = "The Alder Bridge was opened by Ida Holm. The Alder Bridge carries three railway tracks."


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(load_settings(tmp_path_factory.mktemp("served"))) as made:
        fill(made.collection())
        yield made


@pytest.fixture(scope="module")
def client(shelves: Library) -> Iterator[httpx.Client]:
    app = create_app(shelves, load_settings(shelves.home), with_page=False)
    with serving_app(app) as address, httpx.Client(base_url=address, timeout=60) as made:
        yield made


def told(result: Any) -> dict[str, Any]:
    """A result as every surface gives it, without the time that it took."""
    values = result if isinstance(result, dict) else json.loads(json.dumps(result.to_dict()))
    return {**values, "elapsed_ms": 0}


def events(client: httpx.Client, path: str, body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The events of a stream, by the rules of the HTML standard for event streams."""
    found: list[tuple[str, dict[str, Any]]] = []
    with client.stream("POST", path, json=body, headers={"accept": "text/event-stream"}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        for block in "".join(answer.iter_text()).split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if fields:
                found.append((fields["event"], json.loads(fields["data"])))
    return found


@pytest.mark.parametrize("question", [WHO, ABSENT])
def test_an_answer_is_that_of_python_in_both_forms(client: httpx.Client, shelves: Library, question: str) -> None:
    wanted = told(shelves.collection().ask(question))
    answer = client.post("/v1/ask", json={"question": question})
    assert (answer.status_code, told(answer.json())) == (200, wanted)
    streamed = events(client, "/v1/ask", {"question": question})
    assert [name for name, _ in streamed[:2]] == ["found", "quoted"]
    assert "".join(data["text"] for name, data in streamed if name == "token") == wanted["text"]
    assert (streamed[-1][0], told(streamed[-1][1])) == ("answered", wanted)
    schemas.Answer.model_validate(answer.json(), strict=True)


def test_a_follow_up_is_understood_from_the_history(client: httpx.Client) -> None:
    history = [{"question": WHO, "answer": "Ida Holm opened it."}]
    answer = client.post("/v1/ask", json={"question": "When did she open it?", "history": history}).json()
    assert answer["searched_for"] == "When did Ida Holm open it?"


def test_a_check_is_that_of_python_in_both_forms(client: httpx.Client, shelves: Library) -> None:
    wanted = told(shelves.collection().check(CLAIM))
    answer = client.post("/v1/check", json={"text": CLAIM})
    assert told(answer.json()) == wanted
    streamed = events(client, "/v1/check", {"text": CLAIM})
    assert [name for name, _ in streamed] == ["split", "checked", "checked", "reported"]
    assert told(streamed[-1][1]) == wanted
    schemas.CheckReport.model_validate(answer.json(), strict=True)


def test_search_verify_and_quotes_are_those_of_python(client: httpx.Client, shelves: Library) -> None:
    library = shelves.collection()
    hits = client.post("/v1/search", json={"question": WHO, "k": 2}).json()
    assert hits == {"hits": [json.loads(json.dumps(each.to_dict())) for each in library.search(WHO, 2)]}
    schemas.Hits.model_validate(hits, strict=True)
    quotation = "opened on 5 May 1931 by the engineer Ida Holm"
    found = client.post("/v1/verify", json={"quotation": quotation}).json()
    assert told(found) == told(library.verify(quotation))
    schemas.Verification.model_validate(found)
    quote = library.ask(WHO).quotes[0]
    given = client.get("/v1/quotes", params={"permalink": quote.permalink}).json()
    assert (given["text"], given["start"], given["end"]) == (quote.text, quote.start, quote.end)


def test_one_document_can_be_looked_in(client: httpx.Client, shelves: Library) -> None:
    log = next(each.id for each in shelves.collection().documents() if each.title == "Harbour log")
    answer = client.post("/v1/ask", json={"question": "Who reported ice?", "documents": [log]}).json()
    assert {quote["document_id"] for quote in answer["quotes"]} == {log}
    assert client.post("/v1/ask", json={"question": WHO, "documents": ["nowhere"]}).status_code == 404


def test_documents_are_listed_page_by_page_and_read_in_parts(client: httpx.Client, shelves: Library) -> None:
    first = client.get("/v1/documents", params={"limit": 2}).json()
    schemas.DocumentPage.model_validate(first, strict=True)
    rest = client.get("/v1/documents", params={"offset": first["next"]}).json()
    listed = [each["id"] for each in (*first["documents"], *rest["documents"])]
    assert listed == [each.id for each in shelves.collection().documents()]
    assert (first["total"], rest["next"]) == (3, None)
    document = shelves.collection().document(listed[0])
    assert client.get(f"/v1/documents/{document.id}").json() == document.to_dict()
    part = client.get(f"/v1/documents/{document.id}/text", params={"start": 4, "end": 10}).json()
    assert part["text"] == document.text[4:10]
    beyond = client.get(f"/v1/documents/{document.id}/text", params={"start": 10**9}).json()
    assert (beyond["text"], beyond["start"], beyond["end"]) == ("", document.characters, document.characters)


@contextmanager
def one_job(shelf: Assistant, folder: Path, files: list[Sent]) -> Iterator[tuple[Jobs, Job]]:
    """Jobs of which one goes on."""
    jobs = Jobs()
    try:
        yield jobs, jobs.start(shelf, folder, files)
    finally:
        jobs.close()


def waited_for(client: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    while job["state"] in ("queued", "running"):
        time.sleep(0.05)
        job = client.get(f"/v1/jobs/{job['id']}").json()
    return job


def test_uploads_are_jobs_and_the_same_content_again_changes_nothing(client: httpx.Client, shelves: Library) -> None:
    made = client.post("/v1/collections", json={"name": "sent"})
    assert (made.status_code, made.json()["documents"]) == (201, 0)
    files = [
        ("files", ("pier.txt", b"The pier was rebuilt in 1981.")),
        ("files", ("../../pier.txt", b"Another pier is in Tromso.")),
        ("files", ("picture.png", b"\x89PNG")),
    ]
    sent = client.post("/v1/documents", params={"collection": "sent"}, files=files)
    assert sent.status_code in (200, 202)
    job = waited_for(client, sent.json())
    schemas.Job.model_validate(job, strict=True)
    assert sent.headers["location"] == f"/v1/jobs/{job['id']}"
    assert sorted((each["name"], each["outcome"]) for each in job["files"]) == [
        ("picture.png", "failed"),
        ("pier (2).txt", "added"),
        ("pier.txt", "added"),
    ]
    again = client.post("/v1/documents", params={"collection": "sent", "wait": 60}, files=files[:1])
    assert (again.status_code, again.json()["files"][0]["outcome"]) == (200, "unchanged")
    told = client.post("/v1/ask", params={"collection": "sent"}, json={"question": "When was the pier rebuilt?"})
    assert told.json()["quotes"][0]["text"] == "The pier was rebuilt in 1981."
    assert not any(Path(shelves.home).glob("*/uploads"))


def test_files_of_one_name_in_two_folders_are_two_documents(client: httpx.Client, shelves: Library) -> None:
    client.post("/v1/collections", json={"name": "folders"})
    chosen = {"collection": "folders"}
    first = [
        ("files", ("letters/1931/may.txt", b"The letter of 1931 is about a bridge.")),
        ("files", ("letters\\1932\\may.txt", b"The letter of 1932 is about a ferry.")),
    ]
    second = [("files", ("C:/other/../may.txt", b"This letter has no year and is about a horse."))]
    job = client.post("/v1/documents", params={**chosen, "wait": 60}, files=first).json()
    assert [each["name"] for each in job["files"]] == ["letters/1931/may.txt", "letters/1932/may.txt"]
    client.post("/v1/documents", params={**chosen, "wait": 60}, files=second)
    again = client.post("/v1/documents", params={**chosen, "wait": 60}, files=first[:1]).json()
    assert again["files"][0]["outcome"] == "unchanged"
    listed = client.get("/v1/documents", params=chosen).json()["documents"]
    uploads = shelves.collection("folders").originals.uploads
    assert [Path(each["source"]).relative_to(uploads).as_posix() for each in listed] == [
        "letters/1931/may.txt",
        "letters/1932/may.txt",
        "other/may.txt",
    ]


def test_a_file_whose_name_cannot_be_kept_fails_alone(client: httpx.Client) -> None:
    client.post("/v1/collections", json={"name": "names"})
    files = [
        ("files", ("x/" * 40 + "deep.txt", b"A text that lies too deep.")),
        ("files", ("good.txt", b"A text that lies well.")),
    ]
    job = client.post("/v1/documents", params={"collection": "names", "wait": 60}, files=files).json()
    assert [each["outcome"] for each in job["files"]] == ["failed", "added"]
    assert "too long" in job["files"][0]["reason"]
    schemas.Job.model_validate(job, strict=True)


def test_documents_are_searched_by_title_and_source_and_ordered_by_date(client: httpx.Client) -> None:
    client.post("/v1/collections", json={"name": "searched"})
    for title, source in (
        ("Ärger im Hafen", "app:one"),
        ("Harbour log", "app:STRASSE/two"),
        ("100% sure_", "app:three"),
    ):
        body = {"text": "A text with some words.", "title": title, "source": source}
        assert client.post("/v1/texts", params={"collection": "searched"}, json=body).status_code == 201

    def found(search: str, **more: Any) -> list[str]:
        page = client.get("/v1/documents", params={"collection": "searched", "search": search, **more}).json()
        schemas.DocumentPage.model_validate(page, strict=True)
        return [each["title"] for each in page["documents"]]

    assert found("ÄRGER") == found("a\u0308rger") == ["Ärger im Hafen"]
    assert found("straße") == ["Harbour log"]
    assert found("%") == found("sure_") == ["100% sure_"]
    assert found("nothing of that kind") == []
    assert found("", order="newest") == ["100% sure_", "Harbour log", "Ärger im Hafen"]
    assert found("app:", limit=1, offset=1) == ["Ärger im Hafen"]
    long = client.get("/v1/documents", params={"collection": "searched", "search": "x" * 201})
    assert long.status_code == 422


def test_the_folder_of_uploads_is_not_searched(client: httpx.Client, shelves: Library) -> None:
    client.post("/v1/collections", json={"name": "below"})
    files = [("files", ("letters/may.txt", b"A letter with a few words in it."))]
    client.post("/v1/documents", params={"collection": "below", "wait": 60}, files=files)
    for search, count in (("LETTERS/", 1), ("uploads", 0), (str(shelves.home), 0)):
        page = client.get("/v1/documents", params={"collection": "below", "search": search}).json()
        assert page["total"] == count, search


def test_a_list_tells_of_each_file_its_size_and_its_pages(client: httpx.Client) -> None:
    client.post("/v1/collections", json={"name": "sizes"})
    pdf = papers.pdf(papers.lines("The first page has a sentence."), papers.lines("The second page has one too."))
    files = [("files", ("a.pdf", pdf)), ("files", ("b.txt", b"A text of one sentence."))]
    client.post("/v1/documents", params={"collection": "sizes", "wait": 60}, files=files)
    body = {"text": "A text with some words.", "title": "c", "source": "z:c"}
    client.post("/v1/texts", params={"collection": "sizes"}, json=body)
    listed = client.get("/v1/documents", params={"collection": "sizes"}).json()["documents"]
    assert [(each["size"], each["pages"]) for each in listed] == [(len(pdf), 2), (23, None), (None, None)]


def test_a_job_tells_of_each_file_as_it_is_done(shelves: Library, tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []
    files = []
    for number in range(3):
        path = tmp_path / "sent" / str(number)
        path.parent.mkdir(exist_ok=True)
        path.write_text("word " * 40 if number != 1 else "")
        files.append(Sent(f"folder/{number}.txt", path, path.stat().st_size))

    class Watched(Job):
        def see(self, step: Progress) -> None:
            super().see(step)
            seen.append(self.to_dict())

    job = Watched(shelves.create("told").collection, files)
    assert (job.to_dict()["state"], job.to_dict()["bytes_done"], job.to_dict()["started_at"]) == ("queued", 0, None)
    _run(job, shelves.collection("told"), tmp_path / "sent")
    last = job.to_dict()
    schemas.Job.model_validate(last, strict=True)
    assert (last["state"], last["waiting"], last["done"]) == ("done", [], 3)
    assert last["bytes_done"] == last["bytes_total"] == sum(each.size for each in files)
    assert all(each["bytes_total"] == last["bytes_total"] for each in seen)
    assert [len(each["files"]) for each in seen] == sorted(len(each["files"]) for each in seen)
    assert {each["now"] for each in seen} >= {"folder/0.txt", "folder/2.txt"}
    assert {len(each["files"]) for each in seen} == {0, 1, 2, 3}
    for each in seen:
        names = {file["name"] for file in each["files"]}
        assert names.isdisjoint(each["waiting"])
        assert names | set(each["waiting"]) == {file.name for file in files}
    failed = next(each for each in last["files"] if each["outcome"] == "failed")
    assert (failed["name"], failed["document_id"]) == ("folder/1.txt", None)
    added = {each["name"]: each["document_id"] for each in last["files"] if each["outcome"] == "added"}
    listed = {each.id for each in shelves.collection("told").documents()}
    assert set(added.values()) == listed


def test_a_long_document_is_cancelled_in_the_middle_and_leaves_nothing(shelves: Library, tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    sent.mkdir()
    (sent / "0").write_text("A short text that is done before the long one begins.")
    (sent / "1").write_text("".join(f"The zanzibar sentence has the number {number}. " for number in range(9_000)))
    files = [Sent(f"{number}.txt", sent / str(number), (sent / str(number)).stat().st_size) for number in range(2)]
    shelf = shelves.create("long")
    with one_job(shelf, sent, files) as (jobs, job):
        while job.to_dict()["bytes_done"] <= files[0].size and not job.ended.is_set():
            time.sleep(0.01)
        told = job.to_dict()
        assert files[0].size < told["bytes_done"] < told["bytes_total"]
        jobs.cancel(job.id)
        assert job.ended.wait(300)
    assert job.to_dict()["state"] == "cancelled"
    assert [each.source for each in shelf.documents()] == [str(shelf.originals.uploads / "0.txt")]
    assert not shelf.originals.uploads.exists()
    shelf.compact()
    left = b"".join(each.read_bytes() for each in Path(shelves.home, "long").rglob("*") if each.is_file())
    assert b"zanzibar" not in left


def test_a_document_is_removed_while_others_are_indexed(shelves: Library, tmp_path: Path) -> None:
    shelf = shelves.create("busy")
    old = shelf.add_text("An old text that is to go.", title="Old", source="app:old")
    sent = tmp_path / "sent"
    sent.mkdir()
    (sent / "0").write_text("".join(f"The sentence has the number {number}. " for number in range(9_000)))
    with one_job(shelf, sent, [Sent("long.txt", sent / "0", 1)]) as (jobs, job):
        while job.state == "queued":
            time.sleep(0.01)
        jobs.remove(shelf, old.id)
        assert old.id not in [each.id for each in shelf.documents()]
        assert not job.ended.is_set()
        with pytest.raises(DocumentNotFound):
            jobs.remove(shelf, old.id)
        jobs.cancel(job.id)
        assert job.ended.wait(300)
    again = shelf.add_text("An old text that is to go.", title="Old", source="app:old")
    jobs.remove(shelf, again.id)
    assert shelf.documents() == []


def test_the_jobs_are_listed_newest_first(client: httpx.Client) -> None:
    client.post("/v1/collections", json={"name": "listed"})
    files = [("files", ("pier.txt", b"The pier was rebuilt in 1981."))]
    made = [
        client.post("/v1/documents", params={"collection": "listed", "wait": 60}, files=files).json()["id"]
        for _ in range(3)
    ]
    answer = client.get("/v1/jobs", params={"collection": "listed"}).json()
    schemas.Jobs.model_validate(answer, strict=True)
    assert [each["id"] for each in answer["jobs"]] == made[::-1]
    everything = client.get("/v1/jobs", params={"limit": 2}).json()["jobs"]
    assert [each["id"] for each in everything] == made[:0:-1]
    client.delete("/v1/collections/listed")
    assert client.get("/v1/jobs", params={"collection": "listed"}).json() == {"jobs": []}


def test_a_job_is_cancelled_before_its_next_file(client: httpx.Client) -> None:
    client.post("/v1/collections", json={"name": "many"})
    files = [("files", (f"{number}.txt", f"The text of number {number}. ".encode() * 400)) for number in range(12)]
    job = client.post("/v1/documents", params={"collection": "many"}, files=files).json()
    assert client.delete(f"/v1/jobs/{job['id']}").status_code == 202
    assert waited_for(client, job)["state"] == "cancelled"
    listed = client.get("/v1/documents", params={"collection": "many"}).json()
    assert listed["total"] < 12


def test_a_text_is_added_replaced_and_removed(client: httpx.Client) -> None:
    client.post("/v1/collections", json={"name": "texts"})
    chosen = {"collection": "texts"}
    body = {"text": "The zebra sleeps under the pier.", "title": "Zebra", "source": "app:zebra"}
    added = client.post("/v1/texts", params=chosen, json=body)
    assert added.status_code == 201
    document = added.json()
    schemas.Document.model_validate(document, strict=True)
    body["text"] = "The zebra sleeps under the tower."
    assert client.post("/v1/texts", params=chosen, json=body).json()["id"] == document["id"]
    asked = {"question": "Where does the zebra sleep?"}
    quotes = client.post("/v1/ask", params=chosen, json=asked).json()["quotes"]
    assert [quote["text"] for quote in quotes] == [body["text"]]
    assert client.get("/v1/quotes", params={**chosen, "permalink": quotes[0]["permalink"]}).status_code == 200
    body["text"] = "The zebra is gone."
    client.post("/v1/texts", params=chosen, json=body)
    changed = client.get("/v1/quotes", params={**chosen, "permalink": quotes[0]["permalink"]})
    assert (changed.status_code, "has changed since" in changed.json()["detail"]) == (409, True)
    assert client.delete(f"/v1/documents/{document['id']}", params=chosen).status_code == 204
    assert client.delete(f"/v1/documents/{document['id']}", params=chosen).status_code == 404


def test_collections_are_made_listed_and_deleted(client: httpx.Client) -> None:
    assert client.post("/v1/collections", json={"name": "short"}).status_code == 201
    listed = client.get("/v1/collections").json()
    schemas.Collections.model_validate(listed, strict=True)
    assert "short" in [each["name"] for each in listed["collections"]]
    assert client.delete("/v1/collections/short").status_code == 204
    assert client.delete("/v1/collections/short").status_code == 404
    assert client.delete("/v1/collections/default").status_code == 422
    assert client.post("/v1/collections", json={"name": "../x"}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("POST", "/v1/ask", {"question": ""}, 422, "The question is empty"),
        ("POST", "/v1/ask", {"question": 1}, 422, "'question'"),
        ("POST", "/v1/ask", {"question": WHO, "colour": "red"}, 422, "'colour'"),
        ("POST", "/v1/ask?collection=nowhere", {"question": WHO}, 404, "There is no collection"),
        ("POST", "/v1/ask", [], 422, "the body"),
        ("POST", "/v1/search", {"question": WHO, "k": 41}, 422, "'k'"),
        ("POST", "/v1/check", {"text": " "}, 422, "The text is empty"),
        ("POST", "/v1/verify", {"quotation": "?"}, 422, "The quotation has no word"),
        ("GET", "/v1/quotes?permalink=nonsense", None, 404, "is not a link to a quote"),
        ("GET", "/v1/documents/nowhere", None, 404, "There is no document"),
        ("GET", "/v1/jobs/nowhere", None, 404, "There is no job"),
        ("GET", "/v1/nothing", None, 404, "nothing at this address"),
        ("PUT", "/v1/ask", {}, 405, "does not take that method"),
        ("POST", "/v1/documents", None, 422, "'files'"),
    ],
)
def test_an_error_is_a_problem_with_one_sentence(
    client: httpx.Client, method: str, path: str, body: Any, status: int, says: str
) -> None:
    answer = client.request(method, path, json=body)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = schemas.Problem.model_validate(answer.json())
    assert (answer.status_code, problem.status) == (status, status)
    assert says in problem.detail
    assert "Traceback" not in answer.text


def test_health_readiness_figures_and_documentation(client: httpx.Client) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").json() == {"status": "ok", "checks": {"store": "ok", "models": "ok"}}
    client.post("/v1/ask", json={"question": WHO})
    figures = client.get("/metrics").text
    assert 'assistant_requests_total{method="POST",route="/v1/ask",status="200"}' in figures
    assert "assistant_documents 3.0" in figures
    page = client.get("/docs").text
    assert "docs/swagger-ui-bundle.js" in page
    assert "https://" not in page
    assert client.get("/docs/swagger-ui.css").status_code == 200
    assert client.get("/docs/nothing.js").status_code == 404
    assert {"/v1/ask", "/v1/check", "/v1/documents"} <= set(client.get("/openapi.json").json()["paths"])


def test_a_permalink_has_a_page_that_needs_nothing_else(client: httpx.Client, shelves: Library) -> None:
    quote = shelves.collection().ask(WHO).quotes[0]
    page = client.get(f"/d/{quote.document_id}@{quote.content_hash}")
    assert page.status_code == 200
    assert f'data-hash="{quote.content_hash}"' in page.text
    assert client.get("/page/permalink.js").status_code == 200
    shown = client.get("/source", params={"at": quote.permalink, "fragment": "1"}).text
    assert "<mark" in shown
    assert client.get(f"/d/nowhere@{quote.content_hash}").status_code == 404


def test_what_is_stored_is_forgotten_with_the_jobs_that_are_long_done(shelves: Library, tmp_path: Path) -> None:
    jobs = Jobs()
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert jobs.start(shelves.collection(), folder, []).ended.wait(30)
        assert not folder.exists()
    assert jobs.waiting == 0
    jobs.close()
