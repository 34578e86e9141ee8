"""What several test files need."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.settings import load_settings
from index.collections import collections_of
from index.postgres_catalog import delete_at
from index.servers import Servers
from index.store import Store
from tests import servers

ROOT = Path(__file__).parents[1]
"""The top of the checkout."""


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The evaluation data beside the checkout, which is not part of the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        missing = "This test needs the evaluation data in ../shared/data beside the checkout."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what `make test-payloads` asks for."""
    parser.addoption("--all-payloads", action="store_true", help="Try all hostile strings, which takes long.")


@pytest.fixture(scope="session")
def all_payloads(pytestconfig: pytest.Config) -> bool:
    """Whether all hostile strings are tried, and not a sample."""
    return bool(pytestconfig.getoption("--all-payloads"))


LIBRARY = (
    (
        "Alder Bridge",
        "alder",
        "text/plain",
        "The Alder Bridge was opened on 4 May 1931 by the engineer Ida Holm. It carries two railway tracks over the "
        "river Sil.\n\nTrains cross the bridge at 40 kilometres an hour. In 1978 a storm tore away its northern pier, "
        "and the repairs took three years.\n",
    ),
    (
        "Reading room",
        "rules",
        "text/markdown",
        "# Reading room\n\n## Opening hours\n\nThe reading room is open from nine to six on weekdays. Visitors leave "
        "their coats in the lockers beside the stairs.\n\n## Fees\n\n| Service | Price | Delivery |\n|---|---|---|\n"
        "| Scan of a page | 2 euros | one day |\n| Loan of a map | 15 euros | three days |\n",
    ),
    (
        "Harbour log",
        "log",
        "text/plain",
        "The ferry Petrel reached the harbour at noon with forty passengers.\r\nHer captain, Oskar Lind, reported ice "
        "in the strait. 🚢\r\n\r\nThe lighthouse keeper changed the lamp in the evening.",
    ),
)
"""Title, source, media type and text of each document of the library."""


def fill(assistant: Assistant, documents: Iterable[tuple[str, str, str, str]] = LIBRARY) -> Assistant:
    """Add documents, the library's when none are named, and give the assistant back."""
    for title, source, media_type, text in documents:
        assistant.add_text(text, title=title, source=source, media_type=media_type)
    return assistant


def opened(home: Path, threshold: float | None = None, **overrides: Any) -> Assistant:
    """An assistant with the bundled model, whatever the environment sets."""
    return Assistant.open(settings=load_settings(home, collection="default", threshold=threshold, **overrides))


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """A home of three short documents that no test changes, with the bundled model."""
    with fill(opened(tmp_path_factory.mktemp("library"), catalog_url="")) as assistant:
        yield assistant


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server, which all tests share."""
    with servers.postgres() as url:
        yield url


@pytest.fixture
def catalog_url(postgres: str) -> Iterator[str]:
    """The address of a PostgreSQL database in which no collection is."""
    yield postgres
    for name in collections_of(Path(), Servers(catalog_url=postgres)):
        delete_at(postgres, name)


@pytest.fixture(scope="session")
def chroma_url() -> Iterator[str]:
    """The address of a Chroma server, which all tests share; no two catalogs have a collection of theirs in common."""
    with servers.chroma() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def backends(request: pytest.FixtureRequest) -> Servers:
    """What keeps the collections of a test's own homes; the test runs over each."""
    return chosen_backend(request)


def chosen_backend(request: pytest.FixtureRequest) -> Servers:
    """What a fixture's parameter names: "sqlite", "postgres" or "chroma" (with a file as the catalog)."""
    if request.param == "postgres":
        return Servers(catalog_url=request.getfixturevalue("catalog_url"))
    return Servers(chroma_url=request.getfixturevalue("chroma_url")) if request.param == "chroma" else Servers()


@pytest.fixture
def store(tmp_path: Path, backends: Servers) -> Iterator[Store]:
    """The store of an empty home of the test's own, `tmp_path / "home"`."""
    with Store.open(tmp_path / "home", servers=backends) as opened:
        yield opened
