"""Which symbols deserve a look because nothing comes from them. The limit is so short that every look is due."""

from __future__ import annotations

import time

import numpy as np
import pytest

from domain.feed import Feed
from stream_worker.market import Market
from stream_worker.silent_symbols import SilentSymbols
from tests.unit.domain.ticks import NOON, quote, trade

SYMBOLS = ("AAPL", "MSFT", "TSLA")
LIMIT_S = 10.0


def due(limit_s: float = LIMIT_S) -> SilentSymbols:
    """One whose next look is due."""
    silent = SilentSymbols(limit_s)
    silent._asked_at -= 10_000.0
    return silent


def market(*ages_s: float | None) -> Market:
    """Each symbol's last event came so long ago."""
    made, now = Market(SYMBOLS), time.time_ns()
    for place, age_s in enumerate(ages_s):
        if age_s is not None:
            ticks = np.concatenate(
                [trade(NOON + place, 10.0, symbol=place), quote(NOON + 10 + place, 9.0, 11.0, place)]
            )
            made.add(Feed.STOCKS, ticks, now - int(age_s * 1e9), 0.0)
    return made


def test_a_symbol_that_is_silent_while_others_go_on_deserves_a_look_with_its_last_event() -> None:
    assert due().candidates(SYMBOLS, market(0, 11, 9), []) == {"MSFT": NOON + 11}


def test_a_symbol_that_never_spoke_is_silent() -> None:
    assert due().candidates(SYMBOLS, market(0, 0, None), []) == {"TSLA": 0}


def test_when_none_is_silent_there_is_nobody_to_look_at() -> None:
    assert due().candidates(SYMBOLS, market(0, 9, 1), []) == {}


def test_when_all_are_silent_it_is_the_feed() -> None:
    assert due().candidates(SYMBOLS, market(11, 12, 13), []) is None


def test_a_halted_symbol_is_expected_to_be_silent() -> None:
    assert due().candidates(SYMBOLS, market(0, 11, 12), ["MSFT"]) == {"TSLA": NOON + 12}
    assert due().candidates(SYMBOLS, market(11, 12, 0), ["TSLA"]) is None, "all that may speak are silent"


def test_only_the_symbols_that_are_asked_about_are_looked_at() -> None:
    assert due().candidates(["AAPL", "MSFT"], market(0, 11, 99), []) == {"MSFT": NOON + 11}


@pytest.mark.parametrize(("limit_s", "every_s"), [(2.0, 2.0), (20.0, 20.0), (30.0, 20.0), (600.0, 300.0)])
def test_it_is_not_asked_more_often_than_makes_sense(limit_s: float, every_s: float) -> None:
    silent, desk = SilentSymbols(limit_s), market(0, limit_s + 1, 0)
    assert silent.candidates(SYMBOLS, desk, []) is None, "it has just begun"
    silent._asked_at -= every_s - 0.2
    assert silent.candidates(SYMBOLS, desk, []) is None
    silent._asked_at -= 0.2
    assert silent.candidates(SYMBOLS, desk, []) is not None
    assert silent.candidates(SYMBOLS, desk, []) is None, "it was asked a moment ago"
