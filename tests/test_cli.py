"""The command line: what it prints, where, and with which exit code."""

import gc
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import seeds
from assistant import cli
from assistant.settings import Settings
from assistant.ui.start import Welcome
from assistant.verify import Change, Match, Verification
from index.doctor import Finding
from index.errors import StoreBusy
from index.servers import Servers
from tests.desk import Desk, answer_of, document_of, hit_of, quote_of, seated


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Desk:
    return seated(Desk(), monkeypatch, tmp_path / "home")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, arguments)


# --- indexing


def test_indexing_prints_a_line_a_file_and_fails_after_doing_the_rest(desk: Desk) -> None:
    result = run("index", "a.txt", "bad.txt", "c.txt")
    assert result.stdout.splitlines() == [
        "added: a.txt",
        "failed: bad.txt: It is empty.",
        "added: c.txt",
        "2 added, 0 updated, 0 unchanged, 1 failed in 0.2 seconds.",
    ]
    assert result.exit_code == 1
    assert desk.calls == [("add", ["a.txt", "bad.txt", "c.txt"]), ("close",)]


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_path_is_wrong_usage_and_not_the_working_folder(desk: Desk, empty: str) -> None:
    result = run("index", "a.txt", empty)
    assert result.exit_code == 2
    assert "empty path" in result.stderr
    assert desk.calls == []


def test_an_empty_home_is_an_error_and_not_the_working_folder(desk: Desk) -> None:
    result = run("--home", "", "documents")
    assert (result.exit_code, result.stderr) == (1, "Error: The home cannot be ''; it has to be a folder's path.\n")


def test_indexing_without_a_failure_succeeds(desk: Desk) -> None:
    assert run("index", "a.txt").exit_code == 0


def test_indexing_as_json_prints_the_report_and_nothing_else(desk: Desk) -> None:
    result = run("index", "--json", "a.txt", "bad.txt")
    report = json.loads(result.stdout)
    assert [each["path"] for each in report["added"]] == ["a.txt"]
    assert [each["reason"] for each in report["failed"]] == ["It is empty."]
    assert result.exit_code == 1


# --- asking and searching


def test_an_answer_is_its_text_and_then_its_quotes_with_their_places(desk: Desk) -> None:
    desk.answer = answer_of("*Bridges* says:\n[1] It opened in 1998.", (quote_of(1, "It opened in 1998."),))
    result = run("ask", "When?", "--in", "d1", "--in", "d2")
    assert result.exit_code == 0
    assert result.stdout == (
        "*Bridges* says:\n[1] It opened in 1998.\n\n"
        "[1] Bridges, line 4, History, characters 10-28\n    /files/d1.txt\n    d1/1\n"
    )
    assert desk.calls[0] == ("stream", "When?", ["d1", "d2"])


def test_a_quote_that_the_text_does_not_hold_is_printed_with_its_place(desk: Desk) -> None:
    desk.answer = answer_of("See [1].", (quote_of(1, "It opened\nin 1998.", page=7),))
    assert "[1] Bridges, page 7, History, characters 10-28\n    It opened\n    in 1998.\n" in run("ask", "q").stdout


def test_a_refusal_shows_the_nearest_passages_as_such_and_exits_with_3(desk: Desk) -> None:
    desk.answer = answer_of("The documents do not say.", nearest=(hit_of("word " * 500),))
    result = run("ask", "q")
    assert result.exit_code == 3
    assert result.stdout.startswith("The documents do not say.\n\nNearest passages (not an answer):\n\n- Bridges, ")
    assert len(result.stdout) < 700


