"""Every public method of unmodified alpaca-py against the practice market: what it answers parses into their models.

A method that no test here calls fails the last one.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from alpaca.common.exceptions import APIError
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
    OptionChainRequest,
    OptionLatestQuoteRequest,
    OptionLatestTradeRequest,
    OptionSnapshotRequest,
    OptionTradesRequest,
    StockBarsRequest,
    StockLatestBarRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockQuotesRequest,
    StockSnapshotRequest,
    StockTradesRequest,
)
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import CorporateActionType, QueryOrderStatus
from alpaca.trading.requests import (
    ClosePositionRequest,
    CreateWatchlistRequest,
    GetAssetsRequest,
    GetCalendarRequest,
    GetCorporateAnnouncementsRequest,
    GetOptionContractsRequest,
    GetOrderByIdRequest,
    GetOrdersRequest,
    GetPortfolioHistoryRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    UpdateWatchlistRequest,
)
from alpaca.trading.stream import TradingStream

from simulator.server import PracticeMarket, PracticeMarketConfig

pytestmark = pytest.mark.asyncio(loop_scope="module")
COINS = ["BTC/USD", "ETH/USD"]
WATCHLISTS = (
    "get_watchlists", "get_watchlist_by_id", "create_watchlist", "update_watchlist_by_id", "add_asset_to_watchlist_by_id",
    "delete_watchlist_by_id", "remove_asset_from_watchlist_by_id",
)  # fmt: skip


class Calls:
    """A client that is called in a thread, and the names of what was called."""

    def __init__(self, client: Any, seen: set[tuple[type, str]]) -> None:
        self._client, self._seen = client, seen
        client._retry = 0

    async def __call__(self, name: str, *arguments: Any) -> Any:
        self._seen.add((type(self._client), name))
        return await asyncio.to_thread(getattr(self._client, name), *arguments)


@pytest.fixture(scope="module")
def seen() -> set[tuple[type, str]]:
    return set()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PracticeMarket]:
    """A minute of its time lasts three seconds."""
    config = PracticeMarketConfig(data_dir=tmp_path_factory.mktemp("practice"), port=0, speed=20.0)
    async with PracticeMarket(config) as found:
        yield found


@pytest.fixture
def trading(market: PracticeMarket, seen: set[tuple[type, str]]) -> Calls:
    return Calls(TradingClient("practice", "practice", url_override=market.url), seen)


def now(market: PracticeMarket) -> datetime:
    return datetime.fromtimestamp(market.market.now() / 1e9, UTC)


async def settled(trading: Calls, order_id: Any, status: str = "filled") -> Any:
    """The order when it is filled."""
    async with asyncio.timeout(10):
        while (order := await trading("get_order_by_id", order_id)).status.value != status:
            await asyncio.sleep(0.01)
    return order


async def bought(trading: Calls, symbol: str, qty: float, **more: Any) -> Any:
    request = MarketOrderRequest(symbol=symbol, qty=qty, side="buy", **{"time_in_force": "day", **more})
    return await settled(trading, (await trading("submit_order", request)).id)


async def test_orders_from_the_first_to_the_last(trading):
    name = f"mine-{uuid4()}"
    order = await trading(
        "submit_order",
        LimitOrderRequest(
            symbol="AAPL", qty=2, side="buy", time_in_force="gtc", limit_price=100.1, client_order_id=name
        ),
    )
    assert (await trading("get_order_by_client_id", name)).id == order.id
    assert (await trading("get_order_by_id", order.id, GetOrderByIdRequest(nested=True))).limit_price == "100.1"
    newer = await trading("replace_order_by_id", order.id, ReplaceOrderRequest(qty=3, limit_price=101.5))
    assert newer.replaces == order.id and newer.qty == "3"
    wanted = GetOrdersRequest(
        status=QueryOrderStatus.OPEN, limit=5, nested=True, side="buy", symbols=["AAPL"], until=datetime(2100, 1, 1)
    )
    assert [each.id for each in await trading("get_orders", wanted)] == [newer.id]
    await trading("cancel_order_by_id", newer.id)
    await settled(trading, newer.id, "canceled")
    await trading(
        "submit_order", LimitOrderRequest(symbol="SPY", qty=1, side="buy", time_in_force="day", limit_price=9)
    )
    answers = await trading("cancel_orders")
    assert {each.status for each in answers} == {200}


async def test_positions_from_the_first_to_the_last(trading):
    await bought(trading, "AAPL", 4)
    await bought(trading, "BTC/USD", 0.01, time_in_force="gtc")
    found = {each.symbol: each for each in await trading("get_all_positions")}
    assert found["AAPL"].qty == "4" and found["BTCUSD"].exchange.value == "CRYPTO"
    one = await trading("get_open_position", "AAPL")
    assert one.asset_id == (await trading("get_asset", "AAPL")).id
    assert (await trading("get_open_position", "BTC/USD")).symbol == "BTCUSD"
    order = await trading("close_position", "AAPL", ClosePositionRequest(percentage="50"))
    assert (order.side.value, order.qty) == ("sell", "2")
    await settled(trading, order.id)
    answers = await trading("close_all_positions", True)
    assert {(each.symbol, each.status) for each in answers} == {("AAPL", 200), ("BTCUSD", 200)}
    for each in answers:
        await settled(trading, each.body.id)


async def test_the_account_and_what_became_of_it(trading):
    account = await trading("get_account")
    assert account.status.value == "ACTIVE" and account.options_trading_level == 0
    settings = await trading("get_account_configurations")
    changed = await trading("set_account_configurations", settings.model_copy(update={"no_shorting": True}))
    assert changed.no_shorting
    await trading("set_account_configurations", settings)
    order = await bought(trading, "MSFT", 1)
    for timeframe in ("1Min", "1D"):
        request = GetPortfolioHistoryRequest(period="1D", timeframe=timeframe)
        history = await trading("get_portfolio_history", request)
        assert history.timeframe == timeframe and len(history.timestamp) == len(history.equity) >= 1
        assert abs(history.equity[-1] - float((await trading("get_account")).equity)) < 50
        assert history.base_value == 100_000 and all(0 < each < 200_000 for each in history.equity)
    fills = await trading("get", "/account/activities", {"activity_types": "FILL", "order_id": str(order.id)})
    assert sum(float(each["qty"]) for each in fills) == 1
    assert await trading("get", "/account/activities/DIV") == []


async def test_what_can_be_traded_and_when(trading, market):
    assets = await trading("get_all_assets", GetAssetsRequest(attributes="has_options"))
    assert {asset.symbol for asset in assets} == {"AAPL", "NVDA", "SPY", "TSLA"}
    assert (await trading("get_asset", "BTC/USD")).min_order_size == 0.0001
    clock = await trading("get_clock")
    assert clock.is_open and abs(clock.timestamp - now(market)) < timedelta(minutes=2)
    week = GetCalendarRequest(start=date(2026, 11, 23), end=date(2026, 11, 27))
    assert [day.date.day for day in await trading("get_calendar", week)] == [23, 24, 25, 26, 27]
    wanted = GetOptionContractsRequest(
        underlying_symbols=["AAPL"], type="call", strike_price_gte="200", expiration_date_gte=date(2020, 1, 1), limit=3
    )
    page = await trading("get_option_contracts", wanted)
    assert len(page.option_contracts) == 3 and page.next_page_token
    rest = await trading("get_option_contracts", wanted.model_copy(update={"page_token": page.next_page_token}))
    assert not {each.symbol for each in page.option_contracts} & {each.symbol for each in rest.option_contracts}
    nearest = (await trading("get_option_contracts", GetOptionContractsRequest())).option_contracts
    assert nearest and all(each.expiration_date <= now(market).date() + timedelta(days=7) for each in nearest)
    one = await trading("get_option_contract", nearest[0].id)
    assert one.symbol == nearest[0].symbol and one.size == "100"
    with pytest.raises(APIError, match="long position not found"):
        await trading("exercise_options_position", nearest[0].symbol)


async def test_what_is_left_out_is_404(trading):
    some = str(uuid4())
    arguments: dict[str, tuple[Any, ...]] = dict.fromkeys(WATCHLISTS, (some,)) | {
        "get_watchlists": (),
        "create_watchlist": (CreateWatchlistRequest(name="one", symbols=["AAPL"]),),
        "update_watchlist_by_id": (some, UpdateWatchlistRequest(name="two")),
        "add_asset_to_watchlist_by_id": (some, "AAPL"),
        "remove_asset_from_watchlist_by_id": (some, "AAPL"),
        "get_corporate_announcement_by_id": (some,),
        "get_corporate_announcements": (
            GetCorporateAnnouncementsRequest(
                ca_types=[CorporateActionType.DIVIDEND], since=date(2026, 1, 1), until=date(2026, 2, 1)
            ),
        ),
    }
    for name, given in arguments.items():
        with pytest.raises(APIError) as caught:
            await trading(name, *given)
        assert (caught.value.status_code, caught.value.code) == (404, 40410000), name


async def test_history_of_stocks(market, seen):
    stocks = Calls(StockHistoricalDataClient("practice", "practice", url_override=market.url), seen)
    both, start = ["AAPL", "SPY"], now(market) - timedelta(minutes=10)
    for amount, unit in (
        (1, "Min"),
        (5, "Min"),
        (59, "Min"),
        (1, "Hour"),
        (23, "Hour"),
        (1, "Day"),
        (1, "Week"),
        (3, "Month"),
    ):
        timeframe = TimeFrame(amount, TimeFrameUnit(unit))
        request = StockBarsRequest(
            symbol_or_symbols=both,
            timeframe=timeframe,
            start=now(market) - timedelta(days=400),
            adjustment="all",
            asof="2026-01-02",
            feed="sip",
            limit=7,
            sort="desc",
        )
        bars = (await stocks("get_stock_bars", request)).data
        # The limit counts over all symbols.
        assert sum(map(len, bars.values())) == 7 or unit in ("Week", "Month"), timeframe
    request = StockTradesRequest(symbol_or_symbols=both, start=start, limit=900)
    assert sum(map(len, (await stocks("get_stock_trades", request)).data.values())) == 900
    quotes = await stocks("get_stock_quotes", StockQuotesRequest(symbol_or_symbols="SPY", start=start, limit=50))
    assert len(quotes.data["SPY"]) == 50
    for name, kind in (
        ("get_stock_latest_trade", StockLatestTradeRequest),
        ("get_stock_latest_quote", StockLatestQuoteRequest),
        ("get_stock_latest_bar", StockLatestBarRequest),
        ("get_stock_snapshot", StockSnapshotRequest),
    ):
        assert set(await stocks(name, kind(symbol_or_symbols=[*both, "ZZZZ"], feed="iex"))) == set(both)


async def test_history_of_coins(market, seen):
    coins, start = Calls(CryptoHistoricalDataClient(url_override=market.url), seen), now(market) - timedelta(minutes=10)
    bars = CryptoBarsRequest(symbol_or_symbols=COINS, timeframe=TimeFrame.Minute, start=start)
    assert set((await coins("get_crypto_bars", bars)).data) == set(COINS)
    for name, page_kind in (("get_crypto_trades", CryptoTradesRequest), ("get_crypto_quotes", CryptoQuoteRequest)):
        page = page_kind(symbol_or_symbols="BTC/USD", start=start, limit=9)
        assert len((await coins(name, page)).data["BTC/USD"]) == 9
    for name, kind in (
        ("get_crypto_latest_trade", CryptoLatestTradeRequest),
        ("get_crypto_latest_quote", CryptoLatestQuoteRequest),
        ("get_crypto_latest_bar", CryptoLatestBarRequest),
        ("get_crypto_latest_orderbook", CryptoLatestOrderbookRequest),
        ("get_crypto_snapshot", CryptoSnapshotRequest),
    ):
        assert set(await coins(name, kind(symbol_or_symbols=COINS))) == set(COINS)


async def test_history_of_options(market, seen):
    options = Calls(OptionHistoricalDataClient("practice", "practice", url_override=market.url), seen)
    assert (await options("get_option_exchange_codes"))["C"] == "Cboe Options"
    month = OptionChainRequest(
        underlying_symbol="AAPL", type="put", expiration_date_gte=now(market).date() + timedelta(days=20)
    )
    chain = await options("get_option_chain", month)
    assert chain and all(symbol[10] == "P" for symbol in chain)
    known = [symbol for symbol, each in chain.items() if each.greeks]
    assert known and all(-1 <= chain[symbol].greeks.delta <= 0 for symbol in known)
    assert all(0.05 < chain[symbol].implied_volatility < 2 for symbol in known)
    near = max(
        (symbol for symbol, each in chain.items() if each.latest_trade), key=lambda s: chain[s].latest_trade.timestamp
    )
    assert near in await options("get_option_snapshot", OptionSnapshotRequest(symbol_or_symbols=[near]))
    start = now(market) - timedelta(minutes=60)
    trades = await options("get_option_trades", OptionTradesRequest(symbol_or_symbols=near, start=start))
    assert trades.data[near][-1].conditions == "S"
    bars = OptionBarsRequest(symbol_or_symbols=near, timeframe=TimeFrame.Minute, start=start)
    assert (await options("get_option_bars", bars)).data[near][-1].volume > 0
    assert near in await options("get_option_latest_trade", OptionLatestTradeRequest(symbol_or_symbols=near))
    assert near in await options("get_option_latest_quote", OptionLatestQuoteRequest(symbol_or_symbols=near))


async def test_history_of_news(market, seen):
    news = Calls(NewsClient("practice", "practice", url_override=market.url), seen)
    found = (await news("get_news", NewsRequest(limit=60, include_content=True))).data["news"]
    assert len(found) == 60 and all(item.content and item.images == [] for item in found)


async def new_keys(market: PracticeMarket) -> tuple[str, str]:
    """Of an account of its own: no connection that is just being closed holds its places."""
    async with httpx.AsyncClient(base_url=market.url) as control:
        made = (await control.post("/_sim/accounts", json={})).json()
    return made["key"], made["secret"]


async def listen(stream: Any, complete: Callable[[], bool], act: Callable[[], Any] | None = None) -> None:
    """Runs the client's own loop until the fact; `act` is done again and again meanwhile."""
    running = asyncio.create_task(stream._run_forever())
    try:
        async with asyncio.timeout(20):
            while not complete():
                assert not running.done()
                if act is not None:
                    await act()
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await stream.close()


