"""Indexing: every source gets its outcome in its place, only what changed is done again, and vectors never mix."""

import os
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.embed import Embedder
from index.errors import UnreadableSource
from index.ingest import Ingest
from index.limits import Limits
from index.models import IngestReport, Progress
from index.sources import TextSource
from index.store import Store
from tests.desk_index import (
    HASH_DIMENSION,
    HashEmbedder,
    fill,
    hash_vector,
    is_a_sentence,
    sentence_vectors_are_of_their_text,
)


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture
def ingest(store: Store, embedder: HashEmbedder) -> Ingest:
    return Ingest(store, lambda: embedder, limits=Limits(file_bytes=10_000))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return fill(tmp_path / "files", "b.txt", "a.md", "deep/c.txt", "deep/deeper/d.txt", "z.txt")


def outcomes(report: IngestReport, folder: Path) -> list[tuple[str, str]]:
    return [(os.path.relpath(each.path, folder), each.outcome) for each in report.files]


# --- outcomes


def test_each_source_is_added_left_updated_or_failed(ingest: Ingest, store: Store, folder: Path) -> None:
    files = ["a.md", "b.txt", "z.txt", "deep/c.txt", "deep/deeper/d.txt"]
    assert outcomes(ingest.add([folder]), folder) == [(name, "added") for name in files]
    assert outcomes(ingest.add([folder]), folder) == [(name, "unchanged") for name in files]
    (folder / "z.txt").write_text("Another text is here.")
    (folder / "b.txt").write_bytes(b"\xff\x00")
    fill(folder, "new.txt")
    report = ingest.add([folder])
    assert [each.path for each in report.added] == [str(folder / "new.txt")]
    assert [each.path for each in report.updated] == [str(folder / "z.txt")]
    assert [each.path for each in report.failed] == [str(folder / "b.txt")]
    assert len(report.unchanged) == 3
    for each in (*report.added, *report.updated, *report.unchanged):
        assert store.document(str(each.document_id)).source == each.path
    assert {document.text for document in store.documents() if document.source.endswith("b.txt")} == {
        "The text of b.txt is here.\n"
    }


def test_reports_stand_in_the_order_in_which_sources_were_met(ingest: Ingest, folder: Path) -> None:
    fill(folder, "c.bin")
    named = [folder / "z.txt", folder / "missing.txt", folder, folder / "a.md"]
    assert outcomes(ingest.add(named), folder) == [
        ("z.txt", "added"), ("missing.txt", "failed"), ("a.md", "added"), ("b.txt", "added"), ("c.bin", "failed"),
        ("deep/c.txt", "added"), ("deep/deeper/d.txt", "added"),
    ]  # fmt: skip


