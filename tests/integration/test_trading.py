"""The desk trades on the practice market: what the journal, the cache and the practice market say afterwards is the same."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import signal
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from alpaca.trading.client import TradingClient

from dashboard.order_access import OrderAccess
from domain.order import DONE, UNSETTLED, Order, OrderType, Side, TimeInForce
from market_cache.reader import MarketReader
from orders.desk import OrderDesk
from orders.ticket import Ticket
from settings import load_settings
from tests.desk import Desk, desk, wait_until

pytestmark = pytest.mark.slow

SYMBOLS = "AAPL", "SPY", "INTC"
CASH = Decimal(100_000)
CENT = Decimal("0.01")


class Trader:
    """One who trades at a desk, as a page would: through the order desk, in a process of its own."""

    def __init__(self, made: Desk) -> None:
        settings = load_settings(made.folder / "none", made.environment)
        self.reader = MarketReader(settings.market_cache_url, settings.mode)
        self.access = OrderAccess(settings, self.reader)
        self.broker: Any = TradingClient("practice", "practice", raw_data=True, url_override=settings.trading_url)

    @property
    def desk(self) -> OrderDesk:
        found = self.access.desk()
        assert found is not None
        return found

    def send(self, symbol: str, side: Side, qty: int, limit: Decimal | None = None, tif: str = "day") -> Order:
        """A new ticket."""
        kind = OrderType.LIMIT if limit is not None else OrderType.MARKET
        ticket = Ticket(symbol, side, Decimal(qty), kind, TimeInForce(tif), limit, uuid.uuid4().hex)
        return self.desk.submit(ticket, f"session {uuid.uuid4().hex}")

    def order(self, client_order_id: str) -> Order:
        found = self.access.journal.order(client_order_id)
        assert found is not None
        return found

    def done(self, client_order_id: str, limit_s: float = 8.0) -> Order:
        """The order once nothing more is expected of it."""
        wait_until(lambda: self.order(client_order_id).state in DONE, limit_s, f"{client_order_id} is done")
        return self.order(client_order_id)

    def price(self, symbol: str, name: str) -> Decimal:
        """The best bid or ask, or the last price, as soon as the cache has one."""
        return wait_until(lambda: self._price(symbol, name), 5, f"{name} of {symbol}")

    def _price(self, symbol: str, name: str) -> Any:
        self.reader.catch_up(force=True)
        latest: Any = self.reader.latest(symbol)
        return Decimal(str(round(float(latest[name]), 2)))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path, SYMBOLS=",".join(SYMBOLS)) as made:
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 60, "ready")
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all that leave it whole."""
    with desk(tmp_path_factory.mktemp("shared"), SYMBOLS=",".join(SYMBOLS)) as made:
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 60, "ready")
        yield made


def test_every_number_agrees_after_500_random_orders_and_two_killed_workers(running: Desk) -> None:
    trader, chance, killed = Trader(running), random.Random(20261120), set()
    for number in range(500):
        if number in (160, 330):
            worker = _worker_other_than(running, killed)
            os.kill(worker, signal.SIGKILL)
            killed.add(worker)
        _one_random_action(trader, chance)
    _worker_other_than(running, killed)
    trader.desk.cancel_all()
    wait_until(lambda: not trader.access.journal.open_orders(trader.desk.account_id), 15, "all orders are done")
    wait_until(lambda: _fills_are_booked(trader), 15, "every fill that an order tells of is booked")
    assert_everything_agrees(running, trader)


def _worker_other_than(running: Desk, killed: set[int]) -> int:
    """The worker that is there now. The last words of one that was killed are believed for some seconds: not by this."""
    status = wait_until(lambda: _ready_without(running, killed), 30, "a worker is there, and ready")
    return int(status["worker"]["pid"])


def _ready_without(running: Desk, killed: set[int]) -> dict[str, Any] | None:
    status = running.status()
    return status if status["ready"] and status["worker"]["pid"] not in killed else None


