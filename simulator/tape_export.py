"""A recording written as a tape: one gzip CSV file that can be handed on, with the columns that `tape` reads.

What the columns have no place for (exchange, conditions, trade id) stays behind; prices, sizes and nanoseconds are exact.
"""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from simulator.tape import COLUMNS
from simulator.tape_recording import AT_ASK, AT_BID, RecordingError, event_order, read_rows


def export_tape(folder: Path, path: Path, symbols: tuple[str, ...] = ()) -> int:
    """Write the recording in `folder`, or some symbols of it, to `path`; the number of rows. RecordingError, OSError."""
    trades, quotes = (_of(read_rows(folder, kind), symbols) for kind in ("trades", "quotes"))
    tables = [make(table) for make, table in ((_trade_rows, trades), (_quote_rows, quotes)) if len(table)]
    if not tables:
        raise RecordingError(f"{folder} holds no trades and quotes{' of ' + ', '.join(symbols) if symbols else ''}")
    rows = pa.concat_tables(tables).take(pa.array(event_order(trades, quotes))).select(list(COLUMNS))
    unfinished = path.with_name(path.name + ".unfinished")
    with gzip.open(unfinished, "wb") as file:
        pa.csv.write_csv(rows, file, pa.csv.WriteOptions(quoting_style="none", quoting_header="none"))
    os.replace(unfinished, path)
    return len(rows)


def _of(table: pa.Table, symbols: tuple[str, ...]) -> pa.Table:
    if not (symbols and len(table)):
        return table
    return table.filter(pa.array(np.isin(table["symbol"].cast(pa.string()).to_numpy().astype(str), symbols)))


def _trade_rows(trades: pa.Table) -> pa.Table:
    flags = trades["flags"].to_numpy()
    side = np.where(flags & AT_BID, 1, np.where(flags & AT_ASK, -1, 0))
    return _rows(trades, "t", price="price", size="size", resting_side=pa.array(side, mask=side == 0))


def _quote_rows(quotes: pa.Table) -> pa.Table:
    names = {"bid": "bid_price", "bid_size": "bid_size", "ask": "ask_price", "ask_size": "ask_size"}
    return _rows(quotes, "q", **names)


def _rows(table: pa.Table, kind: str, **columns: Any) -> pa.Table:
    """The rows with every column of a tape as text, empty where a kind has none."""
    given = {name: table[source] if isinstance(source, str) else source for name, source in columns.items()}
    given |= {"ts_ns": table["ts_event"].cast(pa.int64()), "symbol": table["symbol"]}
    texts = {name: _text(column) for name, column in given.items()}
    empty = pa.array([""] * len(table))
    return pa.table(
        {name: texts.get(name, pa.array([kind] * len(table)) if name == "kind" else empty) for name in COLUMNS}
    )


def _text(column: Any) -> Any:
    """Numbers as short as they can be read back exactly, whole ones without a point; empty where there is none."""
    if pa.types.is_floating(column.type):
        numbers = column.to_numpy()
        if np.array_equal(numbers, np.trunc(numbers)):
            column = pa.array(numbers.astype(np.int64))
    return column.cast(pa.string()).fill_null("")
