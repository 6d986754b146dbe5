"""A market whose every fact a test decides: it writes the cache itself, and a real dashboard shows it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from domain.bar import BAR
from domain.depth import Depth
from domain.interval import INTERVALS
from domain.news import NewsItem
from domain.status import Budget, DeskStatus, LoadStatus, MarketStatus, StreamState, StreamStatus, WorkerStatus
from domain.symbol_state import SymbolState
from domain.tick import QUOTE, TICK, TRADE, Kind, Records
from market_cache import document
from market_cache.snapshot import empty_tables
from market_cache.writer import NO_BARS, NO_TICKS, MarketWriter, State

SYMBOLS = ("AAPL", "AMZN", "MSFT", "BTC/USD", "DOGE/USD")
PRICES = (265.05, 221.08, 377.59, 67_123.45, 0.12345)
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
START = 1_792_600_200_000_000_000 // MINUTE * MINUTE
"""A minute of 21 October 2026 in New York's session; the market's clock of this desk stands an hour later."""
NOW = START + 240 * MINUTE
OUTLIER = 8


def iso(minute: float) -> str:
    """A moment so many minutes before now, as gaps tell it."""
    return datetime.fromtimestamp((NOW - minute * MINUTE) / 1e9, UTC).isoformat()


def gap(began: float, ended: float | None, verified: bool | None = None) -> dict[str, Any]:
    """A gap from `began` to `ended` minutes before now."""
    until = None if ended is None else iso(ended)
    return {"from": iso(began), "to": until, "filled": until is not None, "verified": verified, "symbols": 3}


class FilledMarket:
    """What a worker would publish. A thread beats, so that readers believe it, until `close`."""

    def __init__(self, cache: Path) -> None:
        cache.mkdir(parents=True, mode=0o700)
        self.folder = cache.parent
        self.writer = MarketWriter(cache)
        self.latest, self.forming, self.ordinals = empty_tables(len(SYMBOLS))
        self.status = first_status()
        self._lock, self._closed = threading.Lock(), threading.Event()
        self._begin()
        self._beating = threading.Thread(target=self._beat, daemon=True)
        self._beating.start()

    def _begin(self) -> None:
        self.latest["price"], self.latest["previous_close"] = PRICES, np.array(PRICES) * 1.011
        self.latest["bid_price"], self.latest["ask_price"] = np.array(PRICES) * 0.9999, np.array(PRICES) * 1.0001
        self.latest["bid_size"], self.latest["ask_size"] = 440, 100
        self.latest["ts_recv"] = time.time_ns()
        self.writer.begin_epoch(SYMBOLS, self._state())
        for place, symbol in enumerate(SYMBOLS):
            walk = minutes(PRICES[place], place)
            self.writer.write_series(symbol, "1Min", 0, walk[:-1])
            self.forming[INTERVALS.index("1Min"), place] = walk[-1]
        self.ordinals[INTERVALS.index("1Min")] = len(walk) - 1

    def _state(self) -> State:
        return State(self.latest.copy(), self.forming.copy(), self.ordinals.copy(), self.status)

    def _beat(self) -> None:
        while not self._closed.wait(0.25):
            self.publish()

    def publish(self, ticks: Records = NO_TICKS, documents: dict[str, bytes] | None = None) -> None:
        """One publication, with the state as it is."""
        with self._lock:
            self.writer.publish(ticks, NO_BARS, self._state(), time.time_ns(), documents)

    def tell(self, **change: Any) -> None:
        """Change the status."""
        self.status = replace(self.status, **change)
        self.publish()

    def tell_stream(self, feed: str, **change: Any) -> None:
        """Change the status of one stream."""
        streams = {**self.status.streams, feed: replace(self.status.streams[feed], **change)}
        self.tell(streams=streams, stream=streams["stocks"])

    def tell_state(self, symbol: str, **state: Any) -> None:
        """Say what is out of the ordinary with a symbol."""
        self.tell(symbol_states={**self.status.symbol_states, symbol: SymbolState(**state)})

    def news(self, *items: NewsItem) -> None:
        """Replace the news."""
        self.publish(documents={"news": document.pack_news(items)})

    def depth(self, depth: Depth) -> None:
        """Replace the depth of a symbol."""
        self.publish(documents={f"depth:{depth.symbol}": document.pack_depth(depth)})

    def trade(self, symbol: str, price: float, flags: int = 0) -> None:
        """Publish one print."""
        row = np.zeros(1, TRADE)
        row["ts_event"], row["price"], row["size"] = NOW, price, 100
        row["kind"], row["symbol"], row["flags"] = Kind.TRADE, SYMBOLS.index(symbol), flags
        self.publish(row.view(TICK))

    def quote(self, symbol: str, bid: float, ask: float) -> None:
        """Publish one quote."""
        row = np.zeros(1, QUOTE)
        row["ts_event"], row["bid_price"], row["ask_price"] = NOW, bid, ask
        row["bid_size"], row["ask_size"], row["kind"], row["symbol"] = 4, 2, Kind.QUOTE, SYMBOLS.index(symbol)
        self.publish(row.view(TICK))

    def close(self) -> None:
        """Say nothing any more."""
        self._closed.set()
        self._beating.join()
        self.writer.close()


def first_status() -> DeskStatus:
    """A desk with three streams on which all is well."""
    live = StreamStatus(state=StreamState.LIVE, last_msg_age_s=0.3, connects=1, lag_ms=9.8)
    streams = {"stocks": live, "crypto": replace(live, last_msg_age_s=0.5), "news": replace(live, last_msg_age_s=42.0)}
    return DeskStatus(
        stream=live,
        streams=streams,
        market=MarketStatus(now=NOW, rate=1.0, is_open=True, next_close=NOW + 120 * MINUTE),
        worker=WorkerStatus(alive=True, pid=4121, uptime_s=12_240, rss_mb=96.2),
        backfilled=True,
        trading=StreamStatus(state=StreamState.LIVE, last_msg_age_s=4.1, connects=1),
        reconciled=True,
        budget=Budget(5, 30),
        load=LoadStatus(5.0, False, 0),
    )


def minutes(price: float, seed: int) -> Records:
    """240 minutes of a random walk that ends at `price`."""
    steps = np.random.default_rng(seed).normal(0, price * 2e-4, (240, 4))
    ends = price + np.cumsum(steps[::-1, 0])[::-1] - steps[-1, 0]
    bars = np.zeros(240, BAR)
    bars["start"] = START + MINUTE * np.arange(240)
    bars["close"], bars["open"] = ends, np.roll(ends, 1)
    bars["open"][0] = ends[0]
    bars["high"] = np.maximum(bars["open"], bars["close"]) + np.abs(steps[:, 1])
    bars["low"] = np.minimum(bars["open"], bars["close"]) - np.abs(steps[:, 2])
    bars["volume"], bars["trade_count"] = 1000 + np.abs(steps[:, 3]) / price * 4e6, 10
    return bars


def article(
    number: int, headline: str, minute: float = 5, symbols: tuple[str, ...] = ("AAPL",), url: str = ""
) -> NewsItem:
    """A news item of so many minutes ago."""
    at = int(NOW - minute * MINUTE)
    return NewsItem(number, headline, "", "A. Writer", "Wire", url, symbols, at, at)


def book(symbol: str, price: float, tick: float) -> Depth:
    """Twenty levels a side about a price."""
    bids = tuple((round(price - tick * (k + 1), 8), 0.5 + k * 0.13) for k in range(20))
    asks = tuple((round(price + tick * k, 8), 1.2 + k * 0.07) for k in range(20))
    return Depth(symbol, NOW, bids, asks)
