"""Pictures of pages: of the file that was read and of no other, with the quote marked; a removed upload is gone."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from assistant import Assistant
from assistant.ui.sources import add_sources
from assistant.uploads import Sent, add_uploads
from index.errors import SourceChanged, UnreadableSource
from tests import papers

BRIDGE = "The bridge over the gorge was opened in 1932 by the mayor of the town."
PAGES = ([*papers.lines("The town lies in a valley with two rivers and a mill.", BRIDGE)], papers.lines("Page two."))


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with Assistant.open(tmp_path / "home") as opened:
        yield opened


def indexed(assistant: Assistant, path: Path, data: bytes) -> tuple[Any, int, int]:
    path.write_bytes(data)
    report = assistant.add(path)
    document = assistant.document(str(report.files[0].document_id))
    start = document.text.index(BRIDGE)
    return document, start, start + len(BRIDGE)


def marked(picture: bytes) -> tuple[tuple[int, int], int]:
    """A picture's size, and how many of its pixels are of the colour of a mark."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    pixels = image.tobytes()
    return image.size, sum(pixels[i : i + 3] == bytes((255, 228, 120)) for i in range(0, len(pixels), 3))


def test_the_quote_is_marked_on_its_page(assistant: Assistant, tmp_path: Path) -> None:
    document, start, end = indexed(assistant, tmp_path / "town.pdf", papers.pdf(*PAGES))
    assert assistant.originals.has_pictures(document)
    (width, height), yellow = marked(assistant.originals.page_picture(document, start, end, whole=True))
    (part_width, part_height), part_yellow = marked(assistant.originals.page_picture(document, start, end))
    assert (part_width, part_yellow) == (width, yellow)
    assert part_height < height / 2
    assert yellow > 1_000
    two = document.text.index("Page two")
    other = marked(assistant.originals.page_picture(document, two, two + 9, whole=True))
    assert 0 < other[1] < yellow


def test_there_is_no_picture_of_another_file_than_was_read(assistant: Assistant, tmp_path: Path) -> None:
    path = tmp_path / "town.pdf"
    document, start, end = indexed(assistant, path, papers.pdf(*PAGES))
    path.write_bytes(papers.pdf(papers.lines("Another text.")))
    assert not assistant.originals.has_pictures(document)
    with pytest.raises(SourceChanged, match="has changed since it was read; index it again"):
        assistant.originals.page_picture(document, start, end)
    path.unlink()
    assert not assistant.originals.has_pictures(document)
    with pytest.raises(SourceChanged, match="There is no file"):
        assistant.originals.page_picture(document, start, end)


def test_a_text_has_no_pages(assistant: Assistant, tmp_path: Path) -> None:
    document, start, end = indexed(assistant, tmp_path / "town.txt", BRIDGE.encode())
    assert not assistant.originals.has_pictures(document)
    with pytest.raises(UnreadableSource, match="has no pages"):
        assistant.originals.page_picture(document, start, end)


def test_an_uploaded_pdf_is_kept_for_its_pages_until_its_document_is_removed(
    assistant: Assistant, tmp_path: Path
) -> None:
    for _ in range(2):  # the second time nothing has changed but the time
        sent = tmp_path / "sent" / "town.pdf"
        sent.parent.mkdir(exist_ok=True)
        sent.write_bytes(papers.pdf(*PAGES))
        add_uploads(assistant, [Sent("letters/town.pdf", sent, 0)], lambda step: None)
        (document,) = assistant.documents()
        assert assistant.originals.has_pictures(document)
    assert document.source == str(assistant.originals.uploads / "letters" / "town.pdf")
    assistant.remove(document.id)
    assert not assistant.originals.uploads.exists()


def test_a_file_of_the_person_stays_when_its_document_is_removed(assistant: Assistant, tmp_path: Path) -> None:
    document, _, _ = indexed(assistant, tmp_path / "town.pdf", papers.pdf(*PAGES))
    assistant.remove(document.id)
    assert (tmp_path / "town.pdf").exists()


def test_the_page_serves_the_picture_or_a_sentence(assistant: Assistant, tmp_path: Path) -> None:
    document, start, end = indexed(assistant, tmp_path / "town.pdf", papers.pdf(*PAGES))
    at = f"assistant://default/{document.id}?sha256={document.content_hash}#char={start},{end}"
    app = Starlette()
    add_sources(app, lambda request: assistant)
    client = TestClient(app)
    panel = client.get("/source", params={"at": at, "fragment": "1"}).text
    assert 'class="source-picture"' in panel
    served = client.get("/picture", params={"at": at})
    assert served.headers["content-type"] == "image/png"
    assert served.content == assistant.originals.page_picture(document, start, end)
    (tmp_path / "town.pdf").unlink()
    assert "source-picture" not in client.get("/source", params={"at": at, "fragment": "1"}).text
    gone = client.get("/picture", params={"at": at})
    assert gone.status_code == 404
    assert "There is no file" in gone.text
    assert client.get("/picture", params={"at": "nonsense"}).status_code == 404
