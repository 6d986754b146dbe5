"""Works that run together end together: by the first that ends, or by a cancellation, which nothing hides."""

from __future__ import annotations

import asyncio

import pytest

from stream_worker.together import run_together


async def for_ever(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("for ever")


async def fails_when_cancelled() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        raise OSError("the connection was lost in this moment")


async def fails() -> None:
    raise OSError("lost")


async def test_the_first_error_is_raised_and_the_others_are_ended() -> None:
    ended: list[str] = []
    with pytest.raises(OSError, match="lost"):
        await run_together(for_ever(ended), fails())
    assert ended == ["for ever"]


async def test_a_cancellation_is_not_hidden_by_an_error_of_the_same_moment() -> None:
    running = asyncio.create_task(run_together(fails_when_cancelled(), fails_when_cancelled()))
    for _ in range(3):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_the_first_that_ends_well_ends_all() -> None:
    ended: list[str] = []
    await run_together(for_ever(ended), asyncio.sleep(0))
    assert ended == ["for ever"]
