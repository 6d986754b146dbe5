"""A recording as a tape: the Parquet files that the stream worker wrote, of one day or of one symbol of it.

    recordings/2026-11-20                    every symbol of the day
    recordings/2026-11-20/AAPL               one symbol

Files are `trades-*.parquet` and `quotes-*.parquet`; docs/recordings.md has their columns. Rows are played by event time and, within
an instant, in the order in which they came. A trade that came again out of history counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from simulator.quote import CryptoQuote, Quote
from simulator.trade import CryptoTrade, Trade

AT_ASK, AT_BID, BACKFILLED = 1, 2, 4
"""Flags (docs/recordings.md): the side that took liquidity, if it is known; read from history after a gap."""


class RecordingError(ValueError):
    """A recording that cannot be played."""


def read_recording(folder: Path) -> list[Trade | Quote]:
    """All events of a recording in order. RecordingError if there are none or a file cannot be read."""
    trades, quotes = read_rows(folder, "trades"), read_rows(folder, "quotes")
    if not (len(trades) or len(quotes)):
        raise RecordingError(f"{folder} holds no recording: no trades-*.parquet and no quotes-*.parquet")
    events: list[Trade | Quote] = [*_trades(trades), *_quotes(quotes)]
    order = event_order(trades, quotes)
    return [events[place] for place in order.tolist()]


def read_rows(folder: Path, kind: str) -> pa.Table:
    """The rows of the files of one kind, without repeats; an empty table if there are none."""
    paths = sorted({*folder.glob(f"{kind}-*.parquet"), *folder.glob(f"*/{kind}-*.parquet")})
    try:
        table = pa.concat_tables([pq.read_table(path, partitioning=None) for path in paths]) if paths else pa.table({})
        return table.filter(pa.array(_first_times(table))) if kind == "trades" and len(table) else table
    except (OSError, KeyError, pa.ArrowException) as error:
        raise RecordingError(f"{folder} cannot be read: {error}") from error


def event_order(*tables: pa.Table) -> NDArray[np.intp]:
    """The places of the rows of all tables, one after the other, by event time and then arrival."""
    filled = [table for table in tables if len(table)]
    moments, arrivals = (
        np.concatenate([_numbers(table, name) for table in filled]) for name in ("ts_event", "arrival")
    )
    return np.lexsort((arrivals, moments))


def _first_times(trades: pa.Table) -> NDArray[np.bool_]:
    """Which trades are no repeats: history may give again what the stream gave."""
    first = np.ones(len(trades), bool)
    backfilled = (_numbers(trades, "flags") & BACKFILLED) != 0
    if backfilled.any():
        names = ("ts_event", "id", "price", "size")
        keys = [*(_codes(trades, name) for name in ("symbol", "exchange")), *(_numbers(trades, name) for name in names)]
        order = np.lexsort((_numbers(trades, "arrival"), backfilled, *keys))
        same = np.logical_and.reduce([key[order][1:] == key[order][:-1] for key in keys])
        first[order[1:]] = ~(same & backfilled[order][1:])
    return first


def _trades(rows: pa.Table) -> Iterator[Trade]:
    if not len(rows):
        return
    names = ("symbol", "ts_event", "id", "price", "size", "exchange", "tape", "conditions", "flags")
    for symbol, ts_event, number, price, size, exchange, tape, conditions, flags in _zipped(rows, *names):
        if "/" in symbol:
            taker: Any = "S" if flags & AT_BID else "B"
            yield CryptoTrade(symbol, ts_event, number, price, size, exchange, tape, taker_side=taker)
        else:
            yield Trade(symbol, ts_event, number, price, _whole(size), exchange, tape, tuple(conditions))


def _quotes(rows: pa.Table) -> Iterator[Quote]:
    if not len(rows):
        return
    names = ("bid_price", "bid_size", "ask_price", "ask_size", "bid_exchange", "tape", "ask_exchange", "conditions")
    for symbol, ts_event, bid, bid_size, ask, ask_size, exchange, tape, ask_exchange, conditions in _zipped(
        rows, "symbol", "ts_event", *names
    ):
        sides = bid, _whole(bid_size), ask, _whole(ask_size)
        make = CryptoQuote if "/" in symbol else Quote
        yield make(symbol, ts_event, *sides, exchange, tape, ask_exchange, tuple(conditions))


def _zipped(rows: pa.Table, *names: str) -> Iterable[tuple[Any, ...]]:
    columns = [
        _texts(rows, name) if pa.types.is_dictionary(rows[name].type) else _numbers(rows, name) for name in names
    ]
    return zip(*(column.tolist() for column in columns), strict=True)


def _texts(rows: pa.Table, name: str) -> Any:
    return rows[name].cast(pa.string()).to_numpy()


def _numbers(rows: pa.Table, name: str) -> Any:
    column = rows[name]
    return (column.cast(pa.int64()) if name == "ts_event" else column).to_numpy()


def _codes(rows: pa.Table, name: str) -> Any:
    """A column of text as numbers, equal where the text is."""
    return rows[name].cast(pa.string()).combine_chunks().dictionary_encode().indices.to_numpy()


def _whole(size: float) -> Any:
    """A size as the wire has it: whole shares as an integer, parts of a coin as they are."""
    return int(size) if size == int(size) else size
