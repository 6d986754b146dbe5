"""The practice market alone, as a stand-in for Alpaca: a beginner's bot runs on it, and what the page about it says is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.desk import Desk, desk, wait_until
from tests.integration.test_run import port_answers

BOT = Path(__file__).with_name("bot_example.py")
PAGE = Path(__file__).parents[2] / "docs" / "mock-server.md"
KEYS = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}


@pytest.fixture
def server(tmp_path: Path):
    """A minute of its time lasts four seconds; nobody has paid for SIP."""
    settings = {"SIMULATOR_SPEED": "15", "SIMULATOR_SIP": "false", "SIMULATOR_RATE_LIMIT": "200"}
    with desk(tmp_path, **settings) as made:
        made.start("simulator")
        wait_until(lambda: port_answers(made.simulator_port), 20, "the practice market")
        yield made


def test_a_first_bot_watches_and_buys_once(server: Desk, tmp_path: Path) -> None:
    printed, address = tmp_path / "printed.txt", f"127.0.0.1:{server.simulator_port}"
    with printed.open("w") as output:
        bot = subprocess.Popen([sys.executable, str(BOT), address], stdout=output, stderr=subprocess.STDOUT)
        try:
            for what in (
                r"trade SPY \$[\d.]+ x \d+",
                r"quote SPY [\d.]+ / [\d.]+",
                r"bought 1 SPY",
                r"bar SPY \d\d:\d\d close",
            ):
                wait_until(lambda w=what: re.search(w, printed.read_text()), 30, what)
        finally:
            bot.terminate()
            bot.wait(10)
    said = printed.read_text()
    assert said.count("bought") == 1 and "Traceback" not in said
    with httpx.Client(base_url=f"http://{address}", headers=KEYS) as rest:
        (position,) = rest.get("/v2/positions").json()
        assert (position["symbol"], position["qty"]) == ("SPY", "1")
        # The settings of the limits reach the server.
        assert rest.get("/v2/clock").headers["X-Ratelimit-Limit"] == "200"
        assert rest.get("/v2/stocks/trades/latest?symbols=SPY&feed=sip").status_code == 403


def test_the_page_shows_the_bot_as_it_is() -> None:
    code = BOT.read_text().split('"""\n', 2)[-1].strip()
    assert code in PAGE.read_text()
