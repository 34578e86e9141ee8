"""Readers: the text is the file's to the character, the title is what a person calls it, bad input is one sentence."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import UnreadableSource
from index.limits import Limits
from index.readers import FORMATS, SUFFIXES, markdown, media_type_of, read_file, read_text
from index.readers import text as plain_text

EXACT = {"text/plain": plain_text.read, "text/markdown": markdown.read}
"""The readers of the formats whose text is the file's own."""
WORDS = "Ένα, zwei, 三 👩‍👩‍👧 e\u0301.\r\nשלום\rlast line without an end"


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def reason(path: Path, **limits: int) -> str:
    """Why a file cannot be read; one sentence that names the file."""
    with pytest.raises(UnreadableSource) as caught:
        read_file(path, limits=Limits(**limits))
    said = str(caught.value)
    assert said.isprintable()
    assert said.endswith(".")
    assert ". " not in said
    return said


@pytest.mark.parametrize("suffix", [each for each, kind in SUFFIXES.items() if kind in EXACT])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""])
def test_the_text_of_a_file_is_kept_to_the_character(tmp_path: Path, suffix: str, end: str) -> None:
    path = written(tmp_path, f"words{suffix}", WORDS + end)
    reading = read_file(path)
    assert reading.text == WORDS + end
    assert reading.media_type == SUFFIXES[suffix]
    assert reading.blocks


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufeff")), st.sampled_from([*EXACT]))
def test_every_text_comes_out_of_a_reader_as_it_went_in(text: str, media_type: str) -> None:
    assert EXACT[media_type](text.encode(), "name", Limits()).text == text


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
)
def test_a_byte_order_mark_says_the_encoding_and_is_left_out(tmp_path: Path, encoding: str) -> None:
    marked = WORDS if encoding in ("utf-8-sig", "utf-16", "utf-32") else "\ufeff" + WORDS
    assert read_file(written(tmp_path, "words.txt", marked.encode(encoding))).text == WORDS


def test_the_format_is_known_by_the_suffix_in_any_case() -> None:
    assert media_type_of(Path("a/B.TXT")) == "text/plain"
    assert media_type_of(Path("read.me.Markdown")) == "text/markdown"
    assert [media_type_of(Path(name)) for name in ("a.exe", "README", ".txt", "a.txt.gz")] == [None] * 4
    assert set(SUFFIXES.values()) == set(FORMATS)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("annual_report-2019.txt", "annual_report-2019"),
        ("v1.2.notes.text", "v1.2.notes"),
        ("tab\tand\nline.txt", "tab and line"),
        ("\u202egnp.exe.txt", "gnp.exe"),
        ("\x1b[31mred.txt", "[31mred"),
        ("  .txt", "Untitled"),
        ("报告.txt", "报告"),
    ],
)
def test_the_title_of_a_plain_text_is_its_name_in_one_clean_line(tmp_path: Path, name: str, title: str) -> None:
    assert read_file(written(tmp_path, name, "# Words.")).title == title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Words.\n\n## Sub\n\n# The *one* ([home](http://x)) #\n\n# Two\n", "The one (home)"),
        ("The title\r\n===\r\n\r\nWords.", "The title"),
        ('---\ntitle: "From: the front"\nx: y\n---\n# Heading\n', "From: the front"),
        ("---\r\nx: y\r\nTitle: It's\r\n---\r\nWords.", "It's"),
        ("---\ntitle: |\n  long\n---\n# Heading\n", "Heading"),
        ("```\n# no heading\n```\n", "file"),
        ("## Only a lower one\n", "file"),
        ("#\n\nWords.\n", "file"),
        ("# " + "long " * 100, "long " * 39 + "long…"),
    ],
)
def test_the_title_of_a_markdown_text_is_what_it_calls_itself(tmp_path: Path, text: str, title: str) -> None:
    assert read_file(written(tmp_path, "file.md", text)).title == title


@given(st.text(max_size=500))
def test_every_title_is_one_short_line_that_can_be_stored(title: str) -> None:
    cleaned = read_text("Words.", title=title).title
    assert cleaned
    assert len(cleaned) <= 200
    assert cleaned == " ".join(cleaned.split())
    cleaned.encode()


