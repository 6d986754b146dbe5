"""A TCP proxy that misbehaves when told to: it stalls, resets, refuses, delays or cuts into slices, as networks do."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Literal, Self

Mood = Literal["pass", "stall", "refuse"]


class ToxicProxy:
    """Forwards to a port of this machine, in a thread of its own, between `with` and its end."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self.mood: Mood = "pass"
        self.delay_s = 0.0
        self.slice_bytes = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._pairs: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._end)
        self._thread.join(5)

    def reset(self) -> None:
        """Cut every connection with a TCP reset."""
        self._loop.call_soon_threadsafe(self._reset)

    def _end(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.call_later(0.05, self._loop.stop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = int(server.sockets[0].getsockname()[1])
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mood == "refuse":
            writer.close()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.close()
            return
        self._pairs |= {writer, back}
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                while self.mood == "stall":
                    await asyncio.sleep(0.05)
                await asyncio.sleep(self.delay_s)
                for part in self._slices(data):
                    sink.write(part)
                    await sink.drain()
        self._pairs.discard(sink)
        with contextlib.suppress(OSError):
            sink.close()

    def _slices(self, data: bytes) -> list[bytes]:
        """The data in pieces of so many bytes; whole when nothing is said."""
        size = self.slice_bytes or len(data)
        return [data[begin : begin + size] for begin in range(0, len(data), size)]

    def _reset(self) -> None:
        for writer in self._pairs:
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        self._pairs.clear()
