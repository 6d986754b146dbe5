"""What the practice market sends has the keys and types of Alpaca's own examples: a string is a string, a number a number."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgpack
import pytest
import pytest_asyncio
from alpaca.trading.stream import TradingStream
from websockets.asyncio.client import ClientConnection, connect

from simulator.rare_updates import REMARKS, REVISIONS, STATES
from simulator.server import PracticeMarket, PracticeMarketConfig
from tests import alpaca_examples as examples
from tests.wire_shape import differences

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEYS = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}
AUTH = {"action": "auth", "key": "practice", "secret": "practice"}
SOME_ID = examples.ORDER["id"]
SCENES = (
    {"name": "correction"},
    {"name": "cancel_trade"},
    {"name": "late_trade", "seconds": 90},
    {"name": "luld", "up": 300.5, "down": 200.5},
    {"name": "halt"},
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PracticeMarket]:
    """A minute of its time lasts three seconds."""
    config = PracticeMarketConfig(data_dir=tmp_path_factory.mktemp("practice"), port=0, speed=20.0)
    async with PracticeMarket(config) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def rest(market: PracticeMarket) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=market.url, headers=KEYS) as client:
        yield client


async def order(rest: httpx.AsyncClient, **fields: Any) -> Any:
    body = {"symbol": "AAPL", "side": "buy", "type": "market", "time_in_force": "day", **fields}
    answer = await rest.post("/v2/orders", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def filled(rest: httpx.AsyncClient, **fields: Any) -> Any:
    found = await order(rest, **fields)
    async with asyncio.timeout(10):
        while (found := (await rest.get(f"/v2/orders/{found['id']}")).json())["status"] != "filled":
            await asyncio.sleep(0.01)
    return found


async def test_orders(rest):
    resting = {"type": "limit", "limit_price": "150", "time_in_force": "gtc", "qty": "2"}
    assert differences(examples.ORDER, await order(rest, **resting)) == []
    coin = await order(rest, symbol="BTC/USD", qty="0.01", time_in_force="gtc")
    assert differences({**examples.COIN_ORDER, "limit_price": None}, coin) == []
    assert differences(examples.NOTIONAL_ORDER, await order(rest, symbol="SPY", notional="50.5")) == []
    legs = {"take_profit": {"limit_price": 160}, "stop_loss": {"stop_price": 140, "limit_price": "139.5"}}
    bracket = await order(rest, symbol="MSFT", order_class="bracket", **resting, **legs)
    assert differences(examples.BRACKET, bracket) == []
    assert differences([examples.ORDER], (await rest.get("/v2/orders", params={"symbols": "AAPL"})).json()) == []
    done = await filled(rest, qty=1)
    assert isinstance(done["filled_avg_price"], str) and done["filled_qty"] == "1"


@pytest.mark.parametrize(
    ("path", "example"),
    [
        ("/v2/account", examples.ACCOUNT),
        ("/v2/account/configurations", examples.CONFIGURATIONS),
        ("/v2/account/portfolio/history?period=1D&timeframe=1Min", examples.PORTFOLIO_HISTORY),
        ("/v2/account/activities", [examples.ACTIVITY]),
        ("/v2/positions", [examples.POSITION]),
        ("/v2/positions/AAPL", examples.POSITION),
        ("/v2/assets", [examples.ASSET]),
        ("/v2/assets/AAPL", examples.ASSET),
        (
            "/v2/assets/BTC%2FUSD",
            {**examples.ASSET, "cusip": None, "min_order_size": "0.0001", "price_increment": "0.01"},
        ),
        ("/v2/clock", examples.CLOCK),
        ("/v2/calendar?start=2026-11-27&end=2026-11-27", examples.CALENDAR),
        ("/v2/options/contracts", {"option_contracts": [examples.CONTRACT], "next_page_token": None}),
        (
            "/v2/stocks/bars?symbols=AAPL&timeframe=1Day&limit=1",
            {"bars": {"AAPL": [examples.BAR]}, "next_page_token": None},
        ),
        ("/v2/stocks/AAPL/bars?timeframe=1Day", {"bars": [examples.BAR], "symbol": "AAPL", "next_page_token": None}),
        ("/v2/stocks/AAPL/trades?limit=1", {"trades": [examples.TRADE], "symbol": "AAPL", "next_page_token": "x"}),
        ("/v2/stocks/quotes?symbols=AAPL&limit=1", {"quotes": {"AAPL": [examples.QUOTE]}, "next_page_token": "x"}),
        ("/v2/stocks/bars/latest?symbols=AAPL", {"bars": {"AAPL": examples.BAR}}),
        ("/v2/stocks/AAPL/trades/latest", {"symbol": "AAPL", "trade": examples.TRADE}),
        ("/v2/stocks/AAPL/quotes/latest", {"symbol": "AAPL", "quote": examples.QUOTE}),
        (
            "/v2/stocks/snapshots?symbols=AAPL",
            {"AAPL": examples.snapshot(examples.TRADE, examples.QUOTE, examples.BAR)},
        ),
        (
            "/v2/stocks/AAPL/snapshot",
            {"symbol": "AAPL", **examples.snapshot(examples.TRADE, examples.QUOTE, examples.BAR)},
        ),
        (
            "/v1beta3/crypto/us/bars?symbols=BTC/USD&timeframe=1Day&limit=1",
            {"bars": {"BTC/USD": [examples.COIN_BAR]}, "next_page_token": None},
        ),
        ("/v1beta3/crypto/us/latest/trades?symbols=BTC/USD", {"trades": {"BTC/USD": examples.COIN_TRADE}}),
        ("/v1beta3/crypto/us/latest/quotes?symbols=BTC/USD", {"quotes": {"BTC/USD": examples.COIN_QUOTE}}),
        ("/v1beta3/crypto/us/latest/orderbooks?symbols=BTC/USD", {"orderbooks": {"BTC/USD": examples.BOOK}}),
        (
            "/v1beta3/crypto/us/snapshots?symbols=BTC/USD",
            {"snapshots": {"BTC/USD": examples.snapshot(examples.COIN_TRADE, examples.COIN_QUOTE, examples.COIN_BAR)}},
        ),
        ("/v1beta1/news?limit=1", {"news": [examples.NEWS], "next_page_token": "MTY0"}),
    ],
)
async def test_answers(rest, path, example):
    if path.startswith(("/v2/account/act", "/v2/positions")):
        await filled(rest, qty=1)
    answer = await rest.get(path)
    assert answer.status_code == 200
    assert differences(example, answer.json()) == []


async def test_answers_about_options(rest):
    underlying = "/v1beta1/options/snapshots/AAPL"
    far = {"expiration_date_gte": "2000-01-01", "limit": 1_000}
    chain = (await rest.get(underlying, params=far)).json()
    assert chain["next_page_token"] is None
    whole = {**examples.snapshot(examples.OPTION_TRADE, examples.OPTION_QUOTE, examples.BAR), "greeks": examples.GREEKS}
    example = {**whole, "impliedVolatility": 0.3}
    found = [each for each in chain["snapshots"].values() if {"latestTrade", "greeks", "minuteBar"} <= each.keys()]
    assert found
    for each in found:
        assert differences({name: example[name] for name in example if name in each}, each) == []
    pages = (await rest.get(underlying, params={"limit": 10})).json()
    following = (await rest.get(underlying, params={"limit": 10, "page_token": pages["next_page_token"]})).json()
    assert min(following["snapshots"]) > max(pages["snapshots"]) and len(pages["snapshots"]) == 10


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "/v2/orders/x", None, 422, {"code": 40010001, "message": "order_id is missing"}),
        ("GET", f"/v2/orders/{SOME_ID}", None, 404, {"code": 40410000, "message": f"order not found for {SOME_ID}"}),
        ("GET", "/v2/positions/NFLX", None, 404, {"code": 40410000, "message": "position does not exist"}),
        ("GET", "/v2/assets/ZZZZ", None, 404, {"code": 40410000, "message": "asset not found for ZZZZ"}),
        ("POST", "/v2/orders", {"symbol": "AAPL"}, 422, {"code": 40010001, "message": "invalid order type"}),
        ("POST", "/v2/orders", [], 400, {"code": 40010000, "message": "request body format is invalid"}),
        ("GET", "/v2/account/portfolio/history?timeframe=2Min", None, 422, {"code": 40010001, "message": "invalid timeframe"}),
        ("GET", "/v2/account/activities/FILL?category=trade_activity", None, 422, {"code": 40010001, "message": "x"}),
        ("GET", "/v2/orders?before_order_id=x", None, 422, {"code": 40010001, "message": "invalid before_order_id"}),
        ("GET", "/v2/options/contracts?type=x", None, 422, {"code": 40010001, "message": "invalid type"}),
        ("POST", "/v2/positions/ZZZZ/exercise", None, 422, {"code": 42210000, "message": "invalid symbol"}),
        ("GET", "/v2/stocks/bars?symbols=AAPL&timeframe=60Min", None, 400, {"message": "x"}),
        ("GET", "/v2/stocks/bars?symbols=AAPL&timeframe=1Min&adjustment=x", None, 400, {"message": "x"}),
        ("GET", "/v2/stocks/bars?symbols=AAPL&timeframe=1Min&asof=x", None, 400, {"message": "x"}),
        ("GET", "/v2/stocks/bars?symbols=AAPL&timeframe=1Min&feed=x", None, 400, {"message": "x"}),
        ("GET", "/v2/stocks/bars?symbols=AAPL&timeframe=1Min&currency=EUR", None, 400, {"message": "x"}),
        ("GET", "/v2/stocks/bars?symbols=AAPL&timeframe=1Min&limit=10001", None, 400, {"message": "x"}),
        ("GET", "/v2/stocks/SPY/trades?start=2026-01-02&end=2026-01-01", None, 400, {"message": "end should not be before start"}),
        ("GET", "/v2/stocks/ZZZZ/trades/latest", None, 404, {"message": "no trade found for ZZZZ"}),
        ("GET", "/v2/stocks/meta/conditions/trade?tape=X", None, 400, {"message": "x"}),
        ("GET", "/v3/calendar/LSE", None, 400, {"message": "invalid market: LSE"}),
        ("GET", "/v1beta1/screener/stocks/most-actives", None, 404, {"code": 40410000, "message": "endpoint not found"}),
        ("GET", "/v2/watchlists", None, 404, {"code": 40410000, "message": "endpoint not found"}),
    ],
)  # fmt: skip
async def test_errors(rest, method, path, body, status, error):
    answer = await rest.request(method, path, json=body)
    assert answer.status_code == status
    assert error["message"] == "x" or answer.json() == error
    assert differences(error, answer.json()) == []


class Stream:
    """A plain websocket on one of the feeds; frames are read by their codec."""

    def __init__(self, client: ClientConnection) -> None:
        self._client = client

    async def say(self, **request: Any) -> Any:
        await self._client.send(json.dumps(request))

    async def hear(self) -> list[dict[str, Any]]:
        data = await asyncio.wait_for(self._client.recv(), 20)
        if isinstance(data, str):
            return list(json.loads(data))
        return [_readable(message) for message in msgpack.unpackb(data)]

    async def first(self, letters: set[str]) -> dict[str, dict[str, Any]]:
        """The first message of each kind."""
        found: dict[str, dict[str, Any]] = {}
        while letters - found.keys():
            for message in await self.hear():
                # Go's client insists on it.
                assert next(iter(message)) == "T"
                found.setdefault(message["T"], message)
        return found


def _readable(message: dict[str, Any]) -> dict[str, Any]:
    """With MessagePack's own times written as JSON has them, so that both codecs are held to the same examples."""
    for name in {"t", "created_at", "updated_at"} & message.keys():
        stamp = message[name]
        assert isinstance(stamp, msgpack.Timestamp)
        message[name] = f"{stamp.to_datetime():%Y-%m-%dT%H:%M:%S}Z"
    return message


