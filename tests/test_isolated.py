"""Files are parsed in another process: whatever one does, it costs no more than the limits, and the next is read."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.errors import UnreadableSource
from index.isolated import IsolatedReader
from index.limits import MEGABYTE, Limits
from index.readers import FORMATS, SUFFIXES, media_type_of, parse, read_file
from tests import papers

HTML = "text/html"


@pytest.fixture(scope="module")
def reader() -> Iterator[IsolatedReader]:
    with IsolatedReader() as made:
        yield made


def children() -> set[int]:
    """The processes whose parent this one is."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid() and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


@pytest.mark.parametrize("name", papers.SMALL)
def test_a_reading_is_the_same_from_another_process(reader: IsolatedReader, name: str, tmp_path: Path) -> None:
    media_type = media_type_of(Path(name)) or ""
    here = parse(papers.SMALL[name], name, media_type, Limits())
    assert reader.parse(papers.SMALL[name], name, media_type, Limits()) == here
    (tmp_path / name).write_bytes(papers.SMALL[name])
    assert read_file(tmp_path / name, parse_apart=reader.parse) == here
    assert "1932" in here.text


def test_every_format_has_a_small_document_here() -> None:
    assert {SUFFIXES[Path(name).suffix] for name in papers.SMALL} == set(FORMATS)


def test_what_a_reader_refuses_is_refused_with_its_sentence(reader: IsolatedReader) -> None:
    with pytest.raises(UnreadableSource, match=r"^a.pdf is no PDF file or a damaged one"):
        reader.parse(b"words", "a.pdf", "application/pdf", Limits())


def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_is_read(reader: IsolatedReader) -> None:
    slow = b"<p " + b" ".join(b"a%d=1" % number for number in range(300_000)) + b">Words."
    began = time.monotonic()
    with pytest.raises(UnreadableSource, match=r"^slow.html took more than 1 seconds to read and was given up; .*\.$"):
        reader.parse(slow, "slow.html", HTML, Limits(seconds=1))
    assert time.monotonic() - began < 20
    assert reader.parse(b"<p>Words.", "a.html", HTML, Limits()).text == "Words."


def test_a_file_that_needs_too_much_memory_is_given_up_and_the_next_one_is_read(reader: IsolatedReader) -> None:
    large = b"<p>" + b"<b>words</b>" * 3_000_000
    with pytest.raises(UnreadableSource, match=r"needs more than 256 MB of memory or breaks its reader; .*\.$"):
        reader.parse(large, "large.html", HTML, Limits(memory_bytes=256 * MEGABYTE))
    assert reader.parse(b"<p>Words.", "a.html", HTML, Limits()).text == "Words."


def test_too_much_text_is_refused(reader: IsolatedReader) -> None:
    with pytest.raises(UnreadableSource, match="has 13 characters and at most 12 are read; split it"):
        reader.parse(b"<p>Thirteen char", "a.html", HTML, Limits(characters=12))


def test_closing_ends_the_process_and_a_later_file_starts_another() -> None:
    before = children()
    with IsolatedReader() as reader:
        reader.parse(b"<p>Words.", "a.html", HTML, Limits())
        (started,) = children() - before
    assert children() == before
    assert reader.parse(b"<p>Words.", "a.html", HTML, Limits()).text == "Words."
    (other,) = children() - before
    assert other != started
    reader.close()
    assert children() == before


def test_a_process_that_was_killed_is_replaced() -> None:
    before = children()
    with IsolatedReader() as reader:
        reader.parse(b"<p>Words.", "a.html", HTML, Limits())
        for started in children() - before:
            os.kill(started, 9)
        time.sleep(0.2)
        assert reader.parse(b"<p>Words.", "a.html", HTML, Limits()).text == "Words."
