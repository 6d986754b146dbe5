"""Two lives of a desk on the referee's account: the first dies at a crash point, the second settles what it left behind.

Each runs in a process of its own, forked from a server that has imported everything already.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import orders.unknown_orders as unknown_orders
import stream_worker.trading as trading_module
from domain.order import DONE, INTENT, SENDING, UNSETTLED
from orders.crash_point import arm
from orders.reconcile import COMPARED
from orders.ticket import Ticket
from stream_worker.kill_watch import KillWatch
from tests.desk import ROOT
from tests.order_bench import Bench, until
from tests.referee import Fault, Kept, Referee
from tests.unit.orders.samples import ticket

NAMED: Final = re.compile(r'crash_point\("([a-z_]+)"\)')

POSTS: Final[list[Fault]] = ["none", "504 after", "504 after", "403", "429", "504 before"]
"""What the referee does with the first POSTs; none of them twice, so that what is sent again arrives."""

UNTOLD: Final = "12"
"""The quantity of the one order of which no update comes: a look-up finds it."""

LOOK_UPS: Final[list[Fault]] = ["none", "502 html"]


def crash_points() -> list[str]:
    """Every crash point in the source, by name; a name stands for one place."""
    rooms = "orders", "stream_worker", "broker"
    texts = [path.read_text() for room in rooms for path in sorted((ROOT / room).glob("*.py"))]
    return [name for text in texts for name in NAMED.findall(text)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a life takes place: what a process must know of the referee, and its folder."""

    url: str
    stream_url: str
    account_id: str
    folder: Path


def tickets() -> list[Ticket]:
    """One ticket for each fate of a POST, and two that rest: SPY is never filled to the end."""
    bought = [ticket(nonce=f"ticket-{number}", qty=Decimal(10 + number)) for number in range(len(POSTS))]
    return [
        *bought,
        *(ticket(nonce=f"resting-{number}", symbol="SPY", qty=Decimal(20 + number)) for number in range(2)),
    ]


INTC: Final = ticket(symbol="INTC", nonce="ticket-of-intc")
"""The order that is changed."""


def misbehave(referee: Referee, changes: bool = False) -> None:
    """What the referee does to the first life; `changes`: to the one that changes an order."""
    if changes:
        referee.fault("PATCH /v2/orders", "504 after")
    referee.fault("POST /v2/orders", *POSTS)
    referee.fault("GET /v2/orders:by_client_order_id", *LOOK_UPS)
    referee.holdings["MSFT"] = (Decimal(5), Decimal(250))
    referee.after_accept = lambda kept: execute(referee, kept)
    referee.deliver = lambda frame: [] if frame["data"]["order"]["qty"] == UNTOLD else [frame]


def execute(referee: Referee, kept: Kept) -> None:
    """Three are filled at once, told twice; then the rest, which is told once. Of SPY three only, which nobody is told.
    Nothing of INTC."""
    if kept.symbol == "INTC":
        return
    resting = kept.symbol == "SPY"
    referee.fill(kept, "3", "100", times=0 if resting else 2)
    if not resting:
        referee.fill(kept, kept.qty - 3, "101", times=1)


def first_life(place: Place, point: str) -> None:
    """Everything that a desk does, until it dies at the point."""
    arm(point)
    hurry()
    asyncio.run(_trade(place))


def life_of_a_change(place: Place, point: str) -> None:
    """An order is placed, and then changed, until it dies at the point."""
    hurry()
    asyncio.run(_change(place, point))


def second_life(place: Place) -> None:
    """A restart: the same tickets again, as a page repeats them, and everything is settled."""
    hurry()
    asyncio.run(_settle(place))


def hurry() -> None:
    """The same waits, but short ones. Only for a process that ends soon."""
    unknown_orders.ABSENT_S = 0.3  # type: ignore[misc]
    unknown_orders.RATE_LIMIT_S = 0.3  # type: ignore[misc]
    unknown_orders.PATIENCE_S.update({INTENT: 0.6, SENDING: 0.6})
    trading_module.RECONCILE_S = 0.7  # type: ignore[misc]
    trading_module.SETTLE_S = 0.05  # type: ignore[misc]


async def _trade(place: Place) -> None:
    bench: Any = Bench(place, place.folder)  # type: ignore[arg-type]
    async with bench.trading() as made:
        await until(lambda: made.reconciled, "compared")
        for each in tickets():
            order = await asyncio.to_thread(bench.submit, each)
            with (place.folder / "answered").open("a") as answered:
                answered.write(order.client_order_id + "\n")
        await until(lambda: not _unsettled(bench), "settled")
        first, second = (order for order in bench.journal.orders(place.account_id) if order.symbol == "SPY")
        await asyncio.to_thread(bench.desk.cancel, first.client_order_id)
        await until(lambda: bench.order(first.client_order_id).state in DONE, "canceled")
        watch = KillWatch(bench.kill, bench.journal, bench.client, place.account_id)
        watching = asyncio.create_task(watch.run())
        await asyncio.to_thread(bench.kill.turn, True, "by the button")
        await until(lambda: bench.order(second.client_order_id).state in DONE, "canceled by the switch")
        watching.cancel()
        compared = bench.journal.state(place.account_id, COMPARED)
        await until(lambda: bench.journal.state(place.account_id, COMPARED) != compared, "compared again")


async def _change(place: Place, point: str) -> None:
    bench: Any = Bench(place, place.folder)  # type: ignore[arg-type]
    async with bench.trading() as made:
        await until(lambda: made.reconciled, "compared")
        order = await asyncio.to_thread(bench.submit, INTC)
        arm(point)
        change = {"qty": "15", "nonce": "change-of-intc"}
        changed = await asyncio.to_thread(bench.desk.replace, order.client_order_id, change, "session")
        raise AssertionError(f"still alive: {changed}")


async def _settle(place: Place) -> None:
    bench: Any = Bench(place, place.folder)  # type: ignore[arg-type]
    await asyncio.to_thread(bench.kill.turn, False, "by the button")
    async with bench.trading() as made:
        await until(lambda: made.reconciled, "compared")
        for each in tickets():
            await asyncio.to_thread(bench.submit, each)
        await until(lambda: not _unsettled(bench), "settled")
        await until(lambda: not bench.reconcile(), "compared at the end")


def _unsettled(bench: Bench) -> list[Any]:
    return [order for order in bench.journal.open_orders(bench.referee.account_id) if order.state in UNSETTLED]


Life = Callable[..., None]
