"""What the client hands over: Alpaca's messages in words, nanoseconds kept. Nothing here changes once it is made.

Times are nanoseconds UTC, prices USD, sizes shares (coins may be parts). News, depth and order updates are the desk's own words:
domain.news.NewsItem, domain.depth.Depth, domain.order.TradeUpdate.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, Final

import msgspec

from broker import messages as wire
from broker.wire import news_item
from broker.wire_time import time, times
from domain.depth import Depth, OrderBook
from domain.news import NewsItem
from domain.order import TradeUpdate

FEW: Final = 4
"""Fewer times than these are read one by one: numpy takes longer to begin."""


class Trade(msgspec.Struct, frozen=True, gc=False):
    """A print. `taker` is B or S for coins, empty where Alpaca does not tell."""

    symbol: str
    price: float
    size: float
    ts_event: int
    trade_id: int = 0
    exchange: str = ""
    tape: str = ""
    conditions: tuple[str, ...] = ()
    taker: str = ""


class Quote(msgspec.Struct, frozen=True, gc=False):
    """The best bid and ask; a side that is empty has price 0."""

    symbol: str
    bid_price: float
    bid_size: float
    ask_price: float
    ask_size: float
    ts_event: int
    bid_exchange: str = ""
    ask_exchange: str = ""
    tape: str = ""

    @property
    def spread(self) -> float:
        """Ask minus bid in USD; 0 while a side is empty."""
        return self.ask_price - self.bid_price if self.bid_price and self.ask_price else 0.0


class Bar(msgspec.Struct, frozen=True, gc=False):
    """Alpaca's own bar. `interval` is 1Min or 1Day (the day so far); `updated` says that it replaces one sent before."""

    symbol: str
    interval: str
    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    trade_count: int
    vwap: float
    updated: bool = False


class Correction(msgspec.Struct, frozen=True, gc=False):
    """A trade was another one; if `new` is None, it never was."""

    symbol: str
    exchange: str
    old_trade_id: int
    new: Trade | None
    ts_event: int


class Status(msgspec.Struct, frozen=True, gc=False):
    """A halt, its reason, or its end, in Alpaca's codes and texts."""

    symbol: str
    status_code: str
    status: str
    reason_code: str
    reason: str
    ts_event: int


class PriceBand(msgspec.Struct, frozen=True, gc=False):
    """Limit up-limit down: the prices between which a stock may trade."""

    symbol: str
    limit_up: float
    limit_down: float
    indicator: str
    ts_event: int


class Gap(msgspec.Struct, frozen=True, gc=False):
    """The connection was gone from `since` to `until` (this machine's clock); what happened between them did not come.

    It is handed over before the first message after it. `stream` is stocks, crypto, options, news or orders.
    """

    stream: str
    since: int
    until: int
    why: str


Message = Trade | Quote | Bar | Correction | Status | PriceBand | Depth | NewsItem | TradeUpdate | Gap


class Words:
    """Turns the wire's messages of one connection into words. What cannot be true is left out and counted."""

    def __init__(self) -> None:
        self.impossible = 0
        self._books: dict[str, OrderBook] = {}

    def begin(self) -> None:
        """Another connection: the order books come anew."""
        self._books.clear()

    def of(self, messages: list[wire.Message]) -> list[Message]:
        """Messages in words, in order; without what is nobody's business or impossible."""
        if set(map(type, messages)) <= wire.TICKS:
            return self.of_ticks(messages)
        words = (self.of_ticks([m]) if type(m) in wire.TICKS else [self._rare(m)] for m in messages)
        return [word for several in words for word in several if word is not None]

    def _rare(self, message: wire.Message) -> Message | None:
        if isinstance(message, wire.Book):
            return self._depth(message)
        make = _MAKERS.get(type(message))
        if make is None:
            return None
        word = make(message)
        possible = _POSSIBLE.get(type(word))
        if possible is not None and not possible(word):
            self.impossible += 1
            return None
        return word

    def of_ticks(self, messages: list[Any]) -> list[Message]:
        """Trades and quotes in words: the mass of all messages, so their times are read all at once."""
        raw = [m.t for m in messages]
        stamps = times(raw).tolist() if len(raw) >= FEW else map(time, raw)
        words: list[Message] = []
        add, quote, trade = words.append, Quote, Trade  # looked up once: this loop is half the cost of a message
        for m, at in zip(messages, stamps, strict=True):
            if type(m) is wire.Quote:
                bid, ask, bid_size, ask_size = m.bp, m.ap, m.bs, m.ap_size
                if at > 0 and bid_size >= 0 and ask_size >= 0 and (0 < bid <= ask < inf or _one_sided(bid, ask)):
                    add(quote(m.S, bid, bid_size, ask, ask_size, at, m.bx, m.ax, m.z))
            elif at > 0 and 0 < m.p < inf and 0 < m.s < inf:
                add(trade(m.S, m.p, m.s, at, m.i, m.x, m.z, tuple(m.c or ()), m.tks))
        self.impossible += len(messages) - len(words)
        return words

    def _depth(self, message: wire.Book) -> Depth | None:
        book = self._books.setdefault(message.S, OrderBook(message.S))
        bids, asks = ([(level.p, level.s) for level in side] for side in (message.b, message.a))
        book.take(time(message.t), bids, asks, message.r)
        return book.depth() if book.whole else None


def _bar(m: wire.Bar) -> Bar:
    interval = "1Day" if isinstance(m, wire.DailyBar) else "1Min"
    return Bar(m.S, interval, time(m.t), m.o, m.h, m.l, m.c, m.v, m.n, m.vw, isinstance(m, wire.UpdatedBar))


def _correction(m: wire.Correction) -> Correction:
    new = Trade(m.S, m.cp, m.cs, time(m.t), m.ci, m.x, m.z, tuple(m.cc or ()))
    return Correction(m.S, m.x, m.oi, new, time(m.t))


def _cancel(m: wire.Cancel) -> Correction:
    return Correction(m.S, m.x, m.i, None, time(m.t))


def _status(m: wire.Status) -> Status:
    return Status(m.S, m.sc, m.sm, m.rc, m.rm, time(m.t))


def _band(m: wire.Luld) -> PriceBand:
    return PriceBand(m.S, m.u, m.d, m.i, time(m.t))


_MAKERS: Final[dict[type, Callable[[Any], Message]]] = {
    wire.MinuteBar: _bar,
    wire.UpdatedBar: _bar,
    wire.DailyBar: _bar,
    wire.Correction: _correction,
    wire.Cancel: _cancel,
    wire.Status: _status,
    wire.Luld: _band,
    wire.News: news_item,
}


def _one_sided(bid: float, ask: float) -> bool:
    """Whether one side of a quote, or both, is empty and the other can be."""
    return 0 <= bid < inf and 0 <= ask < inf and not (bid and ask)


def _possible_bar(bar: Bar) -> bool:
    inside = 0 < bar.low <= min(bar.open, bar.close) and max(bar.open, bar.close) <= bar.high < inf
    return inside and bar.start > 0 and 0 <= bar.volume < inf


_POSSIBLE: Final[dict[type, Callable[[Any], bool]]] = {
    Bar: _possible_bar,
}
