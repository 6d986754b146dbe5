"""The market data websocket with a bare client: every refusal, both codecs, slow and leaving clients."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import httpx
import msgpack
import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from simulator.server import PracticeMarket, PracticeMarketConfig, StreamLimits

pytestmark = pytest.mark.asyncio(loop_scope="module")
AUTH = {"action": "auth", "key": "practice", "secret": "practice"}
MSGPACK = {"Content-Type": "application/msgpack"}
CONNECTED = [{"T": "success", "msg": "connected"}]
AUTHENTICATED = [{"T": "success", "msg": "authenticated"}]


@pytest.fixture(scope="module")
def limits() -> StreamLimits:
    return StreamLimits(auth_timeout_s=0.3, outbox_frames=20, farewell_s=0.3)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(tmp_path_factory: pytest.TempPathFactory, limits: StreamLimits) -> AsyncIterator[PracticeMarket]:
    config = PracticeMarketConfig(data_dir=tmp_path_factory.mktemp("practice"), port=0, limits=limits)
    async with PracticeMarket(config) as found:
        yield found


async def hear(client: ClientConnection) -> Any:
    data = await asyncio.wait_for(client.recv(), 5)
    return json.loads(data) if isinstance(data, str) else msgpack.unpackb(data, timestamp=0)


async def ask(client: ClientConnection, **request: Any) -> Any:
    await client.send(json.dumps(request))
    while True:
        messages = await hear(client)
        if messages[0]["T"] in ("success", "error", "subscription"):
            return messages


async def code_of_close(client: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            await hear(client)
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code


@pytest.mark.parametrize("endpoint", ["iex", "sip"])
async def test_connect_authenticate_subscribe_receive(market, endpoint):
    async with connect(f"{market.stream_url}/v2/{endpoint}") as client:
        assert await hear(client) == CONNECTED
        assert await ask(client, **AUTH) == AUTHENTICATED
        (ack,) = await ask(client, action="subscribe", trades=["AAPL"], quotes=["*"])
        assert (ack["trades"], ack["quotes"], ack["corrections"]) == (["AAPL"], ["*"], ["AAPL"])
        messages = await hear(client)
        assert {message["T"] for message in messages} <= {"t", "q"}


async def test_msgpack_with_t_first_and_a_fragmented_request(market):
    async with connect(f"{market.stream_url}/v2/iex", additional_headers=MSGPACK) as client:
        assert await hear(client) == CONNECTED
        whole = msgpack.packb(AUTH)
        await client.send([whole[:5], whole[5:20], whole[20:]])
        assert await hear(client) == AUTHENTICATED
        await client.send(msgpack.packb({"action": "subscribe", "quotes": ["*"]}))
        assert (await hear(client))[0]["quotes"] == ["*"]
        for message in await hear(client):
            assert next(iter(message)) == "T" and isinstance(message["t"], msgpack.Timestamp)


async def test_refusals_that_leave_the_socket_open(market):
    async with connect(f"{market.stream_url}/v2/iex") as client:
        await hear(client)
        assert (await ask(client, action="subscribe", trades=["AAPL"]))[0]["code"] == 401
        assert await ask(client, **AUTH) == AUTHENTICATED
        assert await ask(client, **AUTH) == [{"T": "error", "code": 403, "msg": "already authenticated"}]
        assert (await ask(client, action="what"))[0]["code"] == 400
        await client.send("{")
        assert await hear(client) == [{"T": "error", "code": 400, "msg": "invalid syntax"}]
        names = [f"S{letter}" for letter in "ABCDEFGHIJKLMNOP"]
        (ack,) = await ask(client, action="subscribe", trades=names[:15], quotes=names[:15])
        assert (await ask(client, action="subscribe", quotes=names))[0]["msg"] == "symbol limit exceeded"
        assert await ask(client, action="subscribe") == [ack]


async def test_a_wrong_key_is_402_and_the_end(market):
    async with connect(f"{market.stream_url}/v2/iex") as client:
        await hear(client)
        assert await ask(client, action="auth", key="x", secret="y") == [
            {"T": "error", "code": 402, "msg": "auth failed"}
        ]
        await code_of_close(client)


async def test_silence_is_404_and_the_end(market):
    async with connect(f"{market.stream_url}/v2/iex") as client:
        assert await hear(client) == CONNECTED
        assert await hear(client) == [{"T": "error", "code": 404, "msg": "auth timeout"}]
        await code_of_close(client)


async def test_headers_authenticate(market):
    headers = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}
    async with connect(f"{market.stream_url}/v2/iex", additional_headers=headers) as client:
        assert [await hear(client), await hear(client)] == [CONNECTED, AUTHENTICATED]


async def test_a_second_connection_is_406_until_the_first_has_closed(market):
    url = f"{market.stream_url}/v2/iex"
    async with connect(url) as second:
        async with connect(url) as first:
            for client in (first, second):
                await hear(client)
            assert await ask(first, **AUTH) == AUTHENTICATED
            assert await ask(second, **AUTH) == [{"T": "error", "code": 406, "msg": "connection limit exceeded"}]
            async with connect(f"{market.stream_url}/v2/sip") as elsewhere:
                await hear(elsewhere)
                assert await ask(elsewhere, **AUTH) == AUTHENTICATED
        assert await ask(second, **AUTH) == AUTHENTICATED


async def test_the_slot_is_free_as_soon_as_a_close_is_answered(market):
    for _ in range(5):
        async with connect(f"{market.stream_url}/v2/iex") as client:
            await hear(client)
            assert await ask(client, **AUTH) == AUTHENTICATED


async def test_after_unsubscribing_nothing_comes(market):
    async with connect(f"{market.stream_url}/v2/iex") as client:
        await hear(client)
        await ask(client, **AUTH)
        await ask(client, action="subscribe", quotes=["*"], trades=["*"])
        (ack,) = await ask(client, action="unsubscribe", quotes=["*"])
        assert (ack["quotes"], ack["trades"]) == ([], ["*"])
        assert {message["T"] for message in await hear(client)} == {"t"}


def silent_client(port: int) -> socket.socket:
    """Subscribes everything, and then never reads."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.connect(("127.0.0.1", port))
    client.sendall(
        b"GET /v2/iex HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"APCA-API-KEY-ID: practice\r\nAPCA-API-SECRET-KEY: practice\r\n\r\n"
    )
    assert b"101" in client.recv(512)
    text = json.dumps({"action": "subscribe", "quotes": ["*"], "trades": ["*"]}).encode()
    client.sendall(bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text)
    return client


