"""A tape with clients' orders on it, begun anew once: the report that is kept, and the same report from the log."""

from __future__ import annotations

import asyncio
import json
from random import Random

import httpx

from simulator.action import read_actions
from simulator.replay import Replay
from simulator.server import PracticeMarket, PracticeMarketConfig
from tests.tapes import write_tape

KEYS = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}


async def test_what_a_client_did_on_a_tape_can_be_replayed(tmp_path):
    tape, random = write_tape(tmp_path / "tape.csv.gz", minutes=8), Random(1)
    config = PracticeMarketConfig(data_dir=tmp_path, port=0, tape=tape, speed=100.0, tape_patience_s=0.0)
    async with PracticeMarket(config) as market, httpx.AsyncClient(base_url=market.url, headers=KEYS) as client:
        second = (await client.post("/_sim/accounts", json={"cash": 5_000})).json()
        others = {"APCA-API-KEY-ID": second["key"], "APCA-API-SECRET-KEY": second["secret"]}
        reset = False
        async with asyncio.timeout(20):
            while (clock := (await client.get("/v2/clock")).json())["is_open"]:
                if not reset and clock["timestamp"][11:16] >= "12:25":
                    reset = True
                    state = await client.post("/_sim/clock", json={"action": "reset"})
                    assert state.json()["new_york"][11:16] == "12:23"
                body = {"symbol": "TAPE", "qty": random.choice(("5", "300")), "time_in_force": "day"}
                body |= {"side": random.choice(("buy", "sell")), "type": "market"}
                if random.random() < 0.6:
                    limit = round(200 + random.uniform(-1, 1), 2)
                    body |= {"type": "limit", "limit_price": str(limit)}
                await client.post("/v2/orders", json=body, headers=random.choice((KEYS, others)))
                if random.random() < 0.3:
                    await client.delete("/v2/orders", headers=KEYS)
                await asyncio.sleep(random.uniform(0, 0.2))
        before = (await client.get("/_sim/replay")).json()
        assert second["secret"] not in json.dumps(before)
    (kept,) = (tmp_path / "replays").glob("*.json")
    report = json.loads(kept.read_text())
    assert [account["closed"] for account in report["accounts"]] == [True, True, False, False]
    assert sum(len(account["fills"]) for account in report["accounts"]) > 3
    (log,) = (tmp_path / "replays").glob("*.actions.jsonl")
    assert second["key"] not in log.read_text() and log.stat().st_mode & 0o077 == 0
    assert Replay(tape).run(read_actions(log)) == report
