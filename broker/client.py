"""The client: Alpaca's streams for a script or a notebook, without the rest of the desk.

It stands on the same connections as the stream worker: limits on every step, every acknowledgement checked, reconnects for ever
with backoff. docs/client.md shows it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any, Final, Self

import structlog

from broker.client_line import DataLine, Line, OrderLine
from broker.client_messages import Message
from broker.client_queue import ClosedQueueError, MessageQueue
from broker.feed_stream import STREAMS
from broker.trade_stream import TradeStream
from domain.errors import RefusedError, StreamError, TickdeskError
from domain.feed import Feed, feed_of

PRACTICE_URL: Final = "http://127.0.0.1:8060"
"""Where `tickdesk.py simulator` listens; its key and its secret are `practice`."""

DATA_STREAM_URL: Final = "wss://stream.data.alpaca.markets"
ORDERS: Final = "orders"

log = structlog.get_logger()
"""A logger, not state: structlog binds it at the first line."""

Handler = Callable[[Any], Awaitable[None]]
Opened = Callable[[str], Awaitable[None]]
Failed = Callable[[str, Exception], Awaitable[None]]


class StreamClient:
    """Messages of all kinds of one account, in the order in which they came: `async for message in client`.

    `testnet` chooses whose orders are told of: True is Alpaca paper, False is real money; market data is the same. `base_url` names
    a practice market instead of Alpaca (PRACTICE_URL). `stock_feed` is iex (free), sip, delayed_sip or test. `only` names the kinds
    of messages to hand over; the others are left out. At most `queue_size` messages wait: broker.client_queue says what happens
    then. `on_open(stream)`, `on_close(stream, error)` and `on_error(stream, error)` are coroutines; `stream` is stocks, crypto,
    options, news or orders. One client an account: Alpaca allows one connection a feed (406 for a second one, also beside a desk).
    """

    def __init__(
        self,
        api_key: str,
        api_secret: str,
        testnet: bool = True,
        base_url: str = "",
        stock_feed: str = "iex",
        queue_size: int = 10_000,
        only: tuple[type, ...] = (),
        on_open: Opened | None = None,
        on_close: Failed | None = None,
        on_error: Failed | None = None,
    ) -> None:
        self._key, self._secret, self._testnet = api_key, api_secret, testnet
        self._base_url, self._stock_feed = base_url.rstrip("/"), stock_feed
        self._queue = MessageQueue(queue_size)
        self._only = only
        self._on_open, self._on_close, self._on_error = on_open, on_close, on_error
        self._lines: dict[str, Line] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._handlers: defaultdict[type, list[Handler]] = defaultdict(list)
        self._started = False

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def connect(self, timeout_s: float | None = None) -> None:
        """Connected and logged in to everything that was asked for; what is asked for later follows. Tries for ever, or so long.

        RefusedError if Alpaca refuses the keys or the feed, StreamError when the time is over.
        """
        await self.connect_to_websocket()
        await self.authenticate_websocket(timeout_s)

    async def connect_to_websocket(self) -> None:
        """Begin to connect; does not wait."""
        self._started = True
        for line in self._lines.values():
            self._start(line)

    async def authenticate_websocket(self, timeout_s: float | None = None) -> None:
        """Wait until all connections are logged in, which Alpaca wants within 10 s of each connect. Raises as `connect`."""
        logins = asyncio.gather(*(line.open.wait() for line in self._lines.values()))
        either: set[asyncio.Future[Any]] = {logins, *self._tasks.values()}
        try:
            await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            for task in self._tasks.values():
                if task.done():
                    task.result()
            if not logins.done():
                raise StreamError(f"Alpaca did not log the client in within {timeout_s or 0:g} s.")
        finally:
            logins.cancel()
            await asyncio.gather(logins, return_exceptions=True)

    async def subscribe_to_ticker(self, *symbols: str) -> None:
        """Trades, quotes, bars and whatever else Alpaca has of some symbols, before or after `connect`.

        AAPL, BTC/USD and AAPL261218C00200000 (an option) come by connections of their own.
        """
        for feed, names in _by_feed(symbols).items():
            await self._subscribe(feed, names)

    async def unsubscribe_from_ticker(self, *symbols: str) -> None:
        """No more of some symbols; a few messages may still be under way."""
        for feed, names in _by_feed(symbols).items():
            if feed in self._lines:
                await self._data_line(feed).change((), names)

    async def subscribe_to_news(self, *symbols: str) -> None:
        """News of some symbols, or all news if none is named."""
        await self._subscribe(Feed.NEWS, symbols or ("*",))

    async def subscribe_to_order_updates(self) -> None:
        """What becomes of the account's orders, as domain.order.TradeUpdate.

        Alpaca does not repeat what came while the connection was down: after a Gap of `orders`, ask for the orders by REST.
        """
        if ORDERS not in self._lines:
            stream = TradeStream(self._orders_url, self._key, self._secret)
            self._add(OrderLine(ORDERS, stream, self._queue, self._notify))

    def on(self, kind: type, handler: Handler) -> None:
        """Have `process_incoming_data` call a coroutine with every message of a kind: `client.on(Trade, on_trade)`."""
        self._handlers[kind].append(handler)

    async def process_incoming_data(self) -> None:
        """Call the handlers with every message until the client is closed. A handler that raises costs its own message only."""
        async for message in self:
            for handler in self._handlers[type(message)]:
                try:
                    await handler(message)
                except Exception as error:
                    log.exception("handler failed", kind=type(message).__name__)
                    await self._call(self._on_error, "handler", error)

    async def handle_websocket_error(self, error: Exception, stream: str = "") -> None:
        """Log an error and tell `on_error`. The connection itself comes back with backoff, always, unless Alpaca refuses."""
        log.warning("stream error", stream=stream, error=f"{type(error).__name__}: {error}")
        await self._call(self._on_error, stream, error)

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        try:
            while True:
                message = await self._queue.get()
                if not self._only or isinstance(message, self._only):
                    return message
        except ClosedQueueError:
            raise StopAsyncIteration from None

    async def get_next(self) -> Message | None:
        """The next message; None once the client is closed and all has been read. RefusedError if Alpaca does not want us."""
        return await anext(self, None)

    async def batches(self, size: int = 10, timeout_s: float = 1.0) -> AsyncIterator[list[Message]]:
        """Messages in lists of at most `size`; a smaller one when no more came within `timeout_s`."""
        try:
            while True:
                batch = await self._queue.get_batch(size, timeout_s)
                yield [message for message in batch if isinstance(message, self._only)] if self._only else batch
        except ClosedQueueError:
            return

    def status(self) -> dict[str, Any]:
        """How it is doing: messages that wait, quotes that newer ones replaced, and each stream."""
        streams = {name: self._describe(line) for name, line in self._lines.items()}
        return {"waiting": len(self._queue), "conflated": self._queue.conflated, "streams": streams}

    async def close(self) -> None:
        """Hang up. What has come can still be read."""
        self._started = False
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        self._queue.close()

    disconnect = close

    async def _subscribe(self, feed: Feed, symbols: Iterable[str]) -> None:
        if feed in self._lines:
            await self._data_line(feed).change(symbols, ())
        else:
            stream = STREAMS[feed](self._data_url(feed), self._key, self._secret, symbols)
            self._add(DataLine(feed, stream, self._queue, self._notify))

    def _data_line(self, feed: Feed) -> DataLine:
        line = self._lines[feed]
        assert isinstance(line, DataLine)
        return line

    def _add(self, line: Line) -> None:
        self._lines[line.name] = line
        if self._started:
            self._start(line)

    def _start(self, line: Line) -> None:
        if line.name not in self._tasks:
            self._tasks[line.name] = asyncio.create_task(self._run(line), name=f"stream of {line.name}")

    async def _run(self, line: Line) -> None:
        try:
            await line.run()
        except RefusedError as error:
            await self._notify(line.name, error)
            self._queue.close(error)
            raise

    async def _notify(self, stream: str, error: TickdeskError | None) -> None:
        if error is None:
            log.info("stream open", stream=stream)
            await self._call(self._on_open, stream)
            return
        await self.handle_websocket_error(error, stream)
        if not self._lines[stream].open.is_set():
            await self._call(self._on_close, stream, error)

    async def _call(self, callback: Callable[..., Awaitable[None]] | None, *arguments: Any) -> None:
        if callback is not None:
            try:
                await callback(*arguments)
            except Exception:
                log.exception("callback failed")

    def _describe(self, line: Line) -> dict[str, Any]:
        described: dict[str, Any] = {"open": line.open.is_set(), "connects": line.connects, "gaps": line.gaps}
        if isinstance(line, DataLine):
            described |= {"not_streaming": line.stream.not_streaming, "unasked": line.unasked}
        return described | {"quarantined": line.quarantined}

    def _data_url(self, feed: Feed) -> str:
        paths = {
            Feed.STOCKS: f"v2/{self._stock_feed}",
            Feed.CRYPTO: "v1beta3/crypto/us",
            Feed.OPTIONS: "v1beta1/indicative",
            Feed.NEWS: "v1beta1/news",
        }
        return f"{self._base_url.replace('http', 'ws', 1) or DATA_STREAM_URL}/{paths[feed]}"

    @property
    def _orders_url(self) -> str:
        alpaca = f"wss://{'paper-api' if self._testnet else 'api'}.alpaca.markets"
        return f"{self._base_url.replace('http', 'ws', 1) or alpaca}/stream"


def _by_feed(symbols: Iterable[str]) -> dict[Feed, list[str]]:
    names: defaultdict[Feed, list[str]] = defaultdict(list)
    for symbol in symbols:
        names[feed_of(symbol.upper())].append(symbol.upper())
    return names
