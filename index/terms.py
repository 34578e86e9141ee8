"""Text to analysed words: the terms that full-text search and question coverage compare.

The same analysis serves documents and questions. A term never holds white space or ASCII punctuation other than the
decimal point, so FTS5 keeps each one whole with ``tokenize = "ascii tokenchars '.'"``; every other tokenizer works as
long as the terms of a query are quoted.
"""

import re
import threading
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

from index import function_words

# Scripts written without spaces (Han, kana, Thai to Khmer) or glued together (Hangul): their runs become bigrams.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\U00020000-\U0003ffff]+"
)
# Accents of Latin, Greek and Cyrillic, the vowel points of Hebrew and Arabic, and characters without a width: writers
# leave them out at will. Not the breve of the Cyrillic short i, which is a letter of its own.
_DROPPED = re.compile(
    "(?<!\u0438)\u0306|[\u00ad\u0300-\u0305\u0307-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670\u200c\u200d\u2060"
    "\u20d0-\u20f0\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]"
)
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_APOSTROPHE = re.compile("[\u2019\u02bc]")
# "Tesla's" is "Tesla", "doesn't" is "does", "can't" is "can".
_CONTRACTION = re.compile(r"(?<=\bcan)'t\b|(?<!\bca)n't\b|(?<=\w)'(?:s|re|ve|ll)\b")
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+\.\d+"
_ASCII_WORD = re.compile(rf"{_NUMBER}|[^\W_]+")
# Nobody asks for a longer word; it is compared by its beginning.
_LONGEST_WORD = 100
_LONGEST_STEMMED = 40
_STEMMERS = (
    ("english", re.compile("[a-z]")),
    ("russian", re.compile("[\u0400-\u04ff]")),
    ("arabic", re.compile("[\u0620-\u064a\u066e-\u06d3]")),
)
"""The stemmer of each alphabet, told by a word's first letter: a question is too short to tell its language."""
_STEMMER_LOCK = threading.Lock()

STOP_WORDS = frozenset(function_words.ENGLISH.split())
"""Function words of English questions: they say what kind of answer is wanted, never what it is about."""


def terms(text: str) -> list[str]:
    """Return the analysed words of a text in order, repeats kept.

    NFKC, case folded, without accents; words in the Latin alphabet get their English
    stems, Cyrillic ones the Russian and Arabic ones the Arabic (Snowball), thousands separators go ("1,452.4" is
    "1452.4"), hyphens and apostrophes part words, and scripts without spaces give overlapping pairs of characters.
    """
    return [_stem(word) for word in words(text)]


def question_terms(question: str) -> list[str]:
    """Return the distinct terms of a question in order, function words left out unless nothing else is there."""
    kept = [word for word in _content(question) if word not in STOP_WORDS and not _is_foreign_stop_word(word)]
    return list(dict.fromkeys(_stem(word) for word in kept or words(question)))


def _content(question: str) -> list[str]:
    """Return the words of a question, of scripts without spaces only those beside its function words."""
    return words(question if question.isascii() else function_words.UNSPACED.sub(" ", question))


def _is_foreign_stop_word(word: str) -> bool:
    return not word.isascii() and word in _foreign_stop_words()


@lru_cache(maxsize=1)
def _foreign_stop_words() -> frozenset[str]:
    """Return the function words of other scripts as words are compared."""
    return frozenset(words(function_words.RUSSIAN + function_words.ARABIC))


def words(text: str) -> list[str]:
    """Return the words of a text as :func:`terms` sees them before stemming."""
    found: list[str] = []
    folded = _CONTRACTION.sub("", _fold(text))
    pattern = _ASCII_WORD if folded.isascii() else _word_pattern()
    for match in pattern.finditer(folded):
        word = match.group()
        if word.isascii():
            found.append(word.replace(",", "")[:_LONGEST_WORD])
        else:
            found.extend(_parts(word))
    return found


@lru_cache(maxsize=1)
def _word_pattern() -> re.Pattern[str]:
    """Return what a word is: a number with its separators, or a run of letters, digits and marks.

    Finding all marks takes some 40 ms, which a process does not spend before it meets one.
    """
    marks = "".join(chr(code) for code in range(0x300, 0x1F000) if unicodedata.category(chr(code)).startswith("M"))
    return re.compile(rf"{_NUMBER}|[^\W_](?:[^\W_]|[{marks}])*")


def _fold(text: str) -> str:
    """Return the text in the form in which words are compared."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    composed = unicodedata.normalize("NFKC", _DROPPED.sub("", unicodedata.normalize("NFKD", decomposed)))
    return _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit.group())), _APOSTROPHE.sub("'", composed))


def _parts(word: str) -> list[str]:
    """Cut a word with non-ASCII characters into bigrams of its unspaced runs and the words between them."""
    found: list[str] = []
    position = 0
    for run in _UNSPACED.finditer(word):
        found.append(word[position : run.start()][:_LONGEST_WORD])
        characters = run.group()
        pairs = [characters[i : i + 2] for i in range(len(characters) - 1)]
        found.extend(pairs or [characters])
        position = run.end()
    found.append(word[position:][:_LONGEST_WORD])
    return [part for part in found if part]


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    """Return the Snowball stem of a word by its alphabet; other scripts and numbers come back as they are."""
    language = next((name for name, first in _STEMMERS if first.match(word)), "")
    is_plain = word.isascii() or language != "english"
    if not language or not is_plain or len(word) > _LONGEST_STEMMED:
        return word
    with _STEMMER_LOCK:
        return _stemmer(language)(word) or word


@lru_cache(maxsize=len(_STEMMERS))
def _stemmer(language: str) -> Callable[[str], str]:
    """Return the one stemmer of a language; it keeps the word it works on in itself, so one caller at a time."""
    module = import_module(f"snowballstemmer.{language}_stemmer")  # `stemmer` would be PyStemmer's where there is one
    stem: Callable[[str], str] = getattr(module, f"{language.title()}Stemmer")().stemWord
    return stem
