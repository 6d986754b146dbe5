"""The generated market through unmodified alpaca-py clients, and as a process."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.live import StockDataStream
from alpaca.data.requests import (
    StockBarsRequest,
    StockLatestBarRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockSnapshotRequest,
    StockTradesRequest,
)
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit
from alpaca.trading.client import TradingClient
from alpaca.trading.requests import GetCalendarRequest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from domain.session import NEW_YORK, to_ns
from simulator.server import PracticeMarket, PracticeMarketConfig

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEYS = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}
ROOT = Path(__file__).parents[2]


async def eventually(fact: Callable[[], Any], what: str, timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not fact():
            await asyncio.sleep(0.005)
    assert fact(), what


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PracticeMarket]:
    config = PracticeMarketConfig(data_dir=tmp_path_factory.mktemp("practice"), port=0)
    async with PracticeMarket(config) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def rest(market: PracticeMarket) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=market.url, headers=KEYS) as client:
        yield client


async def test_the_trading_client_reads_clock_calendar_assets_and_account(market):
    client = TradingClient("practice", "practice", url_override=market.url)
    clock = await asyncio.to_thread(client.get_clock)
    assert clock.is_open and abs(clock.timestamp - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.next_close.hour == clock.next_close.minute == 0
    account = await asyncio.to_thread(client.get_account)
    assert (account.status.value, account.cash) == ("ACTIVE", "100000")
    assets = await asyncio.to_thread(client.get_all_assets)
    assert {asset.symbol for asset in assets} >= {"AAPL", "MSFT", "SPY", "TSLA", "AMZN", "GOOGL", "NVDA"}
    for name in ("SPY", assets[0].id):
        assert (await asyncio.to_thread(client.get_asset, name)).tradable
    day = clock.timestamp.date()
    (today,) = await asyncio.to_thread(client.get_calendar, GetCalendarRequest(start=day, end=day))
    assert today.date == day and today.open.hour == 0
    assert await asyncio.to_thread(client.get_orders) == await asyncio.to_thread(client.get_all_positions) == []


async def test_the_data_client_reads_history_through_pages(market):
    client = StockHistoricalDataClient("practice", "practice", url_override=market.url)
    symbols, now = list(market.market.listings), datetime.now(UTC)
    minutes = StockBarsRequest(symbol_or_symbols=symbols, timeframe=TimeFrame.Minute, start=now - timedelta(days=4))
    bars = (await asyncio.to_thread(client.get_stock_bars, minutes)).data
    assert set(bars) == set(symbols)
    for found in bars.values():
        stamps = [bar.timestamp for bar in found]
        assert all(b - a == timedelta(minutes=1) for a, b in pairwise(stamps))
        assert len(found) >= 4 * 1_440 - 2 and found[-1].timestamp > now - timedelta(minutes=3)
    for amount, unit, least in (
        (15, TimeFrameUnit.Minute, 380),
        (1, TimeFrameUnit.Hour, 95),
        (1, TimeFrameUnit.Day, 4),
    ):
        request = StockBarsRequest(
            symbol_or_symbols="SPY", timeframe=TimeFrame(amount, unit), start=now - timedelta(days=4)
        )
        assert len((await asyncio.to_thread(client.get_stock_bars, request)).data["SPY"]) >= least
    unknown = StockBarsRequest(symbol_or_symbols="ZZZZ", timeframe=TimeFrame.Minute)
    assert (await asyncio.to_thread(client.get_stock_bars, unknown)).data == {}


async def test_the_data_client_reads_trades_latest_and_snapshots(market):
    client = StockHistoricalDataClient("practice", "practice", url_override=market.url)
    start = datetime.now(UTC) - timedelta(minutes=4)
    request = StockTradesRequest(symbol_or_symbols=["AAPL", "MSFT"], start=start)
    trades = (await asyncio.to_thread(client.get_stock_trades, request)).data
    assert all(len(found) > 100 for found in trades.values())
    assert all(trade.conditions == ["@"] for trade in trades["AAPL"])
    for ask, kind in (
        (client.get_stock_latest_trade, StockLatestTradeRequest),
        (client.get_stock_latest_quote, StockLatestQuoteRequest),
        (client.get_stock_latest_bar, StockLatestBarRequest),
        (client.get_stock_snapshot, StockSnapshotRequest),
    ):
        assert set(await asyncio.to_thread(ask, kind(symbol_or_symbols=["AAPL", "SPY"]))) == {"AAPL", "SPY"}


async def test_pages_of_any_size_are_the_same_rows(rest):
    query = {"symbols": "AAPL,MSFT", "timeframe": "1Hour", "start": "2000-01-01", "end": "2100-01-01"}
    for sort in ("asc", "desc"):
        whole = (await rest.get("/v2/stocks/bars", params={**query, "sort": sort, "limit": 10_000})).json()
        assert whole["next_page_token"] is None
        got: dict[str, list[Any]] = {}
        token = None
        while True:
            parameters = {**query, "sort": sort, "limit": 47} | ({"page_token": token} if token else {})
            page = (await rest.get("/v2/stocks/bars", params=parameters)).json()
            for symbol, rows in page["bars"].items():
                got.setdefault(symbol, []).extend(rows)
            if (token := page["next_page_token"]) is None:
                break
        assert got == whole["bars"]


async def test_single_symbol_routes_and_empty_answers(rest):
    latest = (await rest.get("/v2/stocks/AAPL/trades/latest")).json()
    assert latest["symbol"] == "AAPL" and latest["trade"]["c"] == ["@"]
    assert (await rest.get("/v2/stocks/AAPL/quotes/latest")).json()["quote"]["ap"] > 0
    assert (await rest.get("/v2/stocks/AAPL/snapshot")).json()["dailyBar"]["v"] > 0
    bars = (await rest.get("/v2/stocks/AAPL/bars", params={"timeframe": "1Day"})).json()
    assert bars["symbol"] == "AAPL" and len(bars["bars"]) == 1
    empty = (await rest.get("/v2/stocks/bars", params={"symbols": "ZZZZ", "timeframe": "1Min"})).json()
    assert empty == {"bars": {}, "next_page_token": None}


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/v2/nothing", 404, {"code": 40410000, "message": "endpoint not found"}),
        ("PUT", "/v2/orders", 404, {"code": 40410000, "message": "endpoint not found"}),
        ("GET", "/v2/assets/ZZZZ", 404, {"code": 40410000, "message": "asset not found for ZZZZ"}),
        ("GET", "/v2/stocks/bars?symbols=AAPL&timeframe=2Day", 400, None),
        ("GET", "/v2/stocks/bars?timeframe=1Min", 400, None),
        ("GET", "/v2/stocks/trades?symbols=AAPL&start=x", 400, None),
        ("GET", "/v2/stocks/lower/bars?timeframe=1Min", 400, None),
        ("GET", "/v2/calendar?start=x", 400, None),
    ],
)
async def test_refusals_have_alpacas_shape(rest, method, path, status, body):
    answer = await rest.request(method, path)
    assert answer.status_code == status
    assert "message" in answer.json() and body in (None, answer.json())
    assert answer.headers["X-Request-ID"] and answer.headers["X-Ratelimit-Limit"] == "200"
    assert {"X-Ratelimit-Remaining", "X-Ratelimit-Reset"} <= {
        name.title().replace("Id", "ID") for name in answer.headers
    }


PATHS = (
    "/v2/account/portfolio/history", "/v2/account/activities", "/v2/assets", "/v2/calendar", "/v3/clock", "/v3/calendar/NYSE",
    "/v2/orders", "/v2/options/contracts", "/v2/stocks/bars", "/v2/stocks/AAPL/trades", "/v2/stocks/quotes", "/v1beta1/news",
    "/v1beta3/crypto/us/bars", "/v1beta1/options/snapshots/AAPL", "/v1beta1/options/trades",
)  # fmt: skip
PARAMETERS = (
    "start", "end", "limit", "page_token", "sort", "period", "date_end", "date", "after", "until", "page_size", "asof", "time",
    "expiration_date_gte", "strike_price_gte", "updated_since", "timeframe", "date_type", "category", "before_order_id",
)  # fmt: skip
ODD = (
    "", "x", "0", "-1", "100000000000000000000", "1e400", "nan", "0001-01-01", "0001-01-01T00:00:00Z", "9999-12-31",
    "9999-12-31T23:59:59Z", "1600-01-01", "2300-01-01", "2026-13-01", "١", "\x00", "=", "999A", "QUFQTHwxfDE=", "1Day",
    "QUFQTHw5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5fDE=",
)  # fmt: skip


async def test_no_query_is_too_odd_for_a_clear_answer(rest):
    dice = random.Random(7)
    for _ in range(80):
        known = {"symbols": "AAPL261218C00230000"} if (path := dice.choice(PATHS)).startswith("/v1beta1/opt") else {}
        known = known or {"symbols": "BTC/USD" if "crypto" in path else "AAPL,SPY", "timeframe": "1Day"}
        query = {**known, **{name: dice.choice(ODD) for name in dice.sample(PARAMETERS, 2)}}
        answer = await rest.get(path, params=query)
        assert answer.status_code in (200, 400, 404, 422), (path, query, answer.text)
        assert answer.status_code == 200 or answer.json()["message"]


async def test_a_wrong_key_is_refused_and_basic_auth_is_not(market):
    async with httpx.AsyncClient(base_url=market.url) as client:
        for headers in ({}, {**KEYS, "APCA-API-SECRET-KEY": "wrong"}, {"APCA-API-KEY-ID": "unknown"}):
            answer = await client.get("/v2/account", headers=headers)
            assert (answer.status_code, answer.json()) == (401, {"message": "unauthorized."})
        assert (await client.get("/v2/account", auth=("practice", "practice"))).status_code == 200
        health = (await client.get("/_sim/health")).json()
    assert health["ok"] and health["source"] == "generated" and len(health["symbols"]) == 12 and health["events"] > 0


async def test_a_bar_on_the_stream_is_that_of_the_trades_and_that_of_rest(tmp_path):
    config = PracticeMarketConfig(data_dir=tmp_path, port=0, speed=60.0)
    async with PracticeMarket(config) as market:
        trades: dict[str, list[Any]] = {}
        bars: dict[str, list[Any]] = {}
        quotes: set[str] = set()
        stream = StockDataStream("practice", "practice", url_override=f"{market.stream_url}/v2/iex")

        async def on_trade(trade: Any) -> None:
            trades.setdefault(trade.symbol, []).append(trade)

        async def on_quote(quote: Any) -> None:
            quotes.add(quote.symbol)

        async def on_bar(bar: Any) -> None:
            bars.setdefault(bar.symbol, []).append(bar)

        stream.subscribe_trades(on_trade, "*")
        stream.subscribe_quotes(on_quote, "*")
        stream.subscribe_bars(on_bar, "*")
        running = asyncio.create_task(stream._run_forever())
        symbols = set(market.market.listings)
        await eventually(lambda: symbols <= {s for s, found in bars.items() if len(found) >= 3}, "three minutes")
        running.cancel()
        await stream.close()
        assert quotes == symbols
        async with httpx.AsyncClient(base_url=market.url, headers=KEYS) as client:
            query = {"symbols": ",".join(symbols), "timeframe": "1Min", "start": bars["AAPL"][0].timestamp.isoformat()}
            served = (await client.get("/v2/stocks/bars", params=query)).json()["bars"]
    for symbol in symbols:
        ids = [trade.id for trade in trades[symbol]]
        assert ids == sorted(set(ids))
        rows = {row["t"]: row for row in served[symbol]}
        # The first bar's minute had begun before the subscription.
        for bar in bars[symbol][1:3]:
            minute = [t for t in trades[symbol] if bar.timestamp <= t.timestamp < bar.timestamp + timedelta(minutes=1)]
            prices = [trade.price for trade in minute]
            assert (bar.open, bar.close) == (prices[0], prices[-1])
            assert (bar.high, bar.low) == (max(prices), min(prices))
            assert (bar.volume, bar.trade_count) == (sum(trade.size for trade in minute), len(minute))
            vwap = sum(trade.price * trade.size for trade in minute) / bar.volume
            assert bar.vwap == pytest.approx(vwap, abs=1e-6)
            row = rows[bar.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ")]
            assert [row[key] for key in "ohlcv"] == [bar.open, bar.high, bar.low, bar.close, bar.volume]
            assert (row["n"], row["vw"]) == (bar.trade_count, bar.vwap)


async def test_with_nyse_hours_a_half_day_ends_at_one(tmp_path):
    before_one = datetime(2026, 11, 27, 12, 50, tzinfo=NEW_YORK)
    offset_s = before_one.timestamp() - time.time()
    config = PracticeMarketConfig(data_dir=tmp_path, port=0, hours="nyse", clock_offset_s=offset_s)
    async with PracticeMarket(config) as market, httpx.AsyncClient(base_url=market.url, headers=KEYS) as client:
        clock = (await client.get("/v2/clock")).json()
        assert (clock["is_open"], clock["next_close"]) == (True, "2026-11-27T13:00:00-05:00")
        days = (await client.get("/v2/calendar", params={"start": "2026-11-25", "end": "2026-11-30"})).json()
        assert [(day["date"][-2:], day["close"]) for day in days] == [("25", "16:00"), ("27", "13:00"), ("30", "16:00")]
        market.market.source.time.jump(to_ns(datetime(2026, 11, 27, 12, 59, 59, tzinfo=NEW_YORK)))
        await eventually(lambda: not market.market.is_open(), "the close")
        clock = (await client.get("/v2/clock")).json()
        assert (clock["is_open"], clock["next_open"]) == (False, "2026-11-30T09:30:00-05:00")
        query = {"timeframe": "1Min", "start": "2026-11-27", "sort": "desc", "limit": 3}

        async def last_bars() -> list[str]:
            found = (await client.get("/v2/stocks/SPY/bars", params=query)).json()["bars"]
            return [bar["t"][11:16] for bar in found]

        async with asyncio.timeout(5):
            while await last_bars() != ["17:59", "17:58", "17:57"]:
                await asyncio.sleep(0.01)
        last = (await client.get("/v2/stocks/SPY/trades/latest")).json()["trade"]
        assert last["t"] < "2026-11-27T18:00:00Z"


async def test_as_a_process_it_stops_with_0_and_says_goodbye(tmp_path):
    program = (
        "import sys; from pathlib import Path; from simulator.server import PracticeMarketConfig, serve;"
        "serve(PracticeMarketConfig(data_dir=Path(sys.argv[1]), port=0), ready=lambda port: print(port, flush=True))"
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(tmp_path), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        port = int(await asyncio.wait_for(child.stdout.readline(), 10))
        async with connect(f"ws://127.0.0.1:{port}/v2/iex") as socket_:
            await socket_.recv()
            child.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as caught:
                await asyncio.wait_for(socket_.recv(), 3)
        assert caught.value.rcvd is not None and caught.value.rcvd.code == 1001
        assert await asyncio.wait_for(child.wait(), 3) == 0
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def test_a_port_in_use_is_an_oserror(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        async with PracticeMarket(PracticeMarketConfig(data_dir=tmp_path, port=taken.getsockname()[1])):
            pytest.fail("it listens")
