"""Every type of order through the whole desk on the practice market: what the journal says is what the broker says."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from domain.order import DONE, Order, Side
from orders.ticket import parse_ticket
from tests.desk import Desk, desk, wait_until
from tests.integration.test_trading import Trader

pytestmark = pytest.mark.slow

SYMBOLS = "AAPL", "SPY", "INTC", "MSFT", "BTC/USD"
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk; every test leaves it flat and without open orders."""
    with desk(tmp_path_factory.mktemp("types"), SYMBOLS=",".join(SYMBOLS)) as made:
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 60, "ready")
        yield made


class Types(Trader):
    """One who sends every type."""

    def ask(self, symbol: str, side: str, qty: Any = 10, kind: str = "market", **fields: Any) -> Order:
        """A ticket as a form posts it; it must not be denied."""
        form = {"symbol": symbol, "side": side, "qty": qty, "type": kind, "time_in_force": "day", **fields}
        ticket, errors = parse_ticket({**form, "nonce": uuid.uuid4().hex})
        assert ticket is not None, errors
        sent = self.desk.submit(ticket, f"session {uuid.uuid4().hex}")
        assert sent.state not in ("denied", "rejected"), sent.reason
        return sent

    def bid(self, symbol: str) -> Decimal:
        return self.price(symbol, "bid_price")

    def ask_price(self, symbol: str) -> Decimal:
        return self.price(symbol, "ask_price")

    def held(self, symbol: str) -> Decimal:
        position = self.access.journal.positions(self.desk.account_id).get(symbol)
        return position.qty if position else Decimal(0)

    def state(self, client_order_id: str, *states: str) -> Order:
        """The order once it is in one of the states."""
        wait_until(lambda: self.order(client_order_id).state in states, 8, f"{client_order_id} is {states}")
        return self.order(client_order_id)

    def legs(self, order_id: str) -> dict[str, Order]:
        """The legs of an order by their type."""
        orders = self.access.journal.orders(self.desk.account_id)
        return {each.type: each for each in orders if each.parent_id == order_id}

    def theirs(self, order: Order) -> dict[str, Any]:
        """The order as the practice market tells of it."""
        told: dict[str, Any] = self.broker.get_order_by_id(order.order_id)
        return told


@pytest.fixture(scope="module")
def only_trader(running: Desk) -> Types:
    return Types(running)


@pytest.fixture
def trader(only_trader: Types) -> Iterator[Types]:
    yield only_trader
    made = only_trader
    made.desk.flatten(uuid.uuid4().hex, f"session {uuid.uuid4().hex}")
    wait_until(lambda: not made.access.journal.open_orders(made.desk.account_id), 8, "no open orders")
    wait_until(lambda: not any(made.held(symbol) for symbol in SYMBOLS), 8, "flat")


def test_a_stop_waits_at_its_price_and_fills_where_it_is_triggered(trader: Types) -> None:
    away = trader.ask("AAPL", "buy", 10, "stop", stop_price=str(trader.ask_price("AAPL") + 20))
    waiting = trader.state(away.client_order_id, "new")
    assert trader.theirs(waiting)["stop_price"] and waiting.filled_qty == 0
    at_once = trader.ask("SPY", "buy", 2, "stop", stop_price=str(trader.bid("SPY") - 5))
    assert trader.done(at_once.client_order_id).state == "filled"


def test_a_stop_limit_and_both_trailing_stops_wait(trader: Types) -> None:
    stop = trader.ask_price("AAPL") + 10
    limit = trader.ask("AAPL", "buy", 5, "stop_limit", stop_price=str(stop), limit_price=str(stop + 1))
    trader.ask("SPY", "buy", 10)
    wait_until(lambda: trader.held("SPY") == 10, 8, "held")
    by_price = trader.ask("SPY", "sell", 4, "trailing_stop", trail_price="9.5")
    by_percent = trader.ask("SPY", "sell", 4, "trailing_stop", trail_percent="5")
    for each in (limit, by_price, by_percent):
        trader.state(each.client_order_id, "new")
    told = trader.theirs(by_price)
    assert Decimal(told["hwm"]) - Decimal(told["stop_price"]) == Decimal("9.5")
    assert trader.theirs(by_percent)["trail_percent"] in ("5", "5.0") and not trader.theirs(limit)["filled_avg_price"]


def test_parts_of_a_share_and_an_amount_of_money_are_filled(trader: Types) -> None:
    part = trader.done(trader.ask("AAPL", "buy", "1.5").client_order_id)
    assert (part.state, part.filled_qty) == ("filled", Decimal("1.5"))
    money = trader.done(trader.ask("SPY", "buy", "", notional="250").client_order_id)
    assert money.state == "filled" and money.qty == money.filled_qty > 0 and money.filled_avg_price
    assert abs(money.filled_qty * money.filled_avg_price - 250) < CENT
    wait_until(lambda: trader.held("SPY") == money.filled_qty and trader.held("AAPL") == Decimal("1.5"), 8, "booked")


