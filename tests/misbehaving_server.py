"""A data server of the tests' own that misbehaves when told to: Alpaca's websockets and as much REST as a worker asks for.

Written from Alpaca's documents and from nothing in this repository. It writes down every connection and every message with
its time. What a connection does wrong is a conduct (tests/conducts.py); what the network does wrong is tests/toxic_proxy.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs, unquote, urlsplit

import msgpack
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.known_market import MINUTE, KnownMarket, Print

KEYS: Final = ("server-key", "server-secret")
STOCKS: Final = "/v2/iex"

CONNECTED: Final = {"T": "success", "msg": "connected"}
AUTHENTICATED: Final = {"T": "success", "msg": "authenticated"}

CHANNELS: Final = {
    STOCKS: [
        "trades",
        "quotes",
        "bars",
        "updatedBars",
        "dailyBars",
        "statuses",
        "lulds",
        "corrections",
        "cancelErrors",
    ],
    "/v1beta3/crypto/us": ["trades", "quotes", "orderbooks", "bars", "updatedBars", "dailyBars"],
    "/v1beta1/indicative": ["trades", "quotes"],
    "/v1beta1/news": ["news"],
}
CHANNEL_OF: Final = {"t": "trades", "q": "quotes", "b": "bars", "u": "updatedBars", "d": "dailyBars", "s": "statuses"}


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of a client: when (monotonic seconds), on which path and which connection of it, and what."""

    at: float
    path: str
    connection: int
    message: Any


@dataclass(frozen=True, slots=True)
class Connect:
    """A websocket that was opened, or refused, on a path; `at` in monotonic seconds."""

    at: float
    path: str


@dataclass(eq=False)
class Session:
    """One websocket connection, from the server's side. A conduct says things with it and hears what the client says."""

    server: MisbehavingServer
    connection: ServerConnection
    path: str
    number: int
    asked: dict[str, list[str]] = field(default_factory=dict)
    acknowledge: Callable[[dict[str, list[str]]], Any] = lambda sets: {"T": "subscription", **sets}
    deliver: Callable[[Any], bytes | str] = lambda messages: msgpack.packb(messages)
    listening: bool = False

    async def say(self, *messages: Any) -> None:
        """Send messages as one frame."""
        await self.connection.send(self.deliver(list(messages)))

    async def raw(self, frame: bytes | str) -> None:
        """Send a frame as it is."""
        await self.connection.send(frame)

    async def hear(self) -> Any:
        """The next message of the client, written down."""
        frame = await self.connection.recv()
        text = isinstance(frame, str) or frame[:1] == b"{"
        message = json.loads(frame) if text else msgpack.unpackb(frame)
        self.server.heard.append(Heard(time.monotonic(), self.path, self.number, message))
        return message

    async def let_in(self) -> None:
        """Welcome and login, as documented; wrong keys get 402 and the end."""
        await self.say(CONNECTED)
        asked = await self.hear()
        if (asked.get("key"), asked.get("secret")) != KEYS:
            await self.say({"T": "error", "code": 402, "msg": "auth failed"})
            await self.connection.close()
        await self.say(AUTHENTICATED)

    async def serve(self) -> None:
        """Acknowledge subscriptions and take part in what the market prints, until the client leaves."""
        while True:
            self.take(await self.hear())
            await self.say(self.acknowledge(self.sets))
            self.listening = True

    def take(self, asked: dict[str, Any]) -> None:
        """Add to, or take from, what the client gets."""
        for channel in CHANNELS.get(self.path, ()):
            have, named = self.asked.setdefault(channel, []), asked.get(channel) or []
            if asked.get("action") == "unsubscribe":
                self.asked[channel] = [each for each in have if each not in named]
            else:
                self.asked[channel] = [*have, *(each for each in named if each not in have)]

    @property
    def sets(self) -> dict[str, list[str]]:
        """The whole of what the client gets; corrections and cancels follow the trades."""
        follow = dict.fromkeys(("corrections", "cancelErrors"), self.asked.get("trades", []))
        return {name: follow.get(name, self.asked.get(name, [])) for name in CHANNELS.get(self.path, ())}

    def wants(self, message: dict[str, Any]) -> bool:
        """Whether the client asked for a message of the market."""
        names = self.asked.get(CHANNEL_OF.get(message["T"], ""), [])
        return message.get("S") in names or "*" in names


Conduct = Callable[[Session], Awaitable[None]]


