"""What is published is what is read: all of it or nothing, in order, whatever happened to writer, reader or folder."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from domain.bar import Bar
from domain.interval import INTERVALS
from domain.tick import Flag
from market_cache.fault import CacheFault, Trouble
from market_cache.reader import MarketReader
from market_cache.writer import MarketWriter
from tests.unit.domain.ticks import MINUTE, NOON, bar, quote, trade
from tests.unit.market_cache.conftest import reader_of
from tests.unit.market_cache.market import Monotonic, TinyMarket, closed, minutes, overwrite, seen


def test_a_reader_of_a_folder_that_is_not_there_is_empty_and_down(reader: MarketReader) -> None:
    reader.catch_up()
    assert (reader.epoch, reader.seq, reader.symbols) == (0, 0, ())
    assert reader.latest("AAPL") is None and reader.age_s("AAPL") is None
    assert reader.forming("AAPL", "1Min") is None and len(reader.bars("AAPL", "1Min")[1]) == 0
    assert not reader.status().worker.alive and not reader.status().ready


def test_a_reader_that_was_there_first_sees_the_writer_come(cache_url: str, reader: MarketReader) -> None:
    reader.catch_up()
    market = TinyMarket(cache_url)
    market.begin()
    reader.catch_up(force=True)
    assert reader.symbols == ("AAPL", "MSFT") and reader.epoch == market.writer.epoch
    assert reader.status().ready


def test_ticks_make_the_latest_the_tape_and_what_changed(market: TinyMarket, reader: MarketReader) -> None:
    reader.catch_up()
    before = reader.seq
    seq = market.publish(quote(NOON, 9.0, 11.0), trade(NOON + 1, 11.0, 300), trade(NOON + 2, 10.5, 200))
    reader.catch_up(force=True)
    latest = reader.latest("AAPL")
    assert latest is not None
    assert (latest["price"], latest["size"], latest["trade_ts_event"]) == (10.5, 200, NOON + 2)
    assert (latest["bid_price"], latest["ask_price"], latest["quote_ts_event"]) == (9.0, 11.0, NOON)
    assert [tuple(row) for row in reader.trades_since("AAPL", before)] == [
        (seq, NOON + 1, 11.0, 300.0, 0),
        (seq, NOON + 2, 10.5, 200.0, 0),
    ]
    assert reader.changed_since(before) == ["AAPL"] and reader.changed_since(seq) == []
    assert reader.trades_since("AAPL", seq) == []


def test_the_state_is_read_as_it_was_published(market: TinyMarket, reader: MarketReader) -> None:
    market.forming[INTERVALS.index("5Min"), 1] = bar(NOON, 42.0)
    market.ordinals[INTERVALS.index("5Min"), 1] = 17
    market.latest["previous_close"] = 99.0, 98.0
    market.beat()
    reader.catch_up()
    forming = reader.forming("MSFT", "5Min")
    latest = reader.latest("MSFT")
    assert forming is not None and (forming[0], forming[1]["close"]) == (17, 42.0)
    assert reader.forming("AAPL", "5Min") is None
    assert latest is not None and latest["previous_close"] == 98.0


def test_publications_are_numbered_without_holes(market: TinyMarket, reader: MarketReader) -> None:
    first = market.trade(1.0)
    assert [market.trade(2.0), market.beat(), market.quote(1.0, 2.0)] == [first + 1, first + 2, first + 3]


def test_a_publication_that_fails_in_the_middle_leaves_nothing(
    folder: Path, market: TinyMarket, reader: MarketReader
) -> None:
    reader.catch_up()
    market.trade(10.0)
    connection = sqlite3.connect(folder / "cache.db", isolation_level=None)
    connection.execute(
        "CREATE TRIGGER full BEFORE UPDATE ON Cache WHEN NEW.key = 'head' BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    with pytest.raises(CacheFault):
        market.publish(trade(NOON, 66.0), closed=closed((0, bar(NOON, 66.0))))
    reader.catch_up(force=True)
    assert seen(reader) == [10.0]
    assert len(reader.bars("AAPL", "1Min")[1]) == 0
    connection.execute("DROP TRIGGER full")
    connection.close()
    market.publish(trade(NOON, 66.0), closed=closed((0, bar(NOON, 66.0))))
    reader.catch_up(force=True)
    assert seen(reader) == [10.0, 66.0]
    assert reader.bars("AAPL", "1Min")[1]["close"].tolist() == [66.0]


def test_a_reader_that_was_too_slow_for_the_ring_begins_with_the_state(
    market: TinyMarket, reader: MarketReader
) -> None:
    market.trade(1.0)
    reader.catch_up()
    prices = [float(number) for number in range(2, 2 + 3 * TinyMarket.RING)]
    for price in prices:
        market.latest["price"][0] = price
        market.trade(price)
    market.beat()
    reader.catch_up(force=True)
    latest = reader.latest("AAPL")
    assert latest is not None and latest["price"] == prices[-1]
    assert seen(reader) == prices[-(TinyMarket.RING - 1) :], "what is left in the ring, without a hole"
    assert reader.closed_since("AAPL", "1Min", 1) is None


def test_a_new_epoch_makes_readers_forget(market: TinyMarket, reader: MarketReader) -> None:
    market.trade(1.0)
    reader.catch_up()
    epoch, seq = reader.epoch, reader.seq
    market.symbols = ("MSFT", "TSLA")
    market.begin()
    market.trade(5.0)
    reader.catch_up(force=True)
    assert reader.epoch > epoch and reader.seq > seq
    assert reader.symbols == ("MSFT", "TSLA") and reader.latest("AAPL") is None
    assert seen(reader, "MSFT") == [5.0] and seen(reader, "AAPL") == []


def test_the_number_goes_on_when_the_writer_starts_again(
    cache_url: str, market: TinyMarket, reader: MarketReader
) -> None:
    seq = market.trade(1.0)
    reader.catch_up()
    market.writer.close()
    again = TinyMarket(cache_url)
    assert again.writer.earlier_snapshot is not None
    again.begin()
    assert again.trade(2.0) == seq + 2
    reader.catch_up(force=True)
    assert seen(reader) == [2.0]
    again.writer.close()


def test_a_writer_that_closed_leaves_a_cache_that_can_be_read(cache_url: str, market: TinyMarket) -> None:
    market.trade(3.0)
    market.writer.close()
    reader = reader_of(cache_url)(Monotonic())
    reader.catch_up()
    assert seen(reader) == [3.0]


def test_a_folder_that_was_deleted_and_made_again_is_opened_anew(
    folder: Path, market: TinyMarket, reader: MarketReader
) -> None:
    market.trade(1.0)
    reader.catch_up()
    shutil.rmtree(folder)
    with pytest.raises(CacheFault) as fault:
        market.writer.inspect()
    assert fault.value.trouble is Trouble.GONE
    reader.catch_up(force=True)
    assert (reader.epoch, reader.symbols, reader.status().worker.alive) == (0, (), False)
    again = TinyMarket(folder)
    again.begin()
    again.trade(2.0)
    reader.catch_up(force=True)
    assert seen(reader) == [2.0]
    again.writer.close()


def test_practice_prices_do_not_show_in_a_reader_of_another_mode(cache_url: str, market: TinyMarket) -> None:
    market.trade(1.0)
    reader = MarketReader(cache_url, "paper", TinyMarket.RING)
    for _ in range(2):
        reader.catch_up(force=True)
        assert (reader.epoch, reader.symbols, reader.latest("AAPL")) == (0, (), None)
        assert reader.trades_since("AAPL", 0) == [] and reader.forming("AAPL", "1Min") is None
        assert reader.status().mode == "paper" and not reader.status().ready


def test_a_reader_steps_at_most_once_in_20_ms_unless_forced(
    market: TinyMarket, reader: MarketReader, monotonic: Monotonic
) -> None:
    reader.catch_up()
    market.trade(1.0)
    monotonic.now += 0.019
    reader.catch_up()
    assert seen(reader) == []
    monotonic.now += 0.002
    reader.catch_up()
    assert seen(reader) == [1.0]


def test_bars_that_closed_are_told_once_and_again_when_they_change(market: TinyMarket, reader: MarketReader) -> None:
    reader.catch_up()
    begin = reader.seq
    first = market.publish(closed=closed((0, bar(NOON, 10.0))))
    market.publish(closed=closed((0, bar(NOON, 12.0, revision=1))))
    reader.catch_up(force=True)
    assert closes(reader.closed_since("AAPL", "1Min", begin)) == [(0, 10.0), (0, 12.0)]
    assert closes(reader.closed_since("AAPL", "1Min", first)) == [(0, 12.0)]
    assert reader.closed_since("AAPL", "5Min", begin) == []
    assert reader.bars("AAPL", "1Min")[1]["close"].tolist() == [12.0]


def closes(found: list[tuple[int, Bar]] | None) -> list[tuple[int, float]]:
    return [(ordinal, float(row["close"])) for ordinal, row in found or []]


def test_more_closed_bars_than_a_reader_keeps_is_not_known(market: TinyMarket, reader: MarketReader) -> None:
    reader.catch_up()
    begin = reader.seq
    last = [market.publish(closed=closed(*enumerate(minutes(301)))) for _ in range(2)][-1]
    reader.catch_up(force=True)
    assert reader.closed_since("AAPL", "1Min", begin) is None
    assert len(reader.closed_since("AAPL", "1Min", last) or []) == 0


def test_spreads_are_one_a_market_second(market: TinyMarket, reader: MarketReader) -> None:
    second = 10**9
    market.publish(quote(NOON, 10.0, 11.0), quote(NOON + 1, 10.0, 12.0), quote(NOON + second, 10.0, 10.5))
    market.quote(10.0, 14.0, NOON + second + 5)
    last = market.quote(10.0, 15.0, NOON + 3 * second)
    reader.catch_up()
    assert reader.spreads_since("AAPL", 0) == [(NOON + 1, 2.0), (NOON + second + 5, 4.0), (NOON + 3 * second, 5.0)]
    assert reader.spreads_since("AAPL", last - 1) == [(NOON + 3 * second, 5.0)]
    assert reader.spreads_since("MSFT", 0) == []


def test_at_most_600_spreads_are_known(market: TinyMarket, reader: MarketReader) -> None:
    market.publish(*(quote(NOON + second * 10**9, 10.0, 11.0) for second in range(700)))
    reader.catch_up()
    spreads = reader.spreads_since("AAPL", 0)
    assert (len(spreads), spreads[0][0]) == (600, NOON + 100 * 10**9)


def test_spreads_outlive_a_new_epoch_of_the_same_market(market: TinyMarket, reader: MarketReader) -> None:
    market.quote(10.0, 11.0)
    market.latest["quote_ts_event"][0] = NOON
    reader.catch_up()
    market.begin()
    market.quote(10.0, 12.0, NOON + MINUTE)
    reader.catch_up(force=True)
    assert reader.spreads_since("AAPL", 0) == [(NOON, 1.0), (NOON + MINUTE, 2.0)]


def test_spreads_of_a_time_that_never_was_are_forgotten(market: TinyMarket, reader: MarketReader) -> None:
    market.quote(10.0, 11.0, NOON + MINUTE)
    reader.catch_up()
    market.latest["quote_ts_event"][0] = NOON
    market.begin()
    reader.catch_up(force=True)
    assert reader.spreads_since("AAPL", 0) == []


def test_the_last_200_prints_are_known_and_the_newest_are_returned(market: TinyMarket, reader: MarketReader) -> None:
    market.publish(*(trade(NOON + number, float(number)) for number in range(1, 251)))
    reader.catch_up()
    assert [row.price for row in reader.trades_since("AAPL", 0, 1_000)] == [float(number) for number in range(51, 251)]
    assert [row.price for row in reader.trades_since("AAPL", 0, 2)] == [249.0, 250.0]


def test_a_status_that_nobody_renews_gets_stale_and_then_down(
    market: TinyMarket, reader: MarketReader, monotonic: Monotonic
) -> None:
    market.beat()
    reader.catch_up()
    states = []
    for elapsed in (0.0, 2.3, 0.3, 2.3, 0.3):
        monotonic.now += elapsed
        reader.catch_up()
        states.append((reader.status().stream.state.value, reader.status().worker.alive))
    assert states == [("live", True), ("live", True), ("stale", True), ("stale", True), ("down", False)]
    market.beat()
    reader.catch_up(force=True)
    assert reader.status().ready


def test_ticks_without_a_heartbeat_do_not_keep_a_status_alive(
    market: TinyMarket, reader: MarketReader, monotonic: Monotonic
) -> None:
    reader.catch_up()
    monotonic.now += 6.0
    market.trade(1.0)
    reader.catch_up()
    assert reader.status().stream.state == "down"


def test_a_cache_that_a_dead_worker_left_is_not_fresh(cache_url: str, market: TinyMarket) -> None:
    market.begin()
    long_ago = market.writer._head.ts_published - 60 * 10**9
    overwrite(cache_url, "head", replace(market.writer._head, ts_published=long_ago).pack())
    reader = reader_of(cache_url)(Monotonic())
    reader.catch_up()
    assert reader.status().stream.state == "down" and not reader.status().worker.alive


def test_an_age_grows_with_real_time_from_what_the_worker_reported(
    market: TinyMarket, reader: MarketReader, monotonic: Monotonic
) -> None:
    reader.catch_up()
    market.trade(1.0, ts_recv=market.writer._head.ts_published)
    reader.catch_up(force=True)
    assert reader.age_s("AAPL") == pytest.approx(0.0, abs=2.0)
    age = reader.age_s("AAPL")
    assert age is not None
    monotonic.now += 7.0
    assert reader.age_s("AAPL") == pytest.approx(age + 7.0)
    assert reader.age_s("MSFT") is None and reader.age_s("NONE") is None


def test_history_makes_no_symbol_look_fresh(market: TinyMarket, reader: MarketReader) -> None:
    old = trade(NOON, 1.0)
    old["flags"] = Flag.BACKFILLED
    market.publish(old)
    reader.catch_up()
    assert seen(reader) == [1.0] and reader.age_s("AAPL") is None


def test_the_bytes_of_the_ring_are_bounded(folder: Path, backend: str) -> None:
    market = TinyMarket(folder, ring_slots=1_000, ring_bytes=20_000)
    market.begin()
    for price in range(100):
        market.publish(*(trade(NOON, float(price)) for _ in range(30)))
    connection = sqlite3.connect(folder / "cache.db")
    ((held,),) = connection.execute("SELECT sum(length(value)) FROM Cache WHERE typeof(key) = 'integer'")
    connection.close()
    assert held <= 20_000
    reader = MarketReader(f"diskcache:{folder}", ring_slots=1_000)
    reader.catch_up()
    assert reader.trades_since("AAPL", 0)[-1].price == 99.0


def test_only_the_owner_may_look_into_the_folder(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    MarketWriter(folder).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_values_are_in_the_database_and_not_in_files(folder: Path, market: TinyMarket) -> None:
    market.writer.write_series("AAPL", "1Min", 0, minutes(2_000))
    market.publish(*(trade(NOON, 1.0) for _ in range(3_000)))
    assert {path.name.split("-")[0] for path in folder.iterdir()} == {"cache.db"}


def test_a_market_without_symbols_can_be_published(cache_url: str, reader: MarketReader) -> None:
    market = TinyMarket(cache_url, symbols=())
    market.begin()
    market.beat()
    reader.catch_up()
    assert reader.symbols == () and reader.epoch == market.writer.epoch
