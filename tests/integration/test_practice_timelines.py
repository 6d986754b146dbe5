"""Every scenario that is shipped, begun by HTTP and seen by a client; the clock is stepped, so that nothing waits."""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect

from simulator.scenario_file import shipped
from simulator.server import PracticeMarket, PracticeMarketConfig
from tests.unit.simulator.room import START

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEYS = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}
AUTH = {"action": "auth", "key": "practice", "secret": "practice"}
SEEN: set[str] = set()


class Class:
    """An instructor at a paused market, and a client that hears everything."""

    def __init__(self, market: PracticeMarket, control: httpx.AsyncClient, shares: Any, news: Any) -> None:
        self.market, self.control, self._shares, self._news = market, control, shares, news

    async def start(self, name: str, **fields: Any) -> dict[str, Any]:
        SEEN.add(name)
        answer = await self.control.post("/_sim/scenarios", json={"name": name, **fields})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def run_of(self, run_id: int) -> dict[str, Any]:
        runs = (await self.control.get("/_sim/scenarios")).json()["running"]
        return next(run for run in runs if run["id"] == run_id)

    async def hear(self, seconds: float, symbol: str) -> list[dict[str, Any]]:
        """Lets so much market time go by; what was told of the symbol meanwhile."""
        answer = await self.control.post("/_sim/clock", json={"action": "step", "seconds": seconds})
        assert answer.status_code == 200, answer.text
        found = [*await until_answered(self._shares), *await until_answered(self._news)]
        return [each for each in found if each.get("S") == symbol or symbol in each.get("symbols", ())]

    async def last(self, symbol: str) -> float:
        """The middle of the latest quote, by REST."""
        quote = (await self.control.get(f"/v2/stocks/{symbol}/quotes/latest")).json()["quote"]
        return float(quote["bp"] + quote["ap"]) / 2


async def until_answered(client: ClientConnection) -> list[dict[str, Any]]:
    """Everything that was sent before the answer to a question."""
    await client.send(json.dumps({"action": "unsubscribe"}))
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(5):
        while True:
            messages = json.loads(await client.recv())
            if messages[0]["T"] == "subscription":
                return found
            found += messages


async def listen(market: PracticeMarket, path: str, **wanted: Any) -> ClientConnection:
    client = await connect(f"{market.stream_url}{path}", max_size=None)
    await client.recv()
    for request in (AUTH, {"action": "subscribe", **wanted}):
        await client.send(json.dumps(request))
        await client.recv()
    return client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Class]:
    offset_s = START / 1e9 - time.time()  # the same market whenever the tests run
    config = PracticeMarketConfig(data_dir=tmp_path_factory.mktemp("practice"), port=0, clock_offset_s=offset_s)
    market = PracticeMarket(config)
    market.market.source.time.pause()
    market.market.source.time.jump(START)
    async with market, httpx.AsyncClient(base_url=market.url, headers=KEYS) as control:
        every = {"trades": ["*"], "quotes": ["*"], "statuses": ["*"]}
        shares, news = [
            await listen(market, "/v2/sip", **every),
            await listen(market, "/v1beta1/news", news=["*"]),
        ]
        yield Class(market, control, shares, news)
        await asyncio.gather(shares.close(), news.close())


def nanoseconds(text: str) -> int:
    """Since midnight."""
    clock, _, rest = text.rstrip("Z").partition("T")[2].partition(".")
    hours, minutes, seconds = map(int, clock.split(":"))
    return (hours * 3_600 + minutes * 60 + seconds) * 10**9 + int(rest.ljust(9, "0"))


def prices(messages: list[dict[str, Any]]) -> list[float]:
    return [message["p"] for message in messages if message["T"] == "t"]


def spreads(messages: list[dict[str, Any]]) -> float:
    """The median, in USD."""
    return statistics.median(each["ap"] - each["bp"] for each in messages if each["T"] == "q" and each["bp"])


def headlines(messages: list[dict[str, Any]]) -> list[str]:
    return [message["headline"] for message in messages if message["T"] == "n"]