@pytest.mark.parametrize("codec", ["json", "msgpack"])
async def test_the_stream_of_stocks(market, rest, codec):
    headers = {"Content-Type": f"application/{codec}"}
    async with connect(f"{market.stream_url}/v2/sip", additional_headers=headers) as client:
        stream = Stream(client)
        assert await stream.hear() == [{"T": "success", "msg": "connected"}]
        await stream.say(**AUTH)
        assert await stream.hear() == [{"T": "success", "msg": "authenticated"}]
        await stream.say(action="subscribe", trades=["AAPL"], quotes=["AMD"], bars=["*"])
        (acknowledgement,) = await stream.hear()
        assert acknowledgement == examples.STOCK_ACKNOWLEDGEMENT
        everything = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "imbalances")
        await stream.say(action="subscribe", **{name: ["AAPL"] for name in everything})
        for scene in SCENES:
            answer = await rest.post("/_sim/scenario", json={"symbol": "AAPL", **scene})
            assert answer.status_code == 200, answer.text
        try:
            found = await stream.first(set(examples.STOCK_MESSAGES))
        finally:
            await rest.post("/_sim/scenario", json={"name": "resume", "symbol": "AAPL"})
    for name, example in examples.STOCK_MESSAGES.items():
        assert differences(example, found[name]) == [], name


