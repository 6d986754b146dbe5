"""A session is recorded and played again: through whole desks, with a worker that was killed, and from the command line."""

from __future__ import annotations

import gzip
import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.desk import Desk, desk, wait_until
from tests.tapes import bars_of, difference, write_tape

pytestmark = pytest.mark.slow

SPEED = {"SIMULATOR_SPEED": "120", "RECORD": "true"}
DAY = "2012-06-21"
MINUTES = 8


def play(folder: Path, tape: Path, kill: bool = False) -> pd.DataFrame:
    """Play a tape through a desk that records, to its end, and stop the desk; the bars of a minute that it made."""
    folder.mkdir()
    with desk(folder, SIMULATOR_TAPE=str(tape), **SPEED) as made:
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 60, "ready")
        if kill:
            kill_the_worker(made)
        wait_until(lambda: health(made)["stream"]["state"] == "quiet", 60, "the tape has been played")
        expected = len(bars_of(write_tape(folder / "same.csv.gz", minutes=MINUTES), "1Min"))
        wait_until(lambda: made.final_bars("TAPE", "1Min") == expected, 15, "its bars")
        bars = made.bars("TAPE", "1Min")
        recorder = health(made)["recorder"]
        assert recorder["on"] and recorder["dropped"] == 0 and recorder["rows"] > 0
    return bars


def health(made: Desk) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(f"{made.url}/healthz").json()
    return answer


def kill_the_worker(made: Desk) -> None:
    wait_until(lambda: health(made)["recorder"]["rows"] > 100, 30, "some of the tape")
    os.kill(health(made)["worker"]["pid"], signal.SIGKILL)
    wait_until(lambda: health(made)["recorder"]["rows"] == 0, 20, "another worker")


def rows(folder: Path, kind: str) -> pd.DataFrame:
    """The recorded rows of a kind in order; whether a trade came by the stream or out of history is chance at the start."""
    files = sorted(folder.glob(f"data/recordings/{DAY}/TAPE/{kind}-*.parquet"))
    every = pd.concat([pq.read_table(path, partitioning=None).to_pandas() for path in files])
    columns = [column for column in every.columns if column not in {"arrival", "flags"}]
    every["ts_event"] = every["ts_event"].astype("int64")
    return every.sort_values(["ts_event", "arrival"])[columns].astype({"symbol": str}).reset_index(drop=True)


def rows_of_tape(tape: Path, kind: str) -> pd.DataFrame:
    every = pd.read_csv(tape)
    every["id"] = every.index + 1
    return every[every["kind"] == kind].reset_index(drop=True)


@pytest.mark.timeout(180)
def test_a_recorded_session_plays_again_and_again_the_same(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "tape.csv.gz", minutes=MINUTES)
    bars = play(tmp_path / "first", tape)
    assert difference(bars, bars_of(tape, "1Min")) == ""
    again = play(tmp_path / "second", tmp_path / "first" / "data" / "recordings" / DAY)
    pd.testing.assert_frame_equal(again, bars)
    for kind in ("trades", "quotes", "minutes"):
        pd.testing.assert_frame_equal(rows(tmp_path / "second", kind), rows(tmp_path / "first", kind))
    trades, printed = rows(tmp_path / "first", "trades"), rows_of_tape(tape, "t")
    for ours, theirs in (("ts_event", "ts_ns"), ("price", "price"), ("size", "size"), ("id", "id")):
        assert trades[ours].tolist() == printed[theirs].tolist()
    quotes, shown = rows(tmp_path / "first", "quotes"), rows_of_tape(tape, "q")
    sides = ("bid_price", "bid"), ("bid_size", "bid_size"), ("ask_price", "ask"), ("ask_size", "ask_size")
    for ours, theirs in (("ts_event", "ts_ns"), *sides):
        assert quotes[ours].tolist() == shown[theirs].tolist()
    check_the_commands(tmp_path / "first", tape)


def check_the_commands(folder: Path, tape: Path) -> None:
    with desk(folder) as made:
        listed: list[dict[str, Any]] = json.loads(made.call("record", "--json").stdout)
        assert [(day["day"], day["symbols"]) for day in listed] == [(DAY, 1)]
        assert "SIMULATOR_TAPE=" in made.call("record").stdout
        answer = made.call("record", "export", DAY, "tape", "--out", "out.csv.gz")
        assert json.loads(answer.stdout)["rows"] == len(pd.read_csv(tape))
        exported = pd.read_csv(folder / "out.csv.gz", dtype=str)
        original = pd.read_csv(tape, dtype=str)
        assert in_order(exported) == in_order(original)
        assert gzip.decompress((folder / "out.csv.gz").read_bytes()).startswith(b"ts_ns,kind,symbol,bid,")
        for command in (("record", "export", "2012-06-22"), ("record", "export", DAY, "NOSUCH")):
            refused = made.call(*command)
            assert refused.returncode == 2 and "Traceback" not in refused.stderr
            assert "was not recorded" in refused.stderr or "NOSUCH" in refused.stderr


def in_order(tape: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a tape; the order of a quote and a trade of one instant is chance where the trade came out of history.

    The sides of trades are what the worker found out, so they are left out.
    """
    numbers = tape.astype({"price": float, "bid": float, "ask": float}).drop(columns="resting_side")
    return numbers.sort_values(["ts_ns", "kind"], kind="stable").astype(str).to_dict("records")


@pytest.mark.timeout(120)
def test_a_killed_worker_leaves_no_hole_in_the_trades(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "tape.csv.gz", minutes=MINUTES)
    play(tmp_path / "killed", tape, kill=True)
    folder = tmp_path / "killed" / "data" / "recordings" / DAY
    with desk(tmp_path / "killed") as made:
        made.call("record", "export", DAY, "--out", "out.csv.gz")
    exported = pd.read_csv(tmp_path / "killed" / "out.csv.gz")
    printed = rows_of_tape(tape, "t")
    trades = exported[exported["kind"] == "t"]
    assert trades["ts_ns"].tolist() == printed["ts_ns"].tolist()
    assert trades[["price", "size"]].to_numpy().tolist() == printed[["price", "size"]].to_numpy().tolist()
    assert not list(folder.parent.glob("spool-*"))
