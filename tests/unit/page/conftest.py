"""A small real market: a cache folder, the hand that writes it and the reader of the page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from dash import Dash

from dashboard.app import create_app
from domain.bar import BAR
from domain.closed_bar import CLOSED_BAR, INTERVAL_INDEX
from domain.interval import INTERVALS
from domain.status import DeskStatus, MarketStatus, StreamState, StreamStatus, WorkerStatus
from domain.tick import QUOTE, TICK, TRADE, Flag, Kind, Records
from market_cache.reader import MarketReader
from market_cache.snapshot import empty_tables
from market_cache.writer import NO_BARS, NO_TICKS, MarketWriter, State

SYMBOLS = ("AAPL", "MSFT", "SPY")
START = 1_800_000_000_000_000_000
MINUTE = 60_000_000_000
HELD = 700


class Market:
    """What a worker would publish, one call a thing. The bar that forms after `begin` has the ordinal HELD."""

    def __init__(self, folder: Path) -> None:
        self.writer = MarketWriter(folder)
        self.latest, self.forming, self.ordinals = empty_tables(len(SYMBOLS))
        self.status = DeskStatus(
            stream=StreamStatus(state=StreamState.LIVE, last_msg_age_s=0.2),
            market=MarketStatus(now=START, is_open=True),
            worker=WorkerStatus(alive=True, pid=1),
            backfilled=True,
        )

    def begin(self) -> None:
        self.latest["price"] = self.latest["previous_close"] = 100.0
        self.writer.begin_epoch(SYMBOLS, self.state())
        for symbol in SYMBOLS:
            self.writer.write_series(symbol, "1Min", 0, minutes(HELD))
        self.forming[INTERVALS.index("1Min")] = minutes(1, START + HELD * MINUTE)[0]
        self.ordinals[INTERVALS.index("1Min")] = HELD
        self.beat()

    def state(self) -> State:
        return State(self.latest.copy(), self.forming.copy(), self.ordinals.copy(), self.status)

    def beat(self) -> None:
        self.writer.publish(NO_TICKS, NO_BARS, self.state())

    def trade(self, price: float, symbol: int = 0, flags: int = Flag.AT_ASK) -> None:
        row = np.zeros(1, TRADE)
        row["ts_event"], row["price"], row["size"] = START, price, 100
        row["kind"], row["symbol"], row["flags"] = Kind.TRADE, symbol, flags
        self.writer.publish(row.view(TICK), NO_BARS, None, time.time_ns())

    def quote(self, bid: float, ask: float, symbol: int = 0, second: int = 0) -> None:
        row = np.zeros(1, QUOTE)
        row["ts_event"] = START + second * 1_000_000_000
        row["bid_price"], row["ask_price"], row["bid_size"], row["ask_size"] = bid, ask, 440, 100
        row["kind"], row["symbol"] = Kind.QUOTE, symbol
        self.writer.publish(row.view(TICK), NO_BARS, None, time.time_ns())

    def close_bar(self, ordinal: int, close: float, symbol: int = 0) -> None:
        row = np.zeros(1, CLOSED_BAR)
        row["symbol"], row["interval"], row["ordinal"] = symbol, INTERVAL_INDEX["1Min"], ordinal
        row["bar"] = minutes(1, START + ordinal * MINUTE, close)
        self.writer.publish(NO_TICKS, row, None)


def minutes(count: int, start: int = START, close: float = 100.0) -> Records:
    bars = np.zeros(count, BAR)
    bars["start"] = start + MINUTE * np.arange(count)
    for name in ("open", "high", "low", "close"):
        bars[name] = close
    bars["volume"], bars["trade_count"] = 1000, 10
    return bars


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def market(folder: Path) -> Iterator[Market]:
    folder.mkdir()
    market = Market(folder)
    market.begin()
    yield market
    market.writer.close()


@pytest.fixture
def reader(folder: Path) -> MarketReader:
    return MarketReader(f"diskcache:{folder}")


@pytest.fixture
def app(reader: MarketReader) -> Dash:
    settings = SimpleNamespace(mode="sim", bar_timeframe="1Min", refresh_ms=500, stale_after_s=20.0)
    return create_app(settings, reader)