@pytest.mark.parametrize("path", ["/v1beta3/crypto/us", "/v1beta2/crypto"])
async def test_the_stream_of_coins(market, path):
    async with connect(f"{market.stream_url}{path}", additional_headers=KEYS) as client:
        stream = Stream(client)
        assert [(await stream.hear())[0]["msg"] for _ in range(2)] == ["connected", "authenticated"]
        channels = {name: ["BTC/USD"] for name in ("trades", "quotes", "bars", "dailyBars", "orderbooks")}
        await stream.say(action="subscribe", **channels)
        (acknowledgement,) = await stream.hear()
        assert list(acknowledgement) == list(examples.COIN_ACKNOWLEDGEMENT)
        found = await stream.first(set(examples.COIN_MESSAGES))
    assert found["o"].pop("r") is True
    for name, example in examples.COIN_MESSAGES.items():
        assert differences(example, found[name]) == [], name


async def test_the_streams_of_options_and_news(market, rest):
    headers = {**KEYS, "Content-Type": "application/msgpack"}
    contracts = (await rest.get("/v2/options/contracts", params={"underlying_symbols": "SPY"})).json()
    async with connect(f"{market.stream_url}/v1beta1/indicative", additional_headers=headers) as client:
        stream = Stream(client)
        await stream.say(
            action="subscribe", trades=["*"], quotes=[each["symbol"] for each in contracts["option_contracts"]]
        )
        found = await stream.first({"t", "q"})
    assert differences(examples.streamed("t", examples.OPTION_TRADE), found["t"]) == []
    assert differences(examples.streamed("q", examples.OPTION_QUOTE), found["q"]) == []
    async with connect(f"{market.stream_url}/v1beta1/news", additional_headers=KEYS) as client:
        stream = Stream(client)
        await stream.say(action="subscribe", news=["AAPL"])
        while (await stream.hear())[0]["T"] != "subscription":
            pass
        await rest.post("/_sim/scenario", json={"name": "news", "headline": "Told", "symbols": ["AAPL"]})
        found = await stream.first({"n"})
    assert differences(examples.NEWS_MESSAGE, found["n"]) == []


