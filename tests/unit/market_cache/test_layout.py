"""A cache of an older or newer program is never misread: readers say so, the writer empties it."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from market_cache.head import is_of_another_layout
from market_cache.layout import LAYOUT
from market_cache.reader import MarketReader
from market_cache.seal import seal
from market_cache.stamp import Stamp
from tests.unit.domain.ticks import NOON, bar
from tests.unit.market_cache.market import TinyMarket, closed, minutes, overwrite

FIRST_VERSION = struct.pack("<4sIqqqq", b"TDHD", 1, 5, 7, 3, NOON)
NEWER = seal(struct.pack("<4sIqqqqqq", b"TDHD", LAYOUT + 1, 5, 7, 3, NOON, 0, 0))
MINE = Stamp("sim", "a", "b", "c")


@pytest.mark.parametrize("head", [FIRST_VERSION, NEWER])
def test_a_reader_shows_nothing_of_it_and_says_why(
    cache_url: str, market: TinyMarket, reader: MarketReader, head: bytes
) -> None:
    market.publish(closed=closed((0, bar(NOON))))
    reader.catch_up()
    overwrite(cache_url, "head", head)
    reader.catch_up(force=True)
    assert reader.epoch == 0 and len(reader.bars("AAPL", "1Min")[1]) == 0
    assert "another version" in reader.problem
    market.beat()
    reader.catch_up(force=True)
    assert reader.epoch and reader.problem == ""


def test_damage_is_not_taken_for_another_version(market: TinyMarket) -> None:
    head = bytearray(market.writer._head.pack())
    assert not is_of_another_layout(bytes(head))
    head[12] ^= 1
    assert not is_of_another_layout(bytes(head)) and not is_of_another_layout(None)
    assert not is_of_another_layout(b"anything")


@pytest.mark.parametrize("head", [FIRST_VERSION, NEWER])
def test_a_writer_begins_anew_and_empties_it(cache_url: str, market: TinyMarket, head: bytes) -> None:
    market.writer.claim(replace(MINE, layout=LAYOUT + 1))
    market.writer.write_series("AAPL", "1Min", 0, minutes(300))
    market.writer.close()
    overwrite(cache_url, "head", head)
    later = TinyMarket(cache_url)
    assert later.writer.earlier_snapshot is None
    assert later.writer.claim(MINE) is False
    assert len(later.writer.read_series("AAPL", "1Min")[1]) == 0
    assert later.writer.claim(MINE) is True
    later.writer.close()
