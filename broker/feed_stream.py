"""The feed stream: Alpaca's data websockets with time limits on every step and a receive loop that takes whole frames.

Theirs (alpaca-py) are the address, the headers and the way to connect. Ours are the limits, the login, the error frames, the
check of every acknowledgement, changes while it runs, and the loop: alpaca-py arms a timer a frame, awaits a handler a
message, loses the rest of a frame when one fails, and never looks at what was acknowledged.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final

import msgspec
from alpaca.data.enums import CryptoFeed, DataFeed, OptionsFeed
from alpaca.data.live import CryptoDataStream, NewsDataStream, OptionDataStream, StockDataStream
from websockets.exceptions import WebSocketException
from websockets.legacy.exceptions import InvalidStatusCode

from broker.liveness import answers_ping, hang_up
from broker.message_log import logged
from broker.messages import Control, Failure, Message, Subscription, Success
from broker.plain_frames import PlainFrames
from broker.refusal import SYMBOL_LIMIT, error_of, error_of_status
from broker.wire import decode_messages
from domain.errors import StreamError
from domain.feed import Feed

HANDSHAKE_LIMIT_S: Final = 10.0
"""Alpaca itself allows 10 s for the login."""

WEBSOCKET: Final[dict[str, Any]] = {
    "ping_interval": 10,
    "ping_timeout": 20,
    "max_queue": 1024,
    "max_size": 16 * 2**20,
    "open_timeout": HANDSHAKE_LIMIT_S,
    "close_timeout": 0.5,
    "create_protocol": PlainFrames,
}
"""Given whole, because alpaca-py's own parameters are replaced and not merged. 16 MiB: a frame over 1 MiB ended the stream."""

SYMBOLS_A_REQUEST: Final = 400
"""Seven channels of 400 symbols stay below 32 KiB, the size at which alpaca-py begins to split what it sends."""


