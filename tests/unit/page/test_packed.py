"""A delta as it travels: what is left out, and how small it is."""

from __future__ import annotations

import json
from typing import Any

from flask.testing import FlaskClient

from callbacks.packed import packed
from dashboard.app import Dash
from domain.tick import Flag
from tests.desk import wait_until

from .conftest import Market
from .test_app import UPDATE, post_of

VIEW = {"symbol": "AAPL", "interval": "1Min", "indicators": ["sma:20", "sma:50", "vwap"]}


CLOCK = {"now_ms": 1, "rate": 1.0, "is_open": False, "next_open_ms": 5, "next_close_ms": 6}


def asked(client: FlaskClient, ask: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The delta as it came, and how many bytes the answer has."""
    answer = client.post(UPDATE, json=post_of(ask))
    return answer.json["response"]["delta"]["data"], len(answer.data)


def asked_again(client: FlaskClient, ask: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The same once the process has read what is new: it looks at most so often."""
    return wait_until(
        lambda: found if "watch" in (found := asked(client, ask))[0] else None, 2, "something new is told"
    )


def test_an_answer_in_which_little_happens_is_below_a_kilobyte(market: Market, app: Dash, client: FlaskClient) -> None:
    whole, _ = asked(client, {"view": VIEW, "n": 1})
    for place in range(6):
        market.trade(101.25 + place / 100, symbol=place % 3)
        market.quote(101.24, 101.27, symbol=place % 3, second=place)
    market.beat()
    held = {"indicators": list(whole["indicators"]), "connection": whole["connection"]["mark"]}
    orders = {"account": whole["trade"]["orders"]["account"], "change": whole["trade"]["orders"]["change"]}
    ask = {"view": VIEW, "n": 2, "cursor": whole["cursor"], "marks": held, "orders": orders}
    delta, size = asked_again(client, ask)
    assert (
        len(delta["watch"]) == 3
        and len(delta["tape"]) == 2
        and delta["indicators"].keys() == whole["indicators"].keys()
    )
    assert {len(line) for row in delta["indicators"].values() for line in row[1:]} == {1}
    assert size < 700, size


def test_what_says_nothing_is_left_out(market: Market, client: FlaskClient) -> None:
    whole, _ = asked(client, {"view": VIEW, "n": 1})
    market.trade(101.0, flags=Flag.AT_BID)
    market.trade(101.5)
    delta, _ = asked_again(client, {"view": VIEW, "n": 2, "cursor": whole["cursor"]})
    assert not delta.keys() & {"window", "bars", "spreads"} and "forming" in delta
    assert delta["cursor"].keys() == {"seq"}
    assert delta["tape"] == [[1_800_000_000_000, 101, 100, -1], [0, 101.5, 100, 1]]
    assert delta["watch"][0][0] == 0 and whole["watch"][0][0] == "AAPL"
    assert not delta["trade"].keys() & {"positions", "lock"}


def test_a_lock_and_a_held_position_are_told(market: Market) -> None:
    trade = {"account": None, "positions": [["AAPL", 1]], "lock": ["a person", "", False, ""], "orders": None}
    status = {"streams": [["stocks", "stale", 9, 1]], "why": "silent", "market": CLOCK, "state": "stale"}
    delta = {"status": {**status, "age_ms": 9, "backfilled": True}, "trade": trade, "window": None, "cursor": None}
    small = json.loads(json.dumps(packed(delta, None, ())))
    assert small["trade"] == {"positions": [["AAPL", 1]], "lock": ["a person", "", False, ""]}
    assert small["status"]["streams"] == [["stocks", "stale", 9, 1]] and small["status"]["why"] == "silent"
    assert "cursor" not in small and small["status"]["market"] == [1, 1.0, 0, 5]


def test_a_cursor_of_something_else_comes_whole(market: Market, client: FlaskClient) -> None:
    whole, _ = asked(client, {"view": VIEW, "n": 1})
    for held in ("now", {"seq": 1}, {**whole["cursor"], "until": 9}, [whole["cursor"]]):
        delta, _ = asked(client, {"view": VIEW, "n": 2, "cursor": held})
        assert delta["cursor"].keys() >= {"epoch", "seq", "symbol", "interval"}
