"""Damaged bytes, rows of strangers and a writer that is killed: a reader shows what is right or nothing, and never raises."""

from __future__ import annotations

import contextlib
import os
import pickle
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.interval import INTERVALS
from market_cache import segment, snapshot
from market_cache.diskcache_store import BytesDisk
from market_cache.diskcache_view import DiskcacheView
from market_cache.head import Head
from market_cache.reader import MarketReader
from market_cache.segment import Segment
from market_cache.store import directory_of, open_writable
from market_cache.writer import NO_BARS, NO_TICKS
from tests.unit.domain.ticks import NOON, bar, trade
from tests.unit.market_cache.market import TinyMarket, closed, overwrite, seen, stored

ROOT = Path(__file__).resolve().parents[3]

noise = st.one_of(st.binary(max_size=80), st.tuples(st.integers(0, 10_000), st.integers(1, 255)), st.integers(0, 400))


def damaged(data: bytes, how: bytes | tuple[int, int] | int) -> bytes:
    """Other bytes, one byte changed, or the end cut off."""
    if isinstance(how, bytes):
        return how
    if isinstance(how, int):
        return data[:how]
    changed = bytearray(data)
    changed[how[0] % len(data)] ^= how[1]
    return bytes(changed)


def ask_everything(reader: MarketReader) -> None:
    reader.catch_up(force=True)
    reader.status()
    for symbol in ("AAPL", "MSFT", "NONE"):
        reader.latest(symbol), reader.age_s(symbol), reader.trades_since(symbol, 0), reader.spreads_since(symbol, 0)
        for interval in INTERVALS:
            reader.bars(symbol, interval), reader.forming(symbol, interval), reader.closed_since(symbol, interval, 0)


@pytest.mark.parametrize("key", ["head", "extent", "chunk", "segment"])
def test_damaged_bytes_never_make_a_reader_raise_and_it_recovers(key: str, cache_url: str, market: TinyMarket) -> None:
    market.publish(trade(NOON, 5.0), closed=closed((0, bar(NOON))))
    seq = market.publish(trade(NOON, 5.0), closed=closed((0, bar(NOON))))
    row = {"extent": "bars:AAPL:1Min", "chunk": "bars:AAPL:1Min:0", "segment": seq % market.RING}.get(key, key)
    good = stored(cache_url, row)

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(noise)
    def check(how: bytes | tuple[int, int] | int) -> None:
        reader = MarketReader(cache_url, ring_slots=market.RING)
        overwrite(cache_url, row, damaged(good, how))
        ask_everything(reader)
        overwrite(cache_url, row, good)
        market.beat()
        market.begin()
        ask_everything(reader)
        assert reader.symbols == market.symbols and reader.seq == market.trade(1.0) - 1

    check()


@settings(max_examples=80, deadline=None)
@given(st.one_of(st.binary(max_size=200), noise))
def test_a_damaged_segment_is_whole_or_nothing(how: bytes | tuple[int, int] | int) -> None:
    good = segment.pack(Segment(1, 2, 3, 4, trade(NOON, 5.0), closed((0, bar(NOON)))))
    found = segment.unpack(damaged(good, how))
    if found is not None:
        assert np.array_equal(found.ticks, trade(NOON, 5.0)) and np.array_equal(found.closed, closed((0, bar(NOON))))


def test_a_segment_survives_its_bytes() -> None:
    for ticks, bars in (trade(NOON, 5.0), closed((7, bar(NOON)))), (NO_TICKS, NO_BARS):
        found = segment.unpack(segment.pack(Segment(1, 2, 3, 4, ticks, bars)))
        assert found is not None
        assert (found.epoch, found.seq, found.ts_recv, found.ts_published) == (1, 2, 3, 4)
        assert np.array_equal(found.ticks, ticks) and np.array_equal(found.closed, bars)


def test_a_head_survives_its_bytes_and_anything_else_is_none() -> None:
    head = Head(1, 2, 3, 4)
    assert Head.unpack(head.pack()) == head
    for data in None, b"", head.pack()[:-1], b"XXXX" + head.pack()[4:], head.pack() + b"x":
        assert Head.unpack(data) is None


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_that_are_no_snapshot_are_none(data: bytes) -> None:
    assert snapshot.unpack(data) is None


def test_a_segment_that_is_missing_is_made_up_for_by_the_state(
    cache_url: str, market: TinyMarket, reader: MarketReader
) -> None:
    reader.catch_up()
    lost = market.trade(1.0)
    overwrite(cache_url, lost % market.RING, b"damaged")
    market.trade(2.0)
    market.latest["price"][0] = 2.0
    market.beat()
    reader.catch_up(force=True)
    latest = reader.latest("AAPL")
    assert latest is not None and latest["price"] == 2.0
    assert seen(reader) == [2.0]
    assert reader.closed_since("AAPL", "1Min", lost - 1) is None, "what was in it is not known"


class Bomb:
    """Pickled, it makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_a_pickled_row_is_neither_run_nor_returned(folder: Path, market: TinyMarket, reader: MarketReader) -> None:
    exploded = folder.parent / "exploded"
    overwrite(folder, "snapshot", pickle.dumps(Bomb(exploded)), mode=4)
    ask_everything(reader)
    assert reader.epoch == 0
    with contextlib.suppress(TypeError):
        assert market.writer.store.get("snapshot") is None
    assert not exploded.exists()
    overwrite(folder, "snapshot", pickle.dumps(Bomb(exploded)), mode=1)
    ask_everything(reader)
    assert reader.epoch == 0 and not exploded.exists()


def test_a_row_that_names_a_file_is_not_followed(folder: Path, market: TinyMarket) -> None:
    (folder / "outside").write_bytes(b"secret")
    connection = sqlite3.connect(folder / "cache.db", isolation_level=None)
    connection.execute("UPDATE Cache SET value = NULL, mode = 2, filename = 'outside' WHERE key = 'head'")
    connection.close()
    assert DiskcacheView(folder).get("head") == {}
    with contextlib.suppress(TypeError):
        assert market.writer.store.get("head") is None


@pytest.mark.parametrize(
    ("key", "value"),
    [(1.5, b""), (None, b""), (b"head", b""), (("head",), b""), ("key", "text"), ("key", 1), ("key", None)],
)
def test_a_key_is_text_or_an_integer_and_a_value_bytes(cache_url: str, key: object, value: object) -> None:
    with pytest.raises(TypeError):
        open_writable(cache_url).put(key, value)  # type: ignore[arg-type]


def test_a_value_is_never_read_from_a_file(folder: Path) -> None:
    with pytest.raises(TypeError):
        BytesDisk(str(folder)).store(b"", read=True)


def test_what_is_put_in_a_transaction_that_fails_is_not_there(cache_url: str) -> None:
    store = open_writable(cache_url)
    store.put("kept", b"1")
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.put("kept", b"2")
        store.put("new", b"2")
        raise ZeroDivisionError
    assert (store.get("kept"), store.get("new")) == (b"1", None)


def test_a_cache_url_names_its_directory() -> None:
    assert directory_of("diskcache:data/cache") == Path("data/cache")
