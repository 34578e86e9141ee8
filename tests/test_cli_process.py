"""The command line as a process of its own: how it starts, how it is misused, what it leaves out."""

import os
import signal
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.conftest import ROOT


def started(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "assistant.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)


@pytest.mark.parametrize(
    "arguments", [["nosuch"], ["ask"], ["index"], ["remove"], ["search", "q", "-k", "0"], ["ask", "q", "--nosuch"]]
)
def test_wrong_usage_exits_with_2_and_an_error_on_stderr(arguments: list[str]) -> None:
    result = started(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr


def test_the_version_is_the_packages() -> None:
    result = started("--version")
    assert result.stdout == f"assistant {version('document-assistant')}\n"
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_version_and_help_import_nothing_heavy(argument: str) -> None:
    heavy = "{'torch', 'chromadb', 'gradio', 'sentence_transformers', 'transformers', 'langchain_core', 'pydantic'}"
    script = (
        "import sys\nfrom assistant.cli import main\n"
        f"sys.argv = ['assistant', '{argument}']\n"
        "try:\n    main()\n"
        f"finally:\n    print(sorted({heavy} & set(sys.modules)), file=sys.stderr)\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stderr == "[]\n"


@pytest.mark.parametrize("arguments", [["--help"], ["documents", "--json"]])
def test_a_reader_that_has_gone_is_no_error_worth_a_word(arguments: list[str]) -> None:
    script = (
        "import sys\nfrom assistant import cli, command\nfrom tests.desk import Desk, document_of\n"
        "stored = {str(n): document_of(str(n), 'Bridges') for n in range(2000)}\n"
        "command.open_assistant = lambda settings: Desk(stored=stored)\n"
        f"sys.argv = ['assistant', *{arguments!r}]\ncli.main()\n"
    )
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [sys.executable, "-c", script], stdout=writer, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT
    )
    os.close(writer)
    assert result.stderr == ""


def test_a_terminal_that_lacks_a_character_gets_another_in_its_place(tmp_path: Path) -> None:
    result = started("--home", str(tmp_path / "ü"), "doctor", PYTHONIOENCODING="ascii")
    assert result.stderr.startswith("Error: There is no collection 'default' in ")
    assert result.returncode == 1


def test_a_server_that_would_be_open_to_a_network_without_a_token_says_so_and_ends(tmp_path: Path) -> None:
    result = started("--home", str(tmp_path), "serve", "--host", "0.0.0.0", "--port", "0")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: The address 0.0.0.0 opens the documents to that network")


def test_a_server_whose_port_is_taken_says_so_and_ends(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = started("--home", str(tmp_path), "serve", "--port", str(taken.getsockname()[1]))
    assert (result.returncode, result.stdout) == (1, "")
    assert "is in use" in result.stderr


def test_a_server_that_is_ended_while_it_loads_ends_well(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "assistant.cli", "--home", str(tmp_path), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stdout.readline().startswith("http://127.0.0.1:")
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=60)
    assert (server.returncode, said) == (0, "")