class FeedStream:
    """One connection at a time: `connected`, then `receive` until it raises StreamError or RefusedError.

    `wanted` is what was asked for, `not_streaming` what of it the server does not send: missing in its acknowledgement or
    over the limit of the plan. Mixed into alpaca-py's class of the feed.
    """

    feed: ClassVar[Feed]
    channels: ClassVar[tuple[str, ...]]
    needed: ClassVar[tuple[str, ...]]
    """Channels in which a symbol must be acknowledged to count as streaming."""

    _ws: Any
    _api_key: str
    _secret_key: str

    def __init__(
        self, url: str, key: str, secret: str, symbols: Iterable[str], limit_s: float = HANDSHAKE_LIMIT_S
    ) -> None:
        super().__init__(key, secret, raw_data=True, websocket_params=WEBSOCKET, url_override=url, **self._options())  # type: ignore[call-arg]
        self._limit_s = limit_s
        self._early: list[bytes] = []
        self.wanted = frozenset(symbols)
        self.granted: frozenset[str] = frozenset()
        self._asked: frozenset[str] = frozenset()

    @property
    def not_streaming(self) -> list[str]:
        """What was asked for and does not come, in order."""
        return sorted(self.wanted - self.granted)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Connected, logged in and subscribed inside; closed afterwards. Raises within the limit."""
        try:
            await self._within_limit(self._open())
            yield
        except (WebSocketException, OSError, EOFError) as error:
            raise _lost(error) from error
        finally:
            await self._hang_up()

    async def receive(self) -> bytes:
        """The next frame. StreamError when the connection is lost."""
        if self._early:
            return self._early.pop(0)
        try:
            frame = await self._ws.recv()
        except (WebSocketException, OSError, EOFError) as error:
            raise _lost(error) from error
        return frame.encode() if isinstance(frame, str) else frame

    async def receive_all(self) -> list[bytes]:
        """Every frame that came by now; waits for the first. StreamError when the connection is lost."""
        frames = [await self.receive()]
        await asyncio.sleep(
            0
        )  # the first frame wakes us before those behind it, which were read with it, are taken apart
        while self._early or self.backlog:
            frames += self._at_once() or [await self.receive()]
        return frames

    def _at_once(self) -> list[bytes]:
        """What is here, if nothing older waits and the websocket can tell without being awaited."""
        taken: list[str | bytes] = [] if self._early else getattr(self._ws, "take_all", list)()
        return [frame.encode() if isinstance(frame, str) else frame for frame in taken]

    async def rest(self, seconds: float) -> None:
        """Leave what comes in the socket for so long: what is read at one go costs a tenth of what is read as it comes."""
        transport = getattr(self._ws, "transport", None)
        if seconds <= 0:
            return
        if (
            transport is None or not transport.is_reading()
        ):  # the websocket itself has stopped, because it holds too much
            await asyncio.sleep(seconds)
            return
        transport.pause_reading()
        try:
            await asyncio.sleep(seconds)
        finally:
            transport.resume_reading()

    async def change(self, add: Iterable[str], remove: Iterable[str]) -> None:
        """Ask for more symbols, or let go of some, while it runs; hand the acknowledgements to `acknowledged` as they come."""
        self.wanted = (self.wanted | frozenset(add)) - frozenset(remove)
        await self.catch_up()

    async def catch_up(self) -> None:
        """Ask for what is wanted by now and was not asked for, and let go of what is wanted no more."""
        more, less, self._asked = self.wanted - self._asked, self._asked - self.wanted, self.wanted
        for action, symbols in (("unsubscribe", less), ("subscribe", more)):
            for part in _parts(sorted(symbols)):
                await self._send({"action": action} | {channel: part for channel in self.channels})

    async def resubscribe(self, symbols: Iterable[str]) -> None:
        """Ask anew for symbols that do not come."""
        for part in _parts(sorted(self.wanted.intersection(symbols))):
            await self._send({"action": "subscribe"} | {channel: part for channel in self.channels})

    def acknowledged(self, answer: Subscription) -> None:
        """Take an acknowledgement: it lists the whole set that the server sends from now on."""
        lists = [getattr(answer, channel) or () for channel in self.needed]
        self.granted = frozenset(self.wanted).intersection(*(self._named(names) for names in lists))

    @property
    def backlog(self) -> int:
        """Frames that came and were not received yet; the websocket stops reading at WEBSOCKET["max_queue"]."""
        return len(getattr(self._ws, "messages", ()))

    async def ping(self, limit_s: float) -> bool:
        """Whether the server answers a ping within the limit."""
        return await answers_ping(self._ws, limit_s)

    def _options(self) -> dict[str, Any]:
        return {}

    def _named(self, names: Iterable[str]) -> frozenset[str]:
        found = frozenset(names)
        return self.wanted if "*" in found else found

    async def _open(self) -> None:
        self._early.clear()
        self.granted = frozenset()
        await self._connect()
        self._ws = logged(self._ws, self.feed.value)
        await self._auth()
        self._asked = self.wanted
        for part in _parts(sorted(self._asked)):
            if not await self._subscribe_within_plan(part):
                break

    async def _connect(self) -> None:
        # alpaca-py connects and then awaits the welcome; its ValueError and TypeError are a server that speaks something else
        try:
            await super()._connect()  # type: ignore[misc]
        except InvalidStatusCode as error:
            raise error_of_status(error.status_code) from error
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise StreamError("The feed did not say hello as Alpaca does. Check ALPACA_DATA_STREAM_URL.") from error

    async def _auth(self) -> None:
        await self._send({"action": "auth", "key": self._api_key, "secret": self._secret_key})
        answer = await self._control()
        if isinstance(answer, Failure):
            raise error_of(answer.code, answer.msg)
        if not isinstance(answer, Success) or answer.msg != "authenticated":
            raise StreamError(f"The feed answered the login with {_told(answer)}.")

    async def _subscribe_within_plan(self, symbols: list[str]) -> bool:
        """Subscribe; where the plan allows fewer symbols (405: nothing was changed), to the first that it takes.

        False once it takes no more: a single symbol was too many.
        """
        await self._send({"action": "subscribe"} | {channel: symbols for channel in self.channels})
        answer = await self._control()
        while isinstance(answer, Success):  # a second word of welcome, from a server that repeats itself
            answer = await self._control()
        if isinstance(answer, Subscription):
            self.acknowledged(answer)
            return True
        if answer.code != SYMBOL_LIMIT:
            raise error_of(answer.code, answer.msg)
        middle = (len(symbols) + 1) // 2
        if len(symbols) == 1 or not await self._subscribe_within_plan(symbols[:middle]):
            return False
        return await self._subscribe_within_plan(symbols[middle:])

    async def _control(self) -> Control:
        """The next control message; market data that comes before it is kept for `receive`."""
        while True:
            frame = await self._ws.recv()
            data = frame if isinstance(frame, bytes) else frame.encode()
            messages, _ = decode_messages([data])
            control = [message for message in messages if isinstance(message, Control)]
            if len(control) < len(messages):
                rest: list[Message] = [message for message in messages if not isinstance(message, Control)]
                self._early.append(msgspec.msgpack.encode(rest))
            if control:
                return control[0]

    async def _send(self, message: dict[str, Any]) -> None:
        try:
            await self._ws.send(msgspec.msgpack.encode(message))
        except (WebSocketException, OSError, EOFError) as error:
            raise _lost(error) from error

    async def _within_limit(self, step: Any) -> None:
        try:
            await asyncio.wait_for(step, self._limit_s)
        except TimeoutError as error:
            raise StreamError(f"The feed did not answer within {self._limit_s:.0f} s.") from error

    async def _hang_up(self) -> None:
        await hang_up(self._ws)
        self._ws = None


BARS: Final = ("bars", "updatedBars", "dailyBars")


class StockStream(FeedStream, StockDataStream):
    """Stocks: iex, sip, delayed_sip or test, by the end of the address."""

    feed = Feed.STOCKS
    channels = ("trades", "quotes", *BARS, "statuses", "lulds")
    needed = ("trades", "quotes", "bars")

    def _options(self) -> dict[str, Any]:
        return {"feed": DataFeed.IEX}


class CryptoStream(FeedStream, CryptoDataStream):
    """Coins, with their order books."""

    feed = Feed.CRYPTO
    channels = ("trades", "quotes", *BARS, "orderbooks")
    needed = ("trades", "quotes", "bars")

    def _options(self) -> dict[str, Any]:
        return {"feed": CryptoFeed.US}


class OptionStream(FeedStream, OptionDataStream):
    """Options: trades and quotes; Alpaca sends no bars of them."""

    feed = Feed.OPTIONS
    channels = needed = ("trades", "quotes")

    def _options(self) -> dict[str, Any]:
        return {"feed": OptionsFeed.INDICATIVE}


class NewsStream(FeedStream, NewsDataStream):
    """News of the symbols that are wanted; `*` is all news."""

    feed = Feed.NEWS
    channels = needed = ("news",)


STREAMS: Final[dict[Feed, type[FeedStream]]] = {
    kind.feed: kind for kind in (StockStream, CryptoStream, OptionStream, NewsStream)
}


def _parts(symbols: list[str]) -> list[list[str]]:
    return [symbols[begin : begin + SYMBOLS_A_REQUEST] for begin in range(0, len(symbols), SYMBOLS_A_REQUEST)]


def _lost(error: Exception) -> StreamError:
    return StreamError(f"The connection to the feed was lost ({type(error).__name__}).")


def _told(answer: Control) -> str:
    return repr(answer.msg) if isinstance(answer, Success) else type(answer).__name__