async def test_a_client_that_does_not_read_is_dropped_and_holds_up_nobody(tmp_path, limits):
    patient = replace(limits, auth_timeout_s=10.0)  # who logs in here does so on a busy machine
    config = PracticeMarketConfig(data_dir=tmp_path, port=0, speed=100.0, limits=patient)
    async with PracticeMarket(config) as market, connect(f"{market.stream_url}/v2/sip") as reader:
        await hear(reader)
        await ask(reader, **AUTH)
        await ask(reader, action="subscribe", trades=["*"], quotes=["*"])
        heard: list[float] = []

        async def listen() -> None:
            async for _ in reader:
                heard.append(time.monotonic())

        listening = asyncio.create_task(listen())
        with await asyncio.to_thread(silent_client, market.port):
            connections = [0]
            async with asyncio.timeout(15), httpx.AsyncClient(base_url=market.url) as rest:
                while 2 not in connections or connections[-1] == 2:
                    connections.append((await rest.get("/_sim/health")).json()["connections"])
            async with connect(f"{market.stream_url}/v2/iex") as successor:
                await hear(successor)
                assert await ask(successor, **AUTH) == AUTHENTICATED
        assert not listening.done()
        assert max(b - a for a, b in pairwise(heard)) < 1.0
        listening.cancel()


async def test_when_the_clock_leaps_clients_are_sent_away_and_the_market_goes_on(tmp_path):
    async with PracticeMarket(PracticeMarketConfig(data_dir=tmp_path, port=0)) as market:
        async with connect(f"{market.stream_url}/v2/iex") as client:
            await hear(client)
            await ask(client, **AUTH)
            market.market.source.time.jump(market.market.now() + 8 * 3_600 * 10**9)
            assert await code_of_close(client) == 1001
        async with connect(f"{market.stream_url}/v2/iex") as client:
            await hear(client)
            await ask(client, **AUTH)
            await ask(client, action="subscribe", quotes=["*"])
            assert (await hear(client))[0]["T"] == "q"
