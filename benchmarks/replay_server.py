"""A server that sends prepared frames as fast as they are taken: raw sockets, so that it is never what is measured."""

from __future__ import annotations

import base64
import hashlib
import multiprocessing
import os
import socket
import struct
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any

import msgpack
import numpy as np

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Frames to send, and how many messages and trades they hold."""

    frames: bytes
    messages: int
    trades: int
    symbols: tuple[str, ...]


def make_traffic(messages: int, symbols: int = 100, largest: int = 100, seed: int = 1) -> Traffic:
    """Three quotes a trade, in frames of 1 to `largest` messages, with every field that Alpaca sends."""
    rng = np.random.default_rng(seed)
    names = tuple(f"SYM{number}" for number in range(symbols))
    now, made, trades, frames = 1_790_000_000_000_000_000, 0, 0, []
    while made < messages:
        size = min(int(rng.integers(1, largest + 1)), messages - made)
        frame = []
        for number in range(made, made + size):
            now += 100_000 + int(rng.integers(0, 1000))
            is_trade = number % 4 == 0
            trades += is_trade
            make = _trade if is_trade else _quote
            frame.append(make(names[int(rng.integers(symbols))], number, now, 100 + int(rng.integers(100)) / 100))
        made += size
        frames.append(websocket_frame(msgpack.packb(frame)))
    return Traffic(b"".join(frames), messages, trades, names)


def make_frame(messages: int, symbols: int, seed: int) -> list[dict[str, object]]:
    """One frame of so many messages, three quotes a trade."""
    rng = np.random.default_rng(seed)
    now = 1_790_000_000_000_000_001  # with nanoseconds, the form of 64 bits
    makes = (_trade, _quote, _quote, _quote)
    prices, places = 100 + rng.integers(0, 100, messages) / 100, rng.integers(0, symbols, messages)
    return [
        makes[(number + seed) % 4](f"SYM{places[number]}", number, now, float(prices[number]))
        for number in range(messages)
    ]


def websocket_frame(payload: bytes) -> bytes:
    """One unmasked binary message."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x82, size) + payload
    return (
        struct.pack("!BBH", 0x82, 126, size) + payload
        if size < 65536
        else struct.pack("!BBQ", 0x82, 127, size) + payload
    )


def serve_once(traffic: Traffic, core: int) -> tuple[BaseProcess, int]:
    """A process that serves one client and ends; the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(listener, traffic, core), daemon=True)
    process.start()
    port = int(listener.getsockname()[1])
    listener.close()
    return process, port


def _serve(listener: socket.socket, traffic: Traffic, core: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})
    client, _ = listener.accept()
    shake_hands(client)
    client.sendall(control({"T": "success", "msg": "connected"}))
    receive(client)
    client.sendall(control({"T": "success", "msg": "authenticated"}))
    names: list[str] = []
    while len(names) < len(traffic.symbols):  # many symbols are asked for in parts
        names += receive(client)["trades"]
        client.sendall(control({"T": "subscription", "trades": names, "quotes": names, "bars": names}))
    client.sendall(traffic.frames)
    client.recv(65536)


def shake_hands(client: socket.socket) -> None:
    """Answer the upgrade request of a websocket client."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += client.recv(65536)
    lines = dict(line.split(b": ", 1) for line in request.split(b"\r\n") if b": " in line)
    key = next(value for name, value in lines.items() if name.lower() == b"sec-websocket-key")
    accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())
    client.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def receive(client: socket.socket) -> dict[str, Any]:
    """The next message of the client, whose frames are masked (RFC 6455, section 5.2)."""
    size = _exactly(client, 2)[1] & 0x7F
    if size >= 126:
        size = int.from_bytes(_exactly(client, 2 if size == 126 else 8), "big")
    mask = np.frombuffer(_exactly(client, 4), np.uint8)
    payload = np.frombuffer(_exactly(client, size), np.uint8)
    message: dict[str, Any] = msgpack.unpackb((payload ^ np.resize(mask, size)).tobytes())
    return message


def _exactly(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = client.recv(size - len(data))
        if not part:
            raise ConnectionError("the client left")
        data += part
    return data


def control(message: dict[str, object]) -> bytes:
    """A control message as a websocket frame."""
    return websocket_frame(msgpack.packb([message]))


def _stamp(now: int) -> msgpack.Timestamp:
    return msgpack.Timestamp(now // 10**9, now % 10**9)


def _trade(symbol: str, number: int, now: int, price: float) -> dict[str, object]:
    return {"T": "t", "S": symbol, "i": number, "x": "V", "p": price, "s": 100, "c": ["@"], "z": "C", "t": _stamp(now)}


def _quote(symbol: str, number: int, now: int, price: float) -> dict[str, object]:
    sides = {"bx": "V", "bp": price, "bs": 200, "ax": "V", "ap": price + 0.02, "as": 300}
    return {"T": "q", "S": symbol, **sides, "c": ["R"], "z": "C", "t": _stamp(now)}
