"""Coins, options, news and the test share through unmodified alpaca-py clients, by url_override alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
import pytest_asyncio
from alpaca.data.historical import CryptoHistoricalDataClient, OptionHistoricalDataClient, StockHistoricalDataClient
from alpaca.data.historical.news import NewsClient
from alpaca.data.live import CryptoDataStream, NewsDataStream, OptionDataStream, StockDataStream
from alpaca.data.requests import (
    CryptoBarsRequest,
    CryptoLatestBarRequest,
    CryptoLatestOrderbookRequest,
    CryptoLatestQuoteRequest,
    CryptoLatestTradeRequest,
    CryptoQuoteRequest,
    CryptoSnapshotRequest,
    CryptoTradesRequest,
    NewsRequest,
    OptionBarsRequest,
    OptionLatestQuoteRequest,
    OptionLatestTradeRequest,
    OptionTradesRequest,
    StockQuotesRequest,
)
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import AssetClass
from alpaca.trading.requests import GetAssetsRequest, GetOptionContractsRequest

from simulator.server import PracticeMarket, PracticeMarketConfig

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]
KEYS = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}
COINS = ["BTC/USD", "ETH/USD", "LTC/USD"]
CALL = "AAPL{:%y%m%d}C00230000"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PracticeMarket]:
    """A minute of its time lasts a second."""
    config = PracticeMarketConfig(data_dir=tmp_path_factory.mktemp("practice"), port=0, speed=60.0, hours="nyse")
    async with PracticeMarket(config) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PracticeMarket]:
    config = PracticeMarketConfig(data_dir=tmp_path_factory.mktemp("practice"), port=0)
    async with PracticeMarket(config) as found:
        yield found


async def listen(stream: Any, complete: Callable[[], bool], what: str) -> None:
    """Runs the client's own loop until the fact."""
    running = asyncio.create_task(stream._run_forever())
    try:
        async with asyncio.timeout(15):
            while not complete():
                assert not running.done(), what
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await stream.close()


class Heard:
    """What came, by the symbol of each message."""

    def __init__(self) -> None:
        self.trades: list[Any] = []
        self.quotes: list[Any] = []
        self.bars: list[Any] = []
        self.books: list[Any] = []
        self.news: list[Any] = []
        self.others: list[Any] = []

    def into(self, name: str) -> Callable[[Any], Any]:
        async def take(message: Any) -> None:
            getattr(self, name).append(message)

        return take


async def test_the_crypto_stream_outside_of_the_shares_hours(market):
    heard = Heard()
    stream = CryptoDataStream("practice", "practice", url_override=f"{market.stream_url}/v1beta3/crypto/us")
    stream.subscribe_trades(heard.into("trades"), "*")
    stream.subscribe_quotes(heard.into("quotes"), *COINS)
    stream.subscribe_bars(heard.into("bars"), "*")
    stream.subscribe_daily_bars(heard.into("others"), "BTC/USD")
    stream.subscribe_orderbooks(heard.into("books"), "BTC/USD")
    symbols = set(COINS)
    await listen(
        stream,
        lambda: (
            all({each.symbol for each in found} == symbols for found in (heard.trades, heard.quotes, heard.bars))
            and len(heard.books) > 3
            and bool(heard.others)
        ),
        "every channel",
    )
    assert all(trade.size > 0 for trade in heard.trades)
    first, *later = heard.books
    assert first.reset and len(first.bids) >= 15 and len(first.asks) >= 15
    assert not any(book.reset for book in later) and any(level.size == 0 for book in later for level in book.bids)
    assert {each.symbol for each in heard.others} == {"BTC/USD"}


