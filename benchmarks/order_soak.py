"""The order soak: a worker and two web processes on the referee's account, under faults and kill -9, drawn by a seed.

    python -m benchmarks.order_soak --minutes 60 --seed 1

In the end: no wish became two orders, no fill was lost, no row that a page was told of, and nothing is unknown any more a
minute after the faults. Beside it the naive loop, under the same faults and as many deaths, with its duplicates.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.order_soak_check import verdict
from benchmarks.order_soak_desk import WEBS, SoakDesk, soak_desk
from benchmarks.order_soak_faults import Exchange, Mischief
from benchmarks.order_soak_trader import Trader
from orders.breaker import OrderBreaker
from tests.referee import KEYS, Referee

RESULTS: Final = Path(__file__).parent / "results" / "order_soak.json"
SCHEDULE: Final = Path(tempfile.gettempdir()) / "order_soak_schedule.txt"
ROOT: Final = Path(__file__).parents[1]
SETTLE_S: Final = 60.0
KILL_EVERY_S: Final = (1.0, 3.0)
TRADERS: Final = 3
NAIVE_KILL_S: Final = (0.5, 2.0)

Log = Callable[[str], None]


def main() -> None:
    """Soak, print, and keep the result."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--minutes", type=float, default=60.0)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--log", type=Path, default=SCHEDULE, help="where every fault is written")
    options = asked.parse_args()
    result = order_soak(options.minutes * 60, options.seed, options.log)
    print(json.dumps(result, indent=2))
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    raise SystemExit(bool(result["problems"]))


def order_soak(seconds: float, seed: int, schedule: Path) -> dict[str, Any]:
    """Run it; what came out. Every fault and kill goes to the file `schedule` with its time."""
    print(f"order soak: seed {seed}, {seconds:.0f} s; every fault is in {schedule}", flush=True)
    with schedule.open("w") as out, tempfile.TemporaryDirectory() as folder:
        log = _logger(out, seed)
        with _beside(lambda stop: naive(Path(folder), seconds, seed, stop)) as naive_result:
            ours = soak(Path(folder), seconds, seed, log)
    return {"seed": seed, "seconds": seconds, **ours, "naive": naive_result}


def soak(folder: Path, seconds: float, seed: int, log: Log) -> dict[str, Any]:
    """The desk's part."""
    with soak_desk(folder) as desk:
        mischief, exchange = Mischief(desk.referee, seed, log), Exchange(desk.referee, seed + 1)
        traders = [Trader(desk, seed * 10 + number) for number in range(TRADERS)]
        mischief.start()
        threads = [threading.Thread(target=act, daemon=True) for act in (mischief.cut_streams, exchange.run)]
        threads += [threading.Thread(target=look_after, args=(desk, mischief), daemon=True)]
        threads += [threading.Thread(target=trader.run, daemon=True) for trader in traders]
        for thread in threads:
            thread.start()
        kill_at_random(desk, seconds, random.Random(seed + 2), log)
        for trader in traders:
            trader.stop()
        mischief.stop()
        exchange.stop()
        for thread in threads:
            thread.join(20)
        return judge(desk, mischief, traders)


def kill_at_random(desk: SoakDesk, seconds: float, dice: random.Random, log: Log) -> None:
    """Kill one process after another, until the time is over."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(dice.uniform(*KILL_EVERY_S), left))
        name = dice.choice(["worker", *(f"web {number}" for number in range(WEBS))])
        log(f"kill -9 {name}")
        desk.kill(name)


def look_after(desk: SoakDesk, mischief: Mischief) -> None:
    """What a person does: close the breaker again, which five failures in a row have opened, until the faults end."""
    journal = desk.journal()
    breaker = OrderBreaker(journal, lambda: desk.referee.account_id)
    while not mischief.wait(1.0):
        if breaker.status().is_open:
            breaker.reset("by the soak")
            mischief.counts["breaker reset"] += 1
    journal.close()


def judge(desk: SoakDesk, mischief: Mischief, traders: list[Trader]) -> dict[str, Any]:
    """Wait until all is settled, a minute at most, and compare."""
    signals = [signal for trader in traders for signal in trader.signals]
    journal, healed = desk.journal(), time.monotonic()
    while any((found := verdict(signals, journal, desk.referee)).values()) and time.monotonic() < healed + SETTLE_S:
        time.sleep(0.5)
    settled_s, took_s = time.monotonic() - healed, [each for signal in signals for each in signal.took_s]
    states = Counter(state for signal in signals for _, state in signal.answers)
    journal.close()
    return {
        "signals": len(signals),
        "answers": dict(states.most_common()),
        "orders_at_the_broker": len(desk.referee.orders),
        "posts": len(desk.referee.posts),
        "sent_again_under_the_same_id": len(desk.referee.posts) - len(set(desk.referee.posts)),
        "executions": len(desk.referee.executions),
        "kills": desk.kills,
        "faults": sum(mischief.counts.values()),
        "faults_by_kind": dict(mischief.counts.most_common()),
        "answer_s": {"p50": round(statistics.median(took_s), 3), "max": round(max(took_s), 2)},
        "settled_after_s": round(settled_s, 1),
        **{name: len(wrong) for name, wrong in found.items()},
        "problems": [f"{name}: {each}" for name, wrong in found.items() for each in wrong[:5]],
    }


def naive(folder: Path, seconds: float, seed: int, stop: threading.Event) -> dict[str, Any]:
    """The naive loop's part: the same faults, killed as often."""
    dice, progress, kills = random.Random(seed + 2), folder / "naive", 0
    with Referee(cash="100000000") as referee:
        mischief = Mischief(referee, seed)
        mischief.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end and not stop.is_set():
            place = referee.url, *KEYS, str(progress)
            process = subprocess.Popen([sys.executable, "-m", "benchmarks.naive_orders", *place], cwd=ROOT)
            stop.wait(min(dice.uniform(*NAIVE_KILL_S) + 0.5, max(end - time.monotonic(), 0.1)))
            process.kill()
            process.wait()
            kills += 1
        referee.release()
        wishes = Counter(str(kept.qty) for kept in referee.orders.values())
    duplicate = sum(times - 1 for times in wishes.values())
    sent = int(progress.read_text()) if progress.exists() else 0
    return {
        "signals": sent,
        "orders_at_the_broker": sum(wishes.values()),
        "kills": kills,
        "duplicate_orders": duplicate,
    }


@contextmanager
def _beside(act: Callable[[threading.Event], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Run something in a thread during the block; its result is there after the block."""
    found: dict[str, Any] = {}
    stop = threading.Event()
    thread = threading.Thread(target=lambda: found.update(act(stop)), daemon=True)
    thread.start()
    try:
        yield found
        thread.join()
    finally:
        stop.set()
        thread.join(10)


def _logger(out: Any, seed: int) -> Log:
    began = time.monotonic()
    out.write(f"seed {seed}\n")

    def log(what: str) -> None:
        out.write(f"{time.monotonic() - began:9.3f} {what}\n")
        out.flush()

    return log


if __name__ == "__main__":
    main()
