"""Playing a tape: every row once, in order, in the tape's own time, and then nothing."""

from __future__ import annotations

import asyncio
import gzip
import os
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgpack
import pytest
from alpaca.data.live import StockDataStream
from websockets.asyncio.client import connect

from simulator.server import PracticeMarket, PracticeMarketConfig, TapeError, serve

AUTH = {"action": "auth", "key": "practice", "secret": "practice"}
KEYS = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}
HEADER = "ts_ns,kind,symbol,bid,bid_size,ask,ask_size,price,size,resting_side"
START = int(datetime(2013, 3, 8, 20, 56, 20, 500, tzinfo=UTC).timestamp()) * 10**9  # 15:56:20 in New York
MINUTE = 60 * 10**9
ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("TICKDESK_TAPE", ROOT.parent / "shared/data/amzn-2012-06-21-l1.csv.gz"))


def write_tape(path: Path, rows: int, seconds: float) -> Path:
    draw, lines, moment = random.Random(3), [HEADER], START + 7
    for _ in range(rows):
        symbol, price = draw.choice(["AMZN", "ZZZ"]), round(draw.uniform(99, 101), 2)
        if draw.random() < 0.4:
            lines.append(f"{moment},t,{symbol},,,,,{price},{draw.randint(1, 300)},1")
        else:
            lines.append(f"{moment},q,{symbol},{price},{draw.randint(1, 9)}00,{price + 0.02:.2f},100,,,")
        moment += int(draw.expovariate(rows / seconds) * 1e9)
    path.write_bytes(gzip.compress("\n".join([*lines, ""]).encode()))
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    names, *lines = gzip.decompress(path.read_bytes()).decode().split()
    return [dict(zip(names.split(","), line.split(","), strict=True)) for line in lines]


