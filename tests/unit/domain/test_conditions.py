"""Sale conditions: what a trade counts for, by its letters and its tape."""

from __future__ import annotations

import numpy as np
import pytest

from domain.bar_book import BarBook
from domain.conditions import EVERYTHING, Counts, counts_of
from domain.interval import INTERVALS
from tests.unit.domain.bar_oracle import Print, records
from tests.unit.domain.ticks import MINUTE, NOON, NS


def counts(conditions: str, tape: str) -> Counts:
    return Counts(int(counts_of(records([Print(NOON, 0, 10.0, 1, 1, conditions, tape)]))[0]))


@pytest.mark.parametrize("tape", ["A", "B", "C"])
@pytest.mark.parametrize("letter", "@ EFOTXL56")
def test_regular_trades_count_for_everything(letter: str, tape: str) -> None:
    assert counts(letter, tape) == EVERYTHING


@pytest.mark.parametrize("tape", ["A", "B", "C"])
@pytest.mark.parametrize("letter", "CGHINPRUVWZ47")
def test_these_count_for_volume_only(letter: str, tape: str) -> None:
    assert counts(letter, tape) == counts(f"@{letter}", tape) == Counts.VOLUME | Counts.KNOWN


@pytest.mark.parametrize("letter", "MQ9")
def test_reports_of_a_markets_open_and_close_are_no_trades(letter: str) -> None:
    assert counts(letter, "A") == counts(letter, "C") == Counts.KNOWN


def test_b_is_an_average_price_on_tapes_a_and_b_and_a_bunched_trade_on_c() -> None:
    assert Counts.PRICES not in counts("B", "A") and Counts.PRICES not in counts("B", "B")
    assert counts("B", "C") == EVERYTHING


def test_crypto_and_options_have_no_tape_and_count_for_everything() -> None:
    assert counts("I", "") == counts("?", "") == EVERYTHING


def test_an_unknown_condition_counts_for_everything_and_is_counted() -> None:
    assert counts("?", "A") == Counts.PRICES | Counts.VOLUME
    book = BarBook(1)
    book.add_trades(records([Print(NOON, 0, 10.0, 1, 1, "@?", "A"), Print(NOON, 0, 10.0, 1, 2, "@", "A")]))
    assert book.unknown_conditions == 1
    assert book.forming()[0][INTERVALS.index("1Min"), 0]["trade_count"] == 2


@pytest.mark.parametrize("place", range(4))
def test_each_of_four_conditions_is_looked_at(place: int) -> None:
    assert Counts.PRICES not in counts("@@@@"[:place] + "I" + "@@@@"[place + 1 :], "A")


def test_a_minute_of_odd_lots_alone_makes_no_bar_and_a_later_round_lot_brings_their_volume() -> None:
    book = BarBook(1)
    book.add_trades(records([Print(NOON, 0, 99.0, 30, 1, "@I"), Print(NOON + 1, 0, 98.0, 5, 2, "I")]))
    assert not book.forming()[0]["start"].any()
    book.close_until(NOON + MINUTE)
    assert not len(book.pending_closed())
    book.add_trades(records([Print(NOON + NS // 2, 0, 10.0, 100, 3)]))
    bar = book.series(0, "1Min").at(0)
    assert (bar["open"], bar["high"], bar["low"], bar["volume"], bar["trade_count"]) == (10.0, 10.0, 10.0, 135.0, 3)


def test_bars_without_prices_are_nowhere_to_be_seen() -> None:
    book = BarBook(2)
    book.add_trades(records([Print(NOON, 0, 99.0, 30, 1, "I"), Print(NOON, 1, 10.0, 30, 2)]))
    bars = book.forming()[0]
    assert not bars[:, 0]["start"].any() and bars[:, 1]["start"].all()
    assert np.isfinite(bars["high"]).all()
