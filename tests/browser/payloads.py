"""The hostile strings of the evaluation data: what kinds there are, which few of them are of every kind, and how the
page has to show one."""

import html
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.escape import escape

PATTERNS = {
    # How a text gets out of where it stands.
    "ends an attribute": r"^\s*['\"`][^<]*[<>]|['\"]\s*on\w+\s*=",
    "ends a script's string": r"^\\?['\"`][-;+]",
    "ends a script": r"^[^<]*</\s*script",
    "ends a style": r"</\s*style",
    "ends a text area or a title": r"</\s*(?:textarea|title|plaintext|noscript|xmp)",
    "ends a comment": r"--!?>",
    "begins a comment": r"<!--|/\*",
    "CDATA": r"<!\[CDATA\[",
    "declaration": r"<!(?!--|\[CDATA)",
    "processing instruction": r"<\?",
    "server's code": r"<%|<!--#|<\?php",
    "conditional comment": r"<!--\[if|/\*@cc_on",
    "no end": r"<[^>]*$",
    "tag in a tag": r"<\w*<\w",
    "polyglot": r"(?s)--.*</(?:script|style|title|textarea)>.*(?:on\w+=|javascript:)",
    # How it hides what it is.
    "decimal entity": r"&#0*\d",
    "hexadecimal entity": r"(?i)&#x",
    "entity without an end": r"(?i)&#(?:x[0-9a-f]+|\d+)(?![0-9a-fx;])",
    "named entity": r"&(?!amp;|lt;|gt;|quot;)[A-Za-z]+;",
    "escaped angle": r"(?i)&lt;|&#60|%3c|\\x3c|\\u003c|\+ADw-",
    "percent": r"%[0-9A-Fa-f]{2}",
    "percent twice": r"%25[0-9A-Fa-f]{2}",
    "escape of a script": r"\\u[0-9A-Fa-f]{4}",
    "byte in hexadecimal": r"\\x[0-9A-Fa-f]{2}",
    "octal or CSS escape": r"\\[0-9]{1,6}",
    "UTF-7": r"\+ADw-",
    "base64": r";\s*base64",
    "capitals by turns": r"<[a-z]+[A-Z]|<[A-Z]+[a-z]+[A-Z]|[a-z][A-Z][a-z]?[A-Z]cript",
    "slash for a space": r"<\w+/\w",
    "backtick for a quote": r"=\s*`",
    "white space in a word": r"(?i)j\s+a\s*v|java\s+script|vbscript\s+:|jav\s+ascript",
    "no quotes around": r"(?i)<\w[^>'\"`]*\s(?:href|src|on\w+)\s*=\s*[^'\"`\s>]",
    "no letters": r"[\[\]()!+{}$_~:\"]{40}",
    "code points in numbers": r"fromCharCode",
    # What it uses besides elements, attributes and addresses.
    "CSS expression": r"(?i)expr.{0,12}ession\s*\(|e\s*xp.{0,9}ression",
    "CSS address": r"(?i)url\s*\(",
    "CSS import": r"(?i)@im.{0,4}port",
    "CSS binding": r"(?i)-moz-binding|behaviou?r\s*:",
    "covers the page": r"(?i)position\s*:|width\s*:\s*100|z-index",
    "refreshes the page": r"(?i)http-equiv\W+(?:refresh|link|set-cookie)",
    "address without a scheme": r"(?i)(?:src|href|data|action)\s*=\s*[\"']?//",
    "anchor that is clicked": r"(?i)<a\b[^>]*href",
    "link in a drawing": r"(?i)<svg.*<a\b|<math.*href",
    "Markdown": r"!?\[[^\]]*\]\([^)]",
    # What it calls.
    "alert": r"alert\W",
    "confirm": r"confirm\W",
    "prompt": r"prompt\W",
    "eval": r"(?i)\beval\b",
    "call by a computed name": r"\w\s*\[['\"\w]+\s*[\]+]",
    "template call": r"alert`",
    "open": r"\bopen\s*\(",
    "log": r"console\.",
    "timer": r"setTimeout|setInterval",
    "new element": r"createElement",
    "document written": r"document\.write|\bwrite\(",
    "inner HTML": r"(?i)innerHTML",
    "cookie": r"(?i)cookie",
    "request": r"(?i)XMLHttpRequest|ActiveXObject|XDomainRequest",
    "navigation": r"(?i)location",
    "very long": r"(?s)^.{900}",
}
_COMPILED = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}
_TAG = re.compile(r"<[\s/!?%\x00'\"]*([A-Za-z][A-Za-z0-9:-]{0,19})")
_EVENT = re.compile(r"\b(on[a-z]{3,20})[\s\\x0-9]*=", re.IGNORECASE)
_SCHEME = re.compile(
    r"\b(javascript|vbscript|livescript|mocha|data|https?|feed|ftp|file|urn|clsid|about|jar|view-source)\s*(?::|&colon;)",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"\b(href|xlink:href|src|srcdoc|dynsrc|lowsrc|action|formaction|background|poster|data|code|content|style|autofocus|"
    r"contenteditable|target|srcset|classid|attributename|values|to|from|folder|implementation|value|rel|type|charset|"
    r"xmlns|manifest|handler|event|for)\s*=",
    re.IGNORECASE,
)


