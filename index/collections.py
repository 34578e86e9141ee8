"""The collections of a home, whether their catalogs are files in it or schemas of a PostgreSQL database."""

import shutil
from contextlib import closing
from importlib import import_module
from pathlib import Path
from types import ModuleType

from index import records, schema
from index.catalog import Catalog
from index.derived import DerivedIndexes
from index.errors import InvalidSettings
from index.folders import collections_in, folder_of
from index.generations import Generations
from index.servers import Servers
from index.sqlite_catalog import SqliteCatalog
from index.sqlite_files import is_sound, shrink_file

ALONE = Servers()
"""No server: everything is in the home."""


def open_catalog(folder: Path, servers: Servers = ALONE) -> Catalog:
    """Open the catalog of the collection of this folder, creating it when it is absent.

    Raises:
        StoreDamaged: when it is missing though it was there, or unreadable.
        StoreError: when it cannot be reached, or a newer version made it.
    """
    if servers.catalog_url:
        opened: Catalog = _postgres().PostgresCatalog.open(servers.catalog_url, folder.name)
        return opened
    # The folder of generations is made after the catalog: where it stands, a catalog was there.
    return SqliteCatalog.open(schema.path_in(folder), expected=(folder / "generations").exists())


def open_indexes(folder: Path, catalog: Catalog, servers: Servers = ALONE) -> DerivedIndexes:
    """Return the derived indexes of the collection of this folder; nothing of them is opened or asked yet.

    Raises:
        OSError: when the folder cannot be used.
    """
    if servers.chroma_url:
        from index.remote_vectors import RemoteGenerations  # httpx takes a while to import

        return RemoteGenerations(records.ensure_mark(catalog), servers)
    # Generations of one catalog are never taken for those of another one.
    generations = folder / "-".join(filter(None, ("generations", catalog.mark)))
    generations.mkdir(exist_ok=True)
    return Generations(generations, shrink=shrink_file, sound=is_sound)


def collections_of(home: Path, servers: Servers = ALONE) -> list[str]:
    """Return the names of a home's collections, in alphabetical order.

    Raises:
        StoreError: when the server that keeps their catalogs cannot be reached.
    """
    if servers.catalog_url:
        names: list[str] = _postgres().collections_at(servers.catalog_url)
        return names
    return collections_in(home)


def delete_collection(home: Path, collection: str, servers: Servers = ALONE) -> None:
    """Delete a collection with all its documents; nothing may be using it.

    Raises:
        OSError: when its folder cannot be deleted whole.
        StoreError: when the server that keeps its catalog cannot be reached.
    """
    folder = folder_of(home, collection)
    if servers.chroma_url and collection in collections_of(home, servers):
        with (
            closing(open_catalog(folder, servers)) as catalog,
            closing(open_indexes(folder, catalog, servers)) as index,
        ):
            index.clean(keep=0)
    if servers.catalog_url:
        _postgres().delete_at(servers.catalog_url, collection)
    if folder.exists():
        shutil.rmtree(folder)


def _postgres() -> ModuleType:
    """Return the module of PostgreSQL's catalogs, which is loaded where one is used only."""
    try:
        return import_module("index.postgres_catalog")
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise InvalidSettings(
            "The setting catalog_url needs a package that is not installed; run `pip install 'psycopg[binary]'`."
        ) from error
