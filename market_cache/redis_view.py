"""The view of a Redis server as readers have it: one command a read, and a rest after each failure."""

from __future__ import annotations

import time
from typing import Final

import redis

from market_cache.fault import Trouble
from market_cache.redis_keys import connect, name_of
from market_cache.store import Key, place_of

REST_S: Final = 1.0
"""After a failure nothing is asked for so long: a page must not wait for a server that is away at every look."""


class RedisView:
    """A ReadableStore. A read takes at most 0.25 s, and while the server is away nearly all of them take no time."""

    def __init__(self, url: str) -> None:
        self._url, self._client = url, connect(url)
        self._rests_until = 0.0
        self.problem = ""

    def get(self, *keys: Key) -> dict[Key, bytes] | None:
        """The values of those keys that are there, all of one moment."""
        if time.monotonic() < self._rests_until:
            return None
        try:
            values = self._client.mget([name_of(key) for key in keys])
        except redis.RedisError as error:
            self._rests_until = time.monotonic() + REST_S
            self.problem = f"{Trouble.AWAY.value} ({place_of(self._url)}: {error})."
            return None
        self.problem = ""
        return {key: value for key, value in zip(keys, values, strict=True) if isinstance(value, bytes)}

    def run(self, first: int, last: int) -> dict[Key, bytes] | None:
        """As `get` of all whole numbers from first to last."""
        return self.get(*range(first, last + 1))

    def get_with_run(self, key: Key, first: int, last: int) -> dict[Key, bytes] | None:
        """As `run`, and one key more."""
        return self.get(key, *range(first, last + 1))

    def close(self) -> None:
        """Let go of the connection; the next read makes a new one."""
        self._client.close()
