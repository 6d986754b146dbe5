"""A worker in every state that a server can bring it into: it says why, it does not storm, and it stops within a second."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from domain.status import StreamStatus
from tests.conducts import (
    acknowledges_as,
    login_unanswered,
    refuses_login,
    refuses_subscription,
    silent,
    unacknowledged,
    welcomes_with,
)
from tests.desk import wait_until
from tests.feed_desk import LONG, FeedDesk, feed_desk, feed_server, note_times, processor_s
from tests.misbehaving_server import Conduct, MisbehavingServer, well_behaved

pytestmark = pytest.mark.slow

STOP_LIMIT_S = 1.0
BEATS = 2
"""Of a worker's heart, a second in all: so long the processor time of one that waits is measured."""

END_LIMIT_S = 5.0
"""For the end of the process: on a machine with nothing else to do it takes half a second (docs/reliability.md)."""


def always(conduct: Conduct | int) -> Callable[[MisbehavingServer], None]:
    """A server whose every stock connection is like this."""
    return lambda server: server.always(conduct)


def no_account(server: MisbehavingServer) -> None:
    """The trading server has a bad day."""
    server.rest_answers["/v2/account"] = 503


def history_hangs(server: MisbehavingServer) -> None:
    """Questions for history stay without an answer."""
    server.history_held = True


@dataclass
class Case:
    """What the server does, and what the user must see: the state, and words of the reason."""

    arrange: Callable[[MisbehavingServer], None]
    state: str
    says: str = ""
    connects: int = 1
    every_s: float = 90.0
    limit_s: float = 20.0

    def is_shown_by(self, stream: StreamStatus) -> bool:
        """Whether that is what is seen."""
        return bool(re.fullmatch(self.state, stream.state) and re.search(self.says, stream.why))

    def allowed(self, elapsed_s: float) -> int:
        """How many connects are no storm after so long."""
        return self.connects + int(elapsed_s / self.every_s)


GROUPS: dict[str, dict[str, Case]] = {
    "waits": {
        "no welcome": Case(always(silent), "reconnecting", "within 10 s", 1, 10),
        "unacknowledged": Case(always(unacknowledged), "reconnecting", "within 10 s", 1, 10),
        "backfill": Case(history_hangs, "connecting|reconnecting"),
        "no account": Case(no_account, "connecting", "503", 0),
        "406": Case(always(refuses_login(406, stays=True)), "reconnecting", r"406.*Trying again in (9\d|1\d\d) s"),
        "503": Case(always(503), "reconnecting", "503.*Trying again in", 5, 8),
    },
    "refusals": {
        "402": Case(always(refuses_login(402)), "refused", "402.*ALPACA_API_KEY", 3),
        "409": Case(always(refuses_login(409)), "refused", "409.*STREAM_FEED", 3),
        "HTTP 401": Case(always(401), "refused", "401.*ALPACA_API_KEY", 3),
        "HTTP 404": Case(always(404), "reconnecting", "404.*Trying again in", every_s=25),
        "HTTP 429": Case(always(429), "reconnecting", r"429.*Trying again in [3-9]\d s", every_s=25),
        "live": Case(always(well_behaved), "live"),
    },
}
MORE: dict[str, dict[str, Case]] = {
    "more": {
        "login unanswered": Case(always(login_unanswered), "reconnecting", "within 10 s", 1, 10),
        "HTTP 403": Case(always(403), "refused", "403.*ALPACA_API_KEY", 3),
        "410": Case(always(refuses_subscription(410)), "reconnecting", "410", 5, 8),
        "500": Case(always(refuses_login(500)), "reconnecting", "internal error.*500", 5, 8),
        "another language": Case(always(welcomes_with(b"\xc1")), "reconnecting", "ALPACA_DATA_STREAM_URL", 5, 8),
        "ack of another kind": Case(
            always(acknowledges_as({"T": "subscription", "trades": 7})), "reconnecting", "", 5, 8
        ),
    }
}
if LONG:
    GROUPS |= MORE


@dataclass
class Running:
    """A worker that was brought into its state."""

    case: Case
    desk: FeedDesk
    process: subprocess.Popen[bytes]
    began: float = field(default_factory=time.monotonic)


@pytest.fixture(scope="module", params=GROUPS)
def workers(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[dict[str, Running]]:
    """A group of them at once: they mostly wait."""
    with contextlib.ExitStack() as stack:
        cases = GROUPS[request.param]
        yield {name: begin(stack, tmp_path_factory.mktemp("state"), case) for name, case in cases.items()}


def begin(stack: contextlib.ExitStack, folder: Path, case: Case) -> Running:
    """Start a server and a worker on it."""
    server = stack.enter_context(feed_server(("AAPL", "MSFT"), rate=2.0))
    case.arrange(server)
    desk = stack.enter_context(feed_desk(folder, server, STALE_AFTER_S="20"))
    return Running(case, desk, desk.start("worker", "--stay"))


def test_each_says_why_does_not_storm_and_stops_within_a_second(workers: dict[str, Running]) -> None:
    for name, running in workers.items():
        running.desk.becomes(running.case.is_shown_by, running.case.limit_s, name)
        tries = len(running.desk.server.stock_connects())
        assert tries <= running.case.allowed(time.monotonic() - running.began), f"{name}: {tries} connects"
        assert running.desk.server.most_at_once <= 1
        assert running.process.poll() is None, f"{name}: it must stay, and show why"
    assert_at_rest(workers)
    for name, running in workers.items():
        assert_stops(running, name)


def assert_at_rest(workers: dict[str, Running]) -> None:
    """Whoever waits costs next to nothing: no loop spins in any of these states."""
    began = time.monotonic()
    before = {name: processor_s(running.process) for name, running in workers.items()}
    beats = {name: running.desk.shown().heartbeat + BEATS for name, running in workers.items()}
    for name, running in workers.items():
        desk = running.desk
        wait_until(lambda desk=desk, last=beats[name]: desk.shown().heartbeat >= last, 10, f"{name}: it beats on")
        share = (processor_s(running.process) - before[name]) / (time.monotonic() - began)
        assert share < 0.4, f"{name} takes {share:.0%} of a core"


def assert_stops(running: Running, name: str) -> None:
    """SIGTERM: its own word within a second, and then the end (which costs a loaded machine a little more)."""
    began = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    running.desk.becomes(lambda stream: stream.state == "down", STOP_LIMIT_S, f"{name}: it says that it stops")
    assert running.process.wait(END_LIMIT_S) == 0
    note_times(f"SIGTERM in the state: {name}", None, time.monotonic() - began)


def test_alone_a_refused_worker_ends_with_3_after_three_tries(tmp_path: Path) -> None:
    with feed_server() as server, feed_desk(tmp_path, server) as desk:
        server.always(refuses_login(402))
        process = desk.start("worker")
        assert process.wait(20) == 3
        assert len(server.stock_connects()) == 3
        assert "ALPACA_API_KEY" in desk.log and "server-secret" not in desk.log
