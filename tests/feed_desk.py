"""A worker process on a data server of the tests' own: started, watched through the cache, and judged by what it shows."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from domain.bar import vwap
from domain.status import DeskStatus, StreamStatus
from market_cache.reader import MarketReader
from tests.desk import Desk, wait_until
from tests.known_market import LENGTHS, KnownMarket
from tests.misbehaving_server import MisbehavingServer
from tests.tapes import difference
from tests.toxic_proxy import ToxicProxy

SYMBOLS = ("AAPL", "MSFT")
LONG = bool(os.environ.get("SOAK"))
"""Whether cases are run too that go ways which others go already: `make soak` does, `make test` has no time for them."""

COLUMNS = ["start", "open", "high", "low", "close", "volume", "trade_count"]


class FeedDesk(Desk):
    """A desk whose worker streams from `server`. What it shows is read from the cache, as a page would."""

    def __init__(self, folder: Path, server: MisbehavingServer, **settings: str) -> None:
        own = {"SYMBOLS": ",".join(server.market.symbols), "STALE_AFTER_S": "2", **server.environment, **settings}
        super().__init__(folder, **own)
        self.server, self.market = server, server.market
        self._reader: MarketReader | None = None

    def shown(self) -> DeskStatus:
        """The status as it may be believed now."""
        return self._caught_up().status()

    @property
    def stream(self) -> StreamStatus:
        """The stock stream as it may be believed now."""
        return self.shown().stream

    @property
    def is_live(self) -> bool:
        """Whether the stream is live by its own word, and subscribed by the server's."""
        return self.stream.state == "live" and self.server.live >= 1

    def newest(self, command: str) -> subprocess.Popen[bytes]:
        """The process of a command that was started last."""
        return [process for name, process in self._started if name == command][-1]

    def becomes(self, fact: Callable[[StreamStatus], Any], limit_s: float, what: str) -> float:
        """Real seconds until the stream shows a fact."""
        began = time.monotonic()
        try:
            wait_until(lambda: fact(self.stream), limit_s, what)
        except AssertionError as late:
            raise AssertionError(f"{late}; it shows {self.stream}") from None
        return time.monotonic() - began

    @property
    def seen_until(self) -> int:
        """The time of the newest trade in the cache, in ns."""
        reader = self._caught_up()
        latest = [reader.latest(symbol) for symbol in self.market.symbols]
        return max((int(row["trade_ts_event"]) for row in latest if row is not None), default=0)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols in the cache."""
        return self._caught_up().symbols

    def comes_back(self, limit_s: float = 15.0) -> float:
        """Real seconds until the stream is live again and a trade that is made now is seen."""
        began = time.monotonic()
        try:
            wait_until(lambda: self.is_live, limit_s, "live again")
        except AssertionError as late:
            raise AssertionError(f"{late}; it shows {self.stream}") from None
        since = self.market.now()
        wait_until(lambda: self.seen_until >= since, limit_s, "a trade made after it")
        return time.monotonic() - began

    def difference(self, symbol: str, interval: str, theirs: pd.DataFrame | None = None) -> str:
        """How the bars in the cache differ from those of the market's trades since the worker knows trades; '' if nowhere."""
        theirs = self.market.frame(symbol, interval) if theirs is None else theirs
        ours = self._bars(symbol, interval)
        since = ours["start"].min() if len(ours) else theirs["start"].min()
        return difference(ours, theirs[theirs["start"] >= since])

    def assert_whole(self, limit_s: float = 8.0, symbols: tuple[str, ...] = ()) -> None:
        """Every bar of seconds and minutes is that of the market's trades, the forming ones too: none lost, none twice."""
        self.market.hush()
        try:
            for symbol in symbols or self.market.symbols:
                for interval in ("1s", "1Min"):
                    self._assert_equal(symbol, interval, limit_s)
        finally:
            self.market.wake()

    def _assert_equal(self, symbol: str, interval: str, limit_s: float) -> None:
        theirs = self.market.frame(symbol, interval)  # nothing is traded now, so that it stays as it is
        try:
            wait_until(lambda: self.difference(symbol, interval, theirs) == "", limit_s, "bars are equal")
        except AssertionError:
            raise AssertionError(f"{symbol} {interval}: {self.difference(symbol, interval)}") from None

    def _bars(self, symbol: str, interval: str) -> pd.DataFrame:
        reader = self._caught_up()
        _, closed = reader.bars(symbol, interval, 5_000)
        forming = reader.forming(symbol, interval)
        table = pd.DataFrame({name: closed[name] for name in COLUMNS})
        if forming is not None:
            table.loc[len(table)] = [forming[1][name] for name in COLUMNS]
        return table.assign(start=pd.to_datetime(table["start"], utc=True))

    def _caught_up(self) -> MarketReader:
        if self._reader is None:
            self._reader = MarketReader(self.cache_url)
        self._reader.catch_up()
        return self._reader

    def worst_vwap(self, symbol: str, interval: str) -> float:
        """By how much, at most, the vwap of a closed bar is wrong: volume-weighted prices of the market's trades."""
        _, closed = self._caught_up().bars(symbol, interval, 5_000)
        true = {row["t"]: row["vw"] for row in self.market.bars(symbol, LENGTHS[interval])}
        return max(abs(vwap(bar) - true[int(bar["start"])]) for bar in closed)


