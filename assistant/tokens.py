"""Who may use a home over the network: its bearer tokens, of which it keeps hashes only.

A token is shown once, when it is made. What `tokens.json` holds says which tokens there are and what they may do, and
is of no use to whoever reads it.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from assistant.api.access import Access
from index.errors import AssistantError, InvalidSettings, StoreDamaged, StoreError
from index.folders import folder_of
from index.locks import FileWriterLock

Scope = Literal["read", "write"]
PREFIX = "asst_"
"""What every token begins with, so that one that strays into a file or a log is recognised as what it is."""
FILE_NAME = "tokens.json"
LONGEST_NAME = 80
MOST_DAYS = 3_650

_LOCK_NAME = "tokens.lock"
_BYTES = 32
_BUSY = "Another process is changing the tokens of this home; try again."
_Identity = tuple[int, int, int]


class TokenNotFound(AssistantError):
    """There is no token with that id in this home."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token."""

    id: str
    """Eight hexadecimal digits, by which it is revoked."""
    name: str
    """What it is for, in the person's words; may be empty."""
    scope: Scope
    collection: str | None
    """The one collection that it is for; None for all."""
    created_at: datetime
    expires_at: datetime | None
    last_four: str
    """The last characters of its text, to recognise it by."""
    digest: str
    """The SHA-256 of its text."""

    @property
    def access(self) -> Access:
        """What whoever shows it may do."""
        shown = f"token {self.id} ({self.name})" if self.name else f"token {self.id}"
        return Access(shown, writes=self.scope == "write", collection=self.collection)

    def is_valid(self, now: datetime) -> bool:
        """Tell whether it has not expired."""
        return self.expires_at is None or now < self.expires_at

    def to_dict(self) -> dict[str, Any]:
        """Return what a person may see of it as JSON values, without the hash."""
        return {
            "id": self.id,
            "name": self.name,
            "scope": self.scope,
            "collection": self.collection,
            "created_at": self.created_at.isoformat(),
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "last_four": self.last_four,
        }


