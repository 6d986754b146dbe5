"""The history of an account: which points there are, and that each is cash and positions at the prices of its moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.nyse_hours import NyseHours
from domain.session import NEW_YORK, NS_PER_SECOND, to_ns
from simulator.hours import AlwaysOpen
from simulator.margin import Margin
from simulator.portfolio_history import PortfolioHistory, closes_of
from simulator.portfolio_query import PortfolioQuery
from simulator.rejection import Rejection
from simulator.timeframe import Timeframe
from tests.unit.simulator.room import Room

FRIDAY = to_ns(datetime(2026, 11, 27, 12, 0, 30, tzinfo=NEW_YORK))  # the day after Thanksgiving: it ends at 13:00


@pytest.fixture(scope="module")
def nyse() -> NyseHours:
    return NyseHours()


def stamps(nyse: NyseHours, now: int = FRIDAY, **parameters: str) -> list[datetime]:
    windows = PortfolioQuery.parse(parameters, now).windows(nyse)
    return [datetime.fromtimestamp(window.stamp / 1e9, NEW_YORK) for window in windows]


def test_a_day_has_the_minutes_of_its_session_so_far(nyse):
    found = stamps(nyse, period="1D")
    assert (found[0].hour, found[0].minute, len(found)) == (9, 30, 151)
    assert found[-1] - found[-2] == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("reporting", "first", "count"),
    [("market_hours", "09:30", 4), ("extended_hours", "04:00", 13), ("continuous", "00:00", 24)],
)
def test_hours_before_and_after_the_session_are_told_if_asked_for(nyse, reporting, first, count):
    evening = FRIDAY + 11 * 3_600 * NS_PER_SECOND
    found = stamps(nyse, evening, period="1D", timeframe="1H", intraday_reporting=reporting)
    assert (f"{found[0]:%H:%M}", len(found)) == (first, count)


def test_days_are_trading_days_stamped_with_their_evening(nyse):
    found = stamps(nyse, period="1W")
    assert [f"{each:%m-%d}" for each in stamps(nyse, period="1W", timeframe="1D")] == [
        "11-23",
        "11-24",
        "11-25",
        "11-27",
    ]
    assert stamps(nyse, timeframe="1D")[-1].hour == 20
    assert (found[1] - found[0]) == timedelta(minutes=15)


@pytest.mark.parametrize(
    "parameters",
    [
        {"period": "1X"},
        {"period": "0D"},
        {"period": "999A"},
        {"start": "0001-01-01"},
        {"timeframe": "2Min"},
        {"period": "2M", "timeframe": "1H"},
        {"start": "2026-11-02", "end": "2026-11-01"},
        {"start": "x"},
        {"start": "2026-11-01", "end": "2026-11-02", "period": "1D"},
        {"intraday_reporting": "always"},
        {"pnl_reset": "never"},
    ],
)
def test_what_cannot_be_asked_is_422(parameters):
    with pytest.raises(Rejection) as caught:
        PortfolioQuery.parse(parameters, FRIDAY)
    assert (caught.value.status, caught.value.code) == (422, 40010001)


def test_defaults_follow_the_period():
    frames = {
        period: PortfolioQuery.parse({"period": period}, FRIDAY).timeframe for period in ("6D", "7D", "29D", "1M", "1A")
    }
    assert frames == {"6D": "1Min", "7D": "15Min", "29D": "15Min", "1M": "1D", "1A": "1D"}


def history(room: Room, trader) -> PortfolioHistory:
    return PortfolioHistory(
        trader,
        Margin(trader, room.floor.prices).equity,
        room.market.now(),
        lambda name: closes_of(*room.floor.prices.bars(name)),
    )


def test_every_point_is_cash_and_positions_at_the_close_of_its_minute():
    room = Room()
    trader = room.trader()
    room.play(70)
    room.order(trader, "buy", 10)
    bought = trader.executions
    room.play(130)
    room.order(trader, "sell", 4)
    room.play(60)
    query = PortfolioQuery.parse({"period": "1D", "timeframe": "1Min"}, room.market.now())
    windows = [each for each in query.windows(AlwaysOpen()) if each.ends_at > trader.row.created_at]
    answer = history(room, trader).answer(query, windows)
    assert len(answer["timestamp"]) == len(windows) == 5
    closes = room.market.bars("AAPL", Timeframe(1, "Min"))
    for window, equity in list(zip(windows, answer["equity"], strict=True))[:-1]:
        done = [each for each in bought if each.ts_event <= window.ends_at]
        cash = 100_000 - sum(float(each.qty * each.price) * each.sign for each in done)
        held = sum(float(each.qty) * each.sign for each in done)
        close = closes.between(window.stamp, window.stamp).close[0]
        assert equity == pytest.approx(cash + held * close, abs=0.005)
    assert answer["equity"][-1] == pytest.approx(float(Margin(trader, room.floor.prices).equity), abs=0.005)
    assert answer["profit_loss"] == [round(each - 100_000, 2) for each in answer["equity"]]
    assert answer["profit_loss_pct"][-1] == pytest.approx(answer["profit_loss"][-1] / 100_000, abs=1e-6)
    assert answer["base_value"] == 100_000 and answer["equity"][0] == 100_000


def test_an_account_that_has_just_been_opened_has_one_point():
    room = Room()
    trader = room.trader(5_000)
    query = PortfolioQuery.parse({}, room.market.now())
    answer = history(room, trader).answer(query, query.windows(AlwaysOpen()))
    assert answer["equity"] == [5_000.0] and answer["profit_loss_pct"] == [0.0]
    day = datetime.fromtimestamp(answer["timestamp"][0], UTC).astimezone(NEW_YORK)
    assert (day.hour, f"{day:%Y-%m-%d}") == (20, answer["base_value_asof"])
