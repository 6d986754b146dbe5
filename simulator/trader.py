"""A trader: one account with its ledger, its orders and its executions."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import msgspec

from simulator.account_limits import AccountLimits
from simulator.accounts import Account
from simulator.client_order import ClientOrder
from simulator.execution import Execution
from simulator.ledger import Ledger


class Configurations(msgspec.Struct, frozen=True, kw_only=True):
    """What a user can set on the account (PATCH /v2/account/configurations)."""

    disable_overnight_trading: bool = False
    fractional_trading: bool = True
    max_margin_multiplier: str = "2"
    max_options_trading_level: int | None = None
    no_shorting: bool = False
    ptp_no_exception_entry: bool = False
    suspend_trade: bool = False
    trade_confirm_email: str = "all"


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it is kept; `last_equity` is the one at the end of the day before `equity_day` (New York).

    One that is `closed` stays written down, but nobody can use it any more.
    """

    account_id: UUID
    key: str
    secret: str
    cash: Decimal
    created_at: int
    last_equity: Decimal
    equity_day: str
    configurations: Configurations
    limits: AccountLimits = AccountLimits()
    closed: bool = False


class Trader:
    """`orders` holds every order there ever was, oldest first, `open_orders` those that are not done."""

    def __init__(self, row: AccountRow) -> None:
        self.row = row
        self.account = Account(row.account_id, row.key, row.secret)
        self.ledger = Ledger(row.cash)
        self.orders: dict[UUID, ClientOrder] = {}
        self.open_orders: dict[UUID, ClientOrder] = {}
        self.executions: list[Execution] = []
        self._by_client_order_id: dict[str, UUID] = {}
        self._legs: dict[UUID, dict[UUID, None]] = {}

    @property
    def multiplier(self) -> int:
        """How many times the equity can be bought: what the account may, unless its user wants less."""
        return min(self.row.limits.multiplier, int(self.row.configurations.max_margin_multiplier))

    @property
    def may_short(self) -> bool:
        """Whether the account may sell what it does not have."""
        return self.multiplier > 1 and not self.row.configurations.no_shorting

    def put(self, order: ClientOrder) -> None:
        """An order in its latest state."""
        self.orders[order.order_id] = order
        self._by_client_order_id[order.client_order_id] = order.order_id
        if order.parent_id is not None:
            self._legs.setdefault(order.parent_id, {})[order.order_id] = None
        if order.is_done:
            self.open_orders.pop(order.order_id, None)
        else:
            self.open_orders[order.order_id] = order

    def book(self, execution: Execution) -> None:
        """One more execution."""
        self.ledger.apply(execution)
        self.executions.append(execution)

    def by_client_order_id(self, client_order_id: str) -> ClientOrder | None:
        """The order of that name, whatever became of it."""
        found = self._by_client_order_id.get(client_order_id)
        return self.orders[found] if found else None

    def legs(self, order_id: UUID) -> list[ClientOrder]:
        """The legs of an order, without those that were replaced."""
        found = (self.orders[leg] for leg in self._legs.get(order_id, ()))
        return [leg for leg in found if leg.parent_id == order_id and leg.status != "replaced"]

    def open_on(self, symbol: str) -> list[ClientOrder]:
        """The open orders in a symbol, oldest first."""
        return [order for order in self.open_orders.values() if order.symbol == symbol]
