"""The frame buffer on a real event loop: at once after quiet, together when there is much, nothing while it is held."""

from __future__ import annotations

import asyncio
import time

import pytest

from stream_worker.frame_buffer import FULL_BYTES, FrameBuffer

LONG_S = 30.0


class Taken(list[list[bytes]]):
    """What a buffer handed over, and a way to wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[int] = []
        self._came = asyncio.Event()

    def __call__(self, frames: list[bytes], ts_recv: int) -> None:
        self.append(frames)
        self.times.append(ts_recv)
        self._came.set()

    async def next(self) -> None:
        async with asyncio.timeout(2):
            await self._came.wait()
        self._came.clear()


async def test_the_first_frame_after_a_quiet_spell_is_handed_over_at_once() -> None:
    taken = Taken()
    buffer = FrameBuffer(LONG_S, taken)
    buffer.add(b"a")
    await taken.next()
    assert taken == [[b"a"]] and len(buffer) == 0


async def test_frames_that_come_in_one_go_are_handed_over_together_in_order() -> None:
    taken = Taken()
    buffer = FrameBuffer(LONG_S, taken)
    for frame in (b"a", b"b", b"c"):
        buffer.add(frame)
    await taken.next()
    assert taken == [[b"a", b"b", b"c"]]


async def test_the_next_frames_wait_for_the_flush() -> None:
    taken = Taken()
    buffer = FrameBuffer(0.02, taken)
    buffer.add(b"a")
    await taken.next()
    began = time.monotonic()
    buffer.add(b"b")
    buffer.add(b"c")
    await taken.next()
    assert taken == [[b"a"], [b"b", b"c"]]
    assert time.monotonic() - began >= 0.01


async def test_a_full_buffer_does_not_wait() -> None:
    taken = Taken()
    buffer = FrameBuffer(LONG_S, taken)
    buffer.flush()
    buffer.add(b"x" * (FULL_BYTES - 1))
    assert taken == [] and len(buffer) == 1
    buffer.add(b"y")
    assert [len(frames) for frames in taken] == [2] and len(buffer) == 0


async def test_after_a_flush_by_hand_nothing_is_handed_over_twice() -> None:
    taken = Taken()
    buffer = FrameBuffer(0.0, taken)
    buffer.add(b"a")
    buffer.flush()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert taken == [[b"a"]]


async def test_while_it_is_held_frames_are_only_kept() -> None:
    taken = Taken()
    buffer = FrameBuffer(0.0, taken)
    buffer.held = True
    buffer.add(b"x" * (FULL_BYTES + 1))
    buffer.add(b"y")
    await asyncio.sleep(0)
    assert taken == [] and len(buffer) == 2
    buffer.held = False
    buffer.flush()
    assert [len(frames) for frames in taken] == [2]


async def test_what_was_cleared_is_never_handed_over() -> None:
    taken = Taken()
    buffer = FrameBuffer(0.0, taken)
    buffer.add(b"old")
    buffer.clear()
    await asyncio.sleep(0)
    buffer.add(b"new")
    await taken.next()
    assert taken == [[b"new"]]


async def test_an_empty_buffer_hands_over_nothing() -> None:
    taken = Taken()
    FrameBuffer(0.0, taken).flush()
    assert taken == []


async def test_the_time_is_that_of_the_oldest_frame() -> None:
    taken = Taken()
    buffer = FrameBuffer(LONG_S, taken)
    buffer.held = True
    before = time.time_ns()
    buffer.add(b"a")
    after = time.time_ns()
    await asyncio.sleep(0.001)
    buffer.add(b"b")
    buffer.flush()
    assert before <= taken.times[0] <= after


@pytest.mark.parametrize("flush_s", [0.0, 0.001])
async def test_no_frame_is_lost_or_moved_however_they_come(flush_s: float) -> None:
    taken = Taken()
    buffer = FrameBuffer(flush_s, taken)
    frames = [bytes([number]) for number in range(200)]
    for number, frame in enumerate(frames):
        buffer.add(frame)
        if number % 7 == 0:
            await asyncio.sleep(0)
    buffer.flush()
    assert [frame for batch in taken for frame in batch] == frames