async def well_behaved(session: Session) -> None:
    """As documented."""
    await session.let_in()
    await session.serve()


class MisbehavingServer:
    """Serves a known market on one port of this machine, in a thread of its own, between `with` and its end."""

    def __init__(self, market: KnownMarket) -> None:
        self.market = market
        self.connects: list[Connect] = []
        self.heard: list[Heard] = []
        self.requests: list[str] = []
        self.silent_symbols: set[str] = set()
        self.mute = False
        self.tamper: Callable[[list[dict[str, Any]]], list[Any]] = lambda messages: [messages]
        self.rest_answers: dict[str, int] = {}
        self.history_held = False
        self.most_at_once = 0
        self.port = 0
        self._conducts: deque[Conduct | int] = deque()
        self._standing: Conduct | int = well_behaved
        self._sessions: set[Session] = set()
        self._updates: set[ServerConnection] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="misbehaving server", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(lambda: [task.cancel() for task in asyncio.all_tasks(self._loop)])
        self._call(lambda: self._loop.call_later(0.05, self._loop.stop))
        self._thread.join(5)

    # What tests tell it

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a worker that shall use this server."""
        http, ws = f"http://127.0.0.1:{self.port}", f"ws://127.0.0.1:{self.port}"
        places = {"ALPACA_TRADING_URL": http, "ALPACA_DATA_URL": http, "ALPACA_DATA_STREAM_URL": ws}
        return {**places, "ALPACA_API_KEY": KEYS[0], "ALPACA_SECRET_KEY": KEYS[1]}

    def next(self, *conducts: Conduct | int) -> None:
        """What the next stock connections do, one each (a number is an HTTP status); after them the standing conduct."""
        self._conducts.extend(conducts)

    def always(self, conduct: Conduct | int = well_behaved) -> None:
        """What every further stock connection does."""
        self._conducts.clear()
        self._standing = conduct

    def cut(self) -> None:
        """Reset every stock connection, as a network does."""
        self._call(lambda: [_reset(each.connection) for each in list(self._sessions)])  # type: ignore[func-returns-value]

    def close(self, code: int = 1000) -> None:
        """Close every stock connection with a close code."""
        self._each(lambda session: session.connection.close(code))

    def stop_reading(self) -> None:
        """Read no more from the stock connections there are: pings stay without an answer."""
        self._call(lambda: [each.connection.transport.pause_reading() for each in self._sessions])  # type: ignore[func-returns-value]

    def send(self, *messages: Any) -> None:
        """Send messages as one frame on every stock connection, whatever was asked for."""
        self._each(lambda session: session.say(*messages))

    def send_raw(self, frame: bytes | str) -> None:
        """Send a frame as it is on every stock connection."""
        self._each(lambda session: session.raw(frame))

    def print(self, *done: Print) -> None:
        """Send trades that the market has made by `trade`."""
        self.send(*(trade_message(each) for each in done))

    def flood(self, messages_a_second: int, seconds: float, a_frame: int = 500) -> None:
        """Send so many quotes a second beside what the market prints."""
        last = self.market.trades(self.market.symbols[0])[-1]
        frame = msgpack.packb([quote_message(last)] * a_frame)

        async def pour(session: Session) -> None:
            began = time.monotonic()
            for number in range(int(messages_a_second * seconds / a_frame)):
                await session.raw(frame)
                await asyncio.sleep(max(began + number * a_frame / messages_a_second - time.monotonic(), 0.0))

        self._each(pour, limit_s=10 * seconds + 10)

    # What tests ask it

    @property
    def live(self) -> int:
        """How many stock connections are subscribed now."""
        return sum(each.listening for each in self._sessions)

    def stock_connects(self, since: float = 0.0) -> list[float]:
        """When stock connections were tried, in monotonic seconds."""
        return [each.at for each in self.connects if each.path == STOCKS and each.at >= since]

    def rest(self, path: str) -> int:
        """How often something below a REST path was asked for."""
        return sum(each.startswith(path) for each in self.requests)

    # The market goes on

    async def _print_for_ever(self) -> None:
        minute = self.market.now() // MINUTE
        while True:
            await asyncio.sleep(0.05)
            done = self.market.advance()
            messages = [message for each in done for message in (quote_message(each), trade_message(each))]
            if self.market.now() // MINUTE > minute and self.market.now() % MINUTE > 200_000_000:
                messages += self._minute_bars(minute * MINUTE)
                minute = self.market.now() // MINUTE
            await self._broadcast(messages)

    def _minute_bars(self, start: int) -> list[dict[str, Any]]:
        bars = ((symbol, self.market.bars(symbol, MINUTE, start, start)) for symbol in self.market.symbols)
        return [{"T": "b", "S": symbol, **row[0], "t": moment(start)} for symbol, row in bars if row]

    async def _broadcast(self, messages: list[dict[str, Any]]) -> None:
        if self.mute:
            return
        heard = [each for each in messages if each["S"] not in self.silent_symbols]
        for session in [each for each in self._sessions if each.listening]:
            wanted = [each for each in heard if session.wants(each)]
            for part in self.tamper(wanted) if wanted else ():
                with contextlib.suppress(ConnectionClosed):
                    await (session.raw(part) if isinstance(part, bytes) else session.say(*part))

    # Sockets

    def _call(self, act: Callable[[], Any]) -> None:
        self._loop.call_soon_threadsafe(act)

    def _each(self, act: Callable[[Session], Awaitable[None]], limit_s: float = 10.0) -> None:
        async def all_of_them() -> None:
            for session in list(self._sessions):
                with contextlib.suppress(ConnectionClosed):
                    await act(session)

        asyncio.run_coroutine_threadsafe(all_of_them(), self._loop).result(limit_s)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._open())
        self.port = int(next(iter(server.sockets)).getsockname()[1])
        self._printing = self._loop.create_task(self._print_for_ever())
        self._ready.set()
        self._loop.run_forever()

    async def _open(self) -> Any:
        return await serve(
            self._stream, "127.0.0.1", 0, process_request=self._request, ping_interval=None, max_size=None
        )

    async def _request(self, connection: ServerConnection, request: Request) -> Response | None:
        parts = urlsplit(request.path)
        path = unquote(parts.path)
        if "websocket" not in request.headers.get("Upgrade", "").lower():
            self.requests.append(request.path)
            return await self._rest(path, {name: values[0] for name, values in parse_qs(parts.query).items()})
        self.connects.append(Connect(time.monotonic(), path))
        if path == STOCKS:
            conduct = self._conducts.popleft() if self._conducts else self._standing
            if isinstance(conduct, int):
                return _response(conduct, {"message": HTTPStatus(conduct).phrase})
            connection.conduct = conduct  # type: ignore[attr-defined]
        return None

    async def _stream(self, connection: ServerConnection) -> None:
        path = urlsplit(connection.request.path).path  # type: ignore[union-attr]
        with contextlib.suppress(ConnectionClosed, asyncio.CancelledError):
            if path == "/stream":
                await self._follow_orders(connection)
            session = Session(self, connection, path, len(self.connects))
            if path != STOCKS:
                await well_behaved(session)
            self._sessions.add(session)
            self.most_at_once = max(self.most_at_once, len(self._sessions))
            try:
                await connection.conduct(session)  # type: ignore[attr-defined]
            finally:
                self._sessions.discard(session)

    async def _follow_orders(self, connection: ServerConnection) -> None:
        """The stream of trade updates, on which nothing ever happens here."""
        await connection.recv()
        await connection.send(_update("authorization", action="authenticate", status="authorized"))
        await connection.recv()
        await connection.send(_update("listening", streams=["trade_updates"]))
        await connection.wait_closed()

    # REST

    async def _rest(self, path: str, query: dict[str, str]) -> Response:
        while self.history_held and path.startswith("/v2/stocks"):
            await asyncio.sleep(0.05)
        for begin, status in self.rest_answers.items():
            if path.startswith(begin):
                return _response(status, {"message": "as the test wants it"})
        match path.strip("/").split("/"):
            case ["v2", "account"]:
                return _response(200, _account())
            case ["v2", "account", "activities", *_] | ["v2", "orders"] | ["v2", "positions"]:
                return _response(200, [])
            case ["v2", "clock"]:
                return _response(200, self._clock())
            case ["v2", "assets"]:
                return _response(200, [_asset(symbol) for symbol in self.market.symbols])
            case ["v2", "assets", symbol] if symbol in self.market.symbols:
                return _response(200, _asset(symbol))
            case ["v2", "stocks", "bars" | "trades" as kind]:
                return _response(200, self._history(kind, query))
            case ["v2", "stocks", "trades", "latest"]:
                return _response(200, self._latest(query))
            case ["v1beta1", "news"]:
                return _response(200, {"news": [], "next_page_token": None})
        return _response(404, {"code": 40410000, "message": "endpoint not found"})

    def _clock(self) -> dict[str, Any]:
        now = self.market.now()
        later = text(now + 3600 * 10**9)
        return {"timestamp": text(now), "is_open": self.market.is_open, "next_open": later, "next_close": later}

    def _history(self, kind: str, query: dict[str, str]) -> dict[str, Any]:
        start, end = nanoseconds(query.get("start", "")), nanoseconds(query.get("end", "")) or 2**63
        found: dict[str, list[dict[str, Any]]] = {}
        for symbol in query["symbols"].split(","):
            if symbol in self.market.symbols:
                rows = self._rows(kind, symbol, query.get("timeframe", ""), start, end)
                found.update({symbol: rows} if rows else {})
        return {kind: found, "next_page_token": None}

    def _rows(self, kind: str, symbol: str, timeframe: str, start: int, end: int) -> list[dict[str, Any]]:
        if kind == "trades":
            return [rest_trade(each) for each in self.market.trades(symbol, start, end)]
        length = {"1Min": MINUTE, "1Hour": 60 * MINUTE, "1Day": 1440 * MINUTE}[timeframe]
        this = self.market.now() // length * length
        return [{**row, "t": text(row["t"])} for row in self.market.bars(symbol, length, start, min(end, this - 1))]

    def _latest(self, query: dict[str, str]) -> dict[str, Any]:
        asked = [symbol for symbol in query["symbols"].split(",") if symbol in self.market.symbols]
        return {"trades": {symbol: rest_trade(self.market.trades(symbol)[-1]) for symbol in asked}}


def trade_message(done: Print) -> dict[str, Any]:
    """A print on the wire."""
    what = {"T": "t", "S": done.symbol, "i": done.id, "x": "V", "p": done.price, "s": done.size}
    return {**what, "c": ["@"], "z": "C", "t": moment(done.at)}


def quote_message(done: Print, spread: float = 0.02) -> dict[str, Any]:
    """The best bid and ask around a print."""
    sides = {"bp": round(done.price - spread / 2, 2), "ap": round(done.price + spread / 2, 2), "bs": 100, "as": 200}
    return {"T": "q", "S": done.symbol, "bx": "V", "ax": "V", **sides, "c": ["R"], "z": "C", "t": moment(done.at)}


def rest_trade(done: Print) -> dict[str, Any]:
    """A print in an answer of REST."""
    what = {"t": text(done.at), "x": "V", "p": done.price, "s": done.size}
    return {**what, "c": ["@"], "i": done.id, "z": "C"}


def moment(ns: int) -> msgpack.Timestamp:
    """MessagePack's timestamp."""
    return msgpack.Timestamp(*divmod(ns, 10**9))


