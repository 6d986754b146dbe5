"""The client on real sockets: the practice market, a scripted server of Alpaca's messages, and a network that breaks."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgpack
import pytest
import pytest_asyncio
from websockets.asyncio.server import ServerConnection, serve

from broker.client import StreamClient
from broker.client_manager import StreamManager
from broker.client_messages import Bar, Correction, Gap, PriceBand, Quote, Status, Trade
from domain.depth import Depth
from domain.errors import RefusedError, StreamError
from domain.news import NewsItem
from domain.order import TradeUpdate
from simulator.server import PracticeMarket, PracticeMarketConfig
from tests.tapes import write_tape
from tests.toxic_proxy import ToxicProxy

KEYS = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}
NOW = 1_795_194_000_123_456_789


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PracticeMarket]:
    """One for all of them: making its history takes longer than any test."""
    async with PracticeMarket(PracticeMarketConfig(data_dir=tmp_path_factory.mktemp("market"), port=0)) as made:
        yield made


def taped(folder: Path, symbol: str, **options: Any) -> PracticeMarket:
    """A practice market that plays a short tape of one symbol; it needs no history."""
    tape = write_tape(folder / f"{symbol}.csv.gz", minutes=6, symbol=symbol)
    return PracticeMarket(PracticeMarketConfig(data_dir=folder / symbol, port=0, tape=tape, **options))


def client_of(url: str, **options: Any) -> StreamClient:
    return StreamClient("practice", "practice", base_url=url, **options)


async def read_until(client: StreamClient, fact: Callable[[list[Any]], Any], limit_s: float = 15.0) -> list[Any]:
    """Messages up to the one that makes `fact` of all of them true."""
    got: list[Any] = []
    async with asyncio.timeout(limit_s):
        async for message in client:
            got.append(message)
            if fact(got):
                break
    assert fact(got)
    return got


def kinds(messages: list[Any]) -> set[type]:
    return {type(message) for message in messages}


async def test_trades_of_all_feeds_are_those_of_the_market(market):
    client = client_of(market.url)
    await client.subscribe_to_ticker("AAPL", "BTC/USD")
    async with client:
        got = await read_until(
            client, lambda all_: {"AAPL", "BTC/USD"} <= {m.symbol for m in all_ if isinstance(m, Trade)}
        )
        assert client.status()["streams"].keys() == {"stocks", "crypto"}
        assert client.status()["streams"]["stocks"]["not_streaming"] == []
    printed = {
        (trade.symbol, trade.trade_id): (trade.price, trade.size, trade.ts_event)
        for record in market.market.records.values()
        for trade in record.trades
    }
    for trade in (message for message in got if isinstance(message, Trade) and message.symbol == "AAPL"):
        assert printed[trade.symbol, trade.trade_id] == (trade.price, trade.size, trade.ts_event)
    assert {Trade, Quote, Depth} <= kinds(got)
    assert all(quote.bid_price < quote.ask_price for quote in got if isinstance(quote, Quote))


async def test_symbols_come_and_go_while_it_runs(market):
    client = client_of(market.url, only=(Quote,))
    await client.subscribe_to_ticker("AAPL")
    async with client:
        await read_until(client, lambda got: len(got) >= 3)
        await client.subscribe_to_ticker("msft")
        await read_until(client, lambda got: got[-1].symbol == "MSFT")
        await client.unsubscribe_from_ticker("AAPL")
        # what was under way has been handed over once MSFT alone has moved for a while
        await read_until(client, lambda got: [m.symbol for m in got[-15:]] == ["MSFT"] * 15)
        await client.subscribe_to_ticker("ETH/USD")
        await read_until(client, lambda got: got[-1].symbol == "ETH/USD")


async def test_what_becomes_of_an_order_is_told(market):
    client = client_of(market.url)
    await client.subscribe_to_order_updates()
    async with client, httpx.AsyncClient(base_url=market.url, headers=KEYS) as rest:
        body = {"symbol": "AAPL", "qty": "3", "side": "buy", "type": "market", "time_in_force": "day"}
        answer = (await rest.post("/v2/orders", json=body)).json()
        got = await read_until(client, lambda got: got[-1].event == "fill")
    assert all(isinstance(message, TradeUpdate) and message.order.order_id == answer["id"] for message in got)
    assert (got[-1].order.filled_qty, got[-1].order.status) == (Decimal(3), "filled")


async def test_wrong_keys_end_it(market):
    told: list[str] = []

    async def on_error(stream: str, error: Exception) -> None:
        told.append(f"{stream}: {type(error).__name__}")

    client = StreamClient("practice", "wrong", base_url=market.url, on_error=on_error)
    await client.subscribe_to_ticker("AAPL")
    with pytest.raises(RefusedError, match="keys"):
        await client.connect(10)
    with pytest.raises(RefusedError):
        await client.get_next()
    await client.close()
    assert told == ["stocks: RefusedError"]


async def test_a_server_that_is_not_there_is_tried_until_the_time_is_over():
    client = client_of("http://127.0.0.1:9")
    await client.subscribe_to_ticker("AAPL")
    with pytest.raises(StreamError, match=r"within 0\.5 s"):
        await client.connect(0.5)
    await client.close()
    assert await client.get_next() is None


async def test_after_a_loss_it_comes_back_with_a_gap_and_its_subscriptions(market):
    events: list[str] = []

    async def on_open(stream: str) -> None:
        events.append(f"open {stream}")

    async def on_close(stream: str, error: Exception) -> None:
        events.append(f"close {stream} {type(error).__name__}")

    with ToxicProxy(market.port) as proxy:
        client = client_of(f"http://127.0.0.1:{proxy.port}", on_open=on_open, on_close=on_close)
        await client.subscribe_to_ticker("AAPL")
        async with client:
            await read_until(client, lambda got: len(got) >= 3)
            await client.subscribe_to_ticker("SPY")
            await read_until(client, lambda got: got[-1].symbol == "SPY")
            before = time.time_ns()
            proxy.reset()
            got = await read_until(client, lambda got: isinstance(got[-1], Gap))
            gap = got[-1]
            await read_until(client, lambda got: {"AAPL", "SPY"} <= {message.symbol for message in got})
            assert client.status()["streams"]["stocks"]["connects"] == 2
    assert gap.stream == "stocks" and "lost" in gap.why
    assert abs(gap.since - before) < 3e9 and gap.since <= gap.until <= time.time_ns()
    assert events == ["open stocks", "close stocks StreamError", "open stocks"]


async def test_a_slow_reader_loses_no_trade(tmp_path):
    async with taped(tmp_path, "TAPE", speed=300.0) as market:
        client = client_of(market.url, queue_size=20)
        await client.subscribe_to_ticker("TAPE")
        async with client, asyncio.timeout(30):
            while market.market.is_open():
                await asyncio.sleep(0.05)
            printed = [trade.trade_id for trade in market.market.records["TAPE"].trades]
            assert len(printed) > 100
            got = await read_until(client, lambda got: len(trades_of(got)) == len(printed))
            assert client.status()["conflated"] > 0
    assert [trade.trade_id for trade in trades_of(got)] == printed


async def test_a_tape_brings_its_coins(tmp_path):
    rows = [
        f"{10**18 + n * 10**9},t,AMZN,,,,,223.6,{n},1\n{10**18 + n * 10**9},t,BTC/USD,,,,,9.5,0.{n},-1"
        for n in range(1, 60)
    ]
    header = "ts_ns,kind,symbol,bid,bid_size,ask,ask_size,price,size,resting_side"
    tape = tmp_path / "tape.csv.gz"
    tape.write_bytes(gzip.compress("\n".join([header, *rows, ""]).encode()))
    config = PracticeMarketConfig(data_dir=tmp_path, port=0, tape=tape, speed=20.0)
    async with PracticeMarket(config) as market:
        client = client_of(market.url, only=(Trade,))
        await client.subscribe_to_ticker("BTC/USD")
        await client.connect()
        await client.subscribe_to_ticker("AMZN")  # a tape begins with the first subscription of a share
        got = await read_until(client, lambda got: len(got) >= 110)
        await client.close()
    coins = [trade for trade in got if trade.symbol == "BTC/USD"]
    assert [(trade.size, trade.taker) for trade in coins[:3]] == [(0.1, "B"), (0.2, "B"), (0.3, "B")]


def trades_of(messages: list[Any]) -> list[Trade]:
    return [message for message in messages if isinstance(message, Trade)]


async def test_handlers_are_called_and_one_that_fails_costs_its_own_message(market):
    quotes, trades, errors = [], [], []

    async def on_quote(quote: Quote) -> None:
        quotes.append(quote)
        if len(quotes) % 2:
            raise RuntimeError("a bug in the handler")

    async def on_trade(trade: Trade) -> None:
        trades.append(trade)

    async def on_error(stream: str, error: Exception) -> None:
        errors.append((stream, str(error)))

    client = client_of(market.url, on_error=on_error)
    await client.subscribe_to_ticker("AAPL", "SPY", "TSLA")
    client.on(Quote, on_quote)
    client.on(Trade, on_trade)
    await client.connect()
    processing = asyncio.create_task(client.process_incoming_data())
    async with asyncio.timeout(15):
        while len(quotes) < 6 or len(trades) < 2:
            await asyncio.sleep(0.02)
    await client.close()
    await asyncio.wait_for(processing, 2)
    assert errors[:3] == [("handler", "a bug in the handler")] * 3


async def test_several_markets_by_name(tmp_path):
    async with taped(tmp_path, "AAPL", speed=20.0) as one, taped(tmp_path, "SPY", speed=20.0) as two:
        manager = StreamManager()
        await manager.add_stream("one", client_of(one.url, only=(Quote,)), ["AAPL"])
        await manager.add_stream("two", client_of(two.url, only=(Quote,)), ["SPY"])
        with pytest.raises(ValueError, match="already"):
            await manager.add_stream("one", client_of(one.url))
        seen: dict[str, set[str]] = {"one": set(), "two": set()}

        async def note(name: str, message: Any) -> None:
            seen[name].add(message.symbol)
            if all(seen.values()):
                await manager.close_all()

        async with asyncio.timeout(15), manager:
            first = await manager.get_next("one"), await manager.get_next("two")
            await manager.consume(note)
    assert [message.symbol for message in first] == ["AAPL", "SPY"]
    assert seen == {"one": {"AAPL"}, "two": {"SPY"}}
    assert await manager.get_next("one") is None


def stamp(now: int = NOW) -> msgpack.Timestamp:
    return msgpack.Timestamp(now // 10**9, now % 10**9)


TRADE = {"T": "t", "S": "AAPL", "i": 7, "x": "D", "p": 126.55, "s": 1, "c": ["@", "I"], "z": "C", "t": stamp()}
QUOTE = {
    "T": "q",
    "S": "AAPL",
    "bx": "U",
    "bp": 87.66,
    "bs": 1,
    "ax": "Q",
    "ap": 87.68,
    "as": 4,
    "z": "C",
    "t": stamp(),
}
BAR = {"T": "b", "S": "AAPL", "o": 10, "h": 12, "l": 9, "c": 11, "v": 100, "n": 3, "vw": 10.5, "t": stamp()}
FRAMES = [
    [TRADE, QUOTE],
    [{**TRADE, "p": 0}, {**TRADE, "p": float("nan")}, {**QUOTE, "bp": 99}, {**BAR, "h": 1}, {**TRADE, "S": "OTHER"}],
    b"\xc1 not a frame",
    [BAR, {**BAR, "T": "u", "n": 4}, {**BAR, "T": "d"}],
    [{"T": "c", "S": "AAPL", "x": "M", "oi": 7, "op": 1, "os": 2, "ci": 8, "cp": 3, "cs": 4, "z": "B", "t": stamp()}],
    [{"T": "x", "S": "AAPL", "i": 8, "x": "D", "p": 1, "s": 3, "a": "C", "z": "C", "t": stamp()}],
    [{"T": "s", "S": "AAPL", "sc": "H", "sm": "Trading Halt", "rc": "T12", "rm": "Asked", "z": "C", "t": stamp()}],
    [{"T": "l", "S": "AAPL", "u": 3.24, "d": 2.65, "i": "B", "t": stamp(), "z": "C"}],
    [{"T": "something new", "S": "AAPL"}, {**TRADE, "i": 99}],
]


@asynccontextmanager
async def scripted(frames: list[Any]) -> AsyncIterator[str]:
    """A server that shakes hands as Alpaca does and then sends some frames."""

    async def talk(socket: ServerConnection) -> None:
        await socket.send(msgpack.packb([{"T": "success", "msg": "connected"}]))
        await socket.recv()
        await socket.send(msgpack.packb([{"T": "success", "msg": "authenticated"}]))
        asked = msgpack.unpackb(await socket.recv())
        await socket.send(msgpack.packb([{**asked, "T": "subscription"}]))
        for frame in frames:
            await socket.send(frame if isinstance(frame, bytes) else msgpack.packb(frame))
        await socket.wait_closed()

    async with serve(talk, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


async def test_every_message_of_alpacas_in_words():
    async with scripted(FRAMES) as url:
        client = client_of(url)
        await client.subscribe_to_ticker("AAPL")
        async with client:
            got = await read_until(client, lambda got: getattr(got[-1], "trade_id", 0) == 99)
            status = client.status()["streams"]["stocks"]
    trade = Trade("AAPL", 126.55, 1.0, NOW, 7, "D", "C", ("@", "I"))
    bar = Bar("AAPL", "1Min", NOW, 10.0, 12.0, 9.0, 11.0, 100.0, 3, 10.5)
    assert got == [
        trade,
        Quote("AAPL", 87.66, 1.0, 87.68, 4.0, NOW, "U", "Q", "C"),
        bar,
        Bar("AAPL", "1Min", NOW, 10.0, 12.0, 9.0, 11.0, 100.0, 4, 10.5, updated=True),
        Bar("AAPL", "1Day", NOW, 10.0, 12.0, 9.0, 11.0, 100.0, 3, 10.5),
        Correction("AAPL", "M", 7, Trade("AAPL", 3.0, 4.0, NOW, 8, "M", "B"), NOW),
        Correction("AAPL", "D", 8, None, NOW),
        Status("AAPL", "H", "Trading Halt", "T12", "Asked", NOW),
        PriceBand("AAPL", 3.24, 2.65, "B", NOW),
        Trade("AAPL", 126.55, 1.0, NOW, 99, "D", "C", ("@", "I")),
    ]
    assert (status["quarantined"], status["unasked"]) == (6, 1)
    assert got[1].spread == pytest.approx(0.02)


async def test_news_and_depth_in_words():
    news = {
        "T": "n", "id": 5, "headline": "<b>Up</b>", "summary": "", "author": "A", "source": "benzinga", "url": None,
        "created_at": stamp(), "updated_at": stamp(NOW + 1), "symbols": ["AAPL"],
    }  # fmt: skip
    book = {"T": "o", "S": "BTC/USD", "t": stamp(), "b": [{"p": 10, "s": 1}], "a": [{"p": 11, "s": 2}]}
    async with scripted([[book], [{**book, "r": True}], [{**book, "b": [{"p": 10, "s": 0}], "a": []}], [news]]) as url:
        client = client_of(url)
        await client.subscribe_to_ticker("BTC/USD")
        await client.subscribe_to_news()
        async with client:
            got = await read_until(client, lambda got: kinds(got) == {Depth, NewsItem} and len(got) >= 3)
    depths = [message for message in got if isinstance(message, Depth)]
    assert depths[:2] == [
        Depth("BTC/USD", NOW, ((10.0, 1.0),), ((11.0, 2.0),)),
        Depth("BTC/USD", NOW, (), ((11.0, 2.0),)),
    ]
    item = next(message for message in got if isinstance(message, NewsItem))
    assert (item.headline, item.symbols, item.created_at, item.updated_at) == ("<b>Up</b>", ("AAPL",), NOW, NOW + 1)
