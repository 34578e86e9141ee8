"""Settings: the first of keyword, environment, file and default wins, and no mistake stays silent."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assistant.settings import Settings, default_home, load_settings
from index.errors import InvalidSettings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.upper().startswith("ASSISTANT_"):
            monkeypatch.delenv(name)


def test_the_defaults_need_nothing(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert settings == Settings(home=tmp_path)
    assert (settings.collection, settings.embedding_model, settings.reranker_model) == ("default", "", "")
    assert (settings.host, settings.port) == ("127.0.0.1", 7860)
    assert settings.threshold is None


def test_the_first_of_keyword_environment_file_and_default_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings(tmp_path).port == 7860
    (tmp_path / "settings.toml").write_text("port = 1\nthreads = 3\n")
    assert load_settings(tmp_path).port == 1
    monkeypatch.setenv("ASSISTANT_PORT", "2")
    assert load_settings(tmp_path).port == 2
    assert load_settings(tmp_path, port=3).port == 3
    assert load_settings(tmp_path, port=3).threads == 3


def test_the_home_is_the_keyword_else_the_environment_else_the_platforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings().home == default_home()
    named = tmp_path / "named"
    named.mkdir()
    (named / "settings.toml").write_text("port = 9\n")
    monkeypatch.setenv("ASSISTANT_HOME", str(named))
    assert load_settings().home == named
    assert load_settings().port == 9
    assert load_settings(tmp_path).home == tmp_path
    assert load_settings(tmp_path).port == 7860


def test_a_home_does_not_depend_on_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings("here").home == tmp_path / "here"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings("~/there").home == tmp_path / "there"


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        load_settings(tmp_path).port = 1


def test_an_unknown_key_in_the_file_is_named_with_the_nearest_known_one(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('embeding_model = "x"\n')
    with pytest.raises(InvalidSettings, match=r"'embeding_model' in .*settings\.toml; did you mean embedding_model\?"):
        load_settings(tmp_path)


def test_an_unknown_environment_variable_is_named_with_the_nearest_known_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_TRESHOLD", "0.5")
    with pytest.raises(InvalidSettings, match=r"ASSISTANT_TRESHOLD is not a setting; did you mean ASSISTANT_THRESHOLD"):
        load_settings(tmp_path)


def test_an_unknown_keyword_is_named_and_without_a_near_one_all_are_listed(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="no setting 'xyzzy'; the settings are home, collection, "):
        load_settings(tmp_path, xyzzy=1)


IMPOSSIBLE: list[tuple[str, Any]] = [
    ("port", "many"),
    ("port", -1),
    ("port", 65536),
    ("threads", -1),
    ("threshold", 1.5),
    ("threshold", "nan"),
    ("max_file_megabytes", 0),
    ("max_request_megabytes", 0),
    ("max_requests_per_minute", -1),
    ("max_concurrent_requests", 0),
    ("log_requests", "perhaps"),
    ("allowed_origins", "*"),
    ("allowed_origins", "https://example.org/"),
    ("allowed_origins", "https://example.org, example.com"),
    ("allowed_origins", "https://someone@example.org"),
    ("allowed_origins", "null"),
    ("host", ""),
    ("collection", ""),
]


@pytest.mark.parametrize(("name", "value"), IMPOSSIBLE)
def test_an_impossible_value_is_named_with_where_it_stands_and_what_is_possible(
    name: str, value: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    possible = f"it has to be {Settings.model_fields[name].description}."
    with pytest.raises(InvalidSettings) as keyword:
        load_settings(tmp_path, **{name: value})
    assert str(keyword.value) == f"The setting {name} cannot be {value!a}; {possible}"
    (tmp_path / "settings.toml").write_text(f"{name} = {value!r}\n")
    with pytest.raises(InvalidSettings) as written:
        load_settings(tmp_path)
    assert f"The setting {name} in {tmp_path / 'settings.toml'} cannot be {value!a}; {possible}" == str(written.value)
    monkeypatch.setenv(f"ASSISTANT_{name.upper()}", str(value))
    with pytest.raises(InvalidSettings) as variable:
        load_settings(tmp_path)
    assert (
        str(variable.value) == f"The environment variable ASSISTANT_{name.upper()} cannot be {str(value)!a}; {possible}"
    )


def test_origins_are_as_browsers_send_them(tmp_path: Path) -> None:
    assert load_settings(tmp_path).origins == ()
    written = " https://Example.org:443,http://localhost:3000 ,http://[::1]:80,app://desk, "
    origins = load_settings(tmp_path, allowed_origins=written).origins
    assert origins == ("https://example.org", "http://localhost:3000", "http://[::1]", "app://desk")


@pytest.mark.parametrize("home", ["", " ", "a\0b", "~no-such-user-at-all/x"])
def test_an_impossible_home_is_one_sentence(home: str) -> None:
    with pytest.raises(InvalidSettings, match="The home cannot be"):
        load_settings(home)


@pytest.mark.parametrize("written", [b"port = ", b"port = 1\nport = 2", b"\xff\xfe", b"= 3"])
def test_a_file_that_is_not_toml_is_one_sentence_that_names_it(written: bytes, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes(written)
    with pytest.raises(InvalidSettings, match=r"settings\.toml is not a TOML file in UTF-8"):
        load_settings(tmp_path)


def test_a_file_cannot_move_the_home_in_which_it_lies(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('home = "/elsewhere"\n')
    with pytest.raises(InvalidSettings, match="remove the line 'home"):
        load_settings(tmp_path)


@given(st.dictionaries(st.text(min_size=1).filter(lambda name: name != "home"), st.text(), min_size=1, max_size=3))
def test_any_keywords_give_settings_or_one_sentence(keywords: dict[str, str]) -> None:
    with pytest.raises(InvalidSettings) as error:
        load_settings("/nowhere", **{**keywords, "port": "x"})
    assert "\n" not in str(error.value)


def test_a_long_value_is_not_repeated_whole(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings) as error:
        load_settings(tmp_path, port="9" * 100_000)
    assert len(str(error.value)) < 300
