"""The lease: the right to write the cache of this host. The kernel takes it back when the process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from domain.errors import LeaseHeldError, SettingsError


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

    def release(self) -> None:
        """Give the lease back."""
        os.close(self._fd)
