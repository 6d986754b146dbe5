"""The stream against servers and networks that misbehave: it says so within its limits, and comes back whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgpack
import pandas as pd
import pytest
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.requests import StockBarsRequest
from alpaca.data.timeframe import TimeFrame
from websockets.asyncio.server import ServerConnection, serve

from broker.feed_stream import StockStream
from broker.refusal import SlotTakenError
from domain.errors import RefusedError, StreamError
from domain.status import DeskStatus
from market_cache.reader import MarketReader
from tests.desk import Desk, desk, wait_until
from tests.integration.test_run import port_answers
from tests.tapes import difference
from tests.toxic_proxy import ToxicProxy

Script = Callable[[ServerConnection], Awaitable[None]]

CONNECTED = {"T": "success", "msg": "connected"}
AUTHENTICATED = {"T": "success", "msg": "authenticated"}


async def say(connection: ServerConnection, *messages: Any) -> None:
    await connection.send(msgpack.packb(list(messages)))


async def mute(connection: ServerConnection) -> None:
    await connection.wait_closed()


async def mute_after_login(connection: ServerConnection) -> None:
    await say(connection, CONNECTED)
    await connection.wait_closed()


async def no_acknowledgement(connection: ServerConnection) -> None:
    await say(connection, CONNECTED)
    await connection.recv()
    await say(connection, AUTHENTICATED)
    await connection.wait_closed()


async def another_language(connection: ServerConnection) -> None:
    await connection.send("hello")
    await connection.wait_closed()


def refuses(code: int, message: str) -> Script:
    async def script(connection: ServerConnection) -> None:
        await say(connection, CONNECTED)
        await connection.recv()
        await say(connection, {"T": "error", "code": code, "msg": message})
        await connection.wait_closed()

    return script


def acknowledges(*symbols: str, then: Any = ()) -> Script:
    async def script(connection: ServerConnection) -> None:
        await say(connection, CONNECTED)
        await connection.recv()
        await say(connection, AUTHENTICATED)
        await connection.recv()
        names = list(symbols)
        await say(connection, {"T": "subscription", "trades": names, "quotes": names, "bars": names})
        for frame in then:
            await connection.send(frame)

    return script


@asynccontextmanager
async def feed(script: Script) -> AsyncIterator[StockStream]:
    """A stream to a server that follows the script; half a second is the limit."""
    async with serve(script, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield StockStream(f"ws://127.0.0.1:{port}/v2/iex", "key", "secret", ("AAPL", "MSFT"), limit_s=0.5)


@pytest.mark.parametrize("script", [mute, mute_after_login, no_acknowledgement])
async def test_a_mute_server_is_given_up_within_the_limit(script: Script) -> None:
    async with feed(script) as stream:
        began = time.monotonic()
        with pytest.raises(StreamError, match="did not answer within"):
            async with stream.connected():
                pass
        assert time.monotonic() - began < 2.5


async def test_a_server_of_another_kind_is_named() -> None:
    async with feed(another_language) as stream:
        with pytest.raises(StreamError, match="ALPACA_DATA_STREAM_URL"):
            async with stream.connected():
                pass


@pytest.mark.parametrize(
    ("code", "error", "text"),
    [
        (402, RefusedError, "refused the keys"),
        (409, RefusedError, "STREAM_FEED=iex"),
        (406, SlotTakenError, "Another program"),
        (404, StreamError, "took too long"),
        (500, StreamError, "internal error"),
    ],
)
async def test_error_frames_say_what_to_do(code: int, error: type[Exception], text: str) -> None:
    async with feed(refuses(code, "internal error")) as stream:
        with pytest.raises(error, match=text):
            async with stream.connected():
                pass


async def test_a_symbol_that_is_not_acknowledged_is_named_and_the_others_are_streamed() -> None:
    async with feed(acknowledges("AAPL", then=[b"one"])) as stream:
        with pytest.raises(StreamError, match="was lost"):
            async with stream.connected():
                assert stream.not_streaming == ["MSFT"] and await stream.receive() == b"one"
                await stream.receive()


async def test_a_lost_connection_is_a_stream_error_and_frames_before_it_are_kept() -> None:
    async with feed(acknowledges("AAPL", "MSFT", then=[b"one", b"two"])) as stream:
        with pytest.raises(StreamError, match="connection to the feed was lost"):
            async with stream.connected():
                frames = [await stream.receive(), await stream.receive()]
                await stream.receive()
        assert frames == [b"one", b"two"]


async def test_hanging_up_takes_less_than_a_second_in_every_state() -> None:
    for script in (mute, mute_after_login, no_acknowledgement):
        async with feed(script) as stream:
            task = asyncio.create_task(enter(stream))
            await asyncio.sleep(0.1)
            began = time.monotonic()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert time.monotonic() - began < 1.0


async def enter(stream: StockStream) -> None:
    async with stream.connected():
        pass


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, ToxicProxy]]:
    """A practice market and a worker, with a proxy that may misbehave between its stream and it."""
    with desk(tmp_path_factory.mktemp("proxied"), STALE_AFTER_S="2", SYMBOLS="AAPL,MSFT", STREAM_NEWS="false") as made:
        made.start("simulator")
        wait_until(lambda: port_answers(made.simulator_port), 20, "the practice market")
        with ToxicProxy(made.simulator_port) as proxy:
            market = f"http://127.0.0.1:{made.simulator_port}"
            made.environment |= {
                "ALPACA_TRADING_URL": market,
                "ALPACA_DATA_URL": market,
                "ALPACA_DATA_STREAM_URL": f"ws://127.0.0.1:{proxy.port}",
            }
            made.start("worker")
            wait_until(lambda: (made.folder / "data" / "cache").exists(), 20, "a cache")
            wait_until(lambda: shown(made).ready, 20, "ready")
            yield made, proxy


def shown(made: Desk) -> DeskStatus:
    """The status as a page would show it."""
    reader = MarketReader(made.cache_url)
    reader.catch_up()
    return reader.status()


@pytest.mark.slow
def test_a_stalled_network_is_noticed_and_the_gap_is_filled(proxied: tuple[Desk, ToxicProxy]) -> None:
    made, proxy = proxied
    proxy.mood = "stall"
    wait_until(lambda: shown(made).stream.state != "live", 2 + 5 + 3, "the stall is noticed")
    proxy.reset()
    proxy.mood = "pass"
    assert_comes_back_whole(made)


@pytest.mark.slow
def test_a_reset_connection_comes_back_and_the_gap_is_filled(proxied: tuple[Desk, ToxicProxy]) -> None:
    made, proxy = proxied
    before = made.log.count("Trying again")
    proxy.mood = "refuse"
    proxy.reset()
    why = wait_until(lambda: shown(made).stream.why, 5, "a reason")
    assert "Trying again" in why
    wait_until(lambda: made.log.count("Trying again") >= before + 2, 10, "a second try")
    proxy.mood = "pass"
    assert_comes_back_whole(made)


def assert_comes_back_whole(made: Desk) -> None:
    wait_until(lambda: shown(made).stream.state == "live", 15, "live again")
    stream = shown(made).stream
    assert stream.connects >= 2 and stream.gaps[-1]["filled"]
    wait_until(lambda: difference(*last_minutes(made)) == "", 5, "the minutes equal the server's")


def last_minutes(made: Desk) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The last closed minutes of AAPL in the cache, and those that the server has."""
    ours = made.bars("AAPL", "1Min").query("final == 1").tail(8)
    client = StockHistoricalDataClient("practice", "practice", url_override=f"http://127.0.0.1:{made.simulator_port}")
    first, last = ours["start"].iloc[0].to_pydatetime(), ours["start"].iloc[-1].to_pydatetime()
    request = StockBarsRequest(symbol_or_symbols="AAPL", timeframe=TimeFrame.Minute, start=first, end=last)
    answer: Any = client.get_stock_bars(request)
    theirs = answer.df.reset_index().rename(columns={"timestamp": "start"})
    return ours, theirs[["start", "open", "high", "low", "close", "volume", "trade_count"]]
