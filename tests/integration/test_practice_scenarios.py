"""Scenarios and faults of the data streams, asked for by HTTP and heard on real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import httpx
import msgpack
import pytest
import pytest_asyncio
from alpaca.data.live import StockDataStream
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from broker.history import StockHistory
from domain.session import NS_PER_SECOND
from simulator.server import PracticeMarket, PracticeMarketConfig, StreamLimits

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]
AUTH = {"action": "auth", "key": "practice", "secret": "practice"}
EVERYTHING = {
    "trades": ["*"],
    "quotes": ["*"],
    "bars": ["*"],
    "updatedBars": ["*"],
    "dailyBars": ["*"],
    "statuses": ["*"],
    "lulds": ["*"],
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PracticeMarket]:
    async with PracticeMarket(PracticeMarketConfig(data_dir=tmp_path_factory.mktemp("practice"), port=0)) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def control(market: PracticeMarket) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}
    async with httpx.AsyncClient(base_url=market.url, headers=headers) as client:
        yield client


async def scene(control: httpx.AsyncClient, name: str, **fields: Any) -> dict[str, Any]:
    answer = await control.post("/_sim/scenario", json={"name": name, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def fault(control: httpx.AsyncClient, name: str, **fields: Any) -> dict[str, Any]:
    answer = await control.post("/_sim/faults", json={"name": name, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def hear(client: ClientConnection, timeout_s: float = 5) -> list[dict[str, Any]]:
    data = await asyncio.wait_for(client.recv(), timeout_s)
    return json.loads(data) if isinstance(data, str) else msgpack.unpackb(data, timestamp=0)


async def ask(client: ClientConnection, **request: Any) -> dict[str, Any]:
    await client.send(json.dumps(request))
    while True:
        messages = await hear(client)
        if messages[0]["T"] in ("success", "error", "subscription"):
            return messages[0]


async def hear_all(client: ClientConnection, wanted: set[str]) -> dict[str, dict[str, Any]]:
    """The first message of each wanted type."""
    found: dict[str, dict[str, Any]] = {}
    async with asyncio.timeout(8):
        while not wanted <= found.keys():
            for message in await hear(client):
                found.setdefault(message["T"], message)
    return found


@asynccontextmanager
async def listening(market: PracticeMarket, path: str = "/v2/sip", **wanted: Any) -> AsyncIterator[ClientConnection]:
    async with connect(f"{market.stream_url}{path}") as client:
        await hear(client)
        assert (await ask(client, **AUTH))["msg"] == "authenticated"
        await ask(client, action="subscribe", **(wanted or EVERYTHING))
        yield client


async def test_what_happens_is_told_in_alpacas_words(market, control):
    async with listening(market) as client:
        await scene(control, "luld", symbol="AAPL", up=300, down=200)
        await scene(control, "halt", symbol="AAPL")
        corrected = await scene(control, "correction", symbol="AAPL")
        canceled = await scene(control, "cancel_trade", symbol="AAPL")
        found = await hear_all(client, {"l", "s", "c", "x"})
        await scene(control, "resume", symbol="AAPL")
        assert (await hear_all(client, {"s"}))["s"]["sc"] == "T"
    assert (found["l"]["u"], found["l"]["d"], found["s"]["sc"]) == (300, 200, "H")
    assert found["c"]["oi"] == corrected["original"]["i"] and found["c"]["ci"] == corrected["corrected"]["i"]
    assert found["x"]["i"] == canceled["trade"]["i"] == corrected["corrected"]["i"]
    trades = (await control.get("/v2/stocks/AAPL/trades", params={"limit": 10_000})).json()["trades"]
    updates = {trade["i"]: trade.get("u") for trade in trades}
    assert updates[found["c"]["oi"]] == "incorrect" and updates[found["x"]["i"]] == "canceled"


async def test_what_was_taken_back_is_no_history_for_the_desk(market, control):
    corrected, canceled = [await scene(control, name, symbol="NVDA") for name in ("correction", "cancel_trade")]
    await scene(control, "outlier", symbol="NVDA", pct=3)
    kept = await scene(control, "correction", symbol="NVDA", price=12.5)
    history = StockHistory(market.url, "practice", "practice", "sip")
    start = market.market.now() - 200 * NS_PER_SECOND
    found = await asyncio.to_thread(history.trades, ["NVDA"], start)
    ids = set(found["NVDA"]["id"].tolist())
    assert kept["corrected"]["i"] in ids and len(ids) > 50
    assert not ids & {corrected["original"]["i"], canceled["trade"]["i"], kept["original"]["i"]}


async def test_unmodified_clients_hear_statuses_corrections_and_cancels(market, control):
    heard: dict[str, list[Any]] = {"status": [], "correction": [], "cancel": []}
    stream = StockDataStream("practice", "practice", url_override=f"{market.stream_url}/v2/iex")

    def into(name: str) -> Any:
        async def take(message: Any) -> None:
            heard[name].append(message)

        return take

    stream.subscribe_trades(into("trade"), "SPY")
    heard["trade"] = []
    stream.subscribe_trading_statuses(into("status"), "SPY")
    stream.register_trade_corrections(into("correction"))
    stream.register_trade_cancels(into("cancel"))
    running = asyncio.create_task(stream._run_forever())
    async with asyncio.timeout(10):
        while not heard["trade"]:
            await asyncio.sleep(0.01)
        for name in ("halt", "correction", "cancel_trade"):
            await scene(control, name, symbol="SPY")
        while not all(heard.values()):
            await asyncio.sleep(0.01)
    running.cancel()
    await stream.close()
    assert heard["status"][0].status_code == "2"  # SPY is on tape B
    assert heard["correction"][0].corrected_price != heard["correction"][0].original_price
    assert heard["cancel"][0].symbol == "SPY"


async def test_a_late_trade_brings_an_updated_bar(market, control):
    async with listening(market) as client:
        late = await scene(control, "late_trade", symbol="AAPL", seconds=60, price=999)
        market.market.source.time.jump(market.market.now() + 91 * NS_PER_SECOND)
        found = await hear_all(client, {"u", "b", "d"})
    assert found["u"]["S"] == "AAPL" and found["u"]["h"] == 999
    assert late["trade"]["t"][:17] == found["u"]["t"][:17]


async def hear_of(client: ClientConnection, symbol: str) -> list[dict[str, Any]]:
    """The first messages about a symbol."""
    while True:
        found = [message for message in await hear(client) if message["S"] == symbol]
        if found:
            return found


@pytest.mark.parametrize("symbol", ["AAPL", "BTC/USD"])
async def test_silence_outlier_and_jump_of_shares_and_coins(market, control, symbol):
    path = "/v1beta3/crypto/us" if "/" in symbol else "/v2/sip"
    async with listening(market, path, trades=["*"], quotes=["*"]) as client:
        before = (await hear_of(client, symbol))[-1]
        silence = await scene(control, "silence", symbol=symbol, seconds=1.0)
        await scene(control, "jump", symbol=symbol, pct=20)
        while (after := (await hear_of(client, symbol))[0])["t"] < silence["t"]:
            before = after  # it was on its way
        assert before["t"] < silence["t"] and after["t"] > silence["until"][:22]
        outlier = (await scene(control, "outlier", symbol=symbol, pct=-50))["trade"]
        while not any(message.get("i") == outlier["i"] for message in await hear(client)):
            pass
        assert outlier["p"] < before.get("p", before.get("bp")) * 0.7


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"name":"boom"}', b'{"name":"halt","symbol":"ZZZZ"}', b'{"name":"jump","symbol":"AAPL","pct":"x"}'],
)
async def test_a_wrong_scenario_is_400_with_a_clear_text(control, body):
    answer = await control.post("/_sim/scenario", content=body)
    assert answer.status_code == 400 and len(answer.json()["message"]) > 10


async def test_pages_of_others_cannot_play_scenarios(control):
    answer = await control.post(
        "/_sim/scenario", json={"name": "news", "headline": "x"}, headers={"Origin": "http://x"}
    )
    assert answer.status_code == 403


async def test_a_mute_market_answers_pings_and_subscriptions_but_sends_nothing(market, control):
    async with listening(market) as client:
        await fault(control, "data_mute", seconds=0.8, feed="stocks")
        with pytest.raises(TimeoutError):
            while True:
                await hear(client, 0.4)
        await asyncio.wait_for(await client.ping(), 1)
        assert (await ask(client, action="subscribe"))["T"] == "subscription"
        assert (await hear(client))[0]["T"] in "tq"


async def test_dropped_connections_are_reset_and_can_come_back_at_once(market, control):
    async with listening(market) as client:
        assert await fault(control, "data_drop") == {}
        with pytest.raises(ConnectionClosed) as caught:
            while True:
                await hear(client)
        assert caught.value.rcvd is None  # nobody said goodbye
    async with listening(market):
        pass


async def test_after_a_drop_the_slot_can_stay_taken(market, control):
    await fault(control, "data_slot_held", seconds=0.5)
    async with listening(market) as client:
        await fault(control, "data_drop", feed="stocks")
        with pytest.raises(ConnectionClosed):
            while True:
                await hear(client)
    async with connect(f"{market.stream_url}/v2/sip") as again:
        await hear(again)
        refused = await ask(again, **AUTH)
        assert refused["code"] == 406
        async with asyncio.timeout(3):
            while (await ask(again, **AUTH))["T"] == "error":
                await asyncio.sleep(0.05)


async def test_a_slot_can_also_be_configured_to_stay(tmp_path):
    limits = StreamLimits(slot_hold_s=30.0)
    async with PracticeMarket(PracticeMarketConfig(data_dir=tmp_path, port=0, limits=limits)) as market:
        for lost in (False, True):
            async with listening(market) as client:
                if lost:
                    client.transport.abort()
        async with connect(f"{market.stream_url}/v2/sip") as again:
            await hear(again)
            async with asyncio.timeout(3):
                while (await ask(again, **AUTH)).get("code") != 406:
                    await asyncio.sleep(0.01)


async def test_frames_come_twice_broken_and_out_of_order(market, control):
    async with listening(market, quotes=["*"]) as client:
        await fault(control, "data_duplicate", count=3)
        frames = [await client.recv() for _ in range(10)]
        assert sum(a == b for a, b in pairwise(frames)) == 3
        await fault(control, "data_garbage", count=2)
        broken = 0
        for _ in range(8):
            try:
                await hear(client)
            except json.JSONDecodeError:
                broken += 1
        assert broken == 2
        await fault(control, "data_reorder", count=1)
        moments = [max(message["t"] for message in await hear(client)) for _ in range(20)]
        assert moments != sorted(moments)


async def test_refusals_at_the_door_and_of_subscriptions(market, control):
    assert await fault(control, "data_slot_taken", count=2) == {"data_slot_taken": 2}
    await fault(control, "data_auth_failed", count=1)
    async with connect(f"{market.stream_url}/v2/sip") as client:
        await hear(client)
        assert (await ask(client, **AUTH))["code"] == 402
    async with connect(f"{market.stream_url}/v2/sip") as client:
        await hear(client)
        assert [(await ask(client, **AUTH)).get("code") for _ in range(3)] == [406, 406, None]
        await fault(control, "data_partial_ack", missing=["MSFT"])
        assert (await ask(client, action="subscribe", trades=["AAPL", "MSFT"]))["trades"] == ["AAPL"]
        await fault(control, "data_symbol_limit", limit=1)
        assert (await ask(client, action="subscribe", trades=["MSFT"]))["code"] == 405
        await fault(control, "data_symbol_limit", count=0)
        assert (await ask(client, action="subscribe", trades=["MSFT"]))["trades"] == ["AAPL", "MSFT"]


async def test_options_refuse_json(market):
    async with connect(f"{market.stream_url}/v1beta1/opra") as client:
        (message,) = await hear(client)
        assert (message["T"], message["code"]) == ("error", 412)
        with pytest.raises(ConnectionClosed):
            await hear(client)


async def test_a_book_is_told_whole_to_each_and_then_by_its_changes(market):
    async with listening(market, "/v1beta3/crypto/us", orderbooks=["BTC/USD"]) as client:
        (first,), (second,) = await hear(client), await hear(client)
        assert first["r"] is True and min(len(first["a"]), len(first["b"])) >= 15 and "r" not in second
        await ask(client, action="subscribe", orderbooks=["ETH/USD"])
        books = [(await hear(client))[0] for _ in range(12)]
        assert [book["S"] for book in books if book.get("r")] == ["ETH/USD"]
        await ask(client, action="unsubscribe", orderbooks=["*", "BTC/USD"])
        await ask(client, action="subscribe", orderbooks=["BTC/USD"])
        books = [(await hear(client))[0] for _ in range(8)]
        assert [book["S"] for book in books if book.get("r")] == ["BTC/USD"]