def test_each_source_is_indexed_once_however_often_it_is_named(
    ingest: Ingest, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    report = ingest.add(["a.md", "./a.md", "deep/../a.md", folder / "a.md", folder, ".", Path(), str(folder) + "/"])
    assert len(report.files) == len(report.added) == len(store.documents()) == 5


def test_hidden_files_are_left_out_unless_they_are_named(ingest: Ingest, folder: Path) -> None:
    fill(folder, ".hidden.txt", ".git/config.txt", "deep/.cache/x.txt")
    assert len(ingest.add([folder]).files) == 5
    named = ingest.add([folder / ".hidden.txt", folder / ".git"])
    assert [outcome for _, outcome in outcomes(named, folder)] == ["added", "added"]


def test_links_are_not_followed(ingest: Ingest, folder: Path, tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere", "e.txt")
    (folder / "deep" / "loop").symlink_to(folder)
    (folder / "away").symlink_to(tmp_path / "elsewhere")
    (folder / "file.txt").symlink_to(tmp_path / "elsewhere" / "e.txt")
    assert ("file.txt", "failed") in outcomes(ingest.add([folder]), folder)
    assert len(ingest.add([folder]).files) == 6
    assert len(ingest.add([folder / "away"]).files) == 1


def test_nothing_is_embedded_and_no_model_loaded_for_what_has_not_changed(
    ingest: Ingest, store: Store, embedder: HashEmbedder, folder: Path
) -> None:
    ingest.add([folder])
    assert len(embedder.embedded) == store.passage_count() == 5

    def refuse() -> Embedder:
        raise AssertionError("the model was loaded")

    revision = store.index_digest()
    again = Ingest(store, refuse, limits=Limits(file_bytes=10_000))
    assert len(again.add([folder, folder / "missing.txt"]).unchanged) == 5
    assert store.index_digest() == revision
    (folder / "a.md").write_text("Changed text.")
    ingest.add([folder])
    assert len(embedder.embedded) == 6


def test_small_documents_are_embedded_together(ingest: Ingest, embedder: HashEmbedder, folder: Path) -> None:
    fill(folder, *(f"{number}.txt" for number in range(100)))
    assert len(ingest.add([folder]).added) == 105
    assert embedder.batches == 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_documents_that_are_embedded_together_never_mix_their_vectors(
    store: Store, ingest: Ingest, tmp_path: Path, counts: list[int], random: Random
) -> None:
    for number, count in enumerate(counts):
        words = [f"w{random.randrange(10**6)}" for _ in range(count)]
        (tmp_path / f"{number}.txt").write_text(" ".join(f"Here {word} stands." for word in words))
    report = ingest.add(tmp_path / f"{number}.txt" for number in range(len(counts)))
    assert report.failed == ()
    sentence_vectors_are_of_their_text(store)


def test_many_texts_of_an_app_are_indexed_together_and_each_is_reported(
    ingest: Ingest, store: Store, embedder: HashEmbedder
) -> None:
    texts = [TextSource(f"Town {number} has a bridge.", f"Town {number}", f"town {number}") for number in range(9)]
    broken = [TextSource("", "Nothing", "nothing"), TextSource("\ud800", "No text", "no text")]
    report = ingest.add_texts([*texts[:4], *broken, *texts[4:], replace(texts[0], text="Town 0 has no bridge.")])
    assert [each.path for each in report.added] == [each.source for each in texts]
    assert [each.path for each in report.failed] == ["nothing", "no text"]
    assert all(each.reason for each in report.failed)
    assert {each.source: each.text for each in store.documents()} == {
        each.source: each.text for each in [replace(texts[0], text="Town 0 has no bridge."), *texts[1:]]
    }
    assert embedder.batches == 1
    assert len(ingest.add_texts(texts[1:]).unchanged) == 8


def test_what_was_added_is_found_by_its_words_and_by_its_vector(ingest: Ingest, store: Store, folder: Path) -> None:
    ingest.add([folder])
    store.warm_up()
    assert store.generations.is_open
    for document in store.documents():
        ((by_word, _),) = store.full_text([Path(document.source).stem], 5)
        ((by_vector, cosine),) = store.dense(hash_vector(f"{document.title}\n{document.text.strip()}"), 1)
        assert by_word == by_vector
        assert cosine == pytest.approx(1.0, abs=1e-5)
        assert store.passages([by_word])[by_word].source == document.source


# --- progress


def test_progress_goes_from_nothing_to_all_and_names_every_source_twice(ingest: Ingest, folder: Path) -> None:
    fill(folder, *(f"{number}.txt" for number in range(80)))
    (folder / "0.txt").write_text("")
    seen: list[Progress] = []
    report = ingest.add([folder, "", folder / "missing"], seen.append)
    total = len(report.files)
    assert {step.total for step in seen} == {total} == {87}
    done = [step.done for step in seen]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, total)
    begun = [step.path for step in seen if step.outcome is None]
    assert begun == [each.path for each in report.files]
    ended = {step.path: (step.outcome, step.reason) for step in seen if step.outcome}
    assert ended == {each.path: (each.outcome, each.reason) for each in report.files}
    assert [step.done for step in seen if step.outcome] == list(range(1, total + 1))


# --- texts


def test_a_text_from_the_same_source_replaces_the_older_one(ingest: Ingest, store: Store) -> None:
    first = ingest.add_text("The old text.", title="T", source="note 1", media_type="text/plain")
    other = ingest.add_text("The other text.", title="T", source="note 2", media_type="text/plain")
    second = ingest.add_text("The new text.", title="T", source="note 1", media_type="text/plain")
    assert second.id == first.id != other.id
    assert [document.text for document in store.documents()] == ["The new text.", "The other text."]
    assert store.full_text(["old"], 5) == []
    sentence_vectors_are_of_their_text(store)


def test_the_same_text_again_costs_nothing_unless_it_is_told_differently(
    ingest: Ingest, embedder: HashEmbedder
) -> None:
    first = ingest.add_text("# One\n\nTwo.", title="T", source="note", media_type="text/plain")
    assert ingest.add_text("# One\n\nTwo.", title=" T ", source="note", media_type="text/plain") == first
    assert embedder.batches == 1
    titled = ingest.add_text("# One\n\nTwo.", title="Other", source="note", media_type="text/plain")
    assert (titled.title, titled.id) == ("Other", first.id)
    read = ingest.add_text("# One\n\nTwo.", title="Other", source="note", media_type="text/markdown")
    assert read.media_type == "text/markdown"
    assert embedder.batches == 3


@pytest.mark.parametrize(
    ("text", "source", "media_type"),
    [("", "s", "text/plain"), (" \n", "s", "text/plain"), ("a\x00", "s", "text/plain"), ("\ud800", "s", "text/plain"),
     ("Text.", "s\x00", "text/plain"), ("Text.", "\ud800", "text/plain"), ("Text.", "s", "text/x-unknown")],
)  # fmt: skip
def test_a_text_that_cannot_be_kept_is_refused_in_one_sentence(
    ingest: Ingest, store: Store, text: str, source: str, media_type: str
) -> None:
    with pytest.raises(UnreadableSource) as refusal:
        ingest.add_text(text, title="T", source=source, media_type=media_type)
    assert is_a_sentence(str(refusal.value))
    assert store.documents() == []


def test_the_embedder_of_these_tests_fits_the_seam() -> None:
    embedder: Embedder = HashEmbedder()
    assert embedder.embed_question("x").shape == (embedder.identity.dimension,) == (HASH_DIMENSION,)
