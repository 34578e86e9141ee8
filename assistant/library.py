"""The collections of a home, for surfaces that serve more than one: each is opened when it is first asked for."""

import threading
from pathlib import Path
from typing import Self

from assistant.assistant import Assistant
from assistant.settings import Settings
from index.collections import collections_of, delete_collection
from index.errors import CollectionNotFound, InvalidSettings, StoreError
from index.folders import folder_of

_UNKNOWN = "There is no collection {name!a} in this home; the collections are {names}."


class Library:
    """The collections of one home; a context manager, safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        """Use the home of the settings; nothing is opened yet."""
        self.home: Path = settings.home
        self.default: str = settings.collection
        """The collection that is meant where none is named; it always exists."""
        self._settings = settings
        self._opened: dict[str, Assistant] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Return the collections' names, in alphabetical order."""
        return sorted({self.default, *collections_of(self.home, self._settings.servers)})

    def collection(self, name: str = "") -> Assistant:
        """Return a collection, the default one without a name; it stays open until the library is closed.

        Raises:
            CollectionNotFound: when there is none of that name.
            StoreError: when it cannot be opened.
        """
        name = name or self.default
        with self._lock:
            if name not in self._opened:
                if name not in self.names():
                    raise CollectionNotFound(_UNKNOWN.format(name=name[:80], names=", ".join(self.names())[:300]))
                self._opened[name] = self._open(name)
            return self._opened[name]

    def create(self, name: str) -> Assistant:
        """Return a new collection, or the one of that name.

        Raises:
            InvalidSettings: when the name has other characters than letters, digits, "-" and "_".
            StoreError: when it cannot be made.
        """
        folder_of(self.home, name)
        with self._lock:
            if name not in self._opened:
                self._opened[name] = self._open(name)
            return self._opened[name]

    def delete(self, name: str) -> None:
        """Delete a collection with all its documents.

        Raises:
            CollectionNotFound: when there is none of that name.
            InvalidSettings: when it is the default one.
            StoreBusy: when something is being indexed into it.
        """
        if name == self.default:
            raise InvalidSettings(f"The collection {name!a} is the one that is served, and cannot be deleted.")
        opened = self.collection(name)
        with opened.writing(), self._lock:
            del self._opened[name]
        opened.close()
        try:
            delete_collection(self.home, name, self._settings.servers)
        except OSError as error:
            raise StoreError(f"The collection {name!a} could not be deleted whole ({error.strerror}).") from error

    def close(self) -> None:
        """Close every collection that was opened; closing again does nothing."""
        with self._lock:
            while self._opened:
                self._opened.popitem()[1].close()

    def __enter__(self) -> Self:
        """Return the library itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _open(self, name: str) -> Assistant:
        return Assistant.open(settings=self._settings.model_copy(update={"collection": name}))
