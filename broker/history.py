"""History by REST: bars and trades of many symbols in one question, as the desk's own records."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import numpy as np
from alpaca.common.exceptions import APIError
from alpaca.data.enums import DataFeed
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.requests import StockBarsRequest, StockTradesRequest
from alpaca.data.timeframe import TimeFrame
from requests import RequestException

from broker.limits import limited
from broker.refusal import ADVICE
from broker.rfc3339 import parse_times
from broker.wire import letter, pack_conditions, possible, possible_bars
from domain.bar import BAR, Bars, Source
from domain.errors import HistoryError, RefusedError
from domain.session import to_datetime
from domain.tick import TICK, Flag, Kind, Records

TIMEFRAMES: Final = {"1Min": TimeFrame.Minute, "1Day": TimeFrame.Day}


class StockHistory:
    """Reads history. Every call may block for seconds: not for an event loop. Times are nanoseconds UTC, `start` included."""

    def __init__(self, url: str, key: str, secret: str, feed: str) -> None:
        self._client = limited(StockHistoricalDataClient(key, secret, raw_data=True, url_override=url))
        self._feed = DataFeed(feed)

    def bars(self, symbols: tuple[str, ...], interval: str, start: int) -> dict[str, Bars]:
        """Finished bars of `1Min` or `1Day` from `start` to now, oldest first; a symbol without any is missing."""
        request = StockBarsRequest(
            symbol_or_symbols=list(symbols), timeframe=TIMEFRAMES[interval], start=_moment(start), feed=self._feed
        )
        return self._ask(self._client.get_stock_bars, request, lambda symbol, rows: _bar_records(rows))

    def trades(self, symbols: tuple[str, ...], start: int) -> dict[str, Records]:
        """Trades from `start` to now, oldest first, flagged BACKFILLED; `symbol` of the records is the place in `symbols`."""
        request = StockTradesRequest(symbol_or_symbols=list(symbols), start=_moment(start), feed=self._feed)
        return self._ask(
            self._client.get_stock_trades, request, lambda symbol, rows: _trade_records(rows, symbols.index(symbol))
        )

    def _ask(self, call: Any, request: Any, records: Callable[[str, Any], Records]) -> dict[str, Records]:
        try:
            return {symbol: records(symbol, rows) for symbol, rows in call(request).items() if rows}
        except APIError as error:
            raise _history_error(error) from error
        except (RequestException, ValueError, TypeError, AttributeError, LookupError, OverflowError) as error:
            raise HistoryError(f"History could not be read ({type(error).__name__}).") from error


def _history_error(error: APIError) -> HistoryError | RefusedError:
    if error.status_code in (401, 403):
        return RefusedError(ADVICE[402].replace("402", str(error.status_code)))
    return HistoryError(f"Alpaca answered a question for history with {error.status_code}.")


def _moment(ts_event: int) -> datetime:
    return to_datetime(ts_event)


def _bar_records(rows: list[dict[str, Any]]) -> Bars:
    bars = np.zeros(len(rows), BAR)
    columns = ("open", "o"), ("high", "h"), ("low", "l"), ("close", "c"), ("volume", "v"), ("trade_count", "n")
    for name, key in columns:
        bars[name] = [row[key] for row in rows]
    bars["notional"] = [row["vw"] * row["v"] for row in rows]
    bars["start"] = bars["first_at"] = bars["last_at"] = parse_times([row["t"] for row in rows])
    bars["final"], bars["source"] = 1, Source.ALPACA
    sound: Bars = bars[possible_bars(bars)]
    return sound


def _trade_records(rows: list[dict[str, Any]], symbol: int) -> Records:
    ticks = np.zeros(len(rows), TICK)
    ticks["ts_event"] = parse_times([row["t"] for row in rows])
    ticks["a"], ticks["c"] = [row["p"] for row in rows], [row["s"] for row in rows]
    ticks["id"] = [row.get("i", 0) for row in rows]
    ticks["exchange"] = [letter(row.get("x", "")) for row in rows]
    ticks["tape"] = [letter(row.get("z", "")) for row in rows]
    ticks["conditions"] = [pack_conditions(row.get("c") or []) for row in rows]
    ticks["symbol"], ticks["kind"], ticks["flags"] = symbol, Kind.TRADE, Flag.BACKFILLED
    sound: Records = ticks[possible(ticks)]
    return sound