@contextlib.contextmanager
def feed_desk(folder: Path, server: MisbehavingServer, **settings: str) -> Iterator[FeedDesk]:
    """A desk that is closed at the end, with its log printed (pytest shows it when the test fails)."""
    made = FeedDesk(folder, server, **settings)
    try:
        yield made
    finally:
        made.close()
        if (folder / "log.txt").exists():
            print(made.log[-6000:])


@contextlib.contextmanager
def feed_server(symbols: tuple[str, ...] = SYMBOLS, rate: float = 10.0) -> Iterator[MisbehavingServer]:
    """A server that is well-behaved until it is told otherwise."""
    with MisbehavingServer(KnownMarket(symbols, rate)) as server:
        yield server


@contextlib.contextmanager
def behind_a_proxy(folder: Path, stale_after_s: float) -> Iterator[tuple[FeedDesk, ToxicProxy]]:
    """A live worker whose streams go through a proxy."""
    with feed_server() as server, ToxicProxy(server.port) as proxy:
        streams = {"ALPACA_DATA_STREAM_URL": f"ws://127.0.0.1:{proxy.port}", "STALE_AFTER_S": str(stale_after_s)}
        with feed_desk(folder, server, **streams) as made:
            made.start("worker")
            wait_until(lambda: made.is_live, 20, "live")
            yield made, proxy


def assert_gap_is_told(desk: FeedDesk) -> None:
    """The last gap is told from when to when, filled, and compared with the server where it has something to compare."""
    gaps = desk.stream.gaps
    assert gaps, "the gap is told"
    gap = gaps[-1]
    assert gap["filled"] and gap["from"] < gap["to"]
    assert gap["verified"] is not False and gap["symbols"] == len(desk.market.symbols)


def threads(process: subprocess.Popen[bytes]) -> int:
    """How many threads a process has."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("Threads:")))


def processor_s(process: subprocess.Popen[bytes]) -> float:
    """Processor time that a process has used, in seconds."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def note_times(fault: str, noticed_s: float | None, recovered_s: float | None) -> None:
    """Write down how long it took to notice a fault and to be whole again, where FAULTS_JSON names a file."""
    path = os.environ.get("FAULTS_JSON")
    if not path:
        return
    file = Path(path)
    known = json.loads(file.read_text()) if file.exists() else {}
    times = {"noticed_s": noticed_s, "recovered_s": recovered_s}
    known[fault] = {name: None if value is None else round(value, 2) for name, value in times.items()}
    file.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
