"""The order book: a full message and changes, the best levels first."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.depth import SHOWN_LEVELS, Depth, Level, OrderBook

levels = st.lists(st.tuples(st.integers(1, 60).map(float), st.sampled_from([0.0, 0.5, 1.0, 2.5])), max_size=12)


@settings(deadline=None)
@given(st.lists(st.tuples(levels, levels, st.booleans()), max_size=12))
def test_a_book_is_what_a_dictionary_of_prices_would_be(messages: list[tuple[list[Level], list[Level], bool]]) -> None:
    book, sides, whole, at = OrderBook("BTC/USD"), ({}, {}), False, 0
    for number, (bids, asks, full) in enumerate(messages, 1):
        book.take(number, bids, asks, full)
        if full:
            sides, whole = ({}, {}), True
        if whole:
            at = number
            for side, changes in zip(sides, (bids, asks), strict=True):
                side.update(changes)
    left = [{price: size for price, size in side.items() if size} for side in sides]
    bids, asks = sorted(left[0].items(), reverse=True), sorted(left[1].items())
    assert book.whole is whole
    assert book.depth() == Depth("BTC/USD", at, tuple(bids[:SHOWN_LEVELS]), tuple(asks[:SHOWN_LEVELS]))


def test_changes_before_the_first_full_message_are_passed_over() -> None:
    book = OrderBook("BTC/USD")
    book.take(1, [(10.0, 1.0)], [], False)
    assert not book.whole and book.depth().bids == ()
    book.take(2, [(9.0, 1.0)], [], True)
    assert book.whole and book.depth() == Depth("BTC/USD", 2, ((9.0, 1.0),), ())


def test_a_size_of_nothing_takes_a_level_away_and_one_that_is_not_there_is_no_error() -> None:
    book = OrderBook("BTC/USD")
    book.take(1, [(10.0, 1.0), (9.0, 2.0)], [(11.0, 1.0)], True)
    book.take(2, [(10.0, 0.0), (8.0, 0.0)], [(11.0, 3.0)], False)
    assert book.depth() == Depth("BTC/USD", 2, ((9.0, 2.0),), ((11.0, 3.0),))


def test_a_full_message_replaces_everything() -> None:
    book = OrderBook("BTC/USD")
    book.take(1, [(10.0, 1.0)], [(11.0, 1.0)], True)
    book.take(2, [], [(12.0, 1.0)], True)
    assert book.depth() == Depth("BTC/USD", 2, (), ((12.0, 1.0),))


def test_at_most_so_many_levels_are_shown_the_best_first() -> None:
    book = OrderBook("BTC/USD")
    prices = [float(price) for price in range(1, 201)]
    book.take(1, [(price, 1.0) for price in prices], [(price + 500, 1.0) for price in reversed(prices)], True)
    depth = book.depth()
    assert [price for price, _ in depth.bids] == prices[::-1][:SHOWN_LEVELS]
    assert [price for price, _ in depth.asks] == [price + 500 for price in prices[:SHOWN_LEVELS]]
