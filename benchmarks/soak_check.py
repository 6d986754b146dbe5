"""The judgement of the soak: what the desk holds in the end against what the market says by REST."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import numpy as np
import pandas as pd

from benchmarks.soak_faults import Scene
from tests.tapes import difference

KEYS = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}
TAKEN_BACK = {"canceled", "incorrect"}
"""What `u` of a trade in history says when it never was, or was another one."""

NAMES = {"t": "start", "o": "open", "h": "high", "l": "low", "c": "close", "v": "volume", "n": "trade_count"}


def bars_that_differ(scene: Scene, symbol: str, start: datetime, end: datetime) -> str:
    """How closed minutes from `start` to before `end` differ from REST's; '' if they are equal."""
    return difference(_ours(scene, symbol, "1Min", start, end), _minutes(scene, symbol, start, end))


def seconds_that_differ(scene: Scene, symbol: str, start: datetime, end: datetime) -> str:
    """The same for bars of a second against those that REST's trades make."""
    return difference(_ours(scene, symbol, "1s", start, end), _seconds(scene, symbol, start, end))


def fills_that_differ(scene: Scene) -> str:
    """How the desk's fills differ from the account's; '' if they are equal."""
    activities = _ask(scene, "/v2/account/activities/FILL", page_size="100")
    theirs = sorted((row["order_id"], float(row["qty"]), float(row["price"])) for row in activities)
    printed = scene.desk.call("fills", "--csv").stdout.splitlines()
    rows = [dict(zip(printed[0].split(","), line.split(","), strict=True)) for line in printed[1:]]
    ours = sorted((row["order_id"], float(row["qty"]), float(row["price"])) for row in rows)
    return "" if ours == theirs else f"{len(ours)} fills instead of {len(theirs)}"


def slope_mb_an_hour(samples: list[tuple[float, int, float]], warm_up_s: float = 30.0) -> float | None:
    """Growth of the memory of the worker that lived longest, after warming up; None if none lived 80 s after it."""
    by_pid = pd.DataFrame(samples, columns=["at", "pid", "mb"]).groupby("pid")
    longest = max((group for _, group in by_pid), key=lambda group: group["at"].max() - group["at"].min())
    steady = longest[longest["at"] >= longest["at"].min() + warm_up_s]
    if len(steady) < 2 or steady["at"].max() - steady["at"].min() < 80:
        return None
    return round(float(np.polyfit(steady["at"], steady["mb"], 1)[0]) * 3600, 2)


def _ours(scene: Scene, symbol: str, interval: str, start: datetime, end: datetime) -> pd.DataFrame:
    scene.reader.catch_up()
    _, closed = scene.reader.bars(symbol, interval, 10_000)
    table = pd.DataFrame({name: closed[name] for name in NAMES.values()})
    return _between(table.assign(start=pd.to_datetime(table["start"], utc=True)), start, end)


def _minutes(scene: Scene, symbol: str, start: datetime, end: datetime) -> pd.DataFrame:
    rows = _history(scene, "bars", symbol, start, end, timeframe="1Min")
    table = pd.DataFrame(rows).rename(columns=NAMES)[list(NAMES.values())]
    return _between(table.assign(start=pd.to_datetime(table["start"], utc=True)), start, end)


def _seconds(scene: Scene, symbol: str, start: datetime, end: datetime) -> pd.DataFrame:
    rows = _history(scene, "trades", symbol, start, end)
    trades = pd.DataFrame([row for row in rows if row.get("u") not in TAKEN_BACK])
    times = pd.to_datetime(trades["t"], utc=True, format="ISO8601")
    by_second = trades.groupby(times.dt.floor("s").rename("start"))
    wanted = {"open": ("p", "first"), "high": ("p", "max"), "low": ("p", "min"), "close": ("p", "last")}
    table = by_second.agg(**wanted, volume=("s", "sum"), trade_count=("s", "size")).reset_index()
    return _between(table, start, end)


def _between(table: pd.DataFrame, start: datetime, end: datetime) -> pd.DataFrame:
    return table[(table["start"] >= start) & (table["start"] < end)].reset_index(drop=True)


def _history(scene: Scene, kind: str, symbol: str, start: datetime, end: datetime, **more: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    page: dict[str, str] = {}
    while True:
        span = {"symbols": symbol, "start": start.isoformat(), "end": end.isoformat(), "limit": "10000"}
        answer = _ask(scene, f"/v2/stocks/{kind}", **span, **more, **page)
        rows += answer[kind].get(symbol) or []
        if not answer.get("next_page_token"):
            return rows
        page = {"page_token": answer["next_page_token"]}


def _ask(scene: Scene, path: str, **query: str) -> Any:
    answer = httpx.get(f"{scene.market_url}{path}", params=query, headers=KEYS, timeout=20)
    answer.raise_for_status()
    return answer.json()
