"""Where a home's collections stand: a folder each, by its name."""

import re
from pathlib import Path

from index.errors import InvalidSettings

APPLICATION = "document-assistant"
"""The name under which the platform keeps what is a person's own."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def collections_in(home: Path) -> list[str]:
    """Return the names of the collections whose catalogs are files in the home, in alphabetical order."""
    found = (path for path in Path(home).glob("*/catalog*.sqlite") if _NAME.fullmatch(path.parent.name))
    return sorted({path.parent.name for path in found})


def folder_of(home: Path, collection: str) -> Path:
    """Return where a collection stands in a home.

    Raises:
        InvalidSettings: when the name has other characters than letters, digits, "-" and "_", or too many.
    """
    if not _NAME.fullmatch(collection):
        raise InvalidSettings(f"A collection's name is 1 to 64 letters, digits, '-' and '_': {collection!a} is not.")
    return Path(home) / collection