def test_markup_and_links_are_stored_as_written_and_nothing_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a reader opened a connection")

    monkeypatch.setattr(socket, "socket", refuse)
    text = (
        '# T\n\n<script>alert(1)</script> ![i](http://example.invalid/i.png) [l](javascript:x) {{x}} <img src="//x">\n'
    )
    reading = read_file(written(tmp_path, "page.md", text))
    assert reading.text == text
    assert [text[block.start : block.end] for block in reading.blocks] == ["# T", text[5:-1]]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "holds no text"),
        (b"\xef\xbb\xbf", "holds no text"),
        (" \r\n\t\u3000\u200b\n".encode(), "holds no text"),
        (b"\x7fELF\x02\x01\x00\x00words", "NUL bytes"),
        ("words\x00".encode("utf-16"), "NUL bytes"),
        (b"\x89PNG\r\n\x1a\n", "no text but a binary file"),
        (b"\xff\x00", "no text but a binary file"),
        (b"\xff\xfea", "not valid UTF-16"),
        (b"\xff\xfe\x00\xd8a\x00", "not valid UTF-16"),
        (b"\xff\xfe\x00\x00\xff\xff\xff\xff", "not valid UTF-32"),
    ],
)
@pytest.mark.parametrize("suffix", [".txt", ".md"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, suffix: str, content: bytes, expected: str) -> None:
    said = reason(written(tmp_path, f"file{suffix}", content))
    assert expected in said
    assert f"file{suffix}" in said


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Der Fluß ist länger als die Straße; er fließt über Köln und Düsseldorf nach Norden.", "windows-1252"),
        ("“Naïve” – said the café owner’s friend.", "windows-1252"),
        ("Город стоит на реке, и его население растёт с каждым годом.", "cp1251"),
        ("日本語のテキスト。これはテストです。", "cp932"),
        ("这个城市位于河边，人口每年都在增长。", "gb18030"),
        ("이 도시는 강가에 있으며 인구가 매년 증가하고 있습니다.", "cp949"),
        ("Words with many letters of ASCII.", "UTF-16-LE"),
        ("Words with many letters of ASCII.", "UTF-16-BE"),
    ],
)
def test_an_encoding_that_no_mark_tells_is_recognised_and_said(tmp_path: Path, text: str, encoding: str) -> None:
    reading = read_file(written(tmp_path, "words.txt", text.encode(encoding)))
    assert reading.text == text
    assert reading.notes == (f"It does not tell its encoding and was read as {encoding}.",)


def test_a_few_wrong_bytes_in_a_text_are_shown_as_such_and_counted(tmp_path: Path) -> None:
    data = "Größe, Länge und Höhe über Straßenniveau".encode() + b"\xff." + "é".encode()
    reading = read_file(written(tmp_path, "words.txt", data))
    assert reading.text == "Größe, Länge und Höhe über Straßenniveau\ufffd.é"
    assert reading.notes == ("1 of its characters are not valid UTF-8 and are shown as \ufffd.",)


def test_markdown_that_holds_marks_only_is_refused(tmp_path: Path) -> None:
    assert "holds no text" in reason(written(tmp_path, "marks.md", "---\ntitle: T\n---\n\n***\n\n- \n>\n"))


def test_a_path_that_is_no_file_is_refused(tmp_path: Path) -> None:
    assert "There is no file" in reason(tmp_path / "missing.txt")
    assert "There is no file" in reason(written(tmp_path, "file.txt", "Words.") / "below.txt")
    assert "is a folder" in reason(tmp_path)
    (tmp_path / "folder.txt").mkdir()
    assert "is a folder" in reason(tmp_path / "folder.txt")
    assert "cannot be read: " in reason(tmp_path / ("x" * 300 + ".txt"))
    assert "cannot be read: its path is not valid" in reason(Path("nul\x00.txt"))


def test_pipes_and_devices_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert "not a regular file" in reason(tmp_path / "pipe.txt")
    assert "not a regular file" in reason(Path("/dev/zero"))


@pytest.mark.parametrize("target", ["file.txt", "nowhere", "link.txt", "/dev/zero"])
def test_a_link_is_not_followed(tmp_path: Path, target: str) -> None:
    written(tmp_path, "file.txt", "Words.")
    (tmp_path / "link.txt").symlink_to(target)
    assert "link.txt is a link, and links are not followed; name the file" in reason(tmp_path / "link.txt")