def _fills_are_booked(trader: Trader) -> bool:
    """An order may be told of as filled (by the answer to its POST) a moment before its fill comes by the stream."""
    journal, account_id = trader.access.journal, trader.desk.account_id
    told = sum((order.filled_qty for order in journal.orders(account_id, 1000)), Decimal(0))
    return told == sum((fill.qty for fill in journal.fills(account_id)), Decimal(0))


def _one_random_action(trader: Trader, chance: random.Random) -> None:
    """A market order, a limit order near the market, or a cancel; some are denied while the worker is dead: that is right."""
    symbol, side, qty = chance.choice(SYMBOLS), chance.choice(list(Side)), chance.randint(1, 40)
    what = chance.random()
    if what < 0.45:
        trader.send(symbol, side, qty)
    elif what < 0.85:
        away = Decimal(chance.randint(-3, 12)) * CENT
        near = trader.price(symbol, "bid_price" if side is Side.BUY else "ask_price")
        trader.send(symbol, side, qty, near - away * side.sign, chance.choice(["day", "gtc", "ioc", "fok"]))
    else:
        for order in trader.access.journal.open_orders(trader.desk.account_id)[:3]:
            trader.desk.cancel(order.client_order_id)


def assert_everything_agrees(running: Desk, trader: Trader) -> None:
    """fills --csv, recomputed by hand, equals positions, cash and profit of desk and practice market, to the cent."""
    rows = list(csv.DictReader(io.StringIO(running.call("fills", "--csv").stdout)))
    assert len(rows) > 50 and len({row["execution_id"] for row in rows}) == len(rows)
    qty, cash = defaultdict(Decimal), CASH
    for row in rows:
        sign = 1 if row["side"] == "buy" else -1
        qty[row["symbol"]] += sign * Decimal(row["qty"])
        cash -= sign * Decimal(row["qty"]) * Decimal(row["price"])
    held = {symbol: amount for symbol, amount in qty.items() if amount}
    theirs = {row["symbol"]: Decimal(row["qty"]) for row in trader.broker.get("/positions")}
    assert theirs == held
    assert Decimal(trader.broker.get("/account")["cash"]).quantize(CENT) == cash.quantize(CENT)
    wait_until(lambda: _published(running, trader) == (held, cash.quantize(CENT)), 5, "the desk shows the same")
    for position in trader.access.journal.positions(trader.desk.account_id).values():
        assert position.qty == held.get(position.symbol, 0)
        assert abs(position.realized - _realized(rows, position.symbol)) < CENT
    _assert_equity_is_cash_and_positions(trader)


def _published(running: Desk, trader: Trader) -> Any:
    trader.reader.catch_up(force=True)
    status = trader.reader.status()
    account = status.account or {"cash": "0"}
    shown = {row["symbol"]: Decimal(row["qty"]) for row in status.positions if Decimal(row["qty"])}
    return shown, Decimal(account["cash"])


def _assert_equity_is_cash_and_positions(trader: Trader) -> None:
    status = trader.reader.status()
    assert status.account is not None
    values = sum((Decimal(row["value"]) for row in status.positions), Decimal(0))
    assert abs(Decimal(status.account["equity"]) - Decimal(status.account["cash"]) - values) <= CENT
    profit = sum((Decimal(row["unrealized"]) + Decimal(row["realized"]) for row in status.positions), Decimal(0))
    assert abs(Decimal(status.account["equity"]) - CASH - profit) <= 3 * CENT


def _realized(rows: list[dict[str, str]], symbol: str) -> Decimal:
    """Realised profit by average cost, with whole fractions of nothing rounded."""
    held, cost, realized = Decimal(0), Decimal(0), Decimal(0)
    for row in rows:
        if row["symbol"] != symbol:
            continue
        signed = Decimal(row["qty"]) * (1 if row["side"] == "buy" else -1)
        price = Decimal(row["price"])
        closing = -signed if abs(signed) <= abs(held) else held
        if held * signed < 0:
            average = cost / held
            realized += closing * (price - average)
            cost -= closing * average
            held -= closing
            signed += closing
        held += signed
        cost += signed * price
    return realized


