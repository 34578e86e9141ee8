"""The commands of tokens: the token alone on standard output, everything else beside it."""

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from assistant import token_command
from assistant.cli import options
from assistant.tokens import TokenStore

runner = CliRunner()
app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
app.add_typer(token_command.commands)
app.callback()(options)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSISTANT_COLLECTION", raising=False)


def run(home: Path, *arguments: str, code: int = 0) -> tuple[str, str]:
    done = runner.invoke(app, ["--home", str(home), *arguments])
    assert done.exit_code == code, done.output
    return done.stdout, done.stderr


def test_a_token_stands_alone_on_standard_output(tmp_path: Path) -> None:
    out, said = run(tmp_path, "token", "create")
    assert re.fullmatch(r"asst_[A-Za-z0-9_-]{43}\n", out)
    assert "may read all collections." in said
    assert out.strip() not in said
    access = TokenStore(tmp_path).access(out.strip())
    assert access
    assert (access.writes, access.collection) == (False, None)


def test_every_option_is_kept(tmp_path: Path) -> None:
    given = ("--scope", "write", "--collection", "letters", "--name", " the phone ", "--days", "3")
    out, said = run(tmp_path, "token", "create", *given)
    assert "may read and change the collection 'letters' until " in said
    (token,) = TokenStore(tmp_path).all()
    assert (token.scope, token.collection, token.name) == ("write", "letters", "the phone")
    assert token.expires_at
    assert (token.expires_at - token.created_at).days == 3
    assert TokenStore(tmp_path).access(out.strip())


def test_a_collection_before_the_command_is_not_without_effect(tmp_path: Path) -> None:
    run(tmp_path, "--collection", "letters", "token", "create")
    run(tmp_path, "--collection", "letters", "token", "create", "--collection", "notes")
    assert [token.collection for token in TokenStore(tmp_path).all()] == ["letters", "notes"]


def test_the_list_shows_everything_but_what_is_secret(tmp_path: Path) -> None:
    assert "There are no tokens" in run(tmp_path, "token", "list")[0]
    assert json.loads(run(tmp_path, "token", "list", "--json")[0]) == []
    text = run(tmp_path, "token", "create", "--name", "phone")[0].strip()
    (token,) = TokenStore(tmp_path).all()
    lines, _ = run(tmp_path, "token", "list")
    assert lines.split()[:4] == [token.id, f"...{text[-4:]}", "read", "all"]
    assert lines.endswith("expires never  phone\n")
    listed, _ = run(tmp_path, "token", "list", "--json")
    assert json.loads(listed) == [token.to_dict()]
    for shown in (lines, listed):
        assert text not in shown
        assert token.digest not in shown


def test_a_revoked_token_is_gone_and_a_second_time_is_one_sentence(tmp_path: Path) -> None:
    text = run(tmp_path, "token", "create")[0].strip()
    (token,) = TokenStore(tmp_path).all()
    assert run(tmp_path, "token", "revoke", token.id)[0].startswith(f"revoked: {token.id}")
    assert TokenStore(tmp_path).access(text) is None
    out, said = run(tmp_path, "token", "revoke", token.id, code=1)
    assert out == ""
    assert said == (
        f"Error: There is no token {token.id!a} in this home; `assistant token list` shows those that there are.\n"
    )


@pytest.mark.parametrize("given", [["--scope", "all"], ["--days", "0"], ["--days", "x"], ["--days", "99999"]])
def test_an_impossible_option_is_wrong_usage(tmp_path: Path, given: list[str]) -> None:
    assert run(tmp_path, "token", "create", *given, code=2)[0] == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", [["--collection", "../x"], ["--collection", ""], ["--name", "a\x1b[2Jb"]])
def test_an_impossible_name_is_an_error(tmp_path: Path, given: list[str]) -> None:
    out, said = run(tmp_path, "token", "create", *given, code=1)
    assert out == ""
    assert said.startswith("Error: A ")
    assert "\x1b" not in said
