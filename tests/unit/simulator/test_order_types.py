"""Stops, trailing stops, parts of shares, amounts of money, coins, auctions and extended hours."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from domain.session import NS_PER_SECOND, Session, midnight
from simulator.crowd import OWNER
from simulator.margin import Margin
from simulator.order import Side
from simulator.order_wire import order_fields
from simulator.position_wire import position_fields
from simulator.rejection import Rejection
from simulator.trade import Trade
from tests.unit.simulator.room import START, Room, quote

HOUR = 3_600 * NS_PER_SECOND
FRIDAY = midnight(date(2026, 11, 20))
NINE_THIRTY = FRIDAY + 19 * HOUR // 2


@pytest.fixture
def room() -> Room:
    return Room()


class Weekdays:
    """09:30 to 16:00 in a calendar without holidays."""

    def sessions(self, first: date, last: date) -> list[Session]:
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return [Session(d, midnight(d) + 19 * HOUR // 2, midnight(d) + 16 * HOUR) for d in days if d.weekday() < 5]


class ShortDays:
    """09:30 to 09:45, so that a whole day is soon over."""

    def sessions(self, first: date, last: date) -> list[Session]:
        quarter = HOUR // 4
        return [Session(s.day, s.opens_at, s.opens_at + quarter) for s in Weekdays().sessions(first, last)]


def stop(room: Room, trader, side: str, qty: object, price: object, **more: object):
    return room.order(trader, side, qty, None, type="stop", stop_price=price, **more)


def trade_at(room: Room, cents: int) -> None:
    """The crowd trades 100 shares at a price in an otherwise empty book, and then quotes on both sides of it."""
    moment = room.market.now() + 1_000_000
    room.empty_book()
    room.pit.place(moment, OWNER, Side.BUY, cents, 100)
    room.pit.place(moment, OWNER, Side.SELL, cents, 100)
    room.pit.place(moment, OWNER, Side.BUY, cents - 2, 5_000)
    room.pit.place(moment, OWNER, Side.SELL, cents + 2, 5_000)
    room.pit.quote(moment)
    room.tell()


def last(room: Room) -> int:
    return int(room.floor.prices.last("AAPL") * 100)


def test_a_stop_waits_for_a_trade_at_its_price_and_is_a_market_order_then(room):
    trader = room.trader()
    room.order(trader, "buy", 10)
    price = last(room)
    order = stop(room, trader, "sell", 10, str(Decimal(price - 20) / 100), time_in_force="gtc")
    assert (order.status, room.events(order)) == ("new", ["new"])
    trade_at(room, price - 19)
    assert room.latest(order).status == "new" and not room.latest(order).elected
    trade_at(room, price - 20)
    done = room.latest(order)
    assert (done.status, done.elected, trader.ledger.qty("AAPL")) == ("filled", True, 0)
    assert room.events(order)[0] == "new" and set(room.events(order)[1:]) <= {"partial_fill", "fill"}


def test_a_stop_to_buy_does_not_pay_more_than_its_collar(room):
    trader = room.trader(10_000_000)
    price = last(room)
    order = stop(room, trader, "buy", 10, str(Decimal(price + 10) / 100))
    assert order.worst_price == Decimal(price + 10) / 100 * Decimal("1.025")
    assert order_fields(order)["limit_price"] is None
    room.empty_book()
    moment, far = room.market.now() + 1_000_000, int(order.worst_price * 100) + 1
    for cents, shares in ((price + 10, 1), (price + 11, 4), (far, 5_000)):
        room.pit.place(moment, OWNER, Side.SELL, cents, shares)
    room.pit.place(moment, OWNER, Side.BUY, price + 10, 1)
    room.tell()
    assert (room.latest(order).elected, room.latest(order).filled_qty) == (True, 4)


def test_a_stop_limit_rests_at_its_limit_when_it_was_reached(room):
    trader = room.trader()
    room.order(trader, "buy", 10)
    price = last(room)
    limits = {"stop_price": str(Decimal(price - 20) / 100), "limit_price": str(Decimal(price + 50) / 100)}
    order = room.order(trader, "sell", 10, None, type="stop_limit", **limits)
    assert room.pit.book.quantity(Side.SELL, price + 50) == 0
    trade_at(room, price - 20)
    assert room.latest(order).elected and room.latest(order).status == "new"
    assert room.pit.book.quantity(Side.SELL, price + 50) == 10


def test_a_print_far_from_the_quotes_and_one_from_before_reach_no_stop(room):
    trader = room.trader()
    room.order(trader, "buy", 10)
    order = stop(room, trader, "sell", 10, str(Decimal(last(room) - 300) / 100))
    room.scene("outlier", symbol="AAPL", pct=-20)
    room.play(0.2)
    assert not room.latest(order).elected
    late = stop(room, room.trader(), "buy", 1, str(Decimal(last(room) + 1) / 100))
    room.scene("late_trade", symbol="AAPL", seconds=5, price=float(last(room) + 50) / 100)
    room.floor.take(next(room.market.play(room.market.now())))
    assert not room.latest(late).elected


def test_a_trailing_stop_follows_the_best_price_and_never_goes_back(room):
    trader = room.trader()
    room.order(trader, "buy", 10)
    price = last(room)
    order = room.order(trader, "sell", 10, None, type="trailing_stop", trail_price="0.50", time_in_force="gtc")
    assert (order.hwm, order.stop_price) == (Decimal(price) / 100, Decimal(price - 50) / 100)
    trade_at(room, price + 30)
    risen = room.latest(order)
    assert (risen.hwm, risen.stop_price) == (Decimal(price + 30) / 100, Decimal(price - 20) / 100)
    trade_at(room, price - 10)
    assert room.latest(order).stop_price == Decimal(price - 20) / 100 and not room.latest(order).elected
    trade_at(room, price - 20)
    assert room.latest(order).status == "filled" and room.events(order)[0] == "new"


def test_a_trail_in_percent_is_rounded_away_from_the_market():
    room = Room(tape=[Trade("TAPE", START + 10**9, 1, 101.23, 10, "V", "C")])
    room.play(1.2)
    order = room.order(room.trader(), "buy", 1, symbol="TAPE", type="trailing_stop", trail_percent="1.5")
    assert (order.hwm, order.stop_price) == (Decimal("101.23"), Decimal("102.75"))


def test_a_stop_against_a_tape_is_reached_by_the_trades_of_the_tape():
    trades = [Trade("TAPE", START + int(s * 10**9), n, p, 10, "V", "C") for n, s, p in ((1, 2, 100.0), (2, 4, 100.2))]
    room = Room(tape=sorted([quote(1.5, 99.98, 100, 100.2, 50), *trades], key=lambda event: event.ts_event))
    room.play(1.7)
    trader = room.trader()
    order = room.order(trader, "buy", 60, symbol="TAPE", type="stop", stop_price="100.10")
    room.play(1)
    assert not room.latest(order).elected
    room.play(2)
    assert (room.latest(order).elected, room.latest(order).filled_qty) == (True, 50)
    assert trader.executions[0].price == Decimal("100.2")


def test_the_closing_auction_of_a_tape_is_at_its_end():
    trade = Trade("TAPE", START + 3 * 10**9, 1, 100.25, 10, "V", "C")
    room = Room(tape=[quote(1.5, 99.98, 100, 100.2, 50), trade, quote(700, 100.1, 100, 100.3, 50)])
    room.play(1.7)
    order = room.order(room.trader(), "buy", 60, symbol="TAPE", time_in_force="cls")
    room.play(760)
    assert room.latest(order).filled_value == 60 * Decimal("100.25") and room.events(order) == ["new", "fill"]


def test_a_restart_finds_stops_where_they_were(tmp_path):
    room = Room(path=tmp_path / "practice.db")
    trader = room.trader()
    room.order(trader, "buy", 20)
    price = last(room)
    waits = stop(room, trader, "sell", 5, "1.00", time_in_force="gtc")
    trails = room.order(trader, "sell", 5, None, type="trailing_stop", trail_price="9.00", time_in_force="gtc")
    rests = room.order(
        trader, "sell", 5, None, type="stop_limit", stop_price=str(Decimal(price) / 100), limit_price="999.00"
    )
    trade_at(room, price)
    trade_at(room, price + 40)
    assert room.latest(rests).elected
    again = Room(path=tmp_path / "practice.db")
    assert [again.latest(order).status for order in (waits, trails, rests)] == ["new", "new", "new"]
    assert again.latest(trails).hwm == room.latest(trails).hwm == Decimal(price + 40) / 100
    assert again.pit.book.quantity(Side.SELL, 99_900) == 5
    assert len(again.floor._work._stops.on("AAPL")) == 2 and again.updates == []


def test_parts_of_shares_come_from_the_house_at_the_best_price_and_are_not_printed(room):
    trader = room.trader()
    ask, prints = room.best(Side.SELL), len(room.passed)
    order = room.order(trader, "buy", "2.5")
    assert (order.status, order.filled_qty, order.filled_value) == ("filled", Decimal("2.5"), Decimal("2.5") * ask)
    assert len(room.passed) == prints and trader.ledger.qty("AAPL") == Decimal("2.5")
    waits = room.order(trader, "sell", "0.5", str(ask + 5))
    assert waits.status == "new" and room.latest(waits).remaining == Decimal("0.5")
    with pytest.raises(Rejection, match="insufficient qty"):
        room.order(trader, "sell", "2.1", "999.00")
    rest = room.order(trader, "sell", "2")
    assert rest.status == "filled" and trader.ledger.qty("AAPL") == Decimal("0.5")


def test_a_limit_for_a_part_is_filled_when_a_quote_reaches_it(room):
    trader = room.trader()
    order = room.order(trader, "buy", "0.5", str(room.best(Side.SELL) - Decimal("0.05")))
    assert order.status == "new"
    trade_at(room, int(order.limit_price * 100) - 2)
    assert room.latest(order).status == "filled" and trader.executions[0].price <= order.limit_price


def test_an_amount_of_money_buys_what_it_can_in_one_piece(room):
    trader = room.trader()
    ask = room.best(Side.SELL)
    order = room.order(trader, "buy", None, notional="100")
    shares = (Decimal(100) / ask).quantize(Decimal("1e-9"), "ROUND_DOWN")
    assert (order.status, order.qty, order.filled_qty) == ("filled", shares, shares)
    fields = order_fields(order)
    assert (fields["notional"], fields["qty"], fields["filled_qty"]) == ("100", None, f"{shares.normalize():f}")
    sale = room.order(trader, "sell", None, notional="40")
    assert sale.status == "filled" and abs(sale.filled_value - 40) < Decimal("0.000001")
    with pytest.raises(Rejection, match="insufficient qty"):
        room.order(trader, "sell", None, notional="90")
    with pytest.raises(Rejection, match="insufficient buying power"):
        room.order(trader, "buy", None, notional="900000")


def test_too_small_an_amount_is_refused(room):
    with pytest.raises(Rejection, match="cost basis must be >= minimal amount of order 1"):
        room.order(room.trader(), "buy", "0.001", "1.00")
    with pytest.raises(Rejection, match="cost basis must be >= minimal amount of order 10"):
        room.order(room.trader(), "buy", "0.0001", "90000", symbol="BTC/USD", time_in_force="gtc")


def test_who_has_no_parts_of_shares_is_refused(room):
    trader = room.trader()
    room.floor.configure(trader, replace(trader.row.configurations, fractional_trading=False))
    with pytest.raises(Rejection, match="fractional trading is disabled for this account"):
        room.order(trader, "buy", "0.5")


def test_coins_are_bought_for_cash_and_never_sold_short(room):
    trader = room.trader(100_000)
    order = room.order(trader, "buy", "0.02", symbol="BTC/USD", time_in_force="gtc")
    assert order.status == "filled" and trader.ledger.qty("BTC/USD") == Decimal("0.02")
    assert sum(fill.qty for fill in trader.executions) == Decimal("0.02")
    margin = Margin(trader, room.floor.prices)
    assert margin.initial == margin.long_value > 0
    fields = order_fields(order)
    assert (fields["symbol"], fields["asset_class"]) == ("BTC/USD", "crypto") and "position_intent" not in fields
    held = trader.ledger.positions["BTC/USD"]
    shown = position_fields(trader, held, room.floor.listings["BTC/USD"], room.floor.prices, room.market.now())
    assert (shown["symbol"], shown["asset_class"], shown["qty"]) == ("BTCUSD", "crypto", "0.02")
    with pytest.raises(Rejection) as caught:
        room.order(trader, "sell", "0.03", symbol="BTC/USD", time_in_force="gtc")
    assert caught.value.message == "insufficient balance for BTC (requested: 0.03, available: 0.02)"
    assert (caught.value.status, caught.value.extra["balance"]) == (403, "0.02")
    with pytest.raises(Rejection, match="insufficient balance for USD"):
        room.order(trader, "buy", "2", symbol="BTC/USD", time_in_force="gtc")
    odd = room.order(trader, "sell", "0.00005", symbol="BTC/USD", time_in_force="ioc")
    assert odd.status == "filled" and trader.ledger.qty("BTC/USD") == Decimal("0.01995")


def test_a_coin_at_a_limit_stands_in_the_book_of_the_coin_and_is_filled_in_time(room):
    trader = room.trader()
    pit = room.coins.source.pits["BTC/USD"]
    bid = Decimal(pit.book.best(Side.BUY)) / 100
    order = room.order(trader, "buy", "0.0123", str(bid), symbol="BTC/USD", time_in_force="gtc")
    standing = pit.book.quantity(Side.BUY, int(bid * 100))
    assert order.status == "new" and standing >= 123
    pit.place(room.coins.source.played_until, OWNER, Side.SELL, int(bid * 100), standing, rest=False)
    room.floor.turn()
    assert room.latest(order).status == "filled" and trader.ledger.qty("BTC/USD") == Decimal("0.0123")


def test_orders_for_the_opening_are_filled_at_the_price_of_the_first_trade():
    room = Room(hours=Weekdays())  # at three in the morning
    trader = room.trader(1_000_000)
    at_open = room.order(trader, "buy", 100, time_in_force="opg")
    low = room.order(trader, "buy", 100, "1.00", time_in_force="opg")
    assert (at_open.status, at_open.expires_at) == ("accepted", NINE_THIRTY + 13 * HOUR // 2)
    room.jump(NINE_THIRTY - NS_PER_SECOND)
    assert room.latest(at_open).status == "accepted"
    room.play(20)
    first = next(trade for trade in room.market.records["AAPL"].trades if trade.ts_event >= NINE_THIRTY)
    assert room.latest(at_open).filled_value == 100 * Decimal(str(first.price))
    assert room.events(at_open) == ["accepted", "new", "fill"] and room.events(low) == ["accepted", "new", "canceled"]


def test_orders_for_the_close_are_filled_at_the_price_of_the_last_trade():
    room = Room(hours=ShortDays(), moment=NINE_THIRTY + 60 * NS_PER_SECOND)
    trader = room.trader(1_000_000)
    at_close = room.order(trader, "buy", 100, time_in_force="cls")
    low = room.order(trader, "buy", 100, "1.00", time_in_force="cls")
    assert room.events(at_close) == ["new"]
    room.jump(NINE_THIRTY + HOUR // 4 - NS_PER_SECOND)
    room.play(2)
    final = room.market.records["AAPL"].last_trade
    assert room.latest(at_close).filled_value == 100 * Decimal(str(final.price))
    assert room.events(at_close) == ["new", "fill"] and room.events(low) == ["new", "canceled"]


@pytest.mark.parametrize(
    ("hour", "time_in_force", "taken"),
    [
        (9.4, "opg", True),
        (9.48, "opg", False),
        (10, "opg", False),
        (18.9, "opg", False),
        (19.1, "opg", True),
        (10, "cls", True),
        (15.8, "cls", True),
        (15.9, "cls", False),
        (17, "cls", False),
        (19.1, "cls", True),
    ],
)
def test_an_auction_takes_orders_from_the_evening_before_until_shortly_before_it(hour, time_in_force, taken):
    room = Room(hours=Weekdays(), moment=FRIDAY + int(hour * HOUR))
    if taken:
        assert not room.order(room.trader(), "buy", 1, time_in_force=time_in_force).is_done
        return
    with pytest.raises(Rejection, match=f"{time_in_force} orders must be submitted after 7:00pm and before") as caught:
        room.order(room.trader(), "buy", 1, time_in_force=time_in_force)
    assert (caught.value.status, caught.value.code) == (403, 40310000)


def test_a_market_that_never_rests_has_its_auctions_at_midnight():
    room = Room(moment=FRIDAY + 24 * HOUR - 620 * NS_PER_SECOND)
    trader = room.trader()
    opg, cls = room.order(trader, "buy", 1, time_in_force="opg"), room.order(trader, "buy", 1, time_in_force="cls")
    assert (opg.status, cls.status) == ("accepted", "new")
    room.jump(FRIDAY + 24 * HOUR - 60 * NS_PER_SECOND)
    for late in ("opg", "cls"):
        with pytest.raises(Rejection, match="must be submitted"):
            room.order(trader, "buy", 1, time_in_force=late)
    room.play(80)
    assert room.latest(cls).status == room.latest(opg).status == "filled"


def test_orders_for_extended_hours_are_filled_by_the_house_before_and_after_the_session():
    room = Room(hours=ShortDays(), moment=FRIDAY + 5 * HOUR)
    closes_at, ends_at = NINE_THIRTY + HOUR // 4, NINE_THIRTY + HOUR // 4 + 4 * HOUR
    trader = room.trader()
    ask = Decimal(str(room.market.records["AAPL"].quote.ask_price))
    usual = room.order(trader, "buy", 1, str(ask))
    early = room.order(trader, "buy", 2, str(ask), extended_hours=True)
    assert (usual.status, early.status) == ("accepted", "filled") and trader.executions[0].price == ask
    assert early.expires_at == ends_at and room.events(early) == ["new", "fill"]
    low = room.order(trader, "buy", 3, "1.00", extended_hours=True)
    room.jump(NINE_THIRTY)
    room.play(1)
    assert room.pit.book.quantity(Side.BUY, 100) == 3
    room.jump(closes_at + NS_PER_SECOND)
    assert room.pit.book.quantity(Side.BUY, 100) == 0 and room.latest(low).status == "new"
    late = room.order(trader, "buy", 4, "999.00", extended_hours=True)
    assert late.status == "filled"
    room.jump(ends_at)
    assert room.events(low) == ["new", "expired"]
    night = room.order(trader, "buy", 5, "999.00", extended_hours=True)
    assert night.status == "accepted" and night.expires_at == ends_at + 72 * HOUR
