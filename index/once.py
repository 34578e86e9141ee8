"""What is made once a process, whichever thread asks for it first."""

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar, cast

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


def once(make: Callable[_Given, _Made]) -> Callable[_Given, _Made]:
    """Return a function that makes something of hashable values the first time, and keeps it.

    Another thread that asks meanwhile waits for it; what could not be made is tried again the next time.
    """
    making = threading.Lock()
    made = cast("Callable[_Given, _Made]", cache(make))

    @wraps(make)
    def one(*values: _Given.args, **named: _Given.kwargs) -> _Made:
        with making:
            return made(*values, **named)

    return one
