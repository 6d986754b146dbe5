"""The desk of the order soak: one worker and two web processes, the real ones, each killed with -9 and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from domain.status import DeskStatus
from market_cache.reader import MarketReader
from orders.journal import Journal
from tests.desk import Desk, desk, free_ports, wait_until
from tests.known_market import KnownMarket
from tests.misbehaving_server import KEYS, MisbehavingServer
from tests.referee import Referee

SYMBOLS: Final = ("AAPL", "MSFT", "SPY")
WEBS: Final = 2
LIMITS: Final = {
    **{"MAX_ORDER_VALUE": "10000000", "MAX_POSITION_PCT": "1000%", "PRICE_COLLAR_PCT": "50%"},
    **{"MAX_TRADES_PER_DAY": "1000000", "MAX_DAILY_LOSS_PCT": "100%"},
}
"""The soak asks what becomes of orders that are sent; what is denied says nothing of that."""


@dataclass
class SoakDesk:
    """Processes by name: `worker`, `web 0`, `web 1`."""

    worker: Desk
    webs: list[Desk]
    referee: Referee
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: int = 0

    @property
    def journal_url(self) -> str:
        """The journal that all of them write."""
        return f"sqlite:///{self.worker.folder / 'data' / 'journal.db'}"

    def journal(self) -> Journal:
        """The journal, opened beside them."""
        return Journal(self.journal_url)

    def start(self, name: str) -> None:
        """Start a process."""
        one, command = (self.worker, "worker") if name == "worker" else (self.webs[int(name[-1])], "dashboard")
        self.processes[name] = one.start(command)

    def kill(self, name: str) -> None:
        """End a process and its children with -9, wherever they are, and start it again."""
        process = self.processes[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.kills += 1
        self.start(name)

    def status(self) -> DeskStatus:
        """What a page would show now."""
        reader = MarketReader(self.worker.cache_url, "sim")
        reader.catch_up(force=True)
        return reader.status()

    def serves(self, web: int) -> bool:
        """Whether a web process answers."""
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.webs[web].url}/healthz", timeout=1).status_code == 200
        return False


@contextlib.contextmanager
def soak_desk(folder: Path) -> Iterator[SoakDesk]:
    """All of it, ready: data from a known market, orders to the referee."""
    market = KnownMarket(SYMBOLS, rate=2.0)
    with MisbehavingServer(market) as data, Referee(cash="100000000", keys=KEYS) as referee:
        own: dict[str, Any] = {**data.environment, "SYMBOLS": ",".join(SYMBOLS), **LIMITS}
        own |= {"ALPACA_TRADING_URL": referee.url, "ALPACA_TRADING_STREAM_URL": referee.stream_url}
        own["STREAM_NEWS"] = "false"
        with contextlib.ExitStack() as stack:
            ports = free_ports(WEBS)
            webs = [stack.enter_context(desk(folder, **own, DASHBOARD_PORT=str(port))) for port in ports]
            for web, port in zip(webs, ports, strict=True):
                web.dashboard_port = port
            made = SoakDesk(stack.enter_context(desk(folder, **own)), webs, referee)
            for name in ("worker", *(f"web {number}" for number in range(WEBS))):
                made.start(name)
            wait_until(lambda: all(made.serves(web) for web in range(WEBS)), 30, "the pages answer")
            wait_until(lambda: made.status().reconciled and made.status().ready, 40, "the desk is ready")
            yield made
            referee.release()
