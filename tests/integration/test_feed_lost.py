"""Trades that are lost in silence, on a connection that looks well: Alpaca's own minute tells of them. For `make soak`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk import wait_until
from tests.feed_desk import LONG, feed_desk, feed_server

__test__ = LONG
pytestmark = pytest.mark.slow


def test_trades_that_are_lost_in_silence_are_read_when_alpacas_minute_tells_of_them(tmp_path: Path) -> None:
    with feed_server() as server, feed_desk(tmp_path, server, STALE_AFTER_S="20") as desk:
        desk.start("worker")
        wait_until(lambda: desk.is_live, 20, "live")
        server.mute = True
        lost_from = server.market.now()
        wait_until(lambda: server.market.now() > lost_from + 2_300_000_000, 5, "some trades")
        server.mute = False
        assert "missing" in desk.difference("AAPL", "1s") + desk.difference("MSFT", "1s")
        desk.becomes(lambda stream: stream.bar_mismatches >= 2, 65, "the minutes differ")
        desk.assert_whole(limit_s=15)
