"""Bars that closed and are not in their series yet: every reader has them, and no death of the writer loses them."""

from __future__ import annotations

import numpy as np
import pytest

from market_cache import filing
from market_cache.filing import Filing
from market_cache.reader import MarketReader
from market_cache.writer import MarketWriter
from tests.unit.domain.ticks import MINUTE, NOON, bar
from tests.unit.market_cache.market import TinyMarket, closed, minutes


def close_of(reader: MarketReader, symbol: str = "AAPL") -> tuple[int, list[float]]:
    reader.catch_up(force=True)
    first, found = reader.bars(symbol, "1Min")
    return first, found["close"].tolist()


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """No round begins by itself."""
    monkeypatch.setattr(filing, "ROUND_S", 1e9)


def test_a_bar_that_is_in_no_series_yet_is_read_by_old_and_new_readers(
    market: TinyMarket, reader: MarketReader, cache_url: str, never: None
) -> None:
    market.writer.write_series("AAPL", "1Min", 0, minutes(3))
    market.beat()
    reader.catch_up()
    market.publish(closed=closed((3, bar(NOON + 3 * MINUTE, 13.0)), (2, bar(NOON + 2 * MINUTE, 99.0))))
    assert market.writer.store.get("filed") is None or not market.writer._filing.all_filed
    expected = 0, [10.0, 11.0, 99.0, 13.0]
    assert close_of(reader) == expected
    assert close_of(MarketReader(cache_url, "sim", TinyMarket.RING)) == expected


def test_bars_that_a_dead_writer_did_not_file_are_in_the_series_of_the_next(
    market: TinyMarket, cache_url: str, never: None
) -> None:
    market.publish(closed=closed(*enumerate(minutes(5))))
    market.publish(closed=closed((4, bar(NOON + 4 * MINUTE, 77.0))))
    market.writer.store.close()
    after = MarketWriter(cache_url, ring_slots=TinyMarket.RING)
    assert after.read_series("AAPL", "1Min")[1]["close"].tolist() == [10.0, 11.0, 12.0, 13.0, 77.0]
    after.close()


def test_no_segment_goes_before_its_bars_are_in_their_series(
    market: TinyMarket, reader: MarketReader, cache_url: str, never: None
) -> None:
    for ordinal in range(5 * TinyMarket.RING):
        market.publish(closed=closed((ordinal, bar(NOON + ordinal * MINUTE, float(ordinal + 1)))))
    expected = 0, [float(ordinal + 1) for ordinal in range(5 * TinyMarket.RING)]
    assert close_of(MarketReader(cache_url, "sim", TinyMarket.RING)) == expected
    assert close_of(reader) == expected


def test_an_older_publication_never_replaces_a_newer_one_whatever_part_is_filed_first(market: TinyMarket) -> None:
    for version in range(1, 40):
        market.publish(closed=closed((0, bar(NOON, float(version))), (1, bar(NOON + MINUTE, -float(version)))))
        market.publish(closed=closed((0, bar(NOON, 100.0 + version)), symbol=1))
    for symbol, expected in (("AAPL", [39.0, -39.0]), ("MSFT", [139.0])):
        assert market.writer.read_series(symbol, "1Min")[1]["close"].tolist() == expected


def test_a_round_is_cut_between_series_and_all_of_it_is_filed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing, "ROUND_S", 0.0)
    monkeypatch.setattr(filing, "SERIES_A_PART", 3)
    waiting, seen = Filing(0), []
    for seq in range(1, 4):
        rows = [closed((seq, bar(NOON + seq * MINUTE, 1.0)), symbol=symbol) for symbol in range(10)]
        waiting.add(seq, np.concatenate(rows))
    assert waiting.filed == 0
    while not waiting.all_filed:
        part = waiting.part()
        assert len(np.unique(part["symbol"])) <= 3
        seen.append(part)
        waiting.took(part)
    assert waiting.filed == 3
    whole = np.concatenate(seen)
    assert [len(whole[whole["symbol"] == symbol]) for symbol in range(10)] == [3] * 10
    assert all((np.diff(whole["ordinal"][whole["symbol"] == symbol]) > 0).all() for symbol in range(10))


def test_a_round_of_very_many_series_is_over_after_so_many_parts() -> None:
    waiting = Filing(0)
    every = np.zeros(10_000, filing.CLOSED_BAR)
    every["symbol"] = np.arange(len(every))
    waiting.add(1, every)
    parts = 0
    while not waiting.all_filed:
        waiting.took(waiting.part())
        parts += 1
    assert parts <= filing.PARTS_A_ROUND
