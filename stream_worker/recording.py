"""The recording: how a session lies on the disk, as Parquet files by New York day and symbol.

    recordings/2026-11-20/AAPL/trades-000123.parquet    quotes-..., minutes-... (Alpaca's own bars of one minute)
    recordings/2026-11-20/BTC-USD/...                   a slash in a symbol is a dash in the folder's name

The number is that of the spool which the rows were written from: the same spool written twice makes the same files. `arrival` grows
by one with every row of every symbol, so that ordering by (`ts_event`, `arrival`) gives the session back.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from domain.bar import Bars
from domain.session import midnight, trading_day
from domain.tick import QUOTE, TRADE, Kind, Records

TRADES: Final = "trades"
QUOTES: Final = "quotes"
MINUTES: Final = "minutes"
COMPRESSION: Final = "zstd"

Arrivals = NDArray[np.int64]

DAY_NS: Final = 86_400 * 10**9


def folder_name(symbol: str) -> str:
    """The folder of a symbol: no symbol of Alpaca's has a dash in it."""
    return symbol.replace("/", "-")


def number_of(path: Path) -> int:
    """The number of a spool or of a file that was made from one; 0 for anything else."""
    digits = path.stem.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0


def split_by_day(moments: NDArray[np.int64]) -> list[tuple[str, NDArray[np.bool_]]]:
    """The New York days that some instants (ns) fall on, and which do."""
    days: list[tuple[str, NDArray[np.bool_]]] = []
    todo = np.ones(len(moments), bool)
    while todo.any():
        day = trading_day(int(moments[todo].min()))
        begins = midnight(day)
        # a day of New York has 23 to 25 hours; the noon of the next one is always in the next one
        ends = midnight(trading_day(begins + DAY_NS * 3 // 2))
        inside = todo & (moments >= begins) & (moments < ends)
        days.append((day.isoformat(), inside))
        todo &= ~inside
    return days


def tick_tables(ticks: Records, arrivals: Arrivals, symbol: str) -> dict[str, pa.Table]:
    """The trades and the quotes of one symbol as tables; a kind of which there is none is left out."""
    tables: dict[str, pa.Table] = {}
    for kind, name, make in ((Kind.TRADE, TRADES, _trade_columns), (Kind.QUOTE, QUOTES, _quote_columns)):
        rows = ticks["kind"] == kind
        if rows.any():
            tables[name] = pa.table({**_head(arrivals[rows], ticks["ts_event"][rows], symbol), **make(ticks[rows])})
    return tables


def minute_table(bars: Bars, arrivals: Arrivals, symbol: str) -> pa.Table:
    """Alpaca's minute bars of one symbol as a table; `ts_event` is the start."""
    names = ("open", "high", "low", "close", "volume", "trade_count", "notional")
    columns = {name: np.ascontiguousarray(bars[name]) for name in names}
    return pa.table({**_head(arrivals, bars["start"], symbol), **columns})


def write_whole(table: pa.Table, path: Path) -> None:
    """Write a file so that it is there whole or not at all, whatever ends the process. OSError if it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(".unfinished")
    try:
        with unfinished.open("wb") as file:
            pq.write_table(table, file, compression=COMPRESSION)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except OSError:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise


def _head(arrivals: Arrivals, moments: Any, symbol: str) -> dict[str, pa.Array]:
    return {
        "ts_event": pa.array(np.ascontiguousarray(moments)).view(pa.timestamp("ns", "UTC")),
        "arrival": pa.array(np.ascontiguousarray(arrivals)),
        "symbol": pa.DictionaryArray.from_arrays(np.zeros(len(arrivals), np.int32), [symbol]),
    }


def _trade_columns(ticks: Records) -> dict[str, Any]:
    trades = ticks.view(TRADE)
    numbers = {name: np.ascontiguousarray(trades[name]) for name in ("price", "size", "id")}
    return {**numbers, "exchange": _letters(trades["exchange"]), **_tail(trades)}


def _quote_columns(ticks: Records) -> dict[str, Any]:
    quotes = ticks.view(QUOTE)
    names = ("bid_price", "bid_size", "ask_price", "ask_size")
    exchanges = {
        "bid_exchange": _letters(quotes["exchange"]),
        "ask_exchange": _letters(quotes["other_exchange"]),
    }
    return {**{name: np.ascontiguousarray(quotes[name]) for name in names}, **exchanges, **_tail(quotes)}


def _tail(ticks: Records) -> dict[str, Any]:
    codes = {"tape": _letters(ticks["tape"]), "conditions": _letters(ticks["conditions"])}
    return {**codes, "flags": np.ascontiguousarray(ticks["flags"])}


def _letters(packed: Any) -> pa.DictionaryArray:
    """Codes of up to four letters, packed with the first in the lowest byte, as text."""
    codes, places = np.unique(packed, return_inverse=True)
    texts = [int(code).to_bytes(4, "little").rstrip(b"\0").decode("latin-1") for code in codes]
    return pa.DictionaryArray.from_arrays(places.astype(np.int32), texts)
