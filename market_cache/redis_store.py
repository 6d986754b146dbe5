"""The Redis backend: the same transactions, each one a script, so that nobody sees half of it and a writer that was
replaced writes nothing more."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final, NoReturn

import redis

from domain.errors import LeaseHeldError
from market_cache.fault import CacheFault, Trouble
from market_cache.redis_keys import KEPT_S, NAMESPACE, OWN_KEYS, OWNER, RING, SERIAL, connect, name_of
from market_cache.store import Key, place_of

COMMIT: Final = """
local owner, serial = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])
if ARGV[1] ~= '' and owner ~= ARGV[1] then return {'owner', owner or ''} end
if ARGV[2] ~= '' and serial ~= ARGV[2] then return {'serial', serial or ''} end
local puts = tonumber(ARGV[5])
for i = 3 + puts, #KEYS do redis.call('UNLINK', KEYS[i]) end
for i = 1, puts do redis.call('SET', KEYS[2 + i], ARGV[5 + i], 'EX', ARGV[4]) end
redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[4])
return {'done', ''}
"""
"""KEYS: owner, serial, keys to set, keys to delete. ARGV: token of the lease ('' = any), serial that must be there ('' = any),
serial that follows, seconds to keep, number of keys to set, values. Redis runs a script alone and whole."""

BATCH: Final = 1_000


class RedisStore:
    """A WritableStore. `owner` is the token of the lease; LeaseHeldError once another worker holds it.

    Every transaction changes a serial number from what this store left. So it notices that Redis was emptied, that somebody
    else wrote, and whether a transaction without an answer took effect.
    """

    def __init__(self, url: str, owner: str = "") -> None:
        self._url, self._owner = url, owner
        self._client = connect(url)
        self._script = self._client.register_script(COMMIT)
        self._puts: dict[Key, bytes] = {}
        self._deletes: set[Key] = set()
        self._open = 0
        self._name, self._count = secrets.token_hex(8), 0
        self._serial = self._doubtful = ""
        self._doubts: set[str] = set()
        self._commit()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All puts and deletes inside become visible together, or none does."""
        self._open += 1
        try:
            yield
            if self._open == 1:
                self._commit()
        finally:
            self._open -= 1
            if not self._open:
                self._puts, self._deletes = {}, set()

    def put(self, key: Key, value: bytes) -> None:
        """Set one value; at once if outside a transaction."""
        if not isinstance(key, str | int) or not isinstance(value, bytes):
            raise TypeError("a cache key is text or an integer, a value is bytes")
        with self.transaction():
            self._deletes.discard(key)
            self._puts[key] = value

    def put_many(self, values: Mapping[Key, bytes]) -> None:
        """Set several values; together, also outside a transaction."""
        with self.transaction():
            for key, value in values.items():
                self.put(key, value)

    def get(self, key: Key) -> bytes | None:
        """One value, or None."""
        return self.get_many(key).get(key)

    def get_many(self, *keys: Key) -> dict[Key, bytes]:
        """The values of those keys that are there."""
        asked = [key for key in keys if key not in self._puts and key not in self._deletes]
        with self._faults():
            values = self._client.mget([name_of(key) for key in asked]) if asked else []
        found = dict(zip(asked, values, strict=True)) | {key: self._puts[key] for key in keys if key in self._puts}
        return {key: value for key, value in found.items() if value is not None}

    def delete(self, keys: Iterable[Key]) -> None:
        """Remove keys; those that are not there are passed over."""
        with self.transaction():
            for key in keys:
                self._puts.pop(key, None)
                self._deletes.add(key)

    def numbers(self) -> list[int]:
        """Every key that is an integer, in no order."""
        ends = (name.removeprefix(RING) for name in self._names(f"{RING}*"))
        return [int(end) for end in ends if end.lstrip("-").isdigit()]

    def clear(self) -> None:
        """Remove everything."""
        names = [name for name in self._names(f"{NAMESPACE}*") if name not in OWN_KEYS]
        numbers = [int(name.removeprefix(RING)) for name in names if name.startswith(RING)]
        self.delete([*numbers, *(name.removeprefix(NAMESPACE) for name in names if not name.startswith(RING))])

    def arrived(self) -> bool:
        """Whether the transaction that had no answer took effect after all."""
        if not self._doubtful:
            return False
        with self._faults():
            found = _text(self._client.get(SERIAL))
        arrived = found == self._doubtful
        self._serial, self._doubtful = (self._doubtful if arrived else self._serial), ""
        return arrived

    def inspect(self, key: Key, value: bytes) -> None:
        """Look whether a reader finds this value."""
        with self._faults():
            owner, found = self._client.mget(OWNER, name_of(key))
        self._check_owner(_text(owner))
        if found != value:
            raise CacheFault(Trouble.GONE)

    def set_aside(self) -> None:
        """Nothing to keep: what Redis holds it holds whole."""
        self.close()

    def close(self) -> None:
        """Close the store; it cannot be used afterwards."""
        with suppress(redis.RedisError):
            self._client.close()

    def _commit(self) -> None:
        if self._doubtful:
            self.arrived()
        self._count += 1
        following = f"{self._name}:{self._count}"
        keys = [OWNER, SERIAL, *(name_of(key) for key in (*self._puts, *self._deletes))]
        arguments = [self._owner, self._serial, following, KEPT_S, len(self._puts), *self._puts.values()]
        self._doubtful = following
        self._doubts.add(following)
        with self._faults():
            verdict, found = self._script(keys, arguments)
        self._doubtful = ""
        if verdict == b"owner":
            self._check_owner(_text(found))
        if verdict != b"done":
            self._explain(_text(found))
        self._serial = following
        self._doubts.clear()

    def _explain(self, found: str) -> NoReturn:
        """Another serial number than was left: a write that was given up came late (a server that was stopped and went on
        does that), or somebody else wrote, or the server lost what it held."""
        if found in self._doubts:
            self._doubtful = found
            raise CacheFault(Trouble.AWAY, "it took an earlier write late")
        raise CacheFault(Trouble.GONE, "written by another program" if found else "emptied")

    def _check_owner(self, owner: str) -> None:
        if self._owner and owner and owner != self._owner:
            holder = owner.rpartition(" ")[0]
            raise LeaseHeldError(
                f"another stream worker ({holder}) has taken over {place_of(self._url)}; this one stops"
            )
        if self._owner and not owner:
            raise CacheFault(Trouble.GONE, "emptied")

    def _names(self, pattern: str) -> list[str]:
        with self._faults():
            return [_text(name) for name in self._client.scan_iter(match=pattern, count=BATCH)]

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except redis.ReadOnlyError as error:
            self._doubtful = ""
            raise CacheFault(Trouble.READ_ONLY, str(error)) from error
        except redis.OutOfMemoryError as error:
            self._doubtful = ""
            raise CacheFault(Trouble.FULL, str(error)) from error
        except redis.RedisError as error:
            raise CacheFault(Trouble.AWAY, f"{place_of(self._url)}: {error}") from error


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else ""
