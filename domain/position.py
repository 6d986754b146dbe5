"""The position: shares held of a symbol, what they cost on average, and what was realised. Only fills move it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from domain.fill import Fill


@dataclass(frozen=True, slots=True)
class Position:
    """`qty` is signed: negative is short. `cost` is what the shares held were bought or sold for in total, USD, signed as `qty`.

    Of options `qty` are contracts, and cost and profit are at the price of one share: `feed.shares_a_unit` makes them money.
    The average entry price is cost / qty; keeping the cost whole keeps it exact to the cent over any number of fills.
    """

    account_id: str
    symbol: str
    qty: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    realized: Decimal = Decimal(0)

    @property
    def avg_entry_price(self) -> Decimal | None:
        """USD a share, or None while flat."""
        return self.cost / self.qty if self.qty else None

    def unrealized(self, price: Decimal) -> Decimal:
        """Profit in USD if all were closed at `price`."""
        return self.qty * price - self.cost


def apply_fill(position: Position, fill: Fill) -> Position:
    """The position after a fill. What reduces it realises profit against the average entry price."""
    signed = fill.qty * fill.side.sign
    if position.qty * signed >= 0:
        return replace(position, qty=position.qty + signed, cost=position.cost + signed * fill.price)
    closing = min(abs(signed), abs(position.qty)) * (1 if signed > 0 else -1)
    cost_closed = position.cost * (-closing / position.qty)
    realized = position.realized - closing * fill.price - cost_closed
    kept = replace(position, qty=position.qty + closing, cost=position.cost - cost_closed, realized=realized)
    opening = signed - closing
    return replace(kept, qty=kept.qty + opening, cost=kept.cost + opening * fill.price) if opening else kept
