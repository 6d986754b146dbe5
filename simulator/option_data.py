"""The options' data as REST bodies. Source: "Market Data API"."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulator.columns import BarColumns
from simulator.data_query import DataQuery, parse_query
from simulator.event_rows import EventRows
from simulator.market import Market
from simulator.market_data import page_body, read_timeframe
from simulator.option import Contract
from simulator.option_desk import OptionDesk
from simulator.paging import page
from simulator.record import Record
from simulator.trade import Trade
from simulator.wire_fields import Fields
from simulator.wire_rest import rest_bars, rest_quote, rest_trade


class OptionData:
    """Every method takes symbols and the query's parameters; symbols without data are left out. May raise BadQuery."""

    def __init__(self, market: Market, desk: OptionDesk) -> None:
        self._market, self._desk = market, desk
        self.contracts = desk.contracts

    def bars(self, symbols: list[str], parameters: Mapping[str, str]) -> Fields:
        """A page of bars by symbol, as far back as the shares' trades are kept."""
        timeframe, query = read_timeframe(parameters), parse_query(parameters, self._market.now())

        def rows_of(symbol: str) -> BarColumns:
            found = self._known(symbol)
            minutes = self._desk.minutes(*found, self._market.now()) if found else BarColumns.empty()
            return timeframe.bars(minutes).between(query.start, query.end)

        found = page(symbols, rows_of, query)
        return page_body("bars", {symbol: rest_bars(part) for symbol, part in found.rows.items()}, found.token, query)

    def trades(self, symbols: list[str], parameters: Mapping[str, str]) -> Fields:
        """A page of trades by symbol."""
        query = parse_query(parameters, self._market.now())
        found = page(symbols, lambda symbol: self._trades(symbol, query), query)
        rows = {symbol: [rest_trade(trade) for trade in part.events] for symbol, part in found.rows.items()}
        return page_body("trades", rows, found.token, query)

    def latest_trades(self, symbols: list[str], _: Mapping[str, str]) -> Fields:
        """The last trade of each symbol."""
        return {"trades": self._each(symbols, self._last_trade)}

    def latest_quotes(self, symbols: list[str], _: Mapping[str, str]) -> Fields:
        """The best bid and ask of each symbol."""
        return {"quotes": self._each(symbols, self._last_quote)}

    def _known(self, symbol: str) -> tuple[Contract, Record] | None:
        contract = self._desk.contracts.get(symbol)
        return (contract, self._market.records[contract.underlying.symbol]) if contract else None

    def _trades(self, symbol: str, query: DataQuery) -> EventRows[Trade]:
        found = self._known(symbol)
        return EventRows(self._desk.history(*found) if found else []).between(query.start, query.end)

    def _each(self, symbols: list[str], read: Callable[[Contract, Record], Fields | None]) -> dict[str, Fields]:
        known = ((symbol, self._known(symbol)) for symbol in symbols)
        bodies = {symbol: read(*found) for symbol, found in known if found}
        return {symbol: body for symbol, body in bodies.items() if body is not None}

    def _last_trade(self, contract: Contract, record: Record) -> Fields | None:
        trades = self._desk.history(contract, record)
        return rest_trade(trades[-1]) if trades else None

    def _last_quote(self, contract: Contract, record: Record) -> Fields | None:
        quote = self._desk.quote(contract, record.quote) if record.quote else None
        return rest_quote(quote) if quote else None
