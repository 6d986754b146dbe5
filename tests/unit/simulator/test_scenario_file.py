"""Scenarios as YAML: those that are shipped can be played, and what is wrong with one is named by file, entry and field."""

from __future__ import annotations

import pytest

from domain.session import NS_PER_SECOND
from simulator.quantity import Quantity, given_quantity, parse_quantity
from simulator.scenario_file import ScenarioError, parse_scenario, read_scenario, shipped
from simulator.scenario_plan import Plan, plan

LISTED = {"AAPL", "NVDA", "BTC/USD"}
GOOD = """
title: Test
parameters:
  symbol: {about: the share, default: AAPL}
  depth: {about: how far, default: 8 %, least: 1 %, most: 40 %}
  fall: {about: how long, default: 2 min}
timeline:
  - {at: 0 s, do: drift, symbol: $symbol, pct: -$depth, for: $fall}
  - {wait: $fall, do: news, headline: "$symbol lost $depth, $$ or not", symbols: [$symbol]}
  - {at: 500 ms, do: fault, fault: data_lose, for: 3 s}
"""


def made(text: str, *, generated: bool = True, **given: object) -> Plan:
    return plan(parse_scenario(text, "test.yaml"), given, LISTED, generated=generated)


def test_eleven_scenarios_are_shipped_and_all_can_be_played():
    found = {name: plan(read_scenario(name), {}, LISTED, generated=True) for name in shipped()}
    assert set(found) == {
        "earnings", "false_news", "fat_finger", "flash_crash", "gap", "liquidity_drain", "spread_widening", "trading_halt",
        "trend", "true_news", "volatility_regime",
    }  # fmt: skip
    assert all(each.steps and each.symbols for each in found.values())
    assert all(read_scenario(name).about for name in found)


def test_steps_are_in_order_of_time_and_parameters_filled_in():
    steps = made(GOOD, symbol="NVDA", depth="10 %", fall=30).steps
    assert [(step.after_ns / NS_PER_SECOND, step.scene) for step in steps] == [
        (0, "drift"),
        (0.5, "fault"),
        (30, "news"),
    ]
    assert steps[0].fields == {"symbol": "NVDA", "pct": -10.0, "seconds": 30.0}
    assert steps[1].fields == {"fault": "data_lose", "duration_s": 3.0}
    assert steps[2].fields == {"headline": "NVDA lost 10 %, $ or not", "symbols": ["NVDA"]}


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [("-8 %", "percent", -8), ("1.5 min", "seconds", 90), ("250ms", "seconds", 0.25), ("3 x", "times", 3)],
)
def test_quantities_have_units(text, kind, number):
    assert parse_quantity(text, kind) == Quantity(number, kind)
    assert given_quantity(number, kind) == Quantity(number, kind)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("title: Test", "", "test.yaml: title"),
        ("title: Test", "titel: Test", "unknown: titel"),
        ("do: drift", "do: drifts", "entry 1, do"),
        ("pct: -$depth", "pct: 8", "entry 1 (drift), pct"),
        ("pct: -$depth", "pct: 8 s", "entry 1 (drift), pct"),
        ("pct: -$depth", "pct: 95 %", "entry 1 (drift), pct"),
        ("pct: -$depth", "pct: 0 %", "entry 1 (drift), pct"),
        ("pct: -$depth", "pct: -$fall", "entry 1 (drift), pct"),
        ("pct: -$depth", "pct: -$width", "entry 1 (drift), pct"),
        (", pct: -$depth", "", "entry 1 (drift), pct"),
        ("pct: -$depth", "pct: 1 %, speed: 3", "entry 1 (drift): unknown: speed"),
        ("symbol: $symbol, pct", "symbol: ZZZZ, pct", "entry 1 (drift), symbol: ZZZZ"),
        ("at: 0 s, do", "at: soon, do", "entry 1 (drift), at"),
        ("at: 0 s, do", "at: -3 s, do", "entry 1 (drift), at"),
        ("at: 0 s, do", "at: 9 h, do", "entry 1 (drift), at"),
        ("at: 0 s, do", "at: 0 s, wait: 1 s, do", "entry 1 (drift): needs either"),
        ("wait: $fall, do", "do", "entry 2 (news): needs either"),
        ("$$ or not", "$ or not", "entry 2 (news), headline"),
        ("$symbol lost", "$share lost", "entry 2 (news), headline: $share"),
        ("symbols: [$symbol]", "symbols: $symbol", "entry 2 (news), symbols"),
        ("least: 1 %", "least: 1 s", "parameter depth, least"),
        ("default: 8 %", "default: 8", "parameter depth, default"),
        ("least: 1 %", "lest: 1 %", "parameter depth: unknown: lest"),
        ("timeline:", "timeline: []\nrest:", "rest"),
        ("title: Test", "title: [", "is no YAML"),
        ("title: Test", "title: Test\nannounced: perhaps", "announced"),
    ],
)
def test_what_is_wrong_is_named(old, new, place):
    assert GOOD.count(old) >= 1
    with pytest.raises(ScenarioError) as caught:
        made(GOOD.replace(old, new, 1))
    assert str(caught.value).startswith("test.yaml") and place in str(caught.value)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"depth": "50 %"}, "parameter depth: 50 % must be from 1 % to 40 %"),
        ({"depth": "deep"}, "parameter depth"),
        ({"depth": True}, "parameter depth"),
        ({"fall": "3 x"}, "parameter fall"),
        ({"symbol": "ZZZZ"}, "entry 1 (drift), symbol: ZZZZ is not listed"),
        ({"width": 3}, "parameter width: is not known; there are symbol, depth, fall"),
    ],
)
def test_what_is_wrong_with_a_parameter_is_named(given, place):
    with pytest.raises(ScenarioError) as caught:
        made(GOOD, **given)
    assert place in str(caught.value)


def test_a_tape_is_never_altered():
    with pytest.raises(ScenarioError, match=r"entry 1 \(drift\): the prices of a tape"):
        made(GOOD, generated=False)


@pytest.mark.parametrize("text", ["- a", "42", "x" * 70_000, "a: *b"])
def test_what_is_no_scenario_at_all_is_refused(text):
    with pytest.raises(ScenarioError, match=r"test\.yaml"):
        parse_scenario(text, "test.yaml")
