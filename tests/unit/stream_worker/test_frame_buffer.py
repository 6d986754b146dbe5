"""The frame buffer on a real event loop: at once after quiet, together when there is much, nothing while it is held."""

from __future__ import annotations

import asyncio
import time

import pytest

from stream_worker.frame_buffer import (
    EASED,
    FULL_BYTES,
    HELD_BYTES,
    LONGEST_FLUSH_S,
    LONGEST_REST_S,
    MUCH_BYTES,
    FrameBuffer,
)

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


class Slow:
    """Takes so long for each batch."""

    def __init__(self, takes_s: float) -> None:
        self.takes_s = takes_s

    def __call__(self, frames: list[bytes], ts_recv: int) -> None:
        time.sleep(self.takes_s)


def flushed(buffer: FrameBuffer, times: int) -> list[float]:
    """The intervals after so many flushes of one frame."""
    intervals = []
    for _ in range(times):
        buffer.held = True
        buffer.add(b"x")
        buffer.held = False
        buffer.flush()
        intervals.append(buffer.interval_s)
    return intervals


async def test_batches_grow_while_taking_them_needs_most_of_the_time_and_shrink_afterwards() -> None:
    slow = Slow(0.004)
    buffer = FrameBuffer(0.005, slow)
    grown = flushed(buffer, 30)[-1]
    assert 0.006 <= grown <= 0.04
    slow.takes_s = 0.0
    assert flushed(buffer, 40)[-1] == 0.005


async def test_one_flush_that_was_held_up_says_nothing() -> None:
    buffer = FrameBuffer(0.005, Slow(0.0))
    for spent_s in (0.0, 3.0, 0.0, 0.0, 0.1, 0.0):
        buffer._pace(spent_s)
        assert buffer.interval_s == 0.005


async def test_no_batch_is_collected_for_longer_than_a_quarter_of_a_second() -> None:
    buffer = FrameBuffer(0.005, Slow(0.0))
    for _ in range(100):
        buffer._pace(1.0)
    assert buffer.interval_s == LONGEST_FLUSH_S == 0.25


async def test_who_wants_to_wait_longer_than_that_may() -> None:
    buffer = FrameBuffer(0.7, Slow(0.0))
    for _ in range(30):
        buffer._pace(1.0)
    assert buffer.interval_s == 0.7


@pytest.mark.parametrize(
    ("each_s", "share", "expected_s"),
    [
        (0.0, 0.03, 0.005),  # what is little is no reason to wait
        (0.0, 0.075, 0.00625),
        (0.0, 0.45, 0.008),
        (0.0003, 0.0, 0.005),
        (0.0004, 0.0, 0.00577),  # 0.0004 / 0.00577 is 1.155 times THRIFTY, and 0.00577 as many times 0.005
        (0.001, 0.1, 0.008),
        (0.001, 0.4, 0.01),
        (0.004, 0.4, 0.04),
        (0.001, 0.6, LONGEST_FLUSH_S),
    ],
)
@pytest.mark.parametrize("begin_s", [0.005, 0.1])
async def test_the_interval_becomes_the_shortest_at_which_half_of_the_time_suffices(
    each_s: float, share: float, expected_s: float, begin_s: float
) -> None:
    buffer = FrameBuffer(0.005, Slow(0.0))
    buffer.interval_s = begin_s
    for _ in range(1000):
        buffer._pace(each_s + share * buffer.interval_s)
    assert buffer.interval_s == pytest.approx(expected_s, rel=0.02)


async def test_outliers_now_and_then_do_not_make_the_interval_longer() -> None:
    buffer = FrameBuffer(0.005, Slow(0.0))
    for number in range(1000):
        buffer._pace(0.1 if number % 20 == 0 else 0.002)
        assert buffer.interval_s <= 0.0055 * EASED


async def test_it_takes_seconds_to_be_slow_and_seconds_to_be_quick_again() -> None:
    buffer = FrameBuffer(0.005, Slow(0.0))
    for share, goal_s in ((1.0, LONGEST_FLUSH_S), (0.05, 0.005)):
        passed_s = 0.0
        while buffer.interval_s != goal_s:
            passed_s += buffer.interval_s
            buffer._pace(share * buffer.interval_s)
        assert 0.5 < passed_s < 10


async def test_the_wait_is_the_longer_one_under_load() -> None:
    taken = Taken()
    buffer = FrameBuffer(0.001, taken)
    buffer.add(b"a")
    await taken.next()
    buffer.interval_s = 0.05
    began = time.monotonic()
    buffer.add(b"b")
    await taken.next()
    assert time.monotonic() - began >= 0.03


async def test_a_buffer_that_holds_too_much_says_so_until_it_is_flushed() -> None:
    buffer = FrameBuffer(0.0, Taken())
    buffer.held = True
    part = b"x" * (HELD_BYTES // 4)
    for _ in range(3):
        buffer.add(part)
    assert not buffer.overfull and buffer.bytes == 3 * len(part)
    buffer.add(part)
    assert buffer.overfull
    buffer.held = False
    buffer.flush()
    assert not buffer.overfull and buffer.bytes == 0


async def test_frames_read_at_one_go_are_handed_over_at_once_when_they_are_due() -> None:
    taken = Taken()
    buffer = FrameBuffer(0.02, taken)
    buffer.add_all([b"a", b"b"])
    assert taken == [[b"a", b"b"]]
    await taken.next()
    buffer.add_all([b"c"])
    buffer.add_all([b"d", b"e"])
    assert len(taken) == 1 and len(buffer) == 3
    await taken.next()
    assert taken == [[b"a", b"b"], [b"c", b"d", b"e"]]


async def test_the_interval_is_counted_from_one_beginning_to_the_next() -> None:
    buffer = FrameBuffer(0.05, Slow(0.02))
    buffer.add_all([b"a"])
    assert buffer.rest_s <= 0.05 - 0.02
    await asyncio.sleep(0.05 - 0.02)
    buffer.add_all([b"b"])
    assert len(buffer) == 0


async def test_there_is_no_rest_when_a_flush_is_due_or_held_back_or_much_is_coming() -> None:
    buffer = FrameBuffer(LONG_S, Taken())
    assert buffer.rest_s == 0.0
    buffer.add_all([b"a"])
    assert buffer.rest_s == LONGEST_REST_S
    buffer.add_all([b"x" * 1000] * (MUCH_BYTES // 1000 + 1))
    assert buffer.rest_s == 0.0
    buffer.add_all([b"a"])
    assert buffer.rest_s == LONGEST_REST_S
    buffer.held = True
    assert buffer.rest_s == 0.0
