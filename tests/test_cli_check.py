"""`assistant check`: what it prints, in which form, and with which exit code."""

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from assistant import check_command, cli, command, terminal_check
from assistant.check import LONGEST_TEXT
from assistant.verdict import Checked, CheckEvent, Split, Verdict
from index.errors import InvalidText
from tests.desk import quote_of, seated
from tests.desk_claims import CheckDesk, claim_of, difference_of, no_claim_of, part_of, report_of

SUPPORTED = claim_of("The bridge is old.", quotes_for=(quote_of(1, "The bridge was built in 1931.", page=3),))
CONTRADICTED = claim_of(
    "It is 300 km away.",
    "contradicted",
    read_as="The town is 300 km away.",
    reason="The document says 30 km, the claim 300 km.",
    quotes_against=(quote_of(1, "The town is 30 km away."),),
    differences=(difference_of("300 km", "30 km"),),
)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CheckDesk:
    return seated(CheckDesk(report=report_of(SUPPORTED)), monkeypatch, tmp_path / "home")


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(cli.app, ["check", *arguments], input=stdin)


def test_a_claim_is_shown_with_its_verdict_and_its_quotes(desk: CheckDesk) -> None:
    result = run("The bridge is old.")
    assert result.stdout == (
        "1. ✓ supported (0.90): The bridge is old.\n"
        "   The documents say so.\n"
        "   for [1] Bridges, page 3, History:\n"
        "        The bridge was built in 1931.\n"
        "\n"
        "1 claim: 1 supported.\n"
    )
    assert result.stderr == ""
    assert desk.calls == [("check", "The bridge is old.", None), ("close",)]


def test_what_differs_how_it_was_read_and_its_parts_are_shown_once(desk: CheckDesk) -> None:
    parts = (part_of("It is far."), part_of("It is old.", "not_found"))
    partly = claim_of("It is far and old.", "not_found", parts=parts)
    desk.report = report_of(CONTRADICTED, partly, no_claim_of("Is it?"))
    shown = run("x").stdout
    assert "   read as: The town is 300 km away.\n" in shown
    assert shown.count("The document says 30 km, the claim 300 km.") == 1
    assert "   against [1] Bridges, line 4, History:\n" in shown
    assert "   part ? not found: It is old.\n" in shown
    assert "Not claims:\n  question: Is it?\n" in shown
    assert shown.endswith("2 claims: 1 contradicted, 1 not found.\n")


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        (["supported", "supported"], 0),
        (["supported", "not_found"], 3),
        (["not_found", "contradicted"], 4),
        (["supported", "conflicting"], 4),
        ([], 3),
    ],
)
def test_the_exit_code_tells_the_worst_verdict(desk: CheckDesk, verdicts: list[Verdict], code: int) -> None:
    desk.report = report_of(*[claim_of("a", verdict) for verdict in verdicts])
    assert run("x").exit_code == code


def test_a_file_is_checked_whole(desk: CheckDesk, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_bytes("\ufeffThe bridge is old.\r\nÜber 30 m.".encode())
    assert run("--file", str(file), "--in", "d1").exit_code == 0
    assert desk.calls[0] == ("check", "The bridge is old.\r\nÜber 30 m.", ["d1"])


def test_standard_input_is_a_file_too(desk: CheckDesk) -> None:
    assert run("--file", "-", stdin=b"The bridge is old.").exit_code == 0
    assert desk.calls[0] == ("check", "The bridge is old.", None)


def test_json_is_the_report_and_nothing_else(desk: CheckDesk) -> None:
    assert json.loads(run("x", "--json").stdout) == json.loads(json.dumps(desk.report.to_dict()))


def test_csv_is_a_table_and_nothing_else(desk: CheckDesk) -> None:
    table = list(csv.reader(io.StringIO(run("x", "--csv").stdout, newline="")))
    assert [row[3] for row in table] == ["claim", "The bridge is old."]


@pytest.mark.parametrize(
    "arguments", [(), ("a claim", "--file", "x.txt"), ("a claim", "--json", "--csv"), ("--file", "")]
)
def test_wrong_usage_is_said_and_nothing_is_checked(desk: CheckDesk, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert desk.calls == []


def test_a_file_that_cannot_be_checked_is_one_sentence(desk: CheckDesk, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes("Größe".encode("latin-1"))
    (tmp_path / "huge").write_bytes(b"a" * (4 * LONGEST_TEXT + 1))
    for name, says in (("absent", "cannot be read"), ("latin", "UTF-8"), ("huge", "1,000,000"), ("", "is a folder")):
        result = run("--file", str(tmp_path / name))
        assert (result.exit_code, result.stdout) == (1, "")
        assert says in result.stderr
        assert result.stderr.count("\n") == 1


def test_what_the_front_door_refuses_is_one_sentence(desk: CheckDesk) -> None:
    desk.error = InvalidText("There are no documents to check against yet; add some first.")
    result = run("x")
    assert (result.exit_code, result.stderr) == (1, f"Error: {desk.error}\n")


def test_standard_input_without_an_end_is_read_no_further_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            asked.append(size)
            return b"a" * size

    class Stdin:
        buffer = Endless()

    monkeypatch.setattr(sys, "stdin", Stdin)
    with pytest.raises(InvalidText, match="1,000,000 characters"):
        check_command.text_given(None, "-")
    assert asked == [4 * LONGEST_TEXT + 1]


class InterruptedDesk(CheckDesk):
    """A front door whose checks are interrupted after the first claim."""

    def stream_check(self, text: str, documents: Sequence[str] | None = None) -> Iterator[CheckEvent]:
        self._note("check", text, documents)
        try:
            yield Split(2, ())
            yield Checked(SUPPORTED, 1, 2)
            raise KeyboardInterrupt
        finally:
            self.calls.append(("stopped",))


def test_an_interruption_prints_nothing_and_stops_the_check(desk: CheckDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted = InterruptedDesk()
    monkeypatch.setattr(command, "open_assistant", lambda settings: interrupted)
    result = run("x")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "")
    assert interrupted.calls == [("check", "x", None), ("stopped",), ("close",)]


def test_a_terminal_shows_on_stderr_how_many_claims_are_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with terminal_check.progress() as step_taken:
        step_taken(Split(3, ()))
        step_taken(Checked(SUPPORTED, 2, 3))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Checking" in captured.err
    assert "2/3" in captured.err


def test_no_progress_is_written_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal_check.progress() as step_taken:
        step_taken(Split(3, ()))
        step_taken(Checked(SUPPORTED, 2, 3))
    assert capsys.readouterr() == ("", "")


def test_no_escape_sequence_of_a_document_reaches_the_terminal(desk: CheckDesk) -> None:
    evil = "\x1b[31mred\x07 \u202etxt"
    quotes = (quote_of(1, evil, title=evil),)
    desk.report = report_of(claim_of(evil, read_as=evil + "!", reason=evil, quotes_for=quotes), no_claim_of(evil))
    shown = run("x").stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
