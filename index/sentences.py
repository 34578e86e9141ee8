"""Prose to sentences, and sentences that are too long to parts that are not, as offsets into the text."""

import re
import unicodedata
from collections.abc import Callable, Iterator

# The segmenter's time grows with the square of what it is given at once, and no sentence needs more context.
_WINDOW = 2000
# The segmenter sees words here: it takes "(3) . Then" for the mark of a list and loses what comes after.
_ASIDE = re.compile(r"\([^()\r\n]{1,200}\)")
_ENDED = re.compile(r"(?:^|[.!?]\s)\Z")
# What it takes for the end of a sentence although a number follows: "Eq. (3)", "approx. 5 km", "Smith et al. (2019)".
_BEFORE_NUMBER = re.compile(
    r"(?:\b(?:al|approx|ca|cf|chap|eqs?|figs?|max|min|para|pp?|refs?|sect?|spp?|tab|ver|vols?)\.|[,\w])\s*\Z",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\(|\[|\d")
# Marks of notes after a sentence belong to it: "[citation needed]", "[12, 13]", but not "[He]".
_NOTES = re.compile(r"(?:\[[a-z0-9][^\[\]\r\n]{0,40}\]\s*)+")
_CLAUSE_END = re.compile(r"[;:,.!?\u2014\u060c\u3001\u3002\uff0c\uff1b](?:\s+|(?<=[\u3000-\uffff]))")
_WHITE = re.compile(r"\s+")


def sentence_spans(body: str, first: int = 0, language: str = "en") -> list[tuple[int, int]]:
    """Return gapless sentence boundaries of prose; a piece without a letter belongs to a neighbour.

    Args:
        body: the prose.
        first: where its first sentence's own words start, after the mark of a list item.
        language: as ISO 639-1; of one that the segmenter has no rules for, those of English or of a relative hold.
    """
    starts = [0]
    for start, end in _segments(_ASIDE.sub(_masked, _ASIDE.sub(_masked, body)), first, language):
        notes = _NOTES.match(body, start)
        start = notes.end() if notes and start > first else start
        apart = starts[-1] < start and _has_words(body, start, end) and _has_words(body, starts[-1], start)
        if apart and not _goes_on(body, start):
            starts.append(start)
    return list(zip(starts, [*starts[1:], len(body)], strict=True))


def _masked(aside: re.Match[str]) -> str:
    """Return as many capitals as an aside has characters, with a full stop where the aside is a sentence by itself."""
    length = aside.end() - aside.start()
    alone = aside.string[aside.end() - 2] in ".!?" and _ENDED.search(
        aside.string, max(0, aside.start() - 2), aside.start()
    )
    return "X" * (length - 1) + "." if alone else "X" * length


def _segments(body: str, position: int, language: str) -> Iterator[tuple[int, int]]:
    """Yield the segmenter's sentences, found a window at a time; a window's last one starts the next window."""
    from sentencex import get_sentence_boundaries

    goes_on = False
    while position < len(body):
        window = body[position : position + _WINDOW]
        found = [(each["start_index"], each["end_index"]) for each in get_sentence_boundaries(language, window)]
        is_last = position + _WINDOW >= len(body)
        for start, end in found[int(goes_on) : None if is_last else -1]:
            yield position + start, position + end
        goes_on = len(found) < 2
        position += _WINDOW if goes_on or is_last else found[-1][0]


def _has_words(body: str, start: int, end: int) -> bool:
    """Tell whether a slice has a letter."""
    return any(character.isalpha() for character in body[start:end])


def _goes_on(body: str, start: int) -> bool:
    """Tell whether what starts here is only the number of an abbreviated word before it."""
    return bool(_NUMBER.match(body, start) and _BEFORE_NUMBER.search(body, max(0, start - 12), start))


def fitting_parts(
    text: str, start: int, end: int, cost: Callable[[int, int], int], limit: int
) -> Iterator[tuple[int, int, int]]:
    """Yield a slice of a text whole, or its parts where it is longer than `limit` tokens, as (start, end, tokens).

    Args:
        text: the text.
        start: where the slice starts, at a character that is not white space.
        end: where it ends, after such a character.
        cost: the tokens of the text between two offsets, or any number above `limit` for a text that is far too long.
        limit: how many tokens a part may have; one character is a part whatever it costs.
    """
    waiting = [(start, end)]
    while waiting:
        first, last = waiting.pop()
        tokens = cost(first, last)
        if tokens <= limit or last - first < 2:
            yield first, last, tokens
            continue
        cut = _cut(text, first, last)
        left_end = first + len(text[first:cut].rstrip())
        right_start = last - len(text[cut:last].lstrip())
        waiting.append((right_start, last))
        waiting.append((first, left_end))


def _cut(text: str, start: int, end: int) -> int:
    """Return where to cut a slice: near its middle, after a clause, else after a word, else after a character."""
    middle = (start + end) // 2
    window = max(min((end - start) // 4, 500), 1)
    low, high = middle - window, middle + window
    for pattern in (_CLAUSE_END, _WHITE):
        cuts = [match.end() for match in pattern.finditer(text, low, high) if start < match.end() < end]
        if cuts:
            return min(cuts, key=lambda cut: abs(cut - middle))
    for cut in range(middle, max(start, middle - 64), -1):
        if not _inside_character(text, cut):
            return cut
    return middle


def _inside_character(text: str, position: int) -> bool:
    """Tell whether what a reader sees as one character goes on over this position."""
    before, after = text[position - 1], text[position]
    joins = unicodedata.category(after).startswith("M") or "\U0001f3fb" <= after <= "\U0001f3ff"
    flags = "\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff"
    return joins or flags or "\u200d" in (before, after)
