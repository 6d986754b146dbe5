"""The press: the same for a seed whenever it is asked, some items a minute at most, and plainly invented."""

from __future__ import annotations

from itertools import pairwise

from domain.session import NS_PER_SECOND
from simulator.listing import generated_listings
from simulator.press import SOURCE, Press

START = 1_795_161_600_000_000_000
HOUR = 3_600 * NS_PER_SECOND


def press(seed: int = 1) -> Press:
    return Press(seed, generated_listings())


def test_a_seed_decides_every_headline_whichever_way_it_is_read():
    forth = list(press().items(START, START + HOUR, newest_first=False))
    back = list(press().items(START, START + HOUR, newest_first=True))
    assert forth == back[::-1] and forth != list(press(2).items(START, START + HOUR, newest_first=False))


def test_items_are_marked_as_invented_and_not_many():
    found = list(press().items(START, START + 10 * HOUR, newest_first=False))
    assert 200 < len(found) < 900
    known = {listing.symbol for listing in generated_listings()}
    for item in found:
        assert item.source == SOURCE == "practice" and item.headline.endswith("(invented)")
        assert (
            1 <= len(item.symbols) <= 2 and set(item.symbols) <= known and len(set(item.symbols)) == len(item.symbols)
        )
        assert START <= item.created_at <= START + 10 * HOUR
    assert all(a.created_at < b.created_at and a.id < b.id for a, b in pairwise(found))


def test_turns_tell_each_item_once_at_its_moment():
    writer, told = press(), []
    writer.turn(START)
    for second in range(1, 601):
        fresh = writer.turn(START + second * NS_PER_SECOND)
        assert all(item.created_at < START + second * NS_PER_SECOND for item in fresh)
        told += fresh
    assert told == list(press().items(START, START + 600 * NS_PER_SECOND - 1, newest_first=False))


def test_after_a_leap_of_the_clock_nothing_old_is_told():
    writer = press()
    assert writer.turn(START) == []
    assert writer.turn(START + 24 * HOUR) == []


def test_what_was_told_on_request_stands_among_the_others():
    writer = press()
    one, two = (writer.tell(text, ("AAPL",), START + 5) for text in ("one", "two"))
    assert one.id < two.id
    found = list(writer.items(START, START + HOUR, newest_first=True))
    assert found[-2:] in ([two, one], [one, two]) or {one, two} <= set(found)
    assert [item.created_at for item in found] == sorted((item.created_at for item in found), reverse=True)


def test_without_companies_nothing_is_invented():
    assert not list(Press(1, ()).items(START, START + HOUR, newest_first=True))
