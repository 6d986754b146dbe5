"""A server that sends a given number of messages a second, a frame each millisecond, each stamped with when it was due.

The stamp is the due time and not the time of sending: if the client reads too slowly and the server has to wait, the wait counts.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import time
from multiprocessing.process import BaseProcess

import msgpack
import numpy as np

from benchmarks.replay_server import control, make_frame, shake_hands, websocket_frame

FRAME_S = 0.001
STAMP = b"\xd7\xff"
"""The beginning of MessagePack's 64-bit timestamp; eight bytes follow."""

VARIANTS = 64
PING, PONG = 0x9, 0xA
PINGS_EVERY = 1000
"""Frames."""


class Template:
    """A frame whose timestamps can be set."""

    def __init__(self, messages: int, symbols: int, seed: int) -> None:
        payload = msgpack.packb(make_frame(messages, symbols, seed))
        self.frame = bytearray(websocket_frame(payload))
        places = [at + 2 for at in _places_of(self.frame)]
        assert len(places) == messages
        self._bytes = np.frombuffer(
            self.frame, np.uint8
        )  # writes through: one assignment a frame, or the server is late
        self._places = np.array(places)[:, None] + np.arange(8)

    def stamp(self, now: int) -> bytearray:
        """The frame with all times set to `now` (ns)."""
        stamp = ((now % 10**9) << 34 | now // 10**9).to_bytes(8, "big")
        self._bytes[self._places] = np.frombuffer(stamp, np.uint8)
        return self.frame


def _places_of(frame: bytearray) -> list[int]:
    places, at = [], frame.find(STAMP)
    while at >= 0:
        places.append(at)
        at = frame.find(STAMP, at + 10)
    return places


def serve_paced(rate: int, seconds: float, symbols: tuple[str, ...], core: int) -> tuple[BaseProcess, int]:
    """A process that serves one client for so long and ends; the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    arguments = (listener, rate, seconds, symbols, core)
    process = multiprocessing.get_context("fork").Process(target=_serve, args=arguments, daemon=True)
    process.start()
    port = int(listener.getsockname()[1])
    listener.close()
    return process, port


def _serve(listener: socket.socket, rate: int, seconds: float, symbols: tuple[str, ...], core: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})
    templates = [Template(max(round(rate * FRAME_S), 1), len(symbols), seed) for seed in range(VARIANTS)]
    client, _ = listener.accept()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as websocket servers do; else the kernel collects
    shake_hands(client)
    client.sendall(control({"T": "success", "msg": "connected"}))
    client.recv(65536)
    client.sendall(control({"T": "success", "msg": "authenticated"}))
    client.recv(1 << 20)
    names = list(symbols)
    client.sendall(control({"T": "subscription", "trades": names, "quotes": names, "bars": names}))
    try:
        _send(client, templates, round(seconds / FRAME_S))
        while client.recv(65536):
            pass
    except OSError:
        return  # the client has seen enough


def _send(client: socket.socket, templates: list[Template], frames: int) -> None:
    began = time.time_ns()
    numbers = np.arange(frames) % len(templates)
    for number, which in enumerate(numbers.tolist()):
        due = began + int(number * FRAME_S * 1e9)
        while (rest := due - time.time_ns()) > 0:
            time.sleep(rest / 1e9)
        if number % PINGS_EVERY == 0:
            _answer_pings(client)
        client.sendall(templates[which].stamp(due))


def _answer_pings(client: socket.socket) -> None:
    """A client that gets no answer for 30 s hangs up. A ping is a few bytes and comes whole."""
    try:
        data = client.recv(65536, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return
    while len(data) >= 6 and data[0] & 0x0F == PING:
        size, mask = data[1] & 0x7F, data[2:6]
        payload = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data[6 : 6 + size]))
        client.sendall(bytes([0x80 | PONG, size]) + payload)
        data = data[6 + size :]
