"""Whose data the cache holds: what is kept and what is wiped."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_cache.reader import MarketReader
from market_cache.stamp import Stamp
from tests.unit.market_cache.market import TinyMarket, minutes

MINE = Stamp("sim", "http://a", "http://b", "ws://c", "account-1")


@pytest.mark.parametrize(
    ("stored", "mine", "kept"),
    [
        (MINE, MINE, True),
        (replace(MINE, account_id=""), MINE, True),
        (MINE, replace(MINE, account_id=""), True),
        (MINE, replace(MINE, account_id="account-2"), False),
        (MINE, replace(MINE, mode="paper"), False),
        (MINE, replace(MINE, trading_url="http://x"), False),
        (MINE, replace(MINE, data_url="http://x"), False),
        (MINE, replace(MINE, data_stream_url="ws://x"), False),
    ],
)
def test_content_is_kept_only_of_the_same_mode_servers_and_account(stored: Stamp, mine: Stamp, kept: bool) -> None:
    assert mine.admits(stored.pack()) is kept


@settings(max_examples=50, deadline=None)
@given(st.one_of(st.none(), st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_what_is_no_stamp_admits_nothing(stored: bytes | None) -> None:
    assert not MINE.admits(stored)


def test_an_empty_cache_is_claimed_and_a_second_claim_keeps_it(market: TinyMarket) -> None:
    assert market.writer.claim(MINE) is False
    market.writer.write_series("AAPL", "1Min", 0, minutes(3))
    assert market.writer.claim(MINE) is True
    assert len(market.writer.read_series("AAPL", "1Min")[1]) == 3


def test_another_account_finds_nothing(market: TinyMarket, reader: MarketReader) -> None:
    market.writer.claim(MINE)
    market.writer.write_series("AAPL", "1Min", 0, minutes(300))
    market.trade(1.0)
    reader.catch_up()
    assert market.writer.claim(replace(MINE, account_id="account-2")) is False
    assert len(market.writer.read_series("AAPL", "1Min")[1]) == 0
    reader.catch_up(force=True)
    assert (reader.epoch, reader.symbols, len(reader.bars("AAPL", "1Min")[1])) == (0, (), 0)


def test_a_claim_before_the_account_is_known_does_not_open_the_cache_to_another(market: TinyMarket) -> None:
    market.writer.claim(MINE)
    market.writer.claim(replace(MINE, account_id=""))
    assert market.writer.claim(replace(MINE, account_id="account-2")) is False
