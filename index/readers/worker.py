"""The process in which files are parsed: under limits of its own, so that what goes wrong there ends there.

Between the processes a message is its length in eight bytes and then its bytes. A request is JSON (the file's name, its
limits, what to make of it) and then the file's bytes; the answer is what was made, or the sentence why nothing was.
"""

import base64
import json
import os
import struct
import sys
from contextlib import suppress
from typing import IO, Any

from index.encoded import reading_to_text
from index.errors import UnreadableSource
from index.limits import Limits
from index.names import shown
from index.readers import parse

_LENGTH = struct.Struct(">Q")


def write(stream: IO[bytes], message: bytes) -> None:
    """Write one message."""
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def read(stream: IO[bytes]) -> bytes | None:
    """Return the next message, or None at the stream's end or in the middle of one."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message = stream.read(length)
    return message if len(message) == length else None


def main() -> None:
    """Answer requests until there are no more; what a library prints goes nowhere."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    sys.setrecursionlimit(5_000)
    while (head := read(source)) is not None and (data := read(source)) is not None:
        request = json.loads(head)
        limits = Limits(**request["limits"])
        _limit(limits)
        write(target, _answer(data, request["name"], limits, request["task"]))


def _answer(data: bytes, name: str, limits: Limits, task: dict[str, Any]) -> bytes:
    try:
        return json.dumps({"made": _made(data, name, limits, **task)}).encode()
    except UnreadableSource as error:
        reason = str(error)
    except MemoryError:
        os._exit(1)  # nothing that this process still holds is to be trusted; the other one says why
    except RecursionError:
        reason = f"{shown(name)} is nested too deeply to be read; open it and save it anew."
    except Exception as error:  # a library met what its authors did not think of: this file fails, no other
        reason = f"{shown(name)} is damaged, and its reader failed ({type(error).__name__}); open it and save it anew."
    return json.dumps({"error": reason}).encode()


def _made(data: bytes, name: str, limits: Limits, *, media_type: str = "", **drawn: Any) -> str:
    """Return the reading of a file as JSON, or the picture of one of its pages in base64."""
    if media_type:
        return reading_to_text(parse(data, name, media_type, limits))
    from index.readers.pdf_picture import draw

    return base64.b64encode(draw(data, name, drawn["page"], drawn["words"], whole=drawn["whole"])).decode()


def _limit(limits: Limits) -> None:
    """Set what this process may take from now on, where the system can do that."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime) + limits.seconds + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    main()
