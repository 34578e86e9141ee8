"""The vector index at a Chroma server or in Chroma Cloud: a collection of its own for each generation.

It is asked over HTTP, by Chroma's own interface (version 2), and not through chromadb's client: that one has no time
limit, and reads the server's configuration. From an answer only passage ids and distances are read, by which passages
are chosen; the score is computed from the catalog's vectors. So a server that is wrong can hide a passage and cannot
change what is quoted.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import numpy as np

from index.errors import StoreDamaged, in_short
from index.postings import Postings
from index.records import Ids
from index.rows import Pointer
from index.schema import Matrix, Vector
from index.servers import Servers

_QUERY_SECONDS = 2.0  # an exact scan of 100,000 passages takes less
_WRITE_SECONDS = 60.0
_PAUSE_SECONDS = 30.0  # without the server, after it failed
_BATCH = 500
_PAGE = 1000
_PROBES, _ITSELF = 8, 0.999  # the least cosine of a passage's vector and one that is taken for it
_HNSW = {"space": "cosine", "max_neighbors": 32, "ef_construction": 200, "ef_search": 200}  # as in index/vectors.py


class RemoteGeneration:
    """A generation at a server, open for queries from several threads."""

    is_own = False

    def __init__(self, server: "_Server", prefix: str, number: int) -> None:
        """Look whether it is there with as many passages as it was built with.

        Raises:
            StoreDamaged: when it is not, or the server does not answer.
        """
        self._server = server
        with _as_damage(server.where):
            found = server.ask("GET", f"collections/{prefix}{number}")
            self._id, notes = str(found["id"]), found["metadata"]
            self.pointer = Pointer(number, int(notes["watermark"]), int(notes["passages"]))
            if int(server.ask("GET", f"collections/{self._id}/count")) != self.pointer.count:
                raise StoreDamaged(f"The vector index at {server.where} has lost passages.")

    def query(self, vector: Vector, n: int) -> list[tuple[int, float]]:
        """Return (passage id, cosine) of about the `n` nearest; some may have been removed since it was built.

        Raises:
            StoreDamaged: when the server fails, or does not answer in time.
        """
        with _as_damage(self._server.where):
            return _nearest(self._server, self._id, vector, min(n, self.pointer.count))


class RemoteGenerations:
    """The generations of one collection at a server; safe to use from several threads."""

    def __init__(self, mark: str, servers: Servers) -> None:
        """Use what stands under the mark of a catalog; nothing is asked yet."""
        self._server = _Server(servers)
        self._prefix = f"assistant-{mark}-"
        self._lock = threading.Lock()
        self._number = 0
        self._open: RemoteGeneration | None = None
        self._paused_until = 0.0
        self.failure = ""
        """Why the generation that was last asked for is not used; empty when it is."""

    @property
    def is_open(self) -> bool:
        """Return True: nothing has to be started."""
        return True

    def current(self, number: int) -> RemoteGeneration | None:
        """Return a generation, opened at the first call, or None; one that failed is tried again after a while."""
        with self._lock:
            tried = number == self._number and (self._open or time.monotonic() < self._paused_until)
            if not tried:
                self._number, self._open, self.failure = number, None, ""
                if number:
                    self._try_to_open(number)
            return self._open

    def words(self, number: int) -> None:
        """Return None: words are found by the catalog's own full-text index."""

    def fail(self, generation: RemoteGeneration, reason: str) -> None:
        """Stop using a generation that failed in a query, for a while."""
        with self._lock:
            if self._open is generation:
                self._open = None
                self._pause(reason)

    def close(self) -> None:
        """Close the connections."""
        self._server.close()

    def usable(self, number: int) -> bool:
        """Return whether a generation is there and has not failed here."""
        return not self.check(number)

    def check(self, number: int) -> str:
        """Return what is wrong with a generation, or nothing."""
        try:
            RemoteGeneration(self._server, self._prefix, number)
        except StoreDamaged as damage:
            return str(damage)
        return ""

    def others(self, keep: int) -> list[str]:
        """Return the names of what stands under the catalog's mark beside the generation to keep; none in a failure."""
        try:
            with _as_damage(self._server.where):
                return sorted(set(self._names()) - {self._name(keep)})
        except StoreDamaged:
            return []

    def clean(self, keep: int, *, all_others: bool = False) -> int:
        """Remove everything but one generation; returns how many were removed, as far as the server answers."""
        removed = 0
        for name in self.others(keep):
            try:
                self._delete(name)
            except StoreDamaged:
                return removed
            removed += 1
        return removed

    def build(
        self,
        number: int,
        base: int,
        ids: Ids,
        read: Callable[[Sequence[int]], Matrix],
        words: Callable[[], Postings],
    ) -> None:
        """Build a generation of these passages; always from nothing (`base`), and without words (`words`).

        Raises:
            StoreDamaged: when the server fails or does not find what was given to it.
        """
        name, server = self._name(number), self._server
        self._delete(name)
        with _as_damage(server.where):
            notes = {"passages": len(ids), "watermark": int(ids[-1])}
            wanted = {"name": name, "configuration": {"hnsw": _HNSW}, "metadata": notes}
            made = str(server.ask("POST", "collections", wanted, _WRITE_SECONDS)["id"])
            for start in range(0, len(ids), _BATCH):
                part = ids[start : start + _BATCH].tolist()
                records = {"ids": [str(each) for each in part], "embeddings": read(part).tolist()}
                server.ask("POST", f"collections/{made}/upsert", records, _WRITE_SECONDS)
            _probe(server, made, ids, read)

    def _name(self, number: int) -> str:
        return f"{self._prefix}{number}"

    def _names(self) -> Iterator[str]:
        """Give the names of all generations under the catalog's mark."""
        offset = 0
        while True:
            page = self._server.ask("GET", f"collections?limit={_PAGE}&offset={offset}")
            yield from (name for each in page if (name := str(each["name"])).startswith(self._prefix))
            if len(page) < _PAGE:
                return
            offset += _PAGE

    def _delete(self, name: str) -> None:
        """Delete a generation, if there is one of that name."""
        with _as_damage(self._server.where):
            self._server.ask("DELETE", f"collections/{name}", seconds=_WRITE_SECONDS, may_be_absent=True)

    def _try_to_open(self, number: int) -> None:
        try:
            self._open = RemoteGeneration(self._server, self._prefix, number)
        except StoreDamaged as damage:
            self._pause(str(damage))

    def _pause(self, reason: str) -> None:
        self.failure, self._paused_until = reason, time.monotonic() + _PAUSE_SECONDS


