"""How a generated market behaves beside a real one: the same facts, by the same code, of both.

`python -m benchmarks.market_facts` runs an hour for each of 20 seeds, with the crowd of a share as liquid as the one on
the tape, and takes the median of each fact. `--tape FILE` computes the facts of the tape anew instead of believing `TAPE`.
Writes benchmarks/results/market_facts.json and the table in docs/practice-market.md.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.generated_hours import TAPE_LIQUIDITY, generated_hour
from benchmarks.tape_facts import Facts, facts_of, read_events
from simulator.habits import HABITS, Habits
from simulator.listing import Listing

ROOT: Final = Path(__file__).resolve().parents[1]
RESULTS: Final = ROOT / "benchmarks" / "results" / "market_facts.json"
PAGE: Final = ROOT / "docs" / "practice-market.md"
BEGIN, END = "<!-- facts: begin -->", "<!-- facts: end -->"
SEEDS: Final = 20
WITHIN: Final = 1.5

TAPE: Final = Facts(
    spread_05=0.04,
    spread_50=0.12,
    spread_95=0.20,
    spread_bps=5.139,
    trades_a_second=0.5233,
    gap_variation=3.304,
    quotes_a_trade=4.537,
    size_50=55.5,
    size_90=100.0,
    size_99=380.0,
    share_of_100=0.3121,
    at_bid=0.3929,
    inside=0.2026,
    at_ask=0.4045,
    sign_lag_1=0.7418,
    sign_lag_2=0.6073,
    sign_lag_5=0.3802,
    sign_lag_10=0.1873,
    sign_lag_50=0.0566,
    kurtosis_10s=5.356,
    autocorrelation_10s=-0.0561,
    absolute_autocorrelation_10s=0.0761,
    volatility_1min_bps=6.936,
)
"""AMZN on NASDAQ, 2012-06-21, 12:22 to 16:00 New York: 6,818 trades and 30,934 quotes of the public LOBSTER sample."""

WORDS: Final = {
    "spread_05": "spread, 5 % (USD)",
    "spread_50": "spread, median (USD)",
    "spread_95": "spread, 95 % (USD)",
    "spread_bps": "spread over time (basis points)",
    "trades_a_second": "trades a second",
    "gap_variation": "time between trades: deviation / mean",
    "quotes_a_trade": "quote changes a trade",
    "size_50": "trade size, median",
    "size_90": "trade size, 90 %",
    "size_99": "trade size, 99 %",
    "share_of_100": "trades of exactly 100",
    "at_bid": "trades at or below the bid",
    "inside": "trades inside the spread",
    "at_ask": "trades at or above the ask",
    "sign_lag_1": "sign autocorrelation, lag 1",
    "sign_lag_2": "lag 2",
    "sign_lag_5": "lag 5",
    "sign_lag_10": "lag 10",
    "sign_lag_50": "lag 50",
    "kurtosis_10s": "10 s returns: excess kurtosis",
    "autocorrelation_10s": "10 s returns: autocorrelation",
    "absolute_autocorrelation_10s": "10 s returns: autocorrelation of sizes",
    "volatility_1min_bps": "1 min returns: deviation (basis points)",
}


def medians(seeds: Iterable[int], listing: Listing = TAPE_LIQUIDITY, habits: Habits = HABITS) -> dict[str, float]:
    """The median of each fact over one generated hour a seed."""
    found = [facts_of(generated_hour(listing, seed, habits=habits)).values() for seed in seeds]
    return {name: float(np.median([facts[name] for facts in found])) for name in found[0]}


def is_near(real: float, generated: float) -> bool:
    """Whether one is within a factor of 1.5 of the other, with the same sign."""
    return real * generated > 0 and abs(math.log(generated / real)) <= math.log(WITHIN)


def compare(real: dict[str, float], generated: dict[str, float]) -> list[dict[str, Any]]:
    """A row for each fact."""
    return [
        {
            "fact": name,
            "tape": round(real[name], 4),
            "generated": round(generated[name], 4),
            "ratio": round(generated[name] / real[name], 2),
            "near": is_near(real[name], generated[name]),
        }
        for name in real
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """The rows in Markdown."""
    head = "| fact | tape | generated | ratio |\n|---|---|---|---|\n"
    lines = (
        f"| {WORDS[row['fact']]} | {row['tape']:.3g} | {row['generated']:.3g} | {row['ratio']:.2f} |" for row in rows
    )
    return head + "\n".join(lines)


def write_page(page: Path, text: str) -> None:
    """Puts the table in its place."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tape", type=Path, help="gzip CSV tape of one symbol whose facts are computed")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="print only")
    wanted = parser.parse_args()
    real = facts_of(read_events(wanted.tape)) if wanted.tape else TAPE
    seeds = range(wanted.first_seed, wanted.first_seed + wanted.seeds)
    rows = compare(real.values(), medians(seeds))
    print(table(rows))
    far = [row["fact"] for row in rows if not row["near"]]
    print(f"not within a factor of {WITHIN}: {', '.join(far) or 'none'}")
    if not wanted.keep:
        result = {"seeds": list(seeds), "tape_measured_now": wanted.tape is not None, "facts": rows}
        RESULTS.write_text(json.dumps(result, indent=2) + "\n")
        write_page(PAGE, table(rows))


if __name__ == "__main__":
    main()
