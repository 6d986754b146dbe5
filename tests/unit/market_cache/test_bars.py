"""Closed bars in the store: chunks, borders, retention, and ordinals below zero."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.interval import INTERVALS, KEEP_BARS
from market_cache.bar_chunks import CHUNK, Extent, read_bars
from market_cache.reader import MarketReader
from tests.unit.domain.ticks import MINUTE, NOON, bar
from tests.unit.market_cache.market import TinyMarket, closed, minutes


def closes(reader: MarketReader, **options: Any) -> tuple[int, list[float]]:
    reader.catch_up(force=True)
    first, found = reader.bars("AAPL", "1Min", **options)
    return first, found["close"].tolist()


@pytest.mark.parametrize("first", [0, 1, 255, 256, 257, -1, -255, -256, -257, -1_000])
def test_a_series_is_read_as_it_was_written(market: TinyMarket, first: int) -> None:
    for count in (0, 1, 2, 255, 256, 257, 600):
        rows = minutes(count)
        market.writer.write_series("AAPL", "1Min", first, rows)
        begin, found = market.writer.read_series("AAPL", "1Min")
        assert (begin, found.tobytes()) == (first, rows.tobytes())


@pytest.mark.parametrize("first", [0, 250, -3, -256])
def test_bars_that_close_one_by_one_cross_the_borders_of_chunks(
    market: TinyMarket, reader: MarketReader, first: int
) -> None:
    for place, row in enumerate(minutes(12)):
        market.publish(closed=closed((first + place, row)))
    reader.catch_up()
    assert closes(reader) == (first, minutes(12)["close"].tolist())


@pytest.mark.parametrize(("before", "after"), [((0, 700), (100, 30)), ((100, 30), (0, 700)), ((-300, 10), (300, 10))])
def test_a_series_replaces_a_longer_or_shorter_one_whole(
    market: TinyMarket, reader: MarketReader, before: tuple[int, int], after: tuple[int, int]
) -> None:
    reader.catch_up()
    market.writer.write_series("AAPL", "1Min", before[0], minutes(before[1], price=1_000.0))
    market.writer.write_series("AAPL", "1Min", after[0], minutes(after[1]))
    assert closes(reader, limit=10_000) == (after[0], minutes(after[1])["close"].tolist())
    last = after[0] + after[1]
    market.publish(closed=closed((last, bar(NOON + after[1] * MINUTE, 5.0))))
    assert closes(reader, limit=10_000) == (after[0], [*minutes(after[1])["close"].tolist(), 5.0])


def test_a_series_longer_than_what_is_kept_is_cut_at_its_old_end(market: TinyMarket, reader: MarketReader) -> None:
    kept = KEEP_BARS["1Day"]
    market.writer.write_series("AAPL", "1Day", 0, minutes(kept + 100))
    begin, found = market.writer.read_series("AAPL", "1Day")
    assert (begin, len(found), found["close"][0]) == (100, kept, 110.0)


def test_the_oldest_bars_go_when_new_ones_come(market: TinyMarket, reader: MarketReader) -> None:
    kept = KEEP_BARS["1Day"]
    market.writer.write_series("AAPL", "1Day", -5, minutes(kept))
    new = [(kept - 5 + place, row) for place, row in enumerate(minutes(300, kept))]
    market.publish(closed=closed(*new, interval="1Day"))
    begin, found = market.writer.read_series("AAPL", "1Day")
    assert (begin, len(found)) == (295, kept)
    assert found["close"].tolist() == [310.0 + place for place in range(kept)]


def test_chunks_that_hold_no_kept_bar_are_gone(market: TinyMarket) -> None:
    kept = KEEP_BARS["1Day"]
    for place, row in enumerate(minutes(kept + 3 * CHUNK)):
        if place % 64 == 0:
            market.publish(closed=closed(*((place + more, row) for more in range(64)), interval="1Day"))
    market.writer.file_all()
    assert market.writer.store.get("bars:AAPL:1Day:0") is None
    assert market.writer.store.get("bars:AAPL:1Day:3") is not None


def test_series_of_symbols_and_intervals_are_kept_apart(market: TinyMarket, reader: MarketReader) -> None:
    reader.catch_up()
    market.publish(closed=closed((0, bar(NOON, 1.0))))
    market.publish(closed=closed((0, bar(NOON, 2.0)), symbol=1))
    market.publish(closed=closed((0, bar(NOON, 3.0)), interval="5Min"))
    reader.catch_up(force=True)
    keys = [("AAPL", "1Min"), ("MSFT", "1Min"), ("AAPL", "5Min"), ("MSFT", "5Min")]
    assert [reader.bars(*key)[1]["close"].tolist() for key in keys] == [[1.0], [2.0], [3.0], []]


def test_a_reader_asks_for_the_newest_bars_or_for_those_before_an_ordinal(
    market: TinyMarket, reader: MarketReader
) -> None:
    market.writer.write_series("AAPL", "1Min", -2, minutes(6))
    reader.catch_up()
    assert closes(reader, limit=2) == (2, [14.0, 15.0])
    assert closes(reader, limit=2, before=1) == (-1, [11.0, 12.0])
    assert closes(reader, limit=9, before=-1) == (-2, [10.0])
    assert closes(reader, limit=9, before=-2)[1] == []
    assert closes(reader, limit=9, before=999) == (-2, [10.0, 11.0, 12.0, 13.0, 14.0, 15.0])


def test_bars_end_before_the_forming_bar_that_the_reader_shows(market: TinyMarket, reader: MarketReader) -> None:
    market.writer.write_series("AAPL", "1Min", 0, minutes(3))
    row = INTERVALS.index("1Min")
    market.forming[row, 0], market.ordinals[row, 0] = minutes(1, 3)[0], 3
    market.beat()
    reader.catch_up()
    market.publish(closed=closed((3, minutes(1, 3)[0])))
    assert closes(reader) == (0, [10.0, 11.0, 12.0])


def test_a_bar_that_was_missing_moves_the_older_ones_down(market: TinyMarket, reader: MarketReader) -> None:
    reader.catch_up()
    rows = minutes(4)
    market.publish(closed=closed((0, rows[0]), (1, rows[2]), (2, rows[3])))
    market.publish(closed=closed((-1, rows[0]), (0, rows[1])))
    assert closes(reader) == (-1, [10.0, 11.0, 12.0, 13.0])


def test_an_extent_survives_its_bytes_and_anything_else_is_empty() -> None:
    assert Extent.unpack(Extent(-3, 9).pack()) == Extent(-3, 9)
    for data in None, b"", b"x" * 15, b"x" * 17:
        assert Extent.unpack(data) == Extent(0, -1)


def test_nothing_is_read_of_an_empty_series() -> None:
    assert len(read_bars(lambda *keys: None, "AAPL", "1Min", 5, 4)) == 0


steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(-300, 300), st.integers(0, 600)),
        st.tuples(st.just("close"), st.integers(1, 300), st.just(0)),
        st.tuples(st.just("change"), st.integers(0, 10), st.just(0)),
    ),
    max_size=6,
)


@settings(max_examples=20, deadline=None)
@given(steps)
def test_whatever_is_written_the_store_holds_what_a_dictionary_would(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    market = TinyMarket(tmp_path_factory.mktemp("cache"))
    market.begin()
    known: dict[int, float] = {}
    for step, number, count in steps:
        end = max(known, default=-1) + 1
        if step == "write":
            rows = minutes(count)
            market.writer.write_series("AAPL", "1Min", number, rows)
            known = {number + place: float(row["close"]) for place, row in enumerate(rows)}
        elif step == "close":
            rows = minutes(number, price=7.0)
            market.publish(closed=closed(*((end + place, row) for place, row in enumerate(rows))))
            known |= {end + place: float(row["close"]) for place, row in enumerate(rows)}
        elif end - 1 - number in known:
            market.publish(closed=closed((end - 1 - number, bar(NOON, 1.0))))
            known[end - 1 - number] = 1.0
    first, found = market.writer.read_series("AAPL", "1Min")
    assert {first + place: float(row["close"]) for place, row in enumerate(found)} == known
    market.writer.close()
