"""The lease on Redis: the right to write a cache that several hosts read. A key that lives 3 s and is renewed each second."""

from __future__ import annotations

import os
import re
import secrets
import socket
import threading
import time
from typing import Any, Final

import redis
import structlog

from domain.errors import LeaseHeldError, TickdeskError
from market_cache.fault import CacheFault, Trouble
from market_cache.redis_keys import KEPT_S, LEASE, NAMESPACE, OWNER, RING, connect
from market_cache.store import place_of

LIVES_MS: Final = 3_000
RENEW_S: Final = 1.0
WAIT_S: Final = 4.0
"""How long a new worker waits for a lease that nobody renews any more, or for the server to answer."""

RENEWED_AT_ONCE: Final = 500
PATIENCE_S: Final = 1.0

TAKE: Final = """
local lease, owner = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])
if lease and lease ~= ARGV[1] and lease ~= ARGV[4] then return lease end
if ARGV[4] == 'renew' and owner and owner ~= ARGV[1] then return owner end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[3])
return ''
"""
"""KEYS: lease, owner. ARGV: token, ms of the lease, seconds of the owner, and 'renew' or a token that may be replaced.
`owner` is the fence: it stays when the lease ran out, so that a worker which slept may go on if nobody came meanwhile."""

GIVE_BACK: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"

log = structlog.get_logger()


class RedisLease:
    """Held from construction to `release`, renewed by a thread. LeaseHeldError names the process and host that hold it,
    CacheFault says that the server does not answer.

    `token` is what the store must find at every write. While the server is away nothing can be written, by anybody.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = connect(url, PATIENCE_S)
        self._take, self._give_back = self._client.register_script(TAKE), self._client.register_script(GIVE_BACK)
        self.token = f"process {os.getpid()} on {socket.gethostname()} {secrets.token_hex(8)}"
        self._cursor = 0
        self._wait_for_it()
        self._ended = threading.Event()
        self._renewing = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._renewing.start()

    def release(self) -> None:
        """Give the lease back."""
        self._ended.set()
        self._renewing.join(2 * PATIENCE_S)
        try:
            self._give_back([LEASE], [self.token])
            self._client.close()
        except redis.RedisError:
            log.warning("the lease could not be given back; it runs out by itself")

    def _wait_for_it(self) -> None:
        deadline = time.monotonic() + WAIT_S
        while (refusal := self._refusal()) is not None:
            if time.monotonic() > deadline:
                raise refusal
            time.sleep(0.1)

    def _refusal(self) -> TickdeskError | None:
        """Take the lease; what keeps it from being taken."""
        try:
            holder = self._ask("")
            if holder and _is_dead(holder):
                holder = self._ask(holder)
        except redis.RedisError as error:
            return CacheFault(Trouble.AWAY, f"CACHE_URL is {place_of(self._url)}: {error}")
        if not holder:
            return None
        name = holder.rpartition(" ")[0]
        return LeaseHeldError(f"another stream worker ({name}) writes {place_of(self._url)}; stop it first")

    def _ask(self, instead_of: str) -> str:
        """Ask for the lease, or renew it; who holds it if that is somebody else."""
        found: Any = self._take([LEASE, OWNER], [self.token, LIVES_MS, KEPT_S, instead_of])
        return found.decode(errors="replace") if isinstance(found, bytes) else ""

    def _renew(self) -> None:
        failing = False
        while not self._ended.wait(RENEW_S):
            try:
                holder = self._ask("renew")
                if holder:
                    log.error("another worker holds the lease", holder=holder.rpartition(" ")[0])
                    return
                self._renew_some_keys()
                failing = False
            except redis.RedisError as error:
                if not failing:
                    log.warning("the lease cannot be renewed; trying again", error=str(error))
                failing = True

    def _renew_some_keys(self) -> None:
        """Go round the keys, some each second, so that none of a living cache ends; segments end by themselves."""
        self._cursor, names = self._client.scan(self._cursor, match=f"{NAMESPACE}*", count=RENEWED_AT_ONCE)
        pipe = self._client.pipeline(transaction=False)
        for name in names:
            if not name.startswith(RING.encode()) and name != LEASE.encode():
                pipe.expire(name, KEPT_S)
        pipe.execute()


def _is_dead(holder: str) -> bool:
    """Whether the holder was a process of this host that is gone, so that its lease need not be waited for."""
    match = re.match(r"process (\d+) on (\S+) ", holder)
    if match is None or match[2] != socket.gethostname():
        return False
    try:
        os.kill(int(match[1]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False
