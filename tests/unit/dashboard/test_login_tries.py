"""Tries to log in: by name and by address, over restarts, and however many come at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dashboard.login_tries import (
    KNOWN_S,
    LOCK_S,
    MOST_OF_ADDRESS,
    MOST_OF_NAME,
    MOST_OF_PAIR,
    NAME_LOCK_S,
    LoginTries,
    key_of_address,
)
from dashboard.users import Users
from domain.role import Role
from orders.journal import Journal

from .conftest import Clock


@pytest.fixture
def tries(journal: Journal, clock: Clock) -> LoginTries:
    return LoginTries(journal, clock)


def fail(tries: LoginTries, name: str, address: str, times: int) -> None:
    for _ in range(times):
        assert tries.begin(name, address) == 0


def test_a_name_is_locked_where_it_failed_and_its_owner_elsewhere_gets_in(tries: LoginTries, clock: Clock) -> None:
    fail(tries, "alice", "10.0.0.1", MOST_OF_PAIR)
    clock.pass_s(1)
    assert tries.begin("ALICE ", "10.0.0.1") == LOCK_S - 1
    assert tries.begin("alice", "10.9.9.9") == tries.begin("bob", "10.0.0.1") == 0
    clock.pass_s(LOCK_S)
    fail(tries, "alice", "10.0.0.1", MOST_OF_PAIR)
    assert tries.begin("alice", "10.0.0.1") > 0


def guess_from_everywhere(tries: LoginTries, name: str) -> None:
    """One try from each of so many addresses that none of them is locked."""
    for number in range(MOST_OF_NAME):
        fail(tries, name, f"10.1.{number // 250}.{number % 250}", 1)


def test_many_addresses_together_lock_a_name_but_not_where_it_is_known(tries: LoginTries, clock: Clock) -> None:
    assert tries.begin("alice", "10.0.0.7") == 0
    tries.succeed("alice", "10.0.0.7")
    guess_from_everywhere(tries, "alice")
    assert tries.begin("alice", "10.2.0.1") == NAME_LOCK_S and tries.begin("bob", "10.2.0.1") == 0
    fail(tries, "alice", "10.0.0.7", MOST_OF_PAIR)
    assert 0 < tries.begin("alice", "10.0.0.7") <= LOCK_S, "who knows the place may not guess without end either"
    clock.pass_s(NAME_LOCK_S)
    assert tries.begin("alice", "10.2.0.1") == 0


def test_where_a_name_is_known_is_forgotten_after_a_while(tries: LoginTries, clock: Clock) -> None:
    tries.succeed("alice", "10.0.0.7")
    clock.pass_s(KNOWN_S - 1)
    guess_from_everywhere(tries, "alice")
    assert tries.begin("alice", "10.0.0.7") == 0
    clock.pass_s(2)
    assert tries.begin("alice", "10.0.0.7") > 0


def test_an_address_is_locked_whatever_the_names_and_no_other_address(tries: LoginTries) -> None:
    for number in range(MOST_OF_ADDRESS):
        fail(tries, f"name{number}", "10.0.0.1", 1)
    assert tries.begin("another", "10.0.0.1") > 0 and tries.begin("another", "10.0.0.2") == 0


def test_tries_while_locked_do_not_lengthen_the_lock(tries: LoginTries, clock: Clock) -> None:
    fail(tries, "alice", "10.0.0.1", MOST_OF_PAIR)
    clock.pass_s(LOCK_S - 1)
    assert tries.begin("alice", "10.0.0.1") == 1
    clock.pass_s(1)
    assert tries.begin("alice", "10.0.0.1") == 0


def test_who_gets_it_right_begins_anew(tries: LoginTries) -> None:
    for _ in range(3):
        fail(tries, "alice", "10.0.0.1", MOST_OF_PAIR)
        tries.succeed("alice", "10.0.0.1")
    assert tries.begin("alice", "10.0.0.1") == 0


def test_own_successes_do_not_free_an_address_that_guesses(tries: LoginTries) -> None:
    for number in range(MOST_OF_ADDRESS - 1):
        fail(tries, f"name{number}", "10.0.0.1", 1)
        fail(tries, "mallory", "10.0.0.1", 1)
        tries.succeed("mallory", "10.0.0.1")
    fail(tries, "last", "10.0.0.1", 1)
    assert tries.begin("mallory", "10.0.0.1") > 0


def test_a_restart_forgets_nothing(tries: LoginTries, clock: Clock, tmp_path: Path) -> None:
    fail(tries, "alice", "10.0.0.1", MOST_OF_PAIR)
    again = Journal(f"sqlite:///{tmp_path / 'journal.db'}")
    assert LoginTries(again, clock).begin("alice", "10.0.0.1") > 0
    again.close()


def test_fifty_at_once_are_no_more_than_fifty_one_after_another(tries: LoginTries) -> None:
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: tries.begin("alice", "10.0.0.1"), range(50)))
    assert waits.count(0) == MOST_OF_PAIR


def test_a_new_password_takes_the_lock_off(tries: LoginTries, journal: Journal) -> None:
    users = Users(journal)
    users.add("alice", Role.VIEWER, "correct horse battery", "test")
    fail(tries, "alice", "10.0.0.1", MOST_OF_PAIR)
    fail(tries, "alice_", "10.0.0.2", MOST_OF_PAIR)
    users.change_password("alice", "correct horse battery 2", "test")
    assert tries.begin("alice", "10.0.0.1") == 0 and tries.begin("alice_", "10.0.0.2") > 0


def test_ipv6_counts_by_its_network_and_nonsense_as_one() -> None:
    assert key_of_address("2001:db8::1") == key_of_address("2001:db8::ffff") != key_of_address("2001:db8:1::1")
    assert key_of_address("") == key_of_address("x" * 500) == "address:unknown"
