"""Any stream of orders of every kind: money and shares are those of the fills, and no group fills more than it was for."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.client_order import ClientOrder
from simulator.crowd import OWNER
from simulator.order import Side
from simulator.rejection import Rejection
from simulator.trader import Trader
from tests.unit.simulator.room import Room
from tests.unit.simulator.test_order_types import trade_at

CASH = 500_000
KINDS = (
    "market",
    "limit",
    "stop",
    "stop_limit",
    "trailing_stop",
    *["bracket"] * 4,
    "oto",
    *["oco"] * 2,
    "notional",
    "part",
    "coin",
    "cls",
)
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("order"),
            st.sampled_from(KINDS),
            st.sampled_from(["buy", "sell"]),
            st.integers(1, 60),
            st.integers(-6, 6),
            st.sampled_from(["day", "gtc", "ioc", "fok"]),
        ),
        st.tuples(st.just("replace"), st.integers(0, 20), st.integers(1, 60), st.integers(-6, 6)),
        st.tuples(st.just("cancel"), st.integers(0, 20)),
        st.tuples(st.just("move"), st.integers(-40, 40)),
        st.tuples(st.just("hit"), st.integers(0, 20), st.integers(1, 40)),
        st.tuples(st.just("turn")),
    ),
    max_size=30,
)


def fields_of(room: Room, kind: str, reach: int, time_in_force: str) -> dict[str, object]:
    middle = Decimal(room.pit.book.best(Side.BUY) or 20_000) / 100 + Decimal(reach) / 100
    near, above, below = str(middle), str(middle + Decimal("0.30")), str(middle - Decimal("0.30"))
    return {
        "market": {"time_in_force": time_in_force},
        "limit": {"price": near, "time_in_force": time_in_force},
        "stop": {"type": "stop", "stop_price": near},
        "stop_limit": {"type": "stop_limit", "stop_price": near, "limit_price": near},
        "trailing_stop": {"type": "trailing_stop", "trail_price": "0.10"},
        "notional": {"notional": str(50 + 7 * abs(reach))},
        "part": {"price": near},
        "coin": {"symbol": "BTC/USD", "time_in_force": "gtc"},
        "cls": {"time_in_force": "cls"},
        "oto": {"price": near, "order_class": "oto"},
        "bracket": {"price": near, "order_class": "bracket"},
        "oco": {"price": above, "order_class": "oco"},
    }[kind] | {"above": above, "below": below}


def place(room: Room, trader: Trader, kind: str, side: str, qty: int, reach: int, time_in_force: str) -> None:
    fields = fields_of(room, kind, reach, time_in_force)
    above, below = fields.pop("above"), fields.pop("below")
    exit_sells = (side == "buy") != (kind == "oco")
    profit, loss = (above, below) if exit_sells else (below, above)
    if kind in ("bracket", "oco"):
        fields |= {"take_profit": {"limit_price": profit}, "stop_loss": {"stop_price": loss}}
    if kind == "oco":
        fields["price"] = profit
    if kind == "oto":
        fields |= {"stop_loss": {"stop_price": loss}}
    amount: object = {"notional": None, "part": str(Decimal(qty) / 8), "coin": str(Decimal(qty) / 3000)}.get(kind, qty)
    if kind == "coin":
        amount = str(Decimal(str(amount)).quantize(Decimal("0.000001")))
    room.order(trader, side, amount, fields.pop("price", None), **fields)


def act(room: Room, trader: Trader, step: tuple) -> None:
    what, *rest = step
    open_orders = list(trader.open_orders.values())
    if what == "order":
        place(room, trader, *rest)
    elif what == "move":
        trade_at(room, int(room.floor.prices.last("AAPL") * 100) + rest[0])
    elif what == "turn":
        room.floor.turn()
    elif open_orders:
        order = open_orders[rest[0] % len(open_orders)]
        if what == "cancel":
            room.floor.cancel(order)
        elif what == "hit":
            hit(room, order, rest[1])
        else:
            name = "stop_price" if order.limit_price is None else "limit_price"
            price = (order.limit_price or order.stop_price or Decimal(200)) + Decimal(rest[2]) / 100
            room.floor.replace(order, {"qty": Decimal(rest[1]), name: str(round(price, 2))})


def hit(room: Room, order: ClientOrder, shares: int) -> None:
    """Somebody trades so many shares at the limit of an order, as far as it works there."""
    if order.limit_price is not None and order.symbol == "AAPL":
        room.empty_book()
        cents = int(order.limit_price * 100)
        room.pit.place(room.market.now() + 1_000_000, OWNER, order.sign.opposite, cents, shares, rest=False)
        room.tell()


def check(room: Room, trader: Trader) -> None:
    """What must be true at every moment."""
    cash, shares = Decimal(CASH), defaultdict(Decimal)
    by_order: dict[object, Decimal] = defaultdict(Decimal)
    for fill in trader.executions:
        assert fill.qty > 0 and fill.price > 0 and fill.leaves_qty >= 0
        cash -= fill.sign * fill.qty * fill.price
        shares[fill.symbol] += fill.sign * fill.qty
        by_order[fill.order_id] += fill.qty
    assert trader.ledger.cash == cash
    assert {s: q for s, q in shares.items() if q} == {s: p.qty for s, p in trader.ledger.positions.items()}
    groups: dict[object, list[ClientOrder]] = defaultdict(list)
    for order in trader.orders.values():
        assert order.remaining >= 0 and order.filled_qty == by_order[order.order_id]
        assert order.is_done == (order.order_id not in trader.open_orders)
        if order.order_class and (order.parent_id is not None or order.order_class == "oco"):
            groups[order.parent_id or order.order_id].append(order)
    for top, exits in groups.items():
        entry = trader.orders[top]
        limit = max(order.qty for order in exits) if entry.order_class == "oco" else entry.filled_qty
        chain = entry
        while entry.order_class != "oco" and chain.replaces in trader.orders:
            chain = trader.orders[chain.replaces]
            limit += chain.filled_qty
        assert sum(order.filled_qty for order in exits) <= limit
        working = [order for order in exits if order.status in ("new", "partially_filled")]
        assert len(working) <= 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_money_and_shares_are_those_of_the_fills_and_no_group_fills_twice(steps):
    room = Room()
    trade_at(room, 20_000)
    trader = room.trader(CASH)
    for step in steps:
        try:
            act(room, trader, step)
        except Rejection:
            room.floor.turn()
        check(room, trader)


EXIT_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hit"), st.integers(0, 3), st.integers(1, 40)),
        st.tuples(st.just("move"), st.sampled_from([-120, -40, 40, 120])),
        st.tuples(st.just("replace"), st.integers(0, 3), st.just(10), st.integers(-60, 60)),
        st.tuples(st.just("turn")),
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["bracket", "oco"]), st.sampled_from(["buy", "sell"]), EXIT_STEPS)
def test_the_exits_of_a_position_never_turn_it_around(kind, side, steps):
    """The same from the moment on at which a position is there with a profit and a stop around it."""
    room = Room()
    trade_at(room, 20_000)
    trader = room.trader(CASH)
    if kind == "bracket":
        legs = fields_of(room, kind, 0, "gtc")
        profit, loss = (legs["above"], legs["below"]) if side == "buy" else (legs["below"], legs["above"])
        exits = {"take_profit": {"limit_price": profit}, "stop_loss": {"stop_price": loss}}
        room.order(trader, side, 10, None, order_class=kind, **exits)
    else:
        room.order(trader, side, 10)
        place(room, trader, "oco", "sell" if side == "buy" else "buy", 10, 0, "gtc")
    sign = 1 if side == "buy" else -1
    assert trader.ledger.qty("AAPL") == 10 * sign and len(trader.open_orders) == 2
    for step in steps:
        try:
            act(room, trader, step)
        except Rejection:
            room.floor.turn()
        check(room, trader)
        assert trader.ledger.qty("AAPL") * sign >= 0
