"""The messy real documents of the evaluation data: each is read, read in part with the reason, or refused with it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.errors import UnreadableSource
from index.isolated import IsolatedReader
from index.models import Reading
from index.readers import read_file

pytestmark = pytest.mark.shared

READ = {
    "all-number-table.pdf": "| 400.01 | 3 |",
    "ArabicCIDTrueType.pdf": "انواع الخطوط العربية",
    "bomb_giant.pdf": "GIANT JBIG2 BOMB",
    "code_and_formula.pdf": "sed diam nonumy eirmod tempor invidunt",
    "docx-hdrftr.docx": "Main document",
    "example-10k-1p.html": "Galaxy Gaming, Inc.",
    "example-with-scripts.html": "Belarusian forces remain unlikely to attack Ukraine",
    "handbook-872p.docx": "Handbook for",
    "korean-text-with-tables.pdf": "빅포인트의 유효기간은 5년으로, 유효기간 만료 시 월 단위로 자동 소멸",
    "mime-multipart-digest.eml": "This is the second message in the digest.",
    "mistitled_outlines_example.pdf": "Hello, here is some text without a meaning.",
    "multi-column-2p.pdf": "Open-domain question answering relies on efficient passage retrieval to select",
    "REPAIR-2022-INV-001_multipage.pdf": "| Body Labor | 2 | 150 | 300 |",
    "right_to_left_01.pdf": "تحسين الإنتاجية وحل المشكلات من خلال البرمجة بلغة",
    "table_mislabeled_as_picture.pdf": "what is the maximum caseload per lawyer at one time?",
    "test_with_comment.docx": "AutoGen is an open-source framework",
    "text_document_03.odt": "| Column A | Column B |",
    "wiki_duck.html": "Duck is the common name for numerous species of waterfowl in the family Anatidae.",
    "zen_of_python_corrupted.pdf": "Explicit is better than implicit. Simple is better than complex.",
}
"""What stands in the text of each that is read whole."""

IN_PART = {
    "test_mskanji.csv": ("| 佐藤太郎 | 30 | 東京 |", "read as cp932"),
    "vertical.pdf": ("日本語 あいうえお", "Nothing is on pages 2 and 3"),
    "with-attachment.pdf": ("Lorem ipsum dolor sit amet", "Of the files attached to it (1) none was read"),
}
"""What stands in the text of the others that are read, and what is said of what was not or may be wrong."""

REFUSED = {
    "aes-256.pdf": "is encrypted",
    "habibi.pdf": "cannot be decoded: its fonts do not say which letters their signs are",
    "ocr_test.pdf": "looks scanned, and text recognition (OCR) is not included",
    "password.pdf": "is encrypted",
    "password_protected.xlsx": "is encrypted",
    "poppler-395-0-fuzzed.pdf": "is damaged",
}
"""Why the rest is not read."""


Read = Callable[[str], Reading]


@pytest.fixture(scope="module")
def read(shared_data: Path) -> Iterator[Read]:
    """Reads one of the files."""
    with IsolatedReader() as reader:
        yield lambda name: read_file(shared_data / "files" / name, parse_apart=reader.parse)


def test_the_table_names_every_file(shared_data: Path) -> None:
    files = {path.name for path in (shared_data / "files").iterdir()} - {"manifest.json"}
    assert files == {*READ, *IN_PART, *REFUSED}


@pytest.mark.parametrize("name", READ)
def test_a_file_is_read_whole(read: Read, name: str) -> None:
    reading = read(name)
    assert READ[name] in reading.text
    assert reading.notes == ()


@pytest.mark.parametrize("name", IN_PART)
def test_a_file_is_read_in_part_and_that_is_said(read: Read, name: str) -> None:
    reading = read(name)
    text, note = IN_PART[name]
    assert text in reading.text
    assert note in " ".join(reading.notes)


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_is_refused_with_the_reason(read: Read, name: str) -> None:
    with pytest.raises(UnreadableSource) as caught:
        read(name)
    assert REFUSED[name] in str(caught.value)
    assert name in str(caught.value)


def test_the_long_handbook_has_its_headings(read: Read) -> None:
    reading = read("handbook-872p.docx")
    headings = [block for block in reading.blocks if block.kind == "heading"]
    assert len(headings) > 250
    assert {block.level for block in headings} == {1, 2, 3}


def test_white_text_of_a_real_page_is_marked(read: Read) -> None:
    reading = read("korean-text-with-tables.pdf")
    told = "".join(reading.text[span.start : span.end] for span in reading.hidden)
    assert told
    assert not any("\uac00" <= character <= "\ud7a3" for character in told)
