"""The actions: what the page may have the desk do, with a real journal and a broker that takes everything."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from broker.order_client import Unclear
from callbacks import blotter, breaker, kill_switch, positions, ticket
from callbacks.action import BUTTON, FAILED, answered
from callbacks.ask import Held
from callbacks.limits import LimitsDesk
from callbacks.trading import TradingDesk, position_row
from domain.errors import TickdeskError
from domain.position import Position
from orders.breaker import count

from .conftest import ACCOUNT, Access, Market

BUY = {"symbol": "AAPL", "side": "buy", "qty": "10", "type": "market", "time_in_force": "day", "limit_price": ""}
NONCE = "0123456789abcdef"


def send(access: Access, **change: Any) -> dict[str, Any]:
    return ticket.submit(access, {"ticket": {**BUY, "nonce": NONCE, **change}}, "session")


@pytest.fixture
def quoted(market: Market) -> Market:
    market.latest["bid_price"], market.latest["ask_price"] = 100.0, 100.1
    market.beat()
    return market


def test_a_ticket_is_one_order_however_often_it_is_posted(quoted: Market, access: Access) -> None:
    first, again = send(access), send(access)
    assert first["order"][1:4] == ["AAPL", "buy", "market"] and first["order"][8] == "new"
    assert again == first and len(access.broker.sent) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"qty": 0}, "qty"),
        ({"qty": [10]}, "qty"),
        ({"qty": float("nan")}, "qty"),
        ({"symbol": "NOPE"}, "symbol"),
        ({"type": "limit", "limit_price": "100.001"}, "limit_price"),
        ({"nonce": None}, "ticket"),
    ],
)
def test_a_bad_ticket_is_told_by_field_and_not_sent(
    quoted: Market, access: Access, change: dict[str, Any], field: str
) -> None:
    assert list(send(access, **change)["errors"]) == [field]
    assert access.broker.sent == []


def test_a_denial_is_an_order_with_its_reason(quoted: Market, access: Access) -> None:
    order = send(access, qty="20000")["order"]
    assert order[8] == "denied" and "20,000 is over 10,000" in order[10] and access.broker.sent == []


def test_without_an_account_the_page_is_told_why(market: Market, access: Access) -> None:
    refused = replace(market.status.trading, why="Alpaca refused the keys (401).")
    market.status = replace(market.status, account=None, trading=refused)
    market.beat()
    for problem in (send(access), positions.close(access, {"flatten": True, "nonce": NONCE}, "session")):
        assert "No account is connected" in problem["problem"] and "refused the keys" in problem["problem"]


def test_a_position_is_closed_by_its_other_side_even_under_kill(quoted: Market, access: Access) -> None:
    with access.journal.writing() as rows:
        rows.put_position(Position(ACCOUNT, "AAPL", Decimal(-30), Decimal(-3000)))
    assert kill_switch.turn(access, {"on": True}, "") == {"kill": BUTTON}
    closed = positions.close(access, {"symbol": "AAPL", "nonce": NONCE + "b"}, "session")
    assert closed["notes"] == [] and [order[2:5] for order in closed["orders"]] == [["buy", "market", 30]]
    assert positions.close(access, {"symbol": "MSFT", "nonce": NONCE}, "session")["notes"]


def test_an_exit_is_a_ticket_like_any_other_under_kill(quoted: Market, access: Access) -> None:
    with access.journal.writing() as rows:
        rows.put_position(Position(ACCOUNT, "AAPL", Decimal(-30), Decimal(-3000)))
    kill_switch.turn(access, {"on": True}, "")
    assert send(access)["order"][8] == "new"
    assert send(access, side="sell", nonce=NONCE + "b")["order"][8] == "denied"


@pytest.mark.parametrize(("posted", "qty"), [({"part": "0.5"}, 15), ({"part": "0.25"}, 8), ({"part": "1"}, 30)])
def test_a_part_of_a_position_is_closed(quoted: Market, access: Access, posted: dict[str, Any], qty: int) -> None:
    with access.journal.writing() as rows:
        rows.put_position(Position(ACCOUNT, "AAPL", Decimal(30), Decimal(3000)))
    closed = positions.close(access, {"symbol": "AAPL", "nonce": NONCE, **posted}, "session")["orders"]
    assert [order[2:5] for order in closed] == [["sell", "market", qty]]


@pytest.mark.parametrize("part", ["0.3", "2", "-1", None, [1], {"a": 1}])
def test_any_other_part_is_refused(quoted: Market, access: Access, part: Any) -> None:
    answer = positions.close(access, {"symbol": "AAPL", "nonce": NONCE, "part": part}, "session")
    assert "could not be read" in answer["problem"] and access.broker.sent == []


def test_a_position_is_turned(quoted: Market, access: Access) -> None:
    with access.journal.writing() as rows:
        rows.put_position(Position(ACCOUNT, "AAPL", Decimal(30), Decimal(3000)))
    turned = positions.close(access, {"symbol": "AAPL", "nonce": NONCE, "reverse": True}, "session")
    assert [order[2:5] for order in turned["orders"]] == [["sell", "market", 30]]
    assert "not flat yet" in turned["notes"][0]  # this broker fills nothing


def test_an_order_is_replaced_or_told_why_not(quoted: Market, access: Access) -> None:
    name = send(access, type="limit", limit_price="99.50")["order"][0]
    change = {"replace": {"id": name, "limit_price": "99.60"}, "nonce": NONCE + "r"}
    assert blotter.act(access, change, "session")["order"][6:9:2] == [99.6, "new"]
    wrong = {"replace": {"id": name, "limit_price": "free"}, "nonce": NONCE + "s"}
    assert list(blotter.act(access, wrong, "session")["errors"]) == ["limit_price"]
    assert "order" in blotter.act(access, {**change, "replace": {"id": "td-none", "qty": "1"}}, "session")["errors"]
    for malformed in ({"replace": 5}, {"replace": {"id": name}}, {"replace": {"id": 7}, "nonce": NONCE}):
        assert "could not be read" in blotter.act(access, malformed, "session")["problem"]


def test_the_orders_of_a_side_are_canceled(quoted: Market, access: Access) -> None:
    name = send(access)["order"][0]
    assert blotter.act(access, {"side": "sell"}, "session")["cancels"] == []
    assert blotter.act(access, {"side": "buy"}, "session")["cancels"] == [[name, ""]]
    assert "could not be read" in blotter.act(access, {"side": "both"}, "session")["problem"]


def test_an_open_breaker_locks_the_page_until_it_is_reset(quoted: Market, access: Access) -> None:
    with access.journal.writing() as rows:
        for _ in range(5):
            count(rows, ACCOUNT, Unclear("No answer."))
    access.reader.catch_up(force=True)
    status = access.reader.status()
    lock = TradingDesk(access).part(status, None)["lock"]
    assert lock[3] == "5 orders failed in a row. The last: No answer. Orders stop until you reset."
    assert TradingDesk(access).limits(status, "AAPL")["breaker"] == [1, 5, 5]
    assert send(access)["order"][8] == "denied"
    assert "could not be read" in breaker.reset(access, {"reset": "yes"}, "")["problem"]
    assert breaker.reset(access, {"reset": True}, "") == {}
    assert TradingDesk(access).part(status, None)["lock"][3] == ""
    assert send(access, nonce=NONCE + "b", qty="11")["order"][8] == "new"


def test_the_use_of_limits_is_reckoned_once_a_second(quoted: Market, access: Access) -> None:
    now = [0.0]
    limits = LimitsDesk(access, lambda: now[0])
    held = lambda: {row[0]: row[1] for row in limits.part(ACCOUNT, "AAPL")["limits"]}["Position in AAPL"]  # noqa: E731
    before = held()
    with access.journal.writing() as rows:
        rows.put_position(Position(ACCOUNT, "AAPL", Decimal(30), Decimal(3000)))
    assert held() == before == 0
    now[0] += 1
    assert held() == pytest.approx(30 * float(quoted.latest["price"][0]))


def test_orders_are_canceled_by_name_and_all_at_once(quoted: Market, access: Access) -> None:
    name = send(access)["order"][0]
    assert blotter.cancel(access, {"ids": [name]})["cancels"] == [[name, ""]]
    assert blotter.cancel(access, {"all": True})["cancels"] == [[name, ""]]
    assert access.broker.canceled == ["id-1", "id-1"]


def test_the_button_does_not_take_off_what_a_file_holds_on(quoted: Market, access: Access, tmp_path: Any) -> None:
    (tmp_path / "KILL").touch()
    answer = kill_switch.turn(access, {"on": False}, "")
    assert answer["kill"] == "by the file KILL" and "still on by the file KILL" in answer["problem"]


@pytest.mark.parametrize("posted", [{}, {"ids": []}, {"ids": [1]}, {"ids": "all"}, {"ids": ["x"] * 51}, {"all": 1}])
def test_a_malformed_cancel_is_a_problem(quoted: Market, access: Access, posted: dict[str, Any]) -> None:
    assert blotter.cancel(access, posted)["problem"]


def test_what_fails_is_told_in_words(quoted: Market) -> None:
    def fail(posted: dict[str, Any], session: str) -> dict[str, Any]:
        raise posted["error"]

    assert answered({"n": 7, "error": TickdeskError("The journal is busy.")}, fail, "") == {
        "n": 7,
        "problem": "The journal is busy.",
    }
    assert answered({"error": KeyError("secret")}, fail, "") == {"n": 0, "problem": FAILED}
    assert answered("x" * 100, lambda posted, session: posted, "") == {"n": 0}


def test_orders_come_once_and_whole_for_who_holds_nothing(quoted: Market, access: Access) -> None:
    trading = TradingDesk(access)
    access.reader.catch_up(force=True)
    status = access.reader.status()
    nothing = trading.part(status, None)["orders"]
    assert nothing["whole"] and nothing["rows"] == []
    send(access)
    held = Held(ACCOUNT, nothing["change"])
    news = TradingDesk(access).part(status, None)["orders"]
    assert news["whole"] and len(news["rows"]) == 1
    assert trading._feed.since(ACCOUNT, held.change, force=True).orders
    quiet = trading.part(status, Held(ACCOUNT, news["change"]))
    assert quiet["orders"] is None
    assert quiet["account"] == [100177.0, 177.0, 92494.0, 100000.0] and quiet["lock"] == ["", "", False, ""]
    assert len(json.dumps(quiet, separators=(",", ":"))) < 300


def test_a_page_of_another_account_gets_a_whole_window(quoted: Market, access: Access) -> None:
    access.reader.catch_up(force=True)
    assert TradingDesk(access).part(access.reader.status(), Held("other", 5))["orders"]["whole"]


def test_a_journal_that_cannot_be_read_leaves_the_market(quoted: Market, access: Access) -> None:
    access.reader.catch_up(force=True)
    broken: Any = type("Broken", (), {"on_by": lambda self: 1 / 0})()
    access.kill = broken
    part = TradingDesk(access).part(access.reader.status(), None)
    assert part["orders"] is None and "cannot be read" in part["lock"][1]


def test_a_position_is_a_short_row() -> None:
    told = {"symbol": "AAPL", "qty": "-30", "avg_entry_price": "100.5", "last": "100", "value": "-3000.00"}
    assert position_row({**told, "unrealized": "15.00", "realized": "0.00"}) == [
        "AAPL",
        -30,
        100.5,
        100.0,
        15.0,
        0.0,
        0,
    ]
