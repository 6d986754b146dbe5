"""An order desk on the referee's account, with all that stands around it: what a page, the worker and a restart would do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from broker.order_client import OrderClient
from broker.trade_stream import TradeStream
from domain.fill import Fill
from domain.order import Order
from domain.status import DeskStatus
from market_cache.writer import MarketWriter
from orders.desk import OrderDesk
from orders.journal import Journal, JournalWriter
from orders.kill_switch import KillSwitch
from orders.reconcile import Reconciler
from orders.risk import Situation
from orders.sending import Sending
from orders.still_wanted import StillWanted
from orders.ticket import Ticket
from orders.unbooked import expected
from orders.unknown_orders import UnknownOrders
from stream_worker.market import Market
from stream_worker.publisher import Publisher
from stream_worker.trading import Trading
from tests.desk import wait_until
from tests.referee import KEYS, Referee
from tests.unit.orders.samples import situation, ticket


class Bench:
    """An order desk, and what stands around it, on the referee's account."""

    keys: tuple[str, str] = KEYS

    def __init__(self, referee: Referee, folder: Path, **wishes: Any) -> None:
        self.referee, self.folder, self.wishes = referee, folder, wishes
        self.journal = Journal(self.journal_url)
        self.client = OrderClient(referee.url, *self.keys, paper=True)
        self.kill = KillSwitch(self.journal, (folder / "KILL",), False)
        self.desk = OrderDesk(referee.account_id, self.journal, self.client, self.kill, self.look)
        self.passed_s, self.wall_step_s, self.stopped = 0.0, 0.0, ""
        sending = Sending(referee.account_id, self.journal, self.client, self.kill)
        wanted = StillWanted(self.kill, lambda rows, order: self.stopped, self.wall)
        self.unknown = UnknownOrders(self.journal, self.client, sending, wanted, self.elapsed)

    @property
    def journal_url(self) -> str:
        return f"sqlite:///{self.folder / 'journal.db'}"

    def look(self, rows: JournalWriter, account_id: str, asked: Ticket, session: str) -> Situation:
        """All is well but what the test wishes; position and open orders are those of the journal."""
        waiting = rows.open_orders(account_id)
        position = expected(rows, account_id, rows.position(account_id, asked.symbol))
        now = situation(position=position, open_orders=waiting, killed_by=self.kill.on_by(rows))
        return replace(now, **self.wishes)

    def submit(self, asked: Ticket | None = None) -> Order:
        return self.desk.submit(asked or ticket(), "session")

    def order(self, client_order_id: str) -> Order:
        found = self.journal.order(client_order_id)
        assert found is not None
        return found

    def reconcile(self) -> str:
        return Reconciler(self.journal, self.client).run(self.referee.account_id).why

    def elapsed(self) -> float:
        """Elapsed seconds, those that a test lets pass included."""
        return time.monotonic() + self.passed_s

    def wall(self) -> int:
        """This machine's clock in ns, with the step that a test has put it forward or back."""
        return time.time_ns() + int((self.passed_s + self.wall_step_s) * 1e9)

    def settle(self, after_s: float = 0.0) -> int:
        """What the worker does about unknown orders after a while; how many are not settled yet."""
        self.passed_s += after_s
        return self.unknown.settle()

    def held(self) -> dict[str, Decimal]:
        rows = self.journal.positions(self.referee.account_id)
        return {symbol: position.qty for symbol, position in rows.items() if position.qty}

    def fills(self) -> list[Fill]:
        return self.journal.fills(self.referee.account_id)

    @asynccontextmanager
    async def trading(self) -> AsyncIterator[Trading]:
        """The worker's trading task, until the end of the block."""
        market = Market(("AAPL", "MSFT", "SPY"))
        folder = self.folder / "cache"
        folder.mkdir(exist_ok=True)
        publisher = Publisher(lambda: MarketWriter(folder), market, DeskStatus)
        stream = TradeStream(self.referee.stream_url, *self.keys, limit_s=2.0)
        client = OrderClient(self.referee.url, *self.keys, paper=True)
        place = self.journal, self.referee.account_id, publisher
        made = Trading(stream, client, *place, self.kill, lambda symbol: True)
        task = asyncio.create_task(made.run())
        try:
            yield made
            assert not task.done(), "the trading task has ended"
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            publisher.writer.close()


async def until(fact: Callable[[], Any], what: str, limit_s: float = 15.0) -> Any:
    """The first true answer of `fact`, without stopping the loop meanwhile."""
    return await asyncio.to_thread(wait_until, fact, limit_s, what)
