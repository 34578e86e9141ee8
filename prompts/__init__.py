"""The answer's own words, one prompt a file, so that they can be read and changed without touching code.

A file begins with a line `Variables: a, b` (or `Variables: none`) and an empty line; what follows is the text, in which
`{a}` is where the value of `a` goes. Values are inserted as they are, in one pass: a document's title that holds
"{a}" stays that title. A folder of one's own can hold other files in the place of some of these.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

__all__ = ["Prompt", "PromptError", "Prompts", "bundled", "parse", "with_own"]

_ENDING = ".md"
_HEADER = re.compile(r"Variables: (none|[a-z_]+(?:, [a-z_]+)*)\n\n")
_VARIABLE = re.compile(r"\{([a-z_]+)\}")
_LONGEST = 200  # characters of a value that a text is searched for


class PromptError(Exception):
    """A prompt does not exist, is not written as it should be, or was given other values than it names."""


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

    def pattern(self) -> re.Pattern[str]:
        """What finds the lines that were rendered from it: a group for each variable, of one line."""
        pieces = _VARIABLE.split(self.text)
        inside = "".join(f"(.{{1,{_LONGEST}}}?)" if place % 2 else re.escape(each) for place, each in enumerate(pieces))
        return re.compile(f"^{inside}$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Prompts:
    """All prompts, by their names."""

    by_name: Mapping[str, Prompt]
    version: str
    """A short hash over all of them: another wording, another version."""

    def load(self, name: str) -> Prompt:
        """The prompt of a name, such as "answer".

        Raises:
            PromptError: when there is none of that name.
        """
        if name not in self.by_name:
            raise PromptError(f"There is no prompt {name!a}; there are {', '.join(sorted(self.by_name))}.")
        return self.by_name[name]


@cache
def bundled() -> Prompts:
    """The prompts of this folder."""
    return _together({name: parse(name, text) for name, text in _bundled_texts().items()})


def with_own(folder: Path) -> Prompts:
    """The prompts of this folder, in whose place those of a folder of one's own stand where it has them.

    Raises:
        PromptError: when that folder has none, one that does not exist here, or one whose variables are not those of
            the one that it replaces; names the file and the variable.
    """
    known = bundled().by_name
    names = ", ".join(sorted(known))
    try:
        texts = {path: path.read_text("utf-8-sig") for path in sorted(folder.glob(f"*{_ENDING}"))}
        if not texts:
            next(folder.iterdir(), None)  # raises where there is no such folder
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise PromptError(f"The prompts in {str(folder)!a} cannot be read ({why}); check the path.") from error
    if not texts:
        raise PromptError(f"There is no prompt in {str(folder)!a}; name a file after one of {names}, with {_ENDING}.")
    own = {}
    for path, text in texts.items():
        if path.stem not in known:
            raise PromptError(f"{str(path)!a} is no prompt; those that there can be are {names}.")
        own[path.stem] = replace(_like(known[path.stem], parse(str(path), text)), name=path.stem)
    return _together({**known, **own})


def parse(name: str, written: str) -> Prompt:
    """The prompt that a file's text stands for.

    Raises:
        PromptError: when the first line does not name exactly the variables that the text uses.
    """
    # Line ends are made one kind, so that a checkout with CRLF has the same text and version.
    header = _HEADER.match(written := written.replace("\r\n", "\n"))
    if header is None:
        raise PromptError(f"The prompt {name} has to begin with a line 'Variables: ...' and an empty one.")
    named = () if header[1] == "none" else tuple(header[1].split(", "))
    text = written[header.end() :].strip()
    used = tuple(dict.fromkeys(_VARIABLE.findall(text)))
    if not text or set(named) != set(used) or len(set(named)) != len(named):
        raise PromptError(f"The prompt {name} names the variables {_listed(named)} and uses {_listed(used)}.")
    return Prompt(name, text, named)


def _like(known: Prompt, own: Prompt) -> Prompt:
    """A prompt that has the variables of the one that it replaces."""
    missing = [f"lacks the variable {name}" for name in known.variables if name not in own.variables]
    unknown = [f"has no value for its variable {name}" for name in own.variables if name not in known.variables]
    if missing or unknown:
        raise PromptError(f"The prompt {own.name} {' and '.join(missing + unknown)}; correct or remove the file.")
    return own


def _listed(variables: Sequence[str]) -> str:
    return ", ".join(variables) or "none"


def _bundled_texts() -> dict[str, str]:
    found = (entry for entry in files(__name__).iterdir() if entry.name.endswith(_ENDING))
    return {entry.name.removesuffix(_ENDING): entry.read_text("utf-8") for entry in found}


def _together(by_name: Mapping[str, Prompt]) -> Prompts:
    digest = sha256()
    for name, prompt in sorted(by_name.items()):
        digest.update(f"{name}\0{prompt.text}\0".encode())
    return Prompts(MappingProxyType(dict(by_name)), digest.hexdigest()[:12])
