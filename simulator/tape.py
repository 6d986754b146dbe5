"""A tape: a recorded market in a gzip CSV file or a folder of a recording, read and checked whole before it is played."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

from domain.feed import Feed, feed_of
from simulator.quote import CryptoQuote, Quote
from simulator.trade import CryptoTrade, Trade

COLUMNS = ("ts_ns", "kind", "symbol", "bid", "bid_size", "ask", "ask_size", "price", "size", "resting_side")
EXCHANGE_CODE = "V"  # IEX in Alpaca's exchange codes
RESTING_BUY = "1"  # a seller took it
TAPE_CODE = "C"  # the consolidated tape of NASDAQ's listings
_REMEDY = "Make the tape again with `tickdesk.py record`, or unset SIMULATOR_TAPE to use the generated market."


class TapeError(ValueError):
    """A tape that cannot be played: says which file and row, what is wrong and what to do."""

    def __init__(self, path: Path, row: int | None, problem: str) -> None:
        self.path, self.row, self.problem = path, row, problem
        place = f"{path}, row {row}" if row is not None else str(path)
        super().__init__(f"{place}: {problem}. {_REMEDY}")


def read_tape(path: Path) -> list[Trade | Quote]:
    """All events in order. In a CSV file a trade's id is the number of its row, the first data row being 1.

    Raises TapeError for a file that is missing, not gzip CSV, without the columns, or with a row that cannot be true, and for
    a folder that holds no recording, and for a tape without shares: their session is the market's.
    """
    events = _recorded(path) if path.is_dir() else _from_csv(path)
    if not any(feed_of(symbol) is Feed.STOCKS for symbol in {event.symbol for event in events}):
        raise TapeError(path, None, "has no trades and quotes of shares")
    return events


def _from_csv(path: Path) -> list[Trade | Quote]:
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            events = list(_rows(path, csv.reader(lines)))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise TapeError(path, None, f"cannot be read as a gzip CSV file ({error})") from error
    if not events:
        raise TapeError(path, None, "has no rows")
    return events


def _recorded(folder: Path) -> list[Trade | Quote]:
    # pyarrow costs 36 MB, which a market that plays no recording need not have
    from simulator.tape_recording import RecordingError, read_recording

    try:
        return read_recording(folder)
    except RecordingError as error:
        raise TapeError(folder, None, f"cannot be read as a recording ({error})") from error


def _rows(path: Path, rows: Iterator[list[str]]) -> Iterator[Trade | Quote]:
    header = next(rows, [])
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise TapeError(path, None, f"lacks the columns {', '.join(missing)}")
    places = [header.index(name) for name in COLUMNS]
    previous = 0
    for number, row in enumerate(rows, start=1):
        try:
            event = _event(number, [row[place] for place in places])
            if event.ts_event < previous:
                raise ValueError(f"ts_ns goes back from {previous} to {event.ts_event}")
        except (ValueError, IndexError) as error:
            raise TapeError(path, number, str(error)) from error
        previous = event.ts_event
        yield event


def _event(number: int, cells: list[str]) -> Trade | Quote:
    ts_event, kind, symbol, bid, bid_size, ask, ask_size, price, size, side = cells
    moment = int(ts_event)
    if moment <= 0 or not symbol:
        raise ValueError("ts_ns and symbol must be given")
    if kind == "t":
        if _size(size) == 0:
            raise ValueError("a trade of no shares")
        if "/" in symbol:
            taker: Any = "S" if side == RESTING_BUY else "B"
            return CryptoTrade(symbol, moment, number, _price(price), _size(size), "", "", taker_side=taker)
        return Trade(symbol, moment, number, _price(price), _size(size), EXCHANGE_CODE, TAPE_CODE)
    if kind == "q":
        sides = _price(bid, empty=0.0), _size(bid_size), _price(ask, empty=0.0), _size(ask_size)
        if "/" in symbol:
            return CryptoQuote(symbol, moment, *sides, "", "")
        return Quote(symbol, moment, *sides, EXCHANGE_CODE, TAPE_CODE)
    raise ValueError(f"kind is {kind!r}, not 'q' or 't'")


def _price(cell: str, *, empty: float | None = None) -> float:
    if not cell and empty is not None:
        return empty
    price = float(cell)
    if not isfinite(price) or price < 0 or (price == 0 and empty is None):
        raise ValueError(f"{cell!r} is not a price in USD")
    return price


def _size(cell: str) -> Any:
    """Whole shares as an integer; parts of a coin as they are."""
    size = float(cell or 0)
    if not isfinite(size) or size < 0:
        raise ValueError(f"{cell!r} is not a number of shares")
    return int(size) if size.is_integer() else size