class Heard(dict[str, list[Any]]):
    """What came, by the name of the subscription."""

    def into(self, name: str) -> Callable[[Any], Any]:
        found = self.setdefault(name, [])

        async def take(message: Any) -> None:
            found.append(message)

        return take

    def all(self) -> bool:
        return all(self.values())


async def test_the_stream_of_stocks(market, seen):
    heard = Heard()
    stream = StockDataStream("practice", "practice", url_override=f"{market.stream_url}/v2/iex")
    for name in ("trades", "quotes", "bars", "updated_bars", "daily_bars", "trading_statuses"):
        getattr(stream, f"subscribe_{name}")(heard.into(name), "AAPL")
    stream.register_trade_corrections(heard.into("corrections"))
    stream.register_trade_cancels(heard.into("cancels"))
    stream._subscribe(heard.into("lulds"), ("AAPL",), stream._handlers["lulds"])

    async def stir() -> None:
        async with httpx.AsyncClient(base_url=market.url) as control:
            for scene in (
                {"name": "correction"},
                {"name": "cancel_trade"},
                {"name": "late_trade", "seconds": 90},
                {"name": "luld", "up": 300, "down": 200},
                {"name": "halt"},
                {"name": "resume"},
            ):
                await control.post("/_sim/scenario", json={"symbol": "AAPL", **scene})

    await listen(stream, heard.all, stir)
    assert heard["updated_bars"][0].volume > 0 and heard["corrections"][0].corrected_price > 0
    seen |= {(StockDataStream, f"subscribe_{name}") for name in heard if hasattr(stream, f"subscribe_{name}")}
    seen |= {(StockDataStream, "register_trade_corrections"), (StockDataStream, "register_trade_cancels")}