def test_a_fill_while_the_worker_is_dead_is_booked_when_it_comes_back(running: Desk) -> None:
    trader = Trader(running)
    resting = trader.send("AAPL", Side.BUY, 5, trader.price("AAPL", "bid_price") - Decimal("0.30"))
    wait_until(lambda: trader.order(resting.client_order_id).state == "new", 5, "the order rests")
    worker = running.status()["worker"]["pid"]
    os.kill(worker, signal.SIGSTOP)
    trader.broker.post("/orders", _plain("AAPL", "buy", 3))  # placed elsewhere, filled while nobody listens
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: running.status()["worker"]["pid"] != worker and running.status()["ready"], 20, "back")
    wait_until(lambda: len(trader.access.journal.fills(trader.desk.account_id)) >= 1, 5, "the fill is booked")
    external = [order for order in trader.access.journal.orders(trader.desk.account_id) if order.external]
    assert len(external) == 1 and external[0].state == "filled"
    assert trader.access.journal.positions(trader.desk.account_id)["AAPL"].qty == 3
    assert trader.order(resting.client_order_id).state == "new"


def test_rejections_are_the_brokers_own_words(running: Desk) -> None:
    trader = Trader(running)
    unknown = trader.send("ZZZZ", Side.BUY, 1)
    assert unknown.state == "denied" and "There is no price" in unknown.reason
    running_limits = trader.send("SPY", Side.BUY, 150, trader.price("SPY", "ask_price"))
    assert running_limits.state in {"new", "pending_new", "accepted", "filled", "partially_filled"}
    for _ in range(4):
        last = trader.send("SPY", Side.BUY, 150, trader.price("SPY", "bid_price") - Decimal("2.00"))
    assert last.state in {"denied", "rejected"} and last.reason
    rejected = [order for order in trader.access.journal.orders(trader.desk.account_id) if order.state == "rejected"]
    assert all("buying power" in order.reason for order in rejected)


def test_a_cancel_that_races_a_fill_leaves_one_truth(running: Desk) -> None:
    trader = Trader(running)
    for _ in range(15):
        order = trader.send("AAPL", Side.BUY, 1, trader.price("AAPL", "ask_price"))
        trader.desk.cancel(order.client_order_id)
        assert trader.done(order.client_order_id).state in {"filled", "canceled"}
    bought = sum(order.filled_qty for order in trader.access.journal.orders(trader.desk.account_id))
    theirs = {row["symbol"]: Decimal(row["qty"]) for row in trader.broker.get("/positions")}
    assert theirs.get("AAPL", Decimal(0)) == bought
    wait_until(
        lambda: (
            trader.access.journal.positions(trader.desk.account_id).get("AAPL", None) is None
            or trader.access.journal.positions(trader.desk.account_id)["AAPL"].qty == bought
        ),
        5,
        "the journal has every fill",
    )


def test_kill_denies_entries_cancels_what_works_and_lets_exits_through(shared: Desk) -> None:
    trader = Trader(shared)
    bought = trader.done(trader.send("AAPL", Side.BUY, 5).client_order_id)
    resting = trader.send("AAPL", Side.BUY, 5, trader.price("AAPL", "bid_price") - Decimal("3.00"))
    assert bought.state == "filled"
    answer = shared.call("kill", "on")
    assert answer.returncode == 0 and "on" in answer.stdout
    assert trader.done(resting.client_order_id).state == "canceled"
    assert "kill switch" in trader.send("AAPL", Side.BUY, 1).reason
    exit_order = trader.desk.close("AAPL", uuid.uuid4().hex, "session")
    assert isinstance(exit_order, Order)
    assert trader.done(exit_order.client_order_id).state == "filled"
    assert shared.call("kill", "off").returncode == 0
    assert trader.send("AAPL", Side.BUY, 1).state not in {"denied"} | UNSETTLED


