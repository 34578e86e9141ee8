"""How much of one file is read at most; each limit is a setting."""

from dataclasses import dataclass

MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take; beyond any of these it is refused with a sentence that names the limit."""

    file_bytes: int = 50 * MEGABYTE
    pages: int = 2_000
    """Of a PDF."""
    characters: int = 5_000_000
    """Of the text that was read."""
    unpacked_bytes: int = 100 * MEGABYTE
    """Of the members of a packed file (DOCX, EPUB, ...), all together."""
    ratio: int = 100
    """How many times its own size a packed file may unpack to."""
    seconds: int = 20
    """Of processor time for parsing."""
    memory_bytes: int = 1024 * MEGABYTE
    """Of address space for parsing."""