async def test_flash_crash(room):
    before = await room.last("AAPL")
    crash = await room.start("flash_crash", symbol="AAPL", depth="8 %", fall="10 s", bottom="10 s", rebound="20 s")
    fallen = prices(await room.hear(18, "AAPL"))
    assert min(fallen) == pytest.approx(before * 0.92, rel=0.01) and max(fallen) > before * 0.97
    assert (await room.run_of(crash["id"]))["played"] == 5
    await room.hear(25, "AAPL")
    assert await room.last("AAPL") == pytest.approx(before * 0.92 * 1.075, rel=0.01)
    run = await room.run_of(crash["id"])
    assert (run["state"], run["problems"], run["next"]) == ("done", [], None)


async def test_trading_halt(room):
    before = await room.last("AMD")
    await room.start("trading_halt", symbol="AMD", length="30 s", gap="-4 %")
    halted = await room.hear(29, "AMD")
    assert [each["sc"] for each in halted if each["T"] == "s"] == ["H"] and not prices(halted)
    assert headlines(halted) == ["AMD is halted, news are pending (invented)"]
    resumed = await room.hear(6, "AMD")
    assert [each["sc"] for each in resumed if each["T"] == "s"] == ["T"]
    assert prices(resumed)[0] == pytest.approx(before * 0.96, rel=0.01)


async def test_gap(room):
    before = await room.last("AMZN")
    await room.start("gap", symbol="AMZN", gap="-5 %")
    after = prices(await room.hear(5, "AMZN"))
    assert after and all(price == pytest.approx(before * 0.95, rel=0.01) for price in after)


async def test_spread_widening(room):
    usual = spreads(await room.hear(20, "GOOGL"))
    await room.start("spread_widening", symbol="GOOGL", width="10 x", length="20 s")
    wide = spreads(await room.hear(20, "GOOGL"))
    await room.hear(3, "GOOGL")
    again = spreads(await room.hear(20, "GOOGL"))
    assert wide > 3 * usual and again < wide / 2


async def test_liquidity_drain(room):
    def shown(messages: list[dict[str, Any]]) -> float:
        return statistics.mean(each["bs"] + each["as"] for each in messages if each["T"] == "q")

    usual = shown(await room.hear(20, "INTC"))
    await room.start("liquidity_drain", symbol="INTC", left="0.05 x", length="20 s")
    drained = shown(await room.hear(20, "INTC"))
    await room.hear(3, "INTC")
    assert drained < usual / 4 and shown(await room.hear(20, "INTC")) > usual / 2


async def test_fat_finger(room):
    before = await room.last("JPM")
    await room.start("fat_finger", symbol="JPM", side="sell", shares=400_000, reach="6 %")
    swept = [each for each in await room.hear(0.01, "JPM") if each["T"] == "t"]
    assert len(swept) > 30 and min(each["p"] for each in swept) < before * 0.96
    assert all(each["p"] >= before * 0.93 for each in swept)
    await room.hear(20, "JPM")
    assert await room.last("JPM") == pytest.approx(before, rel=0.005)


async def test_true_news(room):
    before = await room.last("META")
    await room.start("true_news", symbol="META", move="4 %", delay="5 s", over="15 s")
    early = await room.hear(4.9, "META")
    assert headlines(early) == ["META wins a large order (invented)"]
    assert await room.last("META") == pytest.approx(before, rel=0.005)
    await room.hear(30, "META")
    assert await room.last("META") == pytest.approx(before * 1.04, rel=0.01)


async def test_false_news(room):
    before = await room.last("MSFT")
    await room.start("false_news", symbol="MSFT", move="5 %", over="10 s", belief="20 s", back="4.7 %")
    believed = await room.hear(28, "MSFT")
    assert await room.last("MSFT") == pytest.approx(before * 1.05, rel=0.01) and len(headlines(believed)) == 1
    denied = await room.hear(40, "MSFT")
    assert headlines(denied) == ["MSFT knows nothing of it (invented)"]
    assert await room.last("MSFT") == pytest.approx(before, rel=0.01)


