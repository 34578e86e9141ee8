"""The packed files inside DOCX, ODT, EPUB and the like: checked before anything is unpacked."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from index.errors import UnreadableSource
from index.limits import Limits
from index.names import shown

_MOST_MEMBERS = 10_000
_SMALL = 2**20
"""Below this no ratio is a danger, and white space packs a thousandfold."""
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@contextmanager
def opened(data: bytes, name: str, kind: str, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """Give a packed file that can be unpacked without danger.

    Args:
        data: the file's bytes.
        name: the file's name.
        kind: what it ought to be, as in "Word document".
        limits: how much it may unpack to.

    Raises:
        UnreadableSource: when it is none, is damaged or encrypted, or would be too large.
    """
    if data.startswith(_OLD_OFFICE):
        raise UnreadableSource(
            f"{shown(name)} is encrypted or in the format of old Office programs; save it without a password in the "
            "present format and add it again."
        )
    damaged = f"{shown(name)} is no {kind} or a damaged one; open it, save it anew and try again."
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
        raise UnreadableSource(damaged) from None
    with archive:
        members = archive.infolist()
        total = sum(member.file_size for member in members)
        if any(member.flag_bits & 1 for member in members):
            raise UnreadableSource(f"{shown(name)} is encrypted; save it without a password and add it again.")
        is_bomb = total > _SMALL and total > limits.ratio * len(data)
        if is_bomb or total > limits.unpacked_bytes or len(members) > _MOST_MEMBERS:
            raise UnreadableSource(
                f"{shown(name)} would unpack to {total / 2**20:,.0f} MB in {len(members):,} parts, more than is read; "
                "split it into smaller files."
            )
        yield archive


def member(archive: zipfile.ZipFile, path: str) -> bytes | None:
    """Return a member's bytes, or None where there is none of that name or it cannot be unpacked."""
    try:
        return archive.read(path)
    except (KeyError, zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, zlib.error):
        return None
