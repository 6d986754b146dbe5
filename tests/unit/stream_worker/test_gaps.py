"""The gaps of a stream: open, filled, verified, and the last of them only."""

from __future__ import annotations

import pytest

from stream_worker.gaps import GAPS_KEPT, Gaps
from tests.unit.domain.ticks import MINUTE, NOON, NS


@pytest.fixture
def gaps() -> Gaps:
    """One gap, from the middle of a minute to the middle of the second one after it."""
    gaps = Gaps()
    gaps.open(NOON + 30 * NS, 2)
    gaps.fill(NOON + 2 * MINUTE + 30 * NS, None)
    return gaps


def verified(gaps: Gaps) -> list[bool | None]:
    return [gap["verified"] for gap in gaps.told()]


def test_filling_without_an_open_gap_is_nothing() -> None:
    gaps = Gaps()
    gaps.fill(NOON, True)
    assert gaps.told() == []


def test_an_open_gap_stays_the_one_gap() -> None:
    gaps = Gaps()
    gaps.open(NOON, 2)
    gaps.open(NOON + MINUTE, 5)
    (gap,) = gaps.told()
    assert gap["from"] == "2023-11-14T22:15:00+00:00" and gap["symbols"] == 2 and not gap["filled"]


def test_a_filled_gap_is_not_filled_again() -> None:
    gaps = Gaps()
    gaps.open(NOON, 2)
    gaps.fill(NOON + MINUTE, True)
    gaps.fill(NOON + 2 * MINUTE, False)
    assert gaps.told()[0]["to"] == "2023-11-14T22:16:00+00:00" and verified(gaps) == [True]


@pytest.mark.parametrize(
    ("minute", "touched"), [(-1, False), (0, True), (1, True), (2, True), (3, False)], ids=lambda value: str(value)
)
def test_a_later_bar_verifies_the_gaps_that_its_minute_touches(gaps: Gaps, minute: int, touched: bool) -> None:
    gaps.compared(NOON + minute * MINUTE, same=True)
    assert verified(gaps) == [True if touched else None]


def test_one_bar_that_differs_is_enough_and_stays(gaps: Gaps) -> None:
    gaps.compared(NOON, same=True)
    gaps.compared(NOON + MINUTE, same=False)
    gaps.compared(NOON + 2 * MINUTE, same=True)
    assert verified(gaps) == [False]


def test_an_open_gap_is_not_verified() -> None:
    gaps = Gaps()
    gaps.open(NOON, 2)
    gaps.compared(NOON, same=True)
    assert verified(gaps) == [None]


def test_each_gap_is_verified_for_itself(gaps: Gaps) -> None:
    gaps.open(NOON + 10 * MINUTE, 2)
    gaps.fill(NOON + 11 * MINUTE, None)
    gaps.compared(NOON + 10 * MINUTE, same=True)
    assert verified(gaps) == [None, True]


def test_only_the_last_gaps_are_kept() -> None:
    gaps = Gaps()
    for number in range(GAPS_KEPT + 5):
        gaps.open(NOON + number * MINUTE, number)
        gaps.fill(NOON + number * MINUTE + NS, None)
    assert [gap["symbols"] for gap in gaps.told()] == list(range(5, GAPS_KEPT + 5))


def test_a_stretch_that_was_found_missing_is_told_once_for_all_symbols_before_a_gap_that_is_open() -> None:
    gaps = Gaps()
    for number in range(GAPS_KEPT):
        gaps.open(NOON + number, 1)
        gaps.fill(NOON + number + 1, True)
    gaps.open(NOON + 5 * MINUTE, 3)
    gaps.found(NOON + MINUTE, NOON + 2 * MINUTE)
    gaps.found(NOON + MINUTE, NOON + 2 * MINUTE)
    told = gaps.told()
    assert len(told) == GAPS_KEPT and gaps.is_open
    assert (told[-2]["symbols"], told[-2]["filled"], told[-2]["verified"]) == (2, True, True)
    assert told[-1]["to"] is None
