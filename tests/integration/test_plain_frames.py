"""Plain frames against websockets' own way: the same bytes, cut anywhere, give the same messages, pongs and end."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import itertools
import random
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.legacy.client import WebSocketClientProtocol, connect

from broker.plain_frames import PlainFrames

MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""

BINARY, TEXT, CONTINUED, CLOSE, PING = 2, 1, 0, 8, 9
LARGEST: Final = 100_000


def frame(payload: bytes, kind: int = BINARY, final: bool = True) -> bytes:
    size = len(payload)
    head = bytes([kind | 0x80 * final])
    if size < 126:
        return head + bytes([size]) + payload
    return head + (struct.pack("!BH", 126, size) if size < 2**16 else struct.pack("!BQ", 127, size)) + payload


def story(dice: random.Random) -> bytes:
    """Frames as they may come: mostly plain ones, of every length, and now and then something else."""
    odd = dice.random() < 0.5
    frames = []
    for number in range(dice.randrange(1, 120)):
        payload = bytes([number]) * dice.choice([0, 1, 7, 80, 125, 126, 300, 5_000, 65_535, 65_536])
        kind = dice.random()
        if kind < 0.06:
            frames.append(frame(b"ping", PING))
        elif odd and kind < 0.09:
            cut = len(payload) // 2
            frames += [frame(payload[:cut], BINARY, final=False), frame(b"", PING), frame(payload[cut:], CONTINUED)]
        elif odd and kind < 0.12:
            frames.append(frame(b"text", TEXT))
        else:
            frames.append(frame(payload))
    ends = [
        b"",
        frame(b"\x03\xe9bye", CLOSE) + frame(b"after"),
        frame(b"cut off")[:-3],
        b"\x70nonsense",
        frame(b"x" * (LARGEST + 1)),
    ]
    return b"".join(frames) + dice.choice(ends)


def pieces(data: bytes, dice: random.Random) -> list[bytes]:
    cuts = sorted({0, len(data), *(dice.randrange(len(data) + 1) for _ in range(dice.randrange(30)))})
    return [data[begin:end] for begin, end in itertools.pairwise(cuts)]


class Server:
    """Shakes hands, says its pieces, and ends; keeps what the client sent."""

    def __init__(self, parts: list[bytes], with_the_handshake: bool = False) -> None:
        self._parts, self._at_once = parts, with_the_handshake
        self.heard = b""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        key = next(
            line.split(b": ")[1] for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")
        )
        accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + (b"".join(self._parts) if self._at_once else b"")
        )
        for part in [] if self._at_once else self._parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        writer.write_eof()
        self.heard = await reader.read()
        writer.close()


@asynccontextmanager
async def connected(server: Server, protocol: type[WebSocketClientProtocol], **options: Any) -> AsyncIterator[Any]:
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    client = await connect(
        f"ws://127.0.0.1:{port}", create_protocol=protocol, max_size=LARGEST, close_timeout=0.1, **options
    )
    try:
        yield client
    finally:
        with contextlib.suppress(ConnectionClosed):
            await client.close()
        listening.close()


async def heard(server: Server, protocol: type[WebSocketClientProtocol], **options: Any) -> tuple[list[Any], int]:
    """Every message, and the code of the end."""
    messages: list[Any] = []
    async with connected(server, protocol, **options) as client, asyncio.timeout(10):
        try:
            while True:
                messages.append(await client.recv())
                messages += client.take_all() if hasattr(client, "take_all") and len(messages) % 3 else []
        except ConnectionClosed:
            return messages, client.close_code


@pytest.mark.parametrize("seed", range(14))
async def test_messages_and_the_end_are_those_of_websockets(seed: int) -> None:
    dice = random.Random(seed)
    data = story(dice)
    parts, options = pieces(data, dice), {"max_queue": dice.choice([1, 4, 1024]), "ping_interval": None}
    at_once = seed % 3 == 0
    theirs = Server(parts, at_once)
    ours = Server(parts, at_once)
    assert await heard(ours, PlainFrames, **options) == await heard(theirs, WebSocketClientProtocol, **options)


async def test_who_takes_nothing_holds_no_more_than_the_queue_and_reading_stops() -> None:
    many = [frame(bytes([number]) * 1_000) for number in range(100)]
    async with connected(Server([b"".join(many)]), PlainFrames, max_queue=8) as client, asyncio.timeout(5):
        while client.transport.is_reading():
            await asyncio.sleep(0.001)
        assert len(client.messages) == 8
        taken = [await client.recv() for _ in range(100)]
        assert taken == [bytes([number]) * 1_000 for number in range(100)]


async def test_a_frame_that_comes_in_many_pieces_is_joined_once() -> None:
    whole = frame(b"y" * 90_000)
    parts = [whole[begin : begin + 1_000] for begin in range(0, len(whole), 1_000)]
    async with connected(Server(parts), PlainFrames) as client, asyncio.timeout(5):
        assert await client.recv() == b"y" * 90_000
