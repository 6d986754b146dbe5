"""A position: the shares of one symbol that an account has, or owes, and what they have cost."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class Position(msgspec.Struct, frozen=True):
    """`qty` below 0 is short; `cost` has its sign; `opened_at` is when it was last flat."""

    symbol: str
    qty: Decimal
    cost: Decimal
    opened_at: int

    @property
    def avg_entry_price(self) -> Decimal:
        """USD for a share."""
        return self.cost / self.qty

    def closing(self, change: Decimal) -> Decimal:
        """The shares, not signed, by which a signed change makes the position smaller."""
        return min(abs(change), abs(self.qty)) if change * self.qty < 0 else Decimal(0)

    def realised(self, change: Decimal, price: Decimal) -> Decimal:
        """The gain in USD that a signed change at a price makes final."""
        closed = self.closing(change)
        return closed * (price - self.avg_entry_price) * (1 if self.qty > 0 else -1) if closed else Decimal(0)

    def after(self, change: Decimal, price: Decimal, moment: int) -> Position | None:
        """The position after a signed change, None when it is flat; a change past zero opens a new one at its price."""
        qty = self.qty + change
        if not qty:
            return None
        if qty * self.qty < 0:
            return Position(self.symbol, qty, qty * price, moment)
        closed = self.closing(change)
        # The average stays when a position becomes smaller.
        cost = self.avg_entry_price * qty if closed else self.cost + change * price
        return Position(self.symbol, qty, cost, self.opened_at)
