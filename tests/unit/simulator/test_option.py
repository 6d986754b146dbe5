"""Options: contracts by date and strike, priced by their underlying, with trades that are a function of its trades."""

from __future__ import annotations

from datetime import date

import pytest

from domain.feed import Feed, feed_of
from domain.session import NS_PER_SECOND, midnight
from simulator.bar import bar_of, minute_of
from simulator.listing import generated_listings
from simulator.option import contracts
from simulator.option_desk import OptionDesk
from simulator.quote import OptionQuote
from simulator.trade import OptionTrade
from tests.unit.simulator.room import START, Room, quote

TODAY = date(2026, 11, 20)  # itself a third Friday
CALL, PUT = "AAPL261218C00230000", "AAPL261218P00230000"


@pytest.fixture(scope="module")
def desk() -> OptionDesk:
    return OptionDesk(contracts(generated_listings(), TODAY))


def test_contracts_are_for_the_next_fridays_and_third_fridays(desk):
    fridays, thirds = {date(2026, 11, 20), date(2026, 11, 27)}, {date(2026, 12, 18), date(2027, 1, 15)}
    assert {each.expiration for each in desk.contracts.values()} == fridays | thirds
    assert len(desk.contracts) == 4 * 4 * 7 * 2
    assert "AAPL261218C00200000" in desk.contracts
    assert all(feed_of(symbol) is Feed.OPTIONS for symbol in desk.contracts)


def test_a_contract_is_worth_at_least_its_exercise_and_less_as_time_goes(desk):
    call, put = desk.contracts[CALL], desk.contracts[PUT]
    for price in (150.0, 229.0, 230.0, 260.0, 400.0):
        assert call.worth(price, START) >= max(0.0, price - 230) and put.worth(price, START) >= max(0.0, 230 - price)
        assert call.worth(price, START) >= call.worth(price, START + 10 * 86_400 * NS_PER_SECOND)
        bid, ask = call.touch(price, START)
        assert 0 <= bid < ask
    assert call.worth(250.0, call.expires_at) == 20.0 and put.worth(250.0, call.expires_at) == 0.0
    assert call.expires_at == midnight(date(2026, 12, 18)) + 16 * 3_600 * NS_PER_SECOND


def test_quotes_follow_the_share_and_only_what_is_wanted_is_quoted(desk):
    share = quote(0, 231.9, 100, 232.1, 100, symbol="AAPL")
    found = desk.quotes([share], {CALL, "unknown"})
    assert [(each.symbol, type(each)) for each in found] == [(CALL, OptionQuote)]
    assert found[0].bid_price < desk.contracts[CALL].worth(232.0, START) < found[0].ask_price
    assert desk.quotes([share], {CALL}) == []
    assert [each.symbol for each in desk.quotes([share], {CALL, PUT})] == [PUT]
    assert desk.quotes([quote(0, 0.0, 0, 232.1, 100, symbol="AAPL")], {CALL}) == []
    assert desk.quotes([share], set()) == []


def test_history_is_what_the_stream_told_and_minutes_are_its_bars():
    room = Room()
    room.play(90)
    desk = room.scenarios._programme.options
    streamed = [trade for trade in desk.trades(room.published) if trade.symbol.startswith("AAPL")]
    assert len(streamed) > 60 and all(type(trade) is OptionTrade for trade in streamed)
    record = room.market.records["AAPL"]
    symbols = {trade.symbol for trade in streamed}
    assert len(symbols) > 10
    for symbol in symbols:
        contract = desk.contracts[symbol]
        history = desk.history(contract, record)
        assert [t for t in history if t.ts_event >= START] == [t for t in streamed if t.symbol == symbol]
        minutes = desk.minutes(contract, record, room.market.now())
        whole = [t for t in history if minute_of(t.ts_event) < minute_of(room.market.now())]
        assert len(minutes) == len({minute_of(t.ts_event) for t in whole})
        if whole:
            first = [t for t in whole if minute_of(t.ts_event) == minute_of(whole[0].ts_event)]
            assert minutes.bar(symbol, 0) == bar_of(first)