async def test_the_streams_of_coins_options_and_news(market, trading, seen):
    heard = Heard()
    coins = CryptoDataStream("practice", "practice", url_override=f"{market.stream_url}/v1beta3/crypto/us")
    for name in ("trades", "quotes", "bars", "daily_bars", "orderbooks"):
        getattr(coins, f"subscribe_{name}")(heard.into(name), "BTC/USD")
        seen.add((CryptoDataStream, f"subscribe_{name}"))
    late: Heard = Heard()
    coins.subscribe_updated_bars(late.into("updated_bars"), "BTC/USD")
    seen.add((CryptoDataStream, "subscribe_updated_bars"))
    await listen(coins, heard.all)
    contracts = (
        await trading("get_option_contracts", GetOptionContractsRequest(underlying_symbols=["SPY"]))
    ).option_contracts
    options = OptionDataStream("practice", "practice", url_override=f"{market.stream_url}/v1beta1/indicative")
    heard = Heard()
    options.subscribe_trades(heard.into("trades"), "*")
    options.subscribe_quotes(heard.into("quotes"), *(each.symbol for each in contracts))
    seen |= {(OptionDataStream, "subscribe_trades"), (OptionDataStream, "subscribe_quotes")}
    await listen(options, heard.all)
    news = NewsDataStream("practice", "practice", url_override=f"{market.stream_url}/v1beta1/news")
    heard = Heard()
    news.subscribe_news(heard.into("news"), "*")
    seen.add((NewsDataStream, "subscribe_news"))

    async def tell() -> None:
        async with httpx.AsyncClient(base_url=market.url) as control:
            await control.post("/_sim/scenario", json={"name": "news", "headline": "Told", "symbols": ["AAPL"]})

    await listen(news, heard.all, tell)
    assert heard["news"][0].author


