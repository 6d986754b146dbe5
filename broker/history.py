"""History by REST: bars and trades of many symbols in one question, as the desk's own records, and news."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

import numpy as np
from alpaca.common.exceptions import APIError
from alpaca.data.enums import DataFeed
from alpaca.data.historical import (
    CryptoHistoricalDataClient,
    NewsClient,
    OptionHistoricalDataClient,
    StockHistoricalDataClient,
)
from alpaca.data.requests import (
    CryptoBarsRequest,
    CryptoTradesRequest,
    NewsRequest,
    OptionBarsRequest,
    OptionTradesRequest,
    StockBarsRequest,
    StockTradesRequest,
)
from alpaca.data.timeframe import TimeFrame
from requests import RequestException

from broker.limits import limited
from broker.refusal import ADVICE
from broker.rfc3339 import parse_time, parse_times
from broker.tick_columns import TAKER, letter, pack_conditions
from broker.wire import possible, possible_bars
from domain.bar import BAR, Bars, Source
from domain.errors import HistoryError, RefusedError
from domain.feed import Feed
from domain.news import NewsItem
from domain.session import to_datetime
from domain.tick import TICK, Flag, Kind, Records

NEWS_TEXTS: Final = ("headline", "summary", "author", "source", "url")
TIMEFRAMES: Final = {"1Min": TimeFrame.Minute, "1Day": TimeFrame.Day}


class History(ABC):
    """Reads history. Every call may block for seconds: not for an event loop. Times are nanoseconds UTC, `start` included.

    HistoryError when it cannot be read, RefusedError when the keys are not taken.
    """

    def bars(self, symbols: Iterable[str], interval: str, start: int) -> dict[str, Bars]:
        """Finished bars of `1Min` or `1Day` from `start` to now, oldest first; a symbol without any is missing."""
        names = list(symbols)
        answer = _asked(lambda: self._read_bars(names, TIMEFRAMES[interval], to_datetime(start))) if names else {}
        return {symbol: _bar_records(rows) for symbol, rows in answer.items() if rows and symbol in names}

    def trades(self, symbols: Iterable[str], start: int) -> dict[str, Records]:
        """Trades from `start` to now, oldest first, flagged BACKFILLED; `symbol` of the records is not set."""
        names = list(symbols)
        answer = _asked(lambda: self._read_trades(names, to_datetime(start))) if names else {}
        return {symbol: _trade_records(rows) for symbol, rows in answer.items() if rows and symbol in names}

    @abstractmethod
    def _read_bars(self, symbols: list[str], timeframe: TimeFrame, start: datetime) -> dict[str, Any]: ...

    @abstractmethod
    def _read_trades(self, symbols: list[str], start: datetime) -> dict[str, Any]: ...


class StockHistory(History):
    """History of stocks, of the feed that is streamed: the free plan cannot read the last 15 minutes of all exchanges."""

    def __init__(self, url: str, key: str, secret: str, feed: str) -> None:
        self._client: Any = limited(StockHistoricalDataClient(key, secret, raw_data=True, url_override=url))
        self._feed = (
            DataFeed(feed) if feed in set(DataFeed) else DataFeed.IEX
        )  # the test feed has no history of its own

    def _read_bars(self, symbols: list[str], timeframe: TimeFrame, start: datetime) -> dict[str, Any]:
        request = StockBarsRequest(symbol_or_symbols=symbols, timeframe=timeframe, start=start, feed=self._feed)
        return dict(self._client.get_stock_bars(request))

    def _read_trades(self, symbols: list[str], start: datetime) -> dict[str, Any]:
        request = StockTradesRequest(symbol_or_symbols=symbols, start=start, feed=self._feed)
        return dict(self._client.get_stock_trades(request))


class CryptoHistory(History):
    """History of coins."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self._client: Any = limited(CryptoHistoricalDataClient(key, secret, raw_data=True, url_override=url))

    def _read_bars(self, symbols: list[str], timeframe: TimeFrame, start: datetime) -> dict[str, Any]:
        request = CryptoBarsRequest(symbol_or_symbols=symbols, timeframe=timeframe, start=start)
        return dict(self._client.get_crypto_bars(request))

    def _read_trades(self, symbols: list[str], start: datetime) -> dict[str, Any]:
        return dict(self._client.get_crypto_trades(CryptoTradesRequest(symbol_or_symbols=symbols, start=start)))


