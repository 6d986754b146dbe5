"""One connection of a data stream, against a small server that keeps the rules of subscribing as Alpaca documents them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgpack
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from broker.feed_stream import SYMBOLS_A_REQUEST, CryptoStream, FeedStream, NewsStream, OptionStream, StockStream
from broker.messages import Trade
from broker.refusal import NotOfferedError, SlotTakenError, TooManyConnectsError
from broker.wire import decode_messages
from domain.errors import RefusedError, StreamError

CONNECTED = {"T": "success", "msg": "connected"}
AUTHENTICATED = {"T": "success", "msg": "authenticated"}
TRADE = {"T": "t", "S": "A", "i": 1, "p": 1.0, "s": 1, "t": msgpack.Timestamp(1_700_000_000, 1)}
OPTION = "AAPL261218C00200000"


@dataclass
class Server:
    """Serves one connection at a time. `limit`: symbols that the plan allows; `never` is granted in the first channel only."""

    limit: int = 100_000
    never: frozenset[str] = frozenset()
    before_login: list[Any] = field(default_factory=list)
    before_answer: list[Any] = field(default_factory=list)
    beside_answer: list[Any] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    sets: dict[str, list[str]] = field(default_factory=dict)
    connection: ServerConnection | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, connection: ServerConnection) -> None:
        self.connection, self.sets = connection, {}
        await self.say(CONNECTED)
        while True:
            message = await self.hear(connection)
            if message["action"] == "auth":
                await self.log_in()
            else:
                await self.gate.wait()
                await self.answer(message)

    async def log_in(self) -> None:
        for messages in self.before_login:
            await self.say(messages)
        await self.say(AUTHENTICATED)

    async def hear(self, connection: ServerConnection) -> dict[str, Any]:
        raw = await connection.recv()
        assert isinstance(raw, bytes)
        self.sizes.append(len(raw))
        message: dict[str, Any] = msgpack.unpackb(raw)
        self.heard.append(message)
        return message

    async def answer(self, message: dict[str, Any]) -> None:
        channels = {name: names for name, names in message.items() if name != "action"}
        more = message["action"] == "subscribe"
        wanted = {
            name: sorted(
                set(self.sets.get(name, [])) | set(names) if more else set(self.sets.get(name, [])) - set(names)
            )
            for name, names in channels.items()
        }
        if any(len(names) > self.limit for names in wanted.values()):
            await self.say({"T": "error", "code": 405, "msg": "symbol limit exceeded"})
            return
        self.sets |= wanted
        for messages in self.before_answer:
            await self.say(messages)
        await self.say(*self.beside_answer, self.acknowledgement)

    @property
    def acknowledgement(self) -> dict[str, Any]:
        first = next(iter(self.sets))
        return {"T": "subscription"} | {
            name: [each for each in names if name == first or each not in self.never]
            for name, names in self.sets.items()
        }

    async def say(self, *messages: Any) -> None:
        assert self.connection is not None
        await self.connection.send(msgpack.packb(list(messages)))

    @property
    def asked(self) -> list[tuple[str, list[str]]]:
        """What was subscribed to and unsubscribed from, in order."""
        return [(each["action"], next(v for k, v in each.items() if k != "action")) for each in self.heard[1:]]


@asynccontextmanager
async def streaming(
    server: Server, symbols: list[str], kind: type[FeedStream] = StockStream, limit_s: float = 2.0
) -> AsyncIterator[FeedStream]:
    """A stream that is connected to the server."""
    server.gate.set()
    async with serve(server.serve, "127.0.0.1", 0) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]
        stream = kind(f"ws://127.0.0.1:{port}/v2/iex", "key", "secret", symbols, limit_s)
        async with stream.connected():
            yield stream


async def answered(stream: FeedStream) -> None:
    """Receive one frame and hand on what it acknowledges, as a session does."""
    messages, _ = decode_messages([await asyncio.wait_for(stream.receive(), 2)])
    for message in messages:
        if type(message).__name__ == "Subscription":
            stream.acknowledged(message)  # type: ignore[arg-type]


def names(count: int) -> list[str]:
    return [f"S{number:04}" for number in range(count)]


@pytest.mark.parametrize(
    ("kind", "symbol", "channels"),
    [
        (StockStream, "AAPL", {"trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds"}),
        (CryptoStream, "BTC/USD", {"trades", "quotes", "bars", "updatedBars", "dailyBars", "orderbooks"}),
        (OptionStream, OPTION, {"trades", "quotes"}),
        (NewsStream, "*", {"news"}),
    ],
)
async def test_each_feed_asks_for_its_channels(kind: type[FeedStream], symbol: str, channels: set[str]) -> None:
    server = Server()
    async with streaming(server, [symbol], kind) as stream:
        assert stream.not_streaming == []
    login, asked = server.heard
    assert login == {"action": "auth", "key": "key", "secret": "secret"}
    assert asked == {"action": "subscribe"} | {channel: [symbol] for channel in channels}


async def test_a_symbol_that_is_not_acknowledged_everywhere_is_not_streaming() -> None:
    async with streaming(Server(never=frozenset({"B"})), ["A", "B", "C"]) as stream:
        assert stream.not_streaming == ["B"] and stream.granted == {"A", "C"}


async def test_a_star_grants_all_that_is_wanted() -> None:
    server = Server()
    async with streaming(server, ["A", "B"]) as stream:
        await server.say({"T": "subscription", "trades": ["*"], "quotes": ["*"], "bars": ["A"]})
        await answered(stream)
        assert stream.not_streaming == ["B"]


@pytest.mark.parametrize(("count", "limit"), [(31, 30), (200, 30), (4, 1), (2, 1), (37, 36)])
async def test_with_fewer_symbols_allowed_the_first_are_streamed_and_the_rest_is_named(count: int, limit: int) -> None:
    server = Server(limit=limit)
    async with streaming(server, names(count)) as stream:
        assert stream.not_streaming == names(count)[limit:]
        assert server.sets["trades"] == names(count)[:limit]
    assert len(server.asked) <= 2 * count.bit_length() + 2, "each question costs a trip around the world"


async def test_a_plan_for_no_symbol_at_all_still_connects() -> None:
    async with streaming(Server(limit=0), ["A", "B"]) as stream:
        assert stream.not_streaming == ["A", "B"]


async def test_many_symbols_are_asked_for_in_parts_that_a_frame_holds() -> None:
    server = Server()
    async with streaming(server, names(2 * SYMBOLS_A_REQUEST + 100)) as stream:
        assert stream.not_streaming == []
    assert [len(part) for _, part in server.asked] == [SYMBOLS_A_REQUEST, SYMBOLS_A_REQUEST, 100]
    assert max(server.sizes) < 32 * 1024


async def test_data_that_comes_before_the_answers_is_kept_in_order() -> None:
    trades = [TRADE | {"i": number} for number in (1, 2, 3)]
    server = Server(before_login=[trades[0]], before_answer=[trades[1]], beside_answer=[trades[2]])
    async with streaming(server, ["A"]) as stream:
        await server.say(TRADE | {"i": 4})
        messages, bad = decode_messages([await stream.receive() for _ in range(4)])
    assert [message.i for message in messages if hasattr(message, "i")] == [1, 2, 3, 4] and not bad.counts


async def test_nothing_that_came_early_is_told_on_the_next_connection() -> None:
    server = Server(before_answer=[TRADE])
    server.gate.set()
    async with serve(server.serve, "127.0.0.1", 0) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]
        stream = StockStream(f"ws://127.0.0.1:{port}/v2/iex", "key", "secret", ["A"], 2.0)
        async with stream.connected():
            pass
        server.before_answer = []
        async with stream.connected():
            await server.say(TRADE | {"i": 9})
            messages, _ = decode_messages([await stream.receive()])
    assert [message.i for message in messages] == [9]  # type: ignore[union-attr]


async def test_symbols_change_while_it_runs() -> None:
    server = Server()
    async with streaming(server, ["A", "B"]) as stream:
        await stream.change(["C", "A"], ["B", "X"])
        assert stream.wanted == {"A", "C"} and stream.not_streaming == ["C"], "not before the server says so"
        await answered(stream)
        await answered(stream)
        assert stream.not_streaming == [] and stream.granted == {"A", "C"}
    assert server.asked == [("subscribe", ["A", "B"]), ("unsubscribe", ["B"]), ("subscribe", ["C"])]


async def test_a_change_that_is_none_asks_nothing() -> None:
    server = Server()
    async with streaming(server, ["A"]) as stream:
        await stream.change(["A"], ["B"])
        await stream.change([], [])
        await stream.catch_up()
        await stream.ping(1.0)
    assert server.asked == [("subscribe", ["A"])]


async def test_what_is_wanted_while_it_connects_is_asked_for_afterwards() -> None:
    """It was asked for a minute later, and that minute was never filled."""
    server = Server()
    async with serve(server.serve, "127.0.0.1", 0) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]
        stream = StockStream(f"ws://127.0.0.1:{port}/v2/iex", "key", "secret", ["A", "B"], 2.0)
        connecting = asyncio.create_task(enter_and_catch_up(stream))
        while len(server.heard) < 2:
            await asyncio.sleep(0.001)
        stream.wanted = frozenset({"A", "C"})
        server.gate.set()
        await asyncio.wait_for(connecting, 2)
    assert server.asked == [("subscribe", ["A", "B"]), ("unsubscribe", ["B"]), ("subscribe", ["C"])]


async def enter_and_catch_up(stream: FeedStream) -> None:
    async with stream.connected():
        await stream.catch_up()
        await answered(stream)
        await answered(stream)
        assert stream.not_streaming == []


async def test_symbols_are_asked_for_again_if_they_are_wanted() -> None:
    server = Server(never=frozenset({"B"}))
    async with streaming(server, ["A", "B"]) as stream:
        server.never = frozenset()
        await stream.resubscribe(["B", "Z"])
        await answered(stream)
        assert stream.not_streaming == []
        await stream.resubscribe([])
    assert server.asked[1:] == [("subscribe", ["B"])]


async def test_more_than_the_plan_allows_while_it_runs_leaves_what_streams_alone() -> None:
    server = Server(limit=2)
    async with streaming(server, ["A", "B"]) as stream:
        await stream.change(["C"], [])
        messages, _ = decode_messages([await stream.receive()])
        assert [message.code for message in messages] == [405]  # type: ignore[union-attr]
        assert stream.not_streaming == ["C"] and server.sets["quotes"] == ["A", "B"]


async def test_frames_of_text_are_received_as_bytes() -> None:
    server = Server()
    async with streaming(server, ["A"]) as stream:
        assert server.connection is not None
        await server.connection.send(json.dumps([{"T": "success", "msg": "é"}]))
        assert json.loads(await stream.receive()) == [{"T": "success", "msg": "é"}]


async def test_a_second_word_of_welcome_is_no_answer_to_a_subscription() -> None:
    async with streaming(Server(before_answer=[AUTHENTICATED]), ["A"]) as stream:
        assert stream.not_streaming == []


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        (401, RefusedError, "refused the keys"),
        (403, RefusedError, "refused the keys"),
        (404, NotOfferedError, "does not offer"),
        (429, TooManyConnectsError, "no more connects"),
        (500, StreamError, "with 500"),
        (503, StreamError, "with 503"),
    ],
)
async def test_a_connect_that_is_answered_with_a_status_says_what_it_means(
    status: int, kind: type[Exception], text: str
) -> None:
    def refuse(connection: ServerConnection, request: Request) -> Response:
        return Response(status, HTTPStatus(status).phrase, Headers(), b"")

    async with serve(Server().serve, "127.0.0.1", 0, process_request=refuse) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]
        with pytest.raises(kind, match=text) as caught:
            async with StockStream(f"ws://127.0.0.1:{port}/v2/iex", "key", "secret", ["A"], 2.0).connected():
                pass
    assert type(caught.value) is kind and str(status) in str(caught.value)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(402, RefusedError), (406, SlotTakenError), (409, RefusedError), (410, StreamError), (500, StreamError)],
)
@pytest.mark.parametrize("at", ["login", "subscription"])
async def test_an_error_frame_ends_the_connect(code: int, kind: type[Exception], at: str) -> None:
    error = {"T": "error", "code": code, "msg": "no"}
    server = Server(before_login=[error]) if at == "login" else Server(before_answer=[error])
    with pytest.raises(kind) as caught:
        async with streaming(server, ["A"]):
            pass
    assert type(caught.value) is kind and str(code) in str(caught.value)


@pytest.mark.parametrize("step", [lambda stream: stream.receive(), lambda stream: stream.change(["B"], [])])
async def test_a_connection_that_is_gone_is_a_stream_error(step: Callable[[FeedStream], Any]) -> None:
    server = Server()
    with pytest.raises(StreamError, match="was lost"):
        async with streaming(server, ["A"]) as stream:
            assert server.connection is not None
            await server.connection.close()
            await step(stream)


async def test_a_server_that_answers_pings_is_there_and_one_that_left_is_not() -> None:
    server = Server()
    with pytest.raises(StreamError):
        async with streaming(server, ["A"]) as stream:
            assert await stream.ping(1.0)
            assert server.connection is not None
            await server.connection.close()
            assert not await stream.ping(1.0)
            await stream.receive()


async def test_frames_that_wait_are_counted() -> None:
    server = Server()
    async with streaming(server, ["A"]) as stream:
        assert stream.backlog == 0
        for _ in range(5):
            await server.say(TRADE)
        async with asyncio.timeout(2):
            while stream.backlog < 5:
                await asyncio.sleep(0.001)


async def test_all_frames_that_came_are_received_together_in_order() -> None:
    server = Server()
    async with streaming(server, ["A"]) as stream:
        for number in range(5):
            await server.say({**TRADE, "i": number})
        async with asyncio.timeout(2):
            while stream.backlog < 5:
                await asyncio.sleep(0.001)
        messages, _ = decode_messages(await stream.receive_all())
        assert [message.i for message in messages if isinstance(message, Trade)] == list(range(5))
        await server.say({**TRADE, "i": 5})
        messages, _ = decode_messages(await asyncio.wait_for(stream.receive_all(), 2))
        assert [message.i for message in messages if isinstance(message, Trade)] == [5]


async def test_what_comes_during_a_rest_stays_in_the_socket_and_is_received_afterwards() -> None:
    server = Server()
    async with streaming(server, ["A"]) as stream:
        resting = asyncio.create_task(stream.rest(0.2))
        await asyncio.sleep(0.01)
        await server.say(TRADE)
        await asyncio.sleep(0.05)
        assert stream.backlog == 0 and not resting.done()
        assert len(await asyncio.wait_for(stream.receive_all(), 2)) == 1
        assert resting.done()


async def test_a_rest_that_is_broken_off_leaves_nothing_in_the_socket() -> None:
    server = Server()
    async with streaming(server, ["A"]) as stream:
        resting = asyncio.create_task(stream.rest(60))
        await asyncio.sleep(0.01)
        resting.cancel()
        await server.say(TRADE)
        assert len(await asyncio.wait_for(stream.receive_all(), 2)) == 1


async def test_a_connection_that_is_lost_during_a_rest_is_noticed_after_it() -> None:
    server = Server()
    with pytest.raises(StreamError, match="was lost"):
        async with streaming(server, ["A"]) as stream:
            assert server.connection is not None
            resting = asyncio.create_task(stream.rest(0.05))
            await asyncio.sleep(0.01)
            await server.connection.close()
            await resting
            await asyncio.wait_for(stream.receive_all(), 2)
