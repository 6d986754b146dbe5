"""The store: bytes under keys, written in transactions by one hand and read by many. What both backends promise."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from domain.errors import SettingsError
from market_cache.fault import CacheFault

Key = str | int

SCHEME = "diskcache:"
REDIS_SCHEMES = frozenset({"redis", "rediss", "unix"})


class WritableStore(Protocol):
    """The store as its one writer sees it. Everything but `close` raises CacheFault when the store cannot be used now."""

    def transaction(self) -> AbstractContextManager[None]:
        """All puts and deletes inside become visible together, or none does."""

    def put(self, key: Key, value: bytes) -> None:
        """Set one value; at once if outside a transaction."""

    def put_many(self, values: Mapping[Key, bytes]) -> None:
        """Set several values; each at once if outside a transaction."""

    def get(self, key: Key) -> bytes | None:
        """One value, what this transaction has put included; None if there is none, or a stranger put it there."""

    def get_many(self, *keys: Key) -> dict[Key, bytes]:
        """The values of those keys that are there."""

    def delete(self, keys: Iterable[Key]) -> None:
        """Remove keys; those that are not there are passed over."""

    def numbers(self) -> list[int]:
        """Every key that is an integer, in no order."""

    def clear(self) -> None:
        """Remove everything."""

    def arrived(self) -> bool:
        """Whether the transaction that failed last took effect after all."""

    def inspect(self, key: Key, value: bytes) -> None:
        """Look at the store as a reader would, who must find this value. CacheFault GONE or DAMAGED if it is to be made anew."""

    def set_aside(self) -> None:
        """Put damaged content out of the way, where a person may look at it, so that a new store can be made."""

    def close(self) -> None:
        """Close the store; it cannot be used afterwards."""


class ReadableStore(Protocol):
    """The store as a reader sees it: no lock, no write, no transaction; and it never waits for the writer."""

    problem: str
    """Why the last read failed, as a sentence; empty if it did not."""

    def get(self, *keys: Key) -> dict[Key, bytes] | None:
        """The values of those keys that are there, all of one moment; None if the store cannot be read now."""

    def run(self, first: int, last: int) -> dict[Key, bytes] | None:
        """As `get` of all whole numbers from first to last: keys side by side are found in one go."""

    def get_with_run(self, key: Key, first: int, last: int) -> dict[Key, bytes] | None:
        """As `run`, and one key more, all of one moment."""

    def close(self) -> None:
        """Let go of the connection; the next read makes a new one."""


def is_redis(cache_url: str) -> bool:
    """Whether a CACHE_URL names a Redis server."""
    return urlsplit(cache_url).scheme in REDIS_SCHEMES


def directory_of(cache_url: str) -> Path:
    """The directory that a CACHE_URL names."""
    if not cache_url.startswith(SCHEME) or len(cache_url) == len(SCHEME):
        raise SettingsError(f"CACHE_URL: {place_of(cache_url)!r} is not of the form diskcache:DIRECTORY")
    return Path(cache_url.removeprefix(SCHEME))


def place_of(cache_url: str) -> str:
    """The CACHE_URL as it may be shown: without user and password."""
    parts = urlsplit(cache_url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in parts.netloc else cache_url


def open_writable(cache_url: str, owner: str = "") -> WritableStore:
    """The store behind a CACHE_URL, to be written. `owner` is the token of the lease; Redis checks it at every write."""
    if is_redis(cache_url):
        from market_cache.redis_store import RedisStore

        return RedisStore(cache_url, owner)
    from market_cache.diskcache_store import DiskcacheStore

    return DiskcacheStore(directory_of(cache_url))


def open_readable(cache_url: str) -> ReadableStore:
    """The store behind a CACHE_URL, to be read. Never fails and never waits."""
    if is_redis(cache_url):
        from market_cache.redis_view import RedisView

        return RedisView(cache_url)
    from market_cache.diskcache_view import DiskcacheView

    return DiskcacheView(directory_of(cache_url))


def wipe(cache_url: str) -> None:
    """Forget a cache that nobody writes. One that is not there or does not answer is passed over: its worker will say so."""
    if not is_redis(cache_url):
        shutil.rmtree(directory_of(cache_url), ignore_errors=True)
        return
    with suppress(CacheFault):
        store = open_writable(cache_url)
        store.clear()
        store.close()
