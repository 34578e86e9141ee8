"""Which servers keep what a home does not keep itself."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of a home's collections; by default there are none, and everything is in the home."""

    catalog_url: str = field(default="", repr=False)
    """Of the PostgreSQL database with the catalogs, postgresql://user@host/name; it may hold a password."""
    chroma_url: str = ""
    """Of the Chroma server with the vector indexes, http://host:port, or https://api.trychroma.com."""
    chroma_token: str = field(default="", repr=False)
    chroma_tenant: str = "default_tenant"
    chroma_database: str = "default_database"
