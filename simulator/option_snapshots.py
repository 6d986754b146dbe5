"""Snapshots of option contracts: what is last known of each, with its greeks. Source: "Market Data API"."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence

from simulator.bar import bar_of, minute_of
from simulator.columns import BarColumns
from simulator.data_query import BadQuery, parse_limit, read_moment
from simulator.greeks import Pricing
from simulator.market import Market
from simulator.option import Contract
from simulator.option_desk import OptionDesk
from simulator.record import Record
from simulator.timeframe import Timeframe
from simulator.trade import Trade
from simulator.wire_fields import Fields
from simulator.wire_rest import rest_bar, rest_quote, rest_trade

DEFAULT_LIMIT, LARGEST_LIMIT = 100, 1_000
DAY = Timeframe(1, "Day")
Histories = Mapping[str, Sequence[Trade]]


class OptionSnapshots:
    """Pages go by symbol."""

    def __init__(self, market: Market, desk: OptionDesk) -> None:
        self._market, self._desk = market, desk

    def page(self, contracts: Iterable[Contract], parameters: Mapping[str, str]) -> Fields:
        """A page of the contracts' snapshots; those of which nothing is known are left out. May raise BadQuery."""
        limit = parse_limit(parameters.get("limit"), DEFAULT_LIMIT, LARGEST_LIMIT)
        after, since = _symbol(parameters.get("page_token")), read_moment(parameters, "updated_since", 0)
        left = sorted((each for each in contracts if each.symbol > after), key=lambda each: each.symbol)
        histories = self._histories({each.underlying.symbol for each in left})
        found: dict[str, Fields] = {}
        for contract in left:
            if len(found) == limit:
                return {"snapshots": found, "next_page_token": _token(next(reversed(found)))}
            snapshot = self._snapshot(contract, histories.get(contract.symbol, ()), since)
            if snapshot:
                found[contract.symbol] = snapshot
        return {"snapshots": found, "next_page_token": None}

    def _histories(self, underlyings: set[str]) -> Histories:
        """The trades of all contracts of some shares, read in one go."""
        found: dict[str, list[Trade]] = {}
        for underlying in underlyings:
            for trade in self._desk.trades(each for each in self._market.records[underlying].trades if each.is_valid):
                found.setdefault(trade.symbol, []).append(trade)
        return found

    def _snapshot(self, contract: Contract, trades: Sequence[Trade], since: int) -> Fields:
        record = self._market.records[contract.underlying.symbol]
        if max(record.quote.ts_event if record.quote else 0, trades[-1].ts_event if trades else 0) < since:
            return {}
        return {
            **({"latestTrade": rest_trade(trades[-1])} if trades else {}),
            **self._quoted(contract, record),
            **self._bars(contract, trades),
        }

    def _quoted(self, contract: Contract, record: Record) -> Fields:
        quote = self._desk.quote(contract, record.quote) if record.quote else None
        if quote is None or record.quote is None:
            return {}
        share = (record.quote.bid_price + record.quote.ask_price) / 2
        pricing = Pricing(contract, share, quote.ts_event)
        volatility = pricing.implied_volatility((quote.bid_price + quote.ask_price) / 2) if quote.bid_price else None
        if volatility is None:
            return {"latestQuote": rest_quote(quote)}
        greeks = {name: round(number, 6) for name, number in pricing.greeks(volatility)._asdict().items()}
        return {"latestQuote": rest_quote(quote), "greeks": greeks, "impliedVolatility": round(volatility, 6)}

    def _bars(self, contract: Contract, trades: Sequence[Trade]) -> Fields:
        minutes = _minutes(trades, self._market.now())
        if not len(minutes):
            return {}
        days = DAY.bars(minutes)
        before = {"prevDailyBar": rest_bar(days.bar(contract.symbol, -2))} if len(days) > 1 else {}
        minute, day = (rest_bar(columns.bar(contract.symbol, -1)) for columns in (minutes, days))
        return {"minuteBar": minute, "dailyBar": day, **before}


def _minutes(trades: Sequence[Trade], now: int) -> BarColumns:
    """The finished ones."""
    by_minute: dict[int, list[Trade]] = {}
    for trade in trades:
        by_minute.setdefault(minute_of(trade.ts_event), []).append(trade)
    return BarColumns.of(bar_of(found) for start, found in by_minute.items() if start < minute_of(now))


def _token(symbol: str) -> str:
    return base64.urlsafe_b64encode(symbol.encode()).decode()


def _symbol(token: str | None) -> str:
    """The symbol after which a page begins. Raises BadQuery."""
    try:
        return base64.urlsafe_b64decode((token or "").encode()).decode()
    except (binascii.Error, UnicodeError) as problem:
        raise BadQuery(f"Invalid format for parameter page_token: {token}") from problem
