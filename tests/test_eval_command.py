"""`assistant eval`: what it prints and writes, and with which exit code."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assistant import Assistant, cli, command, eval_command
from assistant.eval_command import exit_code
from assistant.evaluate import Evaluation, summary
from assistant.models import Answer
from tests.conftest import fill, opened

WHO = "Who opened the Alder Bridge?"
RIGHT = {"question": WHO, "answers": ["Ida Holm"]}
WRONG = {"question": WHO, "answers": ["Greta Vale"], "id": "vale"}
REFUSED = {"question": "What is the boiling point of mercury?", "answers": ["357"]}
RIGHTLY_REFUSED = {"question": "Who painted the Sistine Chapel?", "answerable": False}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    with fill(opened(folder)):
        pass
    return folder


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(home))
    monkeypatch.setenv("ASSISTANT_COLLECTION", "default")
    monkeypatch.setenv("ASSISTANT_MODEL", "nosuch:model")  # is not used


def written(folder: Path, *lines: dict[str, Any]) -> str:
    file = folder / "questions.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in lines), "utf-8")
    return str(file)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["eval", *arguments])


def test_the_figures_and_the_failures_are_shown(tmp_path: Path) -> None:
    result = run(written(tmp_path, RIGHT, WRONG, REFUSED, RIGHTLY_REFUSED))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("Right, of all questions: 2 of 4 (50.0%, 95% interval 15.0% to 85.0%).\n")
    assert "\nAnswer in any quote, where the documents answer: 1 of 3 (33.3%" in result.stdout
    assert f"\nwrong (vale): {WHO}\nrefused (line 3): What is the boiling point of mercury?\n" in result.stdout
    assert result.stdout.endswith("Score +0.250 (right 1, refused although answered there 0, wrong -1).\n")


def test_json_is_the_evaluation_and_nothing_else(tmp_path: Path) -> None:
    told = json.loads(run(written(tmp_path, RIGHT, REFUSED), "--json").stdout)
    assert told["summary"]["score"] == 0.5
    assert told["summary"]["right"] == {"count": 1, "total": 2, "share": 0.5, "interval": [0.0945, 0.9055]}
    assert [each["outcome"] for each in told["results"]] == ["right", "refused"]
    assert told["results"][0]["case"] == {**RIGHT, "answerable": True, "line": 1}
    assert told["results"][0]["answer"]["model"] is None
    assert told["results"][0]["exact"] == [True] * len(told["results"][0]["answer"]["quotes"])


@pytest.mark.parametrize(("least", "code"), [("0.5", 0), ("0.51", 4), ("-1", 0), ("1", 4)])
def test_a_score_below_the_least_one_is_an_exit_code(tmp_path: Path, least: str, code: int) -> None:
    assert run(written(tmp_path, RIGHT, REFUSED), "--least", least).exit_code == code


def test_a_quote_that_is_not_exact_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Assistant.ask

    def inexact(self: Assistant, *arguments: Any) -> Answer:
        answer = ask(self, *arguments)
        return replace(answer, quotes=tuple(replace(each, text=each.text + "!") for each in answer.quotes))

    monkeypatch.setattr(Assistant, "ask", inexact)
    assert run(written(tmp_path, RIGHT), "--least", "1").exit_code == 1


def test_nothing_that_was_quoted_is_no_error() -> None:
    assert exit_code(Evaluation(summary(()), ()), None) == 0


def test_the_report_is_a_page(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    assert run(written(tmp_path, RIGHT, WRONG), "--html", str(report)).exit_code == 0
    assert "Failures: 1" in report.read_text("utf-8")


def test_wrong_usage_is_said_and_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Assistant, "ask", pytest.fail)
    file = written(tmp_path, RIGHT)
    before = Path(file).read_bytes()
    for arguments in (
        (),
        ("",),
        (file, "--least", "2"),
        (file, "--starter", "0"),
        (file, "--starter", "3", "--json"),
        (file, "--html", file),
        (file, "--html", str(tmp_path)),
        (file, "--html", str(tmp_path / "absent" / "report.html")),
        (file, "--html", ""),
    ):
        assert run(*arguments).exit_code == 2, arguments
    assert Path(file).read_bytes() == before


def test_what_is_wrong_with_a_file_is_one_sentence_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Assistant, "ask", pytest.fail)
    (tmp_path / "empty").write_bytes(b"\n")
    for file, says in (
        (written(tmp_path, RIGHT, {"question": WHO, "documents": ["gone"]}), "Line 2 is wrong: There is no document"),
        (str(tmp_path / "empty"), "no question"),
        (str(tmp_path / "absent"), "cannot be read"),
        (str(tmp_path), "cannot be read"),
    ):
        result = run(file)
        assert (result.exit_code, result.stdout) == (1, "")
        assert says in result.stderr
        assert result.stderr.count("\n") == 1


def test_a_starter_can_be_asked_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "starter.jsonl"
    result = run(str(file), "--starter", "40")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "40 were asked for" in result.stdout
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert result.stdout.startswith(f"{len(lines)} machine-made questions were written")
    assert all(each["machine_made"] for each in lines)
    told = json.loads(run(str(file), "--json").stdout)["summary"]
    assert told["questions"] == told["machine_made"] == len(lines)
    assert told["exact"]["share"] == 1


def test_a_starter_overwrites_nothing(tmp_path: Path) -> None:
    file = written(tmp_path, RIGHT)
    result = run(file, "--starter", "3")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "is there already and is not overwritten" in result.stderr
    assert json.loads(Path(file).read_text("utf-8")) == RIGHT


def test_where_there_is_nothing_to_ask_about_no_starter_is_written(tmp_path: Path) -> None:
    file = tmp_path / "starter.jsonl"
    empty = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "new"), "eval", str(file), "--starter", "3"])
    assert (empty.exit_code, empty.stdout) == (1, "")
    assert "There are no documents yet" in empty.stderr
    with fill(opened(tmp_path / "poor"), [("Notes", "notes", "text/plain", "nothing much\n")]):
        pass
    poor = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "poor"), "eval", str(file), "--starter", "3"])
    assert (poor.exit_code, "write your own" in poor.stderr) == (1, True)
    assert not file.exists()


def test_a_starter_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    result = run(str(tmp_path / "absent" / "starter.jsonl"), "--starter", "3")
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


def test_no_escape_sequence_of_a_question_reaches_the_terminal(tmp_path: Path) -> None:
    evil = "\x1b[31mWho\x07 \u202eopened the Alder Bridge?"
    result = run(written(tmp_path, {"question": evil, "answers": ["Greta Vale"], "id": evil}))
    assert "opened the Alder Bridge?" in result.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(result.stdout + result.stderr)


def test_a_terminal_shows_on_stderr_how_many_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with opened(Path(tmp_path / "home")) as assistant:
        monkeypatch.setattr(command, "open_assistant", lambda settings: assistant)
        eval_command._evaluated(assistant._settings, Path(written(tmp_path, RIGHT)))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "1/1" in captured.err
