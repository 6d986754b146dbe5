"""What the page's scripts make of orders of every type: what is sent, what it comes to, how it is told."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from layouts.ticket import ticket

from .markup import html_of
from .scripts import js

NBSP = "\u00a0"


@pytest.fixture
def form(scripts: Page) -> Page:
    """The scripts with the ticket's own fields, as the layout makes them."""
    js(scripts, "document.body.innerHTML = arg", html_of(ticket()))
    js(scripts, "for (const it of document.querySelectorAll('select')) it.value = it.options[0].value")
    return scripts


def filled(page: Page, **fields: str) -> None:
    body = "for (const [name, text] of Object.entries(arg)) document.getElementById('ticket-' + name).value = text"
    js(page, body, {name.replace("_", "-"): text for name, text in fields.items()})


SENT: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({"type": "market", "qty": " 10 "}, {"qty": "10"}),
    ({"type": "market", "qty": "$ 500"}, {"notional": "500"}),
    ({"type": "limit", "qty": "1", "limit_price": "9.5", "stop_price": "7"}, {"qty": "1", "limit_price": "9.5"}),
    ({"type": "stop", "qty": "1", "stop_price": "9.5", "limit_price": "7"}, {"qty": "1", "stop_price": "9.5"}),
    (
        {"type": "stop_limit", "qty": "1", "stop_price": "9.5", "limit_price": "9.6"},
        {"qty": "1", "stop_price": "9.5", "limit_price": "9.6"},
    ),
    ({"type": "trailing_stop", "qty": "1", "stop_price": "0.50"}, {"qty": "1", "trail_price": "0.50"}),
    ({"type": "trailing_stop", "qty": "1", "stop_price": "1.5 %"}, {"qty": "1", "trail_percent": "1.5"}),
]


@pytest.mark.parametrize(("fields", "sent"), SENT, ids=range(len(SENT)))
def test_a_ticket_sends_what_its_type_uses_and_no_more(
    form: Page, fields: dict[str, str], sent: dict[str, Any]
) -> None:
    filled(form, tif="gtc", **fields)
    found = js(form, "return desk.ticketForm.values('AAPL', 'sell')")
    rest = {"symbol": "AAPL", "side": "sell", "type": fields["type"], "time_in_force": "gtc", "extended_hours": False}
    assert found == {**rest, **sent}


def test_one_click_is_at_the_market_whatever_the_ticket_says(form: Page) -> None:
    filled(form, type="limit", qty="7", limit_price="1", tif="fok")
    found = js(form, "return [desk.ticketForm.atMarket('AAPL', 'buy'), desk.ticketForm.atMarket('BTC/USD', 'buy')]")
    assert found[0] == {"symbol": "AAPL", "side": "buy", "type": "market", "time_in_force": "day", "qty": "7"}
    assert found[1]["time_in_force"] == "gtc"


def test_a_coin_has_quantities_of_its_own(form: Page) -> None:
    js(form, "desk.ticketForm.suit('BTC/USD')")
    read = "return [...document.querySelectorAll('.t-chips .chip')].map((chip) => chip.textContent)"
    coins, tif = js(form, read), js(form, "return document.getElementById('ticket-tif').value")
    js(form, "desk.ticketForm.suit('AAPL')")
    assert (coins[0], coins[-1], tif) == ("0.01", "Close", "gtc")
    assert js(form, read)[:2] == ["10", "25"]
    assert js(form, "return document.getElementById('ticket-qty').value") == "10"


def test_what_a_type_does_not_use_is_off_and_says_so(form: Page) -> None:
    filled(form, type="limit", limit_price="5", stop_price="4")
    js(form, "desk.ticketForm.show()")
    state = "const it = document.getElementById('ticket-' + arg); return [it.disabled, it.value, it.placeholder]"
    assert js(form, state, "limit-price") == [False, "5", ""]
    assert js(form, state, "stop-price") == [True, "", "not for limit"]
    filled(form, type="trailing_stop")
    js(form, "desk.ticketForm.show()")
    assert js(form, state, "stop-price") == [False, "", "0.50 or 1%"]


EXITS: list[tuple[dict[str, Any], int, dict[str, str], dict[str, Any]]] = [
    ({"side": "buy", "qty": 10}, 0, {"gain": "110", "loss": "95"}, {"order_class": "bracket"}),
    ({"side": "buy", "qty": 10}, 0, {"gain": "110", "loss": ""}, {"order_class": "oto"}),
    ({"side": "sell", "qty": 10}, 10, {"gain": "110", "loss": "95"}, {"order_class": "oco", "type": "limit"}),
    ({"side": "sell", "qty": 11}, 10, {"gain": "90", "loss": "105"}, {"order_class": "bracket"}),
]


