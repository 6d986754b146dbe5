"""The option desk: quotes and trades of contracts, as a function of what their underlying share does.

Nothing is kept: a trade of a share decides whether and at what price a contract trades, so history is computed from the
share's trades when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from simulator.bar import bar_of, minute_of
from simulator.columns import BarColumns
from simulator.message import Message
from simulator.option import Contract
from simulator.quote import OptionQuote, Quote
from simulator.record import Record
from simulator.trade import OptionTrade, Trade

EXCHANGE_CODE = "C"  # Cboe in the options' exchange codes
_GOLDEN = 0x9E3779B97F4A7C15


def _drawn(number: int) -> int:
    """48 bits that depend on all of a number's (Knuth's multiplicative hashing, twice)."""
    word = number * _GOLDEN % 2**64
    return (word ^ word >> 29) * _GOLDEN % 2**64 >> 16


class OptionDesk:
    """`contracts` by symbol, which the underlying's symbol begins."""

    def __init__(self, contracts: Mapping[str, Contract]) -> None:
        self.contracts = contracts
        self._by_underlying: dict[str, list[Contract]] = {}
        for contract in sorted(contracts.values(), key=lambda each: abs(each.strike - each.underlying.price)):
            self._by_underlying.setdefault(contract.underlying.symbol, []).append(contract)
        self._quoted: dict[str, tuple[float, float]] = {}

    def quotes(self, messages: Sequence[Message], wanted: Iterable[str]) -> list[OptionQuote]:
        """The quotes of wanted contracts that a share's quotes have changed."""
        chosen = [self.contracts[symbol] for symbol in sorted(wanted) if symbol in self.contracts]
        self._quoted = {each.symbol: self._quoted[each.symbol] for each in chosen if each.symbol in self._quoted}
        last = {message.symbol: message for message in messages if isinstance(message, Quote)} if chosen else {}
        found = [self.quote(each, last[each.underlying.symbol]) for each in chosen if each.underlying.symbol in last]
        return [quote for quote in found if quote is not None and self._is_new(quote)]

    def _is_new(self, quote: OptionQuote) -> bool:
        touch = (quote.bid_price, quote.ask_price)
        changed = self._quoted.get(quote.symbol) != touch
        self._quoted[quote.symbol] = touch
        return changed

    def quote(self, contract: Contract, quote: Quote) -> OptionQuote | None:
        """A contract's quote when the share's is `quote`; None while that has an empty side, and after the contract's end."""
        if not quote.bid_price or not quote.ask_price or quote.ts_event >= contract.expires_at:
            return None
        bid, ask = contract.touch((quote.bid_price + quote.ask_price) / 2, quote.ts_event)
        size = 1 + _drawn(quote.ts_event ^ contract.strike) % 60
        return OptionQuote(contract.symbol, quote.ts_event, bid, size if bid else 0, ask, 61 - size, EXCHANGE_CODE, "")

    def trades(self, messages: Iterable[Message]) -> list[OptionTrade]:
        """The trades of contracts that come with trades of shares."""
        found = (self.trade(message) for message in messages if isinstance(message, Trade))
        return [trade for trade in found if trade is not None]

    def trade(self, trade: Trade) -> OptionTrade | None:
        """Each trade of a share with options comes with one of a contract, those near the money more often."""
        contracts = self._by_underlying.get(trade.symbol)
        if not contracts:
            return None
        drawn = _drawn(trade.trade_id)
        share = (drawn & 0xFFFF) / 0x10000
        contract = contracts[int(len(contracts) * share * share)]
        if trade.ts_event >= contract.expires_at:
            return None
        bid, ask = contract.touch(trade.price, trade.ts_event)
        price = ask if drawn >> 16 & 1 or not bid else bid
        size = 1 + (drawn >> 17) % 12
        return OptionTrade(contract.symbol, trade.ts_event, trade.trade_id, price, size, EXCHANGE_CODE, "")

    def history(self, contract: Contract, record: Record) -> list[Trade]:
        """A contract's trades, as far back as the share's are kept."""
        found = (self.trade(trade) for trade in record.trades if trade.is_valid)
        return [trade for trade in found if trade is not None and trade.symbol == contract.symbol]

    def minutes(self, contract: Contract, record: Record, now: int) -> BarColumns:
        """A contract's finished minutes, as far back as the share's trades are kept."""
        by_minute: dict[int, list[Trade]] = {}
        for trade in self.history(contract, record):
            by_minute.setdefault(minute_of(trade.ts_event), []).append(trade)
        return BarColumns.of(bar_of(found) for start, found in by_minute.items() if start < minute_of(now))
