"""Prompts are files that say which variables they have, and values go in literally."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import prompts
from assistant import Assistant
from assistant.settings import load_settings
from index.errors import InvalidSettings
from prompts import PromptError, bundled, parse, with_own

NAMES = sorted(bundled().by_name)


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_says_its_variables_and_something_else(name: str) -> None:
    prompt = bundled().load(name)
    rendered = prompt.render(**dict.fromkeys(prompt.variables, "value"))
    assert rendered
    assert "{" not in rendered


def test_every_markdown_file_of_the_folder_is_a_prompt() -> None:
    folder = Path(prompts.__file__).parent
    assert set(NAMES) == {path.stem for path in folder.glob("*.md")}


@given(st.text(), st.text())
def test_a_value_is_inserted_literally_whatever_it_holds(title: str, other: str) -> None:
    prompt = parse("two", "Variables: title, other\n\n{title} and {other}, again {title}")
    assert prompt.render(title=title, other=other) == f"{title} and {other}, again {title}"


def test_a_title_that_looks_like_a_variable_is_not_expanded() -> None:
    prompt = parse("two", "Variables: title, other\n\n{title}{other}")
    assert prompt.render(title="{other}{title}\\1", other="x") == "{other}{title}\\1x"


def test_a_missing_and_a_superfluous_value_are_named() -> None:
    prompt = bundled().load("answer")
    with pytest.raises(PromptError, match="lacks a value for title"):
        prompt.render()
    with pytest.raises(PromptError, match="has no author"):
        prompt.render(title="x", author="y")
    with pytest.raises(PromptError, match="has no self"):
        prompt.render(title="x", **{"self": "y"})


def test_an_unknown_prompt_is_named_with_those_that_exist() -> None:
    with pytest.raises(PromptError, match=r"no prompt '\.\./seeds/README'; there are answer, "):
        bundled().load("../seeds/README")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "Hello {title}",
        "Variables: none\n\n",
        "Variables: none\n\nHello {title}",
        "Variables: title\n\nHello",
        "Variables: title, title\n\nHello {title}",
        "Variables: title\nHello {title}",
    ],
)
def test_a_file_whose_first_line_does_not_fit_its_text_is_refused(written: str) -> None:
    with pytest.raises(PromptError):
        parse("wrong", written)


def test_braces_that_are_no_variable_stay() -> None:
    assert parse("code", "Variables: none\n\nset {} and {A} and { x }").render() == "set {} and {A} and { x }"


def test_a_prompt_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        bundled().load("answer").text = "other"  # type: ignore[misc]


@given(st.text("abc *.\\[]()", min_size=1, max_size=30), st.text("ab *", min_size=1, max_size=20))
def test_the_lines_that_a_prompt_rendered_are_found_again(title: str, before: str) -> None:
    prompt = parse("one", "Variables: title\n\nIn *{title}* (a+b):")
    found = prompt.pattern().search(f"{before}\n{prompt.render(title=title)}\nmore")
    assert found
    assert found[1] == title


# --- a folder of one's own


def own(folder: Path, name: str = "answer.md", written: str = "Variables: title\n\nFrom {title}:\n") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(written.encode())
    return folder


def test_ones_own_prompt_takes_the_place_of_one_and_the_version_tells(tmp_path: Path) -> None:
    changed = with_own(own(tmp_path))
    assert changed.load("answer").render(title="Birds") == "From Birds:"
    assert changed.load("write_rules") == bundled().load("write_rules")
    assert changed.version != bundled().version
    assert len(changed.version) == len(bundled().version) == 12


def test_the_same_words_have_the_same_version_whatever_their_line_ends(tmp_path: Path) -> None:
    text = (Path(prompts.__file__).parent / "write_rules.md").read_text("utf-8")
    assert with_own(own(tmp_path, "write_rules.md", text.replace("\n", "\r\n"))).version == bundled().version


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("answer.md", "Variables: none\n\nIt says:", "answer.md lacks the variable title; correct or remove the file."),
        ("answer.md", "Variables: title, who\n\n{title} {who}", "answer.md has no value for its variable who;"),
        ("answer.md", "Variables: title\n\nIt says:", "answer.md names the variables title and uses none."),
        ("answer.md", "{title}", "answer.md has to begin with a line 'Variables: ...'"),
        ("answers.md", "Variables: title\n\n{title}", "answers.md' is no prompt; those that there can be are answer, "),
        ("answer.txt", "Variables: title\n\n{title}", "There is no prompt in "),
    ],
)
def test_what_is_wrong_with_ones_own_prompts_is_one_sentence(
    tmp_path: Path, name: str, written: str, said: str
) -> None:
    settings = load_settings(tmp_path / "home", prompts_dir=str(own(tmp_path / "own", name, written)))
    with pytest.raises(InvalidSettings, match=r"^The setting prompts_dir cannot be used: ") as raised:
        Assistant.open(settings=settings)
    assert said in str(raised.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="nowhere' cannot be read"):
        with_own(tmp_path / "nowhere")


def test_ones_own_words_are_in_the_answer_and_a_follow_up_still_knows_the_document(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "home", prompts_dir=str(own(tmp_path / "own")), threshold=0.0)
    with Assistant.open(settings=settings) as assistant:
        assistant.add_text("It was opened in 1932. A storm came in 1951.", title="Alder Bridge", source="bridge")
        told = assistant.ask("When was the Alder Bridge opened?")
        assert told.text.startswith("From Alder Bridge:\n“")
        assert told.prompt_version == with_own(tmp_path / "own").version
        again = assistant.ask("When did a storm hit it?", [("What came?", told.text)])
        assert again.searched_for == "When did a storm hit Alder Bridge?"
