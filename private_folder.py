"""The folder of the desk's own files: made for its owner alone, closed to others if it was open to them, or refused."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from domain.errors import SettingsError

CLOSED: Final = 0o700
OTHERS: Final = 0o077
OTHERS_WRITE: Final = 0o022
OWN_NAMES: Final = ("cache", "logs", "recordings", "secret", "journal.db*", "practice.db*")
"""What the desk puts into it: closed too, where a backup or another program has left it open."""


def make_private(folder: Path, setting: str) -> list[str]:
    """Make a folder that nobody else can look into; what had to be closed, in words.

    A folder of others, or one that many share (/tmp, a home, the current folder), is left as it is: the files in it are closed one
    by one. SettingsError naming `setting` where others may write to such a one: they could put a journal of their own in its place.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=CLOSED)
        told = _close(folder) if _is_ours(folder) else _refuse_if_writable(folder, setting)
        return told + [line for name in OWN_NAMES for path in sorted(folder.glob(name)) for line in _close(path)]
    except OSError as error:
        raise SettingsError(f"{setting}: {folder} cannot be used: {error.strerror}") from error


def _is_ours(folder: Path) -> bool:
    found = folder.stat()
    shared = found.st_mode & stat.S_ISVTX or folder.resolve() in (Path("/"), Path.home().resolve(), Path.cwd())
    return found.st_uid == os.geteuid() and not shared


def _close(path: Path) -> list[str]:
    """Take others' rights from a file or folder of this user. Links are not followed."""
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid() or not found.st_mode & OTHERS:
        return []
    path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
    return [
        f"{path} was open to other users of this machine ({stat.filemode(found.st_mode)}) and is closed to them now"
    ]


def _refuse_if_writable(folder: Path, setting: str) -> list[str]:
    mode = folder.stat().st_mode
    if mode & OTHERS_WRITE:
        raise SettingsError(
            f"{setting}: others may write to {folder} ({stat.filemode(mode)}), so they could replace the desk's files. "
            f"Name a folder of the desk's own, for example {folder / 'tickdesk'}."
        )
    return []
