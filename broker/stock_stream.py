"""The stock stream: alpaca-py's StockDataStream with time limits on every step and a receive loop that takes whole frames.

Theirs are the URL, the headers, the login message and the subscription message. Ours are the limits, the error frames, the
check of the subscription's acknowledgement, and the loop: alpaca-py arms a timer a frame, awaits a handler a message, and
loses the rest of a frame when one fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from alpaca.data.enums import DataFeed
from alpaca.data.live import StockDataStream
from websockets.exceptions import WebSocketException

from broker.liveness import answers_ping, hang_up
from broker.refusal import error_of
from broker.wire import Failure, Message, Subscription, Success, decode_messages
from domain.errors import StreamError

HANDSHAKE_LIMIT_S: Final = 10.0
"""Alpaca itself allows 10 s for the login."""

WEBSOCKET: Final[dict[str, Any]] = {
    "ping_interval": 10,
    "ping_timeout": 20,
    "max_queue": 1024,
    "max_size": 16 * 2**20,
    "open_timeout": HANDSHAKE_LIMIT_S,
    "close_timeout": 0.5,
}
"""Given whole, because alpaca-py's own parameters are replaced and not merged. 16 MiB: a frame over 1 MiB ended the stream."""


async def _ignore(_: object) -> None:
    """Stands for a handler: the frames are taken before alpaca-py would call one."""


class StockStream(StockDataStream):
    """One connection at a time: `connected`, then `receive` until it raises StreamError or RefusedError."""

    _ws: Any

    def __init__(
        self, url: str, key: str, secret: str, symbols: tuple[str, ...], limit_s: float = HANDSHAKE_LIMIT_S
    ) -> None:
        super().__init__(key, secret, raw_data=True, feed=DataFeed.IEX, websocket_params=WEBSOCKET, url_override=url)
        self._limit_s = limit_s
        self._early: list[bytes] = []
        for subscribe in (self.subscribe_trades, self.subscribe_quotes, self.subscribe_bars):
            subscribe(_ignore, *symbols)
        self._wanted = frozenset(symbols)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Connected, logged in and subscribed to everything asked for inside; closed afterwards. Raises within the limit."""
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

    async def ping(self, limit_s: float) -> bool:
        """Whether the server answers a ping within the limit."""
        return await answers_ping(self._ws, limit_s)

    async def _open(self) -> None:
        self._early.clear()
        await self._connect()
        await self._auth()
        await self._send_subscribe_msg()
        await self._await_acknowledgement()

    async def _connect(self) -> None:
        # alpaca-py connects and then awaits the welcome; its ValueError and TypeError are a server that speaks something else
        try:
            await super()._connect()
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise StreamError("The feed did not say hello as Alpaca does. Check ALPACA_DATA_STREAM_URL.") from error

    async def _auth(self) -> None:
        message = {"action": "auth", "key": self._api_key, "secret": self._secret_key}
        await self._ws.send(msgspec.msgpack.encode(message))
        answer = await self._control(Success)
        if answer.msg != "authenticated":
            raise StreamError(f"The feed answered the login with {answer.msg!r}.")

    async def _await_acknowledgement(self) -> None:
        answer = await self._control(Subscription)
        granted = set(answer.trades) & set(answer.quotes) & set(answer.bars)
        missing = sorted(self._wanted - granted)
        if missing:
            raise StreamError(f"The feed does not send {', '.join(missing)}.")

    async def _control(self, kind: type[Any]) -> Any:
        """The next control message, which must be of `kind`; market data that comes before it is kept for `receive`."""
        while True:
            frame = await self._ws.recv()
            messages, _ = decode_messages([frame if isinstance(frame, bytes) else frame.encode()])
            control = [message for message in messages if isinstance(message, Success | Failure | Subscription)]
            if control:
                return _expected(control[0], kind)
            self._early.append(frame)

    async def _within_limit(self, step: Any) -> None:
        try:
            await asyncio.wait_for(step, self._limit_s)
        except TimeoutError as error:
            raise StreamError(f"The feed did not answer within {self._limit_s:.0f} s.") from error

    async def _hang_up(self) -> None:
        await hang_up(self._ws)
        self._ws = None


def _lost(error: Exception) -> StreamError:
    return StreamError(f"The connection to the feed was lost ({type(error).__name__}).")


def _expected(message: Message, kind: type[Any]) -> Any:
    if isinstance(message, Failure):
        raise error_of(message.code, message.msg)
    if not isinstance(message, kind):
        raise StreamError(f"The feed sent {type(message).__name__} where {kind.__name__} was due.")
    return message
