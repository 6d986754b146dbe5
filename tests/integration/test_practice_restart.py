"""What was accepted is there after a kill -9; a tape is filled at its best quote, by an account of its own."""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.server import PracticeMarket, PracticeMarketConfig

ROOT = Path(__file__).parents[2]
KEYS = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}
START = 1_340_285_400_000_000_000  # 2012-06-21 09:30 in New York
PROGRAM = (
    "import sys; from pathlib import Path; from simulator.server import PracticeMarketConfig, serve;"
    "serve(PracticeMarketConfig(data_dir=Path(sys.argv[1]), port=0), ready=lambda port: print(port, flush=True))"
)


async def eventually(fact: Callable[[], Any], what: str, timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not fact():
            await asyncio.sleep(0.005)
    assert fact(), what


@asynccontextmanager
async def process(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A practice market as a process, killed with -9 at the end."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(folder), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        port = int(await asyncio.wait_for(child.stdout.readline(), 15))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=KEYS) as client:
            yield client
    finally:
        child.kill()
        await child.wait()


def body(**fields: Any) -> dict[str, Any]:
    return {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day", **fields}


async def test_a_kill_loses_nothing_that_was_accepted(tmp_path):
    resting = body(type="limit", limit_price="1.00", time_in_force="gtc", client_order_id="rests")
    async with process(tmp_path) as client:
        bought = (await client.post("/v2/orders", json=body(qty="12"))).json()
        await client.post("/v2/orders", json=resting)
        await client.post("/_sim/faults", json={"name": "hang", "seconds": 60})
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/v2/orders", json={**resting, "client_order_id": "no answer"}, timeout=0.3)
        before = (await client.get("/v2/account")).json()
        bought = (await client.get(f"/v2/orders/{bought['id']}")).json()
        assert bought["status"] == "filled"
    async with process(tmp_path) as client:
        account = (await client.get("/v2/account")).json()
        assert [account[name] for name in ("id", "cash")] == [before[name] for name in ("id", "cash")]
        assert (await client.get(f"/v2/orders/{bought['id']}")).json() == bought
        assert [found["qty"] for found in (await client.get("/v2/positions")).json()] == ["12"]
        orders = (await client.get("/v2/orders")).json()
        assert [(order["client_order_id"], order["status"]) for order in orders] == [
            ("no answer", "new"),
            ("rests", "new"),
        ]
        assert (await client.post("/v2/orders", json=resting)).status_code == 422
        assert (await client.delete("/v2/orders")).status_code == 207
        async with asyncio.timeout(5):
            while (await client.get("/v2/orders")).json():
                await asyncio.sleep(0.01)
    # `run --fresh` removes the file and may leave what SQLite had beside it.
    (tmp_path / "practice.db").unlink()
    config = PracticeMarketConfig(data_dir=tmp_path, port=0)
    async with PracticeMarket(config) as market, httpx.AsyncClient(base_url=market.url, headers=KEYS) as client:
        fresh = (await client.get("/v2/account")).json()
    assert fresh["id"] != account["id"] and fresh["cash"] == "100000"


async def test_a_tape_fills_at_its_best_quote_and_hears_nothing_of_it(tmp_path):
    rows = [
        f"{START + second * 10**9 + 5},q,AMZN,{220 + second / 100:.2f},200,{220.05 + second / 100:.2f},100,,,"
        for second in range(1, 58)
    ]
    header = "ts_ns,kind,symbol,bid,bid_size,ask,ask_size,price,size,resting_side"
    tape = tmp_path / "tape.csv.gz"
    tape.write_bytes(gzip.compress("\n".join([header, *rows, ""]).encode()))
    config = PracticeMarketConfig(data_dir=tmp_path, port=0, tape=tape, speed=40.0)
    async with PracticeMarket(config) as market:
        floor, (trader,) = market.floor, market.floor.traders.values()
        async with httpx.AsyncClient(base_url=market.url, headers=KEYS) as client:
            account = (await client.get("/v2/account")).json()
            await client.post("/v2/orders", json=body(symbol="AMZN", qty="250"))
            market.market.source.start()
            await eventually(lambda: trader.ledger.qty("AMZN") == 250, "three quotes")
            sale = body(symbol="AMZN", side="sell", type="limit", limit_price="220.30", qty="150")
            placed = (await client.post("/v2/orders", json=sale)).json()
            await eventually(lambda: trader.ledger.qty("AMZN") == 100, "the bid reaches the limit")
            far = (await client.post("/v2/orders", json={**sale, "limit_price": "900", "qty": "1"})).json()
            await eventually(lambda: not floor.market.is_open() and not trader.open_orders, "the close")
            fills = (await client.get("/v2/account/activities/FILL?direction=asc")).json()
            assert [(fill["qty"], fill["price"]) for fill in fills] == [
                ("100", "220.06"),
                ("100", "220.07"),
                ("50", "220.08"),
                ("150", "220.3"),
            ]
            assert fills[3]["order_id"] == placed["id"]
            assert (await client.get(f"/v2/orders/{far['id']}")).json()["status"] == "expired"
            trades = (await client.get("/v2/stocks/trades?symbols=AMZN&start=2000-01-01")).json()
            assert trades["trades"] == {} and (await client.get("/_sim/health")).json()["events"] == len(rows)
    async with PracticeMarket(config) as market, httpx.AsyncClient(base_url=market.url, headers=KEYS) as client:
        again = (await client.get("/v2/account")).json()
    assert again["id"] != account["id"] and again["cash"] == "100000"
