"""Orders of clients in the generated market: matching, time in force, what a restart finds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.session import NS_PER_SECOND, Session, midnight
from simulator.crowd import OWNER
from simulator.margin import Margin
from simulator.order import Side
from simulator.rejection import Rejection
from simulator.trader import Configurations
from tests.unit.simulator.room import START, Room

CASH = Decimal(100_000)
HOUR = 3_600 * NS_PER_SECOND


@pytest.fixture
def room() -> Room:
    return Room()


class Weekdays:
    """09:30 to 16:00 in a calendar without holidays."""

    def sessions(self, first: date, last: date) -> list[Session]:
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return [Session(d, midnight(d) + 19 * HOUR // 2, midnight(d) + 16 * HOUR) for d in days if d.weekday() < 5]


def test_a_market_order_takes_what_the_crowd_offers_and_every_fill_is_a_public_trade(room):
    trader = room.trader()
    ask = room.best(Side.SELL)
    order = room.order(trader, "buy", 300)
    assert (order.status, order.filled_qty) == ("filled", 300)
    fills = trader.executions
    assert fills[0].price == ask and sum(fill.qty for fill in fills) == 300
    assert trader.ledger.cash == CASH - sum(fill.qty * fill.price for fill in fills)
    assert room.events(order) == ["new", *["partial_fill"] * (len(fills) - 1), "fill"]
    room.play(0.2)
    prints = [(Decimal(str(trade.price)), trade.size) for trade in room.prints() if trade.symbol == "AAPL"]
    assert prints[: len(fills)] == [(fill.price, fill.qty) for fill in fills]


def test_a_limit_order_waits_behind_those_who_came_before(room):
    first, second = room.trader(), room.trader()
    bid = room.best(Side.BUY)
    before = room.pit.book.quantity(Side.BUY, int(bid * 100))
    inside = room.pit.book.within(Side.SELL, int(bid * 100) + 1)  # what hides between the best prices comes first
    early, late = room.order(first, "buy", 50, bid), room.order(second, "buy", 50, bid)
    assert early.status == late.status == "new"
    assert room.pit.book.quantity(Side.BUY, int(bid * 100)) == before + 100
    room.pit.place(START, OWNER, Side.SELL, int(bid * 100), inside + before + 60, rest=False)
    room.floor.turn()
    assert room.latest(early).status == "filled" and room.latest(late).filled_qty == 10


def test_a_resting_order_is_filled_by_the_crowd_in_time(room):
    order = room.order(room.trader(), "buy", 10, room.best(Side.BUY))
    room.play(120)
    assert room.latest(order).status == "filled"
    assert room.events(order)[-1] == "fill" and room.updates[-1].position_qty == 10


def test_immediate_or_cancel_leaves_nothing_in_the_book(room):
    trader = room.trader(10_000_000)
    shares = room.pit.book.touch()[3]
    order = room.order(trader, "buy", shares + 7, room.best(Side.SELL), time_in_force="ioc")
    assert (order.status, order.filled_qty) == ("canceled", shares)
    nothing = room.order(trader, "buy", 5, "1.00", time_in_force="ioc")
    assert room.events(nothing) == ["new", "canceled"]
    room.empty_book()
    assert room.order(trader, "buy", 5, time_in_force="ioc").status == "canceled"


def test_fill_or_kill_is_filled_whole_or_not_at_all(room):
    trader = room.trader(10_000_000)
    shares, ask = room.pit.book.touch()[3], room.best(Side.SELL)
    killed = room.order(trader, "buy", shares + 1, ask, time_in_force="fok")
    assert (killed.status, killed.filled_qty) == ("canceled", 0) and room.pit.book.touch()[3] == shares
    assert room.order(trader, "buy", shares, ask, time_in_force="fok").status == "filled"


def test_a_market_order_that_finds_too_little_takes_what_arrives(room):
    room.empty_book()
    buyer, seller = room.trader(), room.trader()
    order = room.order(buyer, "buy", 100)
    assert order.status == "new" and room.pit.book.touch() == (0, 0, 0, 0)
    room.order(seller, "sell", 30, "300.00")
    assert room.latest(order).filled_qty == 30 and room.pit.book.touch() == (0, 0, 0, 0)
    room.play(30)
    assert room.latest(order).status == "filled"


def test_a_cancel_comes_with_the_next_turn_and_a_fill_may_be_faster(room):
    trader, other = room.trader(), room.trader()
    order = room.order(trader, "buy", 10, "1.00")
    room.floor.cancel(order)
    assert room.latest(order).status == "pending_cancel"
    with pytest.raises(Rejection, match="order pending cancel"):
        room.floor.cancel(room.latest(order))
    room.play(0.2)
    assert room.events(order) == ["new", "pending_cancel", "canceled"]
    room.floor.cancel(room.latest(order))  # once more changes nothing
    room.empty_book()
    fast = room.order(trader, "buy", 10, "200.00")
    room.floor.cancel(fast)
    room.order(other, "sell", 10, "200.00")
    assert room.events(fast) == ["new", "pending_cancel", "fill"]
    with pytest.raises(Rejection, match='already in "filled" state'):
        room.floor.cancel(room.latest(fast))
    room.play(0.2)
    assert room.latest(fast).status == "filled"


def test_two_traders_meet_at_the_price_of_the_one_who_rested(room):
    room.empty_book()
    buyer, seller = room.trader(), room.trader()
    resting = room.order(seller, "sell", 40, "200.00")
    order = room.order(buyer, "buy", 25, "210.00")
    assert order.filled_value == 25 * 200 and room.latest(resting).remaining == 15
    assert (buyer.ledger.qty("AAPL"), seller.ledger.qty("AAPL")) == (25, -25)
    assert buyer.ledger.cash + seller.ledger.cash == 2 * CASH
    execution_ids = [update.execution_id for update in room.updates]
    assert len(set(execution_ids)) == len(execution_ids)


def test_a_day_order_expires_at_midnight_and_a_gtc_order_stays():
    room = Room(moment=midnight(date(2026, 11, 21)) - NS_PER_SECOND)
    trader = room.trader()
    day, gtc = room.order(trader, "buy", 1, "1.00"), room.order(trader, "buy", 1, "1.01", time_in_force="gtc")
    assert room.latest(day).expires_at == midnight(date(2026, 11, 21))
    room.play(2)
    assert room.events(day) == ["new", "expired"] and room.latest(day).expired_at is not None
    assert room.latest(gtc).status == "new" and room.pit.book.quantity(Side.BUY, 101) == 1


def test_a_closed_market_accepts_and_the_open_fills():
    room = Room(hours=Weekdays())  # at three in the morning
    trader = room.trader()
    order = room.order(trader, "buy", 10)
    assert (order.status, room.events(order)) == ("accepted", ["accepted"])
    opens_at = midnight(date(2026, 11, 20)) + 19 * HOUR // 2
    assert order.expires_at == opens_at + 13 * HOUR // 2
    withdrawn = room.order(trader, "buy", 10, "1.00")
    room.floor.cancel(withdrawn)
    room.play(0.2)
    assert room.events(withdrawn) == ["accepted", "pending_cancel", "canceled"]
    room.jump(opens_at - NS_PER_SECOND)
    assert room.latest(order).status == "accepted"
    room.play(2)
    events = room.events(order)
    assert events[:2] == ["accepted", "new"] and events[-1] == "fill"


def test_what_the_account_cannot_carry_at_the_open_is_rejected():
    room = Room(hours=Weekdays())
    trader = room.trader(10_000)
    order = room.order(trader, "buy", 70)
    trader.ledger.cash -= 2_000
    room.jump(midnight(date(2026, 11, 20)) + 19 * HOUR // 2)
    found = room.latest(order)
    assert room.events(order) == ["accepted", "rejected"] and found.failed_at is not None


def test_the_same_actions_at_the_same_moments_make_the_same_market():
    def run(steps: int) -> list[object]:
        room = Room()
        trader = room.trader()
        for qty in (100, 400, 50):
            room.order(trader, "buy", qty)
            for _ in range(steps):
                room.play(10 / steps)
        return room.published

    assert run(1) == run(50)


def test_buying_power_falls_with_orders_and_positions_and_comes_back():
    room = Room()
    trader = room.trader()
    assert Margin(trader, room.floor.prices).buying_power() == 200_000
    order = room.order(trader, "buy", 100, "100.00", symbol="NVDA")
    assert Margin(trader, room.floor.prices).buying_power() == 200_000 - 100 * 100
    room.floor.cancel(room.latest(order), at_once=True)
    room.order(trader, "sell", 100)
    margin = Margin(trader, room.floor.prices)
    assert margin.short_value < 0 and margin.cash > CASH
    assert margin.buying_power() == 2 * margin.equity - margin.gross_value


def test_realised_and_average_price_follow_the_fills(room):
    room.empty_book()
    one, other = room.trader(), room.trader()

    def meet(price: str, buyer, seller, qty: int) -> None:
        room.order(seller, "sell", qty, price)
        room.order(buyer, "buy", qty, price)

    meet("100.00", one, other, 10)
    meet("110.00", one, other, 10)
    assert one.ledger.positions["AAPL"].avg_entry_price == 105
    assert other.ledger.positions["AAPL"].cost == -2_100
    meet("120.00", other, one, 5)
    assert (one.ledger.realised, other.ledger.realised) == (75, -75)
    assert one.ledger.positions["AAPL"].avg_entry_price == 105
    meet("90.00", other, one, 15)
    assert "AAPL" not in one.ledger.positions and one.ledger.realised == -150 == one.ledger.cash - CASH


ACTIONS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["buy", "sell", "cancel", "play"]),
        st.one_of(st.integers(1, 400), st.decimals("0.1", "30", places=3)),
        st.integers(-8, 8),
        st.sampled_from(["day", "gtc", "ioc", "fok"]),
    ),
    max_size=25,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ACTIONS)
def test_shares_and_cash_are_neither_made_nor_lost(actions):
    room = Room()
    traders = [room.trader(cash) for cash in (100_000, 1_000_000, 50_000)]
    for who, what, qty, reach, time_in_force in actions:
        trader = traders[who]
        try:
            if what == "play":
                room.play(0.4)
            elif what == "cancel":
                for order in list(trader.open_orders.values()):
                    room.floor.cancel(order)
            else:
                price = room.best(Side.BUY) + Decimal(reach) / 100 if reach else None
                room.order(trader, what, qty, price, time_in_force=time_in_force)
        except Rejection:
            pass
    room.floor.turn()
    shares, value = Decimal(0), Decimal(0)
    houses = [found for trader in traders for found in trader.executions if trader.orders[found.order_id].qty % 1]
    for found in houses:  # what is no whole lot the house has taken the other side of
        shares -= found.sign * found.qty
        value += found.sign * found.qty * found.price
    for fill in room.passed:
        for part in (fill.resting, fill.incoming):
            if part.owner == OWNER:
                shares += part.side * fill.quantity
                value -= part.side * fill.quantity * Decimal(fill.price) / 100
    assert sum(trader.ledger.qty("AAPL") for trader in traders) == -shares
    assert sum(trader.ledger.cash for trader in traders) == 1_150_000 - value
    for trader in traders:
        for order in trader.orders.values():
            done = [found for found in trader.executions if found.order_id == order.order_id]
            assert order.filled_qty == sum(found.qty for found in done) <= order.qty
            assert order.filled_value == sum(found.qty * found.price for found in done)
            assert not order.is_done or order.order_id not in trader.open_orders


def test_a_restart_finds_cash_positions_and_orders(tmp_path):
    path = tmp_path / "practice.db"
    room = Room(path=path)
    trader = room.trader()
    room.order(trader, "buy", 20, client_order_id="used")
    far, day = room.order(trader, "buy", 5, "1.00", time_in_force="gtc"), room.order(trader, "buy", 6, "1.00")
    partly = room.order(room.trader(), "buy", 50, "2.00", time_in_force="gtc")
    room.pit.book.cancel_all(OWNER)
    room.order(trader, "sell", 20, "2.00")
    canceling = room.order(trader, "buy", 7, "1.00")
    room.floor.cancel(canceling)
    again = Room(path=path)  # as after a kill -9: nothing was closed
    found = again.floor.traders[trader.row.account_id]
    assert (found.ledger.cash, found.ledger.positions) == (trader.ledger.cash, trader.ledger.positions)
    assert found.executions == trader.executions
    assert [again.latest(order).status for order in (far, day)] == ["new", "new"]
    assert again.latest(partly).status == "partially_filled"
    assert again.latest(canceling).status == "canceled"
    assert again.pit.book.quantity(Side.BUY, 100) == 11 and again.pit.book.quantity(Side.BUY, 200) == 30
    assert [update.event for update in again.updates] == ["canceled"]
    with pytest.raises(Rejection, match="must be unique"):
        again.order(found, "buy", 1, client_order_id="used")
    assert again.order(found, "buy", 1, "1.00").sequence > canceling.sequence


def test_a_restart_on_the_next_day_expires_day_orders(tmp_path):
    room = Room(path=tmp_path / "practice.db")
    trader = room.trader()
    day, gtc = room.order(trader, "buy", 1, "1.00"), room.order(trader, "buy", 1, "1.00", time_in_force="gtc")
    again = Room(path=tmp_path / "practice.db", moment=START + 24 * HOUR)
    assert [again.latest(order).status for order in (day, gtc)] == ["expired", "new"]
    assert again.floor.traders[trader.row.account_id].row.equity_day == "2026-11-21"


def test_an_account_of_before_may_trade_parts_of_shares(tmp_path):
    path = tmp_path / "practice.db"
    account_id = Room(path=path).trader().row.account_id
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        body = old.execute("SELECT body FROM accounts").fetchone()[0].decode()
        old.execute("UPDATE accounts SET body = ?", [body.replace('l_trading":true', 'l_trading":false').encode()])
        old.execute("PRAGMA user_version = 0")
    again = Room(path=path)
    assert again.order(again.floor.traders[account_id], "buy", "0.5").status == "filled"
    again.floor.configure(again.trader(), replace(Configurations(), fractional_trading=False))
    assert [t.row.configurations.fractional_trading for t in Room(path=path).floor.traders.values()] == [True, False]


def test_a_damaged_database_is_set_aside(tmp_path, caplog):
    path = tmp_path / "practice.db"
    path.write_bytes(b"no database" * 1_000)
    assert Room(path=path).floor.traders == {}
    assert (tmp_path / "practice.damaged").exists() and "damaged" in caplog.text
