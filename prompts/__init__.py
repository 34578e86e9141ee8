"""The answer's own words, one prompt a file, so that they can be read and changed without touching code.

A file begins with a line `Variables: a, b` (or `Variables: none`) and an empty line; what follows is the text, in which
`{a}` is where the value of `a` goes. Values are inserted as they are, in one pass: a document's title that holds
"{a}" stays that title.
"""

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

__all__ = ["Prompt", "PromptError", "load", "names", "version"]

_ENDING = ".md"
_HEADER = re.compile(r"Variables: (none|[a-z_]+(?:, [a-z_]+)*)\n\n")
_VARIABLE = re.compile(r"\{([a-z_]+)\}")


class PromptError(Exception):
    """A prompt does not exist, is not written as it should be, or was given other values than it names.

    Not an error that a person can meet: it says that the code and the prompts do not fit each other.
    """


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text with named places for values."""

    name: str
    text: str
    variables: tuple[str, ...]

    def render(self, /, **values: str) -> str:
        """The text with every variable replaced by its value, literally.

        Raises:
            PromptError: when a variable has no value, or a value no variable; names it.
        """
        missing = [name for name in self.variables if name not in values]
        superfluous = [name for name in values if name not in self.variables]
        if missing or superfluous:
            wrong = [f"lacks a value for {name}" for name in missing] + [f"has no {name}" for name in superfluous]
            raise PromptError(f"The prompt {self.name} {' and '.join(wrong)}.")
        return _VARIABLE.sub(lambda place: values[place[1]], self.text)


@cache
def load(name: str) -> Prompt:
    """The prompt of a name, such as "answer".

    Raises:
        PromptError: when there is none of that name, or its first line does not name exactly its variables.
    """
    if name not in names():
        raise PromptError(f"There is no prompt {name!a}; there are {', '.join(names())}.")
    return parse(name, _read(name))


def parse(name: str, written: str) -> Prompt:
    """The prompt that a file's text stands for.

    Raises:
        PromptError: when the first line does not name exactly the variables that the text uses.
    """
    header = _HEADER.match(written)
    if header is None:
        raise PromptError(f"The prompt {name} has to begin with a line 'Variables: ...' and an empty one.")
    named = () if header[1] == "none" else tuple(header[1].split(", "))
    text = written[header.end() :].strip()
    used = _VARIABLE.findall(text)
    if not text or set(named) != set(used) or len(set(named)) != len(named):
        raise PromptError(f"The prompt {name} names the variables {named} and uses {tuple(dict.fromkeys(used))}.")
    return Prompt(name, text, named)


@cache
def names() -> tuple[str, ...]:
    """The names of all prompts, in alphabetical order."""
    found = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(_ENDING) for name in found if name.endswith(_ENDING)))


@cache
def version() -> str:
    """A short hash over all prompts: another wording, another version."""
    digest = sha256()
    for name in names():
        digest.update(f"{name}\0{_read(name)}\0".encode())
    return digest.hexdigest()[:12]


def _read(name: str) -> str:
    # Line ends are made one kind, so that a checkout with CRLF has the same text and version.
    return files(__name__).joinpath(name + _ENDING).read_text("utf-8").replace("\r\n", "\n")
