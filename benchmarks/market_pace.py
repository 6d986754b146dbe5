"""500 shares on one core: how much of it the practice market takes, and how evenly it sends.

A market of its own process, and here a client that hears everything (MessagePack, "*"). Reported: messages a second, the
share of a core of the server, gaps between frames and messages in each 10 ms, without the first minute's start.
Writes benchmarks/results/market_pace.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import msgpack
import numpy as np
from websockets.asyncio.client import connect

from simulator.server import PracticeMarketConfig, serve

RESULTS: Final = Path(__file__).parent / "results" / "market_pace.json"
SLOT_S: Final = 0.01
KINDS: Final = ("t", "q", "b", "d", "u")


def _serve(folder: str, shares: int, ready: Connection) -> None:
    serve(PracticeMarketConfig(data_dir=Path(folder), port=0, shares=shares), ready.send)


async def listen(port: int, seconds: float) -> tuple[list[float], list[int], dict[str, int]]:
    """When frames came, how many messages were in each, and of which kinds."""
    moments, counts, kinds = [], [], dict.fromkeys(KINDS, 0)
    url, headers = f"ws://127.0.0.1:{port}/v2/sip", {"Content-Type": "application/msgpack"}
    async with connect(url, additional_headers=headers, max_size=None) as socket:
        await socket.recv()
        await socket.send(msgpack.packb({"action": "auth", "key": "practice", "secret": "practice"}))
        await socket.recv()
        wanted = {"action": "subscribe", "trades": ["*"], "quotes": ["*"], "bars": ["*"], "dailyBars": ["*"]}
        await socket.send(msgpack.packb(wanted))
        await socket.recv()
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            try:
                frame = await asyncio.wait_for(socket.recv(), left)
            except TimeoutError:
                break
            moments.append(time.monotonic())
            messages = msgpack.unpackb(frame, timestamp=0)
            counts.append(len(messages))
            for message in messages:
                kinds[message["T"]] += 1
    return moments, counts, kinds


def evenness(moments: list[float], counts: list[int], seconds: float) -> dict[str, Any]:
    """Gaps between frames in ms, and messages in each 10 ms against the mean."""
    gaps = np.diff(moments) * 1e3
    slots = np.zeros(int(seconds / SLOT_S) + 1)
    for moment, count in zip(moments, counts, strict=True):
        slots[min(len(slots) - 1, int((moment - moments[0]) / SLOT_S))] += count
    found = [float(value) for value in np.quantile(slots[:-1], (0.5, 0.99, 0.999))]
    return {
        "frames": len(moments),
        "gap_ms": dict(
            zip(
                ("p50", "p99", "max"),
                [round(float(v), 2) for v in (*np.quantile(gaps, (0.5, 0.99)), gaps.max())],
                strict=True,
            )
        ),
        "messages_in_10_ms": {
            "mean": round(float(slots[:-1].mean()), 1),
            "p50": found[0],
            "p99": found[1],
            "p999": found[2],
            "max": float(slots.max()),
        },
    }


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def measure(shares: int, seconds: float, settle_s: float) -> dict[str, Any]:
    """One run."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        here, there = context.Pipe()
        started = time.monotonic()
        market = context.Process(target=_serve, args=(folder, shares, there), daemon=True)
        market.start()
        try:
            port = here.recv()
            ready_s = time.monotonic() - started
            time.sleep(settle_s)
            assert market.pid is not None
            before, begin = cpu_s(market.pid), time.monotonic()
            moments, counts, kinds = asyncio.run(listen(port, seconds))
            spent, lasted = cpu_s(market.pid) - before, time.monotonic() - begin
            memory = resident_mb(market.pid)
        finally:
            market.terminate()
            market.join(10)
    return {
        "shares": shares,
        "seconds": round(lasted, 1),
        "ready_s": round(ready_s, 1),
        "messages_a_second": round(sum(counts) / lasted),
        "core": round(spent / lasted, 3),
        "core_at_5000_a_second": round(spent / sum(counts) * 5_000, 3),
        "memory_mb": round(memory),
        **evenness(moments, counts, lasted),
        "kinds": kinds,
    }


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shares", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--settle", type=float, default=60, help="seconds before the measurement: histories are drawn")
    parser.add_argument("--keep", action="store_true", help="print only")
    wanted = parser.parse_args()
    found = measure(wanted.shares, wanted.seconds, wanted.settle)
    print(json.dumps(found, indent=2))
    if not wanted.keep:
        RESULTS.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
