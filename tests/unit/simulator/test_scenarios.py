"""Scenarios: what is told, what REST says afterwards, and what stays as it was."""

from __future__ import annotations

import pytest

from domain.session import NS_PER_SECOND
from simulator.bar import NS_PER_MINUTE, Bar, UpdatedBar, bar_of, minute_of
from simulator.market import Market
from simulator.market_data import MarketData
from simulator.notice import PriceBand, TradeCancel, TradeCorrection, TradingStatus
from simulator.order import Side
from simulator.quote import Quote
from simulator.rejection import Rejection
from simulator.tape_market import TapeMarket
from simulator.timeframe import Timeframe
from simulator.trade import CryptoTrade, Trade
from tests.unit.simulator.room import START, Room, quote


@pytest.fixture
def room() -> Room:
    return Room()


def told(room: Room, kind: type) -> list:
    return [message for message in room.published if isinstance(message, kind)]


def about(room: Room, symbol: str) -> list:
    return [message for message in room.published if isinstance(message, Trade | Quote) and message.symbol == symbol]


def rest_trades(room: Room) -> list[dict]:
    query = {"start": "2026-11-20", "limit": "10000"}
    return MarketData(room.market).trades(["AAPL"], query)["trades"]["AAPL"]


def served_bar(room: Room, start: int) -> Bar:
    columns = room.market.bars("AAPL", Timeframe(1, "Min")).between(start, start)
    return columns.bar("AAPL", 0)


def test_a_halt_stops_the_book_until_it_is_resumed(room):
    trader = room.trader()
    assert room.scene("halt", symbol="AAPL", code="T1", reason="News")["sc"] == "H"
    room.play(3)
    (status,) = told(room, TradingStatus)
    assert (status.symbol, status.code, status.reason_code, status.reason) == ("AAPL", "H", "T1", "News")
    assert not about(room, "AAPL") and about(room, "NVDA")
    waiting, gone = room.order(trader, "buy", 10), room.order(trader, "buy", 10, time_in_force="ioc")
    room.play(1)
    assert room.latest(waiting).status == "new" and gone.status == "canceled" and not about(room, "AAPL")
    assert room.scene("resume", symbol="AAPL")["sc"] == "T"
    room.play(3)
    assert room.latest(waiting).status == "filled" and room.events(waiting) == ["new", "fill"]
    assert told(room, TradingStatus)[-1].code == "T" and about(room, "AAPL")


def test_a_halt_is_over_only_when_it_is_resumed_even_in_a_new_session(room):
    room.scene("halt", symbol="AAPL")
    room.market.begin_again()
    room.play(2)
    assert not about(room, "AAPL") and about(room, "NVDA")


def test_a_waiting_order_can_be_canceled_in_a_halt(room):
    room.scene("halt", symbol="AAPL")
    order = room.order(room.trader(), "buy", 10, "1.00")
    room.floor.cancel(order)
    room.play(0.4)
    assert room.events(order) == ["new", "pending_cancel", "canceled"] and not about(room, "AAPL")


def test_a_band_is_told(room):
    room.scene("luld", symbol="AAPL", up=240.5, down=220)
    room.play(0.2)
    (band,) = told(room, PriceBand)
    assert (band.symbol, band.up, band.down, band.indicator, band.tape) == ("AAPL", 240.5, 220.0, "B", "C")


def test_a_correction_stands_for_the_last_trade(room):
    original = room.market.records["AAPL"].last_trade
    answer = room.scene("correction", symbol="AAPL", price=200.5, size=7)
    room.play(0.2)
    (correction,) = told(room, TradeCorrection)
    assert correction.original == original
    assert (correction.corrected.price, correction.corrected.size) == (200.5, 7)
    assert correction.corrected.trade_id != original.trade_id and correction.corrected.ts_event == original.ts_event
    found = {trade["i"]: trade for trade in rest_trades(room)}
    assert found[original.trade_id]["u"] == "incorrect"
    assert found[answer["corrected"]["i"]]["u"] == "corrected" and found[answer["corrected"]["i"]]["p"] == 200.5
    room.play(60)
    minute = served_bar(room, minute_of(original.ts_event))
    assert minute.low == 200.5
    assert minute in told(room, Bar)