@pytest.mark.parametrize("form", ["authenticate", "auth"])
async def test_the_stream_of_orders(market, rest, form):
    keys = {
        "authenticate": {"data": {"key_id": "practice", "secret_key": "practice"}},
        "auth": {"key": "practice", "secret": "practice"},
    }
    async with connect(f"{market.stream_url}/stream") as client:

        async def say(**request: Any) -> Any:
            await client.send(json.dumps(request))

        async def hear() -> Any:
            data = await asyncio.wait_for(client.recv(), 10)
            assert isinstance(data, bytes)  # paper sends JSON in binary frames
            return json.loads(data)

        await say(action="listen", data={"streams": ["trade_updates"]})
        assert await hear() == {"stream": "authorization", "data": {"status": "unauthorized", "action": "listen"}}
        await say(action=form, **keys[form])
        assert await hear() == {"stream": "authorization", "data": {"action": "authenticate", "status": "authorized"}}
        await say(action="listen", data={"streams": ["trade_updates", "unknown"]})
        assert await hear() == {"stream": "listening", "data": {"streams": ["trade_updates"]}}
        mine = await filled(rest, qty=1, symbol="INTC")
        events: dict[str, Any] = {}
        while "fill" not in events:
            message = await hear()
            assert message["stream"] == "trade_updates"
            if message["data"]["order"]["id"] == mine["id"]:
                events[message["data"]["event"]] = message["data"]
    assert differences({**examples.TRADE_UPDATE, "order": {**examples.ORDER, "limit_price": None}}, events["new"]) == []
    assert differences(examples.FILL_UPDATE, events["fill"]) == []


