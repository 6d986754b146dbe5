"""The journal on a server: PostgreSQL that is away, locked or frozen is said so, and used again afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from domain.errors import SettingsError
from orders import postgres
from orders.journal import Journal, JournalBusyError
from tests.desk import free_ports, wait_until
from tests.postgres_server import PASSWORD, PostgresServer
from tests.unit.orders.samples import ACCOUNT, order

BACKENDS = ("postgresql",)


@pytest.fixture(autouse=True)
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "BUSY_S", 0.4)
    monkeypatch.setattr(postgres, "ANSWER_S", 1.0)


@pytest.fixture
def other(postgres_server: PostgresServer, journal: Journal) -> Iterator[object]:
    """Somebody else in the same database."""
    with postgres_server.connection(str(journal.place.url.database)) as connection:
        yield connection


def add(journal: Journal, client_order_id: str) -> None:
    with journal.writing() as rows:
        rows.add_order(order(client_order_id))


def added(journal: Journal, client_order_id: str) -> bool:
    try:
        add(journal, client_order_id)
    except JournalBusyError:
        return False
    return True


def test_a_locked_journal_says_so_and_is_used_again_afterwards(journal: Journal, other: object) -> None:
    other.execute("SELECT pg_advisory_lock(%s)", (postgres.ONE_WRITER,))  # type: ignore[attr-defined]
    began = time.monotonic()
    with pytest.raises(JournalBusyError, match="locked by another writer"):
        add(journal, "td-1")
    assert time.monotonic() - began < 2
    assert journal.orders(ACCOUNT) == []
    other.execute("SELECT pg_advisory_unlock_all()")  # type: ignore[attr-defined]
    add(journal, "td-1")
    assert journal.order("td-1") is not None


def test_a_writer_that_stands_still_does_not_hold_up_the_others_for_ever(journal: Journal, journal_url: str) -> None:
    second = Journal(journal_url)
    with pytest.raises(JournalBusyError), second.writing() as rows:
        rows.add_order(order("td-slow"))
        time.sleep(1.2)
        add(journal, "td-1")
    assert [found.client_order_id for found in journal.orders(ACCOUNT)] == ["td-1"]
    second.close()


def test_what_was_written_outlives_the_server_and_the_next_write_finds_it_again(
    journal: Journal, postgres_server: PostgresServer
) -> None:
    add(journal, "td-1")
    postgres_server.stop()
    try:
        with pytest.raises(JournalBusyError, match="cannot be written"):
            add(journal, "td-2")
        with pytest.raises(JournalBusyError, match="cannot be read"):
            journal.orders(ACCOUNT)
    finally:
        postgres_server.start()
    add(journal, "td-3")
    assert {found.client_order_id for found in journal.orders(ACCOUNT)} == {"td-1", "td-3"}


def test_a_server_that_was_restarted_in_a_quiet_hour_costs_nothing(
    journal: Journal, postgres_server: PostgresServer
) -> None:
    add(journal, "td-1")
    postgres_server.stop()
    postgres_server.start()
    add(journal, "td-2")
    assert len(journal.orders(ACCOUNT)) == 2


def test_a_connection_that_is_cut_in_a_transaction_leaves_nothing(journal: Journal, other: object) -> None:
    with pytest.raises(JournalBusyError), journal.writing() as rows:
        rows.add_order(order("td-1"))
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"
        assert other.execute(cut).fetchall() == [(True,)]  # type: ignore[attr-defined]
        rows.add_order(order("td-2"))
    assert journal.orders(ACCOUNT) == []
    add(journal, "td-3")


def test_a_server_that_stands_still_is_given_up_in_time(journal: Journal, postgres_server: PostgresServer) -> None:
    add(journal, "td-1")
    postgres_server.freeze()
    try:
        for attempt in range(2):
            began = time.monotonic()
            with pytest.raises(JournalBusyError):
                add(journal, f"td-frozen-{attempt}")
            assert time.monotonic() - began < 9
    finally:
        postgres_server.thaw()
    wait_until(lambda: added(journal, "td-2"), 5, "the journal can be written again")
    assert {found.client_order_id for found in journal.orders(ACCOUNT)} == {"td-1", "td-2"}


@pytest.mark.parametrize("change", [("canary", "wrong"), ("/journal_", "/nothing_"), ("//desk:", "//nobody:")])
def test_a_place_that_cannot_be_used_needs_a_person_and_tells_no_password(
    journal_url: str, change: tuple[str, str]
) -> None:
    with pytest.raises(SettingsError, match="JOURNAL_URL") as caught:
        Journal(journal_url.replace(*change))
    assert PASSWORD not in str(caught.value) and "wrong-password" not in str(caught.value)


def test_a_server_that_is_not_there_yet_is_waited_for(postgres_server: PostgresServer) -> None:
    with pytest.raises(JournalBusyError) as caught:
        Journal(postgres_server.url(port=free_ports(1)[0]))
    assert PASSWORD not in str(caught.value)