def test_a_canceled_trade_counts_no_more(room):
    canceled = room.market.records["AAPL"].last_trade
    room.scene("cancel_trade", symbol="AAPL", action="E")
    room.play(0.2)
    (cancel,) = told(room, TradeCancel)
    assert (cancel.trade, cancel.action) == (canceled, "E")
    assert next(t for t in rest_trades(room) if t["i"] == canceled.trade_id)["u"] == "canceled"
    latest = MarketData(room.market).latest_trades(["AAPL"], {})["trades"]["AAPL"]
    assert latest["i"] != canceled.trade_id


def test_a_late_trade_changes_its_minute_which_is_told_again_half_a_minute_after_its_end(room):
    room.play(40)  # 10 s into the minute after START's
    start = minute_of(START)
    before = served_bar(room, start)
    answer = room.scene("late_trade", symbol="AAPL", seconds=20, price=300.0, size=50)
    room.play(19)
    late = next(trade for trade in room.prints() if trade.price == 300.0)
    assert start <= late.ts_event < start + NS_PER_MINUTE and answer["trade"]["s"] == 50
    assert not told(room, UpdatedBar)
    room.play(2)
    (again,) = told(room, UpdatedBar)
    assert again.start == start and again.high == 300.0
    assert (again.volume, again.trade_count) == (before.volume + 50, before.trade_count + 1)
    assert served_bar(room, start).high == 300.0
    room.play(60)
    assert len(told(room, UpdatedBar)) == 1


def test_a_late_trade_of_the_minute_that_goes_on_is_in_its_bar(room):
    room.scene("late_trade", symbol="AAPL", seconds=2, price=300.0)
    room.play(65)
    assert not told(room, UpdatedBar)
    first = next(bar for bar in told(room, Bar) if bar.symbol == "AAPL" and bar.start == minute_of(START))
    assert first.high == 300.0


def test_minute_bars_are_those_of_the_valid_trades_after_all_of_it(room):
    for second in range(0, 100, 20):
        room.scene("correction", symbol="AAPL")
        room.scene("outlier", symbol="AAPL", pct=5 + second / 10)
        room.play(20)
        room.scene("cancel_trade", symbol="AAPL")
        room.scene("late_trade", symbol="AAPL", seconds=20 + second)
    room.play(60)
    record = room.market.records["AAPL"]
    for start in range(minute_of(START), minute_of(room.market.now()), NS_PER_MINUTE):
        trades = [trade for trade in record.trades if minute_of(trade.ts_event) == start and trade.is_valid]
        assert served_bar(room, start) == bar_of(trades)
    assert len({trade.trade_id for trade in record.trades}) == len(record.trades)


def test_an_outlier_is_one_print_and_no_move(room):
    last = room.market.records["AAPL"].last_trade.price
    room.scene("outlier", symbol="AAPL", pct=-20)
    room.play(10)
    far = [trade for trade in room.prints() if trade.symbol == "AAPL" and abs(trade.price / last - 1) > 0.1]
    assert [trade.price for trade in far] == [round(last * 0.8, 2)]
    assert all(abs(float(room.best(side)) / last - 1) < 0.01 for side in Side)


def test_a_jump_moves_the_price_at_once_and_for_good(room):
    last = room.market.records["AAPL"].last_trade.price
    resting = room.order(room.trader(), "sell", 10, str(round(last * 1.05, 2)))
    room.scene("jump", symbol="AAPL", pct=10)
    room.play(5)
    first = next(trade for trade in room.prints() if trade.symbol == "AAPL")
    assert first.ts_event < START + 3 * NS_PER_SECOND and first.price > last * 1.04
    assert room.latest(resting).status == "filled"
    room.play(60)
    for side in Side:
        assert float(room.best(side)) == pytest.approx(last * 1.1, rel=0.01)


