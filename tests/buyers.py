"""Buyers: several who send a ticket each at the same moment, from processes of their own, on a desk that a test has set up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from dashboard.order_access import OrderAccess
from domain.order import OrderType, Side, TimeInForce
from domain.status import DeskStatus, MarketStatus, StreamState, StreamStatus, WorkerStatus
from market_cache.reader import MarketReader
from market_cache.snapshot import empty_tables
from market_cache.stamp import Stamp
from market_cache.writer import NO_BARS, NO_TICKS, MarketWriter, State
from orders.journal import Journal
from orders.ticket import Ticket
from settings import load_settings
from tests.desk import ROOT, wait_until
from tests.referee import KEYS, Referee

NOON: Final = 1_800_000_000_000_000_000
BEAT_S: Final = 0.3


class Desk:
    """What a worker would have written for a referee's account: a live quote of 99.90 to 100.10, and 100,000 USD."""

    def __init__(self, referee: Referee, folder: Path, journal_url: str = "", **settings: str) -> None:
        self.referee, self.folder = referee, folder
        key, secret = KEYS
        self.environment = {
            **{"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATA_DIR": str(folder / "data")},
            **{"ALPACA_API_KEY": key, "ALPACA_SECRET_KEY": secret, "ALPACA_TRADING_URL": referee.url},
            **({"JOURNAL_URL": journal_url} if journal_url else {}),
            **settings,
        }
        self.settings = load_settings(folder / "none", self.environment)
        self.journal = Journal(self.settings.journal)
        self.journal.connect_account("sim", referee.account_id)
        self._writer = MarketWriter(self.settings.market_cache_url)
        self._writer.claim(Stamp("sim", referee.url, "", "", referee.account_id))
        self._tables = empty_tables(1)
        latest = self._tables[0]
        latest["price"], latest["bid_price"], latest["ask_price"] = 100.0, 99.9, 100.1
        self.status = self._all_is_well()
        self._writer.begin_epoch(("AAPL",), State(*self._tables, self.status))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """The worker's heart beats until the end of the block."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()
            self._writer.close()
            self.journal.close()

    def tell(self, **changes: Any) -> None:
        """The status says something else from now on."""
        self.status = replace(self.status, **changes)

    def access(self) -> OrderAccess:
        """What a web process has."""
        return OrderAccess(self.settings, MarketReader(self.settings.market_cache_url, self.settings.mode))

    def _all_is_well(self) -> DeskStatus:
        money = {name: "100000.00" for name in ("cash", "equity", "buying_power", "last_equity")}
        return DeskStatus(
            stream=StreamStatus(state=StreamState.LIVE, last_msg_age_s=0.2),
            market=MarketStatus(now=NOON, is_open=True),
            worker=WorkerStatus(alive=True, pid=1),
            backfilled=True,
            trading=StreamStatus(state=StreamState.LIVE),
            reconciled=True,
            account={
                **{"account_id": self.referee.account_id, "day_pnl": "0", **money},
                **{"trading_blocked": False, "account_blocked": False},
            },
        )

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_S):
            self._writer.publish(NO_TICKS, NO_BARS, State(*self._tables, self.status))


Told = tuple[str, str, str]
"""Client order id, state and reason, as a buyer was answered."""


class Crowd:
    """Processes with so many buyers each; they wait at the line until `go`."""

    def __init__(
        self, desk: Desk, processes: int, each: int, side: Side = Side.BUY, qty: int = 10, again: int = 1
    ) -> None:
        self._desk = desk
        orders = [str(each), side.value, str(qty), str(again)]
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.buyers", str(desk.folder), str(number), *orders],
                cwd=ROOT,
                env=desk.environment,
                stdout=subprocess.PIPE,
                text=True,
            )
            for number in range(processes)
        ]
        wait_until(lambda: len(list(desk.folder.glob("ready-*"))) == processes, 30, "all are at the line")

    def go(self) -> list[Told]:
        """All send at once; what they were answered."""
        self.start()
        return self.answers()

    def start(self) -> None:
        """All send at once."""
        (self._desk.folder / "go").touch()

    def answers(self) -> list[Told]:
        """What they were answered."""
        texts = [process.communicate(timeout=60)[0] for process in self._processes]
        assert not any(process.returncode for process in self._processes)
        return [tuple(row) for text in texts for row in json.loads(text.splitlines()[-1])]


def main(folder: Path, process: str, buyers: int, side: Side, qty: int, again: int) -> None:
    """One process of a crowd."""
    settings = load_settings(folder / "none", os.environ)
    reader = MarketReader(settings.market_cache_url, settings.mode)
    desk = OrderAccess(settings, reader).desk()
    assert desk is not None
    reader.catch_up(force=True)

    def buy(buyer: int) -> list[Told]:
        wait_until(lambda: (folder / "go").exists(), 30, "go")
        return [send(buyer, time_) for time_ in range(again)]

    def send(buyer: int, time_: int) -> Told:
        nonce = f"buyer-{process}-{buyer}-{time_}"
        ticket = Ticket("AAPL", side, Decimal(qty), OrderType.MARKET, TimeInForce.DAY, None, nonce)
        order = desk.submit(ticket, nonce)
        return order.client_order_id, order.state, order.reason

    with ThreadPoolExecutor(buyers) as pool:
        answers = pool.map(buy, range(buyers))
        (folder / f"ready-{process}").touch()
        print(json.dumps([told for each in answers for told in each]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Side(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6]))
