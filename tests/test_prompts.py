"""Prompts are files that say which variables they have, and values go in literally."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import prompts
from prompts import Prompt, PromptError, load, names, parse, version


@pytest.mark.parametrize("name", names())
def test_every_prompt_says_its_variables_and_something_else(name: str) -> None:
    prompt = load(name)
    rendered = prompt.render(**dict.fromkeys(prompt.variables, "value"))
    assert rendered
    assert "{" not in rendered


def test_every_markdown_file_of_the_folder_is_a_prompt() -> None:
    folder = Path(prompts.__file__).parent
    assert set(names()) == {path.stem for path in folder.glob("*.md")}


@given(st.text(), st.text())
def test_a_value_is_inserted_literally_whatever_it_holds(title: str, other: str) -> None:
    prompt = parse("two", "Variables: title, other\n\n{title} and {other}, again {title}")
    assert prompt.render(title=title, other=other) == f"{title} and {other}, again {title}"


def test_a_title_that_looks_like_a_variable_is_not_expanded() -> None:
    prompt = parse("two", "Variables: title, other\n\n{title}{other}")
    assert prompt.render(title="{other}{title}\\1", other="x") == "{other}{title}\\1x"


def test_a_missing_and_a_superfluous_value_are_named() -> None:
    prompt = load("answer")
    with pytest.raises(PromptError, match="lacks a value for title"):
        prompt.render()
    with pytest.raises(PromptError, match="has no author"):
        prompt.render(title="x", author="y")
    with pytest.raises(PromptError, match="has no self"):
        prompt.render(title="x", **{"self": "y"})


def test_an_unknown_prompt_is_named_with_those_that_exist() -> None:
    with pytest.raises(PromptError, match=r"no prompt '\.\./seeds/README'; there are answer, "):
        load("../seeds/README")


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


def test_the_version_is_short_and_stable() -> None:
    assert version() == version()
    assert len(version()) == 12


def test_a_prompt_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        load("answer").text = "other"  # type: ignore[misc]


def test_a_prompt_is_read_once() -> None:
    first: Prompt = load("answer")
    assert load("answer") is first
