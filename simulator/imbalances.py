"""Order imbalances: what the stock stream says every second of shares that nobody may trade."""

from __future__ import annotations

from domain.session import NS_PER_SECOND
from simulator.hub import Hub
from simulator.market import Market
from simulator.notice import OrderImbalance


class Imbalances:
    """Told while a share is halted and somebody listens to the channel `imbalances`."""

    def __init__(self, market: Market, hub: Hub) -> None:
        self._market, self._hub = market, hub
        self._second = 0

    def turn(self, now: int) -> None:
        """What is due at an instant of market time."""
        second = now // NS_PER_SECOND
        if second != self._second and self._market.halted and self._hub.wanted("imbalances"):
            self._hub.publish([each for symbol in sorted(self._market.halted) if (each := self._of(symbol, now))])
        self._second = second

    def _of(self, symbol: str, now: int) -> OrderImbalance | None:
        trade = self._market.records[symbol].last_trade
        return OrderImbalance(symbol, now, trade.price, self._market.listings[symbol].tape) if trade else None
