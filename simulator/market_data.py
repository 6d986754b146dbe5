"""One market's data as REST bodies: bars, trades, quotes, the latest of each, snapshots.

Source: "Market Data API". Only what has been published is served: trades as they happened, bars of finished minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulator.channels import STOCKS, Channels
from simulator.columns import BarColumns
from simulator.data_query import BadQuery, DataQuery, parse_query
from simulator.event_rows import EventRows
from simulator.generated import GeneratedMarket
from simulator.market import Market
from simulator.notice import DepthChange
from simulator.paging import page
from simulator.quote import Quote
from simulator.timeframe import Timeframe, parse_timeframe
from simulator.trade import Trade
from simulator.wire_fields import Fields, depth_fields
from simulator.wire_rest import rest_bar, rest_bars, rest_quote, rest_trade
from simulator.wire_time import rfc3339

MINUTE, DAY = Timeframe(1, "Min"), Timeframe(1, "Day")
Reading = Callable[[list[str], Mapping[str, str]], Fields]


class MarketData:
    """Every method takes symbols and the query's parameters; symbols without data are left out. May raise BadQuery."""

    def __init__(self, market: Market, channels: Channels = STOCKS) -> None:
        self._market, self.channels = market, channels

    def now(self) -> int:
        """Market time in nanoseconds UTC."""
        return self._market.now()

    def bars(self, symbols: list[str], parameters: Mapping[str, str]) -> Fields:
        """A page of bars by symbol."""
        timeframe = read_timeframe(parameters)
        query = parse_query(parameters, self._market.now())
        found = page(symbols, lambda symbol: self._bars(symbol, timeframe, query), query)
        rows = {symbol: rest_bars(part) for symbol, part in found.rows.items()}
        return page_body("bars", rows, found.token, query)

    def trades(self, symbols: list[str], parameters: Mapping[str, str]) -> Fields:
        """A page of trades by symbol."""
        query = parse_query(parameters, self._market.now())
        found = page(symbols, lambda symbol: self._trades(symbol, query), query)
        rows = {symbol: [rest_trade(trade) for trade in part.events] for symbol, part in found.rows.items()}
        return page_body("trades", rows, found.token, query)

    def quotes(self, symbols: list[str], parameters: Mapping[str, str]) -> Fields:
        """A page of quotes by symbol."""
        query = parse_query(parameters, self._market.now())
        found = page(symbols, lambda symbol: self._quotes(symbol, query), query)
        rows = {symbol: [rest_quote(quote) for quote in part.events] for symbol, part in found.rows.items()}
        return page_body("quotes", rows, found.token, query)

    def latest_bars(self, symbols: list[str], _: Mapping[str, str]) -> Fields:
        """The last finished minute of each symbol."""
        return {"bars": self._each(symbols, lambda symbol: self._last_bar(symbol, MINUTE, -1))}

    def latest_trades(self, symbols: list[str], _: Mapping[str, str]) -> Fields:
        """The last trade of each symbol."""
        return {"trades": self._each(symbols, self._last_trade)}

    def latest_quotes(self, symbols: list[str], _: Mapping[str, str]) -> Fields:
        """The best bid and ask of each symbol."""
        return {"quotes": self._each(symbols, self._last_quote)}

    def latest_books(self, symbols: list[str], _: Mapping[str, str]) -> Fields:
        """The whole book of each symbol."""
        return {"orderbooks": self._each(symbols, self._book)}

    def snapshots(self, symbols: list[str], _: Mapping[str, str]) -> Fields:
        """Latest trade, quote and bars of each symbol; not wrapped."""
        return {symbol: self._snapshot(symbol) for symbol in symbols if symbol in self._market.records}

    def _bars(self, symbol: str, timeframe: Timeframe, query: DataQuery) -> BarColumns:
        return self._market.bars(symbol, timeframe).between(query.start, query.end)

    def _trades(self, symbol: str, query: DataQuery) -> EventRows[Trade]:
        record = self._market.records.get(symbol)
        return EventRows(record.trades if record else []).between(query.start, query.end)

    def _quotes(self, symbol: str, query: DataQuery) -> EventRows[Quote]:
        record = self._market.records.get(symbol)
        return EventRows(record.quotes if record else []).between(query.start, query.end)

    def _each(self, symbols: list[str], read: Callable[[str], Fields | None]) -> dict[str, Fields]:
        known = (symbol for symbol in symbols if symbol in self._market.records)
        return {symbol: found for symbol in known if (found := read(symbol)) is not None}

    def _last_bar(self, symbol: str, timeframe: Timeframe, index: int) -> Fields | None:
        columns = self._market.bars(symbol, timeframe)
        return rest_bar(columns.bar(symbol, index)) if len(columns) >= -index else None

    def _last_trade(self, symbol: str) -> Fields | None:
        trade = self._market.records[symbol].last_trade
        return rest_trade(trade) if trade else None

    def _last_quote(self, symbol: str) -> Fields | None:
        quote = self._market.records[symbol].quote
        return rest_quote(quote) if quote else None

    def _book(self, symbol: str) -> Fields | None:
        source = self._market.source
        if not isinstance(source, GeneratedMarket):
            return None
        bids, asks = (tuple(side.items()) for side in source.pits[symbol].depth())
        moment = source.played_until
        book = depth_fields(DepthChange(symbol, moment, bids, asks, full=False))
        return {"t": rfc3339(moment), **book}

    def _snapshot(self, symbol: str) -> Fields:
        parts = {
            "latestTrade": self._last_trade(symbol),
            "latestQuote": self._last_quote(symbol),
            "minuteBar": self._last_bar(symbol, MINUTE, -1),
            "dailyBar": self._last_bar(symbol, DAY, -1),
            "prevDailyBar": self._last_bar(symbol, DAY, -2),
        }
        return {name: part for name, part in parts.items() if part is not None}


def read_timeframe(parameters: Mapping[str, str]) -> Timeframe:
    """The timeframe that a query names. Raises BadQuery."""
    text = parameters.get("timeframe", "")
    timeframe = parse_timeframe(text)
    if timeframe is None:
        raise BadQuery(f"Invalid format for parameter timeframe: {text}")
    return timeframe


def page_body(name: str, rows: dict[str, list[Fields]], token: str | None, query: DataQuery) -> dict[str, Any]:
    """A page of rows by symbol, in the order that the query wants."""
    if query.descending:
        for part in rows.values():
            part.reverse()
    return {name: rows, "next_page_token": token}