@pytest.mark.parametrize(("order", "held", "prices", "sent"), EXITS, ids=range(len(EXITS)))
def test_exits_go_with_an_entry_or_stand_alone_for_what_is_held(
    form: Page, order: dict[str, Any], held: int, prices: dict[str, str], sent: dict[str, Any]
) -> None:
    assert js(form, "return desk.bracket.values(...arg)", [order, held]) == {}
    js(form, "desk.bracket.turn(true)")
    filled(form, take_profit=prices["gain"], stop_loss=prices["loss"])
    found = js(form, "return desk.bracket.values(...arg)", [order, held])
    js(form, "desk.bracket.turn(false)")
    legs = {"take_profit_price": prices["gain"], "stop_loss_price": prices["loss"]}
    wanted = {**{name: text for name, text in legs.items() if text}, **sent}
    assert found == wanted | ({"limit_price": prices["gain"]} if sent["order_class"] == "oco" else {})


SUMS: list[tuple[dict[str, Any], list[float], dict[str, Any]]] = [
    ({"side": "buy", "qty": 10}, [100, 110, 95], {"risk": 50, "reward": 100, "ratio": 2}),
    ({"side": "sell", "qty": 10}, [100, 90, 105], {"risk": 50, "reward": 100, "ratio": 2}),
    ({"side": "buy", "qty": 10}, [100, 95, 110], {"risk": -100, "reward": -50, "ratio": None}),
    ({"side": "buy", "qty": None}, [100, 110, 95], {"risk": 0, "reward": 0, "ratio": None}),
]


@pytest.mark.parametrize(("order", "prices", "sums"), SUMS, ids=range(len(SUMS)))
def test_risk_and_reward_of_the_exits(
    scripts: Page, order: dict[str, Any], prices: list[float], sums: dict[str, Any]
) -> None:
    assert js(scripts, "return desk.bracket.of(...arg)", [order, *prices]) == sums


def test_a_suggestion_does_not_overwrite_what_was_written(form: Page) -> None:
    js(form, "desk.bracket.turn(true); desk.bracket.suggest({ side: 'buy', qty: 10 }, 200, 0, 'AAPL')")
    read = "return ['take-profit', 'stop-loss'].map((name) => document.getElementById('ticket-' + name).value)"
    assert js(form, read) == ["202.00", "199.00"]
    js(form, "desk.bracket.suggest({ side: 'sell', qty: 10 }, 200, 0, 'AAPL')")
    assert js(form, read) == ["198.00", "201.00"]
    js(form, "desk.bracket.suggest({ side: 'sell', qty: 10 }, 200, 10, 'AAPL')")
    assert js(form, read) == ["202.00", "199.00"]
    js(form, "desk.bracket.edited(document.getElementById('ticket-stop-loss'))")
    js(form, "desk.bracket.suggest({ side: 'buy', qty: 10 }, 300, 0, 'AAPL'); ")
    assert js(form, read) == ["202.00", "199.00"]
    js(form, "desk.bracket.turn(false)")
    assert js(form, read) == ["", ""]


ORDER = [
    "td-1",
    "AMZN",
    "sell",
    "stop",
    500,
    0,
    None,
    "gtc",
    "new",
    None,
    "",
    0,
    26.5,
    None,
    None,
    None,
    "oco",
    False,
    "",
]
PRICES = [
    ({}, "26.50", 26.5, "sell 500 AMZN stop 26.50"),
    ({3: "stop_limit", 6: 26.4}, "26.50 / 26.40", 26.4, "sell 500 AMZN stop limit 26.50 / 26.40"),
    ({3: "trailing_stop", 12: None, 13: 0.5}, "0.5000 behind", None, "sell 500 AMZN trailing 0.5000 behind"),
    ({3: "trailing_stop", 14: 1.5}, f"1.5{NBSP}% behind", 26.5, f"sell 500 AMZN trailing 1.5{NBSP}% behind"),
    ({3: "market", 12: None, 4: 0, 15: 500}, "–", None, "sell $500.00 of AMZN at market"),
]


@pytest.mark.parametrize(("change", "text", "level", "what"), PRICES, ids=range(len(PRICES)))
def test_where_an_order_stands(
    scripts: Page, change: dict[int, Any], text: str, level: float | None, what: str
) -> None:
    row = [change.get(place, value) for place, value in enumerate(ORDER)]
    body = (
        "const it = desk.order.of(arg); return [desk.order.priceWords(it), desk.order.level(it), desk.order.what(it)]"
    )
    assert js(scripts, body, row) == [text, level, what]


