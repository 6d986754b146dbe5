"""Users, logins and tries on a real PostgreSQL: the same life as on SQLite, and as exact when many come at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.login_tries import MOST_OF_NAME, MOST_OF_PAIR, LoginTries
from dashboard.logins import LONGEST_S, Logins
from dashboard.users import User, UserError, Users
from domain.role import Role
from orders.journal import Journal
from tests.postgres_server import PostgresServer

from .conftest import Clock

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    made = PostgresServer()
    yield made
    made.close()


@pytest.fixture
def journal(server: PostgresServer) -> Iterator[Journal]:
    made = Journal(server.new_database())
    yield made
    made.close()


def test_a_users_life(journal: Journal, clock: Clock) -> None:
    users, logins = Users(journal), Logins(journal, clock)
    assert not users.exist()
    alice = users.add("Alice", Role.TRADER, PASSWORD, "test")
    with pytest.raises(UserError, match="already"):
        users.add("ALICE", Role.INSTRUCTOR, PASSWORD, "test")
    assert users.all() == [alice] == [User("alice", Role.TRADER)]
    assert users.verified(" ALICE ", PASSWORD) == alice and users.verified("alice", PASSWORD + "!") is None
    for session in ("s1", "s2"):
        logins.begin(session, "alice", "10.0.0.1")
    logins.end("s1")
    assert logins.user_of("s1") is None and logins.user_of("s2") == alice
    clock.pass_s(LONGEST_S)
    assert logins.user_of("s2") is None
    logins.begin("s3", "alice", "10.0.0.1")
    users.change_password("alice", PASSWORD + "2", "test")
    assert logins.user_of("s3") is None and users.verified("alice", PASSWORD) is None
    users.remove("alice", "test")
    assert not users.exist()


def test_tries_are_counted_one_by_one_however_many_come_at_once(journal: Journal, clock: Clock) -> None:
    tries = LoginTries(journal, clock)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: tries.begin("alice", "10.0.0.1"), range(30)))
    assert waits.count(0) == MOST_OF_PAIR
    assert tries.begin("alice", "10.0.0.2") == 0
    tries.succeed("alice", "10.0.0.2")
    for number in range(MOST_OF_NAME):
        assert tries.begin("alice", f"10.1.0.{number}") == 0
    assert tries.begin("alice", "10.2.0.1") > 0 and tries.begin("alice", "10.0.0.2") == 0