def test_json_is_exactly_the_answer(desk: Desk) -> None:
    desk.answer = answer_of("x\x1b[1m", (quote_of(1, "\x9b2J \u202eback [bold]"),))
    result = run("ask", "q", "--json")
    assert json.loads(result.stdout) == json.loads(json.dumps(desk.answer.to_dict()))
    assert result.stdout.isascii()
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(("match", "code"), [("exact", 0), ("normalised", 0), ("near", 4), ("absent", 3)])
def test_a_quotation_is_verified_and_the_exit_code_tells(desk: Desk, match: Match, code: int) -> None:
    changes = (Change("not\x1b[1m", ""),) if match == "near" else ()
    quotes = () if match == "absent" else (quote_of(1, "It is old."),)
    desk.verification = Verification("It is not old.", match, quotes, changes, 0.8, "digest", 1.5)
    result = run("verify", "It is not old.", "--in", "d1")
    assert result.exit_code == code
    assert desk.calls[0] == ("verify", "It is not old.", "d1")
    assert result.stdout.startswith(desk.verification.reason)
    assert ("It is old." in result.stdout) == bool(quotes)
    assert "\x1b" not in result.stdout
    assert json.loads(run("verify", "q", "--json").stdout) == json.loads(json.dumps(desk.verification.to_dict()))


def test_a_search_shows_passages_with_rank_place_and_score(desk: Desk) -> None:
    desk.hits = [hit_of("First."), hit_of("Second.")]
    result = run("search", "q", "-k", "2", "--in", "d1")
    assert result.exit_code == 0
    assert result.stdout.startswith("1. Bridges, characters 3-9 of d1, score 1.25\n    First.\n\n2. ")
    assert desk.calls[0] == ("search", "q", 2, ["d1"])
    assert json.loads(run("search", "q", "--json").stdout) == [hit.to_dict() for hit in desk.hits]


def test_a_search_that_finds_nothing_exits_with_3(desk: Desk) -> None:
    assert run("search", "q").exit_code == 3
    assert run("search", "q").stdout == "Nothing was found.\n"
    assert json.loads(run("search", "q", "--json").stdout) == []
    assert desk.calls[0] == ("search", "q", 8, None)


# --- documents


def test_documents_are_listed_with_whole_ids_and_a_row_each_in_a_pipe(desk: Desk) -> None:
    desk.stored = {"d" * 17: document_of("d" * 17, "A " * 80)}
    lines = run("documents").stdout.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("d" * 17 + " ")
    assert json.loads(run("documents", "--json").stdout) == [each.to_dict() for each in desk.documents()]


def test_an_empty_collection_says_how_to_add(desk: Desk) -> None:
    result = run("documents")
    assert "assistant index" in result.stdout
    assert result.exit_code == 0
    assert json.loads(run("documents", "--json").stdout) == []


def test_removing_goes_on_after_an_unknown_id_and_says_so(desk: Desk) -> None:
    desk.stored = {"d1": document_of("d1", "Bridges"), "d2": document_of("d2", "Tunnels")}
    result = run("remove", "d1", "nosuch", "d2")
    assert result.stdout == "removed: Bridges\nremoved: Tunnels\n"
    assert result.stderr == "Error: There is no document 'nosuch' in this collection.\n"
    assert result.exit_code == 1
    assert desk.stored == {}


def test_compacting_says_that_it_is_done(desk: Desk) -> None:
    assert run("compact").exit_code == 0
    assert ("compact",) in desk.calls