def text(ns: int) -> str:
    """RFC 3339 in UTC, to the nanosecond."""
    second, rest = divmod(ns, 10**9)
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:09d}Z"


def nanoseconds(written: str) -> int:
    """The inverse, of what clients send; 0 for nothing."""
    if not written:
        return 0
    when = datetime.fromisoformat(written.replace(" ", "+"))
    return int(when.replace(microsecond=0).timestamp()) * 10**9 + when.microsecond * 1000


def _account() -> dict[str, Any]:
    money = dict.fromkeys(("cash", "equity", "last_equity", "buying_power"), "100000")
    blocked = dict.fromkeys(("trading_blocked", "account_blocked", "trade_suspended_by_user"), False)
    return {"id": "b7a9f1f4-2f3a-4a44-9c6b-000000000003", "status": "ACTIVE", "currency": "USD", **money, **blocked}


def _asset(symbol: str) -> dict[str, Any]:
    flags = dict.fromkeys(("tradable", "marginable", "shortable", "easy_to_borrow", "fractionable"), True)
    return {"id": symbol, "class": "us_equity", "exchange": "NASDAQ", "symbol": symbol, "status": "active", **flags}


def _update(stream: str, **data: Any) -> bytes:
    return json.dumps({"stream": stream, "data": data}).encode()


def _response(status: int, body: Any) -> Response:
    content = json.dumps(body).encode()
    headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(content)), "Connection": "close"})
    return Response(status, HTTPStatus(status).phrase, headers, content)


def _reset(connection: ServerConnection) -> None:
    raw = connection.transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.transport.abort()
