"""Bytes to text and names to titles: what all readers of text formats share."""

import codecs
import re
import unicodedata

from index.errors import UnreadableSource
from index.names import shown

# The mark of UTF-32 in its little-endian order starts with the one of UTF-16, so it is looked for first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32-LE"),
    (codecs.BOM_UTF32_BE, "UTF-32-BE"),
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF16_LE, "UTF-16-LE"),
    (codecs.BOM_UTF16_BE, "UTF-16-BE"),
)
_SAMPLE, _FEWEST_WIDE = 200_000, 4
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_NEVER = ("utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be", "utf_7")
_EASTERN = frozenset(
    ("cp932", "shift_jis", "shift_jis_2004", "euc_jp", "euc_jis_2004", "gb18030", "gbk", "gb2312", "big5", "big5hkscs",
     "cp949", "euc_kr", "johab")
)  # fmt: skip
_OTHER_SCRIPTS = frozenset(("cp1251", "koi8_r", "koi8_u", "cp1253", "cp1255", "cp1256", "iso8859_5", "iso8859_7"))
_COHERENT = 0.3
"""How sure of the language of a text is sure enough to believe its encoding."""


def decode(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Return (text, notes) of a text file: UTF-8, what a byte order mark says, or the encoding that fits best.

    Line ends stay as they are, so that offsets hold for the file as it was written. A note says which encoding was
    taken where the file does not tell.

    Raises:
        UnreadableSource: when the bytes are no text, or not in the encoding that their mark says.
    """
    mark, encoding = next((each for each in _MARKS if data.startswith(each[0])), (b"", ""))
    told = bool(mark)
    encoding = encoding or _encoding(data, name)
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        if told:
            raise UnreadableSource(
                f"{shown(name)} is not valid {encoding[:6].rstrip('-')} text; save it as UTF-8."
            ) from None
        text = data.decode(encoding, errors="replace")
        lost = text.count("\ufffd") - data.count(b"\xef\xbf\xbd")
        return text, (f"{lost:,} of its characters are not valid {encoding} and are shown as \ufffd.",)
    if "\x00" in text:
        raise UnreadableSource(f"{shown(name)} holds NUL bytes, so it is no text but a binary file; check what it is.")
    guessed = not told and encoding != "UTF-8"
    return text, (f"It does not tell its encoding and was read as {encoding}.",) if guessed else ()


def _encoding(data: bytes, name: str) -> str:
    """Return the encoding of bytes without a mark: UTF-8 where they are nearly valid, or else the one that fits best.

    Raises:
        UnreadableSource: when they are no text.
    """
    sample = data[:_SAMPLE]
    if _is_wide(sample):
        return "UTF-16-LE" if sample[1::2].count(0) > sample[::2].count(0) else "UTF-16-BE"
    # A character may be cut at the sample's end.
    text = codecs.getincrementaldecoder("UTF-8")("replace").decode(sample)
    wrong = text.count("\ufffd")
    if not wrong or sum(each > "\x7f" for each in text) > 5 * wrong:
        return "UTF-8"
    if _BINARY.search(sample):
        raise UnreadableSource(f"{shown(name)} is no text but a binary file; check what it is.")
    return _guessed(sample)


def _is_wide(sample: bytes) -> bool:
    """Tell whether bytes are UTF-16 with many letters that UTF-8 has too: every second one is zero."""
    even, odd, half = sample[::2].count(0), sample[1::2].count(0), len(sample) / 2
    return half >= _FEWEST_WIDE and max(even, odd) > 0.3 * half and min(even, odd) < 0.05 * half


def _guessed(sample: bytes) -> str:
    """Return the encoding of bytes that are no UTF-8: windows-1252, unless letters or words are another one's."""
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_exclusion=[*_NEVER]).best()
    if best is None or str(best) == sample.decode("windows-1252", errors="replace"):
        return "windows-1252"
    if best.encoding in _EASTERN:
        return best.encoding if _share_of_letters(str(best)) > 0.5 else "windows-1252"
    return best.encoding if best.encoding in _OTHER_SCRIPTS or best.coherence >= _COHERENT else "windows-1252"


def _share_of_letters(text: str) -> float:
    """Return how many of the characters beyond ASCII are letters of scripts without upper and lower case."""
    beyond = [each for each in text if each > "\x7f"]
    return sum(unicodedata.category(each) == "Lo" for each in beyond) / len(beyond) if beyond else 0.0
