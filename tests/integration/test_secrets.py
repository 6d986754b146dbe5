"""Secrets: keys, passwords and the signing key are nowhere but where they must be, though everything is logged and much goes wrong.

The keys are those of a real account of a practice market that stands apart; it alone may keep them.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from tests.desk import PROGRAM, Desk, desk, wait_until

from .test_users import Client

pytestmark = pytest.mark.slow

SIGNING_KEY = "canary-of-the-signing-key-0123456789abcdef"
PASSWORD = "canary of a password"
WRONG = "canary of a wrong password"
FAULTS = (
    *("504_after_accept", "html_after_accept", "truncated_after_accept", "empty_after_accept", "reset_after_accept"),
    *("reset_before_accept", "rate_limited", "duplicate_after_accept", "rest_504", "rest_html", "rest_reset"),
)


def post(url: str, body: dict[str, object]) -> dict[str, str]:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=5) as answer:
        told: dict[str, str] = json.load(answer)
        return told


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2):
            return True
    except (URLError, OSError):
        return False


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Desk]:
    """A practice market that stands apart, as Alpaca does."""
    folder = tmp_path / "market"
    folder.mkdir()
    with desk(folder) as made:
        made.start("simulator")
        wait_until(lambda: answers(f"http://127.0.0.1:{made.simulator_port}/_sim/health"), 15, "the market answers")
        yield made


def settings_of(market: Desk, key: str, secret: str) -> dict[str, str]:
    """The settings of a desk with keys, which trades on that market and logs everything."""
    rest, stream = (f"{scheme}://127.0.0.1:{market.simulator_port}" for scheme in ("http", "ws"))
    urls = {"ALPACA_TRADING_URL": rest, "ALPACA_DATA_URL": rest, "ALPACA_DATA_STREAM_URL": stream}
    keys = {"ALPACA_API_KEY": key, "ALPACA_SECRET_KEY": secret, "SECRET_KEY": SIGNING_KEY}
    return {**urls, **keys, "LOG_LEVEL": "DEBUG", "RECORD": "true", "SYMBOLS": "AAPL,MSFT"}


def found(secrets: list[str], where: Path) -> list[str]:
    """Files below a folder that hold a secret, as it is or in base64."""
    needles = [form for secret in secrets for form in (secret.encode(), base64.b64encode(secret.encode()).rstrip(b"="))]
    files = [path for path in where.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(needle in path.read_bytes() for needle in needles)]


def seen_by_others(pids: list[int]) -> str:
    """What every user of the machine can read of these processes and all that they started."""
    family, text = list(pids), ""
    for pid in family:
        proc = Path(f"/proc/{pid}")
        family += [int(child) for task in proc.glob("task/*/children") for child in task.read_text().split()]
        assert proc.joinpath("environ").stat().st_mode & 0o077 == 0
        text += proc.joinpath("cmdline").read_text(errors="replace") + proc.joinpath("status").read_text()
    return text


def look_around(made: Desk) -> str:
    """Everything that pages, health and commands show to whom, while orders go wrong."""
    client, shown = Client(made), []
    for path in (
        "/",
        "/login",
        "/healthz",
        "/_dash-layout",
        "/_dash-dependencies",
        "/nothing",
        "/_dash-component-suites/dash/x",
    ):
        shown.append(str(client.ask("GET", path)))
    shown.append(str(client.ask("POST", "/login", "{", Content_Type="application/json")))
    for password in (WRONG, PASSWORD):
        shown.append(str((client.log_in("alice", password), "logged in")))
    for path in ("/", "/healthz", "/readyz", "/_dash-layout"):
        shown.append(str(client.ask("GET", path)))
    for body in ("[1]", '{"output": 7}', "\x00", "[" * 5000):
        shown.append(str(client.ask("POST", "/_dash-update-component", body)))
    for command in (("status", "--json"), ("orders",), ("fills",), ("user", "list"), ("bars", "AAPL", "--csv")):
        answer = made.call(*command)
        shown.append(answer.stdout + answer.stderr)
    return "\n".join(shown)


def test_no_secret_is_anywhere_though_all_is_logged_and_much_goes_wrong(market: Desk, tmp_path: Path) -> None:
    keys = post(f"http://127.0.0.1:{market.simulator_port}/_sim/accounts", {"cash": 100_000})
    secrets = [keys["key"], keys["secret"], SIGNING_KEY, PASSWORD, WRONG]
    folder = tmp_path / "desk"
    folder.mkdir()
    with desk(folder, **settings_of(market, keys["key"], keys["secret"])) as made:
        add = [sys.executable, str(PROGRAM), "user", "add", "alice", "--role", "instructor", "--password-stdin"]
        subprocess.run(add, cwd=folder, env=made.environment, input=f"{PASSWORD}\n", text=True, check=True, timeout=20)
        run = made.start("run")
        wait_until(lambda: "ready http" in made.log, 60, "the desk is ready")
        shown = []
        for name in FAULTS:
            post(f"http://127.0.0.1:{market.simulator_port}/_sim/faults", {"name": name, "count": 1})
            answer = made.call("order", "buy", "AAPL", "1")
            shown.append(answer.stdout + answer.stderr)
        os.kill(int(made.status()["worker"]["pid"]), signal.SIGSEGV)
        wait_until(lambda: "died; it is started again" in made.log, 5, "the end of the worker is told")
        shown += [look_around(made), seen_by_others([run.pid])]
        run.send_signal(signal.SIGTERM)
        assert run.wait(8) == 0
        everything = "\n".join(shown)
        assert [secret for secret in secrets if secret in everything] == []
        assert "order" in made.log and len(made.log) > 5_000 and found(["alice"], folder)
        assert found(secrets, folder) == []


def test_keys_that_are_refused_are_not_told(market: Desk, tmp_path: Path) -> None:
    secrets = ["PKCANARYCANARYCANARY", "canary-of-a-secret-that-is-refused"]
    folder = tmp_path / "desk"
    folder.mkdir()
    with desk(folder, **settings_of(market, *secrets)) as made:
        answer = made.call("worker", limit_s=40)
        assert answer.returncode == 3 and "refuse" in answer.stderr
        assert [secret for secret in secrets if secret in answer.stdout + answer.stderr] == []
        assert found(secrets, folder) == []
