"""Faults by chance, by seed and for a while, seen by a client. Those that strike a number of times: beside what they strike."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from simulator.server import PracticeMarket, PracticeMarketConfig
from tests.unit.simulator.room import START

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEYS = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}
AUTH = {"action": "auth", "key": "practice", "secret": "practice"}
ORDER = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "limit", "limit_price": "1", "time_in_force": "day"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PracticeMarket]:
    """Its clock stands in the middle of a minute, whenever the tests run: at a boundary there would be two frames."""
    offset_s = START / 1e9 - time.time()
    config = PracticeMarketConfig(data_dir=tmp_path_factory.mktemp("practice"), port=0, clock_offset_s=offset_s)
    made = PracticeMarket(config)
    made.market.source.time.pause()
    made.market.source.time.jump(START)
    async with made as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def control(market: PracticeMarket) -> AsyncIterator[httpx.AsyncClient]:
    """The clock is paused: frames come with steps."""
    async with httpx.AsyncClient(base_url=market.url, headers=KEYS) as client:
        yield client
        await client.delete("/_sim/faults")


@pytest_asyncio.fixture(loop_scope="module")
async def stream(market: PracticeMarket) -> AsyncIterator[ClientConnection]:
    async with connect(f"{market.stream_url}/v2/sip", max_size=None) as client:
        await client.recv()
        for request in (AUTH, {"action": "subscribe", "trades": ["*"], "quotes": ["*"]}):
            await client.send(json.dumps(request))
            await client.recv()
        yield client


async def fault(control: httpx.AsyncClient, name: str, **fields: Any) -> None:
    answer = await control.post("/_sim/faults", json={"name": name, **fields})
    assert answer.status_code == 200, answer.text


async def frames(control: httpx.AsyncClient, stream: ClientConnection, steps: int) -> list[int]:
    """How many frames each step of a fifth of a second brings."""
    counts = []
    for _ in range(steps):
        await control.post("/_sim/clock", json={"action": "step", "seconds": 0.2})
        await stream.send(json.dumps({"action": "unsubscribe"}))
        count = 0
        while b'"subscription"' not in (frame := (await asyncio.wait_for(stream.recv(), 3)).encode()):
            count += b'"T":"' in frame
        counts.append(count)
    return counts


async def test_the_same_seed_loses_the_same_frames(control, stream):
    assert set(await frames(control, stream, 5)) == {1}
    lost = []
    for seed in (7, 7, 8):
        await fault(control, "data_lose", seed=seed, chance=0.4, duration_s=60)
        lost.append(await frames(control, stream, 25))
    assert lost[0] == lost[1] != lost[2] and set(lost[0]) == {0, 1}
    ((active),) = (await control.get("/_sim/faults")).json()["active"]
    assert (active["name"], active["seed"], active["chance"]) == ("data_lose", 8, 0.4)
    assert active["struck"] == lost[2].count(0) and 50 < active["seconds_left"] < 60
    assert (await control.delete("/_sim/faults")).json() == {}
    assert set(await frames(control, stream, 5)) == {1}


async def test_a_flood_is_many_frames(control, stream):
    await fault(control, "flood", limit=40, duration_s=60)
    assert set(await frames(control, stream, 3)) == {41}


async def test_delayed_frames_come_late_and_in_order(control, stream):
    loop = asyncio.get_running_loop()
    await fault(control, "delay", seconds=0.3)
    sent = loop.time()
    for _ in range(3):
        await control.post("/_sim/clock", json={"action": "step", "seconds": 0.2})
    found = [json.loads(await asyncio.wait_for(stream.recv(), 3)) for _ in range(3)]
    assert loop.time() - sent >= 0.29
    moments = [max(message["t"] for message in messages) for messages in found]
    assert moments == sorted(set(moments))


async def test_a_drop_that_lasts_breaks_every_connection_at_its_next_frame(market, control, stream):
    await fault(control, "drop", duration_s=60)
    for client in (stream, None):
        async with connect(f"{market.stream_url}/v2/sip") as again:
            if client is None:
                await again.recv()
                for request in (AUTH, {"action": "subscribe", "quotes": ["*"]}):
                    await again.send(json.dumps(request))
                    await again.recv()
            await control.post("/_sim/clock", json={"action": "step", "seconds": 0.2})
            with pytest.raises(ConnectionClosed) as caught:
                while True:
                    await asyncio.wait_for((client or again).recv(), 3)
        assert caught.value.rcvd is None
    await control.delete("/_sim/faults")


async def test_429_and_504_last_as_long_as_they_are_asked_to(control):
    await fault(control, "429", duration_s=60)
    answers = [await control.post("/v2/orders", json=ORDER) for _ in range(3)]
    answers.append(await control.get("/v2/positions"))
    assert [answer.status_code for answer in answers] == [429] * 4
    await control.delete("/_sim/faults")
    await fault(control, "504", duration_s=60)
    assert [(await control.post("/v2/orders", json=ORDER)).status_code for _ in range(2)] == [504, 504]
    await control.delete("/_sim/faults")
    assert (await control.post("/v2/orders", json=ORDER)).status_code == 200
    assert len((await control.get("/v2/orders")).json()) == 1


async def test_by_chance_orders_are_accepted_though_504_is_answered(market, control):
    with market.faults.during("504_after_accept", seed=5, chance=0.5) as armed:
        names = [f"chance-{number}" for number in range(20)]
        answers = [await control.post("/v2/orders", json={**ORDER, "client_order_id": name}) for name in names]
    assert [answer.status_code for answer in answers].count(504) == armed.struck and 3 < armed.struck < 17
    found = {order["client_order_id"] for order in (await control.get("/v2/orders", params={"limit": 500})).json()}
    assert set(names) <= found


async def test_what_can_go_wrong_is_told_of(control):
    told = (await control.get("/_sim/faults")).json()
    assert len(told["available"]) > 30 and set(told["plain_words"]["429"]) <= set(told["available"])
    assert told["active"] == []
