"""Which stream a symbol comes by."""

from __future__ import annotations

import pytest

from domain.feed import Feed, feed_of


@pytest.mark.parametrize(
    ("symbol", "feed"),
    [
        ("AAPL", Feed.STOCKS),
        ("BRK.B", Feed.STOCKS),
        ("FAKEPACA", Feed.STOCKS),
        ("BTC/USD", Feed.CRYPTO),
        ("AAVE/USDT", Feed.CRYPTO),
        ("AAPL261218C00200000", Feed.OPTIONS),
        ("F240119P00012500", Feed.OPTIONS),
        ("GOOGLL261218C00200000", Feed.OPTIONS),
        ("AAPL261218X00200000", Feed.STOCKS),
        ("AAPL261218C0020000", Feed.STOCKS),
        ("AAPL261218C002000000", Feed.STOCKS),
        ("", Feed.STOCKS),
    ],
)
def test_the_feed_of_a_symbol(symbol: str, feed: Feed) -> None:
    assert feed_of(symbol) is feed
