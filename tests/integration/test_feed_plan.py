"""What the server does not send is named, and the rest is streamed: limits of the plan and acknowledgements that lack something."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conducts import acknowledges_as, acknowledges_only, allows, complains_then_closes, then_sends
from tests.desk import wait_until
from tests.feed_desk import feed_desk, feed_server
from tests.misbehaving_server import Conduct, trade_message

pytestmark = pytest.mark.slow

NOTHING = {"T": "subscription", "trades": [], "quotes": [], "bars": []}


@pytest.mark.parametrize("conduct", [acknowledges_only("AAPL"), allows(1)], ids=["the ack lacks MSFT", "405"])
def test_a_symbol_that_does_not_come_is_named_and_the_others_are_whole(tmp_path: Path, conduct: Conduct) -> None:
    with feed_server() as server, feed_desk(tmp_path, server, STALE_AFTER_S="20") as desk:
        server.always(conduct)
        desk.start("worker")
        desk.becomes(lambda stream: stream.state == "live" and stream.not_streaming == ["MSFT"], 15, "MSFT is named")
        seen = server.market.now()
        wait_until(lambda: desk.seen_until > seen, 5, "AAPL goes on")
        desk.assert_whole(symbols=("AAPL",))
        server.always()
        server.cut()
        desk.becomes(lambda stream: stream.state == "live" and not stream.not_streaming, 15, "all of them, when it can")
        desk.assert_whole()


def test_an_acknowledgement_of_nothing_is_never_called_live_in_silence(tmp_path: Path) -> None:
    with feed_server() as server, feed_desk(tmp_path, server, STALE_AFTER_S="20") as desk:
        server.always(acknowledges_as(NOTHING))
        desk.start("worker")
        desk.becomes(lambda stream: sorted(stream.not_streaming) == ["AAPL", "MSFT"], 15, "both are named")


def test_what_comes_before_the_acknowledgement_and_on_a_bad_connection_counts_once(tmp_path: Path) -> None:
    """Data before the acknowledgement; then 407 and the end; then drops while history is read."""
    with feed_server() as server, feed_desk(tmp_path, server, STALE_AFTER_S="20") as desk:
        early = [trade_message(server.market.trade(symbol)) for symbol in server.market.symbols]
        server.next(then_sends(*early), complains_then_closes(407))
        desk.start("worker")
        wait_until(lambda: desk.is_live, 15, "live")
        desk.assert_whole()
        server.cut()
        desk.becomes(lambda stream: "407" in stream.why or "too slowly" in stream.why, 5, "it is told that it was slow")
        desk.comes_back()
        desk.assert_whole()
