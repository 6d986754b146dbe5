"""A replay comes to the same as what was done live, however often the tape was asked to go on, and whatever was done."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from domain.session import NS_PER_SECOND
from simulator.action import Action, ActionError, read_actions, written
from simulator.exchange import Exchange
from simulator.fault import Faults
from simulator.logged_floor import LoggedFloor
from simulator.market import FillModel, Market
from simulator.practice_db import PracticeDb
from simulator.rejection import Rejection
from simulator.replay import Replay, ReplayError
from simulator.replay_keeper import ReplayKeeper
from simulator.replay_report import TapeMark, report_of
from simulator.request_body import parse_body
from simulator.tape import read_tape
from simulator.tape_market import tape_markets
from simulator.tape_play import TapePlay
from simulator.ticket import parse_ticket
from simulator.trader import Trader
from tests.desk import ROOT
from tests.tapes import write_tape


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tape(tmp_path_factory.mktemp("tape") / "tape.csv.gz", minutes=12)


class Live:
    """A tape with orders on it as a server has them: it goes on when a restless clock asks it to."""

    def __init__(self, path: Path, seed: int, fill_model: FillModel = "quote") -> None:
        events = read_tape(path)
        self.mark, self.random, self._now = TapeMark.of(path, events), Random(seed), 0
        self.log: list[Action] = []
        shares, _ = tape_markets(events, 1.0, lambda: self._now)
        self.market, self.fill_model = Market(shares, fill_model), fill_model
        self.floor = LoggedFloor(
            [Exchange(self.market)], PracticeDb(None), lambda account, update: None, Faults(), self.log.append
        )
        self.play = TapePlay([self.market], self.floor)
        self.traders = [self.floor.open_account(f"key-{number}", "secret", 50_000) for number in range(2)]
        self.floor.resume()
        shares.start()

    def go_on(self, seconds: float) -> None:
        """As the pump does it."""
        self._now += int(seconds * NS_PER_SECOND)
        for _ in self.play.play(self.market.now()):
            pass
        self.floor.turn()

    def submit(self, trader: Trader, **fields: Any) -> None:
        body = parse_body(json.dumps({"symbol": "TAPE", "time_in_force": "day", **fields}).encode())
        self.floor.submit(trader, parse_ticket(body, self.floor.listings))

    def act(self) -> None:
        """Something that a student might do."""
        random, trader = self.random, self.random.choice(self.traders)
        last, side = float(self.floor.prices.last("TAPE")), random.choice(("buy", "sell"))
        near, open_orders = round(last * random.uniform(0.9995, 1.0005), 2), list(trader.open_orders.values())
        qty = random.choice((1, 50, 400, "2.5"))
        deeds = [
            lambda: self.submit(trader, side=side, qty=qty, type="market"),
            lambda: self.submit(trader, side=side, qty=qty, type="limit", limit_price=near),
            lambda: self.submit(trader, side=side, qty=100, type="stop", stop_price=near),
            lambda: self.submit(trader, side=side, qty=100, type="trailing_stop", trail_price=0.05),
            lambda: self.submit(
                trader, side="buy", qty=100, type="limit", limit_price=near, order_class="bracket",
                take_profit={"limit_price": round(near + 0.05, 2)}, stop_loss={"stop_price": round(near - 0.05, 2)},
            ),
            lambda: open_orders and self.floor.cancel(random.choice(open_orders)),
            lambda: open_orders and self.floor.replace(random.choice(open_orders), parse_body(b'{"limit_price": "1.5"}')),
            self.halt,
        ]  # fmt: skip
        with contextlib.suppress(Rejection):
            random.choice(deeds)()

    def halt(self) -> None:
        halted = self.market.halted
        halted.clear() if halted else halted.add("TAPE")
        self.floor.note_halts()

    def report(self) -> dict[str, Any]:
        return report_of(self.floor, self.mark, self.fill_model)


def live(tape: Path, seed: int, *, pace: float, fill_model: FillModel = "quote") -> Live:
    """A whole session, asked to go on in pieces of random length."""
    session = Live(tape, seed, fill_model)
    while session.market.is_open():
        session.go_on(session.random.expovariate(1 / pace))
        if session.random.random() < 0.5:
            session.act()
    session.go_on(5)
    session.floor.end()
    return session


@pytest.mark.parametrize("fill_model", ["quote", "queue"])
@pytest.mark.parametrize(("seed", "pace"), [(1, 0.5), (6, 4.0), (4, 12.0)])
def test_the_log_replayed_has_the_same_hash(tape, tmp_path, seed, pace, fill_model):
    session = live(tape, seed, pace=pace, fill_model=fill_model)
    report = session.report()
    fills = sum(len(account["fills"]) for account in report["accounts"])
    states = {order["status"] for account in report["accounts"] for order in account["orders"]}
    assert fills > 4 and {"filled", "canceled"} <= states
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"".join(map(written, session.log)))
    again = Replay(tape, fill_model).run(read_actions(log))
    assert again == report and report["fill_model"] == fill_model


def test_without_one_of_the_actions_the_hash_is_another(tape):
    session = Live(tape, 1)
    for side in ("buy", "sell"):
        session.go_on(40)
        session.submit(session.traders[1], side=side, qty=50, type="market")
    session.go_on(20)
    session.floor.end()
    report = session.report()
    less = [action for action in session.log if action.fields.get("side") != "sell"]
    assert len(report["accounts"][1]["fills"]) == 2 and len(less) == len(session.log) - 1
    assert Replay(tape).run(session.log)["hash"] == report["hash"] != Replay(tape).run(less)["hash"]


def test_another_tape_has_another_hash(tape, tmp_path):
    other = write_tape(tmp_path / "other.csv.gz", minutes=12, seed=8)
    assert Replay(tape).run([])["hash"] == Replay(tape).run([])["hash"] != Replay(other).run([])["hash"]


def test_a_jump_is_replayed_too(tape, tmp_path):
    session = Live(tape, 4)
    session.go_on(60)
    session.submit(session.traders[0], side="buy", qty=100, type="market")
    session.go_on(30)
    session.market.source.time.jump(session.market.source.begins_at + 20 * NS_PER_SECOND)
    session.market.begin_again()
    session.floor.go_elsewhere()
    session.submit(session.traders[0], side="sell", qty=100, type="limit", limit_price=1)
    session.go_on(40)
    session.floor.end()
    report = session.report()
    assert len(report["accounts"][0]["fills"]) >= 2
    assert Replay(tape).run(session.log) == report


def test_a_log_by_hand(tape, tmp_path):
    begins = Replay(tape).floor.market.source.begins_at
    log = tmp_path / "mine.jsonl"
    order = {"symbol": "TAPE", "side": "buy", "qty": 10, "type": "market", "time_in_force": "day"}
    lines = [
        {"at": begins + 30 * NS_PER_SECOND, "do": "submit", "fields": order},
        {"at": "2012-06-21T16:25:00Z", "do": "submit", "fields": {**order, "side": "sell", "qty": 4}},
        {"at": "2012-06-21T16:25:00Z", "do": "submit", "fields": {**order, "qty": 10_000_000}},
    ]
    log.write_text("\n\n".join(map(json.dumps, lines)))
    replay = Replay(tape)
    (account,) = replay.run(read_actions(log))["accounts"]
    assert [(order["side"], order["status"]) for order in account["orders"]] == [("buy", "filled"), ("sell", "filled")]
    assert account["positions"][0]["qty"] == "6" and account["profit"] != "0"
    assert replay.refused == ["action 3 (submit): insufficient buying power"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('{"do": "submit"}', "at"),
        ('{"at": 5, "do": "dance"}', "dance"),
        ('{"at": "2012-06-21T16:25:00", "do": "turn"}', "needs a zone"),
        ('{"at": "noon", "do": "turn"}', "noon"),
        ('{"at": 5, "do": "turn", "when": 3}', "when"),
        ("nothing", "line 2"),
    ],
)
def test_what_is_wrong_with_a_log_is_named(tmp_path, line, text):
    log = tmp_path / "log.jsonl"
    log.write_text(f"\n{line}\n")
    with pytest.raises(ActionError, match="line 2") as caught:
        read_actions(log)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (Action(at=5, do="turn"), "before"),
        (Action(at=2**61, do="cancel", number=9), "order 9"),
        (Action(at=2**61, do="close", account=3), "account 3"),
    ],
)
def test_what_cannot_be_done_is_named(tape, action, text):
    with pytest.raises(ReplayError, match=rf"action 1 \({action.do}\).*{text}"):
        Replay(tape).run([action])


def test_a_keeper_writes_only_when_something_was_done(tape, tmp_path):
    session = Live(tape, 5)
    keeper = ReplayKeeper(tmp_path / "replays", session.mark, "quote")
    keeper.note(Action(at=1, do="open"))
    assert keeper.close(session.floor) is None and not (tmp_path / "replays").exists()


def test_the_command_prints_the_same_report_again(tape, tmp_path):
    session = live(tape, 6, pace=10.0)
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"".join(map(written, session.log)))
    command = [sys.executable, str(ROOT / "tickdesk.py"), "replay", str(tape), "--actions", str(log)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["hash"] == session.report()["hash"]
    (kept,) = (tmp_path / "data" / "replays").glob("*.json")
    assert json.loads(kept.read_text()) == printed and kept.stat().st_mode & 0o077 == 0
    wrong = subprocess.run([*command[:-1], str(tape)], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert wrong.returncode == 2 and "line 1" in wrong.stderr
