"""Control of the practice market, asked for by HTTP and seen in unmodified clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import pytest_asyncio
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, TimeInForce
from alpaca.trading.requests import LimitOrderRequest, MarketOrderRequest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from simulator.crowd import OWNER
from simulator.generated import GeneratedMarket
from simulator.server import PracticeMarket, PracticeMarketConfig

pytestmark = pytest.mark.asyncio(loop_scope="module")
TOKEN = "a token of the instructor"
KEYS = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}
AUTH = {"action": "auth", "key": "practice", "secret": "practice"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PracticeMarket]:
    folder = tmp_path_factory.mktemp("practice")
    config = PracticeMarketConfig(data_dir=folder, port=0, instructor_token=TOKEN.replace(" ", "-"))
    async with PracticeMarket(config) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def control(market: PracticeMarket) -> AsyncIterator[httpx.AsyncClient]:
    """Leaves the clock running at its own pace."""
    async with httpx.AsyncClient(base_url=market.url, headers=KEYS) as client:
        yield client
        await client.post("/_sim/clock", json={"action": "speed", "speed": 1})
        await client.post("/_sim/clock", json={"action": "resume"})


async def act(control: httpx.AsyncClient, action: str, **fields: Any) -> dict[str, Any]:
    answer = await control.post("/_sim/clock", json={"action": action, **fields})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def wire_time(control: httpx.AsyncClient) -> datetime:
    return datetime.fromisoformat((await control.get("/v2/clock")).json()["timestamp"]).astimezone(UTC)


async def student(market: PracticeMarket, control: httpx.AsyncClient, **fields: Any) -> TradingClient:
    made = (await control.post("/_sim/accounts", json=fields)).json()
    return TradingClient(made["key"], made["secret"], url_override=market.url)


def leave_the_book(market: PracticeMarket, symbol: str) -> None:
    """The crowd's orders go, as they do in a halt; with the clock paused nobody brings new ones."""
    assert isinstance(market.market.source, GeneratedMarket)
    market.market.source.pits[symbol].book.cancel_all(OWNER)


async def test_two_students_trade_with_each_other(market, control):
    await act(control, "pause")
    anna, ben = [await student(market, control, cash=50_000) for _ in range(2)]
    leave_the_book(market, "AAPL")
    bid = LimitOrderRequest(
        symbol="AAPL", qty=100, side=OrderSide.BUY, time_in_force=TimeInForce.DAY, limit_price=123.45
    )
    sale = MarketOrderRequest(symbol="AAPL", qty=60, side=OrderSide.SELL, time_in_force=TimeInForce.DAY)
    bought = await asyncio.to_thread(anna.submit_order, bid)
    await asyncio.to_thread(ben.submit_order, sale)
    accounts = [await asyncio.to_thread(each.get_account) for each in (anna, ben)]
    assert [Decimal(account.cash) for account in accounts] == [50_000 - 60 * Decimal("123.45"), 50_000 + 7_407]
    (long,), (short,) = [await asyncio.to_thread(each.get_all_positions) for each in (anna, ben)]
    assert (long.qty, short.qty, long.avg_entry_price) == ("60", "-60", "123.45")
    assert (await asyncio.to_thread(anna.get_order_by_id, bought.id)).filled_qty == "60"
    stands = {each["id"]: each for each in (await control.get("/_sim/accounts")).json()}
    assert sum(Decimal(each["cash"]) for each in stands.values()) == 100_000 + 2 * 50_000
    assert stands[str(accounts[0].id)]["positions"] == {"AAPL": "60"}


