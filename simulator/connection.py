"""One websocket: a bounded outbox between the market, which never waits, and a client, which may be slow."""

from __future__ import annotations

import asyncio
from collections import deque

from starlette.websockets import WebSocket, WebSocketDisconnect

from simulator.fault import Faults
from simulator.frame_faults import FrameFaults
from simulator.reset import reset
from simulator.stream_session import StreamSession
from simulator.wire import Codec, codec_of, encode_control
from simulator.wire_fields import Fields

GOING_AWAY = 1001
NORMAL = 1000
POLICY = 1008


class Connection:
    """Frames leave in the order in which they were given. A full outbox ends the connection with 407.

    `books` are the symbols whose whole order book the client has been sent.
    """

    def __init__(
        self,
        websocket: WebSocket,
        session: StreamSession,
        faults: Faults,
        feed: str,
        *,
        outbox_frames: int,
        farewell_s: float,
    ) -> None:
        self.session = session
        self.books: set[str] = set()
        self.codec: Codec = codec_of(websocket.headers)
        self._faults = FrameFaults(faults, feed, self.codec)
        self._websocket = websocket
        # An int is the code to close with.
        self._outbox: asyncio.Queue[bytes | int] = asyncio.Queue(outbox_frames)
        self._farewell_s = farewell_s
        self._held: deque[bytes] = deque()
        self._closing = self._goodbye = False
        self._gone = asyncio.Event()

    async def run(self, auth_timeout_s: float) -> None:
        """Serves the client until either side ends it."""
        loop = asyncio.get_running_loop()
        self.say(*self.session.open(self._websocket.headers))
        timer = loop.call_later(auth_timeout_s, self._expire)
        tasks = [loop.create_task(work) for work in (self._read(), self._write(), self._give_up())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            timer.cancel()
            self.session.close(clean=self._goodbye)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def say(self, *messages: Fields) -> None:
        """Queues control messages, and the close when the session ended with them."""
        for message in messages:
            self.send(encode_control(message, self.codec))
        if self.session.ended:
            self.close(NORMAL)

    def send(self, frame: bytes) -> None:
        """Queues a frame; returns at once."""
        if self._closing:
            return
        if self._outbox.full():
            self._fall_behind()
        else:
            self._outbox.put_nowait(frame)

    def send_data(self, frame: bytes) -> None:
        """Queues a frame of market data, as far as no fault spoils it."""
        if self._faults.breaks():
            self.drop()
            return
        held_s = self._faults.hold_s()
        for each in self._faults.pass_on(frame):
            if held_s or self._held:
                self._held.append(each)
                asyncio.get_running_loop().call_later(held_s, self._let_go)
            else:
                self.send(each)

    def _let_go(self) -> None:
        """The oldest frame that is held back: timers of one moment may come in any order, frames may not."""
        self.send(self._held.popleft())

    def drop(self) -> None:
        """Breaks the connection at once: the client sees a reset."""
        self._closing = True
        reset(self._websocket._receive)

    def close(self, code: int) -> None:
        """Closes after what is queued; a client that reads nothing is dropped after the farewell time."""
        if self._closing:
            return
        self._closing = True
        self.session.close()
        if self._outbox.full():
            self._outbox.get_nowait()
        self._outbox.put_nowait(code)
        asyncio.get_running_loop().call_later(self._farewell_s, self._gone.set)

    def _fall_behind(self) -> None:
        while not self._outbox.empty():
            self._outbox.get_nowait()
        self._outbox.put_nowait(encode_control(self.session.fall_behind(), self.codec))
        self.close(POLICY)

    def _expire(self) -> None:
        for message in self.session.expire():
            self.say(message)

    async def _read(self) -> None:
        while True:
            event = await self._websocket.receive()
            if event["type"] == "websocket.disconnect":
                # uvicorn gives a reason only to a close that the client has said (0.30+).
                self._goodbye = "reason" in event
                return
            data = event.get("bytes") if event.get("bytes") is not None else event.get("text")
            if not self._closing and data is not None:
                self.say(self.session.receive(data))
                self._forget_books()

    def _forget_books(self) -> None:
        """Who comes back to a book is told all of it again."""
        wanted = self.session.subscriptions
        self.books = {symbol for symbol in self.books if wanted.wants("orderbooks", symbol)}

    async def _write(self) -> None:
        try:
            while True:
                item = await self._outbox.get()
                if isinstance(item, int):
                    await self._websocket.close(item)
                    return
                await self._transmit(item)
        except (WebSocketDisconnect, RuntimeError):
            return  # gone between the queueing and the sending

    async def _transmit(self, frame: bytes) -> None:
        if self.codec == "json":
            await self._websocket.send_text(frame.decode())
        else:
            await self._websocket.send_bytes(frame)

    async def _give_up(self) -> None:
        await self._gone.wait()