def test_a_part_of_a_coin_is_bought_and_sold(trader: Types) -> None:
    bought = trader.done(trader.ask("BTC/USD", "buy", "0.0125", time_in_force="gtc").client_order_id)
    assert (bought.state, bought.filled_qty) == ("filled", Decimal("0.0125"))
    wait_until(lambda: trader.held("BTC/USD") > 0, 8, "held")
    closed = trader.desk.close("BTC/USD", uuid.uuid4().hex, "s", Decimal("0.5"))
    assert isinstance(closed, Order) and trader.done(closed.client_order_id).state == "filled", closed


def test_a_bracket_brings_its_exits_which_live_when_the_entry_is_filled(trader: Types) -> None:
    price = trader.ask_price("MSFT")
    exits = {"take_profit_price": str(price + 30), "stop_loss_price": str(price - 30)}
    entry = trader.ask("MSFT", "buy", 10, order_class="bracket", **exits)
    assert trader.done(entry.client_order_id).state == "filled"
    wait_until(lambda: set(trader.legs(entry.order_id)) == {"limit", "stop"}, 8, "both legs")
    gain, loss = trader.legs(entry.order_id)["limit"], trader.legs(entry.order_id)["stop"]
    assert not gain.external and trader.state(gain.client_order_id, "new").side is Side.SELL
    assert trader.order(loss.client_order_id).state in ("held", "new")
    closed = trader.desk.close("MSFT", uuid.uuid4().hex, "s")
    assert isinstance(closed, Order) and trader.done(closed.client_order_id).state == "filled", closed
    for leg in (gain, loss):
        trader.state(leg.client_order_id, "canceled")
    wait_until(lambda: not trader.held("MSFT"), 8, "flat")


def test_a_bracket_that_is_canceled_takes_its_exits_with_it(trader: Types) -> None:
    price = trader.bid("INTC") - 2
    exits = {"take_profit_price": str(price + 5), "stop_loss_price": str(price - 1)}
    entry = trader.ask("INTC", "buy", 10, "limit", limit_price=str(price), order_class="bracket", **exits)
    wait_until(lambda: len(trader.legs(entry.order_id)) == 2, 8, "both legs")
    assert {each.state for each in trader.legs(entry.order_id).values()} == {"held"}
    trader.state(entry.client_order_id, "new")
    assert [each.problem for each in trader.desk.cancel_all()] == [""]
    for leg in trader.legs(entry.order_id).values():
        trader.state(leg.client_order_id, "canceled")


def test_an_oto_brings_one_exit(trader: Types) -> None:
    entry = trader.ask("AAPL", "buy", 10, order_class="oto", stop_loss_price=str(trader.bid("AAPL") - 20))
    trader.done(entry.client_order_id)
    wait_until(lambda: set(trader.legs(entry.order_id)) == {"stop"}, 8, "the leg")
    trader.state(trader.legs(entry.order_id)["stop"].client_order_id, "new")


def test_of_an_exit_pair_one_fill_ends_the_other(trader: Types) -> None:
    trader.ask("AAPL", "buy", 10)
    wait_until(lambda: trader.held("AAPL") == 10, 8, "held")
    bid = trader.bid("AAPL")
    prices = {"take_profit_price": str(bid + 20), "stop_loss_price": str(bid - 20)}
    pair = trader.ask("AAPL", "sell", 10, "limit", order_class="oco", **prices)
    wait_until(lambda: len(trader.legs(pair.order_id)) == 1, 8, "its stop")
    (loss,) = trader.legs(pair.order_id).values()
    trader.state(pair.client_order_id, "new")
    moved = trader.desk.replace(pair.client_order_id, {"limit_price": str(bid - 1), "nonce": uuid.uuid4().hex}, "s")
    assert isinstance(moved, Order), moved
    assert trader.done(moved.client_order_id).state == "filled", "a sale below the market is filled at once"
    assert trader.done(loss.client_order_id).state in ("canceled", "replaced")
    wait_until(lambda: trader.held("AAPL") == 0, 8, "flat, and sold once")
    wait_until(lambda: not trader.access.journal.open_orders(trader.desk.account_id), 8, "nothing is left")


