"""What is made once a process, whichever thread asks for it first."""

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import TypeVar

_Made = TypeVar("_Made")


def once(make: Callable[[str, int], _Made]) -> Callable[[str, int], _Made]:
    """Return a function that makes a model of a name and a number of threads the first time, and keeps it.

    Another thread that asks meanwhile waits for it; what could not be made is tried again the next time.
    """
    making = threading.Lock()
    made = cache(make)

    @wraps(make)
    def one(name: str, threads: int) -> _Made:
        with making:
            return made(name, threads)

    return one