async def test_earnings_are_announced(room):
    usual = len(prices(await room.hear(60, "NFLX")))
    before = await room.last("NFLX")
    run = await room.start("earnings", symbol="NFLX", before="10 s", surprise="6 %", after="60 s")
    waiting = await room.hear(9, "NFLX")
    assert run["announced"] and headlines(waiting) == ["Exercise begins: Earnings"]
    lively = await room.hear(60, "NFLX")
    assert headlines(lively) == ["NFLX tells its figures for the quarter (invented)"]
    assert len(prices(lively)) > 1.5 * usual
    assert prices(lively)[-1] == pytest.approx(before * 1.06, rel=0.03)


async def test_volatility_regime(room):
    async def moved() -> float:
        """How far the price goes in 2 s, on average."""
        found = [await room.last("NVDA")]
        for _ in range(15):
            await room.hear(2, "NVDA")
            found.append(await room.last("NVDA"))
        return statistics.mean(abs(b / a - 1) for a, b in itertools.pairwise(found))

    usual = await moved()
    run = await room.start("volatility_regime", symbol="NVDA", times="12 x", length="10 min", announced=False)
    assert await moved() > 3 * usual
    assert (await room.control.delete(f"/_sim/scenarios/{run['id']}")).json()["state"] == "done"
    assert await moved() < 3 * usual


async def test_trend_that_is_stopped_half_way(room):
    before = await room.last("TSLA")
    run = await room.start("trend", symbol="TSLA", move="6 %", length="40 s")
    await room.hear(20, "TSLA")
    await room.control.delete(f"/_sim/scenarios/{run['id']}")
    await room.hear(20, "TSLA")
    assert await room.last("TSLA") == pytest.approx(before * 1.03, rel=0.01)


async def test_a_timeline_of_ones_own(room):
    timeline = """
        title: Mine
        parameters: {far: {about: how far, default: 2 %}}
        timeline:
          - {at: 2 s, do: news, headline: Something, symbols: [SPY]}
          - {wait: 1 s, do: halt, symbol: SPY}
          - {wait: 1 s, do: halt, symbol: SPY}
    """
    SEEN.discard("mine")
    run = (await room.control.post("/_sim/scenario", json={"name": "mine", "timeline": timeline, "far": "3 %"})).json()
    assert (run["name"], run["parameters"], run["scenes"]) == ("mine", {"far": "3 %"}, 3)
    heard = await room.hear(8, "SPY")
    (halt,) = [each for each in heard if each["T"] == "s"]
    assert headlines(heard) == ["Something"] and halt["sc"] == "2"
    assert nanoseconds(halt["t"]) - nanoseconds(run["started_at"]) == 3_000_000_000
    assert (await room.run_of(run["id"]))["problems"] == ["entry 3 (halt): SPY is halted already"]
    await room.control.delete("/_sim/scenarios")
    assert [each["sc"] for each in await room.hear(1, "SPY") if each["T"] == "s"] == ["3"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"name": "flash_crash", "depth": "80 %"}, "flash_crash.yaml: parameter depth"),
        ({"name": "flash_crash", "announced": 1}, "announced"),
        ({"name": "nothing"}, "name: must be one of"),
        (
            {"timeline": "title: x\ntimeline:\n - {at: 0 s, do: jump, symbol: SPY}"},
            "uploaded.yaml: entry 1 (jump), pct",
        ),
        ({"timeline": 3}, "timeline"),
    ],
)
async def test_what_is_wrong_is_named(room, body, text):
    answer = await room.control.post("/_sim/scenarios", json=body)
    assert answer.status_code == 400 and text in answer.json()["message"]


async def test_all_that_are_shipped_were_seen(room):
    known = {each["name"]: each for each in (await room.control.get("/_sim/scenarios")).json()["available"]}
    assert list(known) == shipped() and shipped() == sorted(SEEN & set(shipped()))
    assert known["flash_crash"]["parameters"]["depth"]["default"] == "8 %"
