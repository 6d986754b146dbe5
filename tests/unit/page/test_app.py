"""The app's routes: headers, health, and posts that are not the page's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient

from dashboard.headers import content_policy
from market_cache.reader import MarketReader

from .conftest import Access, Market, app_of

UPDATE = "/_dash-update-component"


def post_of(ask: Any) -> dict[str, Any]:
    return {
        "output": "delta.data",
        "outputs": {"id": "delta", "property": "data"},
        "inputs": [{"id": "ask", "property": "data", "value": ask}],
        "changedPropIds": ["ask.data"],
    }


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/_dash-layout", "/assets/tokens.css", "/bootstrap/bootstrap.min.css"]
)
def test_every_answer_carries_the_security_headers(market: Market, app: Dash, path: str) -> None:
    answer = app.server.test_client().get(path)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "Referrer-Policy" in answer.headers


@pytest.mark.parametrize(("mode", "allowed"), [("sim", True), ("paper", False), ("live", False)])
def test_only_on_the_practice_market_tools_may_evaluate_in_the_page(app: Dash, mode: str, allowed: bool) -> None:
    assert ("'unsafe-eval'" in content_policy(app, mode)) is allowed


def test_the_page_loads_nothing_from_elsewhere_and_bootstrap_first(app: Dash) -> None:
    html = app.server.test_client().get("/").text
    assert 'href="http' not in html and 'src="http' not in html and 'src="//' not in html
    assert html.index("bootstrap.min.css") < html.index("tokens.css")
    assert '<html lang="en" data-theme="dark"' in html and 'data-palette="green-red" data-mode="sim"' in html


@pytest.mark.parametrize("mode", ["sim", "paper", "live"])
def test_the_mode_is_on_the_page(tmp_path: Path, mode: str) -> None:
    client = app_of(Access(tmp_path, MarketReader(f"diskcache:{tmp_path}")), mode, "1s").server.test_client()
    assert f'data-mode="{mode}"' in client.get("/").text
    assert f'"{mode.upper()}"' in client.get("/_dash-layout").text


def test_health_of_a_desk_that_runs(market: Market, app: Dash) -> None:
    client = app.server.test_client()
    market.beat()  # an app takes a while to make
    health = client.get("/readyz")
    assert health.status_code == 200
    orders, feed = (
        {"trading", "reconcile", "journal", "kill", "breaker", "stream_breaker"},
        {"streams", "budget", "symbol_states", "load", "recorder"},
    )
    assert health.json.keys() == {"ready", "mode", "stream", "queue_depth", "cache", "worker"} | orders | feed
    assert health.json["kill"] == {"on": False, "by": ""} and health.json["journal"]["ok"]
    assert health.json["reconcile"] == {"ok": True, "why": ""} and health.json["trading"]["state"] == "live"
    assert health.json["ready"] and health.json["stream"]["state"] == "live" and health.json["cache"]["ok"]
    assert health.json["worker"].keys() == {"alive", "pid", "uptime_s", "rss_mb"}


def test_health_without_a_worker(app: Dash) -> None:
    client = app.server.test_client()
    assert client.get("/healthz").status_code == 200 and client.get("/readyz").status_code == 503
    assert client.get("/readyz").json["stream"]["state"] == "down"


def test_an_account_that_was_not_compared_is_not_ready(market: Market, access: Access) -> None:
    market.status = replace(market.status, reconciled=False, reconcile_why="2 orders differ.")
    market.beat()
    health = app_of(access).server.test_client().get("/readyz")
    assert health.status_code == 503 and health.json["reconcile"] == {"ok": False, "why": "2 orders differ."}


def test_an_ask_is_answered(market: Market, client: FlaskClient) -> None:
    answer = client.post(UPDATE, json=post_of({"view": {"symbol": "MSFT", "interval": "1Min"}, "n": 4}))
    delta = answer.json["response"]["delta"]["data"]
    assert (delta["n"], delta["cursor"]["symbol"]) == (4, "MSFT")


BROKEN: list[Any] = [
    None,
    [],
    {},
    {"output": "delta.data"},
    {**post_of({}), "output": "ask.data"},
    {**post_of({}), "outputs": []},
    {**post_of({}), "inputs": "none"},
    {**post_of({}), "inputs": []},
    {**post_of({}), "inputs": [{"id": {"x": 1}, "property": "data"}]},
    {**post_of({}), "changedPropIds": [7]},
    {**post_of({}), "changedPropIds": "ask.data"},
    {**post_of({}), "state": [{"id": "ask"}]},
]


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_a_post_of_another_shape_is_refused(market: Market, client: FlaskClient, body: Any) -> None:
    answer = client.post(UPDATE, json=body)
    assert answer.status_code == 400 and "Traceback" not in answer.text


def test_broken_json_and_huge_posts_are_refused(market: Market, client: FlaskClient) -> None:
    assert client.post(UPDATE, data="{", content_type="application/json").status_code == 400
    assert client.post(UPDATE, json=post_of("x" * 100_000)).status_code in {400, 413}


def test_a_post_without_the_token_is_refused(market: Market, app: Dash) -> None:
    client = app.server.test_client()
    client.get("/")
    assert client.post(UPDATE, json=post_of({})).status_code == 403
    assert client.post(UPDATE, json=post_of({}), headers={"Host": "evil.example"}).status_code == 421