async def test_the_crypto_client_needs_no_keys(market):
    client = CryptoHistoricalDataClient(url_override=market.url)
    now = datetime.fromtimestamp(market.market.now() / 1e9, UTC)
    hours = CryptoBarsRequest(
        symbol_or_symbols=COINS, timeframe=TimeFrame(1, TimeFrameUnit.Hour), start=now - timedelta(days=3)
    )
    bars = (await asyncio.to_thread(client.get_crypto_bars, hours)).data
    assert set(bars) == set(COINS)
    for found in bars.values():
        assert len(found) >= 71 and all(b.timestamp - a.timestamp == timedelta(hours=1) for a, b in pairwise(found))
    start = now - timedelta(minutes=4)
    trades = await asyncio.to_thread(
        client.get_crypto_trades, CryptoTradesRequest(symbol_or_symbols="BTC/USD", start=start, limit=20)
    )
    assert len(trades.data["BTC/USD"]) == 20
    quotes = await asyncio.to_thread(
        client.get_crypto_quotes, CryptoQuoteRequest(symbol_or_symbols="BTC/USD", start=start, limit=20)
    )
    assert len(quotes.data["BTC/USD"]) == 20
    for ask, kind in (
        (client.get_crypto_latest_trade, CryptoLatestTradeRequest),
        (client.get_crypto_latest_quote, CryptoLatestQuoteRequest),
        (client.get_crypto_latest_bar, CryptoLatestBarRequest),
        (client.get_crypto_latest_orderbook, CryptoLatestOrderbookRequest),
        (client.get_crypto_snapshot, CryptoSnapshotRequest),
    ):
        assert set(await asyncio.to_thread(ask, kind(symbol_or_symbols=COINS))) == set(COINS)
    books = await asyncio.to_thread(
        client.get_crypto_latest_orderbook, CryptoLatestOrderbookRequest(symbol_or_symbols="BTC/USD")
    )
    assert books["BTC/USD"].bids[0].price < books["BTC/USD"].asks[0].price


async def test_the_option_stream_and_client(open_market):
    trading = TradingClient("practice", "practice", url_override=open_market.url)
    wanted = GetOptionContractsRequest(underlying_symbols=["AAPL", "SPY"])
    contracts = (await asyncio.to_thread(trading.get_option_contracts, wanted)).option_contracts
    assert {contract.underlying_symbol for contract in contracts} == {"AAPL", "SPY"}
    near = sorted(
        (each for each in contracts if each.underlying_symbol == "AAPL"), key=lambda each: each.expiration_date
    )
    symbols = [contract.symbol for contract in near]
    assert (await asyncio.to_thread(trading.get_option_contract, symbols[0])).symbol == symbols[0]
    heard = Heard()
    stream = OptionDataStream("practice", "practice", url_override=f"{open_market.stream_url}/v1beta1/indicative")
    stream.subscribe_trades(heard.into("trades"), "*")
    stream.subscribe_quotes(heard.into("quotes"), *symbols[:10])
    await listen(
        stream, lambda: bool(heard.trades) and len({q.symbol for q in heard.quotes}) == 10, "trades and quotes"
    )
    assert all(quote.bid_price < quote.ask_price and quote.conditions == "A" for quote in heard.quotes)
    client = OptionHistoricalDataClient("practice", "practice", url_override=open_market.url)
    latest = OptionLatestQuoteRequest(symbol_or_symbols=symbols)
    assert set(await asyncio.to_thread(client.get_option_latest_quote, latest)) == set(symbols)
    start = datetime.now(UTC) - timedelta(minutes=4)
    trades = await asyncio.to_thread(
        client.get_option_trades, OptionTradesRequest(symbol_or_symbols=symbols, start=start)
    )
    busy = max(trades.data, key=lambda symbol: len(trades.data[symbol]))
    last = await asyncio.to_thread(client.get_option_latest_trade, OptionLatestTradeRequest(symbol_or_symbols=busy))
    assert last[busy].timestamp >= trades.data[busy][-1].timestamp
    minutes = OptionBarsRequest(symbol_or_symbols=busy, timeframe=TimeFrame.Minute, start=start - timedelta(minutes=2))
    assert len((await asyncio.to_thread(client.get_option_bars, minutes)).data[busy]) >= 2


async def test_the_news_stream_and_client(open_market):
    heard = Heard()
    stream = NewsDataStream("practice", "practice", url_override=f"{open_market.stream_url}/v1beta1/news")
    stream.subscribe_news(heard.into("news"), "NVDA", "MSFT")
    async with httpx.AsyncClient(base_url=open_market.url) as control:

        async def tell() -> None:
            while not heard.news:
                for symbols in (["AAPL"], ["NVDA", "AAPL"]):
                    answer = await control.post(
                        "/_sim/scenario", json={"name": "news", "headline": "Told", "symbols": symbols}
                    )
                    assert answer.status_code == 200
                await asyncio.sleep(0.2)

        telling = asyncio.create_task(tell())
        await listen(stream, lambda: bool(heard.news), "an item")
        await telling
    assert all({"NVDA", "MSFT"} & set(item.symbols) for item in heard.news)
    item = next(item for item in heard.news if item.headline == "Told")
    assert item.source == "practice" and abs(item.created_at - datetime.now(UTC)) < timedelta(seconds=20)
    client = NewsClient("practice", "practice", url_override=open_market.url)
    day = datetime.now(UTC) - timedelta(days=1)
    newest = (await asyncio.to_thread(client.get_news, NewsRequest(limit=120, start=day))).data["news"]
    assert len(newest) == 120 and len({each.id for each in newest}) == 120
    moments = [each.created_at for each in newest]
    assert moments == sorted(moments, reverse=True) and item.id in [each.id for each in newest]
    oldest = NewsRequest(limit=5, start=day, sort="asc", symbols="NVDA", include_content=True)
    found = (await asyncio.to_thread(client.get_news, oldest)).data["news"]
    assert len(found) == 5 and all("NVDA" in each.symbols and each.content for each in found)
    assert all(a.created_at < b.created_at for a, b in pairwise(found))


