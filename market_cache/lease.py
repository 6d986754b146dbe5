"""The lease: the right to write the cache. On this host the kernel takes it back when the process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Protocol

from domain.errors import LeaseHeldError, SettingsError
from market_cache.store import is_redis


class Lease(Protocol):
    """Held from the moment it was taken to `release`. `token` is what the store looks for at each write; "" = nothing."""

    @property
    def token(self) -> str:
        """The name of this holder."""

    def release(self) -> None:
        """Give the lease back."""


def take_lease(cache_url: str, data_dir: Path) -> Lease:
    """The lease of a cache: of this host's folder, and of the Redis server if the cache is there. LeaseHeldError names who
    holds it; a lease that a dead worker left on Redis is waited for, at most 4 s."""
    of_host = WorkerLease(data_dir)
    if not is_redis(cache_url):
        return of_host
    from market_cache.redis_lease import RedisLease

    try:
        return BothLeases(of_host, RedisLease(cache_url))
    except BaseException:
        of_host.release()
        raise


class WorkerLease:
    """Held from construction to `release`. LeaseHeldError names the process that holds it."""

    def __init__(self, data_dir: Path) -> None:
        path = data_dir / "worker.lock"
        try:
            data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SettingsError(f"DATA_DIR: {path} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._fd, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._fd)
            raise LeaseHeldError(
                f"another stream worker (process {holder}) writes {data_dir}; stop it first"
            ) from error
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    @property
    def token(self) -> str:
        """None is needed: the kernel sees to it."""
        return ""

    def release(self) -> None:
        """Give the lease back."""
        os.close(self._fd)


class BothLeases:
    """The lease of a server and that of this host's folder, which holds journal and logs."""

    def __init__(self, of_host: WorkerLease, of_server: Lease) -> None:
        self._of_host, self._of_server = of_host, of_server

    @property
    def token(self) -> str:
        """The name of this holder on the server."""
        return self._of_server.token

    def release(self) -> None:
        """Give both back."""
        self._of_server.release()
        self._of_host.release()
