"""The practice market's own view of the account: what the page says is held against it."""

from __future__ import annotations

from alpaca.trading.client import TradingClient
from alpaca.trading.enums import QueryOrderStatus
from alpaca.trading.models import Order, Position
from alpaca.trading.requests import GetOrdersRequest

from tests.desk import wait_until

from .desk import Desk


class PracticeMarket:
    """The account of the desk under test, over the broker's interface."""

    def __init__(self, desk: Desk) -> None:
        url = f"http://127.0.0.1:{desk.environment['SIMULATOR_PORT']}"
        self.client = TradingClient("practice", "practice", url_override=url)

    def orders(self) -> list[Order]:
        """Every order there is, the newest first."""
        found = self.client.get_orders(GetOrdersRequest(status=QueryOrderStatus.ALL, limit=500))
        return [order for order in found if isinstance(order, Order)]

    def open(self) -> list[Order]:
        """The orders that work."""
        found = self.client.get_orders(GetOrdersRequest(status=QueryOrderStatus.OPEN))
        return [order for order in found if isinstance(order, Order)]

    def held(self) -> dict[str, int]:
        """Shares by symbol."""
        found = [position for position in self.client.get_all_positions() if isinstance(position, Position)]
        return {position.symbol: int(position.qty) for position in found}

    def clear(self) -> None:
        """Nothing works and nothing is held."""
        self.client.cancel_orders()
        wait_until(lambda: not self.open(), 5, "no order works")
        self.client.close_all_positions()
        wait_until(lambda: not self.held(), 5, "nothing is held")