@pytest.mark.parametrize(
    ("kind", "path", "symbol"),
    [
        (StockDataStream, "/v2/test", "FAKEPACA"),
        (CryptoDataStream, "/v1beta3/crypto/us", "ETH/USD"),
        (OptionDataStream, "/v1beta1/indicative", "AAPL261218C00230000"),
        (NewsDataStream, "/v1beta1/news", "AAPL"),
    ],
)
async def test_what_was_subscribed_can_be_unsubscribed(market, seen, kind, path, symbol):
    stream = kind(*await new_keys(market), url_override=f"{market.stream_url}{path}")
    names = [name for name in public(kind) if name.startswith("subscribe_")]
    for name in names:
        getattr(stream, name)(Heard().into(name), symbol)
    running = asyncio.create_task(stream._run_forever())
    hubs = {
        "/v2/test": "test",
        "/v1beta3/crypto/us": "crypto",
        "/v1beta1/indicative": "options",
        "/v1beta1/news": "news",
    }
    hub = getattr(market._feeds, hubs[path])
    try:
        async with asyncio.timeout(10):
            while not hub.listeners():
                await asyncio.sleep(0.01)
            for name in names:
                await asyncio.to_thread(getattr(stream, f"un{name}"), symbol)
                seen.add((kind, f"un{name}"))
            while hub.listeners():
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await stream.close()


