"""A text without its typography: case, white space, quotation marks, dashes, accents and characters without width."""

import unicodedata
from functools import lru_cache

_QUOTES = dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛‹›′`´", "'")
_DASHES = dict.fromkeys("‐‑‒–—―−", "-")
_SAME = {**_QUOTES, **_DASHES}
_WITHOUT_WIDTH = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f")
_ACCENTS = range(0x300, 0x370)


@lru_cache(maxsize=64)
def folded(text: str) -> tuple[str, tuple[int, ...]]:
    """Return a text in the form in which typography does not count, and for each of its characters the source's place.

    NFKD by character, case folded, without accents; every run of white space is one space.
    """
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        plain = _plain(character)
        if plain == " " and (not letters or letters[-1] == " "):
            continue
        letters += plain
        places += [place] * len(plain)
    return "".join(letters), tuple(places)


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """Return what stands for a character; nothing for one that is not seen or only an accent."""
    if character.isspace():
        return " "
    decomposed = unicodedata.normalize("NFKD", character).casefold()
    kept = (letter for letter in decomposed if letter not in _WITHOUT_WIDTH and ord(letter) not in _ACCENTS)
    return "".join(_SAME.get(letter, letter) for letter in kept)
