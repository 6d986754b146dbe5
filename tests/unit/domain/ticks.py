"""Small trades and quotes, and the bars that plain Python makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from domain.bar import BAR, Bar, Bars
from domain.interval import LENGTH_NS
from domain.tick import QUOTE, TICK, TRADE, Kind, Records

NS = 1_000_000_000
MINUTE = 60 * NS
NOON = 1_700_000_100 * NS
"""A quarter of an hour begins here, and so does every shorter interval."""


class Print(NamedTuple):
    """A trade in the words of the oracle."""

    ts_event: int
    symbol: int
    price: float
    size: int
    id: int


class PlainBar(NamedTuple):
    """What must be equal in two bars of the same trades."""

    open: float
    high: float
    low: float
    close: float
    volume: float
    trade_count: int
    notional: float


def trades(*prints: Print) -> Records:
    rows = np.zeros(len(prints), TRADE)
    rows["kind"] = Kind.TRADE
    for name in Print._fields:
        rows[name] = [getattr(row, name) for row in prints]
    return rows.view(TICK)


def trade(ts_event: int, price: float, size: int = 1, symbol: int = 0, id: int = 0) -> Records:
    return trades(Print(ts_event, symbol, price, size, id or ts_event))


def quote(ts_event: int, bid_price: float, ask_price: float, symbol: int = 0) -> Records:
    rows = np.zeros(1, QUOTE)
    rows["ts_event"], rows["bid_price"], rows["ask_price"] = ts_event, bid_price, ask_price
    rows["kind"], rows["symbol"] = Kind.QUOTE, symbol
    return rows.view(TICK)


def bar(start: int, price: float = 10.0, volume: float = 1.0, count: int = 1, **fields: float) -> Bar:
    row = np.zeros((), BAR)
    row["start"] = row["first_at"] = row["last_at"] = start
    for name in ("open", "high", "low", "close"):
        row[name] = price
    row["volume"], row["trade_count"], row["notional"] = volume, count, price * volume
    for name, value in fields.items():
        row[name] = value
    return row[()]


def bars(*rows: Bar) -> Bars:
    return np.array(list(rows), BAR)


def plain(row: Bar) -> PlainBar:
    return PlainBar(*(row[name].item() for name in PlainBar._fields))


def bars_of(prints: Iterable[Print], interval: str, symbol: int) -> dict[int, PlainBar]:
    """The oracle: prints in order of arrival give the bar of each start."""
    buckets: dict[int, list[Print]] = {}
    for row in sorted((row for row in prints if row.symbol == symbol), key=lambda row: row.ts_event):
        buckets.setdefault(row.ts_event - row.ts_event % LENGTH_NS[interval], []).append(row)
    return {start: _plain_bar(rows) for start, rows in buckets.items()}


def _plain_bar(rows: list[Print]) -> PlainBar:
    prices = [row.price for row in rows]
    return PlainBar(
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        float(sum(row.size for row in rows)),
        len(rows),
        sum(row.price * row.size for row in rows),
    )
