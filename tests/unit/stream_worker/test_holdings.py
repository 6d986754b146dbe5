"""The holdings: cash, equity and the worth of positions, options by the hundred shares that they are for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.account import AccountState
from domain.fill import Fill
from domain.order import Side
from domain.position import Position, apply_fill
from stream_worker.holdings import Holdings
from stream_worker.market import Market

ACCOUNT = AccountState("a", Decimal(10_000), Decimal(10_000), Decimal(10_000))
OPTION = "AAPL261218C00200000"


def fill(symbol: str, qty: int, price: str, side: Side = Side.BUY) -> Fill:
    return Fill("x", "a", "td-1", "B-1", symbol, side, Decimal(qty), Decimal(price), 1)


@pytest.mark.parametrize(("symbol", "unit"), [("AAPL", 1), ("BTC/USD", 1), (OPTION, 100)])
def test_money_is_price_times_quantity_times_what_a_unit_is_for(symbol: str, unit: int) -> None:
    market, holdings = Market((symbol,)), Holdings()
    holdings.take_account(ACCOUNT)
    bought, sold = fill(symbol, 3, "3.50"), fill(symbol, 1, "4.00", Side.SELL)
    position = apply_fill(apply_fill(Position("a", symbol), bought), sold)
    for each in (bought, sold):
        holdings.spend(each)
    holdings.positions = {symbol: position}
    market.latest["price"][0] = 5.0
    told = holdings.describe_account(market)
    assert told is not None
    cash = 10_000 - Decimal("6.50") * unit
    assert (Decimal(told["cash"]), Decimal(told["equity"])) == (cash, cash + 10 * unit)
    assert Decimal(told["day_pnl"]) == Decimal("3.50") * unit
    (row,) = holdings.describe_positions(market)
    assert (row["qty"], row["avg_entry_price"], row["last"]) == ("2", "3.5000", "5.0")
    worth = tuple(Decimal(row[name]) for name in ("value", "unrealized", "realized"))
    assert worth == (10 * unit, 3 * unit, Decimal("0.50") * unit)


def test_a_symbol_without_a_trade_is_worth_what_it_cost() -> None:
    holdings = Holdings()
    holdings.take_account(replace(ACCOUNT, cash=Decimal(9_650)))
    holdings.positions = {OPTION: Position("a", OPTION, Decimal(1), Decimal("3.50"))}
    told = holdings.describe_account(Market((OPTION,)))
    assert told is not None and Decimal(told["equity"]) == 10_000
