"""The files that documents came from: pictures of their pages, as long as a file is there and the same.

The store has a document's text and needs its file for nothing else. Files that a person uploads lie in a folder of
their collection; those that a picture can be made of stay there until their document is removed.
"""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from errno import EISDIR
from pathlib import Path, PurePath

from index.errors import SourceChanged, UnreadableSource
from index.files import load
from index.isolated import IsolatedReader
from index.limits import Limits
from index.models import Document
from index.names import shown
from index.readers import media_type_of
from index.store import Store
from index.sync import digest, state_of

UPLOADS = "uploads"
"""The folder of a collection where its uploaded files lie, so that each version of one has the same source."""
_PICTURED = "application/pdf"


def is_kept(path: Path) -> bool:
    """Tell whether an uploaded file is kept for the pictures of its pages."""
    return media_type_of(path) == _PICTURED


class Originals:
    """The files that the documents of one collection came from; safe to use from several threads."""

    def __init__(self, store: Store, limits: Limits) -> None:
        """Start nothing yet."""
        self.uploads = store.folder / UPLOADS
        """Where uploaded files lie."""
        self._store = store
        self._limits = limits
        self._apart = IsolatedReader()

    def has_pictures(self, document: Document) -> bool:
        """Tell whether a document's file has pages and is there as it was; told by its size and time."""
        if document.media_type != _PICTURED:
            return False
        row, now = self._store.file(document.source), state_of(Path(document.source))
        return bool(row and now and row.digest and row.is_as(now))

    def page_picture(self, document: Document, start: int, end: int, *, whole: bool = False) -> bytes:
        """Return the page on which a slice of a document starts as a PNG picture with the slice marked.

        Args:
            document: a document.
            start: where the slice starts in its text.
            end: where it ends.
            whole: the whole page, or else the part around the slice.

        Raises:
            SourceChanged: when the file is gone or another one than the one that was read.
            UnreadableSource: when its format has no pages, or the page cannot be drawn within the limits.
        """
        name = Path(document.source).name
        place = self._store.place_of(document.id, start)
        if document.media_type != _PICTURED or place is None or place.page is None:
            raise UnreadableSource(f"{name!a} has no pages of which there could be a picture.")
        row, path = self._store.file(document.source), Path(document.source)
        try:
            data = load(path, max_bytes=self._limits.file_bytes)
        except UnreadableSource as error:
            raise SourceChanged(f"There is no picture of the page: {error}") from error
        if row is None or digest(data) != row.digest:
            raise SourceChanged(f"{name!a} has changed since it was read; index it again to see its pages.")
        words = self._store.slice(document.id, start, end)
        return self._apart.draw(data, path.name, place.page, words, whole=whole, limits=self._limits)

    def take(self, file: Path, name: str) -> Path:
        """Move an uploaded file to where it lies from now on, in place of an earlier version, and return that.

        Args:
            file: the file.
            name: its name with its folders, parted by "/"; it does not lead out of the folder of uploads.

        Raises:
            UnreadableSource: when it cannot lie there.
        """
        target = self.uploads / name
        try:
            self.uploads.mkdir(mode=0o700, exist_ok=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_dir():
                raise IsADirectoryError(EISDIR, "a folder has this name")
            shutil.move(file, target)
        except OSError as error:
            _remove_empty(target.parents[: name.count("/") + 1])
            raise UnreadableSource(f"{shown(name)} could not be kept ({error.strerror}); rename it.") from error
        return target

    def discard(self, source: str) -> None:
        """Delete the file of a document that is removed, if it was uploaded; nobody else's file is touched."""
        name = self.uploaded_name(source)
        if name:
            path = self.uploads / name
            with suppress(OSError):
                path.unlink(missing_ok=True)
                _remove_empty(path.parents[: name.count("/") + 1])

    def uploaded_name(self, source: str) -> str:
        """Return the name under which a document's file was uploaded, with its folders; empty when it was not."""
        try:
            inside = PurePath(source).relative_to(self.uploads)
        except ValueError:
            return ""
        # An app can give any text as a source: one that leads out again names no upload.
        return "" if ".." in inside.parts or not inside.parts else inside.as_posix()

    def close(self) -> None:
        """End the process that draws."""
        self._apart.close()


def _remove_empty(folders: Iterable[Path]) -> None:
    """Remove folders, innermost first, up to the first one that is not empty."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()
