"""The kill watch: while the switch is on, whoever holds it, the worker does what KILL_MODE says: cancel what works, close what
is held. Late arrivals are cancelled too, but not the exits that were let through since."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Final

import structlog

from broker.order_client import OrderClient
from domain.order import Order
from domain.position import Position
from market_cache.reader import MarketReader
from orders.activation import Activations
from orders.crash_point import crash_point
from orders.desk import OrderDesk
from orders.flattening import Flattening
from orders.hours import MarketHours
from orders.journal import Journal, JournalBusyError
from orders.kill_switch import KillMode, KillSwitch
from orders.situation import Lookout
from settings import Settings

LOOK_S: Final = 0.2
AGAIN_S: Final = 3.0
"""A cancel that the broker took may need a moment; after this long it is asked for again."""

AT_ONCE: Final = 8

log = structlog.get_logger()


class KillWatch:
    """Looks at the switch five times a second: button, command line, file and environment all end here.

    With `flattening` every position is closed too, once an activation.
    """

    def __init__(
        self,
        kill: KillSwitch,
        journal: Journal,
        client: OrderClient,
        account_id: str,
        mode: KillMode = KillMode.CANCEL,
        flattening: Flattening | None = None,
    ) -> None:
        self._kill, self._journal, self._client, self._account_id = kill, journal, client, account_id
        self._cancels, self._flattening = mode is not KillMode.BLOCK, flattening
        self._activations = Activations(journal, account_id)
        self._asked_at: dict[str, float] = {}
        self._limit = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self._look()
            except JournalBusyError as error:
                log.error("the kill switch cannot be looked at; nothing can be sent either", error=str(error))
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        hands = await asyncio.to_thread(self._kill.hands)
        activation = await asyncio.to_thread(self._activations.see, hands)
        if activation is None:
            self._asked_at.clear()
            return
        if self._cancels:
            await self._cancel_everything(activation.since)
        if self._flattening is not None:
            await asyncio.to_thread(self._flattening.step, activation.number)

    async def _cancel_everything(self, since: int) -> None:
        positions = await asyncio.to_thread(self._journal.positions, self._account_id)
        orders = await asyncio.to_thread(self._journal.open_orders, self._account_id)
        working = (order for order in orders if order.order_id and not is_late_exit(order, positions, since))
        due = [order.order_id for order in working if self._is_due(order.order_id)]
        if due:
            log.warning("kill switch is on; canceling", orders=len(due))
            await asyncio.gather(*(self._cancel(order_id) for order_id in due))

    def _is_due(self, order_id: str) -> bool:
        return time.monotonic() - self._asked_at.get(order_id, -AGAIN_S) >= AGAIN_S

    async def _cancel(self, order_id: str) -> None:
        self._asked_at[order_id] = time.monotonic()
        crash_point("kill_watch_before_cancel")
        async with self._limit:
            problem = await asyncio.to_thread(self._client.cancel, order_id)
        crash_point("kill_watch_after_cancel")
        if problem:
            log.error("an order could not be canceled", order_id=order_id, problem=problem)


def kill_watch(
    settings: Settings, kill: KillSwitch, journal: Journal, client: OrderClient, account_id: str
) -> KillWatch:
    """The watch that does what KILL_MODE says. What it sends goes through an order desk like any other."""
    mode = KillMode(settings.kill_mode)
    if mode is not KillMode.FLATTEN:
        return KillWatch(kill, journal, client, account_id, mode)
    reader = MarketReader(settings.market_cache_url, settings.mode)
    hours = MarketHours(settings.mode != "sim", settings.allow_extended_hours)
    look = Lookout(reader, settings.risk_limits, kill, settings.live_gate, hours, settings.dry_run)
    desk = OrderDesk(account_id, journal, client, kill, look)

    def reconciled() -> bool:
        reader.catch_up(force=True)
        return reader.status().reconciled

    return KillWatch(kill, journal, client, account_id, mode, Flattening(journal, account_id, desk, reconciled))


def is_late_exit(order: Order, positions: Mapping[str, Position], since: int) -> bool:
    """Whether an order was let through since the switch was turned on, because it makes a position smaller."""
    position = positions.get(order.symbol)
    ours = not order.external and order.created_at >= since
    return ours and position is not None and position.qty * order.side.sign < 0
