"""Files made to exhaust a reader: refused at once, or ended by the limits, and harmful where a limit is off.

The second test is the control of the first: it shows that these files are as bad as they are meant to be, by switching
off the limit that catches them and letting the time limit, short, do so.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest

from index.errors import UnreadableSource
from index.isolated import IsolatedReader
from index.limits import Limits
from index.readers import SUFFIXES
from tests import papers

PARAGRAPH = b"<w:p><w:r><w:t>The bridge over the gorge was opened in 1932.</w:t></w:r></w:p>"
UNLIMITED = Limits(ratio=10**9, unpacked_bytes=10**12, characters=10**12, seconds=2)


@pytest.fixture(scope="module")
def reader() -> Iterator[IsolatedReader]:
    with IsolatedReader() as made:
        yield made


@cache
def swollen_word(paragraph: bytes, unpacked: int) -> bytes:
    """A small Word file with so many bytes of XML in it."""
    small = zipfile.ZipFile(io.BytesIO(papers.SMALL["a.docx"]))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in small.namelist():
            content = small.read(name)
            if name == "word/document.xml":
                head, body, rest = content.partition(b"<w:body>")
                content = head + body + paragraph * (unpacked // len(paragraph)) + rest
            archive.writestr(name, content)
    return made.getvalue()


def word_of_70_megabytes() -> bytes:
    return swollen_word(PARAGRAPH, 70_000_000)


def bomb() -> bytes:
    return swollen_word(b"<w:p><w:r><w:t>" + b"a" * 1_000_000 + b"</w:t></w:r></w:p>", 300_000_000)


def page_of_attributes() -> bytes:
    return b"<p " + b" ".join(b"a%d=1" % number for number in range(800_000)) + b">Words."


@pytest.mark.parametrize("make", [word_of_70_megabytes, bomb])
def test_a_small_file_that_unpacks_to_much_is_refused_before_that(
    reader: IsolatedReader, make: Callable[[], bytes]
) -> None:
    data = make()
    assert len(data) < 400_000
    with pytest.raises(
        UnreadableSource, match=r"^a.docx would unpack to \d+ MB in \d+ parts, more than is read; split"
    ):
        reader.parse(data, "a.docx", SUFFIXES[".docx"], Limits())


@pytest.mark.parametrize(
    ("name", "make"), [("a.docx", word_of_70_megabytes), ("b.docx", bomb), ("c.html", page_of_attributes)]
)
def test_with_its_limit_off_such_a_file_goes_on_until_its_time_is_up(
    reader: IsolatedReader, name: str, make: Callable[[], bytes]
) -> None:
    with pytest.raises(UnreadableSource, match=f"^{name} (took more than 2 seconds|needs more than 1,024 MB)"):
        reader.parse(make(), name, SUFFIXES[name[-5:]], UNLIMITED)


def test_a_flat_page_of_8_megabytes_is_read(reader: IsolatedReader) -> None:
    page = b"<html><body>" + b"<p>The bridge was opened in 1932." * (8_000_000 // 33)
    limits = replace(Limits(), characters=10**7)
    assert len(reader.parse(page, "flat.html", "text/html", limits).text) > 7_000_000
    with pytest.raises(UnreadableSource, match="characters and at most 5,000,000 are read; split it"):
        reader.parse(page, "flat.html", "text/html", Limits())


@pytest.mark.parametrize("depth", [5_000, 1_000_000])
def test_a_page_nested_deeply_is_refused_and_says_so(reader: IsolatedReader, depth: int) -> None:
    page = b"<div>" * depth + b"The bridge was opened in 1932." + b"</div>" * depth
    with pytest.raises(UnreadableSource, match="its elements are nested too deeply"):
        reader.parse(page, "deep.html", "text/html", Limits())
