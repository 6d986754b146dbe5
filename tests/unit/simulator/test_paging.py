"""Pages: put together they are the rows, whatever the limit and whichever way."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.columns import BarColumns
from simulator.data_query import BadQuery, new_york_text, parse_moment, parse_query, parse_symbols
from simulator.event_rows import EventRows
from simulator.paging import Position, page
from simulator.trade import Trade

NOW = 1_795_161_600_123_456_789
TRADES = st.dictionaries(st.sampled_from(["A", "B", "C"]), st.lists(st.integers(0, 5), max_size=8))


@dataclass
class Cut:
    limit: int
    descending: bool
    after: Position | None = None


def rows_of(symbol: str, moments: list[int]) -> EventRows:
    return EventRows([Trade(symbol, ts, i, 1.0, 1, "V", "C") for i, ts in enumerate(sorted(moments))])


@settings(max_examples=200, deadline=None)
@given(TRADES, st.integers(1, 10), st.booleans())
def test_the_pages_together_are_all_rows_once_and_in_order(moments, limit, descending):
    rows = {symbol: rows_of(symbol, found) for symbol, found in moments.items()}
    cut, got = Cut(limit, descending), []
    for _ in range(len(moments) * 8 + 2):
        found = page(["C", "A", "B"], lambda symbol: rows.get(symbol, EventRows([])), cut)
        assert sum(len(part) for part in found.rows.values()) <= limit
        for part in found.rows.values():
            assert len(part)
            got += part.events[::-1] if descending else part.events
        if found.token is None:
            break
        cut.after = Position.parse(found.token)
    wanted = [trade for s in sorted(rows) for trade in (rows[s].events[::-1] if descending else rows[s].events)]
    assert got == wanted


def test_a_page_that_takes_the_last_row_has_no_token():
    rows = {"A": rows_of("A", [1, 2])}
    assert page(["A", "B"], lambda symbol: rows.get(symbol, EventRows([])), Cut(2, False)).token is None


def test_both_ends_are_included():
    assert [t.ts_event for t in rows_of("A", [1, 2, 3, 4]).between(2, 3).events] == [2, 3]
    assert len(BarColumns.empty().between(0, 9)) == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T08:00:00Z", 1795161600000000000),
        ("2026-11-20T08:00:00+00:00", 1795161600000000000),
        ("2026-11-20T03:00:00.123456789-05:00", 1795161600123456789),
        ("2026-11-20T08:00:00.5", 1795161600500000000),
        ("2026-11-20", 1795150800000000000),
    ],
)
def test_moments_are_read_to_the_nanosecond(text, expected):
    assert parse_moment(text) == expected


@pytest.mark.parametrize(
    "parameters",
    [
        {"start": "yesterday"},
        {"end": "2026-13-01"},
        {"limit": "0"},
        {"limit": "10001"},
        {"limit": "x"},
        {"sort": "up"},
        {"page_token": "nonsense"},
    ],
)
def test_a_wrong_parameter_is_named(parameters):
    with pytest.raises(BadQuery, match=next(iter(parameters))):
        parse_query(parameters, NOW)


def test_without_times_a_query_is_for_today():
    query = parse_query({}, NOW)
    assert (query.start, query.end, query.limit) == (1795150800000000000, NOW, 1_000)


def test_symbols_are_checked():
    assert parse_symbols("AAPL, BRK.B") == ["AAPL", "BRK.B"]
    for text in (None, "", "aapl", "BTC/USD"):
        with pytest.raises(BadQuery):
            parse_symbols(text)


def test_the_clock_is_written_with_new_yorks_offset():
    assert new_york_text(NOW) == "2026-11-20T03:00:00.123456789-05:00"
    assert new_york_text(1795161600_000000000) == "2026-11-20T03:00:00-05:00"