async def test_limits_are_those_of_the_account_alone(market, control):
    limited = await student(market, control, multiplier=1, orders_per_minute=1, symbols=["MSFT"])
    free = await student(market, control, multiplier=4)
    assert [(await asyncio.to_thread(each.get_account)).multiplier for each in (limited, free)] == ["1", "4"]

    def order(symbol: str) -> MarketOrderRequest:
        return MarketOrderRequest(symbol=symbol, qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY)

    with pytest.raises(APIError, match="MSFT only, not NVDA"):
        await asyncio.to_thread(limited.submit_order, order("NVDA"))
    await asyncio.to_thread(limited.submit_order, order("MSFT"))
    body = json.loads(order("MSFT").model_dump_json(exclude_none=True))
    keys = {"APCA-API-KEY-ID": limited._api_key, "APCA-API-SECRET-KEY": limited._secret_key}
    refused = await control.post("/v2/orders", json=body, headers=keys)
    assert (refused.status_code, refused.json()["code"]) == (429, 42910000)
    for _ in range(3):
        await asyncio.to_thread(free.submit_order, order("NVDA"))


async def test_a_reset_account_is_a_new_one_and_its_stream_is_told(market, control):
    made = (await control.post("/_sim/accounts", json={"cash": 500})).json()
    keys = {"APCA-API-KEY-ID": made["key"], "APCA-API-SECRET-KEY": made["secret"]}
    async with (
        connect(f"{market.stream_url}/stream") as stream,
        control.stream("GET", "/v2/events/trades", headers=keys) as events,
    ):
        await stream.send(json.dumps({"action": "auth", "key": made["key"], "secret": made["secret"]}))
        assert b"authorized" in (await asyncio.wait_for(stream.recv(), 3))
        reset = (await control.post(f"/_sim/accounts/{made['id']}/reset", json={"cash": 900})).json()
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(stream.recv(), 3)
        async with asyncio.timeout(3):
            assert [line async for line in events.aiter_lines() if line] == [":heartbeat"]
    assert caught.value.rcvd.code == 1001
    account = (await control.get("/v2/account", headers=keys)).json()
    assert account["id"] == reset["id"] != made["id"] and account["cash"] == "900"


async def test_a_paused_clock_stands_for_every_client(market, control):
    state = await act(control, "pause")
    assert state["paused"] is True and state["speed"] == 1
    first = await wire_time(control)
    events = market.market.event_count
    stepped = await act(control, "step", seconds=30)
    assert await wire_time(control) == first + timedelta(seconds=30)
    assert stepped["paused"] is True and market.market.event_count > events + 30
    latest = (await control.get("/v2/stocks/AAPL/trades/latest")).json()["trade"]["t"]
    assert first < datetime.fromisoformat(latest[:26].rstrip("Z") + "+00:00") <= first + timedelta(seconds=30)
    assert (await act(control, "resume"))["paused"] is False
    async with asyncio.timeout(3):
        while await wire_time(control) <= first + timedelta(seconds=30):
            await asyncio.sleep(0.01)


async def test_bars_follow_the_clock(market, control):
    await act(control, "pause")
    async with connect(f"{market.stream_url}/v2/sip") as client:
        await client.recv()
        await client.send(json.dumps(AUTH))
        await client.recv()
        await client.send(json.dumps({"action": "subscribe", "bars": ["AAPL"]}))
        await client.recv()
        before = await wire_time(control)
        await act(control, "step", seconds=120)
        bars = []
        async with asyncio.timeout(3):
            while len(bars) < 2:
                bars += json.loads(await client.recv())
    starts = [datetime.fromisoformat(bar["t"]) for bar in bars]
    assert starts[0] == before.replace(second=0, microsecond=0) and starts[1] - starts[0] == timedelta(minutes=1)


async def test_speed_is_market_seconds_a_second(market, control):
    loop = asyncio.get_running_loop()
    assert (await act(control, "speed", speed=50))["speed"] == 50
    started, first = loop.time(), await wire_time(control)
    await asyncio.sleep(0.3)
    gone, last = loop.time() - started, await wire_time(control)
    assert 0.5 * 50 * gone < (last - first).total_seconds() < 1.5 * 50 * gone


