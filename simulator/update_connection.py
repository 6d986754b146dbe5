"""One websocket of the trading stream: a bounded outbox between the floor, which never waits, and a client."""

from __future__ import annotations

import asyncio

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from simulator.connection import POLICY
from simulator.reset import reset
from simulator.update_session import UpdateSession
from simulator.wire_fields import Fields


class UpdateConnection:
    """Binary frames with JSON text, as paper sends them (MessagePack if the upgrade asks for it), in the order given.

    A client that leaves too many frames unread is closed with 1008: it can find what it missed by REST.
    """

    def __init__(self, websocket: WebSocket, session: UpdateSession, *, outbox_frames: int, farewell_s: float) -> None:
        self.session = session
        self._websocket = websocket
        self._encode = msgspec.json.encode
        if "msgpack" in websocket.headers.get("content-type", ""):
            self._encode = msgspec.msgpack.encode
        # An int is the code to close with.
        self._outbox: asyncio.Queue[bytes | int] = asyncio.Queue(outbox_frames)
        self._farewell_s = farewell_s
        self._closing = False
        self._gone = asyncio.Event()

    async def run(self) -> None:
        """Serves the client until either side ends it."""
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(work) for work in (self._read(), self._write(), self._gone.wait())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def say(self, fields: Fields) -> None:
        """Queues a message; returns at once."""
        if self._closing:
            return
        if self._outbox.full():
            self.close(POLICY)
        else:
            self._outbox.put_nowait(self._encode(fields))

    def reset(self) -> None:
        """Not one byte more is sent."""
        self._closing = True
        reset(self._websocket._receive)
        self._gone.set()

    def close(self, code: int) -> None:
        """Closes after what is queued, or after the farewell time if the client reads nothing."""
        if self._closing:
            return
        self._closing = True
        if self._outbox.full():
            self._outbox.get_nowait()
        self._outbox.put_nowait(code)
        asyncio.get_running_loop().call_later(self._farewell_s, self._gone.set)

    async def _read(self) -> None:
        while True:
            event = await self._websocket.receive()
            if event["type"] == "websocket.disconnect":
                return
            data = event.get("bytes") if event.get("bytes") is not None else event.get("text")
            if not self._closing and data is not None:
                self.say(self.session.receive(data))

    async def _write(self) -> None:
        try:
            while True:
                item = await self._outbox.get()
                if isinstance(item, int):
                    await self._websocket.close(item)
                    return
                await self._websocket.send_bytes(item)
        except (WebSocketDisconnect, RuntimeError):
            return  # gone between the queueing and the sending
