"""Values that are dear to read and were asked for lately, up to a weight together."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Recent(Generic[_T]):
    """Reads values by their keys and keeps the last ones; safe to use from several threads."""

    def __init__(self, read: Callable[[int], _T], *, weight: Callable[[_T], int], most: int) -> None:
        """Keep what together weighs at most `most`, and the last value whatever it weighs."""
        self._read = read
        self._weight = weight
        self._most = most
        self._held: OrderedDict[int, _T] = OrderedDict()
        self._together = 0
        self._lock = threading.Lock()

    def get(self, key: int) -> _T:
        """Return the value of a key, which must always be the same."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        value = self._read(key)
        self.keep(key, value)
        return value

    def missing(self, keys: Iterable[int]) -> list[int]:
        """Return those of some keys whose values would have to be read."""
        with self._lock:
            return [key for key in keys if key not in self._held]

    def keep(self, key: int, value: _T) -> None:
        """Take a value that was read already."""
        with self._lock:
            if key not in self._held:
                self._held[key] = value
                self._together += self._weight(value)
            while len(self._held) > 1 and self._together > self._most:
                self._together -= self._weight(self._held.popitem(last=False)[1])
