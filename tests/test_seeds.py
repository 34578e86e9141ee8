"""The documents that come along are there, whole and only documents."""

import re
from hashlib import sha256

import seeds
from tests.conftest import ROOT

ARTICLE = "China in Siberia and the Russian Far East.txt"
ARTICLE_HASH = "48af789cd8cd77bdcdafb5b1e49212a533895ef8886c35ec9b47ad2be74bd0b6"


def test_the_article_is_there_byte_for_byte() -> None:
    assert sha256((seeds.folder() / ARTICLE).read_bytes()).hexdigest() == ARTICLE_HASH


def test_only_documents_are_indexed_and_every_one_is_described() -> None:
    described = (seeds.folder() / "README.md").read_text("utf-8")
    found = seeds.documents()
    assert ARTICLE in [path.name for path in found]
    assert all(path.suffix == ".txt" and path.name in described for path in found)


def test_every_example_shares_its_names_with_the_documents() -> None:
    text = " ".join(path.read_text("utf-8") for path in seeds.documents())
    assert len(seeds.QUESTIONS) >= 3
    for words in (*seeds.QUESTIONS, seeds.CLAIM):
        names = re.findall(r"[A-Z]\w+", words)[1:]
        assert names
        assert all(name in text for name in names), words


def test_the_packages_of_a_wheel_hold_seeds_and_prompts() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert re.search(r'^packages = \["assistant", "index", "prompts", "seeds"\]$', project, re.MULTILINE)
