"""Which servers keep what a home does not keep itself."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of a home's collections; by default there are none, and everything is in the home."""

    catalog_url: str = field(default="", repr=False)
    """Of the PostgreSQL database with the catalogs, postgresql://user@host/name; it may hold a password."""
