"""A client's order: what an account asked for and what became of it. The book knows only what stands of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from simulator.order import Side

Status = Literal[
    "pending_new", "accepted", "new", "partially_filled", "pending_cancel", "filled", "canceled", "expired", "rejected"
]
DONE = frozenset({"filled", "canceled", "expired", "rejected"})
"""Nothing happens to these any more."""

NOTHING = Decimal(0)
_STAMPS = {"canceled": "canceled_at", "expired": "expired_at", "rejected": "failed_at"}


class ClientOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A new state is a new value. `sequence` grows with each order; moments in nanoseconds UTC of the market's time.

    `filled_value` is in USD what the filled shares have cost together.
    """

    order_id: UUID
    account_id: UUID
    sequence: int
    client_order_id: str
    symbol: str
    asset_id: UUID
    side: Literal["buy", "sell"]
    order_type: Literal["market", "limit"]
    time_in_force: Literal["day", "gtc", "ioc", "fok"]
    position_intent: str
    qty: Decimal
    limit_price: Decimal | None
    extended_hours: bool
    status: Status
    created_at: int
    updated_at: int
    expires_at: int
    filled_qty: Decimal = NOTHING
    filled_value: Decimal = NOTHING
    filled_at: int | None = None
    canceled_at: int | None = None
    expired_at: int | None = None
    failed_at: int | None = None

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

    def turned(self, status: Status, moment: int) -> ClientOrder:
        """The order in another status; the moment that belongs to it is kept."""
        stamp = {_STAMPS[status]: moment} if status in _STAMPS else {}
        return msgspec.structs.replace(self, status=status, updated_at=moment, **stamp)

    def filled(self, qty: Decimal, price: Decimal, moment: int) -> ClientOrder:
        """The order after one more execution."""
        total = self.filled_qty + qty
        done = total >= self.qty
        return msgspec.structs.replace(
            self,
            filled_qty=total,
            filled_value=self.filled_value + qty * price,
            status="filled" if done else "partially_filled",
            updated_at=moment,
            filled_at=moment if done else None,
        )
