"""Faults of the cache that were found once: what a reader must never show and a writer never lose."""

from __future__ import annotations

import pickle
import sqlite3

import msgspec
import pytest

from market_cache import snapshot
from market_cache.fault import CacheFault
from market_cache.reader import MarketReader
from market_cache.seal import seal, unseal
from market_cache.writer import MarketWriter
from tests.unit.domain.ticks import MINUTE, NOON, NS, bar
from tests.unit.market_cache.conftest import reader_of  # noqa: F401
from tests.unit.market_cache.market import TinyMarket, closed, minutes, overwrite, stored


def test_bars_of_another_mode_do_not_show(cache_url, market) -> None:
    market.publish(closed=closed((0, bar(NOON))))
    reader = MarketReader(cache_url, "paper", TinyMarket.RING)
    reader.catch_up()
    assert len(reader.bars("AAPL", "1Min")[1]) == 0


def test_a_late_trade_is_not_the_latest(market, reader) -> None:
    reader.catch_up()
    market.trade(10.0, NOON + NS)
    market.trade(9.0, NOON)  # late
    market.latest["price"][0], market.latest["trade_ts_event"][0] = 10.0, NOON + NS  # as the worker has it
    market.beat()
    reader.catch_up(force=True)
    assert reader.latest("AAPL")["price"] == 10.0


def test_a_snapshot_whose_tables_do_not_fit_is_none(market, cache_url) -> None:
    wire = msgspec.msgpack.decode(unseal(stored(cache_url, "snapshot")))
    wire[6] = wire[6][:-80]  # latest: one row short
    assert snapshot.unpack(seal(msgspec.msgpack.encode(wire))) is None


def test_a_reader_of_a_snapshot_whose_tables_do_not_fit_does_not_raise(market, cache_url, reader) -> None:
    wire = msgspec.msgpack.decode(unseal(stored(cache_url, "snapshot")))
    wire[6] = wire[6][:-80]
    overwrite(cache_url, "snapshot", seal(msgspec.msgpack.encode(wire)))
    reader.catch_up()
    assert reader.epoch == 0 and reader.latest("MSFT") is None


@pytest.mark.parametrize("name,value", [("last_msg_age_s", "x"), ("connects", None)])
def test_a_status_of_wrong_types_does_not_make_a_reader_raise(market, cache_url, reader, name, value) -> None:
    wire = msgspec.msgpack.decode(unseal(stored(cache_url, "snapshot")))
    wire[9]["stream"][name] = value
    overwrite(cache_url, "snapshot", seal(msgspec.msgpack.encode(wire)))
    reader.catch_up()
    assert reader.status().stream.state == "down"


def test_a_missing_chunk_shows_no_empty_bars(cache_url, market, reader) -> None:
    market.writer.write_series("AAPL", "1Min", 0, minutes(300))
    overwrite(cache_url, "bars:AAPL:1Min:0", b"damaged")
    reader.catch_up()
    assert reader.bars("AAPL", "1Min")[1]["start"].all()


def test_a_worker_does_not_take_over_empty_bars(cache_url, market) -> None:
    market.writer.write_series("AAPL", "1Min", 0, minutes(300))
    market.writer.close()
    overwrite(cache_url, "bars:AAPL:1Min:0", b"damaged")
    _, rows = MarketWriter(cache_url).read_series("AAPL", "1Min")
    assert rows["start"].all()


def test_a_strangers_row_does_not_keep_the_writer_from_opening(folder, market) -> None:
    market.writer.close()
    overwrite(folder, "snapshot", pickle.dumps({}), mode=4)
    assert MarketWriter(folder).earlier_snapshot is None


def test_a_strangers_key_does_not_keep_the_writer_from_opening(folder, market) -> None:
    market.writer.close()
    c = sqlite3.connect(folder / "cache.db", isolation_level=None)
    c.execute(
        "INSERT INTO Cache(key, raw, store_time, access_time, access_count, size, mode, value) VALUES (?,0,0,0,0,0,1,x'00')",
        (pickle.dumps(("a",)),),
    )
    c.close()
    assert MarketWriter(folder).epoch == market.writer.epoch


def test_a_reader_of_something_that_is_no_database_is_empty(folder) -> None:
    folder.mkdir()
    (folder / "cache.db").mkdir()
    reader = MarketReader(f"diskcache:{folder}")
    reader.catch_up()
    assert reader.epoch == 0 and reader.symbols == ()


def test_a_chunk_of_a_publication_that_failed_does_not_come_back(folder, market) -> None:
    """Disk full in the middle; then history is read again; then the next bar closes."""
    c = sqlite3.connect(folder / "cache.db", isolation_level=None)
    c.execute("CREATE TRIGGER full BEFORE UPDATE ON Cache WHEN NEW.key = 'head' BEGIN SELECT RAISE(ABORT, 'full'); END")
    c.execute(
        "CREATE TRIGGER full2 BEFORE INSERT ON Cache WHEN NEW.key = 'bars:AAPL:1Min:0' BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    with pytest.raises(CacheFault):
        market.publish(closed=closed((0, bar(NOON, 66.0))))
    c.execute("DROP TRIGGER full")
    c.execute("DROP TRIGGER full2")
    c.close()
    market.writer.write_series("AAPL", "1Min", 0, minutes(5))
    market.publish(closed=closed((5, bar(NOON + 5 * MINUTE, 15.0))))
    assert market.writer.read_series("AAPL", "1Min")[1]["close"].tolist() == [10.0, 11.0, 12.0, 13.0, 14.0, 15.0]


def test_spreads_stay_in_order_after_a_damaged_segment(cache_url, market, reader) -> None:
    for s in range(3):
        market.quote(10.0, 11.0, NOON + s * NS)
    market.latest["quote_ts_event"][0] = NOON + 9 * NS
    market.beat()
    reader.catch_up()
    lost = market.quote(10.0, 11.0, NOON + 3 * NS)
    overwrite(cache_url, lost % market.RING, b"damaged")
    market.quote(10.0, 11.0, NOON + 4 * NS)
    reader.catch_up(force=True)
    times = [t for t, _ in reader.spreads_since("AAPL", 0)]
    assert times == sorted(set(times))


def test_a_late_quote_does_not_spoil_one_spread_a_second(market, reader) -> None:
    market.quote(10.0, 11.0, NOON + 5 * NS)
    market.quote(10.0, 11.5, NOON + 3 * NS)
    market.quote(10.0, 12.0, NOON + 5 * NS + 1)
    reader.catch_up()
    secs = [t // NS for t, _ in reader.spreads_since("AAPL", 0)]
    assert secs == sorted(set(secs))


def test_a_symbol_nobody_knows_costs_no_memory(market, reader) -> None:
    reader.catch_up()
    for n in range(100):
        assert reader.trades_since(f"X{n}", 0) == [] == reader.closed_since(f"X{n}", "1s", 0)
    assert len(reader._tails._closed) == 0