def test_a_silent_symbol_trades_on_but_is_not_heard(room):
    silences = room.scenarios._programme.silences
    until = room.scene("silence", symbol="AAPL", seconds=5)
    room.play(4)
    heard = silences.heard(room.published, room.market.now())
    assert until["symbol"] == "AAPL" and about(room, "AAPL")
    assert heard and not [each for each in heard if each.symbol == "AAPL"]
    room.play(1)
    assert len(silences.heard(room.published, room.market.now())) == len(room.published)


def test_news_is_told_once_and_stays_in_history(room):
    press, moment = room.scenarios._programme.press, room.market.now()
    press.turn(moment)
    number = room.scene("news", headline="Something", symbols=["AAPL", "X"])["id"]
    (item,) = press.turn(moment)
    assert (item.id, item.headline, item.symbols, item.source) == (number, "Something", ("AAPL", "X"), "practice")
    assert press.turn(moment) == []
    assert item in list(press.items(moment, moment, newest_first=True))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"name": "crash"},
        {"name": "halt"},
        {"name": "halt", "symbol": "ZZZZ"},
        {"name": "halt", "symbol": "BTC/USD"},
        {"name": "halt", "symbol": "AAPL", "seconds": 3},
        {"name": "resume", "symbol": "AAPL"},
        {"name": "luld", "symbol": "AAPL", "up": 1, "down": 2},
        {"name": "luld", "symbol": "AAPL", "up": 1},
        {"name": "news"},
        {"name": "news", "headline": "x", "symbols": "AAPL"},
        {"name": "outlier", "symbol": "AAPL", "pct": "5"},
        {"name": "jump", "symbol": "AAPL", "pct": 0},
        {"name": "jump", "symbol": "AAPL", "pct": 1_000},
        {"name": "late_trade", "symbol": "AAPL", "seconds": 0},
        {"name": "late_trade", "symbol": "AAPL", "seconds": 3_000},
        {"name": "cancel_trade", "symbol": "AAPL", "action": "X"},
        {"name": "silence", "symbol": "AAPL", "seconds": True},
    ],
)
def test_what_cannot_be_played_is_refused_with_400_and_changes_nothing(room, fields):
    with pytest.raises(Rejection) as refusal:
        room.scenarios.play(fields)
    assert refusal.value.status == 400 and len(refusal.value.message) > 10
    room.play(0.2)
    assert all(isinstance(message, Trade | Quote) for message in room.published)


def test_beside_a_tape_its_prices_are_never_altered():
    trades = [Trade("TAPE", START + second * NS_PER_SECOND, second + 1, 10.0, 5, "V", "C") for second in range(40)]
    tape = sorted([quote(0, 9.99, 100, 10.01, 100), *trades], key=lambda event: event.ts_event)
    room = Room(tape=tape)
    room.play(5)
    with pytest.raises(Rejection, match="never altered"):
        room.scene("jump", symbol="TAPE", pct=1)
    room.scene("halt", symbol="TAPE")
    room.scene("outlier", symbol="TAPE", pct=10)
    room.scene("cancel_trade", symbol="TAPE")
    room.play(40)
    assert [type(each) for each in room.published if not isinstance(each, Trade | Quote | Bar)] == [
        TradingStatus,
        TradeCancel,
    ]
    prints = [trade for trade in room.prints() if trade.price == 11.0]
    assert len(prints) == 1 and prints[0].trade_id > len(tape)
    assert len(room.prints()) == len(trades) + 1
    assert not list(room.scenarios._programme.press.items(START - 10**12, room.market.now(), newest_first=True))


def test_a_coin_of_a_tape_can_have_an_outlier_too():
    coins = [
        CryptoTrade("BTC/USD", START + second * NS_PER_SECOND, second + 1, 10.0, 0.5, "", "") for second in (0, 40)
    ]
    market = Market(TapeMarket(coins, 1.0, lambda: 0))
    trade = market.foreign_trade("BTC/USD", START, 12.0, 0.25)
    assert type(trade) is CryptoTrade and trade.trade_id > len(coins)