def test_a_kill_file_cancels_too(shared: Desk) -> None:
    trader = Trader(shared)
    resting = trader.send("AAPL", Side.BUY, 5, trader.price("AAPL", "bid_price") - Decimal("3.00"))
    (shared.folder / "data" / "KILL").touch()
    assert trader.done(resting.client_order_id).state == "canceled"
    assert "the file KILL" in trader.send("AAPL", Side.BUY, 1).reason
    assert shared.call("kill", "off").returncode == 1
    (shared.folder / "data" / "KILL").unlink()
    assert trader.send("AAPL", Side.BUY, 1).state != "denied"


def test_the_command_line_orders_and_cancels(shared: Desk) -> None:
    bad = shared.call("order", "buy", "AAPL", "-1")
    assert bad.returncode == 2 and "qty" in bad.stderr and "Traceback" not in bad.stderr
    sent = shared.call("order", "buy", "AAPL", "2", "--limit", "1.00")
    assert '"state": "denied"' in sent.stdout or sent.returncode == 0
    assert shared.call("cancel", "--all").returncode == 0
    assert shared.call("cancel").returncode == 2


def _plain(symbol: str, side: str, qty: int) -> dict[str, str]:
    return {"symbol": symbol, "side": side, "qty": str(qty), "type": "market", "time_in_force": "day"}


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("504_after_accept", "filled"),
        ("reset_after_accept", "filled"),
        ("repeat_trade_update", "filled"),
        ("partial_then_rest", "filled"),
        ("504_before_accept", "unknown"),
    ],
)
def test_a_fault_never_makes_two_orders_or_loses_one(shared: Desk, fault: str, state: str) -> None:
    trader = Trader(shared)
    arm(shared, fault)
    sent = trader.send("SPY", Side.BUY, 7)
    wait_until(lambda: trader.order(sent.client_order_id).state == state, 10, f"{state} after {fault}")
    at_broker = trader.broker.get("/orders", {"status": "all", "limit": "500"})
    placed = [row for row in at_broker if row["client_order_id"] == sent.client_order_id]
    assert len(placed) == (0 if state == "unknown" else 1)
    theirs = {row["symbol"]: Decimal(row["qty"]) for row in trader.broker.get("/positions")}
    wait_until(lambda: booked(trader, "SPY") == theirs.get("SPY", 0), 5, "every fill is booked once")
    if state == "unknown":
        assert "do not send it again" in trader.order(sent.client_order_id).reason


def test_a_fill_after_the_cancel_was_taken_counts(shared: Desk) -> None:
    trader = Trader(shared)
    before = trader.access.journal.positions(trader.desk.account_id).get("INTC")
    held = before.qty if before else Decimal(0)
    resting = trader.send("INTC", Side.BUY, 3, trader.price("INTC", "bid_price") - Decimal("0.50"))
    wait_until(lambda: trader.order(resting.client_order_id).state == "new", 5, "the order rests")
    arm(shared, "fill_after_cancel")
    assert trader.desk.cancel(resting.client_order_id).problem == ""
    assert trader.done(resting.client_order_id).state == "filled"
    wait_until(
        lambda: trader.access.journal.positions(trader.desk.account_id)["INTC"].qty == held + 3, 5, "the fill counts"
    )


def test_a_broker_that_hangs_is_answered_within_12_s(shared: Desk) -> None:
    trader = Trader(shared)
    arm(shared, "hang", seconds=20.0)
    began = time.monotonic()
    sent = trader.send("AAPL", Side.BUY, 1)
    assert time.monotonic() - began < 12
    assert sent.state in UNSETTLED | {"filled", "new", "partially_filled", "pending_new", "accepted"}


def booked(trader: Trader, symbol: str) -> Decimal:
    """Shares bought less shares sold, by the fills of the journal."""
    fills = trader.access.journal.fills(trader.desk.account_id)
    return sum((fill.qty * fill.side.sign for fill in fills if fill.symbol == symbol), Decimal(0))


def arm(made: Desk, fault: str, **more: float) -> None:
    """Ask the practice market to do this wrong once."""
    body = json.dumps({"name": fault, "count": 1, **more}).encode()
    url = f"http://127.0.0.1:{made.simulator_port}/_sim/faults"
    with urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=5) as answer:
        assert answer.status == 200
