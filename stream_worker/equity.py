"""The equity recorder: writes down what the account is worth once a minute, when the worker starts and when it stops."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import structlog

from orders.equity import EquityPoint, add_point, thin_out
from orders.journal import Journal, JournalBusyError
from stream_worker.elapsed import ElapsedTime

EVERY_S: Final = 60.0
LOOK_S: Final = 0.5
LAST_LIMIT_S: Final = 0.5
"""A journal that is locked must not hold up the stop."""

THIN_OUT_EVERY: Final = 60
"""Points between two looks at what is too old."""

log = structlog.get_logger()

Describe = Callable[[], dict[str, Any] | None]
"""The account as readers get it (`Holdings.describe_account`), None while it is not known."""


class EquityRecorder:
    """For one account. A minute is real elapsed time: the sleep of a computer counts, a slow market does not."""

    def __init__(
        self,
        journal: Journal,
        account_id: str,
        describe: Describe,
        market_time: Callable[[], int],
        every_s: float = EVERY_S,
    ) -> None:
        self._journal, self._account_id = journal, account_id
        self._describe, self._market_time, self._every_s = describe, market_time, every_s
        self._written = 0
        self._since = ElapsedTime()

    async def run(self) -> None:
        """Record until cancelled, and then once more."""
        try:
            while True:
                if self._written == 0 or self._since.seconds >= self._every_s:
                    await self._record()
                await asyncio.sleep(LOOK_S)
        finally:
            await self._record_last()

    async def _record(self) -> None:
        point = self._point()
        if point is None:
            return
        self._since.restart()
        try:
            await asyncio.to_thread(self._write, point)
            self._written += 1
        except JournalBusyError as error:  # this minute is missing in the curve; nothing else depends on it
            log.error("equity was not recorded", error=str(error))

    async def _record_last(self) -> None:
        point = self._point()
        if point is None:
            return
        try:
            await asyncio.wait_for(asyncio.to_thread(self._write, point), LAST_LIMIT_S)
        except (JournalBusyError, TimeoutError) as error:
            log.error("the last equity was not recorded", error=str(error) or "the journal is busy")

    def _write(self, point: EquityPoint) -> None:
        with self._journal.writing() as rows:
            add_point(rows.connection, point)
            if self._written % THIN_OUT_EVERY == 0:
                thin_out(rows.connection, point.account_id)

    def _point(self) -> EquityPoint | None:
        account = self._describe()
        if account is None:
            return None
        equity, cash, daily_pnl = (Decimal(account[name]) for name in ("equity", "cash", "day_pnl"))
        return EquityPoint(self._account_id, self._market_time(), time.time_ns(), equity, cash, daily_pnl)
