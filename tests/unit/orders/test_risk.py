"""The risk check: every reason by itself and all at once, each with its numbers; and exits are never locked in."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account import AccountState
from domain.breaker import BreakerStatus
from domain.order import OrderClass, OrderType, Side, TimeInForce
from domain.phase import Phase
from domain.risk_limits import RiskLimits
from orders import risk
from orders.ticket import Ticket
from tests.unit.orders.samples import ACCOUNT, LIMITS, holding, limit_ticket, order, situation, ticket

MONEY = Decimal(100_000)
BLOCKED = AccountState(ACCOUNT, MONEY, MONEY, MONEY, trading_blocked=True)
POOR = AccountState(ACCOUNT, Decimal(1_000), Decimal(1_000), Decimal(1_000))
CLOSED_BY_BROKER = AccountState(ACCOUNT, MONEY, MONEY, MONEY, account_blocked=True)


def codes(asked: Ticket, **changes: Any) -> list[str]:
    return [denial.code for denial in risk.check(asked, situation(**changes))]


def test_an_ordinary_order_is_let_through() -> None:
    assert codes(ticket()) == [] and codes(ticket(side=Side.SELL)) == []
    assert codes(limit_ticket(Side.BUY, "100")) == []


@pytest.mark.parametrize(
    ("changes", "code", "numbers"),
    [
        ({"reconciled": False}, "NOT_RECONCILED", []),
        ({"phase": Phase.CLOSED}, "MARKET_CLOSED", []),
        ({"account": BLOCKED}, "TRADING_BLOCKED", []),
        ({"account": CLOSED_BY_BROKER}, "TRADING_BLOCKED", []),
        ({"same_ticket_ms_ago": 120.4}, "DUPLICATE_TICKET", ["120 ms", "500 ms"]),
        ({"same_ticket_ms_ago": -3.0}, "DUPLICATE_TICKET", ["3 ms", "500 ms"]),
        ({"under_way": 6}, "TOO_MANY_UNDER_WAY", ["6 orders", "limit 6"]),
        ({"killed_by": "by the file KILL"}, "KILL_SWITCH", ["by the file KILL"]),
        ({"data_fresh": False, "data_age": "31 s"}, "STALE_DATA", ["31 s"]),
        ({"limits": replace(LIMITS, max_order_qty=Decimal(9))}, "MAX_ORDER_QTY", ["10", "9"]),
        ({"limits": replace(LIMITS, max_order_value=Decimal(1000))}, "MAX_ORDER_VALUE", ["1,001.00", "1,000.00"]),
        ({"limits": replace(LIMITS, max_position_pct=Decimal("0.01"))}, "MAX_POSITION", ["1,001.00", "1%", "1,000.00"]),
        ({"equity": Decimal(1_000), "account": POOR}, "MAX_POSITION", ["1,001.00", "1,000.00"]),
        ({"phase": Phase.UNKNOWN}, "MARKET_CLOSED", ["not known"]),
        ({"phase": Phase.EXTENDED}, "MARKET_CLOSED", ["regular hours"]),
        ({"gate_shut": "ALPACA_API_KEY is not a key for live trading"}, "LIVE_GATE", ["ALPACA_API_KEY"]),
        ({"breaker": BreakerStatus(True, 5, "No answer.")}, "CIRCUIT_BREAKER", ["5 orders", "limit 5", "No answer."]),
        ({"stream_breaker": BreakerStatus(True, 12)}, "STREAM_BREAKER", ["12 connections", "limit 10"]),
        ({"equity": Decimal(95_000)}, "MAX_DAILY_LOSS", ["5,000.00", "5.0%", "100,000.00"]),
        ({"trades_today": 20}, "MAX_TRADES_PER_DAY", ["20 orders", "limit 20"]),
        ({"bid": Decimal(0), "ask": Decimal(0), "last": Decimal(0)}, "NO_PRICE", ["AAPL"]),
    ],
)
def test_each_reason_stands_alone_and_says_its_numbers(changes: dict[str, Any], code: str, numbers: list[str]) -> None:
    (denial,) = risk.check(ticket(), situation(**changes))
    assert denial.code == code
    for number in numbers:
        assert number in denial.text


def test_all_reasons_are_told_at_once() -> None:
    everything = {
        **{"reconciled": False, "phase": Phase.CLOSED, "account": BLOCKED, "same_ticket_ms_ago": 1.0, "killed_by": "x"},
        **{"data_fresh": False, "limits": RiskLimits(*(Decimal("0.001"),) * 4), "equity": Decimal(90_000)},
        **{"breaker": BreakerStatus(True, 5), "stream_breaker": BreakerStatus(True, 10), "trades_today": 99},
        **{"gate_shut": "x"},
    }
    found = codes(limit_ticket(Side.BUY, "200"), **everything)
    assert len(found) == len(set(found)) == 15
    text = risk.told(risk.check(limit_ticket(Side.BUY, "200"), situation(**everything)))
    assert text.count(". ") >= 14


@pytest.mark.parametrize(
    ("lost", "denied"), [("4999.99", False), ("5000", True), ("-3000", False), ("0", False), ("100000", True)]
)
def test_the_loss_of_a_day_is_of_the_equity_that_it_began_with(lost: str, denied: bool) -> None:
    found = codes(
        limit_ticket(Side.BUY, "100", 1), equity=MONEY - Decimal(lost), limits=replace(LIMITS, max_position_pct=MONEY)
    )
    assert ("MAX_DAILY_LOSS" in found) is denied


def test_an_account_without_a_yesterday_has_lost_nothing_yet() -> None:
    new = AccountState(ACCOUNT, MONEY, MONEY, Decimal(0))
    assert codes(ticket(), account=new) == []


PHASES: list[tuple[str, dict[str, Any], Phase, bool, list[str]]] = [
    ("day order in extended hours", {}, Phase.EXTENDED, True, ["MARKET_CLOSED"]),
    ("extended order in extended hours", {"extended_hours": True}, Phase.EXTENDED, True, []),
    ("extended order in the session", {"extended_hours": True}, Phase.OPEN, True, []),
    ("extended order at night", {"extended_hours": True}, Phase.CLOSED, True, ["MARKET_CLOSED"]),
    ("extended order when nobody knows", {"extended_hours": True}, Phase.UNKNOWN, True, ["MARKET_CLOSED"]),
    ("not opted in", {"extended_hours": True}, Phase.EXTENDED, False, ["EXTENDED_HOURS"]),
    ("not opted in, open", {"extended_hours": True}, Phase.OPEN, False, ["EXTENDED_HOURS"]),
    ("opening auction at night", {"time_in_force": TimeInForce.OPG}, Phase.CLOSED, False, []),
    ("opening auction before the session", {"time_in_force": TimeInForce.OPG}, Phase.EXTENDED, False, []),
    ("opening auction when nobody knows", {"time_in_force": TimeInForce.OPG}, Phase.UNKNOWN, False, ["MARKET_CLOSED"]),
    ("coin at night", {"symbol": "BTC/USD"}, Phase.CLOSED, False, []),
    ("coin when nobody knows", {"symbol": "BTC/USD"}, Phase.UNKNOWN, False, []),
]


@pytest.mark.parametrize(("changes", "phase", "opted_in", "found"), [c[1:] for c in PHASES], ids=[c[0] for c in PHASES])
def test_hours(changes: dict[str, Any], phase: Phase, opted_in: bool, found: list[str]) -> None:
    limits = replace(LIMITS, allow_extended_hours=opted_in)
    assert codes(replace(limit_ticket(Side.BUY, "100"), **changes), phase=phase, limits=limits) == found


@pytest.mark.parametrize(
    ("ago", "denied"), [(499.9, True), (500.0, False), (0.0, True), (-3_600_000.0, False), (None, False)]
)
def test_the_same_ticket_rests_half_a_second_even_if_the_clock_was_set_back(ago: float | None, denied: bool) -> None:
    assert (codes(ticket(), same_ticket_ms_ago=ago) == ["DUPLICATE_TICKET"]) is denied


COLLAR = [
    (Side.BUY, "105.10", True),
    (Side.BUY, "105.11", False),
    (Side.BUY, "1.00", True),
    (Side.SELL, "94.91", True),
    (Side.SELL, "94.90", False),
    (Side.SELL, "200.00", True),
]


@pytest.mark.parametrize(("side", "price", "fits"), COLLAR)
def test_the_collar_holds_on_both_sides_and_only_against_the_one_who_asks(side: Side, price: str, fits: bool) -> None:
    found = codes(limit_ticket(side, price))
    assert found == ([] if fits else ["PRICE_COLLAR"])


STOP_LIMITS = [
    (Side.BUY, "110", "115.50", True),
    (Side.BUY, "110", "115.51", False),
    (Side.BUY, "90", "105.10", True),
    (Side.SELL, "80", "76.00", True),
    (Side.SELL, "80", "75.99", False),
]


@pytest.mark.parametrize(("side", "stop", "limit", "fits"), STOP_LIMITS)
def test_the_limit_behind_a_stop_is_measured_from_the_stop(side: Side, stop: str, limit: str, fits: bool) -> None:
    asked = replace(limit_ticket(side, limit), type=OrderType.STOP_LIMIT, stop_price=Decimal(stop))
    assert codes(asked) == ([] if fits else ["PRICE_COLLAR"])


def test_what_is_sold_already_is_not_sold_again_while_its_fill_is_on_its_way() -> None:
    """The answer to a close said `filled`, the fill itself was lost on the stream: a second close would sell short."""
    held = {"position": holding(10), "unbooked": Decimal(-10)}
    (denial,) = risk.check(ticket(side=Side.SELL), situation(**held))
    assert denial.code == "FILL_PENDING" and "10 AAPL" in denial.text
    assert codes(ticket(side=Side.SELL, qty=Decimal(4)), position=holding(10), unbooked=Decimal(-6)) == []
    assert codes(ticket(side=Side.SELL, qty=Decimal(5)), position=holding(10), unbooked=Decimal(-6)) == ["FILL_PENDING"]


def test_fills_on_their_way_count_towards_the_position() -> None:
    tight = {"limits": replace(LIMITS, max_position_pct=Decimal("0.02"))}
    assert codes(ticket(), **tight, unbooked=Decimal(10)) == ["MAX_POSITION"]
    assert codes(ticket(), **tight, position=holding(9), unbooked=Decimal(-9)) == []
    assert codes(ticket(), **tight, position=holding(10), unbooked=Decimal(-10)) == ["MAX_POSITION"]


@pytest.mark.parametrize("kind", [OrderClass.BRACKET, OrderClass.OTO])
def test_an_order_that_brings_others_is_no_exit(kind: OrderClass) -> None:
    assert not risk.is_exit(ticket(side=Side.SELL, order_class=kind), situation(position=holding(10)))
    assert risk.is_exit(ticket(side=Side.SELL, order_class=OrderClass.OCO), situation(position=holding(10)))


def test_the_price_is_the_far_side_of_the_quote_and_the_last_trade_without_one() -> None:
    now = situation()
    assert (now.far_price(Side.BUY), now.far_price(Side.SELL)) == (Decimal("100.10"), Decimal("99.90"))
    bare = situation(bid=Decimal(0), ask=Decimal(0))
    assert bare.far_price(Side.BUY) == bare.far_price(Side.SELL) == 100


def test_a_sale_far_below_the_market_is_valued_at_the_market() -> None:
    """It would be filled at the bid: 10 shares at 99.90, whatever the limit says."""
    cheap = limit_ticket(Side.SELL, "95.00")
    assert codes(cheap, limits=replace(LIMITS, max_order_value=Decimal(960))) == ["MAX_ORDER_VALUE"]
    assert risk.reserved(cheap, situation()) == Decimal("999.00")
    assert risk.reserved(limit_ticket(Side.SELL, "120"), situation()) == 1200
    assert risk.reserved(limit_ticket(Side.BUY, "95"), situation()) == 950


def test_a_market_order_reserves_the_collar_on_top() -> None:
    assert risk.reserved(ticket(), situation()) == Decimal("1051.050")


@pytest.mark.parametrize(
    "state", ["intent", "sending", "unknown", "new", "partially_filled", "pending_cancel", "odd_new_word"]
)
def test_what_is_open_or_unknown_counts_towards_the_position(state: str) -> None:
    waiting = order("td-2", state=state, qty=Decimal(90), filled_qty=Decimal(40))
    tight = {"limits": replace(LIMITS, max_position_pct=Decimal("0.06")), "open_orders": [waiting]}
    assert codes(ticket(), **tight) == ["MAX_POSITION"]
    assert codes(ticket(side=Side.SELL), **tight) == []


@pytest.mark.parametrize("state", ["filled", "canceled", "expired", "rejected", "denied", "not_placed", "replaced"])
def test_what_is_done_does_not_count(state: str) -> None:
    assert order(state=state).remaining == 0


def test_a_short_position_has_the_same_limit() -> None:
    tight = {"limits": replace(LIMITS, max_position_pct=Decimal("0.02")), "position": holding(-15)}
    assert codes(ticket(side=Side.SELL), **tight) == ["MAX_POSITION"]
    assert codes(ticket(side=Side.SELL, qty=Decimal(5)), **tight) == []


LOCKED: dict[str, Any] = {
    **{"killed_by": "by KILL_SWITCH", "data_fresh": False, "bid": Decimal(0), "ask": Decimal(0), "last": Decimal(0)},
    **{"limits": RiskLimits(*(Decimal("0.001"),) * 4), "equity": Decimal(0), "trades_today": 20_000},
    **{"breaker": BreakerStatus(True, 5), "stream_breaker": BreakerStatus(True, 10)},
}


@pytest.mark.parametrize(("held", "side"), [(10, Side.SELL), (-10, Side.BUY), (11, Side.SELL)])
def test_an_exit_is_let_through_whatever_locks_entries(held: int, side: Side) -> None:
    assert codes(ticket(side=side), **LOCKED, position=holding(held)) == []
    spared = {denial.code for denial in risk.spared(ticket(side=side), situation(**LOCKED, position=holding(held)))}
    day = {"MAX_DAILY_LOSS", "MAX_TRADES_PER_DAY", "CIRCUIT_BREAKER", "STREAM_BREAKER"}
    assert spared == {"KILL_SWITCH", "STALE_DATA", "MAX_ORDER_QTY", "NO_PRICE", *day}


def test_an_exit_keeps_hours_reconcile_and_duplicate() -> None:
    held = {"position": holding(10), "reconciled": False, "phase": Phase.CLOSED, "same_ticket_ms_ago": 5.0}
    assert codes(ticket(side=Side.SELL), **held) == ["NOT_RECONCILED", "MARKET_CLOSED", "DUPLICATE_TICKET"]


def waiting_exit(qty: int, filled: int = 0, **changes: Any) -> Any:
    return order("td-2", side=Side.SELL, qty=Decimal(qty), filled_qty=Decimal(filled), **changes)


EXITS: list[tuple[str, Ticket, int, list[Any], bool]] = [
    ("exactly all", ticket(side=Side.SELL), 10, [], True),
    ("more than all", ticket(side=Side.SELL, qty=Decimal(11)), 10, [], False),
    ("flat", ticket(side=Side.SELL), 0, [], False),
    ("adds", ticket(), 10, [], False),
    ("adds to short", ticket(side=Side.SELL), -10, [], False),
    ("beside an open exit", ticket(side=Side.SELL, qty=Decimal(4)), 10, [waiting_exit(6)], True),
    ("one share too many", ticket(side=Side.SELL, qty=Decimal(5)), 10, [waiting_exit(6)], False),
    ("filled part is gone already", ticket(side=Side.SELL, qty=Decimal(5)), 10, [waiting_exit(6, 1)], True),
    ("an unknown exit counts", ticket(side=Side.SELL, qty=Decimal(5)), 10, [waiting_exit(6, state="unknown")], False),
    ("of another symbol", ticket(side=Side.SELL), 10, [waiting_exit(6, symbol="MSFT")], True),
    ("an open entry", ticket(side=Side.SELL), 10, [order("td-2")], True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "held", "waiting", "exit_"), [case[1:] for case in EXITS], ids=[case[0] for case in EXITS]
)
def test_what_counts_as_an_exit(asked: Ticket, held: int, waiting: list[Any], exit_: bool) -> None:
    assert risk.is_exit(asked, situation(position=holding(held), open_orders=waiting)) is exit_


QTYS = st.integers(1, 30)


@given(st.integers(-30, 30), st.sampled_from(Side), QTYS, st.lists(st.tuples(st.sampled_from(Side), QTYS), max_size=4))
def test_an_exit_never_turns_or_grows_a_position_in_whatever_order_things_fill(
    held: int, side: Side, qty: int, waiting: list[tuple[Side, int]]
) -> None:
    rows = [order(f"td-{n}", side=each, qty=Decimal(size)) for n, (each, size) in enumerate(waiting)]
    if not risk.is_exit(ticket(side=side, qty=Decimal(qty)), situation(position=holding(held), open_orders=rows)):
        return
    same_side = sum(size for each, size in waiting if each is side)
    after = held + side.sign * (qty + same_side)
    assert after * held >= 0 and abs(after) < abs(held)


@given(st.integers(-200, 200), st.sampled_from(Side), st.integers(1, 200), st.integers(1, 200), st.booleans())
def test_no_entry_that_is_let_through_can_pass_the_position_limit(
    held: int, side: Side, qty: int, waiting: int, limit: bool
) -> None:
    asked = replace(ticket(side=side, qty=Decimal(qty)), type=OrderType.LIMIT if limit else OrderType.MARKET)
    asked = replace(asked, limit_price=Decimal(100) if limit else None)
    open_ = [order("td-2", side=side, qty=Decimal(waiting))]
    now = situation(position=holding(held), open_orders=open_, equity=Decimal(10_000))
    if risk.check(asked, now) or risk.is_exit(asked, now):
        return
    assert abs(held + side.sign * (qty + waiting)) * Decimal("99.9") <= 10_000


def test_an_exit_passes_orders_that_wait_for_the_broker_up_to_a_bound() -> None:
    exit_of = ticket(side=Side.SELL)
    assert codes(exit_of, position=holding(10, 1000), under_way=7) == []
    assert codes(exit_of, position=holding(10, 1000), under_way=8) == ["TOO_MANY_UNDER_WAY"]
    assert codes(ticket(), under_way=5) == []