def test_a_replaced_order_gives_way_to_the_new_one(trader: Types) -> None:
    bid = trader.bid("AAPL")
    old = trader.ask("AAPL", "buy", 10, "limit", limit_price=str(bid - 10))
    trader.state(old.client_order_id, "new")
    nonce = uuid.uuid4().hex
    change = {"limit_price": str(bid - 11), "qty": "7", "nonce": nonce}
    new = trader.desk.replace(old.client_order_id, change, "s")
    assert isinstance(new, Order) and new.replaces == old.order_id, new
    was = trader.state(old.client_order_id, "replaced")
    now = trader.state(new.client_order_id, "new")
    assert was.replaced_by == now.order_id and (now.qty, now.limit_price) == (7, bid - 11)
    told = trader.theirs(now)
    assert (Decimal(told["qty"]), Decimal(told["limit_price"]), told["replaces"]) == (7, bid - 11, old.order_id)
    again = trader.desk.replace(old.client_order_id, change, "s")
    assert isinstance(again, Order) and again.client_order_id == new.client_order_id
    other = trader.desk.replace(old.client_order_id, {**change, "nonce": uuid.uuid4().hex}, "s")
    assert other == {"order": "The order is replaced already."}


def test_a_position_is_closed_by_parts_and_reversed(trader: Types) -> None:
    trader.ask("SPY", "buy", 8)
    wait_until(lambda: trader.held("SPY") == 8, 8, "held")
    for fraction, left in (("0.25", 6), ("0.5", 3)):
        trader.desk.close("SPY", uuid.uuid4().hex, f"session {fraction}", Decimal(fraction))
        wait_until(lambda left=left: trader.held("SPY") == left, 8, "a part is closed")  # type: ignore[misc]
    closed, opened = trader.desk.reverse("SPY", uuid.uuid4().hex, "s")
    assert isinstance(closed, Order) and isinstance(opened, Order), opened
    wait_until(lambda: trader.held("SPY") == -3, 8, "the other side")


def test_what_alpaca_would_refuse_is_refused_before_it_is_sent(trader: Types) -> None:
    before = len(trader.broker.get_orders())
    form = {
        "symbol": "AAPL",
        "side": "buy",
        "qty": "1.5",
        "type": "limit",
        "limit_price": "100",
        "time_in_force": "gtc",
    }
    assert parse_ticket({**form, "nonce": uuid.uuid4().hex})[1] == {
        "time_in_force": "Fractional orders must be DAY orders."
    }
    assert len(trader.broker.get_orders()) == before


def test_the_command_line_knows_every_type(running: Desk, trader: Types) -> None:
    def call(*words: str) -> tuple[int, Any]:
        made = running.call(*words)
        assert made.returncode in (0, 1), made.stderr
        return made.returncode, json.loads(made.stdout)

    bid = trader.bid("AAPL")
    code, stop = call("order", "buy", "aapl", "3", "--stop", str(bid + 10), "--limit", str(bid + 11), "--tif", "gtc")
    assert (code, stop["type"]) == (0, "stop_limit")
    code, entry = call("order", "buy", "AAPL", "4", "--take-profit", str(bid + 30), "--stop-loss", str(bid - 30))
    assert code == 0 and trader.done(entry["client_order_id"]).order_class == "bracket"
    trader.state(stop["client_order_id"], "new")
    code, new = call("replace", stop["client_order_id"], "--qty", "2")
    assert (code, new["qty"]) == (0, "2"), new["reason"]
    trader.state(new["client_order_id"], "new")
    code, canceled = call("cancel", "--side", "buy")
    assert code == 0 and [each["client_order_id"] for each in canceled] == [new["client_order_id"]]
    assert call("close", "AAPL", "--percent", "50")[0] == 0
    wait_until(lambda: trader.held("AAPL") == 2, 8, "half is closed")
    code, both = call("reverse", "AAPL")
    assert code == 0 and [each["side"] for each in both] == ["sell", "sell"], both
    wait_until(lambda: trader.held("AAPL") == -2, 8, "reversed")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("order", "buy", "AAPL", "1.5", "--limit", "100", "--tif", "gtc"), "Fractional orders must be DAY orders."),
        (("order", "buy", "AAPL", "1", "--stop", "5", "--trail", "1"), "stop_price"),
        (("replace", "td-nothing", "--qty", "1"), "no such order"),
        (("close", "AAPL", "--percent", "0"), "--percent"),
        (("cancel", "--side", "up"), "--side"),
    ],
    ids=str,
)
def test_the_command_line_says_what_is_wrong(running: Desk, words: tuple[str, ...], told: str) -> None:
    made = running.call(*words)
    assert made.returncode == 2 and told in made.stderr and "Traceback" not in made.stderr


def test_the_journal_ends_as_the_broker_does(trader: Types) -> None:
    """After all of it: every order that the practice market has is in the journal, in the same state."""
    orders = {
        each.order_id: each for each in trader.access.journal.orders(trader.desk.account_id, 1000) if each.order_id
    }
    theirs = trader.broker.get("/orders", {"status": "all", "limit": "500"})
    assert len(theirs) > 20
    assert {row["id"]: row["status"] for row in theirs} == {row["id"]: orders[row["id"]].state for row in theirs}
    assert all(orders[row["id"]].state in DONE for row in theirs)
    assert not [each for each in orders.values() if each.external]
