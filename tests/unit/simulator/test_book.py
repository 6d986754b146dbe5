"""The order book: price first, then time; shares are neither made nor lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.book import Book
from simulator.order import Order, Side

SIDES = st.sampled_from([Side.BUY, Side.SELL])
ENTRIES = st.lists(st.tuples(SIDES, st.integers(95, 105), st.integers(1, 300), st.booleans(), st.integers(0, 20)))


def order(number: int, side: Side, price: int, quantity: int) -> Order:
    return Order(number, f"owner-{number}", side, price, quantity)


def test_the_better_price_is_filled_first_and_at_its_own_price():
    book = Book()
    book.submit(order(1, Side.SELL, 102, 100))
    book.submit(order(2, Side.SELL, 101, 100))
    fills = book.submit(order(3, Side.BUY, 105, 150))
    assert [(fill.price, fill.quantity, fill.resting.order_id) for fill in fills] == [(101, 100, 2), (102, 50, 1)]
    assert book.touch() == (0, 0, 102, 50)


def test_at_one_price_the_older_order_is_filled_first_whoever_owns_it():
    book = Book()
    for number in (1, 2, 3):
        book.submit(order(number, Side.BUY, 100, 100))
    fills = book.submit(order(4, Side.SELL, 100, 250))
    assert [fill.resting.order_id for fill in fills] == [1, 2, 3]
    assert [fill.quantity for fill in fills] == [100, 100, 50]


def test_a_partly_filled_order_keeps_its_place():
    book = Book()
    book.submit(order(1, Side.BUY, 100, 100))
    book.submit(order(2, Side.BUY, 100, 100))
    book.submit(order(3, Side.SELL, 100, 40))
    (fill,) = book.submit(order(4, Side.SELL, 100, 60))
    assert fill.resting.order_id == 1


def test_what_may_not_rest_is_dropped():
    book = Book()
    book.submit(order(1, Side.SELL, 100, 50))
    incoming = order(2, Side.BUY, 100, 80)
    book.submit(incoming, rest=False)
    assert incoming.remaining == 30
    assert book.touch() == (0, 0, 0, 0)


def test_a_canceled_order_leaves_nothing_behind():
    book = Book()
    book.submit(order(1, Side.SELL, 100, 50))
    assert book.cancel(1) is not None
    assert book.cancel(1) is None
    assert book.submit(order(2, Side.BUY, 100, 50)) == []


@settings(max_examples=150, deadline=None)
@given(ENTRIES)
def test_no_share_is_made_or_lost_and_the_book_is_never_crossed(entries):
    book = Book()
    placed: dict[int, tuple[Order, int]] = {}
    traded: dict[int, int] = {}
    withdrawn: set[int] = set()
    for number, (side, price, quantity, rest, cancel) in enumerate(entries):
        new = order(number, side, price, quantity)
        placed[number] = (new, quantity)
        for fill in book.submit(new, rest=rest):
            for part in (fill.resting, fill.incoming):
                traded[part.order_id] = traded.get(part.order_id, 0) + fill.quantity
            assert (new.price - fill.price) * new.side >= 0
        if not rest:
            withdrawn.add(number)
        if book.cancel(cancel):
            withdrawn.add(cancel)
        bid, bid_size, ask, ask_size = book.touch()
        assert not bid or not ask or bid < ask
        assert (bid > 0) == (bid_size > 0) and (ask > 0) == (ask_size > 0)
    for number, (done, quantity) in placed.items():
        assert done.remaining == quantity - traded.get(number, 0)
    resting = [found for side in Side for found in book.orders(side)]
    assert {found.order_id for found in resting} == {
        number for number, (done, _) in placed.items() if done.remaining and number not in withdrawn
    }
    for side in Side:
        by_price: dict[int, int] = {}
        for found in book.orders(side):
            by_price[found.price] = by_price.get(found.price, 0) + found.remaining
        assert all(book.quantity(side, price) == total for price, total in by_price.items())
        assert list(by_price) == sorted(by_price, reverse=side is Side.BUY)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(95, 100), st.integers(1, 100)), min_size=1), st.integers(1, 2_000))
def test_fills_come_in_the_order_of_price_and_time(bids, quantity):
    book = Book()
    for number, (price, size) in enumerate(bids):
        book.submit(order(number, Side.BUY, price, size))
    fills = book.submit(order(9_999, Side.SELL, 95, quantity))
    ranks = [(-fill.price, fill.resting.order_id) for fill in fills]
    assert ranks == sorted(ranks)
    assert sum(fill.quantity for fill in fills) == min(quantity, sum(size for _, size in bids))
