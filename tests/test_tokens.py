"""Tokens: shown once, kept as hashes, never lost to another process, worth nothing when revoked or expired."""

import hashlib
import hmac
import json
import os
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.api.access import Access
from assistant.tokens import TokenNotFound, TokenStore
from index.errors import InvalidSettings, StoreDamaged, StoreError
from tests.conftest import ROOT

DAY = timedelta(days=1)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path)


def test_a_home_without_tokens_is_not_changed_by_looking(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "home")
    assert (store.all(), store.exists(), store.access("asst_x")) == ([], False, None)
    with pytest.raises(TokenNotFound):
        store.revoke("12345678")
    assert not (tmp_path / "home").exists()


def test_a_token_is_what_its_maker_says(store: TokenStore) -> None:
    text, token = store.create("the phone", scope="write", collection="letters")
    assert re.fullmatch(r"asst_[A-Za-z0-9_-]{43}", text)
    assert re.fullmatch(r"[0-9a-f]{8}", token.id)
    assert text.endswith(token.last_four)
    assert store.access(text) == Access(f"token {token.id} (the phone)", writes=True, collection="letters")
    assert store.exists()
    assert store.all() == [token]
    assert store.token(text) == store.find(token.id) == token


def test_a_token_reads_only_and_everywhere_unless_it_is_said(store: TokenStore) -> None:
    text, token = store.create()
    assert store.access(text) == Access(f"token {token.id}", writes=False, collection=None)


def test_what_is_kept_is_of_no_use_to_who_reads_it(store: TokenStore, tmp_path: Path) -> None:
    text, token = store.create("phone")
    written = (tmp_path / "tokens.json").read_text()
    assert text not in written
    assert text.removeprefix("asst_")[:8] not in written
    assert hashlib.sha256(text.encode()).hexdigest() in written
    assert "sha256" not in json.dumps(token.to_dict())
    assert store.access(token.digest) is None
    assert store.access(json.loads(written)["tokens"][0]["sha256"]) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_the_owner_can_read_the_file(store: TokenStore, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        _, token = store.create()
        store.create()
        store.revoke(token.id)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "tokens.json").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tokens.json", "tokens.lock"]


def test_tokens_are_never_the_same(store: TokenStore) -> None:
    made = [store.create() for _ in range(20)]
    assert len({text for text, _ in made}) == len({token.id for _, token in made}) == 20


def test_a_revoked_token_is_worth_nothing_in_a_store_that_was_open_before(store: TokenStore, tmp_path: Path) -> None:
    text, token = store.create()
    kept, _ = store.create()
    assert store.access(text)
    assert TokenStore(tmp_path).revoke(token.id) == token
    assert store.access(text) is None
    assert store.find(token.id) is None
    assert store.access(kept)
    with pytest.raises(TokenNotFound, match=token.id):
        store.revoke(token.id)


def test_a_new_token_is_worth_something_in_a_store_that_was_open_before(store: TokenStore, tmp_path: Path) -> None:
    assert not store.exists()
    text, _ = TokenStore(tmp_path).create()
    assert store.access(text)


def test_an_expired_token_is_worth_nothing_and_still_listed(tmp_path: Path) -> None:
    clock = Clock()
    store = TokenStore(tmp_path, clock=clock)
    text, token = store.create(days=30)
    clock.time += 30 * DAY - timedelta(seconds=1)
    assert store.access(text)
    assert store.exists()
    clock.time += timedelta(seconds=1)
    assert store.access(text) is None
    assert store.find(token.id) is None
    assert not store.exists()
    assert store.all() == [token]


def test_a_file_that_is_gone_lets_nobody_in(store: TokenStore, tmp_path: Path) -> None:
    text, _ = store.create()
    (tmp_path / "tokens.json").unlink()
    assert store.access(text) is None


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"tokens": [{}]}',
        b'{"tokens": 1}',
        b'{"tokens": [1]}',
        b"null",
        b'{"tokens": null}',
    ],
)
def test_a_damaged_file_lets_nobody_in_and_is_named(store: TokenStore, tmp_path: Path, written: bytes) -> None:
    text, _ = store.create()
    assert store.access(text)
    (tmp_path / "tokens.json").write_bytes(written)
    for ask in (lambda: store.access(text), store.exists, store.all, store.create):
        with pytest.raises(StoreDamaged, match=r"tokens\.json is damaged"):
            ask()
    assert (tmp_path / "tokens.json").read_bytes() == written


@pytest.mark.parametrize("change", [{"sha256": "é"}, {"created_at": "never"}, {"expires_at": 3}, {"sha256": None}])
def test_a_damaged_entry_is_no_token(store: TokenStore, tmp_path: Path, change: dict[str, object]) -> None:
    text, _ = store.create()
    kept = json.loads((tmp_path / "tokens.json").read_text())
    kept["tokens"][0].update(change)
    (tmp_path / "tokens.json").write_text(json.dumps(kept))
    with pytest.raises(StoreDamaged):
        TokenStore(tmp_path).access(text)


def test_an_unknown_scope_only_reads_and_a_time_without_zone_is_no_error(store: TokenStore, tmp_path: Path) -> None:
    text, _ = store.create(scope="write")
    kept = json.loads((tmp_path / "tokens.json").read_text())
    kept["tokens"][0].update(scope="everything", expires_at="9999-01-01T00:00:00")
    (tmp_path / "tokens.json").write_text(json.dumps(kept))
    access = store.access(text)
    assert access
    assert not access.writes


@pytest.mark.parametrize(
    ("name", "collection", "days"),
    [("x" * 81, None, None), ("a\nb", None, None), ("", "../x", None), ("", "", None), ("", None, 0), ("", None, 4000)],
)
def test_what_cannot_be_is_said_before_anything_is_written(
    tmp_path: Path, name: str, collection: str | None, days: int | None
) -> None:
    with pytest.raises(InvalidSettings):
        TokenStore(tmp_path).create(name, collection=collection, days=days)
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_cannot_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be"):
        TokenStore(tmp_path / "file" / "home").create()


def test_every_hash_is_compared_whichever_it_is_like(store: TokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [store.create()[0] for _ in range(5)]
    compared: list[str] = []
    alike = hmac.compare_digest

    def noting(kept: str, shown: str) -> bool:
        compared.append(kept)
        return alike(kept, shown)

    monkeypatch.setattr(hmac, "compare_digest", noting)
    for text in (texts[0], texts[4], "asst_" + "x" * 43, "", "é\ud800"):
        compared.clear()
        assert bool(store.access(text)) == (text in texts)
        assert len(compared) == 5


MAKE = """
import sys
from pathlib import Path
from assistant.tokens import TokenStore
store = TokenStore(Path(sys.argv[1]))
for _ in range(12):
    print(store.create(sys.argv[2])[0])
"""


def test_two_processes_that_make_tokens_lose_none(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAKE, str(tmp_path)]
    making = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True, cwd=ROOT) for name in "ab"]
    texts = [text for each in making for text in each.communicate(timeout=120)[0].split()]
    assert [each.returncode for each in making] == [0, 0]
    store = TokenStore(tmp_path)
    assert len(texts) == len(set(texts)) == len(store.all()) == 24
    assert all(store.access(text) for text in texts)


@given(st.text())
def test_no_text_is_a_token_by_chance(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    home = tmp_path_factory.getbasetemp() / "by-chance"
    store = TokenStore(home)
    if not store.exists():
        store.create()
    assert store.access(text) is None
