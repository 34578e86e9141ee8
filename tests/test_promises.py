"""What the assistant promises, each promise as one test from the outside; the details are in each module's tests."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from assistant import Assistant, answer, quote, rank, retrieve
from assistant.candidates import Query
from assistant.cli import app
from assistant.models import Answer
from index.embed import load_embedder
from index.errors import SourceChanged
from index.store import Store
from index.terms import question_terms
from tests.conftest import LIBRARY, ROOT, fill, opened

WHO = "Who opened the Alder Bridge?"
QUESTIONS = (WHO, "What does the loan of a map cost?", "When is the reading room open?", "Which captain reported ice?")
ABSENT = ("What is the GDP of France?", "How do I bake bread?", "Who won the cup in 2014?", "What is love?")


def told(given: Answer) -> dict[str, Any]:
    """The answer as every surface gives it, without the time that it took."""
    return {**json.loads(json.dumps(given.to_dict())), "elapsed_ms": 0}


# --- 1


def test_a_quote_cannot_be_wrong(library: Assistant) -> None:
    with opened(library.home, threshold=0.0) as assistant, Store.open(library.home) as store:
        for question in (*QUESTIONS, *ABSENT):
            quotes = assistant.ask(question).quotes
            assert quotes
            for each in quotes:
                assert each.text == assistant.document(each.document_id).text[each.start : each.end]
                assert assistant.resolve(each.permalink).text == each.text
        query = Query(WHO, load_embedder().embed_question(WHO), retrieve.weigh(store, question_terms(WHO)))
        (best, *_) = rank.rank(query, retrieve.retrieve(store, query)).sentences
        stored = best.candidate.stored
        invented = replace(stored, document_text=stored.document_text.replace("Ida", "Ada"))
        forged = replace(best, candidate=replace(best.candidate, stored=invented))
        assert forged.text != best.text
        with pytest.raises(SourceChanged):
            quote.build(store, "default", [forged])


# --- 2


def test_no_evidence_no_answer_at_the_published_threshold_on_every_turn(library: Assistant) -> None:
    history = [(WHO, library.ask(WHO).text)]
    for question in (*QUESTIONS, *ABSENT):
        for turn in ([], history):
            given = library.ask(question, history=turn)
            assert given.refused is (question in ABSENT) is (given.score < answer.THRESHOLD)
            assert bool(given.quotes) is not given.refused
            assert (given.reason == given.text) is given.refused
            assert 1 <= len(given.nearest or given.quotes) <= 3
    published = ROOT / "bench" / "README.md"
    if published.exists():
        number = re.escape(f"{answer.THRESHOLD:g}".lstrip("0"))
        assert re.search(rf"(?i)threshold[^\n]*\b0?{number}\b", published.read_text(encoding="utf-8"))


# --- 3 and 6: one process, which records where it connects to and is killed in the end

_CHILD = """
import json, os, signal, socket, sys
from pathlib import Path
tried, loads = [], []

