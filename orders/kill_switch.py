"""The kill switch: on by the environment at the start, by a file on this host, or by the journal (button, command line).

A file that cannot be looked at counts as on: when in doubt, nothing is sent.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

from orders.crash_point import crash_point
from orders.journal import DESK, Journal

NAME: Final = "kill_switch"


class KillMode(StrEnum):
    """What the switch does beside refusing entries: nothing, cancel every open order, close every position as well."""

    BLOCK = "block"
    CANCEL = "cancel"
    FLATTEN = "flatten"


class HasState(Protocol):
    """A journal, or one transaction of it."""

    def state(self, account_id: str, name: str) -> Any:
        """A single value, or None."""


class KillSwitch:
    """Looked at before every order, twice."""

    def __init__(self, journal: Journal, files: tuple[Path, ...], by_environment: bool) -> None:
        self._journal, self._files, self._by_environment = journal, files, by_environment

    def on_by(self, rows: HasState | None = None) -> str:
        """Who holds the switch on; empty if it is off. Within a transaction hand in its rows."""
        if self._by_environment:
            return "by KILL_SWITCH"
        for path in self._files:
            if _there(path):
                return f"by the file {path.name}"
        stored = (rows or self._journal).state(DESK, NAME)
        return str(stored["by"]) if stored and stored["on"] else ""

    def hands(self) -> frozenset[str]:
        """All that hold it on now, each with a mark that is another one the next time it turns the switch on."""
        found = {f"file {path.name} {_mark(path)}" for path in self._files if _there(path)}
        if self._by_environment:
            found.add("environment")
        stored = self._journal.state(DESK, NAME)
        if stored and stored["on"]:
            found.add(f"journal {stored.get('number', 0)}")
        return frozenset(found)

    def turn(self, on: bool, by: str) -> None:
        """Turn the journal's switch; the worker watches it and does what KILL_MODE says."""
        with self._journal.writing() as rows:
            before = rows.state(DESK, NAME) or {"on": False}
            number = before.get("number", 0) + (on and not before["on"])
            rows.put_state(DESK, NAME, {"on": on, "by": by, "number": number})
            rows.audit(DESK, "kill_switch", on=on, by=by)
            rows.note("kill", DESK, "on" if on else "off")
            crash_point("kill_before_commit")
        crash_point("kill_after_commit")


def _there(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _mark(path: Path) -> str:
    """What tells a file from the one that lay there before: touching it is turning the switch on again."""
    try:
        found = path.lstat()
    except OSError:
        return "unreadable"
    return f"{found.st_ino} {found.st_mtime_ns}"
