"""Access to orders, as those are handed it who ask for trades: pages and commands."""

from __future__ import annotations

from typing import Protocol

from market_cache.reader import MarketReader
from orders.breaker import OrderBreaker
from orders.desk import OrderDesk
from orders.journal import Journal
from orders.kill_switch import KillSwitch
from orders.situation import Lookout


class HasAccess(Protocol):
    """What callbacks are handed."""

    journal: Journal
    kill: KillSwitch
    breaker: OrderBreaker
    reader: MarketReader
    look: Lookout

    def desk(self) -> OrderDesk | None:
        """The desk of the account that is connected, or None while there is none."""
