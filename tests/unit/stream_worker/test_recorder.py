"""The recorder: what was taken is on the disk, exactly, or counted as lost."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from domain.bar import BAR
from domain.tick import QUOTE, TICK, TRADE, Flag, Kind, Records
from simulator.tape import TapeError, read_tape
from simulator.tape_recording import read_rows
from stream_worker.recorder import Recorder
from stream_worker.recording_spool import Spool, read_spool
from stream_worker.recording_writer import Batch, RecordingWriter
from tests.desk import ROOT

SYMBOLS = ("AAPL", "BTC/USD", "BRK.B")
NOON = 1_795_194_000_000_000_000  # 2026-11-20 12:00 in New York
HOUR = 3600 * 10**9
MB = 10**6


def some_ticks(count: int, start: int = NOON, seed: int = 1, step: int = 1_000_003) -> Records:
    """Ticks of all symbols with every field filled at random, in order of time, several at one instant."""
    rng = np.random.default_rng(seed)
    ticks = np.zeros(count, TICK)
    ticks["ts_event"] = start + np.sort(rng.integers(0, max(count // 2, 1), count)) * step
    ticks["kind"] = rng.choice([Kind.TRADE, Kind.QUOTE], count)
    ticks["symbol"] = rng.integers(0, len(SYMBOLS), count)
    ticks["a"], ticks["c"] = rng.uniform(1e-5, 1e5, count), rng.uniform(1e-9, 1e6, count)
    ticks["id"] = rng.permutation(count) + 2**62
    for name in ("exchange", "tape"):
        ticks[name] = rng.choice([0, ord("V"), ord("Q"), 255], count)
    codes = "", "@", " ", " 7V", "@ IT"
    ticks["conditions"] = rng.choice([int.from_bytes(code.encode(), "little") for code in codes], count)
    ticks["flags"] = rng.choice([0, Flag.AT_ASK, Flag.AT_BID], count)
    quotes = ticks["kind"] == Kind.QUOTE
    ticks["id"][quotes] = 0
    ticks["b"][quotes], ticks["d"][quotes] = ticks["a"][quotes] + 0.01, 300.5
    ticks["other_exchange"][quotes] = ord("P")
    return ticks


def recorded(folder: Path, symbols: tuple[str, ...] = SYMBOLS) -> Records:
    """All TICK records that the files of a folder of recordings hold, in the order in which they came."""
    found, arrivals = [], []
    for kind, layout in (("trades", TRADE), ("quotes", QUOTE)):
        for path in folder.glob(f"*/*/{kind}-*.parquet"):
            rows = pq.read_table(path, partitioning=None)
            ticks = np.zeros(len(rows), layout)
            ticks["kind"] = Kind.TRADE if kind == "trades" else Kind.QUOTE
            ticks["ts_event"] = rows["ts_event"].cast("int64").to_numpy()
            ticks["symbol"] = [symbols.index(name) for name in rows["symbol"].to_pylist()]
            renamed = {"bid_exchange": "exchange", "ask_exchange": "other_exchange"}
            for name in set(rows.column_names) - {"ts_event", "arrival", "symbol"}:
                values = rows[name].to_pylist()
                packed = [int.from_bytes(v.encode("latin-1"), "little") if isinstance(v, str) else v for v in values]
                ticks[renamed.get(name, name)] = packed
            found.append(ticks.view(TICK))
            arrivals.append(rows["arrival"].to_numpy())
    return np.concatenate(found)[np.argsort(np.concatenate(arrivals))]


def recorder(folder: Path, **options: Any) -> Recorder:
    return Recorder(folder, 30, 100, **options)


def write(folder: Path, *batches: Records, writer: RecordingWriter | None = None) -> RecordingWriter:
    """Write batches and make files of them, in this thread; nothing is deleted."""
    used = writer or RecordingWriter(folder, 9999, 100 * MB)
    used.write([Batch(ticks, None, SYMBOLS) for ticks in batches])
    used.end()
    return used


def test_every_byte_of_every_tick_comes_back(tmp_path):
    batches = [some_ticks(400, NOON + hour * HOUR, hour) for hour in range(4)]
    taking = recorder(tmp_path)
    for ticks in batches:
        taking.take(ticks, SYMBOLS)
    taking.close()
    assert recorded(tmp_path).tobytes() == np.concatenate(batches).tobytes()
    assert taking.status() == {
        "on": True, "rows": 1600, "files": 6, "mb": taking.status()["mb"], "dropped": 0, "deleted_days": 0, "problem": "",
    }  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "2026-11-20").iterdir()) == ["AAPL", "BRK.B", "BTC-USD"]


def test_alpacas_minute_bars_come_back(tmp_path):
    bars = np.zeros(3, BAR)
    bars["start"] = NOON + np.arange(3) * 60 * 10**9
    for number, name in enumerate(("open", "high", "low", "close", "volume", "trade_count", "notional")):
        bars[name] = np.arange(3) + number
    taking = recorder(tmp_path)
    taking.take_minutes([0, 2, 0], bars, SYMBOLS)
    taking.close()
    rows = pq.read_table(tmp_path / "2026-11-20/AAPL/minutes-000001.parquet", partitioning=None)
    assert rows["ts_event"].cast("int64").to_pylist() == bars["start"][[0, 2]].tolist()
    for name in ("open", "high", "low", "close", "volume", "trade_count", "notional"):
        assert rows[name].to_pylist() == bars[name][[0, 2]].tolist()


def test_a_day_is_new_yorks_also_when_the_clocks_change(tmp_path):
    moments = {  # one nanosecond before midnight and midnight, in winter, summer and on the day of 25 hours
        1_795_237_199_999_999_999: "2026-11-20",
        1_795_237_200_000_000_000: "2026-11-21",
        1_782_878_399_999_999_999: "2026-06-30",
        1_782_878_400_000_000_000: "2026-07-01",
        1_793_595_599_999_999_999: "2026-11-01",
        1_793_595_600_000_000_000: "2026-11-02",
    }
    ticks = some_ticks(len(moments))
    ticks["kind"], ticks["ts_event"] = Kind.TRADE, list(moments)
    write(tmp_path, ticks)
    found = {
        int(moment): path.parent.parent.name
        for path in tmp_path.glob("*/*/trades-*")
        for moment in pq.read_table(path, partitioning=None)["ts_event"].cast("int64").to_pylist()
    }
    assert found == moments


def test_a_tape_of_it_is_in_order_of_time_and_then_of_arrival(tmp_path):
    ticks = some_ticks(600)
    late = ticks[np.argsort(ticks["ts_event"] + np.random.default_rng(5).integers(0, 10**8, 600), kind="stable")]
    writer = write(tmp_path, late[:200])
    write(tmp_path, late[200:450], late[450:], writer=writer)  # two files a symbol and kind
    events = read_tape(tmp_path / "2026-11-20")
    expected = late[np.argsort(late["ts_event"], kind="stable")]
    assert [event.ts_event for event in events] == expected["ts_event"].tolist()
    assert [event.symbol for event in events] == [SYMBOLS[place] for place in expected["symbol"]]
    assert [getattr(event, "trade_id", 0) for event in events] == expected["id"].tolist()
    alone = read_tape(tmp_path / "2026-11-20" / "BRK.B")
    assert alone == [event for event in events if event.symbol == "BRK.B"]
    with pytest.raises(TapeError, match="of shares"):
        read_tape(tmp_path / "2026-11-20" / "BTC-USD")


def test_a_trade_that_history_gives_again_counts_once(tmp_path):
    live, again = some_ticks(100), some_ticks(130)
    live["kind"] = again["kind"] = Kind.TRADE
    again[:100] = live
    again["flags"] = Flag.BACKFILLED
    write(tmp_path, live, again, again)
    rows = read_rows(tmp_path / "2026-11-20", "trades")
    assert len(rows) == 130
    assert int((rows["flags"].to_numpy() & Flag.BACKFILLED != 0).sum()) == 30


def test_equal_trades_of_the_stream_both_count(tmp_path):
    ticks = some_ticks(10)
    ticks["kind"] = Kind.TRADE
    again = ticks[:4].copy()
    again["flags"] = Flag.BACKFILLED
    write(tmp_path, ticks, ticks, again)
    assert len(read_rows(tmp_path / "2026-11-20", "trades")) == 20


def test_a_folder_without_a_recording_is_no_tape(tmp_path):
    with pytest.raises(TapeError, match="holds no recording"):
        read_tape(tmp_path)


def test_a_damaged_file_is_named(tmp_path):
    write(tmp_path, some_ticks(50))
    path = next(tmp_path.glob("*/AAPL/trades-*"))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(TapeError, match="cannot be read as a recording"):
        read_tape(tmp_path / "2026-11-20")


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.unit.stream_worker.test_recorder import SYMBOLS, some_ticks
from stream_worker.recorder import Recorder
recorder = Recorder(Path(sys.argv[1]), 30, 100)
for seed in range(5):
    recorder.take(some_ticks(200, seed=seed), SYMBOLS)
while recorder.status()["rows"] < 1000:
    pass
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_had_written_is_there_after_the_next_start(tmp_path):
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, timeout=20)
    assert ended.returncode == -9
    assert list(tmp_path.glob("spool-*"))
    recorder(tmp_path).close()
    assert not list(tmp_path.glob("spool-*"))
    expected = np.concatenate([some_ticks(200, seed=seed) for seed in range(5)])
    assert recorded(tmp_path).tobytes() == expected.tobytes()


def test_a_spool_cut_anywhere_keeps_its_whole_blocks(tmp_path):
    spool = Spool(tmp_path, 1)
    ends = []
    for seed in range(4):
        spool.add_ticks(some_ticks(5, seed=seed), SYMBOLS, seed * 5)
        ends.append(spool.path.stat().st_size)
    spool.close()
    whole = spool.path.read_bytes()
    for size in range(0, len(whole) + 1, 7):
        spool.path.write_bytes(whole[:size])
        rows = read_spool(spool.path)
        assert len(rows.ticks) == 5 * sum(end <= size for end in ends)
    spool.path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert len(read_spool(spool.path).ticks) == 15


def test_files_made_twice_from_a_spool_are_the_same_files(tmp_path):
    """The process was killed between the files and the end of the spool."""
    spool = Spool(tmp_path, 7)
    spool.add_ticks(some_ticks(100), SYMBOLS, 0)
    spool.close()
    copy = spool.path.read_bytes()
    RecordingWriter(tmp_path, 30, MB).begin()
    spool.path.write_bytes(copy)
    RecordingWriter(tmp_path, 30, MB).begin()
    assert recorded(tmp_path).tobytes() == some_ticks(100).tobytes()


def test_a_spool_in_use_is_left_to_its_process(tmp_path):
    spool = Spool(tmp_path, 1)
    spool.add_ticks(some_ticks(10), SYMBOLS, 0)
    RecordingWriter(tmp_path, 30, MB).begin()
    assert spool.path.exists() and not list(tmp_path.glob("*/*/*.parquet"))
    spool.close()


def test_symbols_may_change_their_places(tmp_path):
    ticks = some_ticks(30)
    writer = RecordingWriter(tmp_path, 30, MB)
    moved = ticks.copy()
    moved["symbol"] = (ticks["symbol"] + 1) % 3
    writer.write([Batch(ticks, None, SYMBOLS), Batch(moved, None, (SYMBOLS[2], *SYMBOLS[:2]))])
    writer.end()
    assert recorded(tmp_path).tobytes() == np.concatenate([ticks, ticks]).tobytes()


def test_rows_beyond_the_queue_are_dropped_and_counted(tmp_path):
    taking = recorder(tmp_path, queue_rows=500)
    for _ in range(10):
        taking.take(some_ticks(200), SYMBOLS)
    taking.close()
    status = taking.status()
    assert status["dropped"] == 2000 - status["rows"] > 0
    assert "too slow" in status["problem"]
    assert len(recorded(tmp_path)) == status["rows"]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system refuses to let any file grow beyond a size, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_takes_no_more_stops_it_until_it_does(tmp_path):
    first, lost, later = some_ticks(20, seed=1), some_ticks(500, seed=2), some_ticks(20, seed=3)
    writer = RecordingWriter(tmp_path, 30, MB, try_again_s=0.0)
    writer.write([Batch(first, None, SYMBOLS)])
    with files_of_at_most(8_000):
        writer.write([Batch(lost, None, SYMBOLS)])
    assert "Recording stopped" in writer.problem and writer.dropped == 500
    write(tmp_path, later, writer=writer)
    assert writer.problem == ""
    assert recorded(tmp_path).tobytes() == np.concatenate([first, later]).tobytes()


def test_while_it_rests_everything_is_counted_as_lost(tmp_path):
    writer = RecordingWriter(tmp_path, 30, MB)
    with files_of_at_most(100):
        writer.write([Batch(some_ticks(20), None, SYMBOLS)])
    writer.write([Batch(some_ticks(30), None, SYMBOLS)])
    assert (writer.dropped, writer.rows) == (50, 0)


def test_files_that_cannot_be_made_leave_the_spool(tmp_path):
    writer = RecordingWriter(tmp_path, 30, MB)
    writer.write([Batch(some_ticks(40), None, SYMBOLS)])
    with files_of_at_most(500):
        writer.end()
    assert "Recording stopped" in writer.problem
    assert not list(tmp_path.rglob("*.unfinished"))
    RecordingWriter(tmp_path, 30, MB).begin()
    assert recorded(tmp_path).tobytes() == some_ticks(40).tobytes()


def test_a_spool_that_makes_no_sense_is_put_aside(tmp_path):
    spool = Spool(tmp_path, 3)
    ticks = some_ticks(4)
    ticks["symbol"] = 99
    spool.add_ticks(ticks, SYMBOLS, 0)
    spool.close()
    write(tmp_path, some_ticks(30), writer=None)
    assert (tmp_path / "spool-000003.unreadable").exists()
    assert len(recorded(tmp_path)) == 30


def test_what_is_too_old_or_too_much_goes_the_oldest_first(tmp_path):
    for age_days, days in ((40, -20), (10, 0), (5, 1), (0, 2)):
        write(tmp_path, some_ticks(200, NOON + days * 24 * HOUR))
        age(tmp_path, NOON + days * 24 * HOUR, age_days)
    assert names(tmp_path) == ["2026-10-31", "2026-11-20", "2026-11-21", "2026-11-22"]
    writer = RecordingWriter(tmp_path, 30, 100 * MB)
    writer.begin()
    assert names(tmp_path) == ["2026-11-20", "2026-11-21", "2026-11-22"]
    assert writer.deleted_days == 1
    last = sum(path.stat().st_size for path in tmp_path.glob("2026-11-2[12]/*/*"))
    RecordingWriter(tmp_path, 30, last).begin()
    assert names(tmp_path) == ["2026-11-21", "2026-11-22"]


def test_the_day_that_is_recorded_is_never_cut(tmp_path):
    writer = write(tmp_path, some_ticks(500), writer=RecordingWriter(tmp_path, 30, 1_000))
    assert names(tmp_path) == ["2026-11-20"] and "RECORD_MAX_MB" in writer.problem
    write(tmp_path, some_ticks(100, NOON + HOUR), writer=writer)
    assert (writer.dropped, len(recorded(tmp_path))) == (100, 500)
    write(tmp_path, some_ticks(70, NOON + 24 * HOUR), writer=writer)
    assert names(tmp_path) == ["2026-11-21"] and len(recorded(tmp_path)) == 70


def test_other_folders_are_left_alone(tmp_path):
    (tmp_path / "mine-of-2026").mkdir()
    (tmp_path / "mine-of-2026" / "note.txt").write_text("keep")
    write(tmp_path, some_ticks(50), writer=RecordingWriter(tmp_path, 1, 1))
    assert (tmp_path / "mine-of-2026" / "note.txt").exists()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name.startswith("2026"))


def age(folder: Path, start: int, days: int) -> None:
    """Make the files of the day that begins around `start` look as old as that."""
    for path in folder.glob("*/*/*.parquet"):
        moments = pq.read_table(path, partitioning=None)["ts_event"].cast("int64").to_numpy()
        if abs(int(moments[0]) - start) < 12 * HOUR:
            moment = path.stat().st_mtime - days * 86_400
            os.utime(path, (moment, moment))
