"""Coins: decided by their seed, deep, always open, and with bars that know the quotes too."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from domain.depth import OrderBook
from domain.session import NS_PER_SECOND, midnight, trading_day
from simulator.bar import NS_PER_MINUTE, Bar
from simulator.columns import BarColumns
from simulator.depth_board import change
from simulator.generated import GeneratedMarket
from simulator.hours import AlwaysOpen
from simulator.listing import crypto_listings
from simulator.market import Market
from simulator.market_time import MarketTime
from simulator.quote import CryptoQuote, Quote
from simulator.record import CryptoRecord
from simulator.timeframe import Timeframe
from simulator.trade import CryptoTrade, Trade

START = 1_795_161_630_000_000_000  # 2026-11-20 03:00:30 in New York
MINUTE, DAY = Timeframe(1, "Min"), Timeframe(1, "Day")


def played(seconds: int = 0) -> tuple[Market, list]:
    source = GeneratedMarket(crypto_listings(), 1, AlwaysOpen(), MarketTime(lambda: 0, anchor=START, rate=1))
    market = Market(source)
    return market, [m for part in market.play(START + seconds * NS_PER_SECOND) for m in part]


@pytest.fixture(scope="module")
def market() -> Market:
    return played()[0]


def test_a_seed_decides_everything():
    assert played()[1] == played()[1]


def test_trades_have_a_taker_and_fractions(market):
    for listing in crypto_listings():
        record = market.records[listing.symbol]
        assert len(record.trades) > 60
        assert {type(each) for each in (*record.trades, *record.quotes)} == {CryptoTrade, CryptoQuote}
        assert {trade.taker_side for trade in record.trades} == {"B", "S"}
        assert any(trade.size % 1 for trade in record.trades)
        assert record.trades[-1].price == pytest.approx(listing.price, rel=0.5)
        ids = [trade.trade_id for trade in record.trades]
        assert ids == sorted(set(ids)) and max(ids) < 2**53


def test_a_taker_that_buys_trades_at_the_ask(market):
    events = sorted(
        [*market.records["BTC/USD"].trades, *market.records["BTC/USD"].quotes], key=lambda event: event.ts_event
    )
    for before, after in pairwise(events):
        if isinstance(before, Quote) and isinstance(after, CryptoTrade):
            assert after.price >= before.ask_price if after.taker_side == "B" else after.price <= before.bid_price


def test_the_depth_is_deep_and_alive_and_can_be_kept_up_from_its_changes():
    market, _ = played()
    assert isinstance(market.source, GeneratedMarket)
    pits = market.source.pits
    told = {symbol: pit.depth() for symbol, pit in pits.items()}
    books, changes = {symbol: OrderBook(symbol) for symbol in pits}, dict.fromkeys(pits, 0)
    for symbol, sides in told.items():
        assert min(len(side) for side in sides) >= 15
        books[symbol].take(START, sides[0].items(), sides[1].items(), True)
    for step in range(1, 51):
        for _ in market.play(START + step * NS_PER_SECOND // 10):
            pass
        for symbol, pit in pits.items():
            bids, asks = (change(*sides) for sides in zip(told[symbol], pit.depth(), strict=True))
            changes[symbol] += bool(bids or asks)
            books[symbol].take(START, bids, asks, False)
            told[symbol] = pit.depth()
    for symbol, (all_bids, all_asks) in told.items():
        shown = books[symbol].depth()
        assert dict(shown.bids) == dict(sorted(all_bids.items(), reverse=True)[:50])
        assert dict(shown.asks) == dict(sorted(all_asks.items())[:50])
        assert shown.bids[0][0] < shown.asks[0][0]
    assert min(changes.values()) >= 8, changes  # in five seconds


def test_history_joins_the_live_price_and_covers_a_year(market):
    for symbol in market.listings:
        minutes, days = market.bars(symbol, MINUTE), market.bars(symbol, DAY)
        assert np.all(np.diff(minutes.start) == NS_PER_MINUTE) and len(days) == 366
        assert minutes.start[0] == midnight(trading_day(START)) - 5 * 86_400 * NS_PER_SECOND
        assert np.abs(minutes.open[1:] / minutes.close[:-1] - 1).max() < 0.003
        assert minutes.volume.dtype == np.float64 and np.all(minutes.volume >= 0)


def test_a_minute_of_a_coin_is_made_of_trades_and_of_the_middles_of_quotes():
    start = START // NS_PER_MINUTE * NS_PER_MINUTE
    record = CryptoRecord(BarColumns.empty, BarColumns.empty, since=start)
    for second, bid, ask in ((0, 99.0, 101.0), (20, 109.0, 111.0), (40, 94.0, 96.0)):
        record.add(CryptoQuote("BTC/USD", start + second * NS_PER_SECOND, bid, 1.0, ask, 1.0, "", ""))
    record.add(CryptoTrade("BTC/USD", start + 30 * NS_PER_SECOND, 1, 105.0, 0.5, "", ""))
    record.add(CryptoTrade("BTC/USD", start + 50 * NS_PER_SECOND, 2, 96.0, 0.25, "", ""))
    assert record.close_minute(start) == Bar("BTC/USD", start, 100.0, 110.0, 95.0, 96.0, 0.75, 2, 102.0)
    record.add(CryptoQuote("BTC/USD", start + NS_PER_MINUTE, 99.0, 1.0, 100.0, 1.0, "", ""))
    quiet = record.close_minute(start + NS_PER_MINUTE)
    assert quiet == Bar("BTC/USD", start + NS_PER_MINUTE, 99.5, 99.5, 99.5, 99.5, 0.0, 0, 0.0)
    assert record.close_minute(start + 2 * NS_PER_MINUTE) is None
    five = Timeframe(5, "Min").bars(record.minutes())
    assert five.volume.sum() == 0.75 and np.all(np.isfinite(five.vwap))


def test_changes_name_new_changed_and_gone_levels():
    assert change({1.0: 5.0, 2.0: 5.0, 3.0: 5.0}, {2.0: 5.0, 3.0: 4.0, 4.0: 1.0}) == (
        (1.0, 0.0),
        (3.0, 4.0),
        (4.0, 1.0),
    )
    assert change({1.0: 5.0}, {1.0: 5.0}) == ()


def test_a_trade_of_a_coin_is_still_a_trade():
    assert isinstance(CryptoTrade("BTC/USD", 1, 1, 1.0, 0.5, "", ""), Trade)