async def test_the_stream_of_orders(market, trading, seen):
    heard = Heard()
    stream = TradingStream("practice", "practice", url_override=f"{market.stream_url}/stream")
    stream.subscribe_trade_updates(heard.into("updates"))
    seen.add((TradingStream, "subscribe_trade_updates"))

    async def buy() -> None:
        await trading("submit_order", MarketOrderRequest(symbol="INTC", qty=1, side="buy", time_in_force="day"))

    await listen(stream, lambda: any(each.event == "fill" for each in heard["updates"]), buy)
    fill = next(each for each in heard["updates"] if each.event == "fill")
    assert fill.qty == 1 and fill.position_qty >= 1 and fill.execution_id and fill.order.filled_qty == "1"


def public(kind: type) -> set[str]:
    """What a client offers, besides running it and plain requests."""
    plain = {"run", "stop", "close", "stop_ws", "get", "post", "put", "patch", "delete", "response_wrapper"}
    return {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")} - plain


@pytest.mark.parametrize(
    "kind",
    [
        TradingClient, StockHistoricalDataClient, CryptoHistoricalDataClient, OptionHistoricalDataClient, NewsClient,
        CryptoDataStream, OptionDataStream, NewsDataStream, TradingStream, StockDataStream,
    ],
)  # fmt: skip
async def test_nothing_was_forgotten(seen, kind):
    assert public(kind) - {name for found, name in seen if found is kind} == set()
