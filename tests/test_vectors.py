"""The vector index: what is sealed is whole and stays as it is, and what is not whole is never used."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from index.dense import ROUNDING, cosines
from index.derived import VectorIndex
from index.errors import StoreDamaged
from index.generations import Generations
from index.manifest import DIRTY, MANIFEST, verify
from index.postings import Postings, build
from index.sqlite_files import is_sound, shrink_file
from index.vectors import Generation

_ALL = np.random.default_rng(3).normal(size=(400, 384)).astype(np.float32)


def _read(ids: Sequence[int]) -> npt.NDArray[np.float32]:
    return _ALL[np.asarray(ids, dtype=np.int64)]


def _words() -> Postings:
    return build([(0, "a word"), (1, "another word")])


@pytest.fixture
def generations(tmp_path: Path) -> Iterator[Generations]:
    opened = Generations(tmp_path / "generations", shrink=shrink_file, sound=is_sound)
    opened.folder.mkdir()
    yield opened
    opened.close()


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _found(generation: VectorIndex, number: int, n: int) -> list[int]:
    return [found for found, _ in generation.query(_ALL[number], n)]


@pytest.mark.parametrize("count", [1, 2, 3, 50, 400])
def test_a_generation_finds_every_passage_it_was_built_from(generations: Generations, count: int) -> None:
    generations.build(1, 0, np.arange(count), _read, _words)
    generation = generations.current(1)
    assert generation is not None, generations.failure
    assert all(_found(generation, number, 1) == [number] for number in range(0, count, 7))
    assert len(generation.query(_ALL[0], 10_000)) == count
    assert {path.name for path in generations.path(1).glob("*/*")} >= {"header.bin", "data_level0.bin"}


@pytest.mark.parametrize("gone", [0, 1, 5, 150])
def test_a_generation_built_from_its_predecessor_has_what_came_and_not_what_went(
    generations: Generations, gone: int
) -> None:
    generations.build(1, 0, np.arange(200), _read, _words)
    wanted = np.arange(gone, 201)
    generations.build(2, 1, wanted, _read, _words)
    generation = generations.current(2)
    assert generation is not None, generations.failure
    assert sorted(_found(generation, 200, 300)) == wanted.tolist()
    assert _found(generation, 200, 1) == [200]


def test_what_a_generation_says_of_a_cosine_is_right_up_to_rounding(generations: Generations) -> None:
    generations.build(1, 0, np.arange(400), _read, _words)
    generation = generations.current(1)
    assert generation is not None, generations.failure
    for number in range(0, 400, 40):
        found = generation.query(_ALL[number], 400)
        exact = cosines(_ALL[[each for each, _ in found]], _ALL[number])
        assert np.abs(exact - [cosine for _, cosine in found]).max() < ROUNDING / 5


def test_questions_leave_a_sealed_generation_as_it_is(generations: Generations) -> None:
    generations.build(1, 0, np.arange(100), _read, _words)
    before = _bytes(generations.path(1))
    for _ in range(3):
        generation = Generation(generations.path(1), is_sound)
        generation.query(_ALL[5], 10)
        generation.close()
    after = _bytes(generations.path(1))
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} <= {"chroma.sqlite3"}


def test_a_sealed_generation_has_no_vector_but_the_last_in_its_sqlite_file(generations: Generations) -> None:
    generations.build(1, 0, np.arange(100), _read, _words)
    stored = (generations.path(1) / "chroma.sqlite3").read_bytes()
    assert [number for number in range(100) if _ALL[number, :4].tobytes() in stored] == [99]


def _damage_dirty(folder: Path) -> None:
    (folder / DIRTY).touch()


def _damage_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text("{", "utf-8")


def _damage_flip(folder: Path) -> None:
    path = next(folder.glob("*/data_level0.bin"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _damage_header(folder: Path) -> None:
    next(folder.glob("*/header.bin")).write_bytes(b"\xff" * 100)


def _damage_missing(folder: Path) -> None:
    next(folder.glob("*/link_lists.bin")).unlink()


def _damage_sqlite(folder: Path) -> None:
    path = folder / "chroma.sqlite3"
    path.write_bytes(path.read_bytes()[:5000])


def _damage_emptied(folder: Path) -> None:
    (folder / "chroma.sqlite3").unlink()


def _damage_count(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    (folder / MANIFEST).write_text(json.dumps({**manifest, "count": 99}), "utf-8")


@pytest.mark.parametrize(
    "damage",
    [
        _damage_dirty, _damage_manifest, _damage_flip, _damage_header, _damage_missing, _damage_sqlite,
        _damage_emptied, _damage_count,
    ],
)  # fmt: skip
def test_a_damaged_generation_is_never_used(generations: Generations, damage: object) -> None:
    generations.build(1, 0, np.arange(100), _read, _words)
    assert callable(damage)
    damage(generations.path(1))
    assert generations.current(1) is None
    assert generations.failure
    generations.build(2, 1, np.arange(120), _read, _words)
    rebuilt = generations.current(2)
    assert rebuilt is not None
    assert _found(rebuilt, 110, 1) == [110]


def test_an_absent_generation_is_not_used(generations: Generations) -> None:
    assert generations.current(7) is None
    assert "missing" in generations.failure
    with pytest.raises(StoreDamaged, match="missing"):
        verify(generations.path(7), is_sound)


def test_a_generation_answers_while_its_files_are_removed(generations: Generations) -> None:
    generations.build(1, 0, np.arange(100), _read, _words)
    generation = generations.current(1)
    assert generation is not None
    generations.clean(keep=0)
    assert _found(generation, 9, 1) == [9]
    assert not generations.path(1).exists()


def test_clean_keeps_one_generation_and_removes_unfinished_ones(generations: Generations) -> None:
    generations.build(1, 0, np.arange(10), _read, _words)
    (generations.folder / "2").mkdir()
    _damage_dirty(generations.folder / "2")
    assert generations.clean(keep=1) == 1
    assert generations.check(1) == ""
