"""The file of the day: whole lines of many processes, a new one each day, never more than there is room for."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from logs.day_file import KEPT_DAYS, DayFile

ROOT: Final = Path(__file__).resolve().parents[3]
NOON: Final = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
DAY_S: Final = 86_400.0


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def logger_of(folder: Path, clock: Clock, **sizes: int) -> Callable[[str], None]:
    """What writes a line."""
    handler = DayFile(folder, now=clock, **sizes)
    return lambda text: handler.emit(logging.makeLogRecord({"msg": text}))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def lines(folder: Path) -> list[str]:
    return [line for name in names(folder) for line in (folder / name).read_text().splitlines()]


def test_nobody_else_can_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        logger_of(tmp_path / "data" / "logs", Clock())("x")
    finally:
        os.umask(before)
    assert (tmp_path / "data" / "logs").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "data" / "logs" / "tickdesk-2026-11-20.jsonl").stat().st_mode & 0o777 == 0o600


def test_each_day_of_the_world_has_its_file_and_thirty_days_are_kept(tmp_path: Path) -> None:
    clock = Clock()
    write = logger_of(tmp_path, clock)
    (tmp_path / "other.txt").write_text("not ours")
    (tmp_path / "tickdesk-2000-01-01.jsonl.gz").write_text("not ours either")
    for day in range(40):
        clock.now = NOON + day * DAY_S
        write(f"day {day}")
        write(f"day {day} again")
    clock.now += DAY_S / 2 - 1
    write("the last second of the day")
    found = [name for name in names(tmp_path) if name.endswith(".jsonl")]
    assert len(found) == KEPT_DAYS + 1 and found[-1] == "tickdesk-2026-12-29.jsonl"
    assert (tmp_path / found[0]).read_text() == "day 9\nday 9 again\n"
    assert (tmp_path / found[-1]).read_text().splitlines()[-1] == "the last second of the day"
    assert (tmp_path / "other.txt").exists() and (tmp_path / "tickdesk-2000-01-01.jsonl.gz").exists()


def test_a_flood_costs_old_lines_and_never_the_disk(tmp_path: Path) -> None:
    clock = Clock()
    write = logger_of(tmp_path, clock, file_bytes=10_000, folder_bytes=50_000)
    sizes = []
    for number in range(20_000):
        write(f"{number:06d} " + "x" * 90)
        if number % 500 == 0:
            sizes.append(sum(path.stat().st_size for path in tmp_path.iterdir()))
    assert max(sizes) <= 50_000 and sizes[-1] > 30_000
    assert all(path.stat().st_size <= 10_000 for path in tmp_path.iterdir())
    kept = [int(line[:6]) for path in sorted(tmp_path.iterdir(), key=part_of) for line in path.read_text().splitlines()]
    assert kept == list(range(20_000 - len(kept), 20_000))


def part_of(path: Path) -> int:
    return int(path.name.split(".")[1]) if path.name.count(".") == 2 else 0


def test_a_line_that_is_larger_than_a_file_is_written_all_the_same(tmp_path: Path) -> None:
    write = logger_of(tmp_path, Clock(), file_bytes=100, folder_bytes=10_000)
    for text in ("a" * 500, "b", "c" * 500, "d"):
        write(text)
    assert sorted(len(line) for line in lines(tmp_path)) == [1, 1, 500, 500]


def test_a_folder_that_somebody_deleted_is_made_anew(tmp_path: Path) -> None:
    write = logger_of(tmp_path / "logs", Clock())
    write("lost")
    shutil.rmtree(tmp_path / "logs")
    write("kept")
    assert lines(tmp_path / "logs") == ["kept"]


def test_a_restart_goes_on_in_the_newest_part(tmp_path: Path) -> None:
    for number in range(4):
        logger_of(tmp_path, Clock(), file_bytes=200, folder_bytes=10_000)(f"{number}" * 90)
    assert names(tmp_path) == ["tickdesk-2026-11-20.1.jsonl", "tickdesk-2026-11-20.jsonl"]


def test_a_folder_that_cannot_be_is_said_once_and_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("a file")
    write = logger_of(tmp_path / "logs", Clock())
    write("one")
    write("two")
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and f"the log cannot be written to {tmp_path / 'logs'}" in said[0]
    (tmp_path / "logs").unlink()
    write("three")
    assert lines(tmp_path / "logs") == ["three"] and capsys.readouterr().err == ""


WRITER: Final = """
import json, logging, sys
from pathlib import Path
from logs.day_file import DayFile
handler = DayFile(Path(sys.argv[1]), file_bytes=40_000, folder_bytes=100_000_000)
for number in range(1500):
    handler.emit(logging.makeLogRecord({"msg": json.dumps({"writer": sys.argv[2], "number": number, "x": "y" * 80})}))
"""


def test_lines_of_many_processes_are_whole_and_none_is_lost(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(number)], cwd=ROOT) for number in range(4)
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    found = [json.loads(line) for line in lines(tmp_path)]
    assert Counter(line["writer"] for line in found) == {str(number): 1500 for number in range(4)}
    assert {line["number"] for line in found} == set(range(1500)) and len(names(tmp_path)) > 10


FULL_DISK: Final = """
import json, logging, resource, sys
from pathlib import Path
from logs.day_file import DayFile
handler = DayFile(Path(sys.argv[1]))
write = lambda **fields: handler.emit(logging.makeLogRecord({"msg": json.dumps(fields)}))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
for number in range(50):
    write(number=number, text="x" * 90)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
write(after=True)
"""


def test_a_full_disk_is_said_once_and_costs_lines_only(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 0 and ended.stderr.count("the log cannot be written") == 1
    *whole, torn, after = lines(tmp_path)
    assert [json.loads(line)["number"] for line in whole] == list(range(len(whole)))
    assert not torn.endswith("}") and json.loads(after) == {"after": True}
