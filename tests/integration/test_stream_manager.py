"""Several streams in one worker, on the practice market: symbols come and go while ticks flow, and none is lost or counted twice.

Market and worker run in the loop of the tests; what is compared is what history by REST says afterwards.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import numpy as np
import pytest
import pytest_asyncio

from broker.history import NewsHistory, history_of
from domain.bar import Bars
from domain.feed import Feed, feed_of
from domain.session import NS_PER_SECOND
from domain.status import DeskStatus, StreamStatus
from domain.tick import Flag, trades_of
from settings import load_settings
from simulator.server import PracticeMarket, PracticeMarketConfig
from stream_worker.market import Market
from stream_worker.worker import StreamWorker

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

FIELDS = "open", "high", "low", "close", "volume", "trade_count", "start"
KEYS = "practice", "practice"


class Desk:
    """A worker on a practice market, both in this process."""

    def __init__(self, market: PracticeMarket, worker: StreamWorker, control: httpx.AsyncClient) -> None:
        self.practice, self.worker, self.control = market, worker, control

    @property
    def market(self) -> Market:
        return self.worker._publisher.market

    @property
    def status(self) -> DeskStatus:
        return self.worker._status()

    def stream(self, feed: Feed) -> StreamStatus | None:
        return self.status.streams.get(feed.value)

    def is_live(self, *feeds: Feed) -> bool:
        streams = [self.stream(feed) for feed in feeds]
        return all(each is not None and each.state in ("live", "quiet") and not each.not_streaming for each in streams)

    async def watch(self, symbol: str) -> dict[str, str]:
        assert self.worker._symbols is not None
        return await self.worker._symbols.watch({"symbol": symbol})

    async def unwatch(self, symbol: str) -> dict[str, str]:
        assert self.worker._symbols is not None
        return await self.worker._symbols.unwatch({"symbol": symbol})

    async def stream_symbols(self, *symbols: str) -> None:
        """Stream these, whatever can be traded."""
        await self.worker._streams.stream_symbols(symbols, True)

    async def scene(self, name: str, **fields: Any) -> None:
        answer = await self.control.post("/_sim/scenario", json={"name": name, **fields})
        assert answer.status_code == 200, answer.text

    def seconds(self, symbol: str, since: int, until: int) -> list[Any]:
        """Our bars of seconds that begin in [since, until), without what differs in nature."""
        return plain(self.market.book.series(self.market.index[symbol], "1s").between(since, until))

    async def seconds_of_history(self, symbol: str, since: int, until: int) -> list[Any]:
        """The same made of all trades that REST has."""
        history = history_of(feed_of(symbol), self.practice.url, *KEYS, "iex")
        trades = (await asyncio.to_thread(history.trades, [symbol], since)).get(symbol)
        oracle = Market((symbol,))
        if trades is not None:
            oracle.add(feed_of(symbol), trades, 0, 0.0)
        oracle.book.close_until(until + NS_PER_SECOND)
        return plain(oracle.book.series(0, "1s").between(since, until))

    async def assert_whole(self, since: dict[str, int]) -> None:
        """Every second of each symbol from its time to two seconds ago is that of history, and there were trades."""
        until = self.market.clock.now(time.monotonic()) // NS_PER_SECOND * NS_PER_SECOND
        await until_true(lambda: self.market.clock.now(time.monotonic()) > until + 2 * NS_PER_SECOND, 5, "two seconds")
        for symbol, first in since.items():
            ours, theirs = self.seconds(symbol, first, until), await self.seconds_of_history(symbol, first, until)
            assert ours == theirs and ours, symbol


def plain(bars: Bars) -> list[Any]:
    """Bars that hold a trade; sums of fractions depend on their order in the last digit."""
    return [tuple(round(row[name].item(), 9) for name in FIELDS) for row in bars if row["trade_count"]]


async def until_true(fact: Callable[[], Any], limit_s: float, what: str) -> None:
    """Wait until a fact is true; fails with `what` after the limit."""
    deadline = time.monotonic() + limit_s
    while not fact():
        assert time.monotonic() < deadline, f"not within {limit_s:g} s: {what}"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def running(market: PracticeMarket, folder: Any, **settings: str) -> AsyncIterator[Desk]:
    """A worker on the practice market, live."""
    environment = {
        "DATA_DIR": str(folder),
        "ALPACA_TRADING_URL": market.url,
        "ALPACA_DATA_URL": market.url,
        "ALPACA_DATA_STREAM_URL": market.stream_url,
        "SYMBOLS": "AAPL,BTC/USD",
        **settings,
    }
    worker = StreamWorker(load_settings(folder / ".env", environment), stay_when_refused=False)
    headers = {"APCA-API-KEY-ID": KEYS[0], "APCA-API-SECRET-KEY": KEYS[1]}
    async with httpx.AsyncClient(base_url=market.url, headers=headers) as control:
        made = Desk(market, worker, control)
        task = asyncio.create_task(worker.run())
        try:
            await until_true(lambda: task.done() or made.is_live(Feed.STOCKS, Feed.CRYPTO), 20, "live")
            yield made
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            worker.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PracticeMarket]:
    async with PracticeMarket(PracticeMarketConfig(data_dir=tmp_path_factory.mktemp("practice"), port=0)) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(market: PracticeMarket, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with running(market, tmp_path_factory.mktemp("worker")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def contract(desk: Desk) -> str:
    """An option that the practice market has."""
    answer = await desk.control.get("/v2/options/contracts", params={"underlying_symbols": "AAPL"})
    found: str = answer.json()["option_contracts"][0]["symbol"]
    return found


async def test_each_feed_has_a_stream_of_its_own_and_stocks_are_the_main_one(desk: Desk) -> None:
    await until_true(lambda: desk.is_live(Feed.NEWS), 5, "news are streamed")
    assert set(desk.status.streams) == {"stocks", "crypto", "news"}
    assert desk.status.stream.feed == "stocks" and desk.status.backfilled
    assert all(stream.connects == 1 for stream in desk.status.streams.values())


async def test_a_correction_and_a_late_trade_are_in_the_bars(desk: Desk) -> None:
    since = desk.market.clock.now(time.monotonic()) // NS_PER_SECOND * NS_PER_SECOND
    before = desk.status.stream
    for name, fields in (("late_trade", {"seconds": 3}), ("correction", {}), ("cancel_trade", {})):
        await desk.scene(name, symbol="AAPL", **fields)
    await until_true(lambda: desk.status.stream.corrections >= before.corrections + 2, 5, "both are told of")
    await desk.assert_whole({"AAPL": since - 5 * NS_PER_SECOND})


async def test_a_symbol_that_joins_while_ticks_flow_loses_none_and_counts_none_twice(desk: Desk) -> None:
    began = desk.market.clock.now(time.monotonic()) // NS_PER_SECOND * NS_PER_SECOND - 120 * NS_PER_SECOND
    frames = desk.market.newest_of(Feed.STOCKS)
    assert await desk.watch("MSFT") == {"symbol": "MSFT"}
    assert await desk.watch("ETH/USD") == {"symbol": "ETH/USD"}
    assert desk.market.symbols == ("AAPL", "BTC/USD", "MSFT", "ETH/USD")
    assert desk.market.has_history(desk.market.symbols), "with its past"
    await until_true(lambda: desk.is_live(Feed.STOCKS, Feed.CRYPTO), 5, "all are acknowledged")
    await desk.assert_whole(dict.fromkeys(desk.market.symbols, began))
    assert desk.market.newest_of(Feed.STOCKS) > frames
    assert {desk.status.streams[name].connects for name in ("stocks", "crypto")} == {1}, "no new connection"
    assert desk.status.stream.gaps == []


async def test_symbols_that_come_and_go_in_a_hurry_leave_the_others_whole(desk: Desk) -> None:
    began = desk.market.clock.now(time.monotonic()) // NS_PER_SECOND * NS_PER_SECOND - 120 * NS_PER_SECOND
    for _ in range(2):
        await desk.watch("TSLA")
        await desk.unwatch("MSFT")
        await desk.unwatch("TSLA")
        await desk.watch("MSFT")
    assert desk.market.symbols == ("AAPL", "BTC/USD", "ETH/USD", "MSFT")
    await until_true(lambda: desk.is_live(Feed.STOCKS), 5, "all are acknowledged")
    await desk.assert_whole(dict.fromkeys(desk.market.symbols, began))


async def test_latest_prices_stay_with_their_symbols(desk: Desk) -> None:
    latest = {symbol: desk.market.latest[place]["price"] for symbol, place in desk.market.index.items()}
    assert latest["BTC/USD"] > 10 * latest["ETH/USD"] > 10 * latest["AAPL"] > 0


async def test_a_feed_begins_with_its_first_symbol_and_ends_with_its_last(desk: Desk, contract: str) -> None:
    symbols = desk.market.symbols
    assert desk.stream(Feed.OPTIONS) is None
    await desk.stream_symbols(*symbols, contract)
    await until_true(lambda: desk.is_live(Feed.OPTIONS), 10, "options are streamed")
    await until_true(lambda: desk.market.latest[desk.market.index[contract]]["bid_price"] > 0, 10, "a quote")
    await desk.stream_symbols(*symbols)
    assert desk.stream(Feed.OPTIONS) is None and contract not in desk.market.symbols
    assert desk.is_live(Feed.STOCKS, Feed.CRYPTO)


async def test_a_side_stream_that_is_refused_ends_no_other_and_begins_again_with_its_symbols(
    desk: Desk, contract: str
) -> None:
    symbols = desk.market.symbols
    desk.practice.faults.arm("data_auth_failed", count=3, feed="options")
    await desk.stream_symbols(*symbols, contract)
    await until_true(lambda: Feed.OPTIONS not in desk.worker._streams._tasks, 15, "no more tries")
    refused = desk.stream(Feed.OPTIONS)
    assert refused is not None and refused.state == "refused" and "402" in refused.why
    assert desk.is_live(Feed.STOCKS, Feed.CRYPTO, Feed.NEWS)
    await desk.stream_symbols(*symbols)
    assert desk.stream(Feed.OPTIONS) is None
    await desk.stream_symbols(*symbols, contract)
    await until_true(lambda: desk.is_live(Feed.OPTIONS), 10, "options are streamed")
    await desk.stream_symbols(*symbols)


async def test_a_symbol_whose_history_cannot_be_read_costs_a_new_connection_and_not_the_worker(desk: Desk) -> None:
    """The stream keeps what it knew of itself, and says that there was a gap."""
    session = desk.worker._streams.sessions[Feed.STOCKS]
    connects = desk.status.stream.connects
    history = session.intake._history  # type: ignore[attr-defined]
    history._client._base_url, right = "http://127.0.0.1:9", history._client._base_url
    try:
        assert await desk.watch("TSLA") == {"symbol": "TSLA"}
        assert session.state is desk.worker._streams.sessions[Feed.STOCKS].state
    finally:
        history._client._base_url = right
    await until_true(lambda: desk.is_live(Feed.STOCKS) and desk.status.stream.connects > connects, 15, "connected anew")
    assert desk.status.stream.gaps and desk.status.stream.gaps[-1]["filled"]
    assert desk.is_live(Feed.CRYPTO)
    await desk.unwatch("TSLA")


async def test_a_halt_is_told_and_a_resume_ends_it(desk: Desk) -> None:
    await desk.scene("halt", symbol="AAPL")
    await until_true(lambda: "AAPL" in desk.worker._states.halted(), 5, "the halt")
    assert desk.status.symbol_states["AAPL"].halted and desk.status.symbol_states["AAPL"].since > 0
    await desk.scene("resume", symbol="AAPL")
    await until_true(lambda: "AAPL" not in desk.worker._states.halted(), 5, "the resume")


async def test_articles_are_told_of(desk: Desk) -> None:
    await desk.scene("news", headline="Told by a test", symbols=["AAPL"])
    intake: Any = desk.worker._streams.sessions[Feed.NEWS].intake
    await until_true(
        lambda: "Told by a test" in [item.headline for item in intake._desk._items.values()], 5, "the article"
    )


@pytest.mark.parametrize("symbol", ["ETH/USD", "AAPL"])
async def test_history_of_each_feed_is_records_like_those_of_the_stream(desk: Desk, symbol: str) -> None:
    history = history_of(feed_of(symbol), desk.practice.url, *KEYS, "iex")
    now = desk.market.clock.now(time.monotonic())
    trades = trades_of((await asyncio.to_thread(history.trades, [symbol], now - 60 * NS_PER_SECOND))[symbol])
    bars = (await asyncio.to_thread(history.bars, [symbol], "1Min", now - 600 * NS_PER_SECOND))[symbol]
    assert len(trades) and (np.diff(trades["ts_event"]) >= 0).all() and trades["id"].all()
    assert (trades["flags"] & Flag.BACKFILLED).all()
    sides = bool((trades["flags"] & (Flag.AT_ASK | Flag.AT_BID)).any())
    assert sides is ("/" in symbol), "only coins tell who took"
    assert 8 <= len(bars) <= 11 and (bars["high"] >= bars["low"]).all()


async def test_history_of_options_and_news(desk: Desk, contract: str) -> None:
    history = history_of(Feed.OPTIONS, desk.practice.url, *KEYS, "iex")
    now = desk.market.clock.now(time.monotonic())
    bars = await asyncio.to_thread(history.bars, [contract], "1Day", now - 5 * 86_400 * NS_PER_SECOND)
    trades = await asyncio.to_thread(history.trades, [contract], now - 3_600 * NS_PER_SECOND)
    assert all(len(rows) and (rows["ts_event"] > 0).all() for rows in trades.values())
    assert all((rows["low"] > 0).all() for rows in bars.values())
    news = await asyncio.to_thread(NewsHistory(desk.practice.url, *KEYS).newest, ["AAPL", "BTC/USD"], 5)
    assert 0 < len(news) <= 5 and news == sorted(news, key=lambda item: item.created_at, reverse=True)
    assert all({"AAPL", "BTC/USD", "BTCUSD"} & set(item.symbols) for item in news)
