"""What may come over a connection that stands: each bad thing is counted by its cause, and all the rest is kept."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest

from tests.conducts import error
from tests.desk import wait_until
from tests.feed_desk import LONG, FeedDesk, feed_desk, feed_server
from tests.known_market import MINUTE, SECOND
from tests.misbehaving_server import moment, quote_message, trade_message

pytestmark = pytest.mark.slow

YEAR = 365 * 86_400 * SECOND


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FeedDesk]:
    """One worker for all of these: none of them may cost it its connection."""
    folder: Path = tmp_path_factory.mktemp("frames")
    with feed_server() as server, feed_desk(folder, server, STALE_AFTER_S="20") as made:
        made.start("worker")
        wait_until(lambda: made.is_live, 20, "live")
        yield made
        made.assert_whole()


@pytest.fixture
def desk(running: FeedDesk) -> Iterator[FeedDesk]:
    """The worker; afterwards it must be on the connection that it had before. That it is whole is asked in the end, and
    in the long form each time.
    """
    connects = running.stream.connects
    yield running
    running.server.tamper = lambda messages: [messages]
    if LONG:
        running.assert_whole()
    assert running.stream.connects == connects, f"the connection was given up: {running.stream.why}"
    assert running.stream.dropped == 0


def counted(desk: FeedDesk, more_than: int) -> Any:
    """Whether more was put aside than before, and the sum by cause says the same."""
    stream = desk.stream
    return stream.quarantined > more_than and stream.quarantined == sum(stream.quarantine.values())


def trade(desk: FeedDesk, **changes: Any) -> dict[str, Any]:
    """A trade that never was, on the wire, with something changed; None takes the key away."""
    now = desk.market.now()
    base = {"T": "t", "S": "AAPL", "i": 900_000_000 + random.getrandbits(20), "x": "V", "p": 100.0, "s": 7}
    whole = {**base, "c": ["@"], "z": "C", "t": moment(now), **changes}
    return {name: value for name, value in whole.items() if value is not None}


def quote(desk: FeedDesk, **changes: Any) -> dict[str, Any]:
    """A quote on the wire with something changed."""
    return {**quote_message(desk.market.trades("AAPL")[-1]), "t": moment(desk.market.now()), **changes}


def minute(desk: FeedDesk, **changes: Any) -> dict[str, Any]:
    """The bar of the minute before this one, on the wire, with something changed; None takes the key away."""
    start = desk.market.now() // MINUTE * MINUTE - MINUTE
    whole = {"T": "b", "S": "AAPL", **desk.market.bars("AAPL", MINUTE, start, start)[0], "t": moment(start), **changes}
    return {name: value for name, value in whole.items() if value is not None}


IMPOSSIBLE_TRADES = {
    "price is no number": {"p": float("nan")},
    "price is endless": {"p": float("inf")},
    "price is negative": {"p": -5.0},
    "price is zero": {"p": 0},
    "price is text": {"p": "101.5"},
    "price is a list": {"p": [1]},
    "price is missing": {"p": None},
    "size is negative": {"s": -1},
    "size is zero": {"s": 0},
    "id is text": {"i": "x17"},
    "id is beyond 64 bits": {"i": 2**64 - 1},
    "time is text": {"t": "yesterday"},
    "time is a number": {"t": 17},
    "time is before the calendar": {"t": msgpack.Timestamp(-(2**40))},
    "time is a year ahead": {"t": msgpack.Timestamp(int(time.time()) + 31_536_000)},
    "time is a year behind": {"t": msgpack.Timestamp(int(time.time()) - 31_536_000)},
    "time is beyond 64 bits": {"t": msgpack.Timestamp(2**62)},
    "type is unknown": {"T": "zz"},
    "type is a number": {"T": 5},
    "symbol is a number": {"S": 42},
    "symbol is missing": {"S": None},
}


@pytest.mark.parametrize("changes", IMPOSSIBLE_TRADES.values(), ids=IMPOSSIBLE_TRADES)
def test_a_bad_trade_is_counted_and_the_rest_of_its_frame_is_kept(desk: FeedDesk, changes: dict[str, Any]) -> None:
    before = desk.stream.quarantined
    around = [trade_message(desk.market.trade("AAPL")), trade_message(desk.market.trade("MSFT"))]
    desk.server.send(around[0], trade(desk, **changes), around[1])
    wait_until(lambda: counted(desk, before), 3, "it is counted by its cause")
    assert desk.stream.quarantined == before + 1


IMPOSSIBLE_QUOTES = {
    "crossed": {"bp": 200.0, "ap": 100.0},
    "no number": {"bp": float("nan")},
    "negative": {"ap": -1.0},
    "size is text": {"as": "many"},
}


@pytest.mark.parametrize("changes", IMPOSSIBLE_QUOTES.values(), ids=IMPOSSIBLE_QUOTES)
def test_a_bad_quote_is_counted_and_not_shown(desk: FeedDesk, changes: dict[str, Any]) -> None:
    before = desk.stream.quarantined
    desk.server.send(trade_message(desk.market.trade("AAPL")), quote(desk, **changes))
    wait_until(lambda: counted(desk, before), 3, "it is counted by its cause")


BAD_BARS = {
    "high below low": {"h": 1.0},
    "open is missing": {"o": None},
    "negative volume": {"v": -1},
    "no number": {"c": float("nan")},
}


@pytest.mark.parametrize("changes", BAD_BARS.values(), ids=BAD_BARS)
def test_a_bad_bar_is_counted_and_the_good_one_stays(desk: FeedDesk, changes: dict[str, Any]) -> None:
    before = desk.stream.quarantined
    desk.server.send(minute(desk, **changes))
    wait_until(lambda: counted(desk, before), 3, "it is counted by its cause")


def test_a_bar_without_vwap_takes_nothing_away(desk: FeedDesk) -> None:
    desk.server.send(minute(desk, vw=None), trade_message(desk.market.trade("AAPL")))
    desk.assert_whole()
    assert desk.worst_vwap("AAPL", "1Min") < 1e-6


def test_unknown_keys_do_not_matter(desk: FeedDesk) -> None:
    before = desk.stream.quarantined
    made = trade_message(desk.market.trade("AAPL"))
    desk.server.send({**made, "u": "corrected", "new": {"deep": [1, 2, {"x": None}]}})
    desk.assert_whole()
    assert desk.stream.quarantined == before


RAW_FRAMES: dict[str, bytes | str] = {
    "no MessagePack": b"\xc1\xc1\xc1",
    "empty": b"",
    "text": "hello",
    "a number": msgpack.packb(17),
    "a map": msgpack.packb({"T": "t"}),
    "a list of nothing known": msgpack.packb([1, None, "x", [], {}]),
    "deep": b"\x91" * 100_000,
    "a list that claims four thousand million": b"\xdd\xff\xff\xff\xff",
    "text that is broken JSON": '[{"T":"t","S":"AAPL"',
}


@pytest.mark.parametrize("frame", RAW_FRAMES.values(), ids=RAW_FRAMES)
def test_a_frame_that_cannot_be_read_is_counted(desk: FeedDesk, frame: bytes | str) -> None:
    before = desk.stream.quarantined
    desk.server.send_raw(frame)
    desk.server.print(desk.market.trade("AAPL"))
    if frame:  # of an empty frame nothing could be said
        wait_until(lambda: counted(desk, before), 3, "it is counted by its cause")


def test_of_a_truncated_frame_nothing_breaks(desk: FeedDesk) -> None:
    before = desk.stream.quarantined
    whole = msgpack.packb([quote(desk) for _ in range(20)])
    for length in range(1, len(whole), 97):
        desk.server.send_raw(whole[:length])
    wait_until(lambda: counted(desk, before), 3, "it is counted by its cause")


def test_a_frame_of_twelve_megabytes_is_a_frame(desk: FeedDesk) -> None:
    before = desk.stream.quarantined
    first, last = trade_message(desk.market.trade("AAPL")), trade_message(desk.market.trade("MSFT"))
    filler = msgpack.packb(quote(desk))
    count = 12_000_000 // len(filler)
    head = b"\xdd" + (count + 2).to_bytes(4, "big")
    desk.server.send_raw(head + msgpack.packb(first) + filler * count + msgpack.packb(last))
    desk.assert_whole(limit_s=15)
    assert desk.stream.quarantined == before


def test_what_comes_twice_counts_once(desk: FeedDesk) -> None:
    desk.server.tamper = lambda messages: [messages, messages, [*messages, *messages]]
    since = desk.market.now()
    wait_until(lambda: desk.seen_until >= since + 0.6 * SECOND, 5, "half a second of it")


def test_order_does_not_matter(desk: FeedDesk) -> None:
    dice = random.Random(4)
    desk.server.tamper = lambda messages: [[each] for each in dice.sample(messages, len(messages))]
    since = desk.market.now()
    wait_until(lambda: desk.seen_until >= since + 0.6 * SECOND, 5, "half a second of it")


def test_a_late_trade_amends_the_minute_it_belongs_to(desk: FeedDesk) -> None:
    late = desk.stream.late
    this_minute = desk.market.now() // MINUTE * MINUTE
    desk.server.print(desk.market.trade("AAPL", at=this_minute - 2 * SECOND, size=5_000))
    wait_until(lambda: desk.stream.late > late, 3, "it is counted as late")


def test_symbols_that_nobody_asked_for_are_counted_and_not_shown(desk: FeedDesk) -> None:
    before = desk.stream.unasked
    desk.server.send(trade(desk, S="TSLA"), trade_message(desk.market.trade("AAPL")), minute(desk, S="NVDA"))
    wait_until(lambda: desk.stream.unasked >= before + 2, 3, "both are counted")
    assert "TSLA" not in desk.symbols


def test_a_flood_of_quotes_costs_no_trade_and_no_connection(desk: FeedDesk) -> None:
    began = time.monotonic()
    desk.server.flood(100_000, seconds=2)
    poured_s, now = time.monotonic() - began, desk.market.now()
    wait_until(lambda: desk.seen_until > now, 3, "what was made after it is seen soon")
    assert poured_s < 10, "the server was not held up"
    assert desk.shown().queue_depth < 50


@pytest.mark.parametrize("code", [400, 405, 410, 500] if LONG else [410])
def test_an_error_after_the_login_is_shown_and_the_data_goes_on(desk: FeedDesk, code: int) -> None:
    desk.server.send(error(code), trade_message(desk.market.trade("AAPL")))
    wait_until(lambda: str(code) in desk.stream.why, 3, "it is shown")
    assert desk.stream.state == "live"
