"""The examples run as they stand, from another folder, against a home of their own and without a network."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant import Assistant
from tests.conftest import LIBRARY, ROOT, fill
from tests.desk_api import serving_app

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
WHO = "Who opened the Alder Bridge?"
OPENED = "The Alder Bridge was opened on 4 May 1931 by the engineer Ida Holm."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of three files."""
    made = tmp_path / "documents"
    made.mkdir()
    for title, _, _, text in LIBRARY:
        (made / f"{title}.md").write_text(text, "utf-8")
    return made


def run(example: str, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run an example as a user does, with no way out of the machine."""
    nowhere = "http://127.0.0.1:9"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")},
        "HF_HUB_OFFLINE": "1",
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "PYTHONIOENCODING": "utf-8",
    }
    command = [sys.executable, str(ROOT / "examples" / example), str(folder), *arguments]
    return subprocess.run(
        command, cwd=folder.parent, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=300
    )


def test_the_script_answers_verifies_and_checks(folder: Path) -> None:
    right = run("script.py", folder, WHO, "--quotation", "opened on 4 May 1931", "--claim", OPENED)
    assert (right.returncode, right.stderr) == (0, "")
    assert OPENED in right.stdout
    assert "  [1] Alder Bridge, line 1: assistant://default/" in right.stdout
    assert "The documents have these very words." in right.stdout
    assert f": {OPENED}\n  The documents say so." in right.stdout
    assert "\nsupported (" in right.stdout
    wrong = run("script.py", folder, WHO, "--quotation", "opened on 5 May 1931 by the engineer Ida Holm")
    assert wrong.returncode == 4
    assert "The quotation says “5”, the document “4”." in wrong.stdout


def test_the_script_refuses_and_tells_an_error_in_a_sentence(folder: Path) -> None:
    refused = run("script.py", folder, "What is the GDP of France?")
    assert refused.returncode == 3
    assert "nearest, not an answer: " in refused.stdout
    failed = run("script.py", folder, " ?! ")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == "Error: The question has no letter or digit in it; ask something in words.\n"


def test_the_chains_give_passages_to_a_model_and_an_answer_to_a_step(folder: Path) -> None:
    done = run("langchain_chain.py", folder, WHO)
    assert (done.returncode, done.stderr) == (0, "")
    prompt, answer, follow_up = re.split(r"\n\n(?=Who opened|When was)", done.stdout)
    assert "\n[1] Alder Bridge: " in prompt
    assert prompt.endswith(f"\nQuestion: {WHO}")
    assert answer.startswith(f"{WHO}\n“{OPENED}” (Alder Bridge, line 1, assistant://")
    assert "Alder Bridge opened?\n“The Alder Bridge was opened on 4 May" in follow_up


def test_the_application_answers_in_its_own_route_and_below_the_prefix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
    with Assistant.open(tmp_path) as assistant:
        fill(assistant)
    app = runpy.run_path(str(ROOT / "examples" / "fastapi_app.py"))["app"]
    with serving_app(app) as address, httpx.Client(base_url=address, timeout=60) as client:
        assert client.get("/bridge", params={"question": WHO}).json() == {
            "answered": True,
            "quotes": [{"text": OPENED, "from": "Alder Bridge, line 1"}],
        }
        assert "no letter or digit" in client.get("/bridge", params={"question": "?!"}).json()["detail"]
        below_the_prefix(client)


def below_the_prefix(client: httpx.Client) -> None:
    """All is there: questions, jobs, and MCP, which answers only after it has been started."""
    assert client.post("/assistant/v1/ask", json={"question": WHO}).json()["quotes"][0]["text"] == OPENED
    hello: dict[str, Any] = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
    }
    accept = {"accept": "application/json, text/event-stream"}
    assert "document-assistant" in client.post("/assistant/mcp", json=hello, headers=accept).text
    sent = client.post("/assistant/v1/documents?wait=60", files=[("files", ("pier.txt", b"The pier was rebuilt."))])
    assert sent.json()["state"] == "done"
    assert client.get("/assistant/openapi.json").json()["servers"] == [{"url": "/assistant"}]
    foreign = {"origin": "http://evil.example"}
    assert client.post("/assistant/v1/ask", json={"question": WHO}, headers=foreign).status_code == 403


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 60


def test_the_packages_say_that_they_are_typed() -> None:
    for package in ("assistant", "index", "prompts", "seeds"):
        assert (ROOT / package / "py.typed").read_bytes() == b""
