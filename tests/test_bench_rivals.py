"""The comparison with other tools: what is said to them, what is counted, and what becomes of one that fails."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.data import Question, Source
from bench.figures import keep
from bench.rivals import table
from bench.rivals.environments import RIVALS, Environment, Rival, ToolFailed, environment, size
from bench.rivals.protocol import Quoted
from bench.rivals.runner import Measured, installed, measure, measure_starts, sample
from bench.rivals.scores import Asked, by, scores
from bench.rivals.talking import talking
from index.embed import load_embedder

SOURCES = [
    Source("bridge", "Alder Bridge", "The bridge was opened in 1931. It carries two tracks."),
    Source("harbour", "Harbour", "The ferry is called Petrel. Her captain is Oskar Lind."),
]
OPENED = Question("When was it opened?", "bridge", ("1931",), ((25, 29),), True)
CAPTAIN = Question("Who is the captain?", "harbour", ("Oskar Lind",), ((43, 53),), True)
ABSENT = Question("What does it weigh?", "bridge", (), (), False)
HERE = Environment(Path(sys.executable), 10.0, 4.0)


def whole(text: str, question: str) -> str:
    return text


def row(name: str = "fake") -> Measured:
    return Measured(name, "tests.fake_rival", environment=HERE)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., list[Measured]]:
    """Measures fake tools on the two documents, and their starts."""

    def run(rows: list[Measured], questions: list[Question], model: str = "model") -> list[Measured]:
        given = {"model": Path(model), "folder": tmp_path / "indexes"}
        measure(rows, "towns", SOURCES, questions, cut=whole, **given)
        measure_starts(rows, OPENED.text, 2, **given)
        return rows

    return run


# --- the protocol


def test_a_tool_is_indexed_asked_and_started_anew_over_its_index(run: Callable[..., list[Measured]]) -> None:
    (measured,) = run([row()], [OPENED, CAPTAIN, ABSENT])
    assert measured.reason == ""
    assert measured.versions.keys() == {"numpy"}
    assert measured.indexing["towns"].documents == measured.indexing["towns"].passages == 2
    found = measured.scores["towns"]
    assert (found.first_quote, found.exact, found.answered, found.refused) == (1.0, 1.0, 1.0, 1.0)
    assert measured.cold_start_s is not None
    assert 0 < found.p50_ms / 1_000 < measured.cold_start_s


def test_what_a_library_prints_is_no_reply(tmp_path: Path) -> None:
    with talking(row().call(Path("model"), tmp_path)) as talk:
        told = talk.say({"index": [{"id": "a", "title": "A", "text": "A text."}]})
    assert (told["passages"], told["characters"]) == (1, 7)


def test_a_tool_that_does_not_come_up_has_a_row_with_its_last_words(run: Callable[..., list[Measured]]) -> None:
    (measured,) = run([row()], [OPENED], model="unreadable")
    assert measured.reason == "It ended: ModelError: the model cannot be read."
    assert measured.scores == {}


def test_a_tool_that_falls_over_does_not_end_the_run_of_the_others(
    run: Callable[..., list[Measured]],
) -> None:
    broken = Measured("broken", "tests.no_such_module", environment=HERE)
    measured = run([row(), broken], [OPENED])
    assert measured[0].scores["towns"].first_quote == 1.0
    assert "No module named" in measured[1].reason
    crash = Question("Will it crash?", "bridge", (), (), False)
    (fallen,) = run([row()], [OPENED, crash, CAPTAIN])
    assert fallen.reason == "It ended: CrashError: it fell over."


def test_a_tool_that_has_ended_can_still_be_talked_to(tmp_path: Path) -> None:
    with talking(row().call(Path("model"), tmp_path)) as talk:
        for asked in ({"ask": "Will it crash?"}, {"index": [{"id": "a", "title": "A", "text": "long " * 100_000}]}):
            with pytest.raises(ToolFailed, match="CrashError"):
                talk.say(asked)


def test_a_tool_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    call = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(ToolFailed, match=r"it took more than 0\.2 seconds"), talking(call, seconds=0.2):
        pass


def test_a_tool_that_cannot_be_installed_has_a_row_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "envs").write_text("A file where the environments would be.")
    (measured,) = installed([Rival("nothing", "bench.rivals.txtai")], tmp_path / "envs")
    assert "cannot be installed" in measured.reason


# --- scores


def test_a_quote_is_exact_when_it_is_a_slice_of_the_document_it_names() -> None:
    told = (("It carries two tracks.", "bridge"), ("It carries  two tracks.", "bridge"), ("It carries", "harbour"))
    quotes = tuple(Quoted(*each) for each in told)
    assert scores([Asked(OPENED, 0.1, False, quotes)], SOURCES, whole).exact == pytest.approx(1 / 3)


def test_a_refusal_counts_as_a_miss_where_that_is_told() -> None:
    right = (Quoted(SOURCES[0].text, "bridge"),)
    found = scores([Asked(OPENED, 0.1, True, right), Asked(OPENED, 0.3, False, right)], SOURCES, whole)
    assert (found.first_quote, found.first_quote_refusing, found.answered, found.refused) == (1.0, 0.5, 0.5, None)


def test_what_is_shown_around_a_quote_counts_apart() -> None:
    quoted = Quoted("It carries two tracks.", "bridge", SOURCES[0].text)
    found = scores([Asked(OPENED, 0.1, False, (quoted,))], SOURCES, whole)
    assert (found.first_quote, found.first_sentence, found.first_shown) == (0.0, 0.0, 1.0)


def test_a_tool_without_quotes_has_no_exactness_and_finds_nothing() -> None:
    found = scores([Asked(OPENED, 0.1, False, ())], SOURCES, whole)
    assert (found.first_quote, found.exact, found.first_quote_characters) == (0.0, None, 0.0)


def test_a_chunk_is_cut_to_the_sentence_most_like_the_question() -> None:
    cut = by(load_embedder())
    assert cut(SOURCES[1].text, "Who is the captain?") == "Her captain is Oskar Lind."
    assert cut("One sentence alone.", "Anything?") == "One sentence alone."


def test_a_sample_is_spread_evenly_over_both_kinds_of_questions() -> None:
    questions = [Question(str(number), "", (), (), number < 10) for number in range(14)]
    assert [each.text for each in sample(questions, 2)] == ["0", "5", "10", "12"]
    assert len(sample(questions, 0)) == 14


# --- what comes out


def test_the_tables_have_a_row_for_every_tool_and_every_cell(run: Callable[..., list[Measured]]) -> None:
    failed = Measured("failed", "tests.fake_rival", reason="It ended: a|b.")
    measured = [*run([row("first"), row("second")], [OPENED, ABSENT]), failed]
    for written, lines in ((table.of_set("towns", measured), 5), (table.of_tools(measured), 5)):
        rows = written.strip().splitlines()
        assert len(rows) == lines
        assert len({each.count("|") for each in rows}) == 1
        assert "It ended: a/b." in written
    assert "| towns | second | " in table.of_ratios(measured)


def test_figures_are_kept_with_the_machine_its_load_and_the_versions(tmp_path: Path) -> None:
    keep({"share": 0.5}, tmp_path / "results" / "some.json")
    kept = json.loads((tmp_path / "results" / "some.json").read_text())
    assert kept["result"] == {"share": 0.5}
    assert {"processors", "load_average", "versions", "python", "system"} <= kept["machine"].keys()
    assert "torch" in kept["machine"]["versions"]


def test_every_tool_has_its_module_and_pinned_requirements() -> None:
    for rival in RIVALS:
        assert rival.requirements.with_suffix(".py").is_file()
        assert "torch<2.14" in rival.requirements.read_text()


def test_an_environment_is_measured_by_its_files(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "module.py").write_text("12345")
    assert (size(tmp_path), size(tmp_path / "absent")) == (5, 0)
    with pytest.raises(ToolFailed):
        environment(Rival("nothing", "bench.rivals.txtai"), tmp_path / "package" / "module.py")
