"""The position limit against brute force: whatever is let through, and whichever of it fills, nothing passes the limit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain, combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.order import DONE, Order, OrderClass, OrderType, Side
from domain.position import Position
from orders import risk
from orders.exposure import most_shares
from orders.ticket import Ticket
from tests.unit.orders.samples import ACCOUNT, LIMITS, order, situation, ticket

EQUITY = Decimal(10_000)
LIMIT = replace(LIMITS, max_position_pct=Decimal(1), max_trades_per_day=6)
COLLAR = LIMITS.price_collar_pct
HUNDRED = Decimal(100)


@dataclass
class Book:
    """A position and the orders that were let through. The market stands at 100."""

    held: Decimal
    orders: list[Order] = field(default_factory=list)
    filled: set[str] = field(default_factory=set)

    @property
    def open(self) -> list[Order]:
        return [each for each in self.orders if each.state not in DONE]

    def now(self) -> Any:
        traded = self.filled | {each.client_order_id for each in self.open if not each.parent_id}
        prices = {"bid": HUNDRED, "ask": HUNDRED, "last": HUNDRED, "equity": EQUITY}
        position = Position(ACCOUNT, "AAPL", self.held, self.held * 100)
        return situation(
            position=position, open_orders=self.open, trades_today=len(traded), limits=LIMIT, account=None, **prices
        )

    def submit(self, asked: Ticket) -> bool:
        """Whether it was let through; an OCO brings its second order."""
        if risk.check(asked, self.now()):
            return False
        number = len(self.orders)
        made = order(f"td-{number}", order_id=f"B-{number}", side=asked.side, qty=asked.qty, notional=asked.notional)
        self.orders.append(replace(made, order_class=asked.order_class.value))
        if asked.order_class is OrderClass.OCO:
            leg = replace(made, client_order_id=f"td-{number}b", order_id=f"B-{number}b", parent_id=made.order_id)
            self.orders.append(leg)
        return True

    def fill(self, index: int, part: int) -> None:
        """A part (of 4) of an open order is filled; what hangs together with it is left with as much, or ended."""
        if not self.open:
            return
        chosen = self.open[index % len(self.open)]
        qty = most_left(chosen) * part / 4
        self.held += qty * chosen.side.sign
        self.filled.add(chosen.client_order_id)
        group = chosen.parent_id or chosen.order_id
        for at, each in enumerate(self.orders):
            if group in (each.parent_id, each.order_id):
                done = each.filled_qty + qty
                state = "filled" if part == 4 else "partially_filled"
                self.orders[at] = replace(each, filled_qty=done, state=state)

    def worst(self) -> Decimal:
        """The largest position of all that can come of the open orders: every choice of those that fill is tried."""
        mine = self.open
        choices = chain.from_iterable(combinations(mine, size) for size in range(len(mine) + 1))
        possible = [self.held]
        for chosen in choices:
            groups = [each.parent_id or each.order_id for each in chosen]
            if len(set(groups)) == len(groups):
                possible.append(self.held + sum((most_left(each) * each.side.sign for each in chosen), Decimal(0)))
        return max(abs(qty) for qty in possible)


def most_left(each: Order) -> Decimal:
    return most_shares(each, HUNDRED, Decimal(0)) - each.filled_qty


SIDES, QTYS = st.sampled_from(Side), st.integers(1, 80)


@st.composite
def tickets(draw: st.DrawFn) -> Ticket:
    side, qty = draw(SIDES), Decimal(draw(QTYS))
    kind = draw(st.sampled_from(["market", "limit", "stop", "stop_limit", "trailing_stop", "money", "oco"]))
    price = HUNDRED + draw(st.integers(-4, 4))
    fields: dict[str, Any] = {"side": side, "qty": qty}
    if kind == "money":
        return ticket(side=side, qty=Decimal(0), notional=qty * 100)
    if kind in ("limit", "stop_limit", "oco"):
        fields["limit_price"] = price
    if kind in ("stop", "stop_limit"):
        fields["stop_price"] = price
    if kind == "trailing_stop":
        fields["trail_percent"] = Decimal(2)
    oco = {"order_class": OrderClass.OCO} if kind == "oco" else {}
    return ticket(type=OrderType("limit" if kind == "oco" else kind), **oco, **fields)


STEPS = st.lists(st.one_of(tickets(), st.tuples(st.integers(0, 9), st.integers(1, 4))), min_size=1, max_size=9)


@settings(max_examples=120, deadline=None)
@given(st.integers(-90, 90), STEPS)
def test_nothing_that_is_let_through_can_pass_the_limit_whichever_of_it_fills(held: int, steps: list[Any]) -> None:
    book = Book(Decimal(held))
    for step in steps:
        if not isinstance(step, Ticket):
            book.fill(*step)
            continue
        is_exit, before = risk.is_exit(step, book.now()), book.worst()
        passed = book.submit(step)
        if passed and is_exit:
            assert book.worst() <= before
        if passed and not is_exit:
            assert len(book.now().open_orders) and book.now().trades_today <= LIMIT.max_trades_per_day
        assert book.worst() * HUNDRED <= EQUITY


@settings(max_examples=60, deadline=None)
@given(st.integers(-90, 90), STEPS)
def test_an_order_that_fits_is_let_through(held: int, steps: list[Any]) -> None:
    """The limit is no stricter than brute force for orders of shares at the market, as long as no trade is left over."""
    book = Book(Decimal(held))
    for step in steps:
        if not isinstance(step, Ticket):
            book.fill(*step)
            continue
        plain = ticket(side=step.side, qty=max(step.qty, Decimal(1)))
        trial = Book(book.held, [*book.orders, order("td-trial", order_id="B-trial", side=plain.side, qty=plain.qty)])
        fits = trial.worst() * HUNDRED <= EQUITY and book.now().trades_today < LIMIT.max_trades_per_day
        assert book.submit(plain) or not fits
