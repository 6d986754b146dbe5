"""What is done with the data of one stream: history by answers of REST, frames through the wire, a real cache behind it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from requests import PreparedRequest

from broker.account import ServerClock
from broker.rfc3339 import parse_time, rfc3339
from broker.wire import decode
from domain.errors import StreamError
from domain.feed import Feed
from domain.tick import Flag
from stream_worker.backfill import LONGEST_TRADES_NS
from stream_worker.feed_state import FeedState
from stream_worker.market import Market
from stream_worker.market_intake import MarketIntake
from stream_worker.symbol_states import SymbolStates
from tests.unit.broker.test_messages import BAR, CORRECTION, LULD, QUOTE, STATUS, TRADE, packed
from tests.unit.broker.test_rest import history
from tests.unit.domain.ticks import MINUTE, NOON, NS
from tests.unit.stream_worker.test_publisher import Desk as Shelf

NOW = NOON + 10 * MINUTE + 30 * NS


def print_row(at: int, id: int, price: float = 10.0) -> dict[str, Any]:
    return {"t": rfc3339(at), "x": "V", "p": price, "s": 1, "c": ["@"], "i": id, "z": "A"}


class Desk:
    """An intake of AAPL and MSFT. `trades` and `bars` are what REST has; `status` is what it answers with."""

    def __init__(self, folder: Path) -> None:
        self.shelf = Shelf(folder)
        self.shelf.publisher.market = Market(("AAPL", "MSFT"))
        self.status, self.now = 200, NOW
        self.trades: dict[str, list[dict[str, Any]]] = {}
        self.bars: dict[str, list[dict[str, Any]]] = {}
        self.state, self.states = FeedState(Feed.STOCKS), SymbolStates()
        made, self.server = history(self._answer)
        self.intake = MarketIntake(made, self.shelf.publisher, self.state, self.states, self._clock, 10.0)

    @property
    def market(self) -> Market:
        return self.shelf.publisher.market

    def take(self, *messages: dict[str, Any], ago_s: float = 0.0) -> Any:
        batch = decode([packed(*messages)], self.market.index)
        self.intake.take(batch, time.time_ns() - int(ago_s * 1e9), False)
        return batch

    def trade(self, at: int, id: int, symbol: str = "AAPL", **changes: Any) -> dict[str, Any]:
        return TRADE | {"S": symbol, "t": at, "i": id, "p": 10.0, "x": "V", "c": ["@"], "z": "A"} | changes

    def prices(self, symbol: str = "AAPL", interval: str = "1s") -> list[tuple[int, int]]:
        """Start (seconds after noon) and number of trades of each closed bar that has some."""
        bars = self.market.book.series(self.market.index[symbol], interval).bars
        return [((int(bar["start"]) - NOON) // NS, int(bar["trade_count"])) for bar in bars if bar["trade_count"]]

    def asked(self, what: str) -> list[int]:
        """From which times on something was asked for."""
        urls = [urlsplit(url) for url in self.server.asked]
        return [parse_time(parse_qs(url.query)["start"][0]) for url in urls if url.path.endswith(what)]

    def move_to(self, *symbols: str) -> None:
        """Stream other symbols, as the manager does."""
        self.shelf.publisher.beat()
        self.shelf.publisher.market = self.market.with_symbols(symbols)
        self.shelf.publisher.announce()

    def silent_look_is_due(self) -> None:
        self.intake._silent._asked_at -= 10_000.0

    async def _clock(self) -> ServerClock:
        self.market.clock.look(self.now, time.monotonic())
        return ServerClock(self.now, True, self.now, self.now)

    def _answer(self, request: PreparedRequest) -> tuple[int, Any]:
        if self.status != 200:
            return self.status, {"message": "later"}
        parts = urlsplit(str(request.url))
        query, key = parse_qs(parts.query), parts.path.rsplit("/", 1)[1]
        rows = self.trades if key == "trades" else self.bars if query["timeframe"] == ["1Min"] else {}
        since, names = parse_time(query["start"][0]), query["symbols"][0].split(",")
        kept = {name: [row for row in rows.get(name, []) if parse_time(row["t"]) >= since] for name in names}
        return 200, {key: kept, "next_page_token": None}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "cache")
    yield made
    made.shelf.publisher.writer.close()


async def test_history_comes_first_and_what_the_stream_repeats_of_it_counts_once(desk: Desk) -> None:
    desk.trades["AAPL"] = [print_row(NOW - 20 * NS, 1), print_row(NOW - 10 * NS, 2)]
    await desk.intake.fill()
    assert desk.state.backfilled and desk.state.covered_until == NOW
    desk.take(desk.trade(NOW - 10 * NS, 2), desk.trade(NOW - 10 * NS, 3), desk.trade(NOW + NS, 4))
    assert desk.prices() == [(610, 1), (620, 2)]
    assert desk.state.covered_until == NOW + NS


async def test_a_gap_is_filled_from_where_everything_was_known_and_verified_by_alpacas_minutes(desk: Desk) -> None:
    await desk.intake.fill()
    desk.take(desk.trade(NOW, 1))
    desk.intake.lost()
    assert desk.state.status([]).gaps[-1]["to"] is None
    desk.now = NOW + 2 * MINUTE
    desk.trades["AAPL"] = [print_row(NOW, 1), print_row(NOW + 45 * NS, 2)]
    desk.bars["AAPL"] = [bar_of(NOON + 10 * MINUTE, 1), bar_of(NOON + 11 * MINUTE, 1)]
    await desk.intake.fill()
    (gap,) = desk.state.status([]).gaps
    assert gap["filled"] and gap["verified"] is True and gap["symbols"] == 2
    assert desk.prices() == [(630, 1), (675, 1)]
    assert desk.asked("trades")[-1] == NOON + 10 * MINUTE


def bar_of(start: int, trades: int, price: float = 10.0) -> dict[str, Any]:
    sums = {"v": trades, "n": trades, "vw": price}
    return {"t": rfc3339(start), "o": price, "h": price, "l": price, "c": price, **sums}


async def test_a_gap_that_was_filled_wrongly_is_not_verified(desk: Desk) -> None:
    desk.state.covered_until = NOON + 10 * MINUTE
    desk.now = NOW + MINUTE
    desk.trades["AAPL"] = [print_row(NOW, 1)]
    desk.bars["AAPL"] = [bar_of(NOON + 10 * MINUTE, 2)]
    await desk.intake.fill()
    assert desk.state.status([]).gaps[-1]["verified"] is False
    assert desk.market.book.series(0, "1Min").bars["trade_count"].tolist() == [2], "Alpaca has the last word"


async def test_a_gap_without_a_bar_to_compare_is_verified_by_the_bar_that_comes_later(desk: Desk) -> None:
    desk.state.covered_until = NOW - NS
    await desk.intake.fill()
    assert desk.state.status([]).gaps[-1]["verified"] is None
    desk.take(desk.trade(NOW + NS, 1))
    desk.take(BAR | {"t": NOON + 10 * MINUTE, "o": 10, "h": 10, "l": 10, "c": 10, "v": 1, "n": 1, "vw": 10})
    assert desk.state.status([]).gaps[-1]["verified"] is True


async def test_another_run_of_the_market_begins_with_nothing_of_the_last(desk: Desk) -> None:
    await desk.intake.fill()
    desk.take(desk.trade(NOW, 1), STATUS | {"t": NOW})
    desk.intake.lost()
    desk.now = NOON - 60 * MINUTE
    await desk.intake.fill()
    assert desk.market.newest_of(Feed.STOCKS) == 0 and desk.prices() == []
    assert desk.states.halted() == [] and desk.state.status([]).gaps == []


async def test_symbols_that_join_lose_none_and_count_none_twice(desk: Desk) -> None:
    await desk.intake.fill()
    desk.take(desk.trade(NOW, 1))
    desk.move_to("MSFT", "TSLA", "AAPL")
    desk.trades["TSLA"] = [print_row(NOW - 5 * NS, 10), print_row(NOW - 4 * NS, 11)]

    async def subscribe() -> None:
        desk.take(desk.trade(NOW + NS, 14, "TSLA"))
        desk.take(desk.trade(NOW - 4 * NS, 11, "TSLA"), desk.trade(NOW + NS, 2), desk.trade(NOW + NS, 12, "TSLA"))
        assert desk.market.latest["price"][desk.market.index["TSLA"]] == 0.0, "what comes of it is kept back"

    await desk.intake.join(frozenset({"TSLA"}), subscribe)
    desk.take(desk.trade(NOW + NS, 12, "TSLA"), desk.trade(NOW + 3 * NS, 13, "TSLA"))
    assert desk.prices("TSLA") == [(625, 1), (626, 1), (631, 2)]
    assert desk.prices("AAPL") == [(630, 1), (631, 1)]
    assert len(desk.asked("trades")) == 2 and "symbols=TSLA&" in desk.server.asked[-3]


async def test_a_symbol_whose_history_cannot_be_read_is_an_error_and_nothing_stays_kept_back(desk: Desk) -> None:
    await desk.intake.fill()
    desk.move_to("AAPL", "MSFT", "TSLA")
    desk.status = 500

    async def subscribe() -> None:
        return None

    with pytest.raises(Exception, match="500"):
        await desk.intake.join(frozenset({"TSLA"}), subscribe)
    desk.take(desk.trade(NOW, 1, "TSLA"))
    assert desk.market.latest["price"][2] == 10.0


async def test_symbols_that_change_while_history_is_read_are_an_error_and_not_the_end(desk: Desk) -> None:
    filling = asyncio.create_task(desk.intake.fill())
    await asyncio.sleep(0)
    desk.move_to("AAPL")
    with pytest.raises(StreamError, match="changed"):
        await filling


async def test_what_cannot_be_of_now_is_left_out_and_counted(desk: Desk) -> None:
    await desk.intake.fill()
    good = desk.trade(NOW, 1)
    batch = desk.take(
        good, desk.trade(NOW + 3_700 * NS, 2), QUOTE | {"t": NOW + 365 * 86_400 * NS}, desk.trade(NOON - 90_000 * NS, 3)
    )
    assert batch.quarantined.counts == {"far ahead": 2, "far behind": 1}
    assert desk.market.newest_of(Feed.STOCKS) == NOW and desk.market.latest["bid_price"][0] == 0.0


async def test_under_overload_quotes_give_way_and_trades_never(desk: Desk) -> None:
    await desk.intake.fill()
    rows = [QUOTE | {"t": NOW + number, "bp": 80.0 + number / 100} for number in range(5)]
    batch = decode([packed(*rows, desk.trade(NOW, 1), desk.trade(NOW, 2))], desk.market.index)
    desk.intake.take(batch, 1, True)
    assert desk.state.status([]).conflated == 4 and desk.market.latest["bid_price"][0] == 80.04
    assert desk.market.book.forming()[0]["trade_count"][0, 0] == 2


async def test_halts_bands_and_corrections_reach_where_they_belong(desk: Desk) -> None:
    await desk.intake.fill()
    desk.take(desk.trade(NOW, 5), STATUS | {"t": NOW + NS}, LULD)
    assert desk.states.halted() == ["AAPL"] and desk.states.told()["AAPL"].limit_up == 180.5
    desk.take(desk.trade(NOW + NS, 6))
    assert desk.states.halted() == ["AAPL"]
    desk.take(desk.trade(NOW + 3 * NS, 7))
    assert desk.states.halted() == []
    desk.take(CORRECTION | {"oi": 5, "op": 10.0, "os": 1, "ci": 5, "cp": 11.0, "cs": 2})
    bar = desk.market.book.series(0, "1s").bars[0]
    assert (bar["close"], bar["volume"], desk.market.book.corrections) == (11.0, 2.0, 1)


async def test_the_day_so_far_is_alpacas(desk: Desk) -> None:
    await desk.intake.fill()
    midnight = NOON - 17 * 3_600 * NS - 15 * MINUTE
    desk.take(BAR | {"T": "d", "t": midnight, "o": 5, "h": 50, "l": 5, "c": 20, "v": 1_000, "n": 9, "vw": 10})
    forming, _ = desk.market.book.forming()
    assert forming[-1, 0]["high"] == 50.0 and forming[-1, 0]["start"] == midnight


async def test_a_silent_symbol_is_found_by_history_booked_and_named(desk: Desk) -> None:
    await desk.intake.fill()
    desk.take(desk.trade(NOW, 1, "MSFT"), ago_s=60)
    desk.take(desk.trade(NOW + 30 * NS, 2))
    assert await desk.intake.watch() == [], "it is not time"
    desk.silent_look_is_due()
    desk.trades["MSFT"] = [print_row(NOW, 1), print_row(NOW + 20 * NS, 3)]
    assert await desk.intake.watch() == ["MSFT"]
    assert desk.states.told()["MSFT"].silent
    assert desk.market.latest["trade_ts_event"][1] == NOW + 20 * NS
    assert desk.prices("MSFT")[:1] == [(630, 1)]
    desk.take(desk.trade(NOW + 31 * NS, 4, "MSFT"))
    desk.silent_look_is_due()
    assert await desk.intake.watch() == [] and "MSFT" not in desk.states.told()


async def test_a_symbol_that_nobody_trades_is_not_silent(desk: Desk) -> None:
    await desk.intake.fill()
    desk.take(desk.trade(NOW, 2))
    desk.silent_look_is_due()
    assert await desk.intake.watch() == [] and desk.states.told() == {}


async def test_history_is_never_asked_for_the_trades_of_all_times(desk: Desk) -> None:
    """A symbol without any trade has a last event of 1970."""
    await desk.intake.fill()
    desk.take(desk.trade(NOW, 2))
    desk.silent_look_is_due()
    await desk.intake.watch()
    assert not await desk.intake.newer_in_history()
    assert len(desk.asked("trades")) == 3 and min(desk.asked("trades")) >= NOW - LONGEST_TRADES_NS


async def test_before_the_first_trade_history_is_asked_from_where_it_is_known(desk: Desk) -> None:
    await desk.intake.fill()
    assert not await desk.intake.newer_in_history()
    assert desk.asked("trades")[-1] >= NOW - 1_000


async def test_history_has_something_newer_only_if_it_is_newer_than_the_newest_event(desk: Desk) -> None:
    """Times of questions are cut to microseconds, so the newest trade itself comes back."""
    await desk.intake.fill()
    desk.take(desk.trade(NOW + 999, 1))
    desk.trades["AAPL"] = [print_row(NOW + 999, 1)]
    assert not await desk.intake.newer_in_history()
    desk.trades["AAPL"].append(print_row(NOW + 1_000, 2))
    assert await desk.intake.newer_in_history()


@pytest.mark.parametrize("status", [403, 429, 500])
async def test_a_question_beside_the_stream_that_fails_costs_nothing(desk: Desk, status: int) -> None:
    await desk.intake.fill()
    desk.take(desk.trade(NOW, 2))
    desk.silent_look_is_due()
    desk.status = status
    assert await desk.intake.watch() == []


async def test_a_minute_that_a_correction_leaves_in_doubt_is_asked_for(desk: Desk) -> None:
    desk.bars["AAPL"] = [bar_of(NOON, 3)]
    await desk.intake.fill()
    desk.bars["AAPL"] = [bar_of(NOON, 2, price=11.0)]
    desk.take(CORRECTION | {"t": NOON + 5 * NS, "x": "V", "oi": 77, "op": 10.0, "os": 1, "ci": 78, "cp": 11.0, "cs": 1})
    assert desk.market.book.series(0, "1Min").bars["close"].tolist() == [10.0]
    await desk.intake.watch()
    assert desk.market.book.series(0, "1Min").bars["close"].tolist() == [11.0]
    assert desk.market.book.mismatches == 0, "it was expected"


async def test_trades_that_were_lost_in_silence_are_read_when_alpacas_minute_tells_of_them(desk: Desk) -> None:
    await desk.intake.fill()
    first, lost, last = NOW + 31 * NS, NOW + 40 * NS, NOW + 50 * NS
    desk.take(desk.trade(first, 1), desk.trade(last, 3), desk.trade(NOW + 95 * NS, 4))
    assert desk.prices() == [(661, 1), (680, 1)]
    desk.trades["AAPL"] = [print_row(at, id) for at, id in ((first, 1), (lost, 2), (last, 3), (NOW + 95 * NS, 4))]
    desk.take(
        BAR | {"S": "AAPL", "t": NOON + 11 * MINUTE, "o": 10, "h": 10, "l": 10, "c": 10, "v": 3, "n": 3, "vw": 10}
    )
    await desk.intake.watch()
    assert desk.prices() == [(661, 1), (670, 1), (680, 1)]
    (gap,) = desk.state.gaps.told()
    assert (gap["filled"], gap["verified"], gap["symbols"]) == (True, True, 1)
    await desk.intake.watch()
    assert len(desk.state.gaps.told()) == 1


async def test_outliers_are_flagged_and_shown(desk: Desk) -> None:
    await desk.intake.fill()
    desk.take(desk.trade(NOW, 1), desk.trade(NOW + 1, 2, p=20.0))
    reader = desk.shelf.reader
    reader.catch_up(force=True)
    flags = [row.flags for row in reader.trades_since("AAPL", 0, 10)] if hasattr(reader, "trades_since") else []
    assert desk.market.outliers == 1 and desk.market.latest["price"][0] == 20.0
    assert [bool(flag & Flag.OUTLIER) for flag in flags] == [False, True]


def test_a_band_of_numbers_that_are_none_never_reaches_the_status(desk: Desk) -> None:
    desk.take(LULD | {"u": float("nan")})
    assert desk.states.told() == {} and np.isfinite(desk.market.latest["price"]).all()
