"""The secret that signs cookies and tokens: SECRET_KEY, or one that was made once in DATA_DIR and outlives a restart."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from domain.errors import SettingsError

SHORTEST: Final = 32
"""Bytes; what is shorter was cut off or written by somebody else."""


def secret_key(chosen: str, data_dir: Path) -> bytes:
    """The secret that is in force. Several processes that start at once agree on one."""
    if chosen:
        return chosen.encode()
    path = data_dir / "secret"
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = _read(path) or _make(path)
    except OSError as error:
        raise SettingsError(f"DATA_DIR: {path} cannot be used: {error.strerror}") from error
    if len(secret) < SHORTEST:
        raise SettingsError(f"DATA_DIR: {path} holds no secret; delete it, and a new one is made")
    return secret


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_mode & 0o077:  # copied here, or restored from a backup
            path.chmod(0o600)
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _make(path: Path) -> bytes:
    """Write a new secret beside its place and link it there: the first one wins, whole."""
    draft = path.with_name(f"secret.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_hex(32).encode())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_bytes()
