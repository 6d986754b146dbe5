"""The kill watch: while the switch is on, whoever holds it, everything that works is cancelled, late arrivals too."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import structlog

from broker.order_client import OrderClient
from orders.crash_point import crash_point
from orders.journal import Journal
from orders.kill_switch import KillSwitch

LOOK_S: Final = 0.2
AGAIN_S: Final = 3.0
"""A cancel that the broker took may need a moment; after this long it is asked for again."""

AT_ONCE: Final = 8

log = structlog.get_logger()


class KillWatch:
    """Looks at the switch five times a second: button, command line, file and environment all end here."""

    def __init__(self, kill: KillSwitch, journal: Journal, client: OrderClient, account_id: str) -> None:
        self._kill, self._journal, self._client, self._account_id = kill, journal, client, account_id
        self._asked_at: dict[str, float] = {}
        self._limit = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            if await asyncio.to_thread(self._kill.on_by):
                await self._cancel_everything()
            else:
                self._asked_at.clear()
            await asyncio.sleep(LOOK_S)

    async def _cancel_everything(self) -> None:
        orders = await asyncio.to_thread(self._journal.open_orders, self._account_id)
        due = [order.order_id for order in orders if order.order_id and self._is_due(order.order_id)]
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
