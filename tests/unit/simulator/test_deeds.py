"""The log of what was done to a generated market, played again: the same bytes, in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from domain.session import NS_PER_SECOND
from simulator.deed import DeedLog, DeedLogError, Origin, read_deeds
from simulator.deed_replay import digest, replayed
from simulator.mood import Mood
from simulator.order import Side
from simulator.quote import Quote
from simulator.trade import Trade
from tests.unit.simulator.room import SOME, Room

ROOT = Path(__file__).resolve().parents[3]
AGAIN = "import sys; from pathlib import Path; from simulator.deed_replay import digest, replayed; " + (
    "print(digest(replayed(Path(sys.argv[1]), int(sys.argv[2]))))"
)


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> tuple[Path, str, int]:
    """The log of a lively minute, the digest of what was published in it, and when it ended."""
    path = tmp_path_factory.mktemp("deeds") / "shares.jsonl"
    log = DeedLog(path, Origin(seed=1, hours="always", symbols=tuple(share.symbol for share in SOME)))
    room = Room(note=log.note)
    early = [*room.early]
    one, other = room.trader(), room.trader()
    room.order(one, "buy", 300)
    room.order(other, "buy", 50, room.best(Side.BUY))
    room.play(7)
    room.floor.replace(room.order(one, "buy", 60, "200.00"), {"qty": Decimal(20)})
    room.order(room.trader(), "sell", 200, time_in_force="ioc")
    room.play(5)
    source = room.source
    source.halt("NVDA")
    room.play(3)
    source.resume("NVDA")
    source.move("AAPL", 0.98)
    source.take_mood("AAPL", Mood(spread=3.0))
    source.drift("NVDA", 1.01, 5 * NS_PER_SECOND)
    room.play(6)
    source.disturb("AAPL", Side.SELL, float(room.best(Side.BUY)) * 0.99, 5_000)
    for order in list(other.open_orders.values()):
        room.floor.cancel(order)
    room.play(20)
    log.close()
    events = [event for event in (*early, *room.published) if isinstance(event, Trade | Quote)]
    return path, digest(iter([[event for event in events if event.symbol != "BTC/USD"]])), room.source.played_until


def test_the_log_played_again_gives_the_same_bytes(played):
    path, published, until = played
    assert digest(replayed(path, until)) == published
    assert {deed.do for deed in read_deeds(path)[1]} >= {
        "begin",
        "place",
        "halt",
        "resume",
        "move",
        "take_mood",
        "disturb",
    }


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_in_another_process_with_another_order_of_sets_too(played, hash_seed):
    path, published, until = played
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", AGAIN, str(path), str(until)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == published


def test_an_order_less_is_noticed(played, tmp_path):
    path, _, until = played
    lines = path.read_bytes().splitlines(keepends=True)
    first = next(index for index, line in enumerate(lines) if b'"place"' in line)
    without = tmp_path / "without.jsonl"
    without.write_bytes(b"".join(lines[:first] + lines[first + 1 :]))
    with pytest.raises(DeedLogError, match="applied after"):
        digest(replayed(without, until))


def test_a_log_of_another_market_is_refused(played, tmp_path):
    path, _, _ = played
    other = tmp_path / "other.jsonl"
    other.write_bytes(path.read_bytes().replace(b'"seed":1', b'"seed":2', 1))
    with pytest.raises(DeedLogError, match=r"line \d+: applied after \d+ events, here there were \d+"):
        digest(replayed(other))
    other.write_bytes(path.read_bytes().replace(b'"hours":"always"', b'"hours":"never"', 1))
    with pytest.raises(DeedLogError, match="line 1: hours or symbols"):
        digest(replayed(other))
    other.write_bytes(b"no log\n")
    with pytest.raises(DeedLogError, match="line 1"):
        digest(replayed(other))
