"""The ledger of one account: cash and positions, as its executions made them."""

from __future__ import annotations

from decimal import Decimal

from simulator.execution import Execution
from simulator.position import Position


class Ledger:
    """Money is neither made nor lost: `cash` changes by exactly what the shares of an execution cost."""

    def __init__(self, cash: Decimal) -> None:
        self.cash = cash
        self.realised = Decimal(0)
        self.positions: dict[str, Position] = {}

    def qty(self, symbol: str) -> Decimal:
        """The signed shares of a symbol."""
        position = self.positions.get(symbol)
        return position.qty if position else Decimal(0)

    def apply(self, execution: Execution) -> None:
        """One more execution."""
        symbol, change = execution.symbol, execution.qty * execution.sign
        self.cash -= change * execution.price
        position = self.positions.get(symbol)
        if position is None:
            self.positions[symbol] = Position(symbol, change, change * execution.price, execution.ts_event)
            return
        self.realised += position.realised(change, execution.price)
        after = position.after(change, execution.price, execution.ts_event)
        if after is None:
            del self.positions[symbol]
        else:
            self.positions[symbol] = after