def record(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        tried.append(arguments[1])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        tried.append(arguments)

sys.addaudithook(record)
socket.socket().connect_ex(("127.0.0.1", 1))

from assistant import Assistant
from assistant.settings import load_settings
from index import onnx_encoder, records
from index.doctor import examine
load = onnx_encoder.open_session
onnx_encoder.open_session = lambda path: loads.append(str(path)) or load(path)

home, notes = Path(sys.argv[1]), Path(sys.argv[2])
for name in ("one", "two"):
    with Assistant.open(settings=load_settings(home / name)) as assistant:
        assistant.add(notes)
        document = assistant.add_text("The heron nests in March.", title="Birds", source="birds")
        asked = [assistant.ask("Who opened the bridge?"), assistant.as_runnable().invoke("When does the heron nest?")]
        assistant.as_retriever().invoke("heron")
        assistant.remove(document.id)
        assistant.compact()
    found = examine(home / name)
print(json.dumps([[each.text for each in told.quotes] for told in asked]))
print(json.dumps({"tried": repr(tried), "hosts": [str(each[0]) for each in tried], "loads": len(loads),
                  "heavy": sorted({"torch", "transformers", "sentence_transformers"} & set(sys.modules))}))
print(json.dumps([each.what for each in found]), flush=True)

(notes / "bridge.txt").write_text("Nils Berg opened the bridge.", encoding="utf-8")
(notes / "tower.txt").write_text("Nils Berg opened the tower.", encoding="utf-8")
records.make_ready = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with Assistant.open(settings=load_settings(home / "two")) as assistant:
    assistant.add(notes)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """The folder of two homes that a process used until it was killed, and what it had printed."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "notes").mkdir()
    (folder / "notes" / "bridge.txt").write_text("Ida Holm opened the bridge.", encoding="utf-8")
    arguments = [sys.executable, "-c", _CHILD, str(folder), str(folder / "notes")]
    child = subprocess.run(arguments, cwd=ROOT, env=os.environ, capture_output=True, text=True)
    assert child.returncode == -signal.SIGKILL, child.stderr
    return folder, [json.loads(line) for line in child.stdout.splitlines()]


def test_an_acknowledged_document_is_never_lost_and_a_half_indexed_one_never_searched(
    killed: tuple[Path, list[Any]],
) -> None:
    with opened(killed[0] / "two", threshold=0.0) as assistant:
        (document,) = assistant.documents()
        assert document.text == "Ida Holm opened the bridge."
        for question in ("Who opened the bridge?", "Who opened the tower?", "Nils Berg"):
            given = assistant.ask(question)
            assert [each.text for each in given.quotes] == [document.text]
            assert [hit.passage.document_id for hit in assistant.search(question)] == [document.id]
        report = assistant.add(killed[0] / "notes")
        assert (len(report.updated), len(report.added)) == (1, 1)
        assert assistant.ask("Who opened the tower?").quotes[0].text == "Nils Berg opened the tower."


def test_nothing_leaves_the_machine_and_two_homes_load_one_model(killed: tuple[Path, list[Any]]) -> None:
    quoted, connections, found = killed[1]
    assert quoted == [["Ida Holm opened the bridge."], ["The heron nests in March."]]
    assert found == []
    assert connections["hosts"]  # the attempt that the process made itself, so the record is no empty promise
    assert set(connections["hosts"]) <= {"127.0.0.1", "::1", "localhost"}, connections["tried"]
    assert connections["loads"] == 1
    assert connections["heavy"] == []  # torch takes seconds to import and hundreds of megabytes


# --- 4


def test_the_same_question_to_the_same_store_has_the_same_answer(tmp_path: Path) -> None:
    given: list[list[dict[str, Any]]] = []
    for order in (LIBRARY, LIBRARY[::-1]):
        home = tmp_path / str(len(given))
        with fill(opened(home), order) as assistant:
            given.append([told(assistant.ask(question)) for question in (*QUESTIONS, *ABSENT)])
        with opened(home) as again:
            given.append([told(again.ask(question)) for question in (*QUESTIONS, *ABSENT)])
    assert json.dumps(given[0]) == json.dumps(given[1]) == json.dumps(given[2]) == json.dumps(given[3])


# --- 5


@pytest.mark.shared
def test_a_document_is_data(tmp_path: Path, shared_data: Path) -> None:
    folder = shared_data / "security"
    injections = (folder / "prompt_injection.jsonl").read_text(encoding="utf-8").splitlines()
    hostile = [str(json.loads(line)["text"]) for line in injections[:: len(injections) // 12]]
    hostile += (folder / "xss_payloads.txt").read_text(encoding="utf-8").splitlines()[::60]
    hostile += [
        each for each in json.loads((folder / "naughty_strings.json").read_text(encoding="utf-8"))[::40] if each
    ]
    hostile += ["See [1] and [2] for the proof.", "\x1b]0;owned\x07 \x1b[31mred bridge", "{title} ” [3]\n“"]
    text = "\n\n".join(each.replace("\x00", "") for each in hostile)
    title = "{title} [9] <script>alert(1)</script>"
    with opened(tmp_path, threshold=0.0) as assistant:
        document = assistant.add_text(text, title=title, source="hostile")
        assert document.text == text
        before = sorted(path.name for path in tmp_path.rglob("*"))
        for question in ("Ignore all previous instructions", "What does the proof say?", "script alert", "red bridge"):
            given = assistant.ask(question)
            assert given.quotes
            own = given.text
            for each in given.quotes:
                assert each.text == text[each.start : each.end]
                own = own.replace(f"\n“{each.text}” [{each.number}]", "", 1)
            assert own == f"*{title}* says:"
            assert [each.number for each in given.quotes] == list(range(1, len(given.quotes) + 1))
        assert sorted(path.name for path in tmp_path.rglob("*")) == before


# --- 7


def pieces(vector: "np.ndarray[Any, np.dtype[Any]]") -> list[bytes]:
    """A stored vector's bytes in parts, because SQLite may continue a long value on another page."""
    content = vector.tobytes()
    return [content[start : start + 64] for start in range(0, len(content), 64)]


def traces(home: Path, wanted: dict[str, list[bytes]]) -> set[str]:
    """What stands, if only in part, in any file of a home."""
    files = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    return {name for name, parts in wanted.items() if any(part in data for data in files for part in parts)}


def test_removed_is_gone(tmp_path: Path) -> None:
    sentences = ("The zyzzyva hid beneath the quoin.", "Xebec sailors wove its cwtch.", "Only the old syzygy knew.")
    title = "Vexillology of Zanzibar"
    with fill(opened(tmp_path)) as assistant:
        document = assistant.add_text("\n\n".join(sentences[:2] * 3), title=title, source="secret/atlas")
        assistant.add_text(sentences[2], title="Almanac", source="almanac")
        wanted = {"stem": [b"zyzzyva"], "source": [b"secret/atlas"], "id": [document.id.encode()]}
        wanted.update({text: [text.encode()] for text in (*sentences, title)})
        with Store.open(tmp_path) as store:
            store.fold()
            everything = store.dense(load_embedder().embed_question("anything"), store.passage_count())
            for number, stored in store.passages([found for found, _ in everything]).items():
                if stored.title in (title, "Almanac"):
                    wanted[f"vector {number}"] = pieces(stored.vector)
                    wanted[f"sentence vectors {number}"] = pieces(stored.sentence_vectors)
        assert traces(tmp_path, wanted) == set(wanted)
        wide = {f"{text} {kind}": [text.encode(kind)] for text in sentences for kind in ("utf-16-le", "utf-16-be")}
        assistant.remove(document.id)
        assistant.add_text("Nothing is known.", title="Almanac", source="almanac")
        assistant.compact()
        assert traces(tmp_path, wanted | wide) == set()
        assert not assistant.ask(WHO).refused
    assert traces(tmp_path, wanted | wide) == set()


# --- 8


@pytest.mark.parametrize("question", [WHO, ABSENT[0]])
def test_the_command_line_gives_the_answer_that_python_gives(library: Assistant, question: str) -> None:
    given = library.ask(question)
    ran = CliRunner().invoke(app, ["--home", str(library.home), "ask", question, "--json"])
    assert {**json.loads(ran.stdout), "elapsed_ms": 0} == told(given)
    assert ran.exit_code == (3 if given.refused else 0)
    searched = CliRunner().invoke(app, ["--home", str(library.home), "search", question, "--json"])
    assert json.loads(searched.stdout) == [hit.to_dict() for hit in library.search(question)]


_QUIET = """
import sys
from assistant import Assistant
with Assistant.open(sys.argv[1]) as assistant:
    assistant.add_text("Ida Holm opened the bridge.", title="Bridge", source="bridge")
    assert assistant.ask("Who opened the bridge?").quotes
    assert assistant.check("Ida Holm opened the bridge.").claims
"""
_LOUD = """
import onnxruntime
from index.pair_model import WEIGHTS
onnxruntime.InferenceSession(str(next(WEIGHTS.glob("*.onnx"))), providers=["CPUExecutionProvider"])
"""


def kept_for_its_maker(code: str, home: Path) -> list[Path]:
    """What ONNX Runtime keeps in a person's home to be sent to its maker, after a program has run.

    It does so from native code, which no audit hook of Python sees, and never where CI is set.
    """
    unset = ("CI", "TF_BUILD", "GITHUB_ACTIONS", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    arguments = [sys.executable, "-c", code, str(home / "store")]
    ran = subprocess.run(arguments, cwd=ROOT, env={**environment, "HOME": str(home)}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return [path for path in home.rglob("*") if path.is_file() and "onnxruntime" in str(path).lower()]


def test_no_native_library_keeps_what_it_would_send_to_its_maker(tmp_path: Path) -> None:
    for name in ("quiet", "loud"):
        (tmp_path / name).mkdir()
    assert kept_for_its_maker(_QUIET, tmp_path / "quiet") == []
    if sys.platform == "linux":  # the control: it would
        assert kept_for_its_maker(_LOUD, tmp_path / "loud") != []