async def test_a_jump_closes_the_data_streams_and_begins_anew_there(market, control):
    bid = LimitOrderRequest(symbol="AAPL", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.GTC, limit_price=1)
    anna = await student(market, control)
    placed = await asyncio.to_thread(anna.submit_order, bid)
    async with connect(f"{market.stream_url}/v2/sip") as client:
        await client.recv()
        state = await act(control, "jump", to="09:31:15")
        with pytest.raises(ConnectionClosed) as caught:
            while True:
                await asyncio.wait_for(client.recv(), 3)
    assert caught.value.rcvd.code == 1001 and state["new_york"][11:16] == "09:31"
    clock = (await control.get("/v2/clock")).json()
    assert clock["timestamp"][11:16] == "09:31" and clock["is_open"]
    bars = (await control.get("/v2/stocks/AAPL/bars", params={"timeframe": "1Min", "sort": "desc"})).json()["bars"]
    moment, newest = await wire_time(control), datetime.fromisoformat(bars[0]["t"])
    assert timedelta(0) < moment - newest < timedelta(minutes=3)
    later = await asyncio.to_thread(anna.submit_order, bid)
    assert abs(later.created_at - moment) < timedelta(seconds=20)
    assert (await asyncio.to_thread(anna.get_order_by_id, placed.id)).status.value == "new"


async def test_a_reset_is_the_walls_time_and_new_accounts(market, control):
    before = (await control.get("/v2/account")).json()["id"]
    await act(control, "step", seconds=100)
    await act(control, "speed", speed=20)
    state = await act(control, "reset")
    assert (state["speed"], state["paused"]) == (1, False)
    assert abs(await wire_time(control) - datetime.now(UTC)) < timedelta(seconds=5)
    after = (await control.get("/v2/account")).json()
    assert after["id"] != before and after["cash"] == "100000"
    await act(control, "reset", accounts=False)
    assert (await control.get("/v2/account")).json()["id"] == after["id"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("clock", {}, "action"),
        ("clock", {"action": "fly"}, "action"),
        ("clock", {"action": "speed"}, "speed"),
        ("clock", {"action": "speed", "speed": 1000}, "speed"),
        ("clock", {"action": "speed", "speed": "fast"}, "speed"),
        ("clock", {"action": "step", "seconds": 0}, "seconds"),
        ("clock", {"action": "jump", "to": "noon"}, "to"),
        ("clock", {"action": "jump", "to": "25:00"}, "to"),
        ("clock", {"action": "jump", "to": "10:00+02:00"}, "to"),
        ("clock", {"action": "pause", "seconds": 3}, "seconds"),
        ("clock", {"action": "reset", "accounts": "no"}, "accounts"),
        ("accounts", {"cash": "-1"}, "cash"),
        ("faults", {"name": "drop", "duration_s": -1}, "duration_s"),
        ("faults", {"name": "flood", "chance": 2}, "chance"),
        ("faults", {"name": "fire"}, "name"),
    ],
)
async def test_what_is_wrong_is_named(control, path, body, field):
    answer = await control.post(f"/_sim/{path}", json=body)
    assert answer.status_code in (400, 422) and field in answer.json()["message"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1"}, 403),
        ({"X-Forwarded-For": "10.0.0.9"}, 403),
        ({"Host": "rebound.example"}, 403),
        ({"Origin": "https://school.example", "Authorization": f"Bearer {TOKEN.replace(' ', '-')}"}, 200),
        ({"X-Forwarded-For": "10.0.0.9", "Authorization": "Bearer wrong-token-wrong-token"}, 403),
    ],
)
async def test_control_is_for_this_machine_or_with_the_token(market, headers, status):
    async with httpx.AsyncClient(base_url=market.url) as client:
        answers = [await client.get(f"/_sim/{path}", headers=headers) for path in ("clock", "accounts", "faults")]
        answers.append(await client.post("/_sim/clock", json={"action": "resume"}, headers=headers))
        health = await client.get("/_sim/health", headers=headers)
    assert [answer.status_code for answer in answers] == [status] * 4 and health.status_code == 200
    assert "practice" not in answers[1].text or '"secret"' not in answers[1].text
