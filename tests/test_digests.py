"""Hashes of files: those of all their bytes, taken in few pieces."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import digests


class Counted:
    """A digest that counts how often it is given something."""

    def __init__(self) -> None:
        self.taken: list[int] = []

    def update(self, data: memoryview, /) -> None:
        self.taken.append(len(data))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=64), piece=st.integers(1, 80))
def test_every_byte_is_hashed_whatever_the_size_of_a_piece(
    content: bytes, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "PIECE", piece)
    path = tmp_path / "file"
    path.write_bytes(content)
    digest = hashlib.sha256()
    digests.feed(digest, path)
    assert digest.digest() == hashlib.sha256(content).digest()


def test_a_large_file_is_hashed_in_few_pieces(tmp_path: Path) -> None:
    """After each one a thread may have to wait for the interpreter longer than the hashing takes."""
    path = tmp_path / "weights"
    with path.open("wb") as file:
        file.truncate(2 * digests.PIECE + 1)
    counted = Counted()
    digests.feed(counted, path)
    assert counted.taken == [digests.PIECE, digests.PIECE, 1]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digests.feed(hashlib.sha256(), tmp_path / "none")