async def test_the_test_stream_has_one_share_around_the_clock(market):
    heard = Heard()
    stream = StockDataStream("practice", "practice", url_override=f"{market.stream_url}/v2/test")
    stream.subscribe_trades(heard.into("trades"), "FAKEPACA")
    stream.subscribe_quotes(heard.into("quotes"), "*")
    stream.subscribe_bars(heard.into("bars"), "FAKEPACA")
    await listen(stream, lambda: bool(heard.trades and heard.quotes and heard.bars), "trades, quotes and bars")
    assert {each.symbol for each in (*heard.trades, *heard.quotes, *heard.bars)} == {"FAKEPACA"}


async def test_quotes_of_shares_have_a_history(open_market):
    client = StockHistoricalDataClient("practice", "practice", url_override=open_market.url)
    start = datetime.now(UTC) - timedelta(minutes=3)
    found = await asyncio.to_thread(
        client.get_stock_quotes, StockQuotesRequest(symbol_or_symbols=["AAPL", "SPY"], start=start)
    )
    assert all(len(quotes) > 100 for quotes in found.data.values()) and set(found.data) == {"AAPL", "SPY"}


async def test_assets_are_shares_then_coins_and_can_be_asked_for_apart(open_market):
    client = TradingClient("practice", "practice", url_override=open_market.url)
    every = await asyncio.to_thread(client.get_all_assets)
    assert [asset.symbol for asset in every][-3:] == COINS and len(every) == 15
    coins = await asyncio.to_thread(client.get_all_assets, GetAssetsRequest(asset_class=AssetClass.CRYPTO))
    assert [asset.symbol for asset in coins] == COINS
    assert all(asset.exchange.value == "CRYPTO" and asset.fractionable and not asset.shortable for asset in coins)
    shares = await asyncio.to_thread(client.get_all_assets, GetAssetsRequest(asset_class=AssetClass.US_EQUITY))
    assert len(shares) == 12
    for name in ("BTC/USD", "BTCUSD", str(coins[0].id)):
        assert (await asyncio.to_thread(client.get_asset, name)).symbol == "BTC/USD"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1beta3/crypto/us/bars?symbols=AAPL&timeframe=1Min", 400),
        ("/v1beta3/crypto/us/bars?symbols=BTC/USD&timeframe=x", 400),
        ("/v1beta3/crypto/eu/bars?symbols=BTC/USD&timeframe=1Min", 404),
        ("/v1beta1/options/trades?symbols=AAPL", 400),
        ("/v2/options/contracts/AAPL000101C00000001", 404),
        ("/v1beta1/news?limit=51", 400),
        ("/v1beta1/news?sort=up", 400),
        ("/v1beta1/news?page_token=!", 400),
        ("/v1beta1/news?symbols=aapl", 400),
    ],
)
async def test_refusals_have_a_message(open_market, path, status):
    async with httpx.AsyncClient(base_url=open_market.url, headers=KEYS) as client:
        answer = await client.get(path)
    assert answer.status_code == status and answer.json()["message"]


async def test_a_coin_is_ordered_under_both_of_its_names(open_market):
    order = {"symbol": "BTC/USD", "qty": "0.01", "side": "buy", "type": "limit", "limit_price": "1000"}
    async with httpx.AsyncClient(base_url=open_market.url, headers=KEYS) as client:
        for symbol in ("BTC/USD", "BTCUSD"):
            answer = (await client.post("/v2/orders", json={**order, "symbol": symbol, "time_in_force": "gtc"})).json()
            assert (answer["symbol"], answer["asset_class"]) == ("BTC/USD", "crypto")
            assert (await client.delete(f"/v2/orders/{answer['id']}")).status_code == 204
