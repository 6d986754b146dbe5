"""Users and their logins: kept in the journal, never their passwords."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from dashboard.logins import LONGEST_S, Logins
from dashboard.users import User, UserError, Users
from domain.role import Role
from orders.journal import Journal
from orders.tables import AUDIT, USERS

from .conftest import Clock

PASSWORD = "correct horse battery"


@pytest.fixture
def users(journal: Journal) -> Users:
    return Users(journal)


def audited(journal: Journal) -> list[tuple[str, dict[str, str]]]:
    with journal.reading() as connection:
        return [(row.what, json.loads(row.details)) for row in connection.execute(select(AUDIT).order_by(AUDIT.c.id))]


def test_a_user_is_who_gives_name_and_password(users: Users) -> None:
    assert not users.exist()
    assert users.add("Alice", Role.TRADER, PASSWORD, "test") == User("alice", Role.TRADER)
    assert users.exist() and users.all() == [User("alice", Role.TRADER)]
    assert users.verified(" ALICE ", PASSWORD) == User("alice", Role.TRADER)
    for name, password in (("alice", PASSWORD + "!"), ("alice", ""), ("bob", PASSWORD), ("alice", "x" * 5000)):
        assert users.verified(name, password) is None


def test_the_password_is_nowhere_in_the_journal(users: Users, journal: Journal, tmp_path: Path) -> None:
    users.add("alice", Role.VIEWER, PASSWORD, "test")
    journal.close()
    for path in tmp_path.iterdir():
        assert PASSWORD.encode() not in path.read_bytes()
    assert b"$argon2id$" in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_hash_costs_what_argon2_advises(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """64 MiB, three rounds, four lanes (RFC 9106, second recommendation)."""
    monkeypatch.undo()
    Users(journal).add("alice", Role.VIEWER, PASSWORD, "test")
    with journal.reading() as connection:
        kept = connection.execute(select(USERS.c.password_hash)).scalar_one()
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "<b>", "ä", "-a", "a" * 33, "a\n", "a\x00"])
def test_a_name_that_could_be_mistaken_for_something_else_is_refused(users: Users, name: str) -> None:
    if name.strip() == "a":
        name = "a\nb"
    with pytest.raises(UserError):
        users.add(name, Role.VIEWER, PASSWORD, "test")
    assert not users.exist()


@pytest.mark.parametrize("password", ["", "short", "x" * 9, "x" * 1025])
def test_a_weak_or_endless_password_is_refused(users: Users, password: str) -> None:
    with pytest.raises(UserError, match="password"):
        users.add("alice", Role.VIEWER, password, "test")


def test_a_name_is_taken_once_whatever_its_case(users: Users) -> None:
    users.add("alice", Role.VIEWER, PASSWORD, "test")
    with pytest.raises(UserError, match="already"):
        users.add("ALICE", Role.INSTRUCTOR, PASSWORD, "test")
    assert users.all() == [User("alice", Role.VIEWER)]


def test_who_is_not_there_can_be_neither_removed_nor_changed(users: Users) -> None:
    for change in (lambda: users.remove("bob", "test"), lambda: users.change_password("bob", PASSWORD, "test")):
        with pytest.raises(UserError, match="bob"):
            change()


def test_every_change_is_in_the_audit_with_who_made_it(users: Users, journal: Journal) -> None:
    users.add("alice", Role.TRADER, PASSWORD, "command line")
    users.change_password("alice", PASSWORD + "2", "command line")
    users.remove("alice", "command line")
    told = audited(journal)
    assert [what for what, _ in told] == ["user_add", "user_password", "user_remove"]
    assert all(details["user"] == "alice" and details["by"] == "command line" for _, details in told)
    assert PASSWORD not in json.dumps(told)


def test_a_session_is_logged_in_until_it_is_ended(users: Users, journal: Journal, clock: Clock) -> None:
    logins = Logins(journal, clock)
    alice = users.add("alice", Role.TRADER, PASSWORD, "test")
    assert logins.user_of("s1") is None
    logins.begin("s1", "alice", "10.0.0.1")
    logins.begin("s2", "alice", "10.0.0.2")
    assert logins.user_of("s1") == alice == logins.user_of("s2")
    logins.end("s1")
    assert logins.user_of("s1") is None and logins.user_of("s2") == alice
    assert [what for what, _ in audited(journal)][1:] == ["login", "login", "logout"]


def test_a_session_expires(users: Users, journal: Journal, clock: Clock) -> None:
    logins = Logins(journal, clock)
    users.add("alice", Role.TRADER, PASSWORD, "test")
    logins.begin("s1", "alice", "")
    clock.pass_s(LONGEST_S - 1)
    assert logins.user_of("s1") is not None
    clock.pass_s(1)
    assert logins.user_of("s1") is None


@pytest.mark.parametrize("how", ["password", "remove"])
def test_a_new_password_and_the_end_of_a_user_end_its_sessions(users: Users, journal: Journal, how: str) -> None:
    logins = Logins(journal)
    users.add("alice", Role.TRADER, PASSWORD, "test")
    users.add("bob", Role.TRADER, PASSWORD, "test")
    logins.begin("s1", "alice", "")
    logins.begin("s2", "bob", "")
    if how == "password":
        users.change_password("alice", PASSWORD + "2", "test")
    else:
        users.remove("alice", "test")
    assert logins.user_of("s1") is None and logins.user_of("s2") == User("bob", Role.TRADER)
    assert users.verified("alice", PASSWORD) is None


def test_the_sessions_in_the_journal_log_nobody_in(users: Users, journal: Journal, tmp_path: Path) -> None:
    users.add("alice", Role.TRADER, PASSWORD, "test")
    Logins(journal).begin("the-session-id", "alice", "")
    journal.close()
    assert all(b"the-session-id" not in path.read_bytes() for path in tmp_path.iterdir())


def test_roles_cover_those_below_them() -> None:
    ranks = [Role.VIEWER, Role.TRADER, Role.INSTRUCTOR]
    for mine, role in enumerate(ranks):
        assert [role.covers(needed) for needed in ranks] == [needed <= mine for needed in range(3)]
