"""The feed: a page gets the whole once and then what changed, however many pages ask."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

import orders.feed as feed_module
from orders.feed import KEPT, WINDOW, OrderFeed
from orders.journal import Journal
from tests.unit.orders.samples import ACCOUNT, fill, order


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Iterator[Clock]:
    yield Clock()


def add(journal: Journal, *client_order_ids: str, account_id: str = ACCOUNT) -> None:
    with journal.writing() as rows:
        for client_order_id in client_order_ids:
            rows.add_order(order(client_order_id, account_id=account_id))


def ids(delta: feed_module.FeedDelta) -> list[str]:
    return [each.client_order_id for each in delta.orders]


def test_the_first_answer_is_the_whole_and_newest_first(journal: Journal, clock: Clock) -> None:
    add(journal, "a")
    add(journal, "b")
    delta = OrderFeed(journal, clock).since(ACCOUNT, None)
    assert delta.whole and ids(delta) == ["b", "a"] and delta.change_id == journal.last_change()


def test_then_only_what_changed_comes_newest_first_each_once(journal: Journal, clock: Clock) -> None:
    add(journal, "a", "b", "c")
    feed = OrderFeed(journal, clock)
    start = feed.since(ACCOUNT, None).change_id
    with journal.writing() as rows:
        for _ in range(3):
            rows.change_order("a", ACCOUNT, state="canceled")
        rows.add_fill(fill("1", "2", execution_id="x1"), Decimal(1))
        rows.add_fill(fill("1", "2", execution_id="x2"), Decimal(2))
    add(journal, "d")
    delta = feed.since(ACCOUNT, start, force=True)
    assert not delta.whole and ids(delta) == ["d", "a"] and [f.execution_id for f in delta.fills] == ["x1", "x2"]
    nothing = feed.since(ACCOUNT, delta.change_id, force=True)
    assert not nothing.whole and not nothing.orders and not nothing.fills and nothing.change_id == delta.change_id


def test_other_accounts_stay_unseen(journal: Journal, clock: Clock) -> None:
    feed = OrderFeed(journal, clock)
    start = feed.since(ACCOUNT, None).change_id
    add(journal, "theirs", account_id="another")
    delta = feed.since(ACCOUNT, start, force=True)
    assert not delta.orders and delta.change_id > start
    assert ids(feed.since("another", start, force=True)) == ["theirs"]


@pytest.mark.parametrize("strange", [-1, 10**9, 2**63])
def test_a_page_with_a_number_that_cannot_be_gets_the_whole(journal: Journal, clock: Clock, strange: int) -> None:
    add(journal, "a")
    feed = OrderFeed(journal, clock)
    feed.since(ACCOUNT, None)
    delta = feed.since(ACCOUNT, strange)
    assert delta.whole and ids(delta) == ["a"]


def test_a_page_that_slept_too_long_gets_the_whole(
    journal: Journal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = OrderFeed(journal, clock)
    start = feed.since(ACCOUNT, None).change_id
    with journal.writing() as rows:
        for number in range(KEPT + 10):
            rows.note("order", ACCOUNT, f"gone-{number}")
    for _ in range(4):
        last = feed.since(ACCOUNT, None, force=True)
    assert last.change_id == journal.last_change()
    assert feed.since(ACCOUNT, start).whole
    assert not feed.since(ACCOUNT, last.change_id - KEPT + 1).whole


def test_the_whole_has_a_limit(journal: Journal, clock: Clock) -> None:
    add(journal, *(f"o-{number:04}" for number in range(WINDOW + 5)))
    with journal.writing() as rows:
        for number in range(WINDOW + 5):
            rows.add_fill(fill("1", "2", execution_id=f"x-{number:04}"), Decimal(number))
    delta = OrderFeed(journal, clock).since(ACCOUNT, None)
    assert len(delta.orders) == len(delta.fills) == WINDOW
    assert delta.fills[-1].execution_id == f"x-{WINDOW + 4:04}"


def test_the_journal_is_read_at_most_every_50_ms(journal: Journal, clock: Clock) -> None:
    feed = OrderFeed(journal, clock)
    start = feed.since(ACCOUNT, None).change_id
    clock.now += 1
    assert not feed.since(ACCOUNT, start).orders
    add(journal, "a")
    clock.now += 0.049
    assert not feed.since(ACCOUNT, start).orders
    clock.now += 0.002
    assert ids(feed.since(ACCOUNT, start)) == ["a"]
