"""Parquet files out of a spool: a file for each day, symbol and kind of row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from stream_worker.recording import MINUTES, folder_name, minute_table, split_by_day, tick_tables, write_whole
from stream_worker.recording_spool import Rows


def write_files(rows: Rows, folder: Path, number: int) -> int:
    """Write the rows of the spool `number`; how many files. Done again, it replaces the same files."""
    tables = [*_tick_files(rows), *_minute_files(rows)]
    for day, symbol, kind, table in tables:
        write_whole(table, folder / day / folder_name(symbol) / f"{kind}-{number:06d}.parquet")
    return len(tables)


def _tick_files(rows: Rows) -> Iterator[tuple[str, str, str, pa.Table]]:
    for place, mine in _by_symbol(rows.ticks["symbol"]):
        ticks, arrivals = rows.ticks[mine], rows.tick_arrivals[mine]
        for day, inside in split_by_day(ticks["ts_event"]):
            for kind, table in tick_tables(ticks[inside], arrivals[inside], rows.symbols[place]).items():
                yield day, rows.symbols[place], kind, table


def _minute_files(rows: Rows) -> Iterator[tuple[str, str, str, pa.Table]]:
    for place, mine in _by_symbol(rows.bar_symbols):
        bars, arrivals = rows.bars[mine], rows.bar_arrivals[mine]
        for day, inside in split_by_day(bars["start"]):
            yield day, rows.symbols[place], MINUTES, minute_table(bars[inside], arrivals[inside], rows.symbols[place])


def _by_symbol(places: Any) -> Iterator[tuple[int, Any]]:
    """Each symbol with the numbers of its rows, in the order in which they came."""
    order = np.argsort(places, kind="stable")
    begins = np.flatnonzero(np.diff(places[order].astype(np.int64), prepend=-1))
    for rows in np.split(order, begins[1:]) if len(places) else ():
        yield int(places[rows[0]]), rows
