"""Market data as the REST side writes it. Source: "Market Data API"."""

from __future__ import annotations

import numpy as np

from simulator.bar import Bar
from simulator.columns import BarColumns
from simulator.quote import Quote
from simulator.trade import Trade
from simulator.wire_fields import FIELDS_OF, Fields, bar_fields
from simulator.wire_time import rfc3339


def rest_trade(trade: Trade) -> Fields:
    """A trade; `u` is there only when something became of it later."""
    fields = {"t": rfc3339(trade.ts_event), **FIELDS_OF[type(trade)](trade)}
    return {**fields, "u": trade.update} if trade.update else fields


def rest_quote(quote: Quote) -> Fields:
    """A quote."""
    return {"t": rfc3339(quote.ts_event), **FIELDS_OF[type(quote)](quote)}


def rest_bar(bar: Bar) -> Fields:
    """A bar."""
    return {"t": rfc3339(bar.start), **bar_fields(bar)}


def rest_bars(columns: BarColumns) -> list[Fields]:
    """Many bars; their stamps are whole seconds."""
    stamps = np.datetime_as_string(columns.start.view("datetime64[ns]"), unit="s", timezone="UTC").tolist()
    numbers = (
        columns.open,
        columns.high,
        columns.low,
        columns.close,
        columns.volume,
        columns.trade_count,
        columns.vwap,
    )
    rows = zip(stamps, *(column.tolist() for column in numbers), strict=True)
    return [
        {"t": stamp, "o": first, "h": high, "l": low, "c": last, "v": volume, "n": count, "vw": vwap}
        for stamp, first, high, low, last, volume, count, vwap in rows
    ]