def test_an_edit_knows_what_an_order_has(scripts: Page) -> None:
    body = "const it = desk.order.of(arg); return [desk.orderEdit.may(it), desk.orderEdit.texts(it)]"
    assert js(scripts, body, ORDER) == [True, {"qty": "500", "limit_price": None, "stop_price": "26.50"}]
    trailing = [*ORDER[:3], "trailing_stop", *ORDER[4:14], 1.5, *ORDER[15:]]
    assert js(scripts, body, trailing)[1]["stop_price"] == "1.5%"
    assert js(scripts, body, [*ORDER[:8], "unknown", *ORDER[9:]])[0] is False
    assert js(scripts, body, [*ORDER[:3], "market", *ORDER[4:]])[0] is False


def test_the_preview_reckons_with_every_type(scripts: Page) -> None:
    now = {"bid": 99.9, "ask": 100.0, "last": 99.95, "held": 0, "working": 0, "power": 50_000}
    forms = [
        {"side": "buy", "type": "stop", "qty": 10, "stop": 105},
        {"side": "buy", "type": "stop_limit", "qty": 10, "stop": 105, "limit": 106},
        {"side": "sell", "type": "trailing_stop", "qty": 10, "trail": 1},
        {"side": "buy", "type": "market", "qty": None, "notional": 500},
    ]
    costs = [js(scripts, "return desk.preview.of(...arg)", [form, now])["cost"] for form in forms]
    assert costs == pytest.approx([1050, 1060, 999, 500])


SEEN = {"state": "live", "ageMs": 300, "believable": True, "gone": False, "why": ""}


def test_an_open_breaker_locks_new_orders(scripts: Page) -> None:
    js(scripts, "document.body.innerHTML = '<div class=app data-stale-after-ms=20000></div>'")
    why = "5 orders failed in a row. Orders stop until you reset."
    found = js(scripts, "return desk.lock.judge(...arg)", [SEEN, {"lock": ["", "", False, why], "isOpen": True}])
    assert found == [
        "breaker",
        "5 orders failed in a row. Orders stop until you reset. Closing and canceling still work.",
    ]


def test_who_only_looks_on_is_told_so(scripts: Page) -> None:
    js(scripts, "document.documentElement.dataset.role = 'viewer'")
    found = js(scripts, "return desk.lock.judge(...arg)", [SEEN, {"lock": ["", "", False, ""], "isOpen": True}])
    js(scripts, "delete document.documentElement.dataset.role")
    assert found[0] == "role" and "viewer" in found[1]


def test_a_refusal_for_a_wash_trade_says_what_to_do(scripts: Page) -> None:
    row = [*ORDER[:8], "rejected", None, "potential wash trade detected. use complex orders", *ORDER[11:]]
    words = js(scripts, "return desk.order.words(desk.order.of(arg))", row)
    assert words.startswith("Rejected: potential wash trade") and "cancel it first" in words


def test_an_entry_that_ended_before_its_exits_came_says_so(scripts: Page) -> None:
    row = [*ORDER[:8], "canceled", None, "4 of 10 were filled before the order ended.", *ORDER[11:]]
    words = scripts.evaluate("row => tickdesk.order.words(tickdesk.order.of(row))", row)
    assert words.startswith("Canceled:") and words.endswith("4 of 10 were filled before the order ended.")


@pytest.mark.parametrize(
    ("state", "reason", "told"),
    [
        ("denied", "Quantity 99 is over 10.", "Quantity 99 is over 10."),
        (
            "unknown",
            "",
            "No answer from the broker. Looking the order up; do not send it again. What it may cost stays reserved.",
        ),
        ("unknown", "504.", "504. What it may cost stays reserved."),
        (
            "rejected",
            "potential wash trade detected",
            "potential wash trade detected. You have an open order on the other side",
        ),
        ("filled", "whatever", ""),
        ("canceled", "4 of 10 were filled before the order ended.", "4 of 10 were filled"),
        ("canceled", "", ""),
        ("new", "whatever", ""),
    ],
)
def test_under_an_order_stands_why_it_ended_before_it_was_filled(
    scripts: Page, state: str, reason: str, told: str
) -> None:
    found = js(scripts, "return desk.order.why(arg);", {"state": state, "reason": reason})
    assert found.startswith(told) and bool(found) == bool(told)


@pytest.mark.parametrize(
    ("user", "role", "may"), [("", "instructor", True), ("ines", "instructor", True), ("tom", "trader", False)]
)
def test_who_may_take_the_switch_off_and_reset_the_breaker_is_told(
    scripts: Page, user: str, role: str, may: bool
) -> None:
    body = """Object.assign(document.documentElement.dataset, arg);
    desk.trading.held.lock = ["", "", false, "5 orders failed in a row."];
    return [desk.user.isInstructor(), desk.breaker.words()[2]];"""
    found = js(scripts, body, {"user": user, "role": role})
    assert found == [may, "Reset it when you know why." if may else "An instructor resets it."]
