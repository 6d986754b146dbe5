"""The desk under test: its processes, started as a user starts them, on free ports and in a folder of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.desk import wait_until

ROOT = Path(__file__).parents[2]


class Process:
    """A command of the desk in a session of its own."""

    def __init__(self, *words: str, environment: dict[str, str]) -> None:
        command = [sys.executable, str(ROOT / "tickdesk.py"), *words]
        output = (Path(environment["DATA_DIR"]) / f"{words[0]}.out").open("ab")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command, cwd=environment["DATA_DIR"], env=environment, stdout=output, stderr=output, start_new_session=True
        )

    def signal(self, number: int) -> None:
        """To the command and to all that it started in its session."""
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """Nothing is left of it, whether it still ran or not."""
        with suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)
        self.process.wait(5)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


class Desk:
    """A desk that runs, and where it is."""

    def __init__(self, process: Process, port: int, environment: dict[str, str]) -> None:
        self.process, self.environment = process, environment
        self.url = f"http://127.0.0.1:{port}"
        self.first_chart_s = 0.0

    def health(self) -> dict[str, Any]:
        """GET /healthz; empty while nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except OSError:
            return {}

    def ready(self) -> bool:
        return bool(self.health().get("ready"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment_of(folder: Path) -> dict[str, str]:
    """The caller's environment without settings of the desk, and ports and a folder of our own."""
    ours = (
        "ALPACA_",
        "APCA_",
        "SIMULATOR_",
        "DASHBOARD_",
        "CACHE_",
        "DATA_",
        "SYMBOLS",
        "STALE_",
        "REFRESH_",
        "FLUSH_",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    ports = {"DASHBOARD_PORT": str(free_port()), "SIMULATOR_PORT": str(free_port())}
    return {**kept, **ports, "SIMULATOR_RATE_LIMIT": "0", "DATA_DIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


class Dashboard:
    """A second dashboard on the desk's cache, which may be killed and started again on its port."""

    def __init__(self, desk: Desk, processes: int = 1) -> None:
        ours = {"DASHBOARD_PORT": str(free_port()), "DASHBOARD_PROCESSES": str(processes)}
        self.environment = {**desk.environment, **ours}
        self.url = f"http://127.0.0.1:{self.environment['DASHBOARD_PORT']}"
        self.start()

    def start(self) -> None:
        self.process = Process("dashboard", environment=self.environment)
        desk = Desk(self.process, int(self.environment["DASHBOARD_PORT"]), self.environment)
        wait_until(desk.health, 20, "the dashboard answers")
