"""Habits: how the crowd of a pit behaves, in numbers that `benchmarks/market_facts.py` measures the outcome of.

They hold for every symbol; how liquid one is says its listing. Rates are for each trade of the listing's pace, distances
in usual half spreads, lives and pauses in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Habits:
    """`orders_a_burst` is a mean; `value`, `momentum` and the rest (`noise`) share the bursts."""

    makers: int = 5
    maker_turns: float = 0.2
    nearest: float = 1.616
    farther: float = 0.138
    delay_s: float = 1
    opinion: float = 0.114
    keep: float = 0.85
    reaction: float = 0.8
    trades_an_order: float = 1.272
    orders_a_burst: float = 7.5
    pause: float = 0.03
    pause_spread: float = 2.2
    stubborn: float = 0.97
    value: float = 0.85
    momentum: float = 0.05
    picky: float = 0.6
    dear: float = 0.936
    wait_s: float = 0.4
    closest: float = 0.3
    pull: float = 0.8
    hasty: float = 0.36
    foresight_s: float = 100
    far_foresight_s: float = 400.0
    follow: float = 0.255
    memory_s: float = 19.46
    round_lot: float = 0.338
    small: float = 0.475
    small_median: float = 14.0
    sweep: float = 0.146
    impact: float = 0.106
    size_tells: float = 1.0
    impact_s: float = 110
    improve: float = 1.6
    improve_reach: float = 0.6
    improve_life_s: float = 1.2
    hidden: float = 0.403
    hidden_life_s: float = 12.0
    middle: float = 0.151
    patient: float = 0.174
    patience_s: float = 20.0
    news: float = 0.4
    stale: float = 2.2
    startling: float = 4.0
    mood: float = 0.35
    mood_s: float = 40.0


HABITS = Habits()

LIVELY = replace(HABITS, orders_a_burst=2.2)
"""The generated market's: shorter bursts, and so more of them, so that who looks on is not left to wait for the next trade."""