class OptionHistory(History):
    """History of option contracts."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self._client: Any = limited(OptionHistoricalDataClient(key, secret, raw_data=True, url_override=url))

    def _read_bars(self, symbols: list[str], timeframe: TimeFrame, start: datetime) -> dict[str, Any]:
        request = OptionBarsRequest(symbol_or_symbols=symbols, timeframe=timeframe, start=start)
        return dict(self._client.get_option_bars(request))

    def _read_trades(self, symbols: list[str], start: datetime) -> dict[str, Any]:
        return dict(self._client.get_option_trades(OptionTradesRequest(symbol_or_symbols=symbols, start=start)))


class NewsHistory:
    """Articles of the past."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self._client: Any = limited(NewsClient(key, secret, raw_data=True, url_override=url))

    def newest(self, symbols: Iterable[str], limit: int) -> list[NewsItem]:
        """The newest articles about any of the symbols (about anything if there are none), newest first."""
        request = NewsRequest(symbols=",".join(symbols) or None, limit=limit)
        return [_news_item(row) for row in _asked(lambda: self._client.get_news(request)).get("news", [])]


def history_of(feed: Feed, url: str, key: str, secret: str, stock_feed: str) -> History:
    """The history of the symbols of a feed."""
    if feed is Feed.CRYPTO:
        return CryptoHistory(url, key, secret)
    return OptionHistory(url, key, secret) if feed is Feed.OPTIONS else StockHistory(url, key, secret, stock_feed)


def _asked(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return call()
    except APIError as error:
        raise _history_error(error) from error
    except (RequestException, ValueError, TypeError, AttributeError, LookupError, OverflowError) as error:
        raise _unreadable(error) from error


def _history_error(error: APIError) -> HistoryError | RefusedError:
    if error.status_code in (401, 403):
        return RefusedError(ADVICE[402].replace("402", str(error.status_code)))
    return HistoryError(f"Alpaca answered a question for history with {error.status_code}.")


def _unreadable(error: Exception) -> HistoryError:
    return HistoryError(f"History could not be read ({type(error).__name__}).")


def _bar_records(rows: list[dict[str, Any]]) -> Bars:
    try:
        return _bars(rows)
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise _unreadable(error) from error


def _trade_records(rows: list[dict[str, Any]]) -> Records:
    try:
        return _trades(rows)
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise _unreadable(error) from error


def _bars(rows: list[dict[str, Any]]) -> Bars:
    bars = np.zeros(len(rows), BAR)
    columns = ("open", "o"), ("high", "h"), ("low", "l"), ("close", "c"), ("volume", "v"), ("trade_count", "n")
    for name, key in columns:
        bars[name] = [row[key] for row in rows]
    bars["notional"] = [row["vw"] * row["v"] for row in rows]
    bars["start"] = bars["first_at"] = bars["last_at"] = parse_times([row["t"] for row in rows])
    bars["final"], bars["source"] = 1, Source.ALPACA
    sound: Bars = bars[possible_bars(bars)]
    return sound


def _trades(rows: list[dict[str, Any]]) -> Records:
    """Without those that were taken back later, which history goes on telling ("Market Data API", field u)."""
    rows = [row for row in rows if row.get("u") not in ("canceled", "incorrect")]
    ticks = np.zeros(len(rows), TICK)
    ticks["ts_event"] = parse_times([row["t"] for row in rows])
    ticks["a"], ticks["c"] = [row["p"] for row in rows], [row["s"] for row in rows]
    ticks["id"] = [row.get("i", 0) for row in rows]
    ticks["exchange"] = [letter(row.get("x", "")) for row in rows]
    ticks["tape"] = [letter(row.get("z", "")) for row in rows]
    ticks["conditions"] = [pack_conditions(row.get("c") or []) for row in rows]
    takers = np.array([TAKER.get(row.get("tks", ""), Flag(0)) for row in rows], np.uint32)
    ticks["kind"], ticks["flags"] = Kind.TRADE, takers | np.uint32(Flag.BACKFILLED)
    sound: Records = ticks[possible(ticks)]
    return sound


def _news_item(row: dict[str, Any]) -> NewsItem:
    try:
        headline, summary, author, source, url = (str(row.get(name) or "") for name in NEWS_TEXTS)
        created_at, updated_at = parse_time(row["created_at"]), parse_time(row["updated_at"])
        symbols = tuple(row.get("symbols") or ())
        return NewsItem(int(row["id"]), headline, summary, author, source, url, symbols, created_at, updated_at)
    except (ValueError, TypeError, LookupError) as error:
        raise _unreadable(error) from error
