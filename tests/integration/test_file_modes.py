"""Files and folders of the desk are their owner's alone, whatever the umask that it is started with."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.desk import desk, wait_until

pytestmark = pytest.mark.slow


def open_to_others(folder: Path) -> dict[str, str]:
    """What below a folder, and itself, somebody else could read: its mode by its name."""
    modes = {str(path.relative_to(folder.parent)): path.lstat() for path in [folder, *folder.rglob("*")]}
    return {name: stat.filemode(told.st_mode) for name, told in modes.items() if told.st_mode & 0o077}


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_nobody_else_can_read_what_the_desk_writes(tmp_path: Path, umask: int) -> None:
    with desk(tmp_path, RECORD="true") as made:
        before = os.umask(umask)
        try:
            run = made.start("run")
            wait_until(lambda: "ready http" in made.log, 60, "the desk is ready")
            assert made.call("order", "buy", "AAPL", "1").returncode == 0
            assert made.call("journal", "backup", str(tmp_path / "data" / "backup.db")).returncode == 0
        finally:
            os.umask(before)
        run.terminate()
        assert run.wait(8) == 0
        data = tmp_path / "data"
        names = {path.name for path in data.rglob("*")}
        assert {"cache", "journal.db", "practice.db", "secret", "recordings", "logs", "backup.db"} <= names
        assert open_to_others(data) == {}
