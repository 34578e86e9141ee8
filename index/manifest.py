"""The seal of a finished generation: which files it has, how long they are, and the hashes of their bytes.

`chroma.sqlite3` stands outside the hashes, because Chroma writes a row into it at every opening; it holds no vector
but the last one once a generation is sealed, and SQLite's own check covers it.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from index.digests import feed
from index.errors import StoreDamaged
from index.rows import Pointer

DIRTY = "DIRTY"
"""The name of the mark that a folder carries while it is written to."""
MANIFEST = "SEALED.json"
_HASHED_WHOLE = 256 * 1024 * 1024  # about half a second; of larger files this many bytes, in blocks spread evenly
_BLOCK = 1024 * 1024


def seal(folder: Path, *, count: int, dimension: int, watermark: int) -> None:
    """Write a finished generation's manifest, after all its files are on the disk, and take the dirty mark away."""
    files = {str(path.relative_to(folder)): _fingerprint(path) for path in _files(folder)}
    for path in [*_files(folder), folder / "chroma.sqlite3", *(p for p in folder.iterdir() if p.is_dir())]:
        sync(path)
    manifest = {"count": count, "dimension": dimension, "watermark": watermark, "files": files}
    temporary = folder / f"{MANIFEST}.new"
    temporary.write_text(json.dumps(manifest, indent=1), "utf-8")
    sync(temporary)
    temporary.rename(folder / MANIFEST)
    (folder / DIRTY).unlink()
    sync(folder)
    sync(folder.parent)


def is_sealed(folder: Path) -> bool:
    """Return whether a generation was finished; its files are not looked at."""
    return (folder / MANIFEST).exists() and not (folder / DIRTY).exists()


def verify(folder: Path, sound: Callable[[Path], bool] | None, *, below: str = "") -> Pointer:
    """Return which generation a sealed one is and what it knows, after comparing its files with its manifest.

    Args:
        folder: its folder, whose name is its number.
        sound: checks Chroma's SQLite file; None leaves that out.
        below: which of its folders to look at; all by default.

    Raises:
        StoreDamaged: when it is missing, dirty, not sealed, or a file differs.
    """
    if not folder.is_dir():
        raise StoreDamaged(f"The vector index {folder} is missing.")
    if not is_sealed(folder):
        raise StoreDamaged(f"The vector index {folder} was not finished.")
    try:
        manifest = read_manifest(folder)
        for name, fingerprint in manifest["files"].items():
            if name.startswith(below) and _fingerprint(folder / name) != fingerprint:
                raise StoreDamaged(f"The file {folder / name} of the vector index has changed.")
        if sound and not sound(folder / "chroma.sqlite3"):
            raise StoreDamaged(f"The vector index {folder} has lost its list of passages.")
        return Pointer(int(folder.name), int(manifest["watermark"]), int(manifest["count"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreDamaged(f"The vector index {folder} cannot be read ({error}).") from error


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a sealed generation's manifest."""
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    if not isinstance(manifest, dict):
        raise ValueError("the manifest is not an object")
    return manifest


def _files(folder: Path) -> list[Path]:
    """Return the files that a manifest covers."""
    return sorted(path for path in folder.glob("*/*") if path.is_file())


def _fingerprint(path: Path) -> list[int | str]:
    """Return a file's size and the hash of its bytes (of a very large one: of blocks spread over it)."""
    size = path.stat().st_size
    digest = hashlib.blake2b(digest_size=16)
    if size <= _HASHED_WHOLE:
        feed(digest, path)
    else:
        blocks = range(0, size, _BLOCK)
        with path.open("rb") as file:
            for start in {*blocks[:: -(-size // _HASHED_WHOLE)], *blocks[-1:]}:
                file.seek(start)
                digest.update(file.read(_BLOCK))
    return [size, digest.hexdigest()]


def sync(path: Path) -> None:
    """Have a file or a folder written to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
