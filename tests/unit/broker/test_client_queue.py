"""The client's queue: nothing is lost but quotes, and those are counted."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from typing import Any

import pytest

from broker.client_messages import Quote, Trade
from broker.client_queue import ClosedQueueError, MessageQueue
from domain.depth import Depth
from domain.errors import RefusedError
from domain.order import BrokerOrder, Side, TradeUpdate


def trade(number: int, symbol: str = "AAPL") -> Trade:
    return Trade(symbol, 100.0, 1.0, number, number)


def quote(number: int, symbol: str = "AAPL") -> Quote:
    return Quote(symbol, 1.0, 1.0, 2.0, 1.0, number)


def update() -> TradeUpdate:
    order = BrokerOrder("1", "a", "AAPL", Side.BUY, "market", Decimal(1), "day", "new", Decimal(0), None, None, None)
    return TradeUpdate("new", order, 1)


def read_all(queue: MessageQueue) -> list[Any]:
    found = []
    while len(queue):
        found.append(queue._pop())
    return found


async def test_messages_come_in_order_while_there_is_room():
    queue, messages = MessageQueue(100), [quote(1), trade(2), quote(3), quote(4), trade(5)]
    await queue.put(messages)
    assert [await queue.get() for _ in messages] == messages
    assert queue.conflated == 0


async def test_from_half_full_on_the_newest_quote_of_a_symbol_takes_the_place_of_the_older():
    queue = MessageQueue(8)
    await queue.put([quote(1, "A"), trade(2), quote(3, "B"), trade(4)])
    await queue.put([quote(5, "A"), Depth("A", 6, (), ()), quote(7, "A"), Depth("A", 8, (), ()), quote(9, "B")])
    assert read_all(queue) == [trade(2), trade(4), quote(7, "A"), Depth("A", 8, (), ()), quote(9, "B")]
    assert queue.conflated == 4


async def test_a_full_queue_makes_the_writer_wait_and_loses_nothing():
    queue, messages = MessageQueue(10), [trade(number) for number in range(100)]
    writing = asyncio.create_task(queue.put(messages))
    await asyncio.sleep(0)
    assert len(queue) == 10 and not writing.done()
    assert [await queue.get() for _ in messages] == messages
    await writing


async def test_quotes_alone_never_fill_it_beyond_half_and_their_symbols():
    queue = MessageQueue(100)
    for number in range(5_000):
        await asyncio.wait_for(queue.put([quote(number, f"S{number % 20}")]), 1)
    assert len(queue) <= 70
    newest = {message.symbol: message.ts_event for message in read_all(queue)}
    assert newest == {f"S{number % 20}": number for number in range(4_980, 5_000)}


async def test_an_order_update_always_has_room():
    queue = MessageQueue(2)
    await queue.put([trade(1), trade(2)])
    await asyncio.wait_for(queue.put([update()] * 50), 1)
    assert len(queue) == 52
    assert read_all(queue) == [trade(1), trade(2), *[update()] * 50]
    writing = asyncio.create_task(queue.put([trade(3), trade(4), trade(5)]))
    await asyncio.sleep(0)
    assert len(queue) == 2 and not writing.done()  # updates that were read leave no room behind
    queue.close()
    await writing


async def test_whatever_the_pace_every_trade_comes_in_order_and_the_last_quote_is_the_newest():
    draw = random.Random(4)
    for size in (2, 3, 17, 1000):
        queue = MessageQueue(size)
        sent = [(quote if draw.random() < 0.7 else trade)(number, draw.choice("ABC")) for number in range(2_000)]

        async def write(queue: MessageQueue = queue, sent: list[Any] = sent) -> None:
            for begin in range(0, len(sent), 50):
                await queue.put(sent[begin : begin + 50])
                await asyncio.sleep(0)
            queue.close()

        writing, got = asyncio.create_task(write()), []
        with pytest.raises(ClosedQueueError):
            while True:
                got += await queue.get_batch(draw.randint(1, 30), 0.001)
        await writing
        assert [m for m in got if isinstance(m, Trade)] == [m for m in sent if isinstance(m, Trade)]
        for symbol in "ABC":
            quotes = [m.ts_event for m in got if isinstance(m, Quote) and m.symbol == symbol]
            assert quotes == sorted(quotes)
            assert quotes[-1] == max(m.ts_event for m in sent if isinstance(m, Quote) and m.symbol == symbol)
        assert len(sent) - len(got) == queue.conflated


async def test_a_batch_is_whole_or_what_came_in_time():
    queue = MessageQueue(100)
    await queue.put([trade(number) for number in range(25)])
    assert [len(await queue.get_batch(10, 0.02)) for _ in range(3)] == [10, 10, 5]
    reading = asyncio.create_task(queue.get_batch(10, 5))
    for number in range(10):
        await queue.put([trade(number)])
        await asyncio.sleep(0)
    assert await asyncio.wait_for(reading, 1) == [trade(number) for number in range(10)]


async def test_a_closed_queue_is_read_to_its_end():
    queue = MessageQueue(10)
    await queue.put([trade(1)])
    queue.close()
    assert await queue.get() == trade(1)
    with pytest.raises(ClosedQueueError):
        await queue.get()


async def test_the_error_that_ended_it_comes_after_what_was_there():
    queue = MessageQueue(10)
    await queue.put([trade(1)])
    queue.close(RefusedError("no"))
    queue.close()
    assert await queue.get() == trade(1)
    for _ in range(2):
        with pytest.raises(RefusedError):
            await queue.get()


async def test_closing_frees_a_writer_and_a_reader_that_wait():
    queue = MessageQueue(2)
    writing = asyncio.create_task(queue.put([trade(number) for number in range(5)]))
    await asyncio.sleep(0)
    queue.close()
    await asyncio.wait_for(writing, 1)
    empty = MessageQueue(2)
    reading = asyncio.create_task(empty.get())
    await asyncio.sleep(0)
    empty.close()
    with pytest.raises(ClosedQueueError):
        await asyncio.wait_for(reading, 1)


def test_a_queue_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least two"):
        MessageQueue(1)


class PlainQueue:
    """The rules of the queue on a list, looked through each time."""

    def __init__(self, size: int) -> None:
        self.size, self.waiting, self.conflated = size, list[Any](), 0

    def offer(self, message: Any) -> bool:
        full = sum(type(other) is not TradeUpdate for other in self.waiting) >= self.size
        if type(message) is Quote and len(self.waiting) * 2 >= self.size:
            for place, other in enumerate(self.waiting):
                if type(other) is Quote and other.symbol == message.symbol:
                    last = max(p for p, o in enumerate(self.waiting) if type(o) is Quote and o.symbol == other.symbol)
                    assert place <= last
                    del self.waiting[last]
                    self.conflated += 1
                    self.waiting.append(message)
                    return True
        if full and type(message) is not TradeUpdate:
            return False
        self.waiting.append(message)
        return True


@pytest.mark.parametrize("seed", range(20))
async def test_calm_or_crowded_it_keeps_the_same_rules(seed: int) -> None:
    dice, queue, plain, number = random.Random(seed), MessageQueue(20), PlainQueue(20), 0
    for _ in range(300):
        put, more = [], True
        for _ in range(dice.choice((0, 1, 3, 8))):
            number += 1
            symbol = dice.choice("ABC")
            message: Any = dice.choice((quote(number, symbol), quote(number, symbol), trade(number, symbol), update()))
            more = more and plain.offer(message)
            if not more:
                break
            put.append(message)
        await asyncio.wait_for(queue.put(put), 1)
        if dice.random() < 0.4:
            size = dice.randint(1, 30)
            if plain.waiting:
                assert await queue.get_batch(size, 0.0) == plain.waiting[:size]
                del plain.waiting[:size]
        assert (len(queue), queue.conflated) == (len(plain.waiting), plain.conflated)
    assert read_all(queue) == plain.waiting
    assert plain.conflated > 10