async def eventually(fact: Callable[[], Any], what: str, timeout_s: float = 15.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not fact():
            await asyncio.sleep(0.005)
    assert fact(), what


async def play(path: Path, speed: float, tmp_path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """All that a subscriber of everything receives, and what REST says when the market has closed."""
    got: list[dict[str, Any]] = []
    async with PracticeMarket(PracticeMarketConfig(data_dir=tmp_path, port=0, tape=path, speed=speed)) as market:
        url = f"{market.stream_url}/v2/iex"
        async with (
            httpx.AsyncClient(base_url=market.url, headers=KEYS) as client,
            connect(url, additional_headers={"Content-Type": "application/msgpack"}) as socket,
        ):
            await socket.send(msgpack.packb(AUTH))
            channels = {name: ["*"] for name in ("trades", "quotes", "bars")}
            await socket.send(msgpack.packb({"action": "subscribe", **channels}))

            async def listen() -> None:
                async for frame in socket:
                    got.extend(msgpack.unpackb(frame, timestamp=0))

            listening = asyncio.create_task(listen())
            await eventually(lambda: not market.market.is_open(), "the close")
            last_minute = market.market.now() - MINUTE
            await eventually(lambda: any(m["T"] == "b" and m["t"].to_unix_nano() == last_minute for m in got), "bar")
            # An answered ping means that all that was sent before it has been read.
            await (await socket.ping())
            symbols = ",".join(market.market.listings)
            every = {"symbols": symbols, "start": "2000-01-01", "limit": 10_000}
            served = {
                "clock": (await client.get("/v2/clock")).json(),
                "bars": (await client.get("/v2/stocks/bars", params={**every, "timeframe": "1Min"})).json()["bars"],
                "trades": (await client.get("/v2/stocks/trades", params=every)).json()["trades"],
            }
            listening.cancel()
    return [message for message in got if message["T"] in "tqb"], served


def check_everything_came(path: Path, got: list[dict[str, Any]], served: dict[str, Any]) -> None:
    rows = rows_of(path)
    numbered = list(enumerate(rows, start=1))
    trades = [message for message in got if message["T"] == "t"]
    assert [(m["i"], m["t"].to_unix_nano(), m["S"], m["p"], m["s"]) for m in trades] == [
        (number, int(r["ts_ns"]), r["symbol"], float(r["price"]), int(r["size"]))
        for number, r in numbered
        if r["kind"] == "t"
    ]
    assert all(m["c"] == ["@"] for m in trades)
    quotes = [(m["t"].to_unix_nano(), m["bp"], m["bs"], m["ap"], m["as"]) for m in got if m["T"] == "q"]
    assert quotes == [
        (int(r["ts_ns"]), float(r["bid"]), int(r["bid_size"]), float(r["ask"]), int(r["ask_size"]))
        for r in rows if r["kind"] == "q"
    ]  # fmt: skip
    check_the_bars(rows, got, served)


def check_the_bars(rows: list[dict[str, str]], got: list[dict[str, Any]], served: dict[str, Any]) -> None:
    minutes: dict[tuple[str, int], list[tuple[float, int]]] = defaultdict(list)
    for row in rows:
        if row["kind"] == "t":
            stamp = int(row["ts_ns"]) // MINUTE * MINUTE
            minutes[row["symbol"], stamp].append((float(row["price"]), int(row["size"])))
    wanted = {}
    for place, trades in minutes.items():
        prices = [price for price, _ in trades]
        wanted[place] = (prices[0], max(prices), min(prices), prices[-1], sum(size for _, size in trades), len(trades))
    bars = [message for message in got if message["T"] == "b"]
    assert {(m["S"], m["t"].to_unix_nano()): tuple(m[key] for key in "ohlcvn") for m in bars} == wanted
    assert len(bars) == len(wanted)
    last_end = 0
    for message in got:
        moment = message["t"].to_unix_nano()
        if message["T"] == "b":
            last_end = moment + MINUTE
        else:
            assert moment >= last_end, "a trade or quote came after the bar of its minute"
    assert sum(len(found) for found in served["bars"].values()) == len(wanted)
    for symbol, found in served["bars"].items():
        assert [tuple(row[key] for key in "ohlcvn") for row in found] == [
            wanted[place] for place in sorted(wanted) if place[0] == symbol
        ]


async def test_a_whole_tape_at_high_speed(tmp_path):
    path = write_tape(tmp_path / "tape.csv.gz", rows=3_000, seconds=200.0)
    got, served = await play(path, 120.0, tmp_path)
    check_everything_came(path, got, served)
    assert served["clock"]["is_open"] is False
    assert served["clock"]["timestamp"] == "2013-03-08T16:00:00-05:00"
    assert sum(map(len, served["trades"].values())) == sum(row["kind"] == "t" for row in rows_of(path))


@pytest.mark.skipif(not REAL.exists(), reason="the real tape is not there")
async def test_the_real_tape_at_high_speed(tmp_path):
    got, served = await play(REAL, 6_000.0, tmp_path)
    check_everything_came(REAL, got, served)
    assert served["clock"]["timestamp"] == "2012-06-21T16:00:00-04:00"


async def test_before_the_start_the_clock_stands_and_nothing_is_served(tmp_path):
    path = write_tape(tmp_path / "tape.csv.gz", rows=50, seconds=30.0)
    config = PracticeMarketConfig(data_dir=tmp_path, port=0, tape=path)
    async with PracticeMarket(config) as market, httpx.AsyncClient(base_url=market.url, headers=KEYS) as client:
        for _ in range(2):
            clock = (await client.get("/v2/clock")).json()
            assert (clock["timestamp"], clock["is_open"]) == ("2013-03-08T15:56:20-05:00", True)
            assert clock["next_close"] == "2013-03-08T15:57:00-05:00"
        days = (await client.get("/v2/calendar", params={"start": "2013-03-01", "end": "2013-03-08"})).json()
        assert [(day["date"], day["open"], day["close"]) for day in days] == [("2013-03-08", "09:30", "15:57")]
        assert {asset["symbol"] for asset in (await client.get("/v2/assets")).json()} == {"AMZN", "ZZZ"}
        for name, more in (("bars", {"timeframe": "1Min"}), ("bars", {"timeframe": "1Day"}), ("trades", {})):
            query = {"symbols": "AMZN,ZZZ", "start": "2000-01-01", "end": "2100-01-01", **more}
            assert (await client.get(f"/v2/stocks/{name}", params=query)).json()[name] == {}
        assert (await client.get("/v2/stocks/trades/latest", params={"symbols": "AMZN"})).json() == {"trades": {}}
        assert (await client.get("/_sim/health")).json()["source"] == "tape"


async def test_it_starts_by_itself_when_nobody_subscribes(tmp_path):
    path = write_tape(tmp_path / "tape.csv.gz", rows=50, seconds=30.0)
    config = PracticeMarketConfig(data_dir=tmp_path, port=0, tape=path, tape_patience_s=0.05, speed=100.0)
    async with PracticeMarket(config) as market:
        await eventually(lambda: market.market.event_count == 50, "the whole tape")


async def test_alpacas_client_reads_a_tape(tmp_path):
    path = write_tape(tmp_path / "tape.csv.gz", rows=300, seconds=90.0)
    wanted = [number for number, row in enumerate(rows_of(path), 1) if row["kind"] == "t" and row["symbol"] == "AMZN"]
    async with PracticeMarket(PracticeMarketConfig(data_dir=tmp_path, port=0, tape=path, speed=200.0)) as market:
        stream = StockDataStream("practice", "practice", url_override=f"{market.stream_url}/v2/iex")
        got = []

        async def on_trade(trade: Any) -> None:
            got.append(trade.id)

        stream.subscribe_trades(on_trade, "AMZN")
        running = asyncio.create_task(stream._run_forever())
        await eventually(lambda: len(got) >= len(wanted), "all trades")
        running.cancel()
        await stream.close()
    assert got == wanted


def test_a_bad_tape_is_named_before_it_listens(tmp_path):
    path = tmp_path / "tape.csv.gz"
    path.write_bytes(gzip.compress(f"{HEADER}\nsoon,t,AMZN,,,,,1,1,1\n".encode()))
    with pytest.raises(TapeError, match="row 1"):
        serve(PracticeMarketConfig(data_dir=tmp_path, tape=path), ready=lambda _: pytest.fail("it listens"))