def read(shared_data: Path) -> list[str]:
    """The payloads, and after them the naughty strings."""
    folder = shared_data / "security"
    payloads = (folder / "xss_payloads.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    naughty = json.loads((folder / "naughty_strings.json").read_text(encoding="utf-8"))
    return [*payloads, *map(str, naughty)]


def kinds(text: str) -> frozenset[str]:
    """All that a string is an example of: elements, events, attributes, schemes, tricks, and sorts of characters."""
    found = {f"<{name.lower()}>" for name in _TAG.findall(text)}
    found |= {name.lower() for name in _EVENT.findall(text)}
    found |= {f"{name.lower()}=" for name in _ATTRIBUTE.findall(text)}
    found |= {f"{name.lower()}:" for name in _SCHEME.findall(text)}
    found |= {name for name, pattern in _COMPILED.items() if pattern.search(text)}
    strange = {unicodedata.category(each) for each in text if not (each.isascii() and each.isprintable())}
    found |= {f"character of category {category}" for category in strange - {"Ll", "Lu"}}
    return frozenset(found)


def cover(texts: Sequence[str]) -> list[str]:
    """The fewest strings, as far as a greedy choice finds them, that are of every kind: those of most kinds first."""
    of = {text: kinds(text) for text in texts}
    chosen: list[str] = []
    missing = set().union(*of.values())
    while missing:
        # Of those that add as much, the shortest, as what fails is then best understood.
        best = max(of, key=lambda text: (len(of[text] & missing), -len(text), text))
        chosen.append(best)
        missing -= of[best]
    return chosen


def grouped(texts: Sequence[str], limit: int) -> list[list[str]]:
    """The strings in groups that have at most so many characters with a break between two; a longer one in parts."""
    parts = [text[start : start + limit] for text in texts for start in range(0, max(len(text), 1), limit)]
    groups: list[list[str]] = [[]]
    length = 0
    for part in parts:
        length += len(part) + 1
        if length > limit + 1 and groups[-1]:
            groups.append([])
            length = len(part) + 1
        groups[-1].append(part)
    return groups


def shown(text: str) -> str:
    """The letters and signs of a text as the page shows it, for `letters` of what stands there."""
    return letters(html.unescape(re.sub(r"<[^>]*>", "", escape(text))))


def letters(text: str) -> str:
    """What of a text no renderer may change: the characters of ASCII that one sees."""
    return re.sub(r"[^!-~]", "", text)


def file_names(texts: Sequence[str], limit: int = 200) -> Iterator[str]:
    """Names of files that hold the strings as far as a name can, several in each."""
    for number, group in enumerate(grouped([_in_a_name(text) for text in texts], limit)):
        name = " ".join(group).encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")
        yield f"{number} {name}.txt"


def _in_a_name(text: str) -> str:
    return text.replace("/", "\N{DIVISION SLASH}").replace("\0", "")
