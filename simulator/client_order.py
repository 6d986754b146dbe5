"""A client's order: what an account asked for and what became of it. The book knows only what stands of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from simulator.order import Side

OrderType = Literal["market", "limit", "stop", "stop_limit", "trailing_stop"]
TimeInForce = Literal["day", "gtc", "ioc", "fok", "opg", "cls"]
OrderClass = Literal["", "bracket", "oco", "oto"]
AssetClass = Literal["us_equity", "crypto"]
Status = Literal[
    "pending_new",
    "accepted",
    "held",
    "new",
    "partially_filled",
    "pending_cancel",
    "filled",
    "canceled",
    "expired",
    "rejected",
    "replaced",
]
DONE = frozenset({"filled", "canceled", "expired", "rejected", "replaced"})
"""Nothing happens to these any more."""

STOPS: Final = frozenset({"stop", "stop_limit", "trailing_stop"})
"""Types that wait for a trade at their stop price."""
AUCTIONS: Final = frozenset({"opg", "cls"})
"""Times in force of orders for the opening or the closing auction."""

NOTHING = Decimal(0)
_STAMPS = {"canceled": "canceled_at", "expired": "expired_at", "rejected": "failed_at", "replaced": "replaced_at"}
# "Orders at Alpaca": a stop to buy becomes a limit order, 4 % above the stop (2.5 % from 50 USD on).
_STOP_COLLAR_BELOW_50, _STOP_COLLAR = Decimal("1.04"), Decimal("1.025")


class ClientOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A new state is a new value. `sequence` grows with each order; moments in nanoseconds UTC of the market's time.

    `filled_value` is in USD what the filled shares have cost together. The `qty` of an order for an amount of money
    (`notional`, USD) is an estimate until it is filled. `hwm` is the best price since a trailing stop was placed;
    `elected` says that a stop was reached. `parent_id` is the order whose leg this is.
    """

    order_id: UUID
    account_id: UUID
    sequence: int
    client_order_id: str
    symbol: str
    asset_id: UUID
    side: Literal["buy", "sell"]
    order_type: OrderType
    time_in_force: TimeInForce
    position_intent: str
    qty: Decimal
    limit_price: Decimal | None
    extended_hours: bool
    status: Status
    created_at: int
    updated_at: int
    expires_at: int
    asset_class: AssetClass = "us_equity"
    order_class: OrderClass = ""
    notional: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    hwm: Decimal | None = None
    elected: bool = False
    parent_id: UUID | None = None
    replaces: UUID | None = None
    replaced_by: UUID | None = None
    filled_qty: Decimal = NOTHING
    filled_value: Decimal = NOTHING
    filled_at: int | None = None
    canceled_at: int | None = None
    expired_at: int | None = None
    failed_at: int | None = None
    replaced_at: int | None = None

    @property
    def remaining(self) -> Decimal:
        """Shares that are not filled yet."""
        return self.qty - self.filled_qty

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end."""
        return self.status in DONE

    @property
    def sign(self) -> Side:
        """The sign of the position it adds to."""
        return Side.BUY if self.side == "buy" else Side.SELL

    @property
    def may_rest(self) -> bool:
        """Whether what cannot be filled at once goes on working."""
        return self.time_in_force in ("day", "gtc")

    @property
    def opens(self) -> bool:
        """Whether it adds to a position, so that it needs buying power."""
        return self.position_intent.endswith("_to_open")

    @property
    def awaits_election(self) -> bool:
        """Whether it is a stop that no trade has reached yet."""
        return self.order_type in STOPS and not self.elected

    @property
    def worst_price(self) -> Decimal | None:
        """The worst price at which it may trade, None for any."""
        if self.order_type == "stop" and self.side == "buy" and self.stop_price is not None:
            return self.stop_price * (_STOP_COLLAR_BELOW_50 if self.stop_price < 50 else _STOP_COLLAR)
        return self.limit_price

    def changed(self, **fields: Any) -> ClientOrder:
        """The order with other values."""
        return msgspec.structs.replace(self, **fields)

    def turned(self, status: Status, moment: int) -> ClientOrder:
        """The order in another status; the moment that belongs to it is kept."""
        stamp = {_STAMPS[status]: moment} if status in _STAMPS else {}
        return self.changed(status=status, updated_at=moment, **stamp)

    def filled(self, qty: Decimal, price: Decimal, moment: int) -> ClientOrder:
        """The order after one more execution; one for an amount of money is filled with its first."""
        total = self.filled_qty + qty
        done = total >= self.qty or self.notional is not None
        return self.changed(
            qty=total if self.notional is not None else self.qty,
            filled_qty=total,
            filled_value=self.filled_value + qty * price,
            status="filled" if done else "partially_filled",
            updated_at=moment,
            filled_at=moment if done else None,
        )
