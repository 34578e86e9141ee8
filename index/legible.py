"""Whether a model reads a text at all: one whose tokenizer knows none of its words sees letters, or nothing."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_MOST_UNKNOWN = 0.25
"""The share of a text's tokens that a model may not know."""
_LEAST_LETTERS, _LEAST_SIGNS = 1.3, 0.8
"""Of scripts other than the Latin one: letters a token, of alphabets and of scripts in which a sign is a syllable or a
word. Where it has fewer, the model spells. On the development sets the English default model has 0.9 to 1.05 for Arabic
and no more for Chinese, 1.9 and more for German."""
_FOREIGN = re.compile(r"(?![\u1e00-\u1fff\uff00-\uff5e])[^\W\d_\x00-\u036f]")
_SIGN = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff]"
)
_MOST = 2_000  # characters that tell


def is_legible(tokenizer: "Tokenizer", unknown: int | None, text: str) -> bool:
    """Tell whether a model knows the words of a text.

    Args:
        tokenizer: the model's, which cuts and pads nothing.
        unknown: the number of the token that stands for what the model does not know, if it has one.
        text: a question or a claim; one without letters is legible.
    """
    text = text[:_MOST]
    if text.isascii():
        return True
    encoded = tokenizer.encode(text, add_special_tokens=False)
    if unknown is not None and encoded.ids.count(unknown) > _MOST_UNKNOWN * len(encoded.ids):
        return False
    foreign = {match.start() for match in _FOREIGN.finditer(text)}
    if 2 * len(foreign) < sum(map(str.isalpha, text)):
        return True
    signs = sum(bool(_SIGN.match(text, place)) for place in foreign)
    tokens = sum(any(place in foreign for place in range(start, end)) for start, end in encoded.offsets)
    least = _LEAST_SIGNS if 2 * signs > len(foreign) else _LEAST_LETTERS
    return len(foreign) >= least * tokens
