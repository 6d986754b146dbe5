"""The log is carried over beside the writer: nobody waits, it does not grow for ever, and it looks like nobody else's change."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from market_cache.diskcache_store import CARRY_OVER_BYTES, LONGEST_LOG_BYTES, DiskcacheStore
from market_cache.log_carrier import LogCarrier, state_of
from market_cache.seal import seal

MEGABYTE = 2**20
HEAD = seal(b"1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DiskcacheStore]:
    store = DiskcacheStore(tmp_path)
    yield store
    store.close()


def fill(store: DiskcacheStore, size: int, keys: int = 8) -> None:
    """Write so much, a megabyte a transaction, over the same few keys."""
    for number in range(size // MEGABYTE):
        with store.transaction():
            store.put(number % keys, os.urandom(MEGABYTE))


def wait_for_carrier(store: DiskcacheStore) -> None:
    deadline = time.monotonic() + 10
    while store._carrier.is_busy:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_what_was_written_is_carried_into_the_file(store: DiskcacheStore, tmp_path: Path) -> None:
    before = state_of(tmp_path / "cache.db")
    fill(store, 2 * CARRY_OVER_BYTES)
    wait_for_carrier(store)
    assert state_of(tmp_path / "cache.db").size > before.size + CARRY_OVER_BYTES


def test_carrying_over_is_no_change_by_somebody_else(store: DiskcacheStore) -> None:
    for _ in range(6):
        fill(store, CARRY_OVER_BYTES)
        store.put("head", HEAD)
        store.inspect("head", HEAD)
    wait_for_carrier(store)
    store.inspect("head", HEAD)
    assert not store._suspected


def test_a_strangers_commit_is_noticed_while_the_log_is_carried_over(store: DiskcacheStore, tmp_path: Path) -> None:
    store.put("head", HEAD)
    fill(store, CARRY_OVER_BYTES + MEGABYTE)
    other = sqlite3.connect(tmp_path / "cache.db", isolation_level=None)
    other.execute("INSERT INTO Cache(key, raw, mode, value) VALUES ('x', 1, 4, x'80')")
    other.close()
    deadline = time.monotonic() + 10
    while _rows_of_strangers(store):
        assert time.monotonic() < deadline, "the stranger's row is removed"
        store.inspect("head", HEAD)
        time.sleep(0.01)
    assert not _rows_of_strangers(store)


def _rows_of_strangers(store: DiskcacheStore) -> int:
    return int(store._rows("SELECT count(*) FROM Cache WHERE mode <> 1")[0][0])


def test_a_strangers_bytes_in_the_file_are_noticed_after_it_was_carried_over(
    store: DiskcacheStore, tmp_path: Path
) -> None:
    fill(store, CARRY_OVER_BYTES + MEGABYTE)
    wait_for_carrier(store)
    store._suspect_if_changed()
    assert not store._suspected
    with (tmp_path / "cache.db").open("r+b") as file:
        file.seek(3 * MEGABYTE)
        file.write(os.urandom(100))
    store._suspect_if_changed()
    assert store._suspected


def test_a_writer_that_never_rests_does_not_let_the_log_grow_for_ever(store: DiskcacheStore, tmp_path: Path) -> None:
    fill(store, LONGEST_LOG_BYTES * 3 // 2)
    assert (tmp_path / "cache.db-wal").stat().st_size < LONGEST_LOG_BYTES + 4 * CARRY_OVER_BYTES


def test_closing_waits_for_what_is_under_way(store: DiskcacheStore, tmp_path: Path) -> None:
    fill(store, CARRY_OVER_BYTES + MEGABYTE)
    store.close()
    assert not (tmp_path / "cache.db-wal").exists(), "SQLite removes the log with the last connection"


def test_a_carrier_whose_file_is_gone_says_so_and_makes_none(tmp_path: Path) -> None:
    DiskcacheStore(tmp_path).close()
    carrier = LogCarrier(tmp_path / "cache.db")
    (tmp_path / "cache.db").unlink()
    carrier.start()
    carrier.close()
    done = carrier.take_done()
    assert done is not None and done.file == state_of(tmp_path / "nothing")
    assert not (tmp_path / "cache.db").exists()
