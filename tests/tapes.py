"""Tapes for tests: a generated one, always; the real one where it is at hand. And the bars that pandas makes of a tape."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd

from tests.desk import ROOT

COLUMNS = "ts_ns,kind,symbol,bid,bid_size,ask,ask_size,price,size,resting_side"
SECONDS = {"1s": 1, "5s": 5, "1Min": 60, "5Min": 300, "15Min": 900, "1Hour": 3600}
LENGTHS = {interval: seconds * 10**9 for interval, seconds in SECONDS.items()}


def real_tape() -> Path | None:
    """The real tape, if this machine has it: TICKDESK_TAPE names it, or it lies beside the repository."""
    beside = sorted((ROOT.parent / "shared" / "data").glob("*-l1.csv.gz"))
    named = os.environ.get("TICKDESK_TAPE")
    return Path(named) if named else beside[0] if beside else None


def write_tape(path: Path, minutes: int = 40, seed: int = 7, symbol: str = "TAPE") -> Path:
    """A tape of bursts and silences (some minutes have no trade), with many events at one instant and odd prices."""
    rng = np.random.default_rng(seed)
    now, price, lines = 1_340_295_780_000_000_000, 20_000, [COLUMNS]
    end = now + minutes * 60 * 10**9
    while now < end:
        now += int(rng.exponential(0.4e9)) if rng.random() < 0.985 else int(rng.integers(60, 150)) * 10**9
        price = max(price + int(rng.integers(-3, 4)), 100)
        bid, ask = price - int(rng.integers(1, 6)), price + int(rng.integers(1, 6))
        lines.append(f"{now},q,{symbol},{bid / 100},{rng.integers(1, 900)},{ask / 100},{rng.integers(1, 900)},,,")
        for _ in range(int(rng.integers(0, 3))):
            lines.append(
                f"{now},t,{symbol},,,,,{rng.integers(bid * 100, ask * 100 + 1) / 10_000},{rng.integers(1, 500)},1"
            )
            now += int(rng.random() < 0.5) * int(rng.integers(1, 900_000_000))
    path.write_bytes(gzip.compress("\n".join(lines[:-1]).encode() + b"\n"))
    return path


def bars_of(tape: Path, interval: str) -> pd.DataFrame:
    """The bars of a tape's trades: start, open, high, low, close, volume, trade_count."""
    rows = pd.read_csv(tape)
    trades = rows[rows["kind"] == "t"]
    start = pd.to_datetime(trades["ts_ns"] // LENGTHS[interval] * LENGTHS[interval], utc=True)
    return (
        trades.groupby(start.rename("start"))
        .agg(
            open=("price", "first"),
            high=("price", "max"),
            low=("price", "min"),
            close=("price", "last"),
            volume=("size", "sum"),
            trade_count=("size", "size"),
        )
        .reset_index()
    )


def difference(ours: pd.DataFrame, theirs: pd.DataFrame) -> str:
    """What is different between two sets of bars (prices beyond 1e-9); empty if nothing is."""
    missing = set(theirs["start"]) - set(ours["start"])
    surplus = set(ours["start"]) - set(theirs["start"])
    if missing or surplus or len(ours) != len(theirs):
        return (
            f"{len(ours)} bars instead of {len(theirs)}; missing {sorted(missing)[:3]}, surplus {sorted(surplus)[:3]}"
        )
    both = ours.merge(theirs, on="start", suffixes=("", "_theirs"))
    for name in ("open", "high", "low", "close", "volume", "trade_count"):
        wrong = both[(both[name] - both[f"{name}_theirs"]).abs() > 1e-9]
        if len(wrong):
            return f"{len(wrong)} bars differ in {name}, the first: {wrong.iloc[0].to_dict()}"
    return ""