class _Server:
    """One database of a Chroma server."""

    def __init__(self, servers: Servers) -> None:
        self.where = servers.chroma_url
        path = f"/api/v2/tenants/{servers.chroma_tenant}/databases/{servers.chroma_database}/"
        headers = {"x-chroma-token": servers.chroma_token} if servers.chroma_token else {}
        self._http = httpx.Client(base_url=servers.chroma_url.rstrip("/") + path, headers=headers)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        seconds: float = _QUERY_SECONDS,
        *,
        may_be_absent: bool = False,
    ) -> Any:
        """Return the answer to a request; raises whatever goes wrong."""
        answer = self._http.request(method, path, json=body, timeout=seconds)
        if answer.status_code == httpx.codes.NOT_FOUND and may_be_absent:
            return None
        answer.raise_for_status()
        return answer.json()

    def close(self) -> None:
        self._http.close()


@contextmanager
def _as_damage(where: str) -> Iterator[None]:
    """Turn what goes wrong with a server, also an answer in another form, into StoreDamaged."""
    try:
        yield
    except httpx.HTTPStatusError as error:
        raise StoreDamaged(f"The vector index at {where} answered {error.response.status_code}.") from error
    except (httpx.HTTPError, RuntimeError, ValueError, TypeError, LookupError) as error:
        raise StoreDamaged(f"The vector index at {where} cannot be used ({in_short(error)}).") from error


def _probe(server: _Server, made: str, ids: Ids, read: Callable[[Sequence[int]], Matrix]) -> None:
    """Raise unless there are as many passages as were given and some of them are found by their own vectors."""
    if int(server.ask("GET", f"collections/{made}/count", seconds=_WRITE_SECONDS)) != len(ids):
        raise StoreDamaged(f"The vector index at {server.where} holds another number of passages than it was given.")
    chosen = ids[np.unique(np.linspace(0, len(ids) - 1, _PROBES).astype(int))].tolist()
    for vector in read(chosen):
        if _nearest(server, made, vector, 1, _WRITE_SECONDS)[0][1] < _ITSELF:
            raise StoreDamaged(f"The vector index at {server.where} does not find its own passages.")


def _nearest(
    server: _Server, made: str, vector: Vector, n: int, seconds: float = _QUERY_SECONDS
) -> list[tuple[int, float]]:
    """Return the nearest ids and their cosines."""
    asked = {"query_embeddings": [vector.tolist()], "n_results": n, "include": ["distances"]}
    found = server.ask("POST", f"collections/{made}/query", asked, seconds)
    ids = [int(name) for name in found["ids"][0][:n]]
    cosines = [1.0 - float(distance) for distance in found["distances"][0][:n]]
    if any(not 0 < number < 2**63 for number in ids) or not np.isfinite(cosines).all():
        raise ValueError("an id or a distance is none of ours")
    return list(zip(ids, cosines, strict=True))
