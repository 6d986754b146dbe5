"""Killed at every named point of the order path: the next process settles it, and journal and broker agree to the share."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from domain.order import DONE, UNSETTLED
from orders.client_id import client_order_id
from orders.crash_point import KILLED
from orders.journal import Journal
from tests.order_crash import (
    INTC,
    Life,
    Place,
    crash_points,
    first_life,
    life_of_a_change,
    misbehave,
    second_life,
    tickets,
)
from tests.referee import Referee

pytestmark = pytest.mark.slow

POINTS = crash_points()
OF_A_CHANGE = [
    *(
        "before_intent_commit",
        "after_intent_commit",
        "after_claim_commit",
        "before_post",
        "after_post",
        "after_look_up",
    ),
    *("before_answer_commit", "after_answer_commit"),
]
"""The points that the change of an order passes; it goes the same way as an order."""

AT_ONCE = 5
"""Lives mostly wait; so many go on beside each other."""

PROCESSES = multiprocessing.get_context("forkserver")


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[str]]]:
    """What was wrong after a death at each point, all begun at once."""
    PROCESSES.set_forkserver_preload(["tests.order_crash"])
    lives = {point: first_life for point in POINTS} | {f"change {point}": life_of_a_change for point in OF_A_CHANGE}
    folders = {name: tmp_path_factory.mktemp(name.replace(" ", "_")) for name in lives}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(death_at, name.split()[-1], folders[name], life) for name, life in lives.items()}


def test_there_are_points_enough_and_each_has_one_place() -> None:
    assert len(POINTS) >= 25
    assert not [name for name, times in Counter(POINTS).items() if times > 1]


@pytest.mark.parametrize("point", POINTS)
def test_a_death_is_settled(ends: dict[str, Future[str]], point: str) -> None:
    assert ends[point].result() == ""


@pytest.mark.parametrize("point", OF_A_CHANGE)
def test_a_death_while_an_order_is_changed_is_settled(ends: dict[str, Future[str]], point: str) -> None:
    assert ends[f"change {point}"].result() == ""


def death_at(point: str, folder: Path, life: Life) -> str:
    """Live, die at the point, live again; what is wrong then, or nothing."""
    with Referee() as referee:
        misbehave(referee, changes=life is life_of_a_change and point == "after_look_up")
        place = Place(referee.url, referee.stream_url, referee.account_id, folder)
        code = run(life, place, point)
        if code != KILLED:
            return f"the first life ended with {code}"
        referee.forgive()
        code = run(second_life, place)
        return judge(referee, folder) if code == 0 else f"the second life ended with {code}"


def run(life: Life, *arguments: Any) -> int | None:
    """The exit code of a life in a process of its own."""
    process = PROCESSES.Process(target=life, args=arguments)
    process.start()
    process.join(40)
    if process.exitcode is None:
        process.kill()
        process.join()
    return process.exitcode


def judge(referee: Referee, folder: Path) -> str:
    """How the journal differs from the broker's books, or nothing."""
    journal = Journal(f"sqlite:///{folder / 'journal.db'}")
    ours = {order.client_order_id: order for order in journal.orders(referee.account_id)}
    wanted = {client_order_id(referee.account_id, each) for each in [*tickets(), INTC]}
    wanted |= {order.client_order_id for order in ours.values() if order.replaces and not order.external}
    changes = Counter(kept.changes["replaces"] for kept in referee.orders.values() if kept.changes.get("replaces"))
    theirs = Counter(kept.client_order_id for kept in referee.orders.values())
    fills = Counter(fill.execution_id for fill in journal.fills(referee.account_id))
    executed = Counter(done.id for done in referee.executions)
    held = {symbol: row.qty for symbol, row in journal.positions(referee.account_id).items() if row.qty}
    answered = (folder / "answered").read_text().split() if (folder / "answered").exists() else []
    ends = {kept.client_order_id: (kept.status in DONE, kept.filled_qty) for kept in referee.orders.values()}
    told = {key: (ours[key].state in DONE, ours[key].filled_qty) for key in ends if key in ours}
    journal.close()
    wrong = {
        "duplicates": {key for key, times in (theirs + changes).items() if times > 1},
        "orders that nobody wanted": theirs.keys() - wanted,
        "own orders taken for those of others": {
            key for key in wanted & theirs.keys() if key in ours and ours[key].external
        },
        "orders that the journal does not have": theirs.keys() - ours.keys(),
        "answers that the journal does not have": set(answered) - ours.keys(),
        "unsettled": {key for key, order in ours.items() if order.state in UNSETTLED},
        "fills": {key for key in fills.keys() | executed.keys() if fills[key] != executed[key]},
        "positions": {} if held == {symbol: qty for symbol, (qty, _) in referee.positions().items()} else held,
        "ends": {key for key in ends if told.get(key) != ends[key]},
    }
    return "; ".join(f"{what}: {which}" for what, which in wrong.items() if which)
