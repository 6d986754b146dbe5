"""Trading: follows the account's orders. The only one that books fills, settles what is unknown, and compares with the broker."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog

from broker.backoff import delay_s
from broker.order_client import OrderClient
from broker.trade_stream import TradeStream
from domain.errors import HistoryError, RefusedError, StreamError
from domain.order import Order, TradeUpdate
from domain.status import DeskStatus, StreamState, StreamStatus
from orders.bare import bare_shares
from orders.breaker import breaker_status
from orders.crash_point import crash_point
from orders.journal import Journal, JournalBusyError, JournalWriter
from orders.kill_switch import KillSwitch
from orders.reconcile import Reconciler
from orders.sending import Sending
from orders.still_wanted import StillWanted
from orders.unbooked import unbooked_orders
from orders.unknown_orders import UnknownOrders
from orders.updates import take_update
from stream_worker.elapsed import ElapsedTime
from stream_worker.holdings import Holdings
from stream_worker.publisher import Publisher
from stream_worker.together import run_together

RECONCILE_S: Final = 60.0
RECONCILE_UNSURE_S: Final = 5.0
"""Sooner where the last comparison found a difference, or an update could not be read: there may be a fill in it."""

GAP_S: Final = 2.0
"""What was told as filled, and whose execution has not come for so long, is asked for."""

REFUSED_WAIT_S: Final = 30.0
SETTLE_S: Final = 0.25
REFRESH_AFTER_S: Final = 0.5
SILENCE_S: Final = 20.0
PING_LIMIT_S: Final = 5.0
"""Nothing happens on a trading stream for hours, so silence is asked about with a ping only."""

log = structlog.get_logger()


class Trading:
    """One account's order stream, from the first connection to the last, and the books that it moves."""

    def __init__(
        self,
        stream: TradeStream,
        client: OrderClient,
        journal: Journal,
        account_id: str,
        publisher: Publisher,
        kill: KillSwitch,
        is_open: Callable[[str], bool],
    ) -> None:
        self._stream, self._client, self._journal = stream, client, journal
        self._account_id, self._publisher, self._is_open = account_id, publisher, is_open
        self._reconciler = Reconciler(journal, client)
        sending = Sending(account_id, journal, client, kill)
        self._unknown = UnknownOrders(journal, client, sending, StillWanted(kill, self._stopped))
        self._since_message = ElapsedTime()
        self._held: list[TradeUpdate] | None = []
        self._failures = 0
        self._refresh_at: float | None = None
        self._unbooked: tuple[dict[str, list[str]], float] = {}, 0.0
        self.status = StreamStatus()
        self.reconciled, self.why = False, "Orders were not compared with the broker yet."
        self.holdings = Holdings()

    async def run(self) -> None:
        """Follow the account until cancelled."""
        await run_together(self._follow(), self._settle())

    async def _follow(self) -> None:
        while True:
            try:
                await self._connection()
            except (StreamError, HistoryError, RefusedError, JournalBusyError) as error:
                await self._lost(error)

    def describe(self, status: DeskStatus) -> DeskStatus:
        """A status with what is known of orders and holdings added."""
        market = self._publisher.market
        trading = replace(self.status, last_msg_age_s=round(self._since_message.seconds, 3))
        return replace(
            status,
            trading=replace(trading, quarantined=self._stream.quarantined + self._client.quarantined),
            reconciled=self.reconciled,
            reconcile_why=self.why,
            account=self.holdings.describe_account(market),
            positions=self.holdings.describe_positions(market),
        )

    async def _connection(self) -> None:
        self._held = []
        try:
            async with self._stream.connected():
                self._since_message.restart()
                self.status = replace(self.status, connects=self.status.connects + 1)
                await run_together(self._receive(), self._look_after())
        finally:
            self.reconciled, self.why = False, "The order stream is not connected."

    async def _settle(self) -> None:
        """Find out what became of unknown orders, whether the stream is there or not."""
        while True:
            try:
                await asyncio.to_thread(self._unknown.settle)
            except JournalBusyError as error:
                log.error("unknown orders cannot be settled", error=str(error))
            await asyncio.sleep(SETTLE_S)

    def _stopped(self, rows: JournalWriter, order: Order) -> str:
        """Why nothing may be sent again now; empty if nothing is in the way."""
        if not self.reconciled:
            return "Orders and positions are not compared with the broker."
        if breaker_status(rows, self._account_id).is_open:
            return "The circuit breaker is open."
        return "" if self._is_open(order.symbol) else "The market is closed."

    async def _receive(self) -> None:
        while True:
            update = await self._stream.receive()
            self._since_message.restart()
            if update is not None and self._held is not None:
                self._held.append(update)
            elif update is not None:
                self._take([update])

    async def _look_after(self) -> None:
        """Compare first; only then let updates and new orders through. Then again each minute."""
        compared_at, put_aside = -RECONCILE_S, self._stream.quarantined
        while True:
            since_s = time.monotonic() - compared_at
            unsure = not self.reconciled or self._stream.quarantined != put_aside or self._misses_fills()
            if since_s >= (RECONCILE_UNSURE_S if unsure else RECONCILE_S):
                put_aside = self._stream.quarantined
                await self._reconcile()
                compared_at = time.monotonic()
            await self._refresh_account()
            await self._question_silence()
            await asyncio.sleep(0.2)

    def _misses_fills(self) -> bool:
        """Whether the broker has told of fills whose executions do not come."""
        unbooked = unbooked_orders(self._journal, self._account_id)
        if unbooked != self._unbooked[0]:
            self._unbooked = unbooked, time.monotonic()
        return bool(unbooked) and time.monotonic() - self._unbooked[1] > GAP_S

    async def _reconcile(self) -> None:
        result = await asyncio.to_thread(self._reconciler.run, self._account_id)
        self.holdings.take_account(result.account)
        self._look_at_holdings()
        held, self._held = self._held or [], None
        self._take(held)
        self.reconciled, self.why = not result.why, result.why
        self._failures = 0
        self._becomes(StreamState.LIVE, "")

    async def _refresh_account(self) -> None:
        """Ask for cash and buying power again, a moment after fills: what was reckoned meanwhile is then confirmed."""
        if self._refresh_at is not None and time.monotonic() >= self._refresh_at:
            self._refresh_at = None
            self.holdings.take_account(await asyncio.to_thread(self._client.account))
            self._publisher.beat()

    def _take(self, updates: list[TradeUpdate]) -> None:
        """Book updates, and publish at once what they moved."""
        if not updates:
            return
        before = self._journal.last_change()
        with self._journal.writing() as rows:
            for update in updates:
                take_update(rows, self._account_id, update)
            crash_point("before_updates_commit")
        crash_point("after_updates_commit")
        booked = [key for _, _, kind, key in self._journal.changes_since(before) if kind == "fill"]
        if booked:
            self._refresh_at = time.monotonic() + REFRESH_AFTER_S
        for fill in self._journal.fills(self._account_id, len(booked)) if booked else []:
            self.holdings.spend(fill)
        self._look_at_holdings()
        self._publisher.beat()

    def _look_at_holdings(self) -> None:
        self.holdings.positions = self._journal.positions(self._account_id)
        self.holdings.bare = bare_shares(self._journal, self._account_id)

    async def _question_silence(self) -> None:
        if self._since_message.seconds < SILENCE_S:
            return
        if not await self._stream.ping(PING_LIMIT_S):
            raise StreamError("The order stream does not answer.")
        self._since_message.restart()

    async def _lost(self, error: Exception) -> None:
        self._failures += 1
        wait_s = delay_s(self._failures, random.Random())
        refused = isinstance(error, RefusedError)
        self._becomes(StreamState.REFUSED if refused else StreamState.RECONNECTING, str(error))
        await asyncio.sleep(REFUSED_WAIT_S if refused else wait_s)

    def _becomes(self, state: StreamState, why: str) -> None:
        if (state, why) != (self.status.state, self.status.why):
            log.info("order stream", state=state.value, why=why)
        self.status = replace(self.status, state=state, why=why)
        self._publisher.beat()
