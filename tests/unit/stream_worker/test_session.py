"""What a session does with the frames of a connection, and when it asks what a silence means. No connection is made."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
import websockets.legacy.client
from websockets.utils import accept_key

from broker.account import ServerClock
from broker.feed_stream import StockStream
from domain.errors import StreamError
from domain.status import LoadStatus, StreamState
from stream_worker.desk_state import DeskState
from stream_worker.quarantine import Quarantine
from stream_worker.session import PROBE_LIMIT_S, StreamSession
from tests.unit.broker.test_messages import LULD, TRADE, packed
from tests.unit.domain.ticks import NOON
from tests.unit.stream_worker.test_market_intake import Desk as Intake


class Desk(Intake):
    """A session of AAPL and MSFT on an intake with answers of REST."""

    def __init__(self, folder: Path, stale_after_s: float = 20.0) -> None:
        super().__init__(folder / "cache")
        self.desk = DeskState("sim")
        self.stream = StockStream("ws://127.0.0.1:9/v2/iex", "key", "secret", ("AAPL", "MSFT"))
        self.looks = 0
        self.session = StreamSession(
            self.stream,
            self.intake,
            self.state,
            self.desk,
            self.shelf.publisher,
            Quarantine(folder),
            self._look,
            0.005,
            stale_after_s,
        )

    def frames(self, *frames: bytes) -> None:
        self.session._take_frames(list(frames), time.time_ns())

    async def _look(self) -> ServerClock:
        self.looks += 1
        return ServerClock(self.now, True, 0, 0)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.shelf.publisher.writer.close()


def test_ticks_are_booked_and_what_is_bad_is_counted_and_kept(desk: Desk, tmp_path: Path) -> None:
    desk.frames(packed(TRADE | {"c": ["@"]}, TRADE | {"p": -1}, TRADE | {"S": "TSLA"}), b"\xc1")
    assert desk.market.latest["price"][0] == 126.55
    status = desk.state.status([])
    assert (status.quarantine, status.unasked) == ({"impossible trade": 1, "undecodable": 1}, 1)
    assert len((tmp_path / "quarantine.jsonl").read_text().splitlines()) == 2


def test_an_acknowledgement_says_what_streams(desk: Desk) -> None:
    assert desk.stream.not_streaming == ["AAPL", "MSFT"]
    desk.frames(
        msgpack.packb([{"T": "subscription", "trades": ["AAPL"], "quotes": ["AAPL"], "bars": ["AAPL", "MSFT"]}])
    )
    assert desk.stream.not_streaming == ["MSFT"]


def test_an_error_frame_is_told_and_the_state_stays(desk: Desk) -> None:
    desk.state.becomes(StreamState.LIVE)
    desk.frames(msgpack.packb([{"T": "error", "code": 405, "msg": "symbol limit exceeded"}]))
    status = desk.state.status([])
    assert status.state is StreamState.LIVE and "405" in status.why


@pytest.mark.parametrize(
    ("frame", "proved"),
    [(packed(TRADE), True), (packed(LULD), True), (msgpack.packb([{"T": "success", "msg": "x"}]), False)],
)
def test_data_prove_a_connection_and_answers_do_not(desk: Desk, frame: bytes, proved: bool) -> None:
    assert not desk.session.proved
    desk.frames(frame)
    assert desk.session.proved is proved


async def test_an_error_of_ours_ends_the_connection_and_not_the_worker(desk: Desk) -> None:
    desk.session._fault = asyncio.get_running_loop().create_future()
    place = desk.market.index.pop("AAPL")
    desk.market.index["AAPL"] = 99
    for _ in range(2):
        desk.frames(packed(TRADE))
    desk.market.index["AAPL"] = place
    with pytest.raises(StreamError, match="could not be booked"):
        await desk.session._fault


async def test_without_a_connection_other_symbols_are_wanted_by_the_next(desk: Desk) -> None:
    await desk.session.change(["AAPL", "TSLA"])
    assert desk.stream.wanted == {"AAPL", "TSLA"} and desk.stream.not_streaming == ["AAPL", "TSLA"]


def test_the_load_is_that_of_its_buffer(desk: Desk) -> None:
    desk.session._buffer.add(b"12345")
    desk.session._conflating = True
    assert desk.session.load == LoadStatus(5.0, True, 5) and desk.session.queue_depth == 1


@pytest.mark.parametrize(("stale_after_s", "every_s"), [(20.0, 10.0), (2.0, 1.0), (1.0, 1.0), (600.0, 300.0)])
def test_a_silence_that_was_explained_is_not_asked_about_all_the_time(
    tmp_path: Path, stale_after_s: float, every_s: float
) -> None:
    desk = Desk(tmp_path, stale_after_s)
    assert desk.session._may_ask
    desk.session._questioned_at = time.monotonic() - every_s + 0.2
    assert not desk.session._may_ask
    desk.session._questioned_at -= 0.2
    assert desk.session._may_ask
    desk.shelf.publisher.writer.close()


@pytest.mark.parametrize(
    ("silence_s", "is_open", "rate", "before", "after"),
    [
        (0.5, True, 1.0, "quiet", "live"),
        (0.5, False, 1.0, "quiet", "live"),
        (3.0, False, 1.0, "live", "quiet"),
        (3.0, True, 0.0, "live", "paused"),
        (3.0, False, 0.0, "live", "quiet"),
        (3.0, True, 1.0, "live", "live"),
        (3.0, True, 1.0, "quiet", "quiet"),
        (1.9, True, 0.0, "live", "live"),
    ],
)
async def test_a_short_silence_is_judged_without_a_question(
    desk: Desk, silence_s: float, is_open: bool, rate: float, before: str, after: str
) -> None:
    desk.state.becomes(StreamState(before))
    desk.desk.market_open = is_open
    clock: Any = desk.market.clock
    clock.look(NOON, 0.0)
    clock.look(NOON + int(rate * 1e9), 1.0)
    desk.state._since_message._monotonic -= silence_s
    await desk.session._question_silence()
    assert desk.state.state == after and desk.looks == 0


@pytest.mark.parametrize(
    ("silence_s", "next_look_s"), [(0.0, 0.5), (19.4, 0.5), (19.7, 0.31), (19.99, 0.02), (20.0, 0.5), (90.0, 0.5)]
)
def test_it_looks_in_the_moment_in_which_a_silence_becomes_too_long(
    desk: Desk, silence_s: float, next_look_s: float
) -> None:
    desk.state._since_message._monotonic -= silence_s
    assert desk.session._next_look_s == pytest.approx(next_look_s, abs=0.009)


async def test_where_nothing_answers_a_ping_nothing_else_is_asked(desk: Desk) -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        key = next(line[19:] for line in request.decode().splitlines() if line.startswith("Sec-WebSocket-Key: "))
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept_key(key).encode() + b"\r\n\r\n"
        )
        while await reader.read(1024):
            pass
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    desk.stream._ws = await websockets.legacy.client.connect(f"ws://127.0.0.1:{port}", close_timeout=0.1)
    desk.desk.market_open = True
    desk.state._since_message._monotonic -= 21
    began = time.monotonic()
    with pytest.raises(StreamError, match="No message came for 21 s"):
        await desk.session._question_silence()
    assert time.monotonic() - began < PROBE_LIMIT_S + 0.25 and desk.looks == 0
    await desk.stream._hang_up()
    server.close()
