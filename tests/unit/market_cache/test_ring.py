"""The ring: bounded by number and by bytes, and what goes is counted."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from market_cache.reader import MarketReader
from market_cache.ring import Entry, Ring
from tests.unit.domain.ticks import NOON, trade
from tests.unit.market_cache.market import TinyMarket, seen


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 400), max_size=60), st.integers(1, 9), st.integers(1, 1_000))
def test_the_slots_hold_the_newest_segments_that_have_room(sizes: list[int], slots: int, limit: int) -> None:
    ring, store = Ring(slots, limit), dict[int, Entry]()
    for seq, size in enumerate(sizes):
        new = Entry(seq, size, ticks=1)
        gone = ring.must_go(new)
        assert seq % slots not in gone
        for slot in gone:
            del store[slot]
        store[seq % slots] = new
        ring.add(new)
        held = sorted(entry.seq for entry in store.values())
        assert held == list(range(seq - len(held) + 1, seq + 1)), "the newest, without a hole"
        assert len(held) == 1 or sum(entry.size for entry in store.values()) <= limit
        assert ring.retired == seq + 1 - len(held)


def test_ticks_that_went_are_counted_and_bars_do_not_go(cache_url: str) -> None:
    market = TinyMarket(cache_url, ring_slots=8)
    market.begin()
    for price in range(20):
        market.publish(trade(NOON, float(price)), trade(NOON, float(price)))
    assert market.writer.retired == 2 * (20 - 8)
    reader = MarketReader(cache_url, ring_slots=8)
    reader.catch_up()
    assert seen(reader)[-1] == 19.0
    market.writer.close()
