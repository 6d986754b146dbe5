"""The server's processes: how they stop, what they refuse, how they come back, and that none answers backwards."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.desk import wait_until

from .desk import ROOT, Dashboard, Desk
from .poster import Poster


@pytest.mark.alone
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_within_three_seconds_though_a_connection_is_open(dashboard: Dashboard, number: int) -> None:
    connection = http.client.HTTPConnection(urlsplit(dashboard.url).netloc, timeout=5)
    connection.request("GET", "/healthz")
    assert connection.getresponse().read()
    asked_at = time.monotonic()
    dashboard.process.process.send_signal(number)
    assert dashboard.process.process.wait(5) == 0
    assert time.monotonic() - asked_at < 3


def test_a_port_in_use_is_exit_code_two_and_named(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment = {**desk.environment, "DASHBOARD_PORT": str(taken.getsockname()[1])}
        command = [sys.executable, str(ROOT / "tickdesk.py"), "dashboard"]
        ended = subprocess.run(command, env=environment, cwd=environment["DATA_DIR"], capture_output=True, timeout=20)
    assert ended.returncode == 2 and b"DASHBOARD_PORT" in ended.stderr and b"Traceback" not in ended.stderr


def test_run_starts_a_killed_server_again(desk: Desk) -> None:
    first = wait_until(lambda: server_of(desk.process.process.pid), 5, "run has a dashboard")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: server_of(desk.process.process.pid) not in {0, first}, 10, "run starts another")
    wait_until(desk.ready, 15, "the desk is ready again")


def server_of(parent: int) -> int:
    """The process of `tickdesk.py dashboard` among a process's children; 0 if there is none."""
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        words = Path(f"/proc/{child}/cmdline")
        if words.exists() and b"dashboard" in words.read_bytes().split(b"\0"):
            return int(child)
    return 0


def test_two_processes_never_answer_backwards(desk: Desk) -> None:
    dashboard = Dashboard(desk, processes=2)
    try:
        wait_until(desk.ready, 15, "the desk is ready")
        poster = Poster(dashboard.url)
        answers = [ask(poster, None)]
        for _ in range(120):
            answers.append(ask(poster, answers[-1]["cursor"]))
    finally:
        dashboard.process.kill()
    seqs = [answer["cursor"]["seq"] for answer in answers]
    assert seqs == sorted(seqs) and seqs[-1] > seqs[0]
    assert [answer["window"] is None for answer in answers[1:]] == [True] * 120


def ask(poster: Poster, cursor: Any) -> dict[str, Any]:
    """One question of a page, on a connection of its own, so that either process may answer."""
    posted = {"cursor": cursor, "view": {"symbol": (cursor or {}).get("symbol"), "interval": "1Min"}, "n": 1}
    status, text = poster.post("ask", "delta", posted)
    assert status == 200, text
    delta: dict[str, Any] = json.loads(text)["response"]["delta"]["data"]
    return {**delta, "cursor": {**(cursor or {}), **delta["cursor"]}, "window": delta.get("window")}
