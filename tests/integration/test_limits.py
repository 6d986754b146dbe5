"""Limits hold, however many send at once from however many processes, whatever the broker answers, on both kinds of journal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from domain.order import DENIED, NOT_PLACED, UNKNOWN, Side
from domain.position import Position
from orders.breaker import breaker_status
from tests.buyers import Crowd, Desk, Told
from tests.desk import wait_until
from tests.postgres_server import PostgresServer
from tests.referee import Referee
from tests.unit.orders.samples import limit_ticket, ticket

pytestmark = pytest.mark.slow

BACKENDS = "sqlite", "postgresql"
PROCESSES, EACH = 2, 10


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


def journal_url(backend: str, request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("postgres").new_database() if backend == "postgresql" else ""


def sent(answers: list[Told]) -> list[Told]:
    return [told for told in answers if told[1] != DENIED]


EDGES = [({"MAX_POSITION_PCT": "7.1%"}, "over 7%"), ({"MAX_TRADES_PER_DAY": "7"}, "limit 7.")]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("limit", "told"), EDGES, ids=["position", "trades of the day"])
@pytest.mark.parametrize("weather", ["fair", "foul"])
def test_twenty_at_the_edge_of_a_limit_from_two_processes(
    referee: Referee,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    backend: str,
    limit: dict[str, str],
    told: str,
    weather: str,
) -> None:
    """Seven orders of 1,001 USD fit. In foul weather nobody knows of some whether the broker has them: they count."""
    if weather == "foul":
        referee.fault("POST /v2/orders", "504 before", "504 after", "reset before", "502 html")
        referee.fault("GET /v2/orders:by_client_order_id", "504 before", "502 html", "504 before", "504 before")
    desk = Desk(referee, tmp_path, journal_url(backend, request), **limit)
    with desk.beating():
        answers = Crowd(desk, PROCESSES, EACH).go()
        late = desk.access().desk()
        assert late is not None and late.submit(ticket(), "late").state == DENIED
    assert len(answers) == PROCESSES * EACH and len(sent(answers)) == 7
    assert sorted(referee.posts) == sorted(told[0] for told in sent(answers))
    assert all(told in reason for _, state, reason in answers if state == DENIED)
    assert (UNKNOWN in {state for _, state, _ in answers}) is (weather == "foul")


@pytest.mark.parametrize("backend", BACKENDS)
def test_exits_from_two_processes_never_turn_a_position_though_everything_else_is_locked(
    referee: Referee, tmp_path: Path, request: pytest.FixtureRequest, backend: str
) -> None:
    desk = Desk(referee, tmp_path, journal_url(backend, request), KILL_SWITCH="true")
    with desk.journal.writing() as rows:
        rows.put_position(Position(referee.account_id, "AAPL", Decimal(50), Decimal(5000)))
    with desk.beating():
        answers = Crowd(desk, PROCESSES, EACH, Side.SELL).go()
    assert len(sent(answers)) == len(referee.posts) == 5


def test_nothing_is_posted_once_the_kill_switch_has_been_on_for_a_second(referee: Referee, tmp_path: Path) -> None:
    """Twenty keep sending; the file appears while they do. Cancels work all the while."""
    posted: list[float] = []
    referee.on_post = lambda body: posted.append(time.monotonic())
    limits = {"MAX_POSITION_PCT": "1000%", "MAX_ORDER_VALUE": "1e9"}
    desk = Desk(referee, tmp_path, **limits)
    with desk.beating():
        crowd = Crowd(desk, PROCESSES, EACH, qty=1, again=20)
        crowd.start()
        wait_until(lambda: len(posted) >= 40, 20, "orders are being sent")
        (desk.settings.data_dir / "KILL").touch()
        killed_at = time.monotonic()
        answers = crowd.answers()
        trader = desk.access().desk()
        assert trader is not None
        one = desk.journal.open_orders(referee.account_id)[0]
        assert trader.cancel(one.client_order_id).problem == ""
    denied = [reason for _, state, reason in answers if state == DENIED]
    assert posted and denied and all("kill switch" in reason.lower() for reason in denied)
    late_s = max(posted) - killed_at
    print(f"last POST {late_s * 1000:.0f} ms after the switch, {len(posted)} sent, {len(denied)} denied")
    assert late_s <= 1.0


def test_a_dry_run_checks_and_writes_down_and_sends_nothing(referee: Referee, tmp_path: Path) -> None:
    desk = Desk(referee, tmp_path, DRY_RUN="true", MAX_ORDER_VALUE="5000")
    with desk.beating():
        trader = desk.access().desk()
        assert trader is not None
        fine = trader.submit(ticket(), "s")
        denied = trader.submit(ticket(qty=Decimal(60)), "s")
        kept = desk.journal.order(fine.client_order_id)
    assert (fine.state, denied.state) == (NOT_PLACED, DENIED)
    assert "DRY_RUN" in fine.reason and "over 5,000" in denied.reason
    assert kept is not None and kept.state == NOT_PLACED and referee.posts == []
    assert fine.remaining == 0, "nothing stays reserved"


def test_five_failures_lock_entries_over_a_restart_until_a_reset(referee: Referee, tmp_path: Path) -> None:
    """Four, a success, five; then a new process; then the reset, which holds once."""
    desk = Desk(referee, tmp_path)
    with desk.beating():
        trader = desk.access().desk()
        assert trader is not None
        referee.fault("POST /v2/orders", "403", "403", "429", "403", "none", "403", "429", "403", "403", "403")
        states = [trader.submit(ticket(), f"s{number}").state for number in range(10)]
        assert DENIED not in states
        assert breaker_status(desk.journal, referee.account_id).is_open
        again = desk.access()
        trader = again.desk()
        assert trader is not None
        entry = trader.submit(ticket(), "s")
        assert entry.state == DENIED and "5 orders in a row failed, limit 5" in entry.reason
        with desk.journal.writing() as rows:
            rows.put_position(Position(referee.account_id, "AAPL", Decimal(10), Decimal(1000)))
        assert trader.submit(ticket(side=Side.SELL), "s").state == "new"
        assert trader.submit(ticket(), "s").state == DENIED, "a success does not close it"
        again.breaker.reset("by the test")
        assert trader.submit(limit_ticket(Side.BUY, "100"), "s").state == "new"


def test_the_loss_of_the_day_locks_entries_and_unlocks_by_itself(referee: Referee, tmp_path: Path) -> None:
    desk = Desk(referee, tmp_path)
    account = dict(desk.status.account or {})
    with desk.beating():
        trader = desk.access().desk()
        assert trader is not None
        desk.tell(account={**account, "equity": "94999.00"})
        time.sleep(0.8)
        reason = trader.submit(ticket(), "a").reason
        assert "5,001.00" in reason and "limit 5,000.00" in reason
        desk.tell(account={**account, "equity": "95001.00"})
        time.sleep(0.8)
        assert trader.submit(ticket(), "b").state == "new"
