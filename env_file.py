"""The env file: settings as lines NAME=value."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from pathlib import Path

from dotenv import dotenv_values

from domain.errors import SettingsError


def read_env_file(path: Path) -> dict[str, str]:
    """The lines NAME=value of a file; none if it is not there. SettingsError if it cannot be read."""
    try:
        found = dotenv_values(path, interpolate=False) if path.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from error
    if None in found.values():
        raise SettingsError(f"{path}: holds a line that is not of the form NAME=value")
    return {name: value or "" for name, value in found.items()}


def refuse_unknown(names: Iterable[str], known: Collection[str], path: Path) -> None:
    """SettingsError for the first name that is not known, with the one that was perhaps meant."""
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {close[0]}?" if close else "; docs/settings.md lists what there is"
            raise SettingsError(f"{name}: is not a setting ({path}){hint}")