# --- chat


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the page was started with."""
    arguments: dict[str, Any] = {}

    def launch(library: Any, settings: Settings, *, on_ready: Callable[[str], None], **others: Any) -> None:
        arguments.update(others, host=settings.host, port=settings.port)
        on_ready("http://127.0.0.1:4321")

    monkeypatch.setattr("assistant.server.launch", launch)
    return arguments


def test_the_chat_prints_its_address_alone_on_a_line(desk: Desk, launched: dict[str, Any]) -> None:
    result = run("chat", "--port", "0")
    assert result.stdout == "http://127.0.0.1:4321\n"
    assert result.exit_code == 0
    assert launched == {
        "host": "127.0.0.1", "port": 0, "welcome": None, "with_page": True, "open_browser": False
    }  # fmt: skip
    assert desk.calls == [("close",)]


def test_the_seeds_are_indexed_before_the_page_opens_and_bring_their_questions(
    desk: Desk, launched: dict[str, Any]
) -> None:
    result = run("chat", "--seeds", "--open")
    assert result.stdout == "http://127.0.0.1:4321\n"
    assert desk.calls[0] == ("add", seeds.documents())
    assert launched["welcome"] == Welcome(seeds.QUESTIONS, seeds.FOLLOW_UP, seeds.CLAIM)
    assert launched["open_browser"] is True


def test_the_api_is_served_without_the_page(desk: Desk, launched: dict[str, Any]) -> None:
    assert run("serve", "--port", "8000").stdout == "http://127.0.0.1:4321\n"
    assert (launched["with_page"], launched["port"]) == (False, 8000)


# --- doctor


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """What the doctor is to find; the collection itself is whole."""
    found: list[tuple[str, bool]] = []

    def examine(home: Path, collection: str, *, repair: bool, servers: Servers) -> tuple[Finding, ...]:
        return tuple(Finding(what, repaired and repair) for what, repaired in found)

    monkeypatch.setattr("index.doctor.examine", examine)
    return found


def test_a_whole_collection_is_reported_as_such(desk: Desk, examined: list[tuple[str, bool]]) -> None:
    result = run("doctor")
    assert result.stdout == "Nothing is wrong.\n"
    assert result.exit_code == 0


def test_what_could_not_be_repaired_makes_the_doctor_fail(desk: Desk, examined: list[tuple[str, bool]]) -> None:
    examined.append(("The index was torn.", True))
    assert run("doctor").exit_code == 0
    assert run("doctor", "--check").exit_code == 1
    examined.append(("A text is gone.", False))
    result = run("doctor")
    assert result.stdout == "now in order: The index was torn.\nNOT repaired: A text is gone.\n"
    assert result.exit_code == 1


def test_embedding_anew_says_how_many_and_which_not(desk: Desk, examined: list[tuple[str, bool]]) -> None:
    result = run("doctor", "--re-embed")
    assert "1 documents were embedded anew." in result.stdout
    assert result.stderr == "Error: Its text has no words.\n"
    assert result.exit_code == 1
    told = json.loads(run("doctor", "--re-embed", "--json").stdout)
    assert told["findings"] == []
    assert [len(told["re_embedded"][outcome]) for outcome in ("updated", "failed")] == [1, 1]
    assert json.loads(run("doctor", "--json").stdout) == {"findings": [], "re_embedded": None}
    assert run("doctor", "--re-embed", "--check").exit_code == 2


# --- options, errors and interruptions


def test_options_before_the_command_choose_home_and_collection(desk: Desk, tmp_path: Path) -> None:
    run("--home", str(tmp_path / "other"), "--collection", "letters", "compact")
    assert desk.settings is not None
    assert (desk.settings.home, desk.settings.collection) == (tmp_path / "other", "letters")


def test_a_foreseen_error_is_one_sentence_on_stderr(desk: Desk) -> None:
    desk.error = StoreBusy("Another process is\nwriting \x1b[2J.")
    result = run("ask", "q")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == "Error: Another process is writing ⟨U+001B⟩[2J.\n"


def test_an_unforeseen_error_is_one_sentence_too_and_debug_shows_the_traceback(desk: Desk) -> None:
    desk.error = TypeError("that's odd")
    result = run("ask", "q")
    sentence = "Error: Something unexpected went wrong (TypeError: that's odd); run again with --debug and report it.\n"
    assert (result.exit_code, result.stderr) == (1, sentence)
    debugged = run("--debug", "ask", "q").stderr
    assert debugged.startswith("Traceback")
    assert debugged.endswith(sentence)


def test_a_wrong_setting_is_one_sentence(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_PORTT", "1")
    result = run("chat")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: The environment variable ASSISTANT_PORTT is not a setting; did you mean ASSISTANT_PORT?\n"
    )


def test_an_interruption_is_quiet_and_closes_the_store(desk: Desk) -> None:
    desk.error = KeyboardInterrupt()
    result = run("index", "a")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "")
    assert desk.calls == [("close",)]


@pytest.mark.parametrize("error", [None, StoreBusy("Another process is writing.")])
def test_garbage_is_looked_for_again_after_a_question(desk: Desk, error: Exception | None) -> None:
    desk.error = error
    run("ask", "q")
    assert gc.isenabled()
