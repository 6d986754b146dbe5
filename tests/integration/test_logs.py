"""The logs of a whole desk: every step of an order with what it is about, every message at DEBUG, no secret, no line a tick."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desk import Desk, desk, wait_until

pytestmark = pytest.mark.slow

CANARY_KEY = "PKC4N4RYKEY0123"
CANARY_SECRET = "c4n4ry-secret-0123456789"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all that only look; the last of them stops it."""
    with desk(tmp_path_factory.mktemp("logs"), SYMBOLS="AAPL,MSFT") as made:
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 60, "the desk is ready")
        yield made


def lines(made: Desk) -> list[dict[str, Any]]:
    """Every line of the log's files."""
    files = sorted((made.folder / "data" / "logs").glob("tickdesk-*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


def test_every_step_of_an_order_says_which_run_and_what_it_is_about(running: Desk) -> None:
    sent = json.loads(running.call("order", "buy", "AAPL", "3").stdout)
    order_id = sent["client_order_id"]

    def steps() -> list[dict[str, Any]]:
        return [line for line in lines(running) if line.get("client_order_id") == order_id]

    wait_until(lambda: any(line["event"] == "fill" for line in steps()), 10, "the fill is logged")
    found = steps()
    assert {line["process"] for line in found} == {"command", "worker"}
    for line in found:
        assert line["run_id"] and line["timestamp"].endswith("Z") and line["level"] == "info"
        assert (line["symbol"], line["side"]) == ("AAPL", "buy") and "qty" in line
    assert {line["state"] for line in found if line["event"] == "order"} >= {"intent", "sending", "filled"}
    assert len({line["run_id"] for line in lines(running) if line["process"] != "command"}) == 1


def test_connections_are_logged_and_ticks_are_not(running: Desk) -> None:
    found = lines(running)
    live = [line["feed"] for line in found if line["event"] == "stream state" and line["state"] == "live"]
    assert "stocks" in live and any(line["event"] == "order stream" and line["state"] == "live" for line in found)
    before = len(found)
    wait_until(lambda: running.status()["cache"]["seq"] > 300, 30, "some hundred publications of ticks")
    assert len(lines(running)) - before < 20


def test_the_equity_curve_begins_and_ends_with_the_worker(running: Desk) -> None:
    def curve() -> list[tuple[str, str]]:
        with sqlite3.connect(running.folder / "data" / "journal.db") as connection:
            return connection.execute("SELECT equity, daily_pnl FROM equity_curve ORDER BY id").fetchall()

    wait_until(curve, 5, "the first point")
    assert curve()[0] == ("100000.00", "0.00")
    running.call("order", "buy", "AAPL", "100")
    before = len(curve())
    running.close()
    assert len(curve()) == before + 1


def test_at_debug_every_message_is_logged_without_a_secret(tmp_path: Path) -> None:
    (tmp_path / "market").mkdir()
    with desk(tmp_path / "market") as market:
        market.start("simulator")
        url = f"http://127.0.0.1:{market.simulator_port}"
        wait_until(lambda: answers(f"{url}/_sim/health"), 30, "the practice market answers")
        account = post(f"{url}/_sim/accounts", {"cash": "50000", "key": CANARY_KEY, "secret": CANARY_SECRET})
        keys = {"ALPACA_API_KEY": account["key"], "ALPACA_SECRET_KEY": account["secret"]}
        urls = {"ALPACA_TRADING_URL": url, "ALPACA_DATA_URL": url}
        stream = {"ALPACA_DATA_STREAM_URL": url.replace("http", "ws")}
        with desk(tmp_path, SYMBOLS="AAPL", LOG_LEVEL="DEBUG", **keys, **urls, **stream) as made:
            made.start("run")
            wait_until(lambda: "ready http" in made.log, 60, "the desk is ready")
            wait_until(
                lambda: any("'T': 't'" in str(each["message"]) for each in messages_of(made)), 30, "a trade came"
            )
            messages = messages_of(made)
            files = "".join(path.read_text() for path in (made.folder / "data" / "logs").iterdir())
            assert keys["ALPACA_SECRET_KEY"] not in files + made.log and keys["ALPACA_API_KEY"] not in files + made.log
    logins = [line for line in messages if line["way"] == "sent" and "auth" in str(line["message"])]
    assert {line["stream"] for line in logins} >= {"stocks", "orders"}
    assert all("***" in str(line["message"]) for line in logins)
    assert any(line["way"] == "received" and "'T': 't'" in str(line["message"]) for line in messages)


def messages_of(made: Desk) -> list[dict[str, Any]]:
    return [line for line in lines(made) if line["event"] == "websocket message"]


def answers(url: str) -> bool:
    from urllib.error import URLError
    from urllib.request import urlopen

    try:
        with urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def post(url: str, body: dict[str, str]) -> dict[str, str]:
    from urllib.request import Request, urlopen

    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=5) as answer:
        made: dict[str, str] = json.loads(answer.read())
    return made
