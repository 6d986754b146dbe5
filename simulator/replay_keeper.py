"""Keeps what was done on a tape: the log of actions as it grows, and at the end the report beside it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from simulator.action import Action, written
from simulator.logged_floor import LoggedFloor
from simulator.replay_report import TapeMark, report_of
from simulator.wire_fields import Fields

IDLE = frozenset({"open", "turn"})


class ReplayKeeper:
    """Writes nothing until somebody has done something: who only watches leaves no files."""

    def __init__(self, folder: Path, tape: TapeMark, fill_model: str) -> None:
        """Files in `folder` are named by the wall's time and the tape."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        self._path = folder / f"{stamp}-{os.getpid()}-{tape.name.split('.')[0]}.actions.jsonl"
        self._tape, self._fill_model = tape, fill_model
        self._waiting: list[Action] = []
        self._file: BinaryIO | None = None

    def note(self, action: Action) -> None:
        """One more action; it is in the file when this returns."""
        if self._file is None:
            self._waiting.append(action)
            if action.do in IDLE:
                return
            self._file = self._open()
            self._file.writelines(map(written, self._waiting))
        else:
            self._file.write(written(action))
        self._file.flush()

    def _open(self) -> BinaryIO:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb")

    def report(self, floor: LoggedFloor) -> Fields:
        """As it stands."""
        return report_of(floor, self._tape, self._fill_model)

    def close(self, floor: LoggedFloor) -> Path | None:
        """Writes the report and ends the log; where the report is, or None if nobody had done anything."""
        if self._file is None:
            return None
        floor.end()
        self._file.close()
        self._file = None
        path = self._path.with_name(self._path.name.replace(".actions.jsonl", ".json"))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(self.report(floor)), indent=2) + b"\n")
        return path
