"""Access to orders: what a page or a command needs to trade, put together from the settings."""

from __future__ import annotations

from broker.order_client import OrderClient
from market_cache.reader import MarketReader
from orders.breaker import OrderBreaker
from orders.desk import OrderDesk
from orders.hours import MarketHours
from orders.journal import Journal
from orders.kill_switch import KillSwitch
from orders.situation import Lookout
from orders.turns import Turns
from settings import Settings


class OrderAccess:
    """One per process. Nothing is opened over the network before the first order."""

    def __init__(self, settings: Settings, reader: MarketReader) -> None:
        key, secret = settings.credentials
        self.reader, self._mode = reader, settings.mode
        self.journal = Journal(settings.journal)
        self.kill = KillSwitch(self.journal, settings.kill_files, settings.kill_switch)
        self.limits = settings.risk_limits
        self._client = OrderClient(settings.trading_url, key, secret, settings.alpaca_paper)
        self._turns = Turns()
        self.breaker = OrderBreaker(self.journal, lambda: self.journal.connected_account(self._mode))
        hours = MarketHours(settings.mode != "sim", settings.allow_extended_hours)
        self.look = Lookout(reader, self.limits, self.kill, settings.live_gate, hours, settings.dry_run)

    def desk(self) -> OrderDesk | None:
        """The desk of the account that the worker is connected to, or was last; None before the first time.

        Cancels must go through while the worker restarts; new orders are denied then by the risk check.
        """
        account_id = self.journal.connected_account(self._mode)
        place = self.journal, self._client, self.kill, self.look, self._turns
        return OrderDesk(account_id, *place) if account_id else None
