"""Updates: in whatever order and however often they come, a fill counts once and a done order stays done."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.fill import Fill
from domain.order import DENIED, NOT_PLACED, SENDING, UNKNOWN, BrokerOrder, Order, Side, TradeUpdate
from orders.breaker import breaker_status
from orders.journal import Journal
from orders.updates import REJECTED_LATER, take_fill, take_order, take_update
from tests.unit.orders.samples import ACCOUNT, filled, order, told, values


def begin(journal: Journal, **changes: Any) -> None:
    with journal.writing() as rows:
        rows.add_order(order(**changes))


def take(journal: Journal, *news: TradeUpdate | BrokerOrder) -> Order:
    with journal.writing() as rows:
        for each in news:
            if isinstance(each, TradeUpdate):
                take_update(rows, ACCOUNT, each)
            else:
                take_order(rows, ACCOUNT, each)
    found = journal.order("td-1")
    assert found is not None
    return found


def held(journal: Journal) -> Decimal:
    position = journal.positions(ACCOUNT).get("AAPL")
    return position.qty if position else Decimal(0)


def by_rest(qty: str, cum: str, execution_id: str) -> tuple[Fill, Decimal]:
    made = Fill(execution_id, ACCOUNT, "td-1", "B-1", "AAPL", Side.BUY, Decimal(qty), Decimal(100), 1)
    return made, Decimal(cum)


PARTS = [filled("3", "3", "x1"), filled("2", "5", "x2"), filled("5", "10", "x3")]


@pytest.mark.parametrize(
    "arrival", list(itertools.permutations(PARTS)), ids=lambda parts: "-".join(p.execution_id for p in parts)
)
def test_partial_fills_count_in_any_order_of_arrival(journal: Journal, arrival: tuple[TradeUpdate, ...]) -> None:
    begin(journal)
    end = take(journal, *arrival, *arrival)
    assert values(end.state, end.filled_qty, held(journal), len(journal.fills(ACCOUNT))) == ("filled", 10, 10, 3)


@pytest.mark.parametrize("missing", range(3))
def test_a_fill_that_the_stream_lost_is_found_by_rest_and_no_other_counts_again(journal: Journal, missing: int) -> None:
    begin(journal)
    take(journal, *(part for number, part in enumerate(PARTS) if number != missing))
    with journal.writing() as rows:
        for qty, cum, execution_id in (("3", "3", "a1"), ("2", "5", "a2"), ("5", "10", "a3")):
            take_fill(rows, *by_rest(qty, cum, execution_id))
    assert held(journal) == 10 and len(journal.fills(ACCOUNT)) == 3


def test_the_same_execution_counts_once_by_its_id_even_if_it_is_told_with_another_quantity(journal: Journal) -> None:
    begin(journal)
    take(journal, filled("3", "3", "x1"), filled("3", "6", "x1"))
    assert held(journal) == 3


def test_fills_without_an_id_are_told_apart_by_how_much_was_filled(journal: Journal) -> None:
    begin(journal)
    part, more = filled("3", "3"), filled("3", "6")
    take(journal, part, part, more, more)
    assert held(journal) == 6 and len(journal.fills(ACCOUNT)) == 2


@pytest.mark.parametrize("end", ["filled", "canceled", "expired", "rejected", "replaced"])
@pytest.mark.parametrize(
    "late", ["new", "accepted", "pending_new", "pending_cancel", "partially_filled", "odd_new_word"]
)
def test_a_done_order_never_works_again(journal: Journal, end: str, late: str) -> None:
    begin(journal, state=end, filled_qty=Decimal(10 if end == "filled" else 0))
    assert take(journal, told(status=late)).state == end


def test_a_filled_order_stays_filled_whatever_else_is_said(journal: Journal) -> None:
    begin(journal)
    assert take(journal, filled("10", "10", "x"), told(status="canceled")).state == "filled"


def test_a_fill_after_the_cancel_counts_and_fills_the_order(journal: Journal) -> None:
    begin(journal)
    end = take(journal, told(status="canceled"), filled("10", "10", "x"))
    assert values(end.state, end.filled_qty, held(journal)) == ("filled", 10, 10)


def test_a_partial_fill_after_the_cancel_counts_and_the_order_stays_canceled(journal: Journal) -> None:
    begin(journal)
    end = take(journal, told(status="canceled"), filled("4", "4", "x"))
    assert values(end.state, end.filled_qty, held(journal), end.remaining) == ("canceled", 4, 4, 0)


def test_a_cancel_that_was_told_before_the_last_fill_it_knew_of_still_ends_the_order(journal: Journal) -> None:
    begin(journal)
    end = take(journal, filled("5", "5", "x"), told(status="canceled", filled_qty=Decimal(3)))
    assert values(end.state, end.filled_qty) == ("canceled", 5)


def test_the_slow_answer_to_the_post_does_not_turn_a_working_order_back(journal: Journal) -> None:
    begin(journal, state=SENDING, order_id="")
    assert take(journal, told(status="new"), told(status="pending_new"), told(status="accepted")).state == "new"


def test_an_older_word_changes_neither_quantity_nor_average(journal: Journal) -> None:
    begin(journal)
    news = filled("3", "3", "x1", "100"), filled("2", "5", "x2", "104")
    end = take(journal, news[1], news[0])
    assert values(end.filled_qty, end.filled_avg_price) == (5, 104)


@pytest.mark.parametrize("state", [UNKNOWN, SENDING, NOT_PLACED])
def test_what_the_broker_has_after_all_is_alive_and_its_reason_is_gone(journal: Journal, state: str) -> None:
    begin(journal, state=state, order_id="", reason="Nobody knows.")
    end = take(journal, told(status="new"))
    assert values(end.state, end.order_id, end.reason, end.remaining) == ("new", "B-1", "", 10)


def test_a_denied_order_stays_denied(journal: Journal) -> None:
    begin(journal, state=DENIED, reason="Too large.")
    assert take(journal, told(status="new")).state == DENIED


def test_an_order_from_elsewhere_is_written_down_as_external_with_its_fills(journal: Journal) -> None:
    end = take(journal, filled("4", "4", "x"), filled("4", "4", "x"))
    assert values(end.external, end.state, end.filled_qty, end.account_id) == (True, "partially_filled", 4, ACCOUNT)
    assert held(journal) == 4 and end.remaining == 6


def test_an_id_that_somebody_used_on_two_accounts_stays_two_orders(journal: Journal) -> None:
    begin(journal, account_id="another", state="filled", filled_qty=Decimal(10))
    with journal.writing() as rows:
        for _ in range(2):
            take_update(rows, ACCOUNT, filled("4", "4", "x"))
    other = journal.order("td-1")
    assert other and values(other.account_id, other.state, other.filled_qty) == ("another", "filled", 10)
    (mine,) = journal.orders(ACCOUNT)
    assert values(mine.filled_qty, mine.order_id, mine.external) == (4, "B-1", True)
    assert held(journal) == 4


@pytest.mark.parametrize("event", ["trade_bust", "trade_correct", "restated", "odd_new_word"])
def test_only_fills_move_a_position(journal: Journal, event: str) -> None:
    begin(journal)
    take(journal, replace(filled("4", "4", "x"), event=event))
    assert held(journal) == 0


def test_a_repeated_word_writes_nothing(journal: Journal) -> None:
    begin(journal)
    take(journal, told(status="new"), filled("4", "4", "x"))
    before = journal.last_change()
    take(journal, filled("4", "4", "x"), filled("4", "4", "x"))
    assert journal.last_change() == before


LEGS = (
    told(
        "leg-gain", order_id="G", side=Side.SELL, type="limit", limit_price=Decimal(105), parent_id="B-1", status="held"
    ),
    told("leg-loss", order_id="L", side=Side.SELL, type="stop", stop_price=Decimal(95), parent_id="B-1", status="held"),
)


def state_of(journal: Journal, client_order_id: str) -> str:
    found = journal.order(client_order_id)
    assert found is not None
    return found.state


def test_legs_become_orders_of_their_own_under_our_parent(journal: Journal) -> None:
    begin(journal, state=SENDING, order_id="")
    take(journal, told(status="new", legs=LEGS), told(status="new", legs=LEGS))
    legs = {each.client_order_id: each for each in journal.orders(ACCOUNT) if each.parent_id == "B-1"}
    assert set(legs) == {"leg-gain", "leg-loss"} and not any(leg.external for leg in legs.values())
    assert values(legs["leg-gain"].limit_price, legs["leg-loss"].stop_price) == (105, 95)
    assert {leg.state for leg in legs.values()} == {"held"}


def test_legs_of_an_order_from_elsewhere_are_from_elsewhere_too(journal: Journal) -> None:
    take(journal, told(status="new", legs=LEGS))
    assert [each.external for each in journal.orders(ACCOUNT)] == [True] * 3


def test_a_leg_that_came_before_its_parent_told_of_it_finds_its_place(journal: Journal) -> None:
    """The stream tells of legs one by one, without their parent."""
    begin(journal)
    take(
        journal, replace(LEGS[0], parent_id="", status="new"), told(status="filled", filled_qty=Decimal(10), legs=LEGS)
    )
    leg = journal.order("leg-gain")
    assert leg and values(leg.parent_id, leg.external, leg.state) == ("B-1", False, "new")


def test_a_leg_that_lives_is_not_held_again_by_a_slow_answer(journal: Journal) -> None:
    begin(journal, state=SENDING, order_id="")
    take(journal, told(legs=LEGS), replace(LEGS[0], parent_id="", status="new"), told(legs=LEGS))
    assert values(state_of(journal, "leg-gain"), state_of(journal, "leg-loss")) == ("new", "held")
    leg = journal.order("leg-gain")
    assert leg and leg.parent_id == "B-1"


def test_a_fill_of_a_leg_moves_the_position(journal: Journal) -> None:
    begin(journal)
    take(journal, filled("10", "10", "x1"), told(status="filled", filled_qty=Decimal(10), legs=LEGS))
    out = replace(LEGS[0], parent_id="", status="filled", filled_qty=Decimal(10), filled_avg_price=Decimal(105))
    take(journal, TradeUpdate("fill", out, 2, "x2", Decimal(105), Decimal(10)))
    assert held(journal) == 0 and state_of(journal, "leg-gain") == "filled"


NEW: dict[str, Any] = {"order_id": "B-2", "replaces": "B-1", "qty": Decimal(8)}
"""What replaces B-1."""


def test_the_old_order_is_replaced_and_the_new_one_takes_over(journal: Journal) -> None:
    begin(journal)
    begin(journal, client_order_id="td-2", state=SENDING, order_id="", replaces="B-1", qty=Decimal(8))
    take(journal, told("td-2", status="new", **NEW), told(status="replaced", replaced_by="B-2"))
    old, new = journal.order("td-1"), journal.order("td-2")
    assert old and new and values(old.state, old.replaced_by, old.remaining) == ("replaced", "B-2", 0)
    assert values(new.state, new.replaces, new.order_id, new.remaining) == ("new", "B-1", "B-2", 8)


def test_both_count_until_the_broker_says_that_one_is_replaced(journal: Journal) -> None:
    begin(journal)
    begin(journal, client_order_id="td-2", state=UNKNOWN, order_id="", replaces="B-1")
    assert {each.client_order_id for each in journal.open_orders(ACCOUNT)} == {"td-1", "td-2"}


def test_a_late_fill_of_a_replaced_order_counts(journal: Journal) -> None:
    begin(journal)
    end = take(journal, told(status="replaced", replaced_by="B-2"), filled("4", "4", "x"))
    assert values(end.state, end.filled_qty, held(journal)) == ("replaced", 4, 4)


@pytest.mark.parametrize(
    "event",
    [
        TradeUpdate("order_replace_rejected", told(status="new"), 1),
        TradeUpdate("order_replace_rejected", told("td-2", status="accepted", **NEW), 1),
        TradeUpdate("order_replace_rejected", told("td-2", status="rejected", **NEW), 1),
        TradeUpdate("rejected", told("td-2", status="rejected", **NEW), 1),
    ],
    ids=["tells of the old", "tells of the new", "and that it is rejected", "plainly"],
)
def test_a_replacement_that_the_broker_refuses_ends_and_the_old_order_works_on(
    journal: Journal, event: TradeUpdate
) -> None:
    begin(journal)
    begin(journal, client_order_id="td-2", state="pending_new", order_id="B-2", replaces="B-1")
    assert take(journal, event).state == "new"
    assert state_of(journal, "td-2") == "rejected"


@pytest.mark.parametrize("word", ["held", "done_for_day", "pending_replace", "pending_cancel", "stopped", "calculated"])
def test_an_order_that_waits_still_counts(journal: Journal, word: str) -> None:
    begin(journal, state="accepted")
    end = take(journal, told(status=word))
    assert values(end.state, end.remaining) == (word, 10)


@pytest.mark.parametrize(("word", "last"), [("expired", "expired"), ("canceled", "canceled"), ("rejected", "rejected")])
def test_an_end_is_an_end_also_from_the_end_of_a_day(journal: Journal, word: str, last: str) -> None:
    begin(journal)
    end = take(journal, told(status="done_for_day"), TradeUpdate(word, told(status=word), 1))
    assert values(end.state, end.remaining) == (last, 0)


def test_an_order_for_an_amount_of_money_learns_its_quantity_when_it_is_done(journal: Journal) -> None:
    money: dict[str, Any] = {"notional": Decimal(500), "qty": Decimal(0)}
    begin(journal, **money)
    part = told(status="partially_filled", filled_qty=Decimal("1.5"), **{**money, "qty": Decimal("1.5")})
    assert values(take(journal, part).qty, take(journal, part).remaining) == (0, 0)
    done = replace(part, status="filled", filled_qty=Decimal("4.9"))
    assert take(journal, done).qty == Decimal("4.9")


def test_the_broker_moves_the_stop_of_a_trailing_stop_and_of_no_other(journal: Journal) -> None:
    begin(journal, type="trailing_stop", trail_price=Decimal(1))
    assert take(journal, told(stop_price=Decimal(99))).stop_price == 99
    begin(journal, client_order_id="td-2", type="stop", stop_price=Decimal(90))
    take(journal, told("td-2", stop_price=Decimal(99)))
    (other,) = (each for each in journal.orders(ACCOUNT) if each.type == "stop")
    assert values(other.stop_price) == (90,)


def test_an_order_from_elsewhere_keeps_every_field(journal: Journal) -> None:
    fields: dict[str, Any] = {
        "trail_percent": Decimal(2),
        "notional": Decimal(100),
        "extended_hours": True,
        "order_class": "oto",
    }
    end = take(journal, told(status="new", replaces="B-0", **fields))
    assert {name: getattr(end, name) for name in fields} == fields
    assert values(end.replaces, end.external, end.qty) == ("B-0", True, 0)


STEPS = st.lists(st.integers(1, 4), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=STEPS, chance=st.randoms(use_true_random=False))
def test_any_mix_of_stream_and_rest_books_what_was_executed(journal: Journal, sizes: list[int], chance: Any) -> None:
    """Every execution comes once to three times, by either way, under either id, shuffled; at least once by some way."""
    account = f"{ACCOUNT}-{journal.last_change()}"
    ends = list(itertools.accumulate(sizes))
    arrivals = []
    for number, (size, end) in enumerate(zip(sizes, ends, strict=True)):
        for _ in range(chance.randint(1, 3)):
            execution_id = chance.choice([f"{account}-{number}", f"activity-{account}-{number}"])
            arrivals.append(
                (Fill(execution_id, account, account, "B", "AAPL", Side.BUY, Decimal(size), Decimal(7), 1), end)
            )
    chance.shuffle(arrivals)
    with journal.writing() as rows:
        for each, end in arrivals:
            take_fill(rows, each, Decimal(end))
    assert journal.positions(account)["AAPL"].qty == sum(sizes)
    assert len(journal.fills(account)) == len(sizes)


def failures(journal: Journal) -> int:
    return breaker_status(journal, ACCOUNT).failures


@pytest.mark.parametrize("state", [SENDING, "pending_new", "accepted", "new", "partially_filled"])
def test_a_rejection_that_only_the_stream_tells_counts_once_for_the_breaker(journal: Journal, state: str) -> None:
    begin(journal, state=state)
    end = take(journal, *[told(status="rejected")] * 3, told(status="canceled"), told(status="rejected"))
    assert failures(journal) == 1 and end.reason == REJECTED_LATER


@pytest.mark.parametrize(
    "changes", [{"state": UNKNOWN}, {"state": "rejected"}, {"external": True}, {"parent_id": "P", "state": "held"}]
)
def test_what_was_counted_before_or_is_not_our_sending_does_not_count(journal: Journal, changes: Any) -> None:
    begin(journal, **changes)
    take(journal, told(status="rejected"))
    assert failures(journal) == 0


def test_a_change_that_the_broker_refuses_by_the_stream_counts_once(journal: Journal) -> None:
    begin(journal)
    with journal.writing() as rows:
        rows.add_order(order("td-2", order_id="B-2", state="pending_new", replaces="B-1"))
    refused = TradeUpdate("order_replace_rejected", told(), 1)
    take(journal, refused, refused)
    assert failures(journal) == 1 and state_of(journal, "td-2") == "rejected"


def test_a_leg_that_is_told_by_itself_with_its_parent_goes_with_it(journal: Journal) -> None:
    """As a list tells of it, after the stream told of it alone."""
    begin(journal)
    take(journal, replace(LEGS[0], parent_id=""), LEGS[0], LEGS[1])
    found = [journal.order(leg.client_order_id) for leg in LEGS]
    assert [(leg.external, leg.parent_id) for leg in found if leg] == [(False, "B-1")] * 2
    take(journal, replace(LEGS[0], client_order_id="stranger", order_id="S", parent_id="nobody knows"))
    stranger = journal.order("stranger")
    assert stranger and stranger.external


def test_an_event_that_refused_another_change_is_put_right_by_the_brokers_word(journal: Journal) -> None:
    begin(journal)
    with journal.writing() as rows:
        rows.add_order(order("td-2", order_id="", state=SENDING, replaces="B-1"))
    take(journal, TradeUpdate("order_replace_rejected", told(), 1), told("td-2", order_id="B-2", status="pending_new"))
    assert state_of(journal, "td-2") == "rejected", "a slow answer may still say so"
    take(journal, told("td-2", order_id="B-2", status="new"), told("td-2", order_id="B-2", status="canceled"))
    assert state_of(journal, "td-2") == "canceled"