async def told(rest: httpx.AsyncClient, count: int, **parameters: str) -> list[dict[str, Any]]:
    """The first server-sent events, or all of a stream that ends."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(10), rest.stream("GET", "/v2/events/trades", params=parameters) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
            if len(found) == count:
                break
    return found


async def test_the_server_sent_events_of_orders(market, rest):
    following = asyncio.create_task(told(rest, 2))
    async with asyncio.timeout(10):
        while not market._updates.events._followers:
            await asyncio.sleep(0.01)
    mine = await filled(rest, qty=1, symbol="INTC")
    new, fill = await following
    assert [(each["event"], each["order"]["id"]) for each in (new, fill)] == [("new", mine["id"]), ("fill", mine["id"])]
    example = {**examples.FILL_UPDATE, "at": "2022-04-19T14:12:30.656741Z", "event_id": "01GTVS"}
    assert differences(example, fill) == [] and new["event_id"] < fill["event_id"] and len(fill["event_id"]) == 26
    assert await told(rest, 2, since_id=new["event_id"]) == [new, fill]
    assert await told(rest, 9, since_id=new["event_id"], until_id=new["event_id"]) == [new]
    assert await told(rest, 9, since=fill["at"], until=fill["at"]) == [fill]
    for wrong in ({"until": "2026-01-01"}, {"since": "x"}, {"since": "2026-01-01", "since_id": "0"}):
        assert (await rest.get("/v2/events/trades", params=wrong)).status_code == 422
    async with asyncio.timeout(10):
        while market._updates.events._followers:
            await asyncio.sleep(0.01)


async def test_events_that_hardly_ever_come(market, rest):
    heard: list[Any] = []
    stream = TradingStream("practice", "practice", url_override=f"{market.stream_url}/stream")

    async def hear(update: Any) -> None:
        heard.append(update)

    stream.subscribe_trade_updates(hear)
    running = asyncio.create_task(stream._run_forever())
    try:
        async with asyncio.timeout(15):
            while not market._updates.listeners():
                await asyncio.sleep(0.01)
            assert (await rest.post("/_sim/faults", json={"name": "rare_trade_updates"})).status_code == 200
            mine = await order(rest, symbol="INTC", qty=1, type="limit", limit_price="1")
            while len(heard) < 12:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await stream.close()
    # alpaca-py drops what it cannot read: all of them came through.
    assert {str(each.order.id) for each in heard} == {mine["id"]}
    events = [str(getattr(each.event, "value", each.event)) for each in heard]
    assert events == [*STATES, *REMARKS, *REVISIONS, "new"]
    assert [each.order.status.value for each in heard[: len(STATES)]] == list(STATES)
    assert len({each.execution_id for each in heard}) == len(heard)
