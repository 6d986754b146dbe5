"""The breaker of the stream: ten connections in a row that do not hold open it; the first that holds closes it."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

import stream_worker.supervisor as supervisor_module
from domain.feed import Feed
from domain.status import DeskStatus, StreamState
from stream_worker.supervisor import StreamSupervisor
from tests.order_bench import until
from tests.unit.stream_worker.test_session import Desk


async def test_ten_connections_in_a_row_that_do_not_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "delay_s", lambda failures, chance: 0.001)
    desk = Desk(tmp_path)  # nobody listens where it connects to
    supervisor = StreamSupervisor(desk.session, desk.shelf.publisher, random.Random(1))
    task = asyncio.create_task(supervisor.run())
    seen: list[tuple[int, str]] = []

    def status() -> DeskStatus:
        told = DeskStatus(stream=desk.state.status([]), streams={Feed.STOCKS.value: desk.state.status([])})
        breaker = told.stream_breaker
        seen.append((breaker.failures, breaker.state))
        return told

    await until(lambda: status().stream.failures >= 12, "twelve failures")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert all((state == "open") is (failures >= 10) for failures, state in seen)
    assert status().stream_breaker.is_open and status().stream_breaker.why
    desk.state.becomes(StreamState.LIVE)
    assert not status().stream_breaker.is_open and status().stream_breaker.failures == 0
    desk.shelf.publisher.writer.close()
