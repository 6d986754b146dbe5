"""A journal with users in it, and a clock that stands until it is moved."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from orders.journal import Journal

SECOND = 1_000_000_000


class Clock:
    """The wall clock in ns, as the test sets it."""

    def __init__(self) -> None:
        self.ns = 1_800_000_000 * SECOND

    def __call__(self) -> int:
        return self.ns

    def pass_s(self, seconds: float) -> None:
        self.ns += int(seconds * SECOND)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(f"sqlite:///{tmp_path / 'journal.db'}")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as ever, but a hash costs no tenth of a second: what a hash costs has a test of its own."""
    monkeypatch.setattr("dashboard.users.PasswordHasher", partial(PasswordHasher, 1, 64, 1))