class TokenStore:
    """The tokens of one home; safe to use from several processes, each of which sees the others' changes at once."""

    def __init__(self, home: Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Use a home; nothing is made in it before the first token is.

        Args:
            home: its folder.
            clock: what gives the time, with its zone.
        """
        self._path = Path(home) / FILE_NAME
        self._lock = FileWriterLock(Path(home) / _LOCK_NAME, _BUSY)
        self._clock = clock
        self._read: tuple[_Identity | None, tuple[Token, ...]] = (None, ())

    def all(self) -> list[Token]:
        """Return the tokens that are not revoked, oldest first, expired ones too.

        Raises:
            StoreDamaged: when their file cannot be read.
        """
        return list(self._tokens())

    def exists(self) -> bool:
        """Tell whether there is a token that is valid."""
        now = self._clock()
        return any(token.is_valid(now) for token in self._tokens())

    def create(
        self, name: str = "", *, scope: Scope = "read", collection: str | None = None, days: int | None = None
    ) -> tuple[str, Token]:
        """Return a new token's text, which nobody can get again, and what is kept of it.

        Args:
            name: what it is for.
            scope: whether it may change documents ("write") or only ask about them ("read").
            collection: the one collection that it is for; None for all.
            days: after how many days it expires; None for never.

        Raises:
            InvalidSettings: when one of these is impossible.
            StoreError: when the home cannot be written to.
        """
        _check(name, collection, days)
        text = PREFIX + secrets.token_urlsafe(_BYTES)
        now = self._clock().replace(microsecond=0)
        expires = None if days is None else now + timedelta(days=days)
        self._make_home()
        with self._lock.hold():
            tokens = self._tokens()
            token = Token(_new_id(tokens), name, scope, collection, now, expires, text[-4:], _digest(text))
            self._write((*tokens, token))
        return text, token

    def revoke(self, id: str) -> Token:
        """Make a token worth nothing, and return what was kept of it.

        Raises:
            TokenNotFound: when there is none with this id.
            StoreError: when the home cannot be written to.
        """
        if not self._tokens():  # A home without tokens gets no lock file either.
            raise TokenNotFound(_not_found(id))
        with self._lock.hold():
            tokens = self._tokens()
            revoked = next((token for token in tokens if token.id == id), None)
            if revoked is None:
                raise TokenNotFound(_not_found(id))
            self._write([token for token in tokens if token.id != id])
        return revoked

    def access(self, text: str) -> Access | None:
        """Return what whoever shows this text may do; None when it is no valid token."""
        found = self.token(text)
        return found.access if found else None

    def token(self, text: str) -> Token | None:
        """Return the valid token that has this text."""
        digest, found = _digest(text), None
        for token in self._tokens():  # All of them, so that the time tells nothing about which one it is like.
            if hmac.compare_digest(token.digest, digest):
                found = token
        return found if found and found.is_valid(self._clock()) else None

    def find(self, id: str) -> Token | None:
        """Return the valid token that has this id."""
        now = self._clock()
        return next((token for token in self._tokens() if token.id == id and token.is_valid(now)), None)

    def _tokens(self) -> tuple[Token, ...]:
        """Those of the file, which is read again when it is another one than before."""
        try:
            stands = self._path.stat()
            identity = (stands.st_ino, stands.st_mtime_ns, stands.st_size)
            if self._read[0] != identity:
                # The file may be replaced between the two; then the next call reads once more.
                self._read = (identity, _parsed(self._path.read_bytes()))
        except FileNotFoundError:
            self._read = (None, ())
        except OSError as error:
            raise StoreError(f"{self._path} cannot be read ({error.strerror}); check its permissions.") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreDamaged(
                f"{self._path} is damaged, so nobody can be let in; remove it and make new tokens with "
                "`assistant token create`."
            ) from error
        return self._read[1]

    def _make_home(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self._path.parent} cannot be made ({error.strerror}); choose another home.") from error

    def _write(self, tokens: Sequence[Token]) -> None:
        """Replace the file by one of these tokens, which only its owner can read; whole, or not at all."""
        listed = [{**token.to_dict(), "sha256": token.digest} for token in tokens]
        written = json.dumps({"version": 1, "tokens": listed}, indent=2).encode()
        temporary = self._path.with_name(f"{FILE_NAME}.{secrets.token_hex(4)}.new")
        try:
            try:
                with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(written)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, self._path)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(
                f"{self._path} cannot be written ({error.strerror}); check the permissions and the space of the home."
            ) from error


def _digest(text: str) -> str:
    # Slow and salted hashes are for passwords, which can be guessed; nobody guesses 256 random bits, and each request
    # of a program pays for this one.
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _new_id(tokens: Sequence[Token]) -> str:
    taken = {token.id for token in tokens}
    while (made := secrets.token_hex(4)) in taken:
        pass
    return made


def _check(name: str, collection: str | None, days: int | None) -> None:
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidSettings(f"A token's name is one line of at most {LONGEST_NAME} characters; choose another.")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise InvalidSettings(f"A token lasts from 1 to {MOST_DAYS} days, not {days}; leave it out for no end.")
    if collection is not None:
        folder_of(Path(), collection)


def _not_found(id: str) -> str:
    return f"There is no token {id[:40]!a} in this home; `assistant token list` shows those that there are."


def _parsed(written: bytes) -> tuple[Token, ...]:
    return tuple(_token(each) for each in json.loads(written)["tokens"])


def _token(kept: dict[str, Any]) -> Token:
    expires = kept["expires_at"]
    collection = kept["collection"]
    return Token(
        id=str(kept["id"]),
        name=str(kept["name"]),
        scope="write" if kept["scope"] == "write" else "read",
        collection=None if collection is None else str(collection),
        created_at=_time(kept["created_at"]),
        expires_at=None if expires is None else _time(expires),
        last_four=str(kept["last_four"]),
        digest=_ascii(kept["sha256"]),
    )


def _time(written: str) -> datetime:
    """A time with its zone; one without would not compare with the clock's."""
    time = datetime.fromisoformat(written)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _ascii(written: str) -> str:
    """A hash as it is compared: hmac takes ASCII only."""
    return written.encode("ascii").decode()
