"""Plain text: what is stored is the file's text to the character, and its title is the file's name."""

from pathlib import PurePath

from index.blocks import plain_blocks
from index.limits import Limits
from index.models import Reading
from index.names import clean_title
from index.readers.decode import decode


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Return the reading of a plain text file.

    Args:
        data: the file's bytes.
        name: the file's name; without its suffix it is the title.
        limits: of no use to this format.

    Raises:
        UnreadableSource: when the bytes are no text.
    """
    text, notes = decode(data, name)
    return Reading(clean_title(PurePath(name).stem), text, "text/plain", plain_blocks(text), notes=notes)
