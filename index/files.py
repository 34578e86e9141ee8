"""Files to bytes: regular files only, links not followed, and never a mixture of two states of one."""

import os
import stat
from pathlib import Path

from index.errors import UnreadableSource
from index.limits import MEGABYTE
from index.names import shown

_TRIES = 3


def load(path: Path, *, max_bytes: int) -> bytes:
    """Return the bytes of a file as it is at one time.

    Raises:
        UnreadableSource: when there is no such file, it is a link or no regular file, may not be read, is too large, or
            is written to all the while.
    """
    name = shown(str(path))
    try:
        _require_regular(path.lstat(), name)
        for _ in range(_TRIES):
            data, is_whole = _loaded(path, name, max_bytes)
            if is_whole:
                break
        else:
            raise UnreadableSource(f"{name} changes while it is read; try again when it has been written.")
    except (FileNotFoundError, NotADirectoryError):
        raise UnreadableSource(f"There is no file {name}; check the path.") from None
    except PermissionError:
        raise UnreadableSource(f"{name} may not be read; change its permissions and try again.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its path is not valid"
        raise UnreadableSource(f"{name} cannot be read: {reason}.") from None
    if max_bytes and len(data) > max_bytes:
        raise UnreadableSource(f"{name} is larger than {max_bytes / MEGABYTE:g} MB; split it into smaller files.")
    return data


def _loaded(path: Path, name: str, max_bytes: int) -> tuple[bytes, bool]:
    """Return (the bytes, at most one more than allowed, and whether the file stayed the same meanwhile)."""
    # Without waiting: a pipe that took the file's place since must not make us wait for a writer.
    wanted = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    with open(path, "rb", opener=lambda file, flags: os.open(file, flags | wanted)) as file:
        before = os.fstat(file.fileno())
        _require_regular(before, name)
        data = file.read(max_bytes + 1)
        after = os.fstat(file.fileno())
    return data, (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


def _require_regular(status: os.stat_result, name: str) -> None:
    """Raise unless a path is a regular file."""
    if stat.S_ISLNK(status.st_mode):
        raise UnreadableSource(f"{name} is a link, and links are not followed; name the file that it points to.")
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableSource(f"{name} is a folder, not a file; name the files in it.")
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableSource(f"{name} is not a regular file; name a file that holds text.")
