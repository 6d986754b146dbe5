"""The tails of a reader against the plainest way to keep them: a list a symbol."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from domain.session import NS_PER_SECOND
from domain.tick import TICK, Kind, Records
from market_cache.additions import Additions
from market_cache.last_rows import LastRows
from market_cache.store import open_readable
from market_cache.tail import PRINT, PRINTS, SPREADS
from market_cache.tails import WAITING, Tails
from tests.unit.domain.ticks import NOON
from tests.unit.market_cache.market import TinyMarket

SYMBOLS = 5


class PlainTails:
    """Everything that ever came, looked through from the beginning."""

    def __init__(self) -> None:
        self._ticks: list[tuple[int, dict[str, int | float]]] = []

    def add(self, added: Additions) -> None:
        names = TICK.names or ()
        rows = (dict(zip(names, row, strict=True)) for row in added.ticks.tolist())
        self._ticks += zip(added.seqs.tolist(), rows, strict=True)

    def prints(self, index: int, after: int) -> list[tuple[float, ...]]:
        mine = [(seq, tick) for seq, tick in self._ticks if (tick["symbol"], tick["kind"]) == (index, Kind.TRADE)]
        rows = [(seq, tick["ts_event"], tick["a"], tick["c"], tick["flags"]) for seq, tick in mine[-PRINTS:]]
        return [row for row in rows if row[0] > after]

    def spreads(self, index: int, after: int) -> list[tuple[float, ...]]:
        by_second: dict[float, tuple[float, ...]] = {}
        for seq, tick in self._ticks:
            second = tick["ts_event"] // NS_PER_SECOND
            if (tick["symbol"], tick["kind"]) == (index, Kind.QUOTE) and second >= max(by_second, default=0):
                by_second[second] = (seq, tick["ts_event"], tick["b"] - tick["a"])
        return [row[1:] for row in list(by_second.values())[-SPREADS:] if row[0] > after]


def some_ticks(rng: np.random.Generator, count: int, at: int, late: float) -> Records:
    """Trades and quotes of all symbols but the last, mostly in order of time."""
    ticks = np.zeros(count, TICK)
    ticks["ts_event"] = at + np.sort(rng.integers(0, 4 * NS_PER_SECOND, count))
    ticks["ts_event"] -= np.where(rng.random(count) < late, rng.integers(0, 3 * NS_PER_SECOND, count), 0)
    ticks["symbol"], ticks["kind"] = rng.integers(0, SYMBOLS - 1, count), rng.integers(1, 3, count)
    ticks["a"], ticks["b"], ticks["c"] = rng.random(count), 1 + rng.random(count), rng.random(count)
    ticks["flags"] = rng.integers(0, 16, count)
    return ticks


@pytest.mark.parametrize("sizes", [(1, 3), (50, 100), (1, 2_000), (WAITING - 1, 2 * WAITING + 3)])
@pytest.mark.parametrize(("late", "asks"), [(0.0, 0.0), (0.2, 0.1)])
def test_tails_are_what_went_by_last(sizes: tuple[int, int], late: float, asks: float) -> None:
    rng, at, seq = np.random.default_rng(sum(sizes)), NOON, 0
    ours, plain = Tails(SYMBOLS), PlainTails()
    newest: dict[int, int] = defaultdict(int)
    while len(plain._ticks) < 10_000 and at < NOON + 900 * NS_PER_SECOND:
        ticks = some_ticks(rng, int(rng.integers(*sizes)), at, late)
        seqs = seq + 1 + np.arange(len(ticks)) // 10
        at, seq = at + int(rng.integers(0, 5 * NS_PER_SECOND)), int(seqs[-1])
        for each in ours, plain:
            each.add(Additions(ticks, seqs, np.zeros(len(ticks), np.int64)))
        newest |= dict(zip(ticks["symbol"].tolist(), seqs.tolist(), strict=True))
        if rng.random() < asks:
            symbol = int(rng.integers(SYMBOLS))
            assert ours.prints(symbol, seq - 20) == plain.prints(symbol, seq - 20)
    for symbol in range(SYMBOLS):
        for after in 0, seq - 30, seq:
            assert ours.prints(symbol, after) == plain.prints(symbol, after)
            assert ours.spreads(symbol, after) == plain.spreads(symbol, after)
        assert ours.changed_at[symbol] == newest[symbol]
    assert ours.prints(None, 0) == [] == ours.spreads(None, 0)


def test_a_symbol_that_gets_more_at_once_than_is_kept_has_the_newest() -> None:
    kept = LastRows(2, 4, PRINT)
    rows = np.zeros(11, PRINT)
    rows["seq"] = np.arange(11)
    kept.add(np.array([0] + [1] * 10), rows)
    assert (kept.of(0)["seq"].tolist(), kept.of(1)["seq"].tolist()) == ([0], [7, 8, 9, 10])
    kept.add(np.array([1]), rows[:1])
    assert kept.of(1)["seq"].tolist() == [8, 9, 10, 0]
    assert kept.newest(np.array([0, 1]))["seq"].tolist() == [0, 0]


def test_a_run_of_numbers_reads_as_each_of_them_does(cache_url: str) -> None:
    market = TinyMarket(cache_url)
    for key in (*range(2, 9), 11, "3", "head of nothing"):
        market.writer.store.put(key, str(key).encode())
    view = open_readable(cache_url)
    assert view.run(3, 12) == view.get(*range(3, 13)) == {n: str(n).encode() for n in (*range(3, 9), 11)}
    assert view.run(20, 30) == {} == view.run(3, 2)
    assert view.get_with_run(2, 7, 12) == view.get(2, 7, 8, 11) and view.get_with_run(99, 8, 8) == view.get(8)
    market.writer.close()
