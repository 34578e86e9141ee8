"""Text to analysed words: the terms that full-text search and question coverage compare.

The same analysis serves documents and questions. A term never holds white space or ASCII punctuation other than the
decimal point, so FTS5 keeps each one whole with ``tokenize = "ascii tokenchars '.'"``; every other tokenizer works as
long as the terms of a query are quoted.
"""

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

# Scripts written without spaces (Han, kana, Thai to Khmer) or glued together (Hangul): their runs become bigrams.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\U00020000-\U0003ffff"
)
# A number with its separators, or a run of letters, digits and marks.
_WORD = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\w)|\d+\.\d+(?!\w)|[^\W_](?:[^\W_]|[\u0300-\u036f\u0900-\u0dff])*")
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
# Accents of Latin, Greek and Cyrillic, and the vowel points of Hebrew and Arabic, which writers leave out at will.
_DROPPED_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670]")
_APOSTROPHE_S = re.compile(r"['\u2019\u02bc]s\b")

# Function words of English questions: they say what kind of answer is wanted, never what it is about.
STOP_WORDS = frozenset(
    """a about above after again all also am an and any are as at be because been before being below between both but
    by can could did do does doing done down during each either else ever every few for from further get give given had
    has have having he her here hers herself him himself his how i if in into is it its itself just let may me might
    more most much must my myself no nor not of off often on once one only or other ought our ours out over own per
    please s same shall she should so some such t tell than that the their theirs them themselves then there these they
    this those through to too under until up upon us very was we were what whatever when where whether which while who
    whom whose why will with within without would you your yours yourself""".split()
)


def terms(text: str) -> list[str]:
    """Return the analysed words of a text in order, repeats kept.

    NFKC, case folded, without accents; English words are stemmed (Snowball), thousands separators go ("1,452.4" is
    "1452.4"), hyphens and apostrophes part words, and scripts without spaces give overlapping pairs of characters.
    """
    return [_stem(word) for word in words(text)]


def question_terms(question: str) -> list[str]:
    """Return the distinct terms of a question in order, function words left out unless nothing else is there."""
    found = list(words(question))
    kept = [word for word in found if word not in STOP_WORDS] or found
    return list(dict.fromkeys(_stem(word) for word in kept))


def words(text: str) -> list[str]:
    """Return the words of a text as :func:`terms` sees them before stemming."""
    folded = _APOSTROPHE_S.sub("", _fold(text))
    found: list[str] = []
    for match in _WORD.finditer(folded):
        word = match.group()
        if word.isascii():
            found.append(word.replace(",", ""))
        else:
            found.extend(_parts(word))
    return found


def _fold(text: str) -> str:
    """Return the text in the form in which words are compared."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFKC", _DROPPED_MARKS.sub("", decomposed))


def _parts(word: str) -> list[str]:
    """Cut a word with non-ASCII characters into bigrams of its unspaced runs and the words between them."""
    found: list[str] = []
    position = 0
    for run in _UNSPACED_RUN.finditer(word):
        found.append(word[position : run.start()])
        characters = run.group()
        pairs = [characters[i : i + 2] for i in range(len(characters) - 1)]
        found.extend(pairs or [characters])
        position = run.end()
    found.append(word[position:])
    return [part for part in found if part]


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    """Return the English Snowball stem of a word; words of other scripts and numbers come back as they are."""
    if not word.isascii() or word[0].isdigit() or len(word) > 40:
        return word
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> "snowballstemmer.stemmer":  # type: ignore[valid-type]
    """Return the one stemmer of the process."""
    return snowballstemmer.stemmer("english")
