"""Server-sent events without a server: whose they are, where they begin and end, and followers who do not read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from simulator import event_stream
from simulator.event_stream import WAITING, Events, Span, event_id

MINE, OTHER = UUID(int=1), UUID(int=2)
LIVE = Span(None, None, None, None)


async def numbers(lines: AsyncIterator[bytes], count: int) -> list[int]:
    found: list[int] = []
    async for line in lines:
        if line.startswith(b"data: "):
            found.append(json.loads(line[6:])["number"])
        if len(found) == count:
            break
    return found


@pytest.fixture
def events() -> Events:
    found = Events()
    for number in range(6):
        found.tell(MINE if number % 2 else OTHER, number * 10**9, {"number": number})
    return found


def test_ids_grow_with_time_and_within_an_instant():
    ids = [event_id(1_795_161_630_000_000_000 + step // 3 * 10**6, step) for step in range(100)]
    assert ids == sorted(set(ids)) and {len(each) for each in ids} == {26} and ids[0][0] == "0"


@pytest.mark.parametrize(
    ("parameters", "found"), [({"since": "1970-01-01T00:00:00Z", "until": "1970-01-01T00:00:04Z"}, [1, 3])]
)
async def test_what_is_over_is_told_and_ends(events, parameters, found):
    assert await numbers(events.follow(MINE, Span.parse(parameters)), 99) == found


async def test_a_follower_hears_its_own_account_from_now_on(events):
    following = asyncio.create_task(numbers(events.follow(MINE, LIVE), 2))
    await asyncio.sleep(0)
    assert events.is_followed(MINE) and not events.is_followed(OTHER)
    for number, whose in ((6, OTHER), (7, MINE), (8, MINE)):
        events.tell(whose, 0, {"number": number})
    assert await following == [7, 8]


async def test_nothing_is_lost_between_the_old_and_the_new(events):
    lines = events.follow(MINE, Span(0, None, None, None))
    assert await numbers(lines, 1) == [1]
    again = events.follow(MINE, Span(0, None, None, None))
    await anext(again)
    events.tell(MINE, 0, {"number": 9})
    assert await numbers(again, 4) == [1, 3, 5, 9]


async def test_who_does_not_read_is_let_go(events):
    lines = events.follow(MINE, LIVE)
    await anext(lines)
    for number in range(WAITING + 5):
        events.tell(MINE, 0, {"number": number})
    assert not events.is_followed(MINE)
    assert len(await numbers(lines, WAITING * 2)) == WAITING - 1


async def test_silence_is_broken_by_heartbeats_and_the_end_of_the_server_ends_it(events, monkeypatch):
    monkeypatch.setattr(event_stream, "HEARTBEAT_S", 0.01)
    lines = events.follow(MINE, LIVE)
    assert [await anext(lines) for _ in range(3)] == [b":heartbeat\n\n"] * 3
    events.close_all()
    with pytest.raises(StopAsyncIteration):
        await anext(lines)
