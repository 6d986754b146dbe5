"""Tickets, orders, fills and situations for tests: ordinary ones, of which a test changes what it is about."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from decimal import Decimal
from typing import Any

from domain.account import AccountState
from domain.fill import Fill
from domain.order import BrokerOrder, Order, OrderType, Side, TimeInForce, TradeUpdate
from domain.phase import Phase
from domain.position import Position
from domain.risk_limits import RiskLimits
from orders.risk import Situation
from orders.ticket import Ticket

ACCOUNT = "account-1"
LIMITS = RiskLimits(Decimal(25_000), Decimal(10_000), Decimal("0.05"), Decimal(1))

_numbers = itertools.count()


def ticket(**changes: Any) -> Ticket:
    """Buy 10 AAPL at the market, with a nonce of its own."""
    made = Ticket("AAPL", Side.BUY, Decimal(10), OrderType.MARKET, TimeInForce.DAY, None, f"nonce-{next(_numbers):08d}")
    return replace(made, **changes)


def limit_ticket(side: Side, price: str, qty: int = 10) -> Ticket:
    """A limit order."""
    return ticket(side=side, type=OrderType.LIMIT, limit_price=Decimal(price), qty=Decimal(qty))


def order(client_order_id: str = "td-1", **changes: Any) -> Order:
    """An order to buy 10 AAPL that the broker has."""
    made = Order(client_order_id, ACCOUNT, "AAPL", Side.BUY, "market", Decimal(10), "day", order_id="B-1", state="new")
    return replace(made, created_at=time.time_ns(), **changes)


def told(client_order_id: str = "td-1", **changes: Any) -> BrokerOrder:
    """The broker's word on the same order."""
    nothing = Decimal(0)
    made = BrokerOrder(
        "B-1", client_order_id, "AAPL", Side.BUY, "market", Decimal(10), "day", "new", nothing, None, None, None
    )
    return replace(made, **changes)


def filled(qty: str, cum: str, execution_id: str = "", price: str = "100", **changes: Any) -> TradeUpdate:
    """A trade update of a (partial) fill."""
    done = Decimal(cum) == 10
    now = told(
        filled_qty=Decimal(cum), filled_avg_price=Decimal(price), status="filled" if done else "partially_filled"
    )
    event = "fill" if done else "partial_fill"
    return TradeUpdate(event, replace(now, **changes), 1, execution_id, Decimal(price), Decimal(qty))


def fill(qty: str, price: str, side: Side = Side.BUY, execution_id: str = "", symbol: str = "AAPL") -> Fill:
    """One execution."""
    return Fill(
        execution_id or f"x-{next(_numbers)}", ACCOUNT, "td-1", "B-1", symbol, side, Decimal(qty), Decimal(price), 1
    )


def situation(**changes: Any) -> Situation:
    """All is well: a flat position, a fresh quote of 99.90 to 100.10, and 100,000 USD."""
    account = AccountState(ACCOUNT, Decimal(100_000), Decimal(100_000), Decimal(100_000))
    made = Situation(
        limits=LIMITS,
        position=Position(ACCOUNT, "AAPL"),
        open_orders=[],
        bid=Decimal("99.90"),
        ask=Decimal("100.10"),
        last=Decimal(100),
        data_fresh=True,
        data_age="0 s",
        phase=Phase.OPEN,
        reconciled=True,
        account=account,
        equity=Decimal(100_000),
        killed_by="",
        same_ticket_ms_ago=None,
    )
    return replace(made, **changes)


def holding(qty: int, cost: int = 0) -> Position:
    """A position in AAPL."""
    return Position(ACCOUNT, "AAPL", Decimal(qty), Decimal(cost))


def values(*given: Any) -> tuple[Any, ...]:
    """Several values to compare with plain numbers at once."""
    return given
