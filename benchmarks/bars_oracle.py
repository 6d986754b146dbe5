"""Bars against an oracle in plain Python: random sale conditions, late trades, repeats, corrections and cancels, at every step.

Each case is a story made of its seed (tests/unit/domain/bar_story.py), so that a case that fails can be told again.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from random import Random

from tests.unit.domain.bar_oracle import Told
from tests.unit.domain.bar_story import SYMBOLS, story

RESULTS = Path(__file__).parent / "results" / "bars_oracle.json"
OFFERED = "steps", "prints", "late", "corrections", "closed_bars"


def main() -> None:
    """Play the cases, print what came of them, and keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the seed of the first case")
    asked = parser.parse_args()
    began, failed = time.perf_counter(), {}
    sums = dict.fromkeys(OFFERED, 0)
    for seed in range(asked.first, asked.first + asked.cases):
        told, steps, difference = play(seed)
        if difference:
            failed[seed] = difference
        for name, count in counts(told, steps).items():
            sums[name] += count
    seconds = round(time.perf_counter() - began, 1)
    result = {"cases": asked.cases, "failed": len(failed), **sums, "seconds": seconds, "failures": failed}
    print(json.dumps(result, indent=2))
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    raise SystemExit(bool(failed))


def play(seed: int) -> tuple[Told, int, str]:
    """Tell a story and compare after each step; how many there were, and the first difference."""
    told, steps = Told(SYMBOLS), 0
    for step in (*story(Random(seed)), Told.close_all):
        step(told)
        steps += 1
        difference = told.difference()
        if difference:
            return told, steps, f"step {steps}: {difference}"
    return told, steps, ""


def counts(told: Told, steps: int) -> dict[str, int]:
    """What a case had to offer."""
    closed = sum(len(shown) for shown in told.shown.values())
    offered = steps, len(told.seen), told.book.late, told.book.corrections, closed
    return dict(zip(OFFERED, offered, strict=True))


if __name__ == "__main__":
    main()
