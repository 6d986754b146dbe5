"""The position: its arithmetic against exact fractions. Realised and unrealised profit are the cash flow plus the value, always."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.fill import Fill
from domain.order import Side
from domain.position import Position, apply_fill
from tests.unit.orders.samples import ACCOUNT, fill, values

CENT = Fraction(1, 100)
TINY = Fraction(1, 10**12)


def after(*fills: Fill) -> Position:
    position = Position(ACCOUNT, "AAPL")
    for each in fills:
        position = apply_fill(position, each)
    return position


def exact(fills: list[Fill]) -> tuple[Fraction, Fraction, Fraction]:
    """Quantity, average price and realised profit in fractions, by another way: share by share of the average."""
    qty = average = realized = Fraction(0)
    for each in fills:
        size, price = Fraction(each.qty), Fraction(each.price)
        signed = size * each.side.sign
        if qty * signed >= 0:
            average = (abs(qty) * average + size * price) / (abs(qty) + size)
            qty += signed
            continue
        closed = min(size, abs(qty))
        realized += closed * (price - average) * (1 if qty > 0 else -1)
        turned = size > abs(qty)
        qty += signed
        average = price if turned else average if qty else Fraction(0)
    return qty, average, realized


PRICES = st.decimals("0.0001", "5000", places=4)
SIZES = st.integers(1, 10_000).map(Decimal) | st.decimals("0.000000001", "500", places=9)
FILLS = st.lists(st.builds(lambda q, p, s: fill(str(q), str(p), s), SIZES, PRICES, st.sampled_from(Side)), max_size=60)


@settings(max_examples=1_000, deadline=None)
@given(FILLS, PRICES)
def test_profit_is_cash_flow_plus_value(fills: list[Fill], price: Decimal) -> None:
    position = after(*fills)
    cash = -sum((Fraction(each.qty) * Fraction(each.price) * each.side.sign for each in fills), Fraction(0))
    ours = Fraction(position.realized) + Fraction(position.unrealized(price))
    assert abs(ours - (cash + Fraction(position.qty) * Fraction(price))) < TINY


@settings(max_examples=1_000, deadline=None)
@given(FILLS)
def test_quantity_average_and_realised_are_those_of_exact_fractions(fills: list[Fill]) -> None:
    position = after(*fills)
    qty, average, realized = exact(fills)
    assert Fraction(position.qty) == qty
    assert abs(Fraction(position.realized) - realized) < CENT / 10**6
    if position.avg_entry_price is None:
        assert qty == 0 and position.cost == 0
    else:
        assert abs(Fraction(position.avg_entry_price) - average) < CENT / 100


CASES = [
    ("bought twice", [("10", "100", "buy"), ("10", "110", "buy")], "20", "105", "0"),
    ("sold a part", [("10", "100", "buy"), ("4", "110", "sell")], "6", "100", "40"),
    ("sold all", [("10", "100", "buy"), ("10", "99.5", "sell")], "0", None, "-5"),
    ("through zero", [("10", "100", "buy"), ("15", "110", "sell")], "-5", "110", "100"),
    ("short and covered", [("10", "100", "sell"), ("10", "90", "buy")], "0", None, "100"),
    ("short, covered a part", [("10", "100", "sell"), ("4", "105", "buy")], "-6", "100", "-20"),
    ("short to long", [("10", "100", "sell"), ("20", "90", "buy")], "10", "90", "100"),
]


@pytest.mark.parametrize(
    ("fills", "qty", "average", "realized"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_cases_of_a_textbook(
    fills: list[tuple[str, str, str]], qty: str, average: str | None, realized: str
) -> None:
    position = after(*(fill(size, price, Side(side)) for size, price, side in fills))
    expected = None if average is None else Decimal(average)
    assert (position.qty, position.avg_entry_price, position.realized) == (Decimal(qty), expected, Decimal(realized))


def test_a_flat_position_has_no_cost_left_even_after_thirds() -> None:
    position = after(
        fill("3", "10"), fill("1", "10.01", Side.SELL), fill("1", "10.01", Side.SELL), fill("1", "10.01", Side.SELL)
    )
    assert values(position.qty, position.cost, position.realized) == (0, 0, Decimal("0.03"))
