"""Every combination of host, origin, token, content type and method on every route: one alone places an order."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from dash import Dash

from .conftest import Access, Market, app_of
from .people import UPDATE, Browser, everybody, order

HOSTS = {"localhost": True, "evil.example": False}
ORIGINS = {None: True, "http://localhost": True, "http://evil.example": False, "null": False}
SITES = {None: True, "cross-site": False}
TOKENS = {"ours": True, "none": False, "wrong": False}
TYPES = {"application/json": True, "text/plain": False, "application/x-www-form-urlencoded": False, "": False}
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def quoted(market: Market) -> Market:
    market.latest["bid_price"], market.latest["ask_price"] = 100.0, 100.1
    market.beat()
    return market


def routes(app: Dash) -> list[str]:
    """A path for every rule of the app."""
    names = {"<path:filename>": "page.js", "<string:package_name>": "dash", "<path:path>": "order"}
    names |= {"<path:fingerprinted_path>": "dash.min.js"}
    paths = [rule.rule for rule in app.server.url_map.iter_rules()]
    for name, value in names.items():
        paths = [path.replace(name, value) for path in paths]
    return paths


def headers_of(browser: Browser, origin: str | None, site: str | None, token: str) -> dict[str, str]:
    """The cookies go to every host: the worst that a browser could do."""
    jar = [browser.client.get_cookie(f"tickdesk_{name}_8050") for name in ("session", "token")]
    cookies = {cookie.key: cookie.value for cookie in jar if cookie}
    tokens = {"ours": cookies["tickdesk_token_8050"], "none": None, "wrong": "0" * 64}
    all_of_them = {"Origin": origin, "Sec-Fetch-Site": site, "X-CSRFToken": tokens[token]}
    all_of_them["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {name: value for name, value in all_of_them.items() if value is not None}


def attempts(paths: list[str], market: Market, access: Access, browser: Browser) -> tuple[int, list[tuple[Any, ...]]]:
    """How many combinations there were, and those that placed an order. Every one posts a good order of its own."""
    placed, count = [], 0
    sender = browser.client.application.test_client(use_cookies=False)
    rest = itertools.product(METHODS, HOSTS, ORIGINS, SITES, TOKENS, TYPES)
    for path, (method, host, origin, site, token, kind) in itertools.product(paths, rest):
        if path == "/logout" and method == "POST":
            continue  # would end the session under test; test_login has it
        before, count = len(access.broker.sent), count + 1
        if count % 100 == 0:
            market.beat()  # prices that are not fresh would deny orders for a reason of their own
        answer = sender.open(
            path,
            method=method,
            base_url=f"http://{host}",
            headers=headers_of(browser, origin, site, token),
            data=json.dumps(order()),
            content_type=kind or None,
        )
        assert answer.status_code < 500 or path == "/readyz", (path, method, answer.status_code)
        assert b"Traceback" not in answer.data[:2000]
        if len(access.broker.sent) > before:
            placed.append((path, method, host, origin, site, token, kind))
    return count, placed


LEGAL = {
    (UPDATE, "POST", host, origin, site, token, kind)
    for host, origin, site, token, kind in itertools.product(HOSTS, ORIGINS, SITES, TOKENS, TYPES)
    if HOSTS[host] and ORIGINS[origin] and SITES[site] and TOKENS[token] and TYPES[kind]
}


@pytest.mark.slow
def test_on_an_open_desk_only_our_page_places_an_order(quoted: Market, access: Access, app: Dash) -> None:
    browser = Browser(app)
    browser.get("/")
    count, placed = attempts(routes(app), quoted, access, browser)
    assert count > 10_000 and set(placed) == LEGAL and len(placed) == len(LEGAL)


@pytest.mark.parametrize(("name", "may"), [("", False), ("viewer", False), ("trader", True), ("instructor", True)])
def test_with_users_only_the_page_of_somebody_who_trades_does(
    quoted: Market, access: Access, name: str, may: bool
) -> None:
    everybody(access)
    browser = Browser(app_of(access))
    browser.get("/login")
    if name:
        assert browser.log_in(name).status_code == 200
    _, placed = attempts([UPDATE, "/login", "/"], quoted, access, browser)
    assert set(placed) == (LEGAL if may else set())
