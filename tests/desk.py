"""A whole desk for a test: `tickdesk.py run` (or parts of it) in real processes, on free ports, in a folder of its own."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from dashboard.health import desk_health
from dashboard.order_access import OrderAccess
from market_cache.reader import MarketReader
from settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "tickdesk.py"


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


def wait_until(fact: Callable[[], Any], limit_s: float, what: str) -> Any:
    """The first true answer of `fact`; fails with `what` after the limit."""
    deadline = time.monotonic() + limit_s
    while True:
        answer = fact()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit_s:g} s: {what}")
        time.sleep(0.02)


class Desk:
    """Starts commands of tickdesk.py with the same settings, and ends what it started."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.dashboard_port, self.simulator_port = free_ports(2)
        own = {
            "DATA_DIR": str(folder / "data"),
            "DASHBOARD_PORT": str(self.dashboard_port),
            "SIMULATOR_PORT": str(self.simulator_port),
            # Tests ask more often than a desk does.
            "SIMULATOR_RATE_LIMIT": "0",
            **settings,
        }
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self.environment = {**inherited, **own}
        self._started: list[tuple[str, subprocess.Popen[bytes]]] = []

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.dashboard_port}"

    @property
    def cache_url(self) -> str:
        """Where the cache is."""
        return self.environment.get("CACHE_URL") or f"diskcache:{self.folder / 'data' / 'cache'}"

    @property
    def log(self) -> str:
        """What the processes have printed."""
        return (self.folder / "log.txt").read_text(errors="replace")

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command of tickdesk.py; its output goes to the log."""
        with (self.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, str(PROGRAM), *command],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._started.append((command[0], process))
        return process

    def process(self, command: str) -> subprocess.Popen[bytes]:
        """The process that `start` made for a command."""
        return next(process for name, process in self._started if name == command)

    def call(self, *command: str, limit_s: float = 20.0) -> subprocess.CompletedProcess[str]:
        """Run a command of tickdesk.py to its end."""
        return subprocess.run(
            [sys.executable, str(PROGRAM), *command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=limit_s,
        )

    def status(self) -> dict[str, Any]:
        """What `status --json` says, told by the same function in this process, because a command costs a second of processor
        time. JournalBusyError while the journal cannot be opened."""
        settings = load_settings(self.folder / ".env", self.environment)
        reader = MarketReader(settings.market_cache_url, settings.mode)
        access = OrderAccess(settings, reader)
        try:
            return desk_health(reader, settings.mode, access)
        finally:
            access.journal.close()

    def bars(self, symbol: str, interval: str) -> pd.DataFrame:
        """What `bars --csv` prints."""
        printed = self.call("bars", symbol, "--interval", interval, "--csv").stdout
        return pd.read_csv(io.StringIO(printed), parse_dates=["start"])

    def final_bars(self, symbol: str, interval: str) -> int:
        """How many bars `bars --csv` would call final, counted in this process."""
        settings = load_settings(self.folder / ".env", self.environment)
        reader = MarketReader(settings.market_cache_url, settings.mode)
        reader.catch_up()
        return int(reader.bars(symbol, interval, 100_000)[1]["final"].sum()) if symbol in reader.symbols else 0

    def close(self) -> None:
        """Stop everything that was started, the last first."""
        for _, process in reversed(self._started):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for _, process in self._started:
            try:
                process.wait(8)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def desk(folder: Path, **settings: str) -> Iterator[Desk]:
    """A desk that is closed at the end, with its log printed (pytest shows it when the test fails)."""
    made = Desk(folder, **settings)
    try:
        yield made
    finally:
        made.close()
        if (folder / "log.txt").exists():
            print(made.log[-6000:])
