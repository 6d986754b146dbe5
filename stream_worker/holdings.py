"""The holdings: cash and positions of the account as the worker knows them, valued at the last prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.account import AccountState
from domain.feed import shares_a_unit
from domain.fill import Fill
from domain.position import Position
from stream_worker.market import Market

CENT = Decimal("0.01")


class Holdings:
    """Kept between two looks at the broker by fills alone."""

    def __init__(self) -> None:
        self.account: AccountState | None = None
        self._spent = Decimal(0)
        self.positions: dict[str, Position] = {}
        self.bare: dict[str, Decimal] = {}
        """Shares that stand without the exits of their entry (`orders.bare`)."""

    def take_account(self, account: AccountState) -> None:
        """The broker has told cash and buying power anew."""
        self.account, self._spent = account, Decimal(0)

    def spend(self, fill: Fill) -> None:
        """A fill moved cash."""
        self._spent += fill.qty * fill.price * fill.side.sign * shares_a_unit(fill.symbol)

    def describe_account(self, market: Market) -> dict[str, Any] | None:
        """The account as readers get it: USD as text, to the cent."""
        if self.account is None:
            return None
        cash = self.account.cash - self._spent
        equity = cash + sum((self._value(market, each) for each in self.positions.values()), Decimal(0))
        money = {
            "cash": cash,
            "equity": equity,
            "buying_power": max(self.account.buying_power - max(self._spent, Decimal(0)), Decimal(0)),
            "last_equity": self.account.last_equity,
            "day_pnl": equity - self.account.last_equity,
        }
        blocked = {"trading_blocked": self.account.trading_blocked, "account_blocked": self.account.account_blocked}
        return {
            "account_id": self.account.account_id,
            **{k: str(v.quantize(CENT)) for k, v in money.items()},
            **blocked,
        }

    def describe_positions(self, market: Market) -> list[dict[str, Any]]:
        """The positions as readers get them, flat ones with a realised profit included; money as text, to the cent."""
        return [self._describe(market, position) for _, position in sorted(self.positions.items())]

    def _describe(self, market: Market, position: Position) -> dict[str, Any]:
        price, average, unit = self._price(market, position), position.avg_entry_price, shares_a_unit(position.symbol)
        return {
            "symbol": position.symbol,
            "qty": format(position.qty.normalize(), "f") if position.qty else "0",
            "avg_entry_price": None if average is None else str(round(average, 4)),
            "last": str(price),
            "value": str(self._value(market, position).quantize(CENT)),
            "unrealized": str((position.unrealized(price) * unit).quantize(CENT)),
            "realized": str((position.realized * unit).quantize(CENT)),
            "bare": format(self.bare.get(position.symbol, Decimal(0)), "f"),
        }

    def _value(self, market: Market, position: Position) -> Decimal:
        return position.qty * self._price(market, position) * shares_a_unit(position.symbol)

    def _price(self, market: Market, position: Position) -> Decimal:
        """The last trade; before the first one of a symbol what the shares cost, so that no profit is made up."""
        place = market.index.get(position.symbol)
        last = float(market.latest["price"][place]) if place is not None else 0.0
        return Decimal(str(round(last, 6))) if last else (position.avg_entry_price or Decimal(0))