@pytest.mark.parametrize(("changes", "outcome"), [(1, "read"), (2, "read"), (3, "refused")])
def test_a_file_that_changes_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: int, outcome: str
) -> None:
    path = written(tmp_path, "file.txt", "Words.")
    left = [changes]

    def fstat(number: int, real: Callable[[int], os.stat_result] = os.fstat) -> os.stat_result:
        status = real(number)
        if left[0] and status.st_size:
            left[0] -= 1
            os.utime(path, ns=(1, status.st_mtime_ns + 1))
        return status

    monkeypatch.setattr(os, "fstat", fstat)
    if outcome == "read":
        assert read_file(path).text == "Words."
    else:
        left[0] = 99
        assert "file.txt changes while it is read; try again when it has been written" in reason(path)


def test_a_pipe_that_takes_the_files_place_is_refused_without_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    regular = written(tmp_path, "regular.txt", "Words.").stat()
    os.mkfifo(tmp_path / "pipe.txt")
    monkeypatch.setattr(Path, "stat", lambda *_, **__: regular)
    assert "not a regular file" in reason(tmp_path / "pipe.txt")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (PermissionError(13, "Permission denied"), "may not be read; change its permissions"),
        (FileNotFoundError(2, "No such file or directory"), "There is no file"),
        (OSError(5, "Input/output error"), "cannot be read: Input/output error"),
    ],
)
def test_what_the_system_refuses_after_a_first_look_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, expected: str
) -> None:
    path = written(tmp_path, "file.txt", "Words.")

    def refuse(*_: object, **__: object) -> int:
        raise error

    monkeypatch.setattr(os, "open", refuse)
    assert expected in reason(path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "file.txt", "Words.")
    path.chmod(0)
    assert "may not be read" in reason(path)


def test_a_file_is_as_large_as_the_limit_or_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "file.txt", "x" * 2**20)
    assert len(read_file(path, limits=Limits(file_bytes=2**20)).text) == 2**20
    assert "file.txt is larger than 0.5 MB; split it" in reason(path, file_bytes=2**19)


@pytest.mark.parametrize("name", ["program.exe", "README", ".txt", "archive.md.gz"])
def test_an_unknown_format_is_refused_and_the_known_ones_are_named(tmp_path: Path, name: str) -> None:
    said = reason(written(tmp_path, name, "Words."))
    assert f"{name} has an unknown format; known are .txt, " in said
    assert all(f" {suffix}" in said for suffix in SUFFIXES)


@pytest.mark.parametrize("name", [b"new\nline.txt", b"\xff\xfe.txt", b"\x1b[2J.txt", "\u202eabc.txt".encode()])
def test_a_hostile_file_name_is_shown_escaped_in_one_line(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(b"")
    assert "\\" in reason(path)
    assert "\\" in reason(tmp_path / ("no" + os.fsdecode(name)))
    path.write_bytes(b"Words.")
    read_file(path).title.encode()


def test_a_text_that_an_app_holds_is_read_like_a_file() -> None:
    reading = read_text("\ufeff# One\r\n\r\nWords.", title="A\nname", media_type="text/markdown")
    assert (reading.title, reading.text, reading.media_type) == ("A name", "\ufeff# One\r\n\r\nWords.", "text/markdown")
    assert read_text("Words.", title="").title == "Untitled"
    assert read_text("Words.", title="T").media_type == "text/plain"


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        (lambda: read_text("", title="Name"), "Name holds no text"),
        (lambda: read_text(" \n\u200b", title="Name"), "Name holds no text"),
        (lambda: read_text("a\x00b", title="Name"), "Name holds characters that no valid text has"),
        (lambda: read_text("a\ud800b", title="Name"), "Name holds characters that no valid text has"),
        (
            lambda: read_text("a", title="Name", media_type="a\nb"),
            "Name has the unknown format 'a\\nb'; known are text/plain",
        ),
    ],
)
def test_a_text_that_cannot_be_stored_is_refused(refused: Callable[[], object], expected: str) -> None:
    with pytest.raises(UnreadableSource) as caught:
        refused()
    assert expected in str(caught.value)
    assert str(caught.value).isprintable()
