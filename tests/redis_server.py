"""A real Redis for a test: on a free port of loopback, in a folder of its own, nothing kept on disk."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.desk import free_ports, wait_until

PROGRAM = shutil.which("redis-server")


def need_redis() -> None:
    """Without redis-server the test is skipped by name; in CI that is a failure."""
    if PROGRAM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("redis-server is not installed; `make redis` installs it as root")
        pytest.skip("redis-server is not installed")


class RedisServer:
    """Started at once. `stop`, `start`, `freeze` and `thaw` are what a test does to it."""

    def __init__(self, folder: Path) -> None:
        need_redis()
        self.folder = folder
        (self.port,) = free_ports(1)
        self.start()

    def url(self, database: int = 0) -> str:
        """The CACHE_URL of one of its databases."""
        return f"redis://127.0.0.1:{self.port}/{database}"

    def client(self, database: int = 0) -> Any:
        """A client, for looking and for doing damage."""
        return redis.Redis(port=self.port, db=database)

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        options = f"--port {self.port} --bind 127.0.0.1 --dir {self.folder} --daemonize no --appendonly no"
        self.process = subprocess.Popen(
            [PROGRAM or "", *options.split(), "--save", ""], stdout=subprocess.DEVNULL, start_new_session=True
        )
        wait_until(self.answers, 10, "redis-server answers")

    def answers(self) -> bool:
        """Whether it answers."""
        try:
            return bool(self.client().ping())
        except redis.RedisError:
            return False

    def stop(self) -> None:
        """Kill it; what it held is gone."""
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """Stop it where it stands: connections stay open, nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)
